//! Whether the experts count as reachable.

use mild::Reachable;

/// So long the link counts as down after a question without an answer.
pub const RETRY_AFTER_MS: u32 = 10_000;

/// The state of the link to the gateway, behind which all experts are.
///
/// A question that nobody answers costs energy and a deadline's worth of time, so after one the rejector is told to
/// choose among what is reachable: the node itself. Then the link gets another chance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Link {
    down_ms: u32,
}

impl Link {
    /// A link that counts as up until a question fails.
    #[must_use]
    pub const fn new() -> Self {
        Self { down_ms: 0 }
    }

    /// A question was not answered: the link is down from now on.
    pub const fn fail(&mut self) {
        self.down_ms = RETRY_AFTER_MS;
    }

    /// So much time has passed.
    pub const fn pass(&mut self, ms: u32) {
        self.down_ms = self.down_ms.saturating_sub(ms);
    }

    /// What the rejector may choose from.
    #[must_use]
    pub const fn reachable(&self) -> Reachable {
        if self.down_ms == 0 { Reachable::ALL } else { Reachable::LOCAL_ONLY }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_takes_the_experts_away_for_a_while() {
        let mut link = Link::new();
        assert_eq!(link.reachable(), Reachable::ALL);
        link.fail();
        link.pass(RETRY_AFTER_MS - 1);
        assert_eq!(link.reachable(), Reachable::LOCAL_ONLY);
        link.pass(1);
        assert_eq!(link.reachable(), Reachable::ALL);
        link.pass(u32::MAX);
        assert_eq!(link.reachable(), Reachable::ALL);
    }

    #[test]
    fn a_second_failure_starts_the_time_anew() {
        let mut link = Link::new();
        link.fail();
        link.pass(RETRY_AFTER_MS / 2);
        link.fail();
        link.pass(RETRY_AFTER_MS / 2);
        assert_eq!(link.reachable(), Reachable::LOCAL_ONLY);
    }
}
