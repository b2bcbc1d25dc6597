//! Listening, and ending.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use mild::wire::Key;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_serial::SerialPortBuilderExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, Limits, Serial};
use crate::connection;
use crate::expert::{Expert, mqtt};
use crate::metrics::Metrics;
use crate::nodes::Nodes;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) limits: Limits,
    pub(crate) keys: BTreeMap<u32, Key>,
    pub(crate) images: Vec<u32>,
    pub(crate) experts: BTreeMap<u8, Arc<Expert>>,
    pub(crate) nodes: Nodes,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tasks: TaskTracker,
    pub(crate) end: CancellationToken,
}

/// A gateway that listens.
#[derive(Debug)]
pub struct Server {
    gateway: Arc<Gateway>,
    /// Where nodes come in over TCP, in the order of the configuration; ports that were 0 are known now.
    pub tcp: Vec<SocketAddr>,
    /// Where metrics are, if anywhere.
    pub metrics: Option<SocketAddr>,
}

/// Why a gateway cannot begin.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {error}")]
pub struct StartError {
    what: String,
    error: io::Error,
}

fn at(what: impl ToString) -> impl FnOnce(io::Error) -> StartError {
    let what = what.to_string();
    move |error| StartError { what, error }
}

impl Server {
    /// Listens everywhere that the configuration says, or nowhere.
    ///
    /// # Errors
    /// [`StartError`]: where it cannot listen, and why.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let (tasks, end) = (TaskTracker::new(), CancellationToken::new());
        let broker = match &config.mqtt {
            None => None,
            Some(broker) => Some(mqtt::Broker::connect(broker, &tasks, &end).map_err(at("mqtt"))?),
        };
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(2))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(io::Error::other)
            .map_err(at("http"))?;
        let experts = config.experts.iter().map(|expert| {
            let built = Expert::new(expert, &client, broker.as_ref()).map_err(at(&expert.name))?;
            Ok((expert.index, Arc::new(built)))
        });
        let gateway = Arc::new(Gateway {
            experts: experts.collect::<Result<_, _>>()?,
            keys: config.node_keys,
            images: config.images,
            nodes: Nodes::new(config.limits.clone()),
            limits: config.limits,
            metrics: Arc::new(Metrics::new()),
            tasks,
            end,
        });
        let places = Arc::new(Semaphore::new(gateway.limits.connections));
        let mut tcp = Vec::new();
        for address in config.listen.tcp {
            let listener = TcpListener::bind(address).await.map_err(at(address))?;
            tcp.push(listener.local_addr().map_err(at(address))?);
            gateway.tasks.spawn(listen(gateway.clone(), places.clone(), listener));
        }
        for path in config.listen.unix {
            // A socket that nobody listens on any more is in the way.
            if std::os::unix::net::UnixStream::connect(&path).is_err() {
                let _ = std::fs::remove_file(&path);
            }
            let listener = UnixListener::bind(&path).map_err(at(path.display()))?;
            gateway.tasks.spawn(listen(gateway.clone(), places.clone(), listener));
        }
        for port in config.listen.serial {
            let gateway = gateway.clone();
            gateway.tasks.spawn(serial(port, gateway.clone()));
        }
        let metrics = match config.metrics {
            None => None,
            Some(address) => Some(serve_metrics(address, &gateway).await?),
        };
        Ok(Self { gateway, tcp, metrics })
    }

    /// What is counted, as Prometheus reads it.
    #[must_use]
    pub fn metrics_text(&self) -> String {
        self.gateway.metrics.text()
    }

    /// Takes no further questions, lets those that are under way end, and returns whether they did in time.
    pub async fn stop(self) -> bool {
        self.gateway.end.cancel();
        self.gateway.tasks.close();
        let drain = Duration::from_millis(self.gateway.limits.drain_ms);
        timeout(drain, self.gateway.tasks.wait()).await.is_ok()
    }
}

/// Something that nodes connect to.
trait Accept {
    type Stream: AsyncRead + AsyncWrite + Send + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = self.accept().await?;
        // Frames are small, and somebody waits for each.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Accept for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<UnixStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

/// Accepts connections for ever.
async fn listen<L: Accept>(gateway: Arc<Gateway>, places: Arc<Semaphore>, listener: L) {
    loop {
        let accepted = tokio::select! {
            () = gateway.end.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(stream) => match places.clone().try_acquire_owned() {
                Ok(place) => {
                    let gateway = gateway.clone();
                    gateway.clone().tasks.spawn(async move {
                        connection::serve(stream, gateway).await;
                        drop(place);
                    });
                }
                Err(_) => gateway.metrics.close("too_many"),
            },
            Err(error) => {
                // Too many open files, most likely: it gets better when some are closed.
                tracing::warn!(%error, "a connection cannot be accepted");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// A serial port, opened again when it is gone.
async fn serial(port: Serial, gateway: Arc<Gateway>) {
    let mut told = false;
    loop {
        match tokio_serial::new(&port.path, port.baud).open_native_async() {
            Ok(stream) => {
                tracing::info!(port = port.path, "opened");
                told = false;
                connection::serve(stream, gateway.clone()).await;
            }
            Err(error) if !told => {
                tracing::warn!(port = port.path, %error, "cannot be opened; trying again");
                told = true;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = gateway.end.cancelled() => return,
            () = sleep(Duration::from_secs(1)) => {}
        }
    }
}

async fn serve_metrics(
    address: SocketAddr,
    gateway: &Arc<Gateway>,
) -> Result<SocketAddr, StartError> {
    let listener = TcpListener::bind(address).await.map_err(at(address))?;
    let bound = listener.local_addr().map_err(at(address))?;
    let text = async |State(metrics): State<Arc<Metrics>>| {
        ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0")], metrics.text())
    };
    let router = Router::new()
        .route("/metrics", get(text))
        .route("/health", get(async || "ok"))
        .with_state(gateway.metrics.clone());
    let end = gateway.end.clone();
    gateway.tasks.spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(end.cancelled_owned());
        if let Err(error) = served.await {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
    Ok(bound)
}
