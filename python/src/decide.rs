//! Decisions on many rows at once, by the crate `mild`, on all cores.

use mild::{FeatureValue, Image, InputError, Reachable, Rejector};
use mild_trainer::single;
use rayon::prelude::*;

/// Rows that one task decides on: enough to be worth a task.
const ROWS: usize = 1024;

/// The probability 1, in the unit of an image.
const ONE: f64 = 65_536.0;

/// A kind of number that rows may be made of.
pub(crate) trait Input: Copy + Sync {
    /// What the crate takes in its place.
    type Value: FeatureValue;

    /// That value.
    fn value(self) -> Self::Value;
}

impl Input for f64 {
    type Value = f32;

    #[inline(always)]
    fn value(self) -> f32 {
        single(self)
    }
}

macro_rules! as_it_is {
    ($($number:ty),+) => {$(
        impl Input for $number {
            type Value = Self;

            #[inline(always)]
            fn value(self) -> Self {
                self
            }
        }
    )+};
}

as_it_is!(f32, i16, i8);

/// What an image decided on rows.
pub(crate) struct Decided {
    pub(crate) experts: Vec<isize>,
    pub(crate) margins: Vec<i32>,
    pub(crate) advantages: Vec<i32>,
    /// Rows x experts.
    pub(crate) scores: Vec<i32>,
    /// Rows x experts, if the image has probabilities.
    pub(crate) probabilities: Option<Vec<f64>>,
}

/// The memory that the decisions of one task take.
struct Memory<V> {
    features: Vec<V>,
    scratch: Vec<u32>,
}

/// A row that cannot be decided on.
struct Unusable {
    row: usize,
    error: InputError,
}

impl<V: FeatureValue> Memory<V> {
    fn new(image: &Image<'_>) -> Self {
        let features = Vec::with_capacity(image.inputs());
        Self { features, scratch: vec![0; image.scratch_words()] }
    }

    /// Takes a row up.
    #[inline(always)]
    fn load<F: Input<Value = V>>(&mut self, features: &[F]) {
        self.features.clear();
        self.features.extend(features.iter().map(|feature| feature.value()));
    }

    /// Writes the probabilities of the row that was taken up, if there is room for them.
    fn probabilities(
        &mut self,
        rejector: &Rejector<'_>,
        to: Option<&mut [f64]>,
    ) -> Result<(), InputError> {
        let Some(to) = to else { return Ok(()) };
        let found = rejector.probabilities(&self.features, &mut self.scratch)?;
        for (to, &found) in to.iter_mut().zip(found) {
            *to = f64::from(found) / ONE;
        }
        Ok(())
    }
}

/// The expert of each row, every expert being reachable.
pub(crate) fn predict<F: Input>(image: &Image<'_>, values: &[F]) -> Result<Vec<isize>, String> {
    let inputs = image.inputs();
    let mut experts = vec![0; values.len() / inputs];
    let rejector = Rejector::new(image);
    each_task(&mut experts, ROWS, |task, experts| {
        let mut memory = Memory::new(image);
        for (at, expert) in experts.iter_mut().enumerate() {
            let row = task * ROWS + at;
            memory.load(&values[row * inputs..][..inputs]);
            let Memory { features, scratch } = &mut memory;
            let decision = rejector.decide(features, Reachable::ALL, scratch);
            *expert = decision.map_err(|error| Unusable { row, error })?.expert.into();
        }
        Ok(())
    })?;
    Ok(experts)
}

/// The decisions on rows, and what led to them.
pub(crate) fn decide<F: Input>(
    image: &Image<'_>,
    values: &[F],
    reachable: Reachable,
) -> Result<Decided, String> {
    let (inputs, count) = (image.inputs(), image.experts());
    let rows = values.len() / inputs;
    let rejector = Rejector::new(image);
    let has_probabilities = image.platt_scaling().is_some();
    let mut decided = vec![Row::default(); rows];
    let mut scores = vec![0; rows * count];
    let mut probabilities = vec![0.0; if has_probabilities { rows * count } else { 0 }];
    let mut outputs: Vec<_> = {
        let mut of_probabilities = probabilities.chunks_mut(ROWS * count);
        decided
            .chunks_mut(ROWS)
            .zip(scores.chunks_mut(ROWS * count))
            .map(|(rows, scores)| (rows, scores, of_probabilities.next().unwrap_or_default()))
            .collect()
    };
    each_task(&mut outputs, 1, |task, outputs| {
        let mut memory = Memory::new(image);
        for (rows, scores, probabilities) in outputs {
            let mut probabilities = probabilities.chunks_exact_mut(count);
            for (at, (decided, scores)) in
                rows.iter_mut().zip(scores.chunks_exact_mut(count)).enumerate()
            {
                let row = task * ROWS + at;
                memory.load(&values[row * inputs..][..inputs]);
                let found = Row::of(&rejector, &mut memory, reachable, scores).and_then(|row| {
                    memory.probabilities(&rejector, probabilities.next()).map(|()| row)
                });
                *decided = found.map_err(|error| Unusable { row, error })?;
            }
        }
        Ok(())
    })?;
    Ok(Decided {
        experts: decided.iter().map(|row| row.expert).collect(),
        margins: decided.iter().map(|row| row.margin).collect(),
        advantages: decided.iter().map(|row| row.advantage).collect(),
        scores,
        probabilities: has_probabilities.then_some(probabilities),
    })
}

/// The decision on one row.
#[derive(Clone, Default)]
struct Row {
    expert: isize,
    margin: i32,
    advantage: i32,
}

impl Row {
    fn of<V: FeatureValue>(
        rejector: &Rejector<'_>,
        memory: &mut Memory<V>,
        reachable: Reachable,
        to: &mut [i32],
    ) -> Result<Self, InputError> {
        let scores = rejector.scores(&memory.features, &mut memory.scratch)?;
        let decision = scores.decide(reachable);
        to.copy_from_slice(scores.values());
        let mut sums =
            scores.values().iter().zip(scores.offsets()).map(|(&a, &b)| a.saturating_add(b));
        let local = sums.next().unwrap_or_default();
        let best = sums.max().unwrap_or(local);
        let advantage = best.saturating_sub(local);
        Ok(Self { expert: decision.expert.into(), margin: decision.margin, advantage })
    }
}

/// Runs tasks of up to `size` items on all cores. Of several rows that cannot be used the first one is
/// reported.
fn each_task<T: Send>(
    items: &mut [T],
    size: usize,
    run: impl Fn(usize, &mut [T]) -> Result<(), Unusable> + Sync,
) -> Result<(), String> {
    let unusable = if items.len() <= size {
        // Waking another thread would take longer than a few rows.
        run(0, items).err()
    } else {
        let tasks = items.par_chunks_mut(size).enumerate();
        let unusable = tasks.filter_map(|(task, items)| run(task, items).err());
        unusable.min_by_key(|unusable| unusable.row)
    };
    match unusable {
        None => Ok(()),
        Some(Unusable { row, error }) => Err(format!("row {row}: {error}")),
    }
}
