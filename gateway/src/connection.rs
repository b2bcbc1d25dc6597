//! One connection of a node, or of several behind a concentrator.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mild::wire::{self, Answer, Decoder, Frame, Message, Reply, Request, Status};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::FRAME_ROOM;
use crate::nodes::Arrival;
use crate::protocol::Question;
use crate::server::Gateway;

/// Takes frames from a stream and puts replies on it, until one side ends it.
pub(crate) async fn serve<S>(stream: S, gateway: Arc<Gateway>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut reader, writer) = tokio::io::split(stream);
    let (replies, outgoing) = mpsc::channel(gateway.limits.replies);
    // The writer goes on after the reader has ended, until every reply under way is written.
    let over = CancellationToken::new();
    gateway.tasks.spawn(write(writer, outgoing, gateway.clone(), over.clone()));
    gateway.metrics.connections.inc();
    let mut decoder = Decoder::<FRAME_ROOM>::new();
    let mut buffer = [0; 1024];
    let why = loop {
        let limit = if decoder.is_within() {
            Duration::from_millis(gateway.limits.frame_ms)
        } else {
            Duration::from_secs(gateway.limits.idle_s)
        };
        let read = tokio::select! {
            () = gateway.end.cancelled() => break "shutdown",
            () = over.cancelled() => break "slow",
            read = timeout(limit, reader.read(&mut buffer)) => read,
        };
        let bytes = match read {
            Ok(Ok(0)) => break "",
            Ok(Ok(length)) => buffer.get(..length).unwrap_or_default(),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection broke");
                break "";
            }
            Err(_) if decoder.is_within() => break "frame_timeout",
            Err(_) => break "idle",
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let (used, frame) = decoder.feed(rest);
            rest = rest.get(used..).unwrap_or_default();
            match frame {
                None => {}
                Some(Ok(frame)) => take(&gateway, &frame, &replies),
                Some(Err(error)) => gateway.metrics.bad_frame(error),
            }
        }
    };
    gateway.metrics.connections.dec();
    if !why.is_empty() {
        gateway.metrics.close(why);
        tracing::debug!(why, "a connection is closed");
    }
}

/// Writes replies, each signed with its node's key.
async fn write<W: AsyncWrite + Unpin>(
    mut writer: W,
    mut outgoing: mpsc::Receiver<Reply>,
    gateway: Arc<Gateway>,
    over: CancellationToken,
) {
    let limit = Duration::from_millis(gateway.limits.write_ms);
    while let Some(reply) = outgoing.recv().await {
        let mut buffer = [0; wire::max_frame(0)];
        let key = gateway.keys.get(&reply.node);
        let Ok(frame) = wire::encode(&Message::Reply(reply), key, &mut buffer) else { continue };
        let written = timeout(limit, async {
            writer.write_all(frame).await?;
            writer.flush().await
        });
        match written.await {
            Ok(Ok(())) => {}
            // The answer is remembered: a node that comes back gets it.
            Ok(Err(_)) => return over.cancel(),
            Err(_) => {
                tracing::debug!(node = reply.node, "a node does not take its replies");
                return over.cancel();
            }
        }
    }
}

/// A frame that is whole: checked, and given to its expert.
fn take(gateway: &Arc<Gateway>, frame: &Frame<'_>, replies: &mpsc::Sender<Reply>) {
    let message = match frame.message() {
        Ok(message) => message,
        Err(error) => return gateway.metrics.bad_frame(error),
    };
    let Message::Request(request) = message else {
        // Only experts reply, and they do not come in here.
        return gateway.metrics.bad_frame(wire::FrameError::Message);
    };
    let refused = |status| {
        gateway.metrics.reply("", status);
        send(gateway, replies, reply(&request, status, (Answer::None, 0)));
    };
    if !gateway.keys.is_empty() {
        let verified = match gateway.keys.get(&request.node) {
            Some(key) => frame.verify(key),
            None => Err(wire::FrameError::WrongKey),
        };
        if let Err(error) = verified {
            gateway.metrics.bad_frame(error);
            return refused(Status::Refused);
        }
    }
    if !gateway.images.is_empty() && !gateway.images.contains(&request.image) {
        return refused(Status::WrongImage);
    }
    let Some(expert) = gateway.experts.get(&request.expert) else {
        return refused(Status::UnknownExpert);
    };
    match gateway.nodes.arrive(request.node, request.sequence, Instant::now()) {
        Arrival::New => {}
        Arrival::UnderWay => {
            gateway.metrics.repeated.inc();
            return;
        }
        Arrival::Answered(reply) => {
            gateway.metrics.repeated.inc();
            return send(gateway, replies, reply);
        }
        Arrival::TooOften => return refused(Status::Busy),
    }
    let question = Question::new(&request);
    let blank = reply(&request, Status::Ok, (Answer::None, 0));
    let (gateway, expert, replies) = (gateway.clone(), expert.clone(), replies.clone());
    gateway.clone().tasks.spawn(async move {
        gateway.metrics.under_way.inc();
        let begun = Instant::now();
        let answer = expert.ask(&question).await;
        gateway.metrics.under_way.dec();
        gateway.metrics.seconds.observe(begun.elapsed().as_secs_f64());
        let status = answer.err().unwrap_or(Status::Ok);
        gateway.metrics.reply(&expert.name, status);
        let (answer, confidence) = answer.unwrap_or((Answer::None, 0));
        let reply = Reply { status, answer, confidence, ..blank };
        if status == Status::Ok {
            gateway.nodes.answered(reply);
        } else {
            gateway.nodes.forget(reply.node, reply.sequence);
        }
        tracing::debug!(
            node = reply.node,
            sequence = reply.sequence,
            expert = expert.name,
            status = crate::metrics::name(status),
            "replied"
        );
        send(&gateway, &replies, reply);
    });
}

fn reply(request: &Request<'_>, status: Status, (answer, confidence): (Answer, u16)) -> Reply {
    Reply { node: request.node, sequence: request.sequence, status, answer, confidence }
}

/// Puts a reply in its connection's queue; a node that does not take them loses it, and may ask again.
fn send(gateway: &Gateway, replies: &mpsc::Sender<Reply>, reply: Reply) {
    if let Err(mpsc::error::TrySendError::Full(_)) = replies.try_send(reply) {
        gateway.metrics.close("reply_dropped");
    }
}
