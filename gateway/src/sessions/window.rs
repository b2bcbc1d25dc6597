//! Which sequence numbers of a session were used.

/// How many numbers below the highest are told apart.
const WIDTH: u32 = 64;

/// A sliding window over sequence numbers, as in RFC 8613 (section 7.4) and RFC 9147.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    highest: u32,
    /// Bit *k* stands for the number `highest` - *k*.
    used: u64,
}

impl Window {
    /// Whether the number may have been used: it was, or it is too far below the highest to tell.
    pub(super) fn is_used(self, sequence: u32) -> bool {
        match self.highest.checked_sub(sequence) {
            None => false,
            Some(below) => below >= WIDTH || self.used >> below & 1 == 1,
        }
    }

    /// Marks a number as used.
    pub(super) fn mark(&mut self, sequence: u32) {
        if let Some(above) = sequence.checked_sub(self.highest) {
            self.used = self.used.checked_shl(above).unwrap_or(0) | 1;
            self.highest = sequence;
        } else if let Some(bit) = 1u64.checked_shl(self.highest - sequence) {
            self.used |= bit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_number_is_taken_twice_and_none_within_reach_is_lost() {
        for begin in [0, 5, u32::MAX - 400] {
            let mut window = Window::default();
            let (mut taken, mut highest) = (HashSet::new(), 0);
            let mut random = 1u32;
            for step in 0..400 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let sequence = (begin + step).saturating_sub(random >> 25);
                let fresh = !taken.contains(&sequence);
                if window.is_used(sequence) {
                    assert!(!fresh || highest - sequence >= WIDTH, "{sequence} is lost");
                } else {
                    assert!(fresh, "{sequence} is taken twice");
                    window.mark(sequence);
                    taken.insert(sequence);
                    highest = highest.max(sequence);
                }
            }
        }
    }
}
