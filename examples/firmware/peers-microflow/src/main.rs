//! Counts the instructions of dense int8 networks compiled by microflow, as the firmware `bench`
//! counts `mild`.
//!
//! Counted is what microflow's macro makes of the operators: int8 codes in, int8 codes out. Its
//! conversion of the result to floats and a choice among the outputs are not. The networks are
//! those that the build script has written.

#![no_std]
#![no_main]

use board::{Counter, entry, println, stack};
use core::hint::black_box;

/// Multiply-accumulates to run for one count, so that the ticks of the counter are fine enough.
const WORK: usize = 250_000;

/// One module for each network, and `all`, which counts them in order.
macro_rules! networks {
    ($($module:ident $name:literal $path:literal $inputs:literal $macs:literal;)*) => {
        $(mod $module {
            use microflow::{buffer::Buffer2D, tensor::Tensor2D};

            #[microflow::model($path)]
            struct Network;

            pub type Input = Buffer2D<i8, 1, $inputs>;

            #[inline(never)]
            pub fn predict(codes: &Input) -> u8 {
                // The input's scale plays no part in an integer network's run.
                let output = Network::predict_inner(Tensor2D::new(*codes, [0.05], [0]));
                core::hint::black_box(&output);
                0
            }
        })*

        fn all(counter: &mut Counter) {
            $(count(counter, $name, $macs, &mut $module::Input::repeat(0), $module::predict);)*
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/networks.rs"));

/// As much of the stack as `board` watches.
const PAINTED: usize = 2048;

#[entry]
fn main() -> ! {
    let Some(mut counter) = Counter::take() else { board::exit(false) };
    let (instructions, ticks) = counter.calibrate(10_000_000);
    println!("clock {} {}", instructions, ticks);
    all(&mut counter);
    board::exit(true)
}

/// Counts one network for inputs as different as can be.
fn count<const N: usize>(
    counter: &mut Counter,
    name: &str,
    macs: usize,
    input: &mut microflow::buffer::Buffer2D<i8, 1, N>,
    predict: fn(&microflow::buffer::Buffer2D<i8, 1, N>) -> u8,
) {
    let repeats = (WORK / macs).clamp(2, 1000) as u32;
    let empty = counter.count(repeats, || nothing(input));
    let mut random = 1u32;
    let codes: [&mut dyn FnMut() -> i8; 4] = [&mut || 0, &mut || -128, &mut || 127, &mut || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 24) as i8
    }];
    let mut ticks = [0; 4];
    let mut used = 0;
    for (ticks, code) in ticks.iter_mut().zip(codes) {
        input.iter_mut().for_each(|place| *place = code());
        let input = black_box(&*input);
        *ticks = counter.count(repeats, || predict(input)).wrapping_sub(empty);
        used = used.max(stack::used(|| {
            predict(input);
        }));
    }
    let own = stack::used(|| {
        nothing(input);
    });
    // All that is painted was used, so how much is not known.
    used = if used >= PAINTED { 0 } else { used.saturating_sub(own) };
    let [a, b, c, d] = ticks;
    println!("decision {} {} {} {} {} {} {}", name, repeats, a, b, c, d, used);
}

/// The loop around a network, to be taken off.
#[inline(never)]
fn nothing<const N: usize>(input: &microflow::buffer::Buffer2D<i8, 1, N>) -> u8 {
    black_box(input);
    0
}
