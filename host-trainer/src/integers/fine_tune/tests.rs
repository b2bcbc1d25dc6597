use mild::fixed::Requantizer;

use super::pass::Pass;
use super::*;
use crate::arithmetic::random::Random;
use crate::loss::TwoStage;

fn layer(random: &mut Random, inputs: usize, outputs: usize, last: bool) -> LayerParts {
    let mut weights = || (random.normal() * 40.0).clamp(-127.0, 127.0) as i8;
    LayerParts {
        inputs,
        weights: (0..inputs * outputs).map(|_| weights()).collect(),
        biases: (0..outputs as i32).map(|k| 1500 * (k + 1)).collect(),
        requantizers: if last {
            Vec::new()
        } else {
            vec![Requantizer::from_factor(0.004).unwrap(); outputs]
        },
    }
}

fn problem(rows: usize) -> (Vec<LayerParts>, Vec<f64>, Blocks) {
    let mut random = Random::new(3);
    let layers = vec![layer(&mut random, 3, 5, false), layer(&mut random, 5, 2, true)];
    let codes: Vec<f64> =
        (0..rows * 3).map(|_| (random.normal() * 50.0).round().clamp(-128.0, 127.0)).collect();
    let targets = Blocks::new(rows, 2, |row, k| {
        let first = codes[row * 3] > 10.0;
        f32::from(u8::from(first == (k == 0)))
    });
    (layers, codes, targets)
}

#[test]
fn sums_are_those_of_the_device_bit_for_bit() {
    let (mut config, data) = crate::intake::testing::log(400, 300);
    config.rejector.hidden = Some(vec![9, 5]);
    let candidate = Candidate { hidden: vec![9, 5], ..Candidate::default() };
    let rows: Vec<usize> = (0..data.train.rows()).collect();
    let fit = crate::learn::train::fit_for(&data.train, &rows, &candidate, 1, 60);
    let ranges = config.quantize.ranges;
    let quantized =
        crate::integers::quantize::quantize(&fit, &data.calibration, None, ranges).unwrap();
    let parts = crate::integers::artifact::make(quantized.clone(), &fit, &[0.0; 2], &data, &config)
        .unwrap();
    let artifact = crate::integers::artifact::Artifact::new(&parts).unwrap();
    let device = crate::integers::artifact::scores(&artifact.image(), &data.test);
    let network: Vec<Layer> = quantized.layers.iter().map(Layer::new).collect();
    let mut pass = Pass::new(&network);
    for (row, device) in device.iter_rows().enumerate() {
        let inputs = fit.standardizer.inputs.iter().zip(data.test.row(row));
        let codes: Vec<f64> = inputs.map(|(input, &x)| input.code(x)).collect();
        pass.forward(&network, 0, &codes, 1.0);
        let sums: Vec<i32> = pass.scores.iter().map(|score| score[0] as i32).collect();
        assert_eq!(sums, device, "row {row}");
    }
}

const LOSS: TwoStage = TwoStage::LOG;

/// Without rounding the network is an ordinary one: its gradient is checked by differences in
/// the last layer, where nothing is rounded after the sums, and in the first by the sign of
/// what a large step does.
#[test]
fn the_gradient_of_the_last_layer_is_exact() {
    let (layers, codes, targets) = problem(200);
    let network: Vec<Layer> = layers.iter().map(Layer::new).collect();
    let scale = 1e-3;
    let (_, gradient) = evaluate(&network, &codes, scale, &LOSS, &targets);
    let first = network[0].parameters();
    for index in 0..network[1].parameters() {
        let moved = |step: f64| {
            let mut network = network.clone();
            *network[1].all().nth(index).unwrap().0 += step;
            evaluate(&network, &codes, scale, &LOSS, &targets).0
        };
        let step = if index < 10 { 0.25 } else { 25.0 };
        let difference = (moved(step) - moved(-step)) / (2.0 * step);
        let found = gradient[first + index];
        assert!((difference - found).abs() < 1e-3 * found.abs() + 1e-5, "{difference} {found}");
    }
}

#[test]
fn the_gradient_through_the_rounding_points_downhill() {
    let (layers, codes, targets) = problem(2000);
    let network: Vec<Layer> = layers.iter().map(Layer::new).collect();
    let (loss, gradient) = evaluate(&network, &codes, 1e-3, &LOSS, &targets);
    // As long as one weight code, in the first layer alone.
    let first = network[0].parameters();
    let norm = gradient[..15].iter().map(|g| g * g).sum::<f64>().sqrt();
    let mut moved = network.clone();
    for ((parameter, ..), g) in moved[0].all().take(15).zip(&gradient[..first]) {
        *parameter -= 2.0 * g / norm;
    }
    let (less, _) = evaluate(&moved, &codes, 1e-3, &LOSS, &targets);
    let expected = 2.0 * norm;
    assert!(loss - less > 0.3 * expected, "{loss} to {less}, expected {expected} less");
}

#[test]
fn the_loss_is_that_of_the_integers_and_never_rises() {
    let (layers, codes, targets) = problem(500);
    let loss_of = |layers: &[LayerParts]| {
        let network: Vec<Layer> = layers.iter().map(Layer::new).collect();
        evaluate(&network, &codes, 1e-3, &LOSS, &targets).0
    };
    let tuned = |steps: u32| {
        let scores: &dyn Fn() -> Vec<f32> = &Vec::new;
        Tuning { layers: &layers, codes: &codes, scale: 1e-3, steps, scores }.tuned(&LOSS, &targets)
    };
    assert!(tuned(0).is_none(), "no step changes nothing");
    let after = tuned(60).unwrap();
    assert!(loss_of(&after) < 0.8 * loss_of(&layers), "{} {}", loss_of(&after), loss_of(&layers));
    for (before, after) in layers.iter().zip(&after) {
        assert_eq!(before.requantizers, after.requantizers);
    }
}
