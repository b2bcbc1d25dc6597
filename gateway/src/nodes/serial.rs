//! Serial ports, opened again whenever they fail or disappear.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_serial::SerialPortBuilderExt;

use super::admission::Admitted;
use super::connection::{self, Line};
use crate::config::SerialPort;
use crate::context::Context;
use crate::health::ListenerHealth;
use crate::sessions::Dispatcher;

/// The pause before a port is opened again.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);

/// Serves the nodes on a port until the gateway stops.
pub(super) async fn run(
    config: SerialPort,
    health: Arc<ListenerHealth>,
    dispatcher: Arc<Dispatcher>,
    context: Context,
) {
    let port = config.path.as_str();
    let mut warned = false;
    loop {
        match tokio_serial::new(port, config.baud).open_native_async() {
            Ok(stream) => {
                tracing::info!(port, "opened a serial port");
                warned = false;
                health.set(true);
                let admitted = Admitted::always();
                let (dispatcher, context) = (dispatcher.clone(), context.clone());
                connection::serve(stream, Line::Wire, dispatcher, context, admitted).await;
                health.set(false);
            }
            // Once: a port may be away for days.
            Err(error) if !warned => {
                tracing::warn!(port, %error, "cannot open a serial port; trying again");
                warned = true;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = context.shutdown.cancelled() => return,
            () = sleep(REOPEN_PAUSE) => {}
        }
    }
}
