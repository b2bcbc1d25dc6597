//! What happens in one run, and when: all of it follows from the seed.

use super::random::Random;
use std::fmt;

/// Nodes of a run.
pub(super) const NODES: u32 = 6;
/// For how long faults begin, in milliseconds.
pub(super) const WINDOW_MS: u64 = 700;
/// The longest that a program is down or stalled.
const LONGEST_MS: u64 = 350;

/// A program of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Program {
    Broker,
    /// One of two gateways.
    Gateway(u8),
    /// One of two programs that answer as the expert `cloud`, by way of the broker.
    Cloud(u8),
    /// The expert `near`, over HTTP.
    Near,
}

impl Program {
    pub(super) const ALL: [Self; 6] = [
        Self::Broker,
        Self::Gateway(0),
        Self::Gateway(1),
        Self::Cloud(0),
        Self::Cloud(1),
        Self::Near,
    ];
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broker => f.write_str("broker"),
            Self::Gateway(number) => write!(f, "gateway-{number}"),
            Self::Cloud(number) => write!(f, "cloud-{number}"),
            Self::Near => f.write_str("near"),
        }
    }
}

/// What is done to a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// SIGKILL.
    Kill,
    /// SIGTERM.
    Terminate,
    Start,
    /// SIGSTOP.
    Stall,
    /// SIGCONT.
    GoOn,
    /// SIGHUP.
    Reload,
}

/// Something done at a time, in milliseconds from the beginning of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub(super) at_ms: u64,
    pub(super) program: Program,
    pub(super) act: Act,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) seed: u64,
    /// Whether nodes and gateways have keys. Without them nobody forges: that would succeed.
    pub(super) has_keys: bool,
    /// Nodes that each gateway remembers.
    pub(super) remembered: u32,
    /// How long each of the two experts takes for an answer, in milliseconds.
    pub(super) delays_ms: [u64; 2],
    /// In the order of their times.
    pub(super) events: Vec<Event>,
    /// The seeds of the nodes and their lines.
    pub(super) nodes: Vec<u64>,
}

impl Schedule {
    pub(super) fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let has_keys = random.percent(75);
        // Fewer than there are nodes, now and then.
        let remembered = if random.percent(25) { 3 } else { 100 };
        let delays_ms = [(); 2].map(|()| if random.percent(50) { 0 } else { random.below(40) });
        let faults = random.between(2, 9);
        let mut events: Vec<_> = (0..faults).flat_map(|_| fault(random)).collect();
        events.sort_unstable();
        let nodes = (0..NODES).map(|_| random.next()).collect();
        Self { seed, has_keys, remembered, delays_ms, events, nodes }
    }
}

/// A fault, and its end.
fn fault(random: &mut Random) -> Vec<Event> {
    let program = *random.choose(&Program::ALL).unwrap_or(&Program::Broker);
    let at_ms = random.below(WINDOW_MS);
    let end_ms = at_ms + random.between(5, LONGEST_MS);
    let event = |at_ms, act| Event { at_ms, program, act };
    match (random.below(100), program) {
        (0..15, Program::Gateway(_)) => vec![event(at_ms, Act::Reload)],
        (0..25, _) => vec![event(at_ms, Act::Terminate), event(end_ms, Act::Start)],
        (25..60, _) => vec![event(at_ms, Act::Stall), event(end_ms, Act::GoOn)],
        _ => vec![event(at_ms, Act::Kill), event(end_ms, Act::Start)],
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, has_keys, remembered, delays_ms, events, .. } = self;
        let keys = if *has_keys { "keys" } else { "no keys" };
        write!(f, "seed {seed}: {keys}, {remembered} nodes remembered, ")?;
        write!(f, "experts that take {} and {} ms", delays_ms[0], delays_ms[1])?;
        for Event { at_ms, program, act } in events {
            write!(f, "\n  {at_ms:4} ms  {act:?} {program}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_seed_gives_one_schedule_and_each_another() {
        let shown: BTreeSet<_> = (0..200).map(|seed| Schedule::new(seed).to_string()).collect();
        assert_eq!(shown.len(), 200);
        for seed in 0..200 {
            assert_eq!(Schedule::new(seed), Schedule::new(seed));
        }
    }

    #[test]
    fn every_program_gets_every_fault_and_each_fault_ends() {
        let mut seen = BTreeSet::new();
        for seed in 0..1_000 {
            let Schedule { events, .. } = Schedule::new(seed);
            assert!(events.is_sorted_by_key(|event| event.at_ms));
            let count = |acts: &[Act]| events.iter().filter(|e| acts.contains(&e.act)).count();
            assert_eq!(count(&[Act::Kill, Act::Terminate]), count(&[Act::Start]));
            assert_eq!(count(&[Act::Stall]), count(&[Act::GoOn]));
            assert!(events.iter().all(|event| event.at_ms < WINDOW_MS + LONGEST_MS));
            seen.extend(events.iter().map(|event| (event.program, event.act)));
        }
        for program in Program::ALL {
            for act in [Act::Kill, Act::Terminate, Act::Stall] {
                assert!(seen.contains(&(program, act)), "{program} {act:?}");
            }
        }
        assert!(seen.contains(&(Program::Gateway(1), Act::Reload)));
    }
}
