//! What must hold of thresholds that learn, whatever they are told.

use arbitrary::{Result, Unstructured};
use mild::governor::Rate;
use mild::online::{Action, FeasibleSearch, Losses, TwoThresholds};

/// The largest gain, in 2^-8 of one error.
const MOST: i128 = 255;

/// Any calls of a [`FeasibleSearch`] beside a model of it.
pub fn feasible<const BINS: usize>(u: &mut Unstructured<'_>) -> Result<()> {
    let (low, width) = (u.arbitrary::<i32>()?, u.arbitrary::<i32>()?);
    let mut search = FeasibleSearch::<BINS>::new(low, width);
    let mut model = Feasible {
        low: i128::from(low),
        width: i128::from(width.max(1)),
        bins: [Bin::EMPTY; BINS],
    };
    while !u.is_empty() {
        let advantage = u.arbitrary()?;
        let bin = search.bin(advantage);
        assert_eq!(usize::from(bin), model.bin(advantage));
        // Now and then a bin that there is not, or so many inputs that old ones fade.
        let bin = if u.ratio(1, 16)? { u.arbitrary()? } else { bin };
        let times = if u.ratio(1, 64)? { u.arbitrary::<u16>()? } else { 1 };
        for _ in 0..times {
            search.observe(bin);
            model.observe(bin.into());
        }
        if u.arbitrary()? {
            let gain = u.arbitrary()?;
            search.learn(bin, gain);
            model.learn(bin.into(), gain);
        }
        let limit = Rate::from_bits(u.int_in_range(0..=1 << 16)?);
        assert_eq!(i128::from(search.threshold(limit)), model.threshold(limit));
    }
    Ok(())
}

/// What is known of a range of advantages.
#[derive(Clone, Copy)]
struct Bin {
    seen: i128,
    known: i128,
    gain: i128,
}

impl Bin {
    const EMPTY: Self = Self { seen: 0, known: 0, gain: 0 };

    /// What its inputs can gain at most: the upper bound of the mean by Hoeffding, for each of
    /// them.
    fn optimistic(self) -> i128 {
        if self.known == 0 {
            return self.seen * MOST;
        }
        let radius = (6 * MOST * MOST / self.known).isqrt();
        self.seen * (self.gain / self.known + radius).min(MOST)
    }
}

struct Feasible<const BINS: usize> {
    low: i128,
    width: i128,
    bins: [Bin; BINS],
}

impl<const BINS: usize> Feasible<BINS> {
    fn bin(&self, advantage: i32) -> usize {
        let above = (i128::from(advantage) - self.low - 1) / self.width;
        above.clamp(0, BINS as i128 - 1) as usize
    }

    fn observe(&mut self, bin: usize) {
        if self.bins.iter().any(|bin| bin.seen == i128::from(u16::MAX)) {
            for Bin { seen, known, gain } in &mut self.bins {
                (*seen, *known, *gain) = (*seen / 2, *known / 2, *gain / 2);
            }
        }
        if let Some(bin) = self.bins.get_mut(bin) {
            bin.seen += 1;
        }
    }

    fn learn(&mut self, bin: usize, gain: i32) {
        if let Some(bin) = self.bins.get_mut(bin).filter(|bin| bin.known < i128::from(u16::MAX)) {
            bin.known += 1;
            bin.gain += i128::from(gain).clamp(-MOST, MOST);
        }
    }

    /// Of all thresholds within the limit, as far as can be told, that with the largest gain; of
    /// equal ones the highest.
    fn threshold(&self, limit: Rate) -> i128 {
        let seen = |bins: &[Bin]| bins.iter().map(|bin| bin.seen).sum::<i128>();
        let all = seen(&self.bins);
        let most = all * i128::from(limit.bits()) / 65_536 + (all + all / 2).isqrt();
        let within = |&from: &usize| {
            let deferred = seen(&self.bins[from..]);
            deferred <= most && (limit != Rate::ZERO || deferred == 0)
        };
        let gain = |from: usize| self.bins[from..].iter().map(|bin| bin.optimistic()).sum::<i128>();
        let best = (0..=BINS).filter(within).max_by_key(|&from| (gain(from), from));
        let threshold = self.low + best.expect("never to defer is within") as i128 * self.width;
        threshold.clamp(i128::from(i32::MIN), i128::from(i32::MAX))
    }
}

/// Any calls of [`TwoThresholds`]: actions are those of the thresholds, and the thresholds have the
/// least loss of all pairs.
pub fn two_thresholds<const BINS: usize>(u: &mut Unstructured<'_>) -> Result<()> {
    let losses =
        Losses { missed: u.arbitrary()?, false_alarm: u.arbitrary()?, asking: u.arbitrary()? };
    let explore: u8 = u.arbitrary()?;
    let mut thresholds = TwoThresholds::<BINS>::new(losses, explore, u.arbitrary()?);
    assert_eq!(thresholds.thresholds(), (0, BINS as u8), "it begins by asking always");
    let mut counts = [[0u64; 2]; BINS];
    while !u.is_empty() {
        let bin: u8 = u.arbitrary()?;
        let (low, high) = thresholds.thresholds();
        let action = thresholds.decide(bin);
        let bin_of = bin.min(BINS as u8 - 1);
        match action {
            Action::Ask => assert!((low..high).contains(&bin_of)),
            Action::Explore => assert!(!(low..high).contains(&bin_of)),
            Action::No => assert!(bin_of < low),
            Action::Yes => assert!(bin_of >= high),
        }
        // What was not asked about teaches nothing, whoever says that it was answered.
        let yes = u.arbitrary()?;
        let times = if u.ratio(1, 64)? { u.arbitrary::<u16>()? } else { 1 };
        for _ in 0..times {
            thresholds.learn(bin, action, yes);
            let weight = match action {
                Action::Ask => 1,
                Action::Explore => u64::from(explore.max(2)),
                Action::No | Action::Yes => continue,
            };
            let full = u64::from(u16::MAX - u16::from(u8::MAX));
            if counts.as_flattened().iter().any(|&count| count > full) {
                counts.as_flattened_mut().iter_mut().for_each(|count| *count /= 2);
            }
            counts[usize::from(bin_of)][usize::from(!yes)] += weight;
        }
        if matches!(action, Action::Ask | Action::Explore) && times > 0 {
            let (low, high) = thresholds.thresholds();
            let (found, least) = (loss(&counts, losses, low, high), least(&counts, losses));
            assert_eq!(found, least, "{low} {high}");
        }
    }
    Ok(())
}

/// The loss of answers like these with a pair of thresholds.
fn loss(counts: &[[u64; 2]], losses: Losses, low: u8, high: u8) -> u64 {
    let of_bin = |(&[yes, no], bin): (&[u64; 2], u8)| match (bin < low, bin < high) {
        (true, _) => yes * u64::from(losses.missed),
        (false, true) => (yes + no) * u64::from(losses.asking),
        (false, false) => no * u64::from(losses.false_alarm),
    };
    counts.iter().zip(0..).map(of_bin).sum()
}

/// The least loss of any pair, from sums over the bins before each edge.
fn least(counts: &[[u64; 2]], losses: Losses) -> u64 {
    let edges = 0..=counts.len();
    let sums = |value: &dyn Fn(&[u64; 2]) -> u64| -> Vec<u64> {
        let mut sum = 0;
        let sums = counts.iter().map(|count| {
            sum += value(count);
            sum
        });
        [0].into_iter().chain(sums).collect()
    };
    let no = sums(&|&[yes, _]| yes * u64::from(losses.missed));
    let ask = sums(&|&[yes, no]| (yes + no) * u64::from(losses.asking));
    let yes = sums(&|&[_, no]| no * u64::from(losses.false_alarm));
    let all = counts.len();
    let pairs = edges.flat_map(|high| (0..=high).map(move |low| (low, high)));
    let loss = |(low, high): (usize, usize)| no[low] + ask[high] - ask[low] + yes[all] - yes[high];
    pairs.map(loss).min().expect("a pair at least")
}
