//! A governor in plain 64-bit arithmetic, with branches, for comparison.

use super::*;

/// What [`Governor`] keeps, as its documentation has it.
struct Model<const CAPS: usize> {
    settings: GovernorSettings<CAPS, Watches>,
    excess: i64,
    /// Before the refill of the next input.
    tokens: i64,
    used: [i64; CAPS],
    /// Of each watch the sums upward and downward.
    sums: [[i64; 2]; 2],
    drift: Drift,
    counters: GovernorCounters,
}

/// What [`Model`] keeps from the first proposal of an input to its commit.
struct First {
    withheld: bool,
    alone: bool,
    watched: bool,
    advantage: i64,
}

impl<const CAPS: usize> Model<CAPS> {
    fn new(settings: &GovernorSettings<CAPS, Watches>) -> Self {
        Self {
            settings: settings.clone(),
            excess: settings.admit(0).into(),
            tokens: settings.capacity.into(),
            used: [0; CAPS],
            sums: [[0; 2]; 2],
            drift: Drift::default(),
            counters: GovernorCounters::default(),
        }
    }

    fn threshold(&self) -> i64 {
        (i64::from(self.settings.step) * self.excess).div_euclid(1 << 16)
    }

    fn tokens_found(&self) -> i64 {
        (self.tokens + i64::from(self.settings.refill.bits())).min(self.settings.capacity.into())
    }

    /// The best expert and its advantage; the caps count if `capped`.
    fn best(&self, scores: &[i32], reachable: Reachable, capped: bool) -> Option<(u8, i64)> {
        let (&local, others) = scores.split_first()?;
        let mut best = None;
        for (expert, &score) in (1..).zip(others) {
            let mut sum = i64::from(score);
            let used = self.used.get(usize::from(expert) - 1).filter(|_| capped);
            if let Some(&used) = used {
                if used >= i64::from(self.settings.full) {
                    continue;
                }
                let surcharge = (i64::from(self.settings.step) * used).div_euclid(1 << 16);
                sum = (sum - surcharge).max(i32::MIN.into());
            }
            let better = best.is_none_or(|(_, best)| best < sum);
            if reachable.contains(expert) && sum > i32::MIN.into() && better {
                best = Some((expert, sum));
            }
        }
        best.map(|(expert, sum)| {
            (expert, (sum - i64::from(local)).clamp(i32::MIN.into(), i32::MAX.into()))
        })
    }

    fn bounded(&self, advantage: i64) -> i64 {
        advantage.clamp(self.settings.low.into(), self.settings.high.into())
    }

    /// The decision, and whether it was to answer locally although somebody could be asked.
    fn propose(&self, scores: &[i32], reachable: Reachable) -> (Decision, bool) {
        let Some((expert, advantage)) = self.best(scores, reachable, true) else {
            return (Decision { expert: LOCAL, margin: i32::MAX }, false);
        };
        let distance = self.bounded(advantage) - self.threshold();
        let defer = distance > 0 && self.tokens_found() >= 1 << 16;
        let expert = if defer { expert } else { LOCAL };
        (Decision { expert, margin: distance.abs() as i32 }, !defer)
    }

    fn first(&self, scores: &[i32], reachable: Reachable, decision: Decision) -> First {
        let best = self.best(scores, reachable, false);
        let alone = best.is_some_and(|(_, advantage)| advantage > 0);
        let all = (1..scores.len()).all(|expert| reachable.contains(expert as u8));
        First {
            withheld: alone && decision.is_local(),
            alone,
            watched: all && best.is_some(),
            advantage: best.map_or(0, |(_, advantage)| self.bounded(advantage)),
        }
    }

    fn commit(&mut self, first: Option<First>, declined: bool, resolution: Resolution) {
        let charged = match self.settings.charged_failures {
            0 => resolution.answered(),
            _ => resolution.asked() | resolution.answered(),
        };
        let deferred = charged != 0;
        let one = i64::from(deferred) << 16;
        self.tokens = (self.tokens_found() - one).max(0);
        if deferred || declined {
            let excess = self.excess + one - i64::from(self.settings.budget.bits());
            let ends = (self.settings.lowest_excess.into(), self.settings.highest_excess.into());
            self.excess = excess.clamp(ends.0, ends.1);
        }
        for (k, (used, cap)) in self.used.iter_mut().zip(self.settings.caps).enumerate() {
            let chosen = i64::from(charged >> (k + 1) & 1) << 16;
            *used =
                (*used + chosen - i64::from(cap.bits())).clamp(0, self.settings.most_used().into());
        }
        self.counters.decisions += 1;
        self.counters.deferred += u32::from(deferred);
        let Some(first) = first else { return };
        self.counters.withheld += u32::from(first.withheld);
        if first.watched {
            let watches = self.settings.watches;
            let signals = [first.advantage, i64::from(first.alone) << 16];
            let watches = [watches.margin, watches.rate];
            let flags = [&mut self.drift.margin, &mut self.drift.rate];
            for (((watch, signal), sums), flag) in
                watches.into_iter().zip(signals).zip(&mut self.sums).zip(flags)
            {
                let [above, below, alarm] = watch.numbers().map(i64::from);
                // The documentation's rule: a sum at the alarm stays there, and so does the flag.
                for (sum, deviation) in sums.iter_mut().zip([signal - above, below - signal]) {
                    if *sum < alarm {
                        *sum = (*sum + deviation).clamp(0, alarm);
                    }
                    *flag |= *sum == alarm;
                }
            }
        }
    }
}

/// Runs a stream on a governor, on one without watches, and on the model.
fn compare<const CAPS: usize>(
    settings: &GovernorSettings<CAPS, Watches>,
    stream: Vec<([i32; 4], [u32; 2], u32, u8)>,
) -> Result<(), TestCaseError> {
    let without = settings.clone().without_watches();
    let (mut watched, mut unwatched) = (Governor::new(settings), Governor::new(&without));
    let mut model = Model::new(settings);
    for (values, sets, failed, proposals) in stream {
        let scores = Scores::new(&values, &[0; 4]);
        let (mut a, mut b) = (watched.input(scores), unwatched.input(scores));
        let (mut first, mut declined, mut by) = (None, false, LOCAL);
        for bits in sets.into_iter().take(proposals.into()) {
            let reachable = Reachable::from_bits(bits);
            let (decision, kept) = model.propose(&values, reachable);
            prop_assert_eq!(a.propose(reachable), decision);
            prop_assert_eq!(b.propose(reachable), decision);
            first.get_or_insert_with(|| model.first(&values, reachable, decision));
            (declined, by) = (kept, decision.expert);
        }
        let resolution = Resolution::by(by).after_all(failed);
        a.commit(resolution);
        b.commit(resolution);
        model.commit(first, declined, resolution);
        prop_assert_eq!(watched.counters(), model.counters);
        prop_assert_eq!(unwatched.counters(), model.counters);
        prop_assert_eq!(i64::from(watched.threshold()), model.threshold());
        prop_assert_eq!(watched.threshold(), unwatched.threshold());
        prop_assert_eq!(watched.drift(), model.drift);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any settings, any scores, up to two proposals, and whatever is reported: every decision,
    /// counter, threshold and flag is the model's.
    #[test]
    fn a_governor_is_its_model(
        settings in settings(),
        charge in charge(),
        caps in [rate(), rate()],
        stream in vec(
            (
                [number(), number(), number(), number()],
                [any::<u32>(), any::<u32>()].prop_map(|[a, b]| [a | b, b]),
                prop_oneof![Just(0), any::<u32>()],
                0u8..=2,
            ),
            1..200,
        ),
    ) {
        let settings = settings.with_charge(charge);
        compare(&settings, stream.clone())?;
        compare(&settings.with_caps(caps), stream)?;
    }
}
