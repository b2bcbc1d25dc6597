//! What can be measured: for each part the tables that it makes, how long that takes, and whether a
//! check measures it anew.

use super::{
    load,
    made::Files,
    rule::Rule,
    runs,
    samples::{self, Sample},
};
use anyhow::Result;

/// A part of the results.
pub(crate) struct Part {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it measures, and how long that takes on two cores.
    pub(crate) about: &'static str,
    /// Whether `cargo xtask results check` measures it anew.
    pub(crate) checked: bool,
    pub(super) rule: Rule,
    /// Runs it; given `true` for a check, which may leave out what only slows it down.
    pub(super) run: fn(bool) -> Result<Files>,
    /// Some of it that is measured quickly.
    pub(crate) sample: Option<Sample>,
}

/// What another compiler may make of a count: its code around the hand-written kernels differs.
const OTHER_COMPILER: f64 = 0.1;

/// All parts.
pub(crate) const PARTS: &[Part] = &[
    Part {
        name: "losses",
        about: "deferral losses of the demonstration and of three quick logs; a minute",
        checked: true,
        rule: Rule::Exact { key: &["log", "method"] },
        run: runs::losses,
        sample: None,
    },
    Part {
        name: "init",
        about: "how many keys of the real logs' configurations `mild init` guesses right; seconds",
        checked: true,
        rule: Rule::Exact { key: &["log"] },
        run: runs::init,
        sample: None,
    },
    Part {
        name: "speed",
        about: "the time of a selection beside that of one loss, on one thread; a minute",
        checked: true,
        rule: Rule::Band { key: &["log"], columns: &["auto_over_two_stage"], share: 0.3 },
        run: runs::speed,
        sample: None,
    },
    Part {
        name: "device",
        about: "instructions, code, stack and scratch on the emulated cores; 10 minutes, a check 4",
        checked: true,
        rule: Rule::SameCompiler {
            key: &["implementation", "core", "shape", "part", "watches", "experts"],
            share: OTHER_COMPILER,
        },
        run: runs::device,
        sample: None,
    },
    Part {
        name: "signatures",
        about: "what verifying a signed image takes on two emulated cores; 5 minutes",
        rule: Rule::SameCompiler { key: &["implementation", "core"], share: OTHER_COMPILER },
        ..by_hand(runs::signatures)
    },
    Part {
        name: "flash",
        about: "what each part of the crate adds to a firmware, on an M0 and an M4; a minute",
        checked: true,
        rule: Rule::SameCompiler { key: &["core", "part"], share: OTHER_COMPILER },
        run: runs::flash,
        sample: None,
    },
    Part {
        name: "frames",
        about: "what a request and its reply take, signed and encrypted, on an M0 and an M4; a minute",
        checked: true,
        rule: Rule::SameCompiler { key: &["frames", "core"], share: OTHER_COMPILER },
        run: runs::frames,
        sample: None,
    },
    Part {
        name: "window-features",
        about: "what each window feature takes on an M0 and an M4; a minute",
        checked: true,
        rule: Rule::SameCompiler {
            key: &["core", "samples", "length", "feature"],
            share: OTHER_COMPILER,
        },
        run: runs::window_features,
        sample: None,
    },
    Part {
        name: "motion",
        about: "raw motion samples of a Python package, from log to decisions on an M0 and an M4; minutes, and pip",
        rule: Rule::Exact { key: &["core", "choice", "feature"] },
        ..by_hand(runs::motion)
    },
    Part {
        name: "digits",
        about: "gates on the confidence of an int8 model, and a rejector, 10 seeds; minutes, pip, and a build",
        rule: Rule::Exact { key: &["method"] },
        ..by_hand(runs::digits)
    },
    Part {
        name: "energy",
        about: "estimates of a deferral's energy beside a decision's, from the counts of `device`; at once",
        checked: true,
        rule: Rule::Exact { key: &["radio"] },
        run: runs::energies,
        sample: None,
    },
    Part {
        name: "comparison",
        about: "every method on every log, 10 seeds, quick effort; 40 minutes",
        sample: Some(samples::COMPARISON),
        ..by_hand(runs::comparison)
    },
    Part {
        name: "few-rows",
        about: "100 and 300 train rows: five methods on every log, 5 seeds; 6 minutes",
        ..by_hand(runs::few_rows)
    },
    Part {
        name: "margins",
        about: "every rule of margins beside equal margins, few rows and two penalties, 4 logs, 3 seeds; 5 minutes",
        sample: Some(samples::MARGINS),
        ..by_hand(runs::margins)
    },
    Part {
        name: "learning-curves",
        about: "deferral losses by train rows: five methods on every log, 10 seeds; an hour",
        sample: Some(samples::LEARNING_CURVES),
        ..by_hand(runs::learning_curves)
    },
    Part {
        name: "experts",
        about: "PiCCE and others as the number of experts grows, 10 seeds; 10 minutes",
        sample: Some(samples::EXPERTS),
        ..by_hand(runs::number_of_experts)
    },
    Part {
        name: "new-expert",
        about: "an expert that is known from a few answers only, 3 seeds; 10 minutes",
        sample: Some(samples::NEW_EXPERT),
        ..by_hand(runs::new_expert)
    },
    Part {
        name: "promises",
        about: "how often promises are broken over 500 splits of 8 logs; 15 minutes",
        sample: Some(samples::PROMISES),
        ..by_hand(runs::promises)
    },
    Part {
        name: "drift",
        about: "the governor beside a fixed threshold on a drifting log; a minute",
        sample: Some(samples::DRIFT),
        ..by_hand(runs::drift)
    },
    Part {
        name: "gateway",
        about: "the gateway under load from up to 1,000 nodes; a minute",
        ..by_hand(load::gateway)
    },
    Part {
        name: "training-speed",
        about: "training steps beside PyTorch, which must be installed; 5 minutes",
        ..by_hand(runs::training_speed)
    },
    Part {
        name: "python",
        about: "decisions from Python beside scikit-learn's MLPClassifier; 5 minutes and a build",
        ..by_hand(runs::python)
    },
    Part {
        name: "memory",
        about: "the memory of training on a million rows; a minute",
        ..by_hand(runs::memory)
    },
];

/// A part that is too slow or too noisy for every check, named in place.
impl Part {
    /// Whether it measures times, which other work at the same time would change.
    pub(crate) fn has_times(&self) -> bool {
        matches!(self.rule, Rule::Band { .. })
    }
}

const fn by_hand(run: fn(bool) -> Result<Files>) -> Part {
    let rule = Rule::Exact { key: &[] };
    Part { name: "", about: "", checked: false, rule, run, sample: None }
}
