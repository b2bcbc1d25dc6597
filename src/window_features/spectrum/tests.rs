//! Spectra against their definitions.

use super::*;
use crate::window_features::{SliceWindow, Window};
use std::{f64::consts::TAU, string::ToString, vec::Vec};

/// The powers by definition, in `f64`, and the taper in time.
fn plain(samples: &[f64], taper: Taper) -> Vec<f64> {
    let n = samples.len();
    let mean = samples.iter().sum::<f64>() / n as f64;
    let weight = |i: usize| match taper {
        Taper::None => 1.0,
        Taper::Hann => (1.0 - (TAU * i as f64 / n as f64).cos()) / 2.0 * (8.0f64 / 3.0).sqrt(),
    };
    let of = |bin: usize| {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, sample) in samples.iter().enumerate() {
            let angle = TAU * (bin * i % n) as f64 / n as f64;
            re += (sample - mean) * weight(i) * angle.cos();
            im += (sample - mean) * weight(i) * angle.sin();
        }
        let sides = if 2 * bin == n { 1.0 } else { 2.0 };
        sides * (re * re + im * im) / (n * n) as f64
    };
    (1..=n / 2).map(of).collect()
}

fn noise(seed: u32, number: usize) -> Vec<i16> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as i16
    };
    (0..number).map(next).collect()
}

fn every(bins: u16) -> Vec<SpectralStatistic> {
    let bands = [(1, 1), (1, bins), (2, bins / 2), (bins, u16::MAX)];
    let bands = bands.map(|(first, last)| Band { first, last });
    let mut all = Vec::from([SpectralStatistic::Dominant, SpectralStatistic::Centroid]);
    all.extend(bands.map(SpectralStatistic::Power));
    for &functions in Functions::ALL {
        all.extend(bands.map(|band| SpectralStatistic::Decibels(band, functions)));
        all.extend([SpectralStatistic::Entropy(functions), SpectralStatistic::Flatness(functions)]);
    }
    all
}

fn check<const N: usize>(samples: &[i16])
where
    Points<N>: Length,
{
    let mut window = Window::<i16, N>::new();
    // Not at the start of the ring.
    for &sample in samples.iter().take(5).chain(samples) {
        window.push(sample).unwrap();
    }
    let inside: Vec<f64> = samples[samples.len() - N..].iter().map(|&x| f64::from(x)).collect();
    let mean = inside.iter().sum::<f64>() / N as f64;
    let rms = (inside.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / N as f64).sqrt();
    let bound = rms * N as f64 * f64::from(N.ilog2()) * f64::from(f32::EPSILON);
    for taper in [Taper::None, Taper::Hann] {
        let mut room = [0.0; N];
        let spectrum = window.spectrum(taper, &mut room).unwrap();
        let expected = plain(&inside, taper);
        assert_eq!(spectrum.powers().len(), N / 2);
        let (mut ring, mut places, mut room) = ([0; N], std::vec![0; 2 * N], [7.0; N]);
        let mut of_slices = SliceWindow::new(&mut ring, &mut places).unwrap();
        assert!(of_slices.spectrum(taper, Sines::of::<N>(), &mut room).is_none());
        for &sample in &samples[samples.len() - N..] {
            of_slices.push(sample).unwrap();
        }
        let other = if N == 16 { Sines::of::<32>() } else { Sines::of::<16>() };
        assert!(of_slices.spectrum(taper, other, &mut room).is_none());
        assert!(of_slices.spectrum(taper, Sines::of::<N>(), &mut room[1..]).is_none());
        let same = of_slices.spectrum(taper, Sines::of::<N>(), &mut room).unwrap();
        assert_eq!(same.powers(), spectrum.powers());
        for (bin, (&found, &expected)) in spectrum.powers().iter().zip(&expected).enumerate() {
            // Amplitudes, as the bound is one of them.
            let off = (f64::from(found).sqrt() - expected.sqrt()).abs() * N as f64;
            assert!(off <= bound, "bin {} of {N}: {found}, expected {expected}", bin + 1);
        }
        let total: f64 = expected.iter().sum();
        if taper == Taper::None {
            assert!((total - rms * rms).abs() <= 1e-9 * rms * rms);
        }
        let near = |statistic, expected: f64, within: f64| {
            let found = f64::from(spectrum.get(statistic));
            assert!(
                (found - expected).abs() <= within,
                "{statistic}: {found}, expected {expected}"
            );
        };
        let (low, high) = (2, N as u16 / 4);
        let band: f64 = expected[1..N / 4].iter().sum();
        near(SpectralStatistic::Power(Band { first: low, last: high }), band, total * 1e-5);
        let bins = || expected.iter().zip(1u16..).map(|(power, bin)| (power, f64::from(bin)));
        let centroid = bins().map(|(power, bin)| power * bin).sum::<f64>() / total;
        near(SpectralStatistic::Centroid, centroid, centroid * 1e-5);
        let most = bins().max_by(|a, b| a.0.total_cmp(b.0)).unwrap().1;
        near(SpectralStatistic::Dominant, most, 0.0);
        for &functions in Functions::ALL {
            let exact = functions == Functions::Libm;
            let band = Band { first: low, last: high };
            let decibels = 10.0 * expected[1..N / 4].iter().sum::<f64>().log10();
            let within = if exact { 1e-4 } else { 1e-3 };
            near(SpectralStatistic::Decibels(band, functions), decibels, within);
            let parts = expected.iter().map(|power| power / total);
            let entropy = -parts.map(|part| part * part.ln()).sum::<f64>();
            let entropy = entropy / (N as f64 / 2.0).ln();
            near(SpectralStatistic::Entropy(functions), entropy, if exact { 1e-5 } else { 1e-4 });
            let mean = total / (N as f64 / 2.0);
            let logs = expected.iter().map(|power| (power / mean).ln()).sum::<f64>();
            let flatness = (logs / (N as f64 / 2.0)).exp();
            near(SpectralStatistic::Flatness(functions), flatness, if exact { 1e-4 } else { 2e-3 });
        }
        #[cfg(feature = "writer")]
        {
            let all = every(N as u16 / 2);
            let own = spectrum_of(&samples[samples.len() - N..], taper, &all).unwrap();
            let mut found = std::vec![0.0; all.len()];
            spectrum.features(&all, &mut found);
            assert_eq!(own, found);
        }
    }
}

#[test]
fn spectra_of_noise_are_within_their_bounds() {
    for seed in 0..8 {
        check::<16>(&noise(seed, 16));
        check::<32>(&noise(seed, 33));
        check::<64>(&noise(seed, 64));
        check::<128>(&noise(seed, 130));
        check::<256>(&noise(seed, 256));
        check::<512>(&noise(seed, 512));
        check::<1024>(&noise(seed, 1024));
    }
}

#[test]
fn a_tone_is_where_it_is_and_nowhere_else() {
    let tone = |bin: f64| -> Vec<f32> {
        (0..256u16).map(|i| (5.0 + (TAU * bin * f64::from(i) / 256.0).sin() * 3.0) as f32).collect()
    };
    let mut window = Window::<f32, 256>::new();
    let mut room = [0.0; 256];
    let mut spectrum_of = |samples: &[f32], taper, statistic| {
        samples.iter().for_each(|&sample| window.push(sample).unwrap());
        window.spectrum(taper, &mut room).unwrap().get(statistic)
    };
    let band = |first, last| SpectralStatistic::Power(Band { first, last });
    let whole = spectrum_of(&tone(17.0), Taper::None, band(17, 17));
    assert!((whole - 4.5).abs() < 1e-5, "{whole}");
    let tapered = spectrum_of(&tone(17.0), Taper::Hann, band(16, 18));
    assert!((tapered - 4.5).abs() < 1e-4, "{tapered}");
    // Between two bins a tone leaks, and the taper keeps it together.
    let (far, near) = (band(30, 128), band(14, 21));
    let leaked = spectrum_of(&tone(17.5), Taper::None, far);
    let kept = spectrum_of(&tone(17.5), Taper::Hann, far);
    assert!(kept < leaked / 1000.0, "{kept}, {leaked}");
    assert!((spectrum_of(&tone(17.5), Taper::Hann, near) - 4.5).abs() < 0.01);
    let flatness = SpectralStatistic::Flatness(Functions::Libm);
    assert!(spectrum_of(&tone(17.0), Taper::Hann, flatness) < 1e-6);
}

#[test]
fn extremes_are_numbers_or_infinite() {
    let all = every(8);
    let of = |samples: [f32; 16]| {
        let mut window = Window::<f32, 16>::new();
        let mut room = [0.0; 16];
        assert!(window.spectrum(Taper::Hann, &mut room).is_none());
        samples.iter().for_each(|&sample| window.push(sample).unwrap());
        let spectrum = window.spectrum(Taper::Hann, &mut room).unwrap();
        all.iter().map(|&statistic| spectrum.get(statistic)).collect::<Vec<_>>()
    };
    let silent = of([7.5; 16]);
    for (statistic, found) in all.iter().zip(silent) {
        match statistic {
            SpectralStatistic::Decibels(..) => assert!((found + 120.0).abs() < 0.001, "{found}"),
            _ => assert_eq!(found.to_bits(), 0, "{statistic}"),
        }
    }
    let mut shock = [0.0; 16];
    for (height, finite) in
        [(1e-30, true), (1e-20, true), (1e15, true), (1e25, false), (f32::MAX, false)]
    {
        shock[3] = height;
        let found = of(shock);
        assert!(
            found.iter().all(|x| if finite { x.is_finite() } else { *x == f32::INFINITY }),
            "{found:?}"
        );
    }
    let mut both = [f32::MAX; 16];
    both[..8].fill(-f32::MAX);
    assert!(of(both).iter().all(|&x| x == f32::INFINITY));
}

#[test]
fn a_spectral_statistic_has_one_name() {
    for one in every(300) {
        assert_eq!(SpectralStatistic::named(&one.to_string()), Some(one), "{one}");
    }
    for none in [
        "",
        "power",
        "power-",
        "power-3",
        "power-0-4",
        "power-5-4",
        "power-3-8-micromath",
        "power-03-8",
        "decibels-3",
        "decibels-3-8-libm",
        "dominant-micromath",
        "Centroid",
        "entropy-",
        "flatness-2",
    ] {
        assert_eq!(SpectralStatistic::named(none), None, "{none}");
    }
}
