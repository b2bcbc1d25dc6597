//! Which experts count as reachable.

use super::RetryPolicy;
use crate::policy::Reachable;

/// The state of the link to one expert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Link {
    /// The expert is not asked before this time.
    held_until: u64,
    /// Failures in a row.
    failures: u8,
}

/// The links to all experts; that of `local` is never held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Links<const EXPERTS: usize> {
    links: [Link; EXPERTS],
}

impl<const EXPERTS: usize> Links<EXPERTS> {
    pub(super) const fn new() -> Self {
        Self { links: [Link { held_until: 0, failures: 0 }; EXPERTS] }
    }

    /// The experts that may be asked at a time. Experts that this client does not know may not.
    pub(super) fn reachable(&self, now: u64) -> Reachable {
        let mut reachable = Reachable::LOCAL_ONLY;
        for (expert, link) in (0u8..).zip(&self.links) {
            if link.held_until <= now {
                reachable = reachable.with(expert);
            }
        }
        reachable
    }

    pub(super) fn succeeded(&mut self, expert: u8) {
        if let Some(link) = self.links.get_mut(usize::from(expert)) {
            *link = Link::default();
        }
    }

    /// An expert failed; `lasting` says that the next ones will as well.
    pub(super) fn failed(&mut self, expert: u8, lasting: bool, now: u64, settings: &RetryPolicy) {
        if let Some(link) = self.links.get_mut(usize::from(expert)) {
            link.failures = link.failures.saturating_add(1);
            let most = settings.failures.max(1);
            if lasting {
                link.failures = link.failures.max(most);
            }
            if let Some(times) = link.failures.checked_sub(most) {
                link.held_until = now.saturating_add(settings.hold_off(times));
            }
        }
    }
}
