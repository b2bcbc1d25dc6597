//! Speed of training: one evaluation of the objective, a fit, a selection.
//!
//! `cargo bench -p mild-trainer` runs all of it in about a minute and a half. Evaluations are shown
//! with their throughput in floating-point operations, two for each multiply-accumulate of the
//! network: `Gelem/s` is GFlop/s.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mild_trainer::Forgetful;
use mild_trainer::Silent;
use mild_trainer::internals::batch::Blocks;
use mild_trainer::internals::candidate::Candidate;
use mild_trainer::internals::grid::Grid;
use mild_trainer::internals::loss::TwoStage;
use mild_trainer::internals::network::Shape;
use mild_trainer::internals::objective::Objective;
use mild_trainer::internals::part::{Part, PartColumns};
use mild_trainer::internals::random::Random;
use mild_trainer::internals::select::select;
use mild_trainer::internals::train::fit_for;

/// Operations of one evaluation: forward and the gradient by the weights for every layer, the
/// gradient by its inputs for all but the first.
fn operations(shape: &Shape, rows: usize) -> u64 {
    let uses = |(index, layer): (usize, mild_trainer::internals::network::LayerSpan)| {
        layer.inputs * layer.outputs * if index == 0 { 2 } else { 3 }
    };
    2 * (rows * shape.layers().enumerate().map(uses).sum::<usize>()) as u64
}

/// Normal features, and experts of which one is right where a random linear score is largest.
fn part(rows: usize, inputs: usize, experts: usize) -> Part {
    let mut random = Random::new(1);
    let directions: Vec<f64> = (0..inputs * experts).map(|_| random.normal()).collect();
    let mut features = Vec::with_capacity(rows * inputs);
    let mut errors = Vec::with_capacity(rows * experts);
    for _ in 0..rows {
        let x: Vec<f64> = (0..inputs).map(|_| random.normal()).collect();
        let score = |k: usize| -> f64 {
            directions[k * inputs..][..inputs].iter().zip(&x).map(|(d, x)| d * x).sum()
        };
        let best = (0..experts).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0);
        for k in 0..experts {
            let right = if k == best { 0.95 } else { 0.4 };
            errors.push(f32::from(u8::from(random.uniform() > right)));
        }
        features.extend(x.iter().map(|&x| x as f32));
    }
    let prices = (0..rows).flat_map(|_| (0..experts).map(|k| 0.02 * k as f32)).collect();
    let lines = (0..rows as u32).collect();
    PartColumns { rows, inputs, experts, features, errors, prices, lines, ..PartColumns::default() }
        .build()
        .expect("columns of equal length")
}

fn evaluations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluate");
    let shapes: [(usize, &[usize], usize); 5] =
        [(24, &[32], 4), (16, &[16], 5), (40, &[24, 12], 10), (128, &[16], 3), (33, &[], 4)];
    let sizes =
        [(0, 1_000), (0, 10_000), (0, 100_000), (1, 1_000), (2, 1_000), (3, 1_000), (4, 1_000)];
    for (index, rows) in sizes {
        let (inputs, hidden, outputs) = shapes[index];
        let shape = Shape::new(inputs, hidden, outputs);
        let mut random = Random::new(2);
        let values: Vec<f32> =
            (0..rows * (inputs + outputs)).map(|_| random.normal() as f32).collect();
        let x = Blocks::new(rows, inputs, |row, i| values[row * inputs + i]);
        let weights = Blocks::new(rows, outputs, |row, k| values[(row + 1) * inputs + k].abs());
        let surrogate = TwoStage::LOG;
        let mut objective = Objective::new(&shape, &x, &weights, &surrogate, 1e-3);
        let parameters = shape.initial(3);
        let mut gradient = vec![0.0; parameters.len()];
        let widths: Vec<String> =
            [inputs].iter().chain(hidden).chain([&outputs]).map(usize::to_string).collect();
        group.throughput(Throughput::Elements(operations(&shape, rows)));
        group.bench_function(BenchmarkId::new(widths.join("-"), rows), |bencher| {
            bencher.iter(|| objective.evaluate(black_box(&parameters), &mut gradient));
        });
    }
    group.finish();
}

fn fits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fit of 30 iterations, 24-32-4");
    let candidate = Candidate { hidden: vec![32], ..Candidate::default() };
    for rows in [1_000, 10_000, 100_000] {
        let part = part(rows, 24, 4);
        let all: Vec<usize> = (0..rows).collect();
        group.bench_function(BenchmarkId::from_parameter(rows), |bencher| {
            bencher.iter(|| black_box(fit_for(&part, &all, &candidate, 0, 30)));
        });
    }
    group.finish();
}

/// Selections of more and more candidates, on one thread and on two, and what each candidate costs
/// beside one of two on one thread: 1.00 throughout is linear, half of it on two threads is a
/// perfect spread.
fn selections(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("selection, 3000 rows, 24-16-4");
    let part = part(3_000, 24, 4);
    let mut table = Vec::new();
    for threads in [1, 2] {
        let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(threads).build() else { return };
        for count in [2, 4, 8] {
            // All alike but for a hair, so that none goes home early.
            let candidate = |index: u32| Candidate {
                hidden: vec![16],
                l2: 1e-3 + 1e-9 * f64::from(index),
                ..Candidate::default()
            };
            let grid = Grid::only((0..count).map(candidate).collect(), 2, vec![20]);
            let name = BenchmarkId::new(format!("threads {threads}, candidates"), count);
            // Of all runs the quickest: what else the machine does only adds.
            let mut quickest = Duration::MAX;
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|runs| {
                    let mut all = Duration::ZERO;
                    for _ in 0..runs {
                        let start = Instant::now();
                        pool.install(|| {
                            let part = black_box(&part);
                            black_box(select(part, &grid, 0, &Forgetful, &Silent)).is_ok()
                        });
                        quickest = quickest.min(start.elapsed());
                        all += start.elapsed();
                    }
                    all
                });
            });
            table.push((threads, count, quickest / count));
        }
    }
    group.finish();
    let Some(&(_, _, first)) = table.first() else { return };
    println!("threads candidates  ms per candidate  beside the first line");
    for (threads, count, each) in table {
        let (time, ratio) = (1e3 * each.as_secs_f64(), each.as_secs_f64() / first.as_secs_f64());
        println!("{threads:7} {count:10} {time:17.2} {ratio:22.2}");
    }
}

criterion_group! {
    name = training;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500));
    targets = evaluations, fits, selections
}
criterion_main!(training);
