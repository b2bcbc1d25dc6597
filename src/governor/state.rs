//! A governor's memory as bytes, so that it survives a reboot.

use core::fmt;

use super::{Governor, GovernorSettings, Watching};
use crate::checksum::CRC;
use crate::governor::{GovernorCounters, Rate};

/// Why some bytes are not the state of a governor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StateError {
    /// The slice has another length than [`Governor::STATE_BYTES`].
    Length {
        /// Bytes given.
        found: usize,
        /// Bytes needed.
        expected: usize,
    },
    /// The checksum is not that of the bytes: they are damaged, or were never written.
    Checksum,
    /// The state was made under other settings.
    Settings,
    /// A number is out of its range.
    Range,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Length { found, expected } => {
                write!(f, "found {found} bytes of governor state, expected {expected}")
            }
            Self::Checksum => f.write_str("the governor's state is damaged or was never written"),
            Self::Settings => f.write_str("the governor's state was made under other settings"),
            Self::Range => f.write_str("a number of the governor's state is out of range"),
        }
    }
}

impl core::error::Error for StateError {}

/// Words before those of the watches and caps: checksum, fingerprint, and the state itself.
const FIXED: usize = 9;

impl<'a, const CAPS: usize, W: Watching> Governor<'a, CAPS, W> {
    /// Bytes of the state.
    pub const STATE_BYTES: usize = 4 * (FIXED + CAPS) + size_of::<W::Sums>();

    /// Writes the state: little-endian words, the first a CRC-32 of the others.
    ///
    /// # Errors
    /// [`StateError::Length`] if `into` is not [`Self::STATE_BYTES`] long.
    pub fn to_bytes(&self, into: &mut [u8]) -> Result<(), StateError> {
        check_length(into.len(), Self::STATE_BYTES)?;
        let GovernorCounters { decisions, deferred, withheld } = self.counters;
        let head = [
            self.settings.fingerprint(),
            self.excess as u32,
            self.budget.bits(),
            self.tokens as u32,
            decisions,
            deferred,
            withheld,
            u32::from(self.energy_step),
        ];
        let (_, body) = into.split_at_mut(4);
        let (words, _) = body.as_chunks_mut();
        let sums = self.sums.as_ref().iter().map(|&sum| sum as u32);
        for (bytes, word) in words.iter_mut().zip(head.into_iter().chain(sums).chain(self.used)) {
            *bytes = word.to_le_bytes();
        }
        let checksum = CRC.checksum(body);
        for (into, byte) in into.iter_mut().zip(checksum.to_le_bytes()) {
            *into = byte;
        }
        Ok(())
    }

    /// Goes on from a state that [`Self::to_bytes`] wrote under the same settings.
    ///
    /// # Errors
    /// [`StateError`] if it is not one. Then start with [`Governor::cautious`].
    pub fn from_bytes(
        settings: &'a GovernorSettings<CAPS, W>,
        bytes: &[u8],
    ) -> Result<Self, StateError> {
        check_length(bytes.len(), Self::STATE_BYTES)?;
        let (words, _) = bytes.as_chunks();
        let Some(([stated, head @ ..], rest)) = words.split_first_chunk::<FIXED>() else {
            return Err(StateError::Length { found: bytes.len(), expected: Self::STATE_BYTES });
        };
        let (_, body) = bytes.split_at(4);
        if CRC.checksum(body) != u32::from_le_bytes(*stated) {
            return Err(StateError::Checksum);
        }
        let [fingerprint, excess, budget, tokens, decisions, deferred, withheld, energy_step] =
            head.map(u32::from_le_bytes);
        if fingerprint != settings.fingerprint() {
            return Err(StateError::Settings);
        }
        let mut rest = rest.iter().copied().map(u32::from_le_bytes);
        let mut sums = W::START;
        for (sum, word) in sums.as_mut().iter_mut().zip(&mut rest) {
            *sum = word as i32;
        }
        let mut used = [0; CAPS];
        for (used, word) in used.iter_mut().zip(&mut rest) {
            *used = word;
        }
        let valid = settings.admit(excess as i32) == excess as i32
            && budget <= Rate::ONE.bits()
            && (0..=settings.capacity).contains(&(tokens as i32))
            && sums.as_ref().iter().all(|&sum| sum >= 0)
            && energy_step <= u32::from(u8::MAX)
            && used.iter().all(|&used| used <= settings.most_used() as u32);
        if !valid {
            return Err(StateError::Range);
        }
        Ok(Self {
            settings,
            excess: excess as i32,
            budget: Rate::from_bits(budget),
            tokens: tokens as i32,
            sums,
            counters: GovernorCounters { decisions, deferred, withheld },
            energy_step: energy_step as u8,
            used,
        })
    }
}

fn check_length(found: usize, expected: usize) -> Result<(), StateError> {
    if found == expected { Ok(()) } else { Err(StateError::Length { found, expected }) }
}
