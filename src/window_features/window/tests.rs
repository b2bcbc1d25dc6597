//! Windows against plain arithmetic over their samples.

use super::*;
use proptest::prelude::*;
use std::vec::Vec;

/// By the definitions, over the samples themselves.
fn plain(samples: &[f64], statistic: Statistic) -> f64 {
    let number = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / number;
    let rms = (samples.iter().map(|x| x * x).sum::<f64>() / number).sqrt();
    let (low, high) = samples
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
    match statistic {
        Statistic::Mean => mean,
        Statistic::Variance => {
            samples.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / number
        }
        Statistic::Minimum => low,
        Statistic::Maximum => high,
        Statistic::PeakToPeak => high - low,
        Statistic::Rms => rms,
        Statistic::ZeroCrossings => {
            samples.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count() as f64
        }
        Statistic::CrestFactor => {
            if rms > 0.0 {
                high.max(-low) / rms
            } else {
                0.0
            }
        }
        Statistic::Slope => {
            let middle = (number - 1.0) / 2.0;
            let places = || (0..samples.len()).map(|place| place as f64 - middle);
            let squares: f64 = places().map(|place| place * place).sum();
            let products: f64 = places().zip(samples).map(|(p, x)| p * (x - mean)).sum();
            if squares > 0.0 { products / squares } else { 0.0 }
        }
        Statistic::Median => plain(samples, Statistic::Quantile(50)),
        Statistic::Quantile(percent) => {
            let mut sorted = samples.to_vec();
            sorted.sort_by(f64::total_cmp);
            let place = (number - 1.0) * f64::from(percent) / 100.0;
            let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            low + (high - low) * place.fract()
        }
        Statistic::Autocorrelation(lag) => {
            let of = |lag: usize| -> f64 {
                let later = samples.iter().skip(lag).zip(samples);
                later.map(|(a, b)| (a - mean) * (b - mean)).sum()
            };
            let spread = if low == high { 0.0 } else { of(0) };
            if spread > 0.0 { of(lag.into()) / spread } else { 0.0 }
        }
    }
}

/// Those without a number, and some with one.
fn asked() -> Vec<Statistic> {
    let quantiles = [0, 1, 25, 90, 100].map(Statistic::Quantile);
    let lags = [0, 1, 2, 5, 16, 99].map(Statistic::Autocorrelation);
    Statistic::PLAIN.into_iter().chain(quantiles).chain(lags).collect()
}

fn check<S: Sample + core::fmt::Debug, const N: usize>(
    samples: &[S],
    tolerance: impl Fn(&[f64], Statistic) -> f64,
) -> Result<(), TestCaseError> {
    let mut window = Window::<S, N>::new();
    // What is in the places does not matter.
    let (mut ring, mut places) = (std::vec![S::ZERO; N], std::vec![u32::MAX; 2 * N]);
    let mut of_slices = SliceWindow::new(&mut ring, &mut places).unwrap();
    for (index, &sample) in samples.iter().enumerate() {
        window.push(sample).unwrap();
        of_slices.push(sample).unwrap();
        prop_assert_eq!(of_slices.len(), window.len());
        prop_assert_eq!(of_slices.is_full(), window.is_full());
        let from = (index + 1).saturating_sub(N);
        let inside: Vec<f64> = samples[from..=index].iter().map(|x| x.to_f64()).collect();
        prop_assert_eq!(window.len(), inside.len());
        for statistic in asked() {
            let (found, expected) = (window.get(statistic), plain(&inside, statistic));
            prop_assert_eq!(of_slices.get(statistic).to_bits(), found.to_bits());
            let off = (f64::from(found) - expected).abs();
            let allowed = tolerance(&inside, statistic) + expected.abs() * 2e-7;
            prop_assert!(off <= allowed, "{statistic:?} of {inside:?}: {found}, {expected}");
        }
        #[cfg(feature = "writer")]
        if from == 0 || N == 1 {
            let own = of_samples(&samples[from..=index], &asked()).unwrap();
            let mut found = std::vec![0.0; own.len()];
            window.features(&asked(), &mut found);
            prop_assert_eq!(own, found);
        }
    }
    Ok(())
}

fn reading() -> impl Strategy<Value = i16> {
    prop_oneof![any::<i16>(), Just(i16::MIN), Just(i16::MAX), -3..=3i16]
}

fn number() -> impl Strategy<Value = f32> {
    prop_oneof![-1e3..1e3f32, Just(1e4f32), Just(-1e4f32), Just(0.0f32), Just(-0.0f32)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statistics_of_readings_are_exact(samples in prop::collection::vec(reading(), 1..80)) {
        // The plain variance in f64 is itself off by some roundings of the mean square.
        let tolerance = |inside: &[f64], statistic| match statistic {
            Statistic::Variance => plain(inside, Statistic::Rms).powi(2) * 1e-14,
            Statistic::Mean => 1e-9,
            // So is the plain mean, and with it the distances from it.
            Statistic::Slope | Statistic::Quantile(_) => 1e-9,
            Statistic::Autocorrelation(_) => {
                let variance = plain(inside, Statistic::Variance);
                1e-12 + 1e-12 * (32_768.0f64.powi(2) / variance).min(1e12)
            }
            _ => 0.0,
        };
        check::<i16, 1>(&samples, tolerance)?;
        check::<i16, 2>(&samples, tolerance)?;
        check::<i16, 16>(&samples, tolerance)?;
        check::<i16, 100>(&samples, tolerance)?;
    }

    #[test]
    fn statistics_of_numbers_are_within_their_bound(samples in prop::collection::vec(number(), 1..80)) {
        let tolerance = |inside: &[f64], statistic| {
            // A sample that has left the window was at most this large.
            let (most, n) = (1e4, 2.0 * inside.len() as f64);
            let unit = n * f64::EPSILON;
            match statistic {
                Statistic::Mean => unit * most,
                Statistic::Variance => 4.0 * unit * most * most,
                // A root is steep near 0.
                Statistic::Rms => (unit * most * most).sqrt(),
                Statistic::CrestFactor if plain(inside, Statistic::Rms) < 1.0 => f64::INFINITY,
                Statistic::CrestFactor => 1e-4,
                // Of the samples inside alone, and the plain ones are no better.
                Statistic::Slope => n * unit * most,
                Statistic::Median | Statistic::Quantile(_) => unit * most,
                Statistic::Autocorrelation(_) => {
                    let largest = inside.iter().fold(0.0f64, |most, x| most.max(x.abs()));
                    let variance = plain(inside, Statistic::Variance);
                    let ratio = if variance > 0.0 { largest.powi(2) / variance } else { 0.0 };
                    4.0 * unit * (1.0 + ratio)
                }
                _ => 0.0,
            }
        };
        check::<f32, 1>(&samples, tolerance)?;
        check::<f32, 2>(&samples, tolerance)?;
        check::<f32, 16>(&samples, tolerance)?;
        check::<f32, 100>(&samples, tolerance)?;
    }
}

#[test]
fn nothing_drifts() {
    let mut window = Window::<f32, 8>::new();
    for index in 0..1_000_000u32 {
        window.push(if index % 1000 == 0 { 1e7 } else { 0.1 }).unwrap();
    }
    assert_eq!(window.get(Statistic::Mean), 0.1);
}

#[test]
fn what_is_not_a_number_is_refused_and_changes_nothing() {
    let mut window = Window::<f32, 4>::new();
    window.push(2.0).unwrap();
    for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(window.push(wrong), Err(SampleError));
    }
    assert_eq!((window.len(), window.get(Statistic::Maximum)), (1, 2.0));
    window.clear();
    assert!(window.is_empty());
    assert!(asked().iter().all(|&statistic| window.get(statistic) == 0.0));
}

#[test]
fn slices_of_other_lengths_are_no_window() {
    for (samples, places, fits) in
        [(0, 0, false), (1, 2, true), (4, 7, false), (4, 9, false), (65_536, 131_072, true)]
    {
        let (mut ring, mut places) = (std::vec![0i16; samples], std::vec![0; places]);
        let window = SliceWindow::new(&mut ring, &mut places);
        assert_eq!(window.map(|window| window.capacity()), fits.then_some(samples));
    }
    let (mut ring, mut places) = (std::vec![0i16; 65_537], std::vec![0; 131_074]);
    assert!(SliceWindow::new(&mut ring, &mut places).is_none());
    let (mut ring, mut places) = ([0.0; 2], [0; 4]);
    let mut window = SliceWindow::new(&mut ring, &mut places).unwrap();
    assert_eq!((window.push(f32::NAN), window.push(3.0)), (Err(SampleError), Ok(())));
    assert_eq!(window.get(Statistic::Mean), 3.0);
    window.clear();
    assert!(window.is_empty() && window.get(Statistic::Mean) == 0.0);
}

#[test]
fn the_longest_window_of_the_largest_readings_does_not_overflow() {
    let mut window = std::boxed::Box::new(Window::<i16, 65_536>::new());
    for _ in 0..70_000 {
        window.push(i16::MIN).unwrap();
    }
    assert_eq!(window.get(Statistic::Mean), -32_768.0);
    assert_eq!(window.get(Statistic::Variance), 0.0);
    assert_eq!(window.get(Statistic::Rms), 32_768.0);
    assert_eq!(window.get(Statistic::Slope), 0.0);
    assert_eq!(window.get(Statistic::Autocorrelation(1)), 0.0);
    assert_eq!(window.get(Statistic::Quantile(99)), -32_768.0);
    // As far apart as can be, and in turn.
    for index in 0..65_536 {
        window.push(if index % 2 == 0 { i16::MIN } else { i16::MAX }).unwrap();
    }
    let near = |lag, expected: f32| {
        let found = window.get(Statistic::Autocorrelation(lag));
        assert!((found - expected).abs() < 1e-6, "{lag}: {found}, expected {expected}");
    };
    near(1, -65_535.0 / 65_536.0);
    near(32_768, 0.5);
    near(65_535, -1.0 / 65_536.0);
    for index in 0..65_536 {
        window.push((index - 32_768) as i16).unwrap();
    }
    assert_eq!(window.get(Statistic::Slope), 1.0);
    assert_eq!(window.get(Statistic::Median), -0.5);
}

#[test]
fn what_is_made_of_the_order_does_not_depend_on_the_place_in_the_ring() {
    let samples: Vec<f32> = (0..9u8).map(|k| 1e4 / f32::from(k * 5 % 9 + 1)).collect();
    let (mut cleared, mut sliding) = (Window::<f32, 9>::new(), Window::<f32, 9>::new());
    for shift in 0..9 {
        cleared.clear();
        for _ in 0..=shift {
            sliding.push(1e8).unwrap();
        }
        for &sample in &samples {
            cleared.push(sample).unwrap();
            sliding.push(sample).unwrap();
        }
        for statistic in [Statistic::Slope, Statistic::Median, Statistic::Autocorrelation(2)] {
            let found = [cleared.get(statistic), sliding.get(statistic)].map(f32::to_bits);
            assert_eq!(found[0], found[1], "{statistic:?}");
        }
    }
}
