//! What can happen on a line.

/// What can happen to a frame. Everything else arrives as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Lost,
    Twice,
    Late,
    Replayed,
    Damaged,
    Forged,
    Cut,
}

impl Fault {
    pub(super) const ALL: [Self; 7] = [
        Self::Lost,
        Self::Twice,
        Self::Late,
        Self::Replayed,
        Self::Damaged,
        Self::Forged,
        Self::Cut,
    ];
}
