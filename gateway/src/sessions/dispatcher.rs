//! Takes whole frames, asks experts, and returns replies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use mild::wire::{Answer, Frame, FrameError, Key, Message, Reply, Request, Status};
use tokio::sync::mpsc;

use super::table::{Arrival, SessionTable};
use crate::context::Context;
use crate::experts::{Expert, ExpertRequest};
use crate::metrics::status_label;

/// Decides for each frame whether an expert is asked, and sends the replies.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    keys: BTreeMap<u32, Key>,
    images: Vec<u32>,
    experts: BTreeMap<u8, Arc<Expert>>,
    sessions: SessionTable,
    context: Context,
}

impl Dispatcher {
    pub(crate) fn new(
        keys: BTreeMap<u32, Key>,
        images: Vec<u32>,
        experts: BTreeMap<u8, Arc<Expert>>,
        context: Context,
    ) -> Self {
        let sessions = SessionTable::new(context.limits.clone());
        Self { keys, images, experts, sessions, context }
    }

    /// The key that signs the replies to a node.
    pub(crate) fn key(&self, node: u32) -> Option<&Key> {
        self.keys.get(&node)
    }

    /// Takes a frame; its reply goes to `replies`, now or when the expert has answered.
    pub(crate) fn receive(self: &Arc<Self>, frame: &Frame<'_>, replies: &mpsc::Sender<Reply>) {
        let metrics = &self.context.metrics;
        let request = match frame.message() {
            Ok(Message::Request(request)) => request,
            // Nodes do not send replies.
            Ok(Message::Reply(_)) => return metrics.bad_frame(FrameError::Message),
            Err(error) => return metrics.bad_frame(error),
        };
        let refuse = |status| {
            metrics.replied("", status);
            let Request { node, sequence, .. } = request;
            let reply = Reply { node, sequence, status, answer: Answer::None, confidence: 0 };
            self.send(reply, replies);
        };
        let expert = match self.admit(frame, &request) {
            Ok(expert) => expert.clone(),
            Err(status) => return refuse(status),
        };
        match self.sessions.arrive(request.node, request.sequence, Instant::now()) {
            Arrival::New => {
                let request = ExpertRequest::new(&request);
                let answer = self.clone().answer(expert, request, replies.clone());
                self.context.tasks.spawn(answer);
            }
            Arrival::Pending => {
                metrics.repeated_requests.inc();
            }
            Arrival::Answered(reply) => {
                metrics.repeated_requests.inc();
                self.send(reply, replies);
            }
            Arrival::RateLimited => refuse(Status::Busy),
        }
    }

    /// The expert to ask, if the gateway serves this node, its image and the expert.
    fn admit(&self, frame: &Frame<'_>, request: &Request<'_>) -> Result<&Arc<Expert>, Status> {
        if !self.keys.is_empty() {
            let verified = match self.keys.get(&request.node) {
                Some(key) => frame.verify(key),
                None => Err(FrameError::WrongKey),
            };
            if let Err(error) = verified {
                self.context.metrics.bad_frame(error);
                return Err(Status::Refused);
            }
        }
        if !self.images.is_empty() && !self.images.contains(&request.image) {
            return Err(Status::WrongImage);
        }
        self.experts.get(&request.expert).ok_or(Status::UnknownExpert)
    }

    /// Asks an expert and sends its answer, or the reason why there is none.
    async fn answer(
        self: Arc<Self>,
        expert: Arc<Expert>,
        request: ExpertRequest,
        replies: mpsc::Sender<Reply>,
    ) {
        let metrics = &self.context.metrics;
        metrics.pending_requests.inc();
        let start = Instant::now();
        let answered = expert.ask(&request).await;
        metrics.pending_requests.dec();
        metrics.request_duration.observe(start.elapsed().as_secs_f64());

        let ExpertRequest { node, sequence, .. } = request;
        let (status, (answer, confidence)) = match answered {
            Ok(answer) => (Status::Ok, answer),
            Err(error) => {
                tracing::debug!(node, sequence, expert = expert.name(), %error, "no answer");
                (error.into(), (Answer::None, 0))
            }
        };
        metrics.replied(expert.name(), status);
        let reply = Reply { node, sequence, status, answer, confidence };
        if status == Status::Ok {
            self.sessions.answer(reply);
        } else {
            self.sessions.forget(node, sequence);
        }
        let status = status_label(status);
        tracing::debug!(node, sequence, expert = expert.name(), status, "replied");
        self.send(reply, &replies);
    }

    /// Queues a reply. One that does not fit is dropped; the node may repeat its request.
    fn send(&self, reply: Reply, replies: &mpsc::Sender<Reply>) {
        if let Err(mpsc::error::TrySendError::Full(_)) = replies.try_send(reply) {
            self.context.metrics.dropped_replies.inc();
        }
    }
}
