//! What happens to a node while it decides: links that fail, a battery that runs down.

use mild::Reachable;

use crate::arithmetic::random::Random;

/// An expert that cannot be reached for some rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outage {
    /// The expert.
    pub expert: u8,
    /// From this row of the replay on.
    pub from: usize,
    /// Up to and without this one.
    pub to: usize,
}

/// An expert whose link fails at random.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RandomOutage {
    /// The expert.
    pub expert: u8,
    /// The probability that an outage begins at a row.
    pub start: f64,
    /// The mean length in rows; lengths are geometric.
    pub length: f64,
}

/// A level that goes evenly from one to another, per mille.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Battery {
    /// At the first row.
    pub from: u16,
    /// At the last.
    pub to: u16,
}

impl Battery {
    /// The level at one of `rows` rows.
    #[must_use]
    pub(crate) fn level(&self, row: usize, rows: usize) -> u16 {
        let share = row as f64 / rows.saturating_sub(1).max(1) as f64;
        (f64::from(self.from) + share * (f64::from(self.to) - f64::from(self.from))) as u16
    }
}

/// All that happens in a replay.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Conditions {
    /// Scheduled.
    pub outages: Vec<Outage>,
    /// At random.
    pub random: Vec<RandomOutage>,
    /// None: the budget stays.
    pub battery: Option<Battery>,
    /// Of the random outages.
    pub seed: u64,
}

impl Conditions {
    /// The links of a replay.
    pub(super) fn links(&self, experts: usize) -> Links<'_> {
        let down = vec![false; self.random.len()];
        Links { conditions: self, experts, random: Random::new(self.seed), down }
    }
}

/// Who can be reached, row after row.
pub(super) struct Links<'a> {
    conditions: &'a Conditions,
    experts: usize,
    random: Random,
    down: Vec<bool>,
}

impl Links<'_> {
    pub(super) fn next(&mut self, row: usize) -> Reachable {
        let bits = u32::MAX >> (32 - self.experts.clamp(1, 32));
        let mut reachable = Reachable::from_bits(bits);
        for outage in &self.conditions.outages {
            if (outage.from..outage.to).contains(&row) {
                reachable = reachable.without(outage.expert);
            }
        }
        for (outage, down) in self.conditions.random.iter().zip(&mut self.down) {
            let change = if *down { 1.0 / outage.length.max(1.0) } else { outage.start };
            if self.random.uniform() < change {
                *down = !*down;
            }
            if *down {
                reachable = reachable.without(outage.expert);
            }
        }
        reachable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outages_come_as_scheduled_and_as_often_as_asked() {
        let conditions = Conditions {
            outages: vec![Outage { expert: 2, from: 10, to: 20 }],
            random: vec![RandomOutage { expert: 1, start: 0.1, length: 10.0 }],
            ..Conditions::default()
        };
        let mut links = conditions.links(3);
        let rows: Vec<Reachable> = (0..20_000).map(|row| links.next(row)).collect();
        assert!(rows.iter().enumerate().all(|(row, r)| r.contains(2) != (10..20).contains(&row)));
        let down = rows.iter().filter(|r| !r.contains(1)).count() as f64 / 20_000.0;
        assert!((down - 0.5).abs() < 0.05, "{down}");
        assert!(rows.iter().all(|r| r.contains(0) && !r.contains(3)));
    }

    #[test]
    fn a_battery_runs_down_evenly() {
        let battery = Battery { from: 1000, to: 0 };
        assert_eq!([0, 50, 100].map(|row| battery.level(row, 101)), [1000, 500, 0]);
        assert_eq!(battery.level(0, 1), 1000);
    }
}
