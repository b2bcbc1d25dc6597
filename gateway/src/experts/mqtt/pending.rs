//! The requests that wait for answers from the broker.

use std::collections::{HashMap, VecDeque};

use tokio::sync::oneshot;

use crate::experts::document::ExpertAnswer;
use crate::experts::error::ExpertError;

/// The name of a request at the broker. Who cannot read the request cannot guess it.
pub(super) type Correlation = [u8; 16];

/// An answer, or why there is none.
pub(super) type Outcome = Result<ExpertAnswer, ExpertError>;

/// The requests that wait, from their publication to their answer.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Whether the broker has confirmed the subscription to answers.
    pub(super) is_subscribed: bool,
    waiting: HashMap<Correlation, oneshot::Sender<Outcome>>,
    /// Requests without a packet number, in the order in which they are sent.
    unsent: VecDeque<Correlation>,
    /// Requests that the broker has not acknowledged, by packet number.
    unacknowledged: HashMap<u16, Correlation>,
}

impl Pending {
    /// A request that was handed to the client.
    pub(super) fn begin(&mut self, correlation: Correlation) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.insert(correlation, sender);
        self.unsent.push_back(correlation);
        receiver
    }

    /// The client has sent the next request under a packet number.
    pub(super) fn sent(&mut self, packet: u16) {
        if let Some(correlation) = self.unsent.pop_front() {
            self.unacknowledged.insert(packet, correlation);
        }
    }

    /// The broker has taken a request, or says why it will not be answered.
    pub(super) fn acknowledged(&mut self, packet: u16, refused: Option<ExpertError>) {
        let correlation = self.unacknowledged.remove(&packet);
        if let (Some(correlation), Some(error)) = (correlation, refused) {
            self.end(&correlation, Err(error));
        }
    }

    /// Ends a wait; says whether there was one.
    pub(super) fn end(&mut self, correlation: &Correlation, outcome: Outcome) -> bool {
        match self.waiting.remove(correlation) {
            // The receiver may have timed out meanwhile.
            Some(waiting) => waiting.send(outcome).is_ok(),
            None => false,
        }
    }

    /// Nobody waits for this request any more.
    pub(super) fn forget(&mut self, correlation: &Correlation) {
        self.waiting.remove(correlation);
    }

    /// The connection is lost: whoever waits learns it, and no request begins before the next
    /// subscription.
    pub(super) fn lose_connection(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reaches_the_request_that_was_refused() {
        let mut pending = Pending::default();
        let mut receivers: Vec<_> = (0..3).map(|number| pending.begin([number; 16])).collect();
        pending.sent(7);
        pending.sent(8);
        pending.acknowledged(8, Some(ExpertError::NotSubscribed));
        pending.acknowledged(7, None);
        assert_eq!(receivers[1].try_recv().unwrap(), Err(ExpertError::NotSubscribed));
        assert!(receivers[0].try_recv().is_err() && receivers[2].try_recv().is_err());
        assert!(pending.end(&[0; 16], Ok(ExpertAnswer::default())));
        assert!(!pending.end(&[0; 16], Ok(ExpertAnswer::default())), "a second answer");
        assert!(!pending.end(&[9; 16], Ok(ExpertAnswer::default())), "nobody asked");
        pending.lose_connection();
        assert!(matches!(receivers[2].try_recv(), Err(oneshot::error::TryRecvError::Closed)));
    }
}
