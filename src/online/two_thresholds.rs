//! A pair of thresholds for a yes-or-no label whose two errors weigh differently.

/// What to do with one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Action {
    /// Answer no, locally.
    No,
    /// Ask the expert.
    Ask,
    /// Ask the expert although the thresholds would answer, to learn.
    Explore,
    /// Answer yes, locally.
    Yes,
}

/// The losses of mistakes and of asking, in one unit of the caller's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Losses {
    /// Answering no where yes is right.
    pub missed: u16,
    /// Answering yes where no is right.
    pub false_alarm: u16,
    /// Asking.
    pub asking: u16,
}

/// Learns two thresholds on the score of a yes-or-no label: below the lower one the answer is no,
/// from the upper one on it is yes, between them the expert is asked.
///
/// The setting of H2T2 (Moothedath et al. 2025, "Inference offloading for cost-sensitive binary
/// classification at the edge"): the losses differ, the truth is known only where the expert was
/// asked, and one in `explore` of the other inputs is asked at random. H2T2 plays Hedge over all
/// pairs of thresholds. This takes the pair with the least estimated loss so far, which needs four
/// bytes for each bin and no exponentials; the regret bound of H2T2 is not claimed for it.
/// Estimates weigh explored answers by `explore`, so they are unbiased for a fixed stream. When a
/// count is full all are halved, so that old answers fade and a drift is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwoThresholds<const BINS: usize> {
    losses: Losses,
    explore: u8,
    low: u8,
    high: u8,
    random: u32,
    /// Weighted answers yes and no in each bin.
    counts: [[u16; 2]; BINS],
}

impl<const BINS: usize> TwoThresholds<BINS> {
    /// Begins by asking always. One in `explore` (at least 2) other inputs will be asked; `seed` is
    /// any number.
    #[must_use]
    pub const fn new(losses: Losses, explore: u8, seed: u32) -> Self {
        const { assert!(BINS > 0 && BINS < 256, "1 to 255 bins") };
        let explore = if explore < 2 { 2 } else { explore };
        // The generator stands still at 0.
        let random = seed | 1;
        Self { losses, explore, low: 0, high: BINS as u8, random, counts: [[0; 2]; BINS] }
    }

    /// The bin below which the answer is no, and the one from which on it is yes.
    #[must_use]
    pub const fn thresholds(&self) -> (u8, u8) {
        (self.low, self.high)
    }

    /// What to do with an input whose score is in this bin; bins beyond count as the last.
    pub fn decide(&mut self, bin: u8) -> Action {
        // xorshift32 (Marsaglia 2003).
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        let bin = bin.min(BINS as u8 - 1);
        if (self.low..self.high).contains(&bin) {
            return Action::Ask;
        }
        // The high bits of a product: no division.
        let explores = (u64::from(self.random).wrapping_mul(u64::from(self.explore)) >> 32) == 0;
        match (explores, bin < self.low) {
            (true, _) => Action::Explore,
            (false, true) => Action::No,
            (false, false) => Action::Yes,
        }
    }

    /// Takes the expert's answer to an input that [`Self::decide`] sent to it.
    pub fn learn(&mut self, bin: u8, asked: Action, yes: bool) {
        let weight = match asked {
            Action::Ask => 1,
            Action::Explore => u16::from(self.explore),
            Action::No | Action::Yes => return,
        };
        let bin = usize::from(bin).min(BINS - 1);
        let full = |counts: &[[u16; 2]; BINS]| {
            counts.iter().flatten().any(|&count| count > u16::MAX - u16::from(u8::MAX))
        };
        if full(&self.counts) {
            self.counts.iter_mut().flatten().for_each(|count| *count /= 2);
        }
        if let Some([yeses, noes]) = self.counts.get_mut(bin) {
            let count = if yes { yeses } else { noes };
            *count = count.saturating_add(weight);
        }
        self.choose();
    }

    /// Takes the pair with the least estimated loss, in one pass; of equal ones the pair that asks
    /// least.
    fn choose(&mut self) {
        let Losses { missed, false_alarm, asking } = self.losses;
        let (missed, false_alarm) = (i64::from(missed), i64::from(false_alarm));
        // With the bins before `edge` on one side: by how much answering no there is dearer than
        // asking, asking than answering yes. At most 2^8 bins of 2^17 answers at 2^16.
        let (mut no, mut ask) = (0i64, 0i64);
        let (mut best_low, mut least_no) = (0u8, 0i64);
        let (mut best, mut least) = ((0, 0), 0i64);
        for (edge, &[yeses, noes]) in (1..=u8::MAX).zip(&self.counts) {
            let (yeses, noes) = (i64::from(yeses), i64::from(noes));
            let asked = (yeses + noes) * i64::from(asking);
            no += missed * yeses - asked;
            ask += asked - false_alarm * noes;
            if no <= least_no {
                (best_low, least_no) = (edge, no);
            }
            if least_no + ask <= least {
                (best, least) = ((best_low, edge), least_no + ask);
            }
        }
        (self.low, self.high) = best;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LOSSES: Losses = Losses { missed: 100, false_alarm: 30, asking: 10 };

    /// By trying all pairs.
    fn least_loss(counts: &[[u16; 2]], losses: Losses) -> i64 {
        let loss = |low: usize, high: usize| -> i64 {
            counts
                .iter()
                .enumerate()
                .map(|(bin, &[yes, no])| {
                    let (yes, no) = (i64::from(yes), i64::from(no));
                    match (bin < low, bin < high) {
                        (true, _) => yes * i64::from(losses.missed),
                        (false, true) => (yes + no) * i64::from(losses.asking),
                        (false, false) => no * i64::from(losses.false_alarm),
                    }
                })
                .sum()
        };
        (0..=counts.len())
            .flat_map(|high| (0..=high).map(move |low| (low, high)))
            .map(|(low, high)| loss(low, high))
            .min()
            .unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_pair_is_the_best_of_all(
            counts in prop::array::uniform8(prop::array::uniform2(any::<u16>())),
            losses in [any::<u16>(), any::<u16>(), any::<u16>()],
        ) {
            let [missed, false_alarm, asking] = losses;
            let losses = Losses { missed, false_alarm, asking };
            let mut thresholds = TwoThresholds::<8>::new(losses, 16, 1);
            thresholds.counts = counts;
            thresholds.choose();
            let (low, high) = thresholds.thresholds();
            prop_assert!(low <= high && high <= 8);
            let found: i64 = counts.iter().zip(0u8..).map(|(&[yes, no], bin)| {
                let (yes, no) = (i64::from(yes), i64::from(no));
                if bin < low {
                    yes * i64::from(missed)
                } else if bin < high {
                    (yes + no) * i64::from(asking)
                } else {
                    no * i64::from(false_alarm)
                }
            }).sum();
            prop_assert_eq!(found, least_loss(&counts, losses));
        }

        #[test]
        fn nothing_overflows(moves in prop::collection::vec((any::<u8>(), any::<bool>()), 1..2000)) {
            let mut thresholds = TwoThresholds::<3>::new(
                Losses { missed: u16::MAX, false_alarm: u16::MAX, asking: u16::MAX }, 255, 0);
            thresholds.counts = [[u16::MAX; 2]; 3];
            for (bin, yes) in moves {
                let asked = thresholds.decide(bin);
                thresholds.learn(bin, asked, yes);
            }
        }
    }

    /// Fuzzing found that the number of the edge behind the last of 255 bins overflowed.
    #[test]
    fn the_most_bins_have_an_edge_behind_the_last() {
        let mut thresholds = TwoThresholds::<255>::new(LOSSES, 16, 1);
        for bin in 0..=u8::MAX {
            thresholds.learn(bin, Action::Ask, false);
        }
        assert_eq!(thresholds.thresholds(), (255, 255), "no is the answer everywhere");
    }

    /// Mean loss over a stream in which yes has probability (bin / 15)^2, before and after a
    /// reversal.
    #[test]
    fn learns_and_learns_anew() {
        let mut thresholds = TwoThresholds::<16>::new(LOSSES, 10, 7);
        let mut state = 9u32;
        let mut uniform = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1u32 << 24)
        };
        let mut run = |thresholds: &mut TwoThresholds<16>, reversed: bool, rows: u32| {
            let (mut loss, mut best) = (0.0, 0.0);
            for _ in 0..rows {
                let bin = (uniform() * 16.0) as u8;
                let position = f64::from(if reversed { 15 - bin } else { bin }) / 15.0;
                let chance = position * position;
                let yes = uniform() < chance;
                let answer = thresholds.decide(bin);
                loss += match answer {
                    Action::No => {
                        if yes {
                            100.0
                        } else {
                            0.0
                        }
                    }
                    Action::Yes => {
                        if yes {
                            0.0
                        } else {
                            30.0
                        }
                    }
                    Action::Ask | Action::Explore => 10.0,
                };
                best += (100.0 * chance).min(30.0 * (1.0 - chance)).min(10.0);
                thresholds.learn(bin, answer, yes);
            }
            (loss / f64::from(rows), best / f64::from(rows))
        };
        run(&mut thresholds, false, 2000);
        let (loss, best) = run(&mut thresholds, false, 20_000);
        // Exploring adds up to a tenth of what asking costs.
        assert!(loss < best + 1.0, "{loss} {best}");
        let (low, high) = thresholds.thresholds();
        assert!((4..=6).contains(&low) && (12..=14).contains(&high), "{low} {high}");
    }
}
