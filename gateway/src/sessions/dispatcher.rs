//! Takes whole frames, asks experts, and returns replies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use mild::wire::{
    self, Answer, Binding, Frame, FrameError, Key, Message, Reply, Request, Sender, Status, Welcome,
};
use tokio::sync::mpsc;

use super::former;
use super::keys::KeyRing;
use super::node::{Arrival, Name};
use super::replies::Replies;
use super::table::SessionTable;
use crate::config::NodeKeys;
use crate::context::Context;
use crate::experts::{Expert, ExpertRequest};
use crate::metrics::status_label;

/// Decides for each frame whether an expert is asked, and sends the replies.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    keys: KeyRing,
    images: Vec<u32>,
    experts: BTreeMap<u8, Arc<Expert>>,
    sessions: SessionTable,
    context: Context,
}

/// How to answer a frame: what binds the answer to it, and the key that the sender was found to
/// have. Nothing is signed for anybody else, and whoever encrypts is answered encrypted.
#[derive(Debug, Clone)]
struct Seal {
    to: Binding,
    key: Option<Key>,
}

impl Seal {
    fn frame(&self, message: &Message<'_>) -> Vec<u8> {
        let mut buffer = [0; wire::max_frame(0)];
        // Room for every answer; none has a payload.
        wire::encode_answer(message, self.key.as_ref(), &self.to, &mut buffer)
            .map_or_else(|_| Vec::new(), |frame| frame.bytes.to_vec())
    }
}

impl Dispatcher {
    /// `first` is a random number, from which sessions are counted.
    pub(crate) fn new(
        keys: BTreeMap<u32, NodeKeys>,
        images: Vec<u32>,
        experts: BTreeMap<u8, Arc<Expert>>,
        first: u64,
        context: Context,
    ) -> Self {
        let sessions = SessionTable::new(context.limits.clone(), first);
        let keys = KeyRing::new(keys, context.metrics.clone());
        Self { keys, images, experts, sessions, context }
    }

    /// Takes a frame; its answer goes to `replies`, now or when the expert has answered.
    /// Says whether it came from a node that the gateway serves.
    pub(crate) fn receive(self: &Arc<Self>, frame: &Frame<'_>, replies: &Replies) -> bool {
        let metrics = &self.context.metrics;
        let Sender { node, sequence } = match frame.sender() {
            Ok(sender) => sender,
            // Also an answer: nodes do not send any.
            Err(error) => {
                metrics.bad_frame(error);
                return false;
            }
        };
        let mut room = vec![0; frame.room()];
        let (message, key) = match self.keys.read(node, frame, &mut room) {
            Ok(read) => read,
            Err(error) => {
                metrics.bad_frame(error);
                if !matches!(error, FrameError::Message | FrameError::Trailing { .. }) {
                    tracing::debug!(node, sequence, %error, "refused a node");
                    // Neither signed nor encrypted: a node that has the key does not believe it.
                    let seal = Seal { to: frame.binding(), key: None };
                    self.refuse(node, sequence, Status::Refused, &seal, replies);
                }
                return false;
            }
        };
        let seal = Seal { to: frame.binding(), key };
        match message {
            Message::Request(request) => self.ask(&request, seal, replies),
            _ => {
                metrics.sessions.inc();
                let session = self.sessions.welcome();
                self.send(seal.frame(&Message::Welcome(Welcome { node, session })), replies);
            }
        }
        true
    }

    /// Frames from now on are held to these keys.
    pub(crate) fn replace_keys(&self, keys: BTreeMap<u32, NodeKeys>) {
        self.keys.replace(keys);
    }

    /// Takes the bytes of a frame of another version, and refuses what can be read of it.
    pub(crate) fn receive_former(&self, version: u8, bytes: &[u8], replies: &Replies) {
        if version == 1
            && let Some(refusal) = former::refusal(bytes)
        {
            self.send(refusal, replies);
        }
    }

    /// Takes a request from a node that has shown who it is.
    fn ask(self: &Arc<Self>, request: &Request<'_>, seal: Seal, replies: &Replies) {
        let &Request { node, session, sequence, .. } = request;
        let metrics = &self.context.metrics;
        let expert = match self.admit(request) {
            Ok(expert) => expert.clone(),
            Err(status) => return self.refuse(node, sequence, status, &seal, replies),
        };
        let refuse = |status| self.refuse(node, sequence, status, &seal, replies);
        let name = Name { node, session, sequence };
        match self.sessions.arrive(name, &seal.to, replies, Instant::now()) {
            Arrival::New => {
                // A frame that was recorded says nothing about the key that its node has now.
                if let Some(key) = &seal.key {
                    self.keys.used(node, key.number());
                }
                let request = ExpertRequest::new(request);
                let answer = self.clone().answer(expert, request, name, seal, replies.clone());
                self.context.tasks.spawn(answer);
            }
            Arrival::Pending => {
                metrics.repeated_requests.inc();
            }
            Arrival::Answered(frame) => {
                metrics.repeated_requests.inc();
                self.send(frame, replies);
            }
            Arrival::RateLimited => refuse(Status::Busy),
            Arrival::UnknownSession => refuse(Status::UnknownSession),
            Arrival::NameUsed => refuse(Status::NameUsed),
        }
    }

    /// The expert to ask, if the gateway serves the node's image and has the expert.
    fn admit(&self, request: &Request<'_>) -> Result<&Arc<Expert>, Status> {
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
        name: Name,
        seal: Seal,
        replies: Replies,
    ) {
        let metrics = &self.context.metrics;
        metrics.pending_requests.inc();
        let start = Instant::now();
        let answered = expert.ask(&request).await;
        metrics.pending_requests.dec();
        metrics.request_duration.observe(start.elapsed().as_secs_f64());

        let Name { node, sequence, .. } = name;
        let (status, (answer, confidence)) = match answered {
            Ok(answer) => (Status::Ok, answer),
            Err(error) => {
                tracing::debug!(node, sequence, expert = expert.name(), %error, "no answer");
                (error.into(), (Answer::None, 0))
            }
        };
        metrics.replied(expert.name(), status);
        let reply = Reply { node, sequence, status, answer, confidence };
        let frame = seal.frame(&Message::Reply(reply));
        let waiting = self.sessions.answered(name, &frame);
        let status = status_label(status);
        tracing::debug!(node, sequence, expert = expert.name(), status, "replied");
        for other in waiting.iter().filter(|other| !other.same_channel(&replies)) {
            self.send(frame.clone(), other);
        }
        self.send(frame, &replies);
    }

    /// Replies without an answer.
    fn refuse(&self, node: u32, sequence: u32, status: Status, seal: &Seal, replies: &Replies) {
        self.context.metrics.replied("", status);
        let reply = Reply { node, sequence, status, answer: Answer::None, confidence: 0 };
        self.send(seal.frame(&Message::Reply(reply)), replies);
    }

    /// Queues a frame. One that does not fit is dropped; the node may repeat its request.
    fn send(&self, frame: Vec<u8>, replies: &Replies) {
        if let Err(mpsc::error::TrySendError::Full(_)) = replies.try_send(frame) {
            self.context.metrics.dropped_replies.inc();
        }
    }
}
