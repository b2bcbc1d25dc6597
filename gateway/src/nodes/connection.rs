//! One connection, from a node or from a concentrator in front of several.

use std::sync::Arc;
use std::time::Duration;

use mild::wire::{Decoder, FrameError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::admission::Admitted;
use crate::context::Context;
use crate::metrics::CloseReason;
use crate::sessions::{Dispatcher, Replies};

/// The longest frame in bytes, after COBS. A longer one is discarded and counted.
const MAX_FRAME: usize = 4096;

/// What bytes come over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A socket: whoever does not finish a frame is sent away.
    Socket,
    /// A wire with noise on it, which may look like the start of a frame: that is discarded, and
    /// the port stays open, however long it is silent.
    Wire,
}

/// Reads frames and writes replies until one side closes the connection.
pub(super) async fn serve<S>(
    stream: S,
    line: Line,
    dispatcher: Arc<Dispatcher>,
    context: Context,
    admitted: Admitted,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let (replies, outgoing) = mpsc::channel(context.limits.replies);
    let (end, ended) = oneshot::channel();
    // The writer outlives the reader until it has written every pending reply, unless the
    // connection must make room. The place is free when both have ended.
    let admitted = Arc::new(admitted);
    let written = write(writer, outgoing, context.limits.write());
    let place = admitted.clone();
    context.tasks.spawn(async move {
        let reason = tokio::select! {
            () = place.evicted() => None,
            reason = written => reason,
        };
        drop(place);
        end.send(reason)
    });
    context.metrics.connections.inc();
    let closed = read(reader, line, replies, &dispatcher, &context, &admitted, ended).await;
    context.metrics.connections.dec();
    if let Some(reason) = closed {
        context.metrics.closed(reason);
        tracing::debug!(reason = reason.label(), "closed a connection");
    }
}

/// Reads frames until the connection ends or the writer does. Returns why the gateway closes the
/// connection, or `None` if it was closed or broken by the node.
async fn read<R: AsyncRead>(
    mut reader: tokio::io::ReadHalf<R>,
    line: Line,
    replies: Replies,
    dispatcher: &Arc<Dispatcher>,
    context: &Context,
    admitted: &Admitted,
    mut writer_ended: oneshot::Receiver<Option<CloseReason>>,
) -> Option<CloseReason> {
    let mut decoder = Decoder::<MAX_FRAME>::new();
    let mut buffer = [0; 1024];
    let (frame, idle) = (context.limits.frame(), context.limits.idle());
    let mut late = CloseReason::Idle;
    let mut deadline = Instant::now() + idle;
    loop {
        let read = tokio::select! {
            () = context.shutdown.cancelled() => return Some(CloseReason::Shutdown),
            () = admitted.evicted() => return Some(CloseReason::Evicted),
            reason = &mut writer_ended => return reason.ok().flatten(),
            read = timeout_at(deadline, reader.read(&mut buffer)) => read,
        };
        let length = match read {
            Ok(Ok(0)) => return None,
            Ok(Ok(length)) => length,
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection failed");
                return None;
            }
            Err(_) => {
                if line == Line::Socket {
                    return Some(late);
                }
                if decoder.is_within() {
                    context.metrics.bad_frame(FrameError::Cobs);
                    decoder.reset();
                }
                (late, deadline) = (CloseReason::Idle, Instant::now() + idle);
                continue;
            }
        };
        let mut bytes = buffer.get(..length).unwrap_or_default();
        // From a frame's first byte, whatever trickles in after it.
        let mut begins = !decoder.is_within();
        while !bytes.is_empty() {
            let (used, frame) = decoder.feed(bytes);
            bytes = bytes.get(used..).unwrap_or_default();
            begins |= frame.is_some();
            match frame {
                None => {}
                Some(Ok(frame)) => {
                    let is_served = dispatcher.receive(&frame, &replies);
                    if is_served {
                        admitted.prove();
                    }
                }
                Some(Err(error)) => {
                    context.metrics.bad_frame(error);
                    if let FrameError::Version { found } = error {
                        dispatcher.receive_former(found, decoder.bytes(), &replies);
                    }
                }
            }
        }
        if !decoder.is_within() {
            (late, deadline) = (CloseReason::Idle, Instant::now() + idle);
        } else if begins {
            (late, deadline) = (CloseReason::FrameTimeout, Instant::now() + frame);
        }
    }
}

/// Writes frames. Returns why the gateway gives up, or `None` if there are no more or the
/// connection broke.
async fn write<W: AsyncWrite + Unpin>(
    mut writer: W,
    mut outgoing: mpsc::Receiver<Vec<u8>>,
    limit: Duration,
) -> Option<CloseReason> {
    while let Some(frame) = outgoing.recv().await {
        let written = timeout(limit, async {
            writer.write_all(&frame).await?;
            writer.flush().await
        });
        // In either case the answer is remembered for a node that connects again.
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection failed");
                return None;
            }
            Err(_) => {
                tracing::debug!("a node does not take its replies");
                return Some(CloseReason::SlowReader);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mild::wire::{self, Hello, Message};
    use tokio::io::DuplexStream;

    use super::*;
    use crate::config::Limits;

    /// A served connection; its other end.
    fn connect(line: Line) -> (DuplexStream, Context) {
        let context = Context::new(Limits { frame_ms: 50, ..Limits::default() });
        let (keys, experts) = (BTreeMap::new(), BTreeMap::new());
        let dispatcher = Dispatcher::new(keys, Vec::new(), experts, 1, context.clone());
        let (near, far) = tokio::io::duplex(4096);
        let admitted = Admitted::always();
        tokio::spawn(serve(far, line, Arc::new(dispatcher), context.clone(), admitted));
        (near, context)
    }

    /// Whether a hello is answered.
    async fn is_served(stream: &mut DuplexStream) -> bool {
        let hello = Message::Hello(Hello { node: 1, nonce: 0 });
        let mut buffer = [0; 64];
        let frame = wire::encode(&hello, None, &mut buffer).unwrap();
        if stream.write_all(frame.bytes).await.is_err() {
            return false;
        }
        let mut bytes = [0; 64];
        matches!(stream.read(&mut bytes).await, Ok(1..))
    }

    /// Noise that looked like the start of a frame closed a serial port after `frame_ms`.
    #[tokio::test]
    async fn noise_on_a_wire_is_discarded_and_closes_nothing() {
        let (mut stream, context) = connect(Line::Wire);
        for _ in 0..3 {
            stream.write_all(&[0x55, 1, 2]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(80)).await;
            assert!(is_served(&mut stream).await);
        }
        assert!(context.metrics.render().contains("bad_frames_total{reason=\"truncated\"} 3"));
        let (mut stream, _) = connect(Line::Socket);
        stream.write_all(&[0x55, 1, 2]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(80)).await;
        assert!(!is_served(&mut stream).await);
    }
}
