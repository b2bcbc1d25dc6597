//! The session with the gateway: names for requests that cannot recur.

/// Where a client's handshakes begin to count: each handshake of a node needs another number than
/// all before it, also those before a reboot. Otherwise a recorded answer of the gateway could lead
/// the node back into an old session, where its requests are refused.
///
/// Nothing is written to flash for a request or a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce(u64);

impl Nonce {
    /// From 64 bits of a true random number generator, drawn at each start.
    #[must_use]
    pub const fn random(bits: u64) -> Self {
        Self(bits)
    }

    /// From the number of starts, kept in memory that survives a reboot and counted up before this
    /// is called. For boards without a random number generator.
    #[must_use]
    pub const fn counted(starts: u32) -> Self {
        // Room for 2^32 handshakes between two starts.
        Self((starts as u64) << 32)
    }
}

/// The name of a request, besides its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) session: u64,
    pub(super) sequence: u32,
}

/// The present session, if there is one, and the next one's nonce.
#[derive(Debug)]
pub(super) struct Session {
    nonce: u64,
    /// The name of the next request.
    next: Option<Name>,
}

impl Session {
    pub(super) const fn new(Nonce(nonce): Nonce) -> Self {
        Self { nonce, next: None }
    }

    /// The nonce of the handshake that is due, the same until it succeeds.
    pub(super) const fn nonce(&self) -> u64 {
        self.nonce
    }

    /// The gateway has named a session.
    pub(super) const fn begin(&mut self, session: u64) {
        self.nonce = self.nonce.wrapping_add(1);
        self.next = Some(Name { session, sequence: 0 });
    }

    /// The gateway does not know the session.
    pub(super) const fn end(&mut self) {
        self.next = None;
    }

    /// A name for a new request; `None` if a session must begin first.
    pub(super) fn name(&mut self) -> Option<Name> {
        let name = self.next?;
        let following = |sequence| Name { sequence, ..name };
        self.next = name.sequence.checked_add(1).map(following);
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_and_end_before_they_recur() {
        let mut session = Session::new(Nonce::counted(7));
        assert_eq!((session.nonce(), session.name()), (7 << 32, None));
        session.begin(5);
        assert_eq!(session.name(), Some(Name { session: 5, sequence: 0 }));
        assert_eq!(session.name(), Some(Name { session: 5, sequence: 1 }));
        session.end();
        assert_eq!((session.nonce(), session.name()), ((7 << 32) + 1, None));
        session.next = Some(Name { session: 6, sequence: u32::MAX });
        assert!(session.name().is_some());
        assert_eq!(session.name(), None, "a new session is due");
    }
}
