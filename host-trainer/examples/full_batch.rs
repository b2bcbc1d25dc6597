//! Full-batch gradient descent on given numbers, timed: our side of `python/speed.py`.
//!
//! `full_batch FILE INPUTS HIDDEN EXPERTS ROWS STEPS RATE`: the file holds `f32` numbers in little
//! endian: features (rows x inputs), weights of the experts (rows x experts), and the network's
//! parameters at the start. Prints the seconds that the steps took, without reading and a few steps
//! to warm up, and the loss at the last step.

use std::time::Instant;

use mild_trainer::internals::batch::Blocks;
use mild_trainer::internals::loss::TwoStage;
use mild_trainer::internals::network::Shape;
use mild_trainer::internals::objective::Objective;

type Failure = Box<dyn std::error::Error>;

/// Steps that are made before the clock runs.
const WARM_UP: usize = 5;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, numbers @ .., rate] = &arguments[..] else {
        return Err("usage: full_batch FILE INPUTS HIDDEN EXPERTS ROWS STEPS RATE".into());
    };
    let numbers: Vec<usize> = numbers.iter().map(|n| n.parse()).collect::<Result<_, _>>()?;
    let &[inputs, hidden, experts, rows, steps] = &numbers[..] else {
        return Err("expected five whole numbers between file and rate".into());
    };
    let rate: f64 = rate.parse()?;
    let bytes = std::fs::read(file)?;
    let values: Vec<f32> =
        bytes.as_chunks().0.iter().map(|&word| f32::from_le_bytes(word)).collect();
    let shape = Shape::new(inputs, &[hidden], experts);
    let expected = rows * (inputs + experts) + shape.parameters();
    if values.len() != expected {
        return Err(format!("{file}: expected {expected} numbers, found {}", values.len()).into());
    }
    let (features, rest) = values.split_at(rows * inputs);
    let (weights, start) = rest.split_at(rows * experts);
    let features = Blocks::new(rows, inputs, |row, i| features[row * inputs + i]);
    let weights = Blocks::new(rows, experts, |row, k| weights[row * experts + k]);
    let mut objective = Objective::new(&shape, &features, &weights, &TwoStage::LOG, 0.0);
    let start: Vec<f64> = start.iter().map(|&p| f64::from(p)).collect();
    let mut gradient = vec![0.0; start.len()];
    let mut descend = |steps: usize| {
        let mut parameters = start.clone();
        let mut loss = f64::NAN;
        for _ in 0..steps {
            loss = objective.evaluate(&parameters, &mut gradient);
            for (parameter, gradient) in parameters.iter_mut().zip(&gradient) {
                *parameter -= rate * gradient;
            }
        }
        loss
    };
    descend(WARM_UP);
    let clock = Instant::now();
    let loss = descend(steps);
    println!("{} {loss}", clock.elapsed().as_secs_f64());
    Ok(())
}
