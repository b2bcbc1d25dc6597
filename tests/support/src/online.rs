//! Thresholds that learn from answers, for the host and the device to compare: streams of made-up
//! inputs whose truth the thresholds see only where they asked.

use crate::random::{Digest, Lcg};
use core::fmt;
use mild::governor::{Governor, GovernorSettings, Rate, Track};
use mild::online::{Action, FeasibleSearch, Losses, TwoThresholds};
use mild::{Decide, Reachable, Resolution, Scores};

/// Inputs of each run. In the middle of a run what is right is turned round.
const INPUTS: u32 = 3000;

/// The budget of [`FeasibleSearch`], which a governor keeps as well.
const BUDGET: Rate = Rate::ratio(1, 4);

/// The highest advantage of the stream.
const MOST: i32 = 8_000;

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// What learns, and how its counts begin.
    pub name: &'static str,
    /// What came of it.
    pub numbers: Numbers,
}

/// Counts, and a digest of everything on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// Inputs that an expert was asked about.
    pub asked: u32,
    /// Answers that were wrong.
    pub wrong: u32,
    /// Of all thresholds and actions.
    pub digest: u32,
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, wrong, digest } = self;
        write!(f, "{asked} {wrong} {digest:08x}")
    }
}

/// All runs: with empty counts, and with counts that are full, so that old answers fade.
#[must_use]
pub fn runs() -> [Run; 4] {
    [
        Run { name: "feasible", numbers: feasible(0) },
        Run { name: "feasible-full", numbers: feasible(u16::MAX) },
        Run { name: "two-thresholds", numbers: two_thresholds(0) },
        Run { name: "two-thresholds-full", numbers: two_thresholds(u16::MAX) },
    ]
}

/// One threshold under a budget, set in a governor. The first bin has been seen `seen` times.
fn feasible(seen: u16) -> Numbers {
    let track = Track::AtMost(-MOST);
    let Some(settings) = GovernorSettings::<0>::new(-MOST, MOST, 200, BUDGET, track) else {
        unreachable!("the settings are in range")
    };
    let mut governor = Governor::new(&settings);
    let mut search = FeasibleSearch::<16>::new(-MOST, 1_000);
    (0..seen).for_each(|_| search.observe(0));
    let mut random = Lcg::new(3);
    let mut numbers = Numbers { asked: 0, wrong: 0, digest: 0 };
    let mut digest = Digest::EMPTY;
    for index in 0..INPUTS {
        let advantage = (random.bits() >> 18) as i32 - MOST;
        // How much more often the expert is right grows with the advantage, and later falls with
        // it.
        let bar = if index < INPUTS / 2 { advantage } else { -advantage };
        let local_errs = (random.bits() >> 18) as i32 - MOST < bar;
        let expert_errs = random.bits() >> 29 == 0;
        governor.set_threshold(search.threshold(BUDGET));
        let scores = [0, advantage];
        let mut input = governor.input(Scores::new(&scores, &[0, 0]));
        let deferred = !input.propose(Reachable::ALL).is_local();
        input.commit(if deferred { Resolution::by(1) } else { Resolution::LOCAL });
        let bin = search.bin(advantage);
        search.observe(bin);
        if deferred {
            // 2^-8 of one error, less a price of 26.
            search.learn(bin, 256 * (i32::from(local_errs) - i32::from(expert_errs)) - 26);
        }
        numbers.asked += u32::from(deferred);
        numbers.wrong += u32::from(if deferred { expert_errs } else { local_errs });
        digest.add(search.threshold(BUDGET) as u32);
        digest.add(governor.threshold() as u32);
    }
    Numbers { digest: digest.0, ..numbers }
}

/// Two thresholds on the score of a yes-or-no label. Each bin begins with `known` answers.
fn two_thresholds(known: u16) -> Numbers {
    const BINS: u8 = 16;
    let losses = Losses { missed: 1_000, false_alarm: 300, asking: 100 };
    let mut thresholds = TwoThresholds::<{ BINS as usize }>::new(losses, 20, 5);
    for bin in 0..BINS {
        (0..known).for_each(|_| thresholds.learn(bin, Action::Ask, bin > 7));
    }
    let mut random = Lcg::new(4);
    let mut numbers = Numbers { asked: 0, wrong: 0, digest: 0 };
    let mut digest = Digest::EMPTY;
    for index in 0..INPUTS {
        let bin = (random.bits() >> 28) as u8;
        let position = u32::from(if index < INPUTS / 2 { bin } else { BINS - 1 - bin });
        // The chance of a yes is the square of the position.
        let yes = (random.bits() >> 24) < position * position;
        let action = thresholds.decide(bin);
        let asks = matches!(action, Action::Ask | Action::Explore);
        thresholds.learn(bin, action, yes);
        numbers.asked += u32::from(asks);
        numbers.wrong += u32::from(!asks && (action == Action::Yes) != yes);
        let (low, high) = thresholds.thresholds();
        digest.add(action as u32);
        digest.add(u32::from(low) << 8 | u32::from(high));
    }
    Numbers { digest: digest.0, ..numbers }
}
