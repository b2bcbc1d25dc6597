//! Counts the instructions of window features, and the memory that they take.
//!
//! Meant for an emulator in which one instruction is one tick of a fixed clock (QEMU with
//! `-icount`). Prints `clock INSTRUCTIONS TICKS`, then for each feature
//! `feature KIND LENGTH NAME REPEATS TICKS STACK RAM`, where LENGTH is that of the window, and RAM is
//! what holds the samples or values, and the room for a spectrum; `cargo xtask results make
//! window-features` reads them.

#![no_std]
#![no_main]

use board::{Counter, entry, println, stack};
use core::{fmt::Display, hint::black_box};
use mild::window_features::{
    Band, History, Length, Points, Sample, SpectralStatistic, Taper, Window, magnitude,
};
use mild_test_support::{
    random::Lcg,
    windows::{SPECTRAL, STATISTICS},
};

/// Whether costs of all lengths are to be estimated. It is another program, because a compiler makes
/// better code of a single length.
const BY_LENGTH: bool = cfg!(feature = "by-length");

/// Ticks that one count should take at least, so that they are fine enough.
const TICKS: u32 = 20_000;

#[entry]
fn main() -> ! {
    let Some(mut counter) = Counter::take() else { board::exit(false) };
    let (instructions, ticks) = counter.calibrate(10_000_000);
    println!("clock {} {}", instructions, ticks);
    of_kind(&mut counter, "i16", |random| (random >> 18) as i16);
    of_kind(&mut counter, "f32", |random| (random >> 18) as f32 / 100.0);
    board::exit(true)
}

/// The length that documents show; or two, from which costs of all lengths are estimated.
fn of_kind<S: Sample>(counter: &mut Counter, kind: &str, sample: fn(u32) -> S) {
    if BY_LENGTH {
        of_windows::<S, 64>(counter, kind, sample);
        of_windows::<S, 512>(counter, kind, sample);
    } else {
        of_windows::<S, 256>(counter, kind, sample);
    }
}

// One at a time is on the stack.
#[inline(never)]
fn of_windows<S: Sample, const LENGTH: usize>(
    counter: &mut Counter,
    kind: &str,
    sample: fn(u32) -> S,
) where
    Points<LENGTH>: Length,
{
    let mut measure = |name: &dyn Display, ram: usize, work: &mut dyn FnMut()| {
        let mut count = |repeats: u32, work: &mut dyn FnMut()| {
            counter.count(repeats, || {
                black_box(&mut *work)();
                0
            })
        };
        let repeats = (TICKS / count(1, work).max(1)).clamp(1, 5000);
        let ticks = count(repeats, work).wrapping_sub(count(repeats, &mut || {}));
        let depth = stack::used(&mut *work).saturating_sub(stack::used(|| black_box(())));
        println!("feature {} {} {} {} {} {} {}", kind, LENGTH, name, repeats, ticks, depth, ram);
    };
    let mut random = Lcg::new(1);
    let mut window = Window::<S, LENGTH>::new();
    for _ in 0..LENGTH {
        // These samples are numbers.
        let _ = window.push(sample(random.bits()));
    }
    let of_window = size_of_val(&window);
    measure(&"push", of_window, &mut || {
        let _ = black_box(&mut window).push(black_box(sample(random.bits())));
    });
    for statistic in STATISTICS {
        measure(&statistic, of_window, &mut || {
            black_box(black_box(&window).get(black_box(statistic)));
        });
    }
    let axes = [(); 3].map(|()| sample(random.bits()));
    measure(&"magnitude-of-3", 0, &mut || {
        let _ = black_box(magnitude(black_box(&axes)));
    });
    let mut history = History::<8>::new();
    let of_history = size_of_val(&history);
    for _ in 0..8 {
        history.push(window.get(STATISTICS[0]));
    }
    measure(&"change", of_history, &mut || {
        black_box(black_box(&history).change());
    });
    measure(&"average-of-8", of_history, &mut || {
        black_box(black_box(&history).average(black_box(2)));
    });
    if BY_LENGTH {
        let axes = [(); 6].map(|()| sample(random.bits()));
        measure(&"magnitude-of-6", 0, &mut || {
            let _ = black_box(magnitude(black_box(&axes)));
        });
        let mut history = History::<64>::new();
        measure(&"remember", size_of_val(&history), &mut || {
            black_box(&mut history).push(black_box(1.5));
        });
        measure(&"change-of-64", size_of_val(&history), &mut || {
            black_box(black_box(&history).change());
        });
        measure(&"average-of-64", size_of_val(&history), &mut || {
            black_box(black_box(&history).average(black_box(2)));
        });
    }
    let mut room = [0.0; LENGTH];
    let with_room = of_window + size_of_val(&room);
    for (name, taper) in [("spectrum", Taper::None), ("spectrum-hann", Taper::Hann)] {
        measure(&name, with_room, &mut || {
            black_box(black_box(&window).spectrum(black_box(taper), black_box(&mut room)));
        });
    }
    let Some(spectrum) = window.spectrum(Taper::Hann, &mut room) else { board::exit(false) };
    for statistic in SPECTRAL {
        measure(&statistic, with_room, &mut || {
            black_box(black_box(&spectrum).get(black_box(statistic)));
        });
    }
    if BY_LENGTH {
        let all = Band { first: 1, last: (LENGTH / 2) as u16 };
        measure(&"power-of-all", with_room, &mut || {
            black_box(black_box(&spectrum).get(black_box(SpectralStatistic::Power(all))));
        });
    }
}
