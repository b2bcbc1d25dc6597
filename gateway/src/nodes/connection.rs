//! One connection, from a node or from a concentrator in front of several.

use std::sync::Arc;
use std::time::Duration;

use mild::wire::{self, Decoder, Message, Reply};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::context::Context;
use crate::metrics::CloseReason;
use crate::sessions::Dispatcher;

/// The longest frame in bytes, after COBS. A longer one is discarded and counted.
const MAX_FRAME: usize = 4096;

/// Reads frames and writes replies until one side closes the connection.
pub(super) async fn serve<S>(stream: S, dispatcher: Arc<Dispatcher>, context: Context)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let (replies, outgoing) = mpsc::channel(context.limits.replies);
    let (end, ended) = oneshot::channel();
    // The writer outlives the reader until it has written every pending reply.
    let written = write(writer, outgoing, dispatcher.clone(), context.limits.write());
    context.tasks.spawn(async move { end.send(written.await) });
    context.metrics.connections.inc();
    let closed = read(reader, replies, &dispatcher, &context, ended).await;
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
    replies: mpsc::Sender<Reply>,
    dispatcher: &Arc<Dispatcher>,
    context: &Context,
    mut writer_ended: oneshot::Receiver<Option<CloseReason>>,
) -> Option<CloseReason> {
    let mut decoder = Decoder::<MAX_FRAME>::new();
    let mut buffer = [0; 1024];
    loop {
        let (limit, late) = if decoder.is_within() {
            (context.limits.frame(), CloseReason::FrameTimeout)
        } else {
            (context.limits.idle(), CloseReason::Idle)
        };
        let read = tokio::select! {
            () = context.shutdown.cancelled() => return Some(CloseReason::Shutdown),
            reason = &mut writer_ended => return reason.ok().flatten(),
            read = timeout(limit, reader.read(&mut buffer)) => read,
        };
        let length = match read {
            Ok(Ok(0)) => return None,
            Ok(Ok(length)) => length,
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection failed");
                return None;
            }
            Err(_) => return Some(late),
        };
        let mut bytes = buffer.get(..length).unwrap_or_default();
        while !bytes.is_empty() {
            let (used, frame) = decoder.feed(bytes);
            bytes = bytes.get(used..).unwrap_or_default();
            match frame {
                None => {}
                Some(Ok(frame)) => dispatcher.receive(&frame, &replies),
                Some(Err(error)) => context.metrics.bad_frame(error),
            }
        }
    }
}

/// Writes replies, each signed with the key of its node. Returns why the gateway gives up, or
/// `None` if there are no more replies or the connection broke.
async fn write<W: AsyncWrite + Unpin>(
    mut writer: W,
    mut outgoing: mpsc::Receiver<Reply>,
    dispatcher: Arc<Dispatcher>,
    limit: Duration,
) -> Option<CloseReason> {
    while let Some(reply) = outgoing.recv().await {
        let mut buffer = [0; wire::max_frame(0)];
        let key = dispatcher.key(reply.node);
        let Ok(frame) = wire::encode(&Message::Reply(reply), key, &mut buffer) else { continue };
        let written = timeout(limit, async {
            writer.write_all(frame).await?;
            writer.flush().await
        });
        // In either case the answer is remembered for a node that connects again.
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(node = reply.node, %error, "a connection failed");
                return None;
            }
            Err(_) => {
                tracing::debug!(node = reply.node, "a node does not take its replies");
                return Some(CloseReason::SlowReader);
            }
        }
    }
    None
}
