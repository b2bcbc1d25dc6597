//! Counts the instructions of decisions and layers, and the stack that they take.
//!
//! Meant for an emulator in which one instruction is one tick of a fixed clock (QEMU with
//! `-icount`): the counter then counts instructions. Prints one line for the clock, then for each
//! image `decision NAME REPEATS TICKS... STACK`, `batch NAME REPEATS TICKS... STACK` for two inputs
//! at once, and `layer NAME INDEX REPEATS TICKS`, and for each
//! number of experts `policy EXPERTS REPEATS TICKS... STACK 0`,
//! `governor EXPERTS REPEATS TICKS... STACK STATE` and the same for `watched`, a governor with
//! watches; `cargo xtask device bench` reads them.

#![no_std]
#![no_main]

mod governed;

use board::{Counter, entry, println, stack};
use core::hint::black_box;
use mild::{Image, Reachable, Rejector};
use mild_test_support::random::Lcg;

const NUMBER: usize = parse(env!("IMAGES"));
const IMAGES: [(&str, Image<'static>); NUMBER] = include!(concat!(env!("OUT_DIR"), "/images.rs"));

/// Room for the largest of the images.
const INPUTS: usize = largest(false);
const SCRATCH: usize = largest(true);

/// Multiply-accumulates to run for one count, so that the ticks of the counter are fine enough.
const WORK: u32 = 2_000_000;

#[entry]
fn main() -> ! {
    let Some(mut counter) = Counter::take() else { board::exit(false) };
    let (instructions, ticks) = counter.calibrate(10_000_000);
    println!("clock {} {}", instructions, ticks);
    let images = black_box(&IMAGES);
    for (name, image) in images {
        decision(&mut counter, name, image);
        batch(&mut counter, name, image);
        for index in 0..image.layers() {
            layer(&mut counter, name, image, index);
        }
    }
    governed::measure(&mut counter);
    board::exit(true)
}

/// Counts whole decisions, for inputs as different as can be: the counts should be equal.
fn decision(counter: &mut Counter, name: &str, image: &Image<'_>) {
    let rejector = Rejector::new(image);
    let mut scratch = [0; SCRATCH];
    let mut codes = [0; INPUTS];
    let Some(codes) = codes.get_mut(..image.inputs()) else { board::exit(false) };
    let Some(scratch) = scratch.get_mut(..image.scratch_words()) else { board::exit(false) };
    let repeats = (WORK / image.macs()).clamp(8, 1000);
    let empty = counter.count(repeats, || nothing(&rejector, codes, scratch));
    let mut random = Lcg::new(1);
    let inputs: [&mut dyn FnMut() -> i8; 4] =
        [&mut || 0, &mut || -128, &mut || 127, &mut || random.code()];
    let mut ticks = [0; 4];
    let mut used = 0;
    for (ticks, input) in ticks.iter_mut().zip(inputs) {
        codes.fill_with(input);
        *ticks = counter.count(repeats, || decide(&rejector, codes, scratch)).wrapping_sub(empty);
        used = used.max(stack::used(|| {
            decide(&rejector, codes, scratch);
        }));
    }
    used = used.saturating_sub(stack::used(|| {
        nothing(&rejector, codes, scratch);
    }));
    let [a, b, c, d] = ticks;
    println!("decision {} {} {} {} {} {} {}", name, repeats, a, b, c, d, used);
}

/// Counts decisions on two inputs at once, as [`decision`] does.
fn batch(counter: &mut Counter, name: &str, image: &Image<'_>) {
    let rejector = Rejector::new(image);
    let mut scratch = [0; 2 * SCRATCH];
    let mut codes = [0; 2 * INPUTS];
    let Some(codes) = codes.get_mut(..2 * image.inputs()) else { board::exit(false) };
    let words = image.batch_scratch_words();
    let Some(scratch) = scratch.get_mut(..words) else { board::exit(false) };
    let repeats = (WORK / 2 / image.macs()).clamp(8, 1000);
    let empty = counter.count(repeats, || nothing(&rejector, codes, scratch));
    let mut random = Lcg::new(1);
    let inputs: [&mut dyn FnMut() -> i8; 4] =
        [&mut || 0, &mut || -128, &mut || 127, &mut || random.code()];
    let mut ticks = [0; 4];
    let mut used = 0;
    for (ticks, input) in ticks.iter_mut().zip(inputs) {
        codes.fill_with(input);
        let (first, second) = codes.split_at(image.inputs());
        *ticks = counter
            .count(repeats, || decide_two(&rejector, first, second, scratch))
            .wrapping_sub(empty);
        used = used.max(stack::used(|| {
            decide_two(&rejector, first, second, scratch);
        }));
    }
    used = used.saturating_sub(stack::used(|| {
        nothing(&rejector, codes, scratch);
    }));
    let [a, b, c, d] = ticks;
    println!("batch {} {} {} {} {} {} {}", name, repeats, a, b, c, d, used);
}

/// Counts one layer alone, on whatever activations are there: the count does not depend on them.
fn layer(counter: &mut Counter, name: &str, image: &Image<'_>, index: usize) {
    let rejector = Rejector::new(image);
    let mut scratch = [0; SCRATCH];
    let Some(macs) = image.shapes().nth(index).map(|(inputs, outputs)| inputs * outputs) else {
        board::exit(false)
    };
    let repeats = (WORK / macs as u32).clamp(8, 1000);
    let empty = counter.count(repeats, || no_layer(&rejector, index, &mut scratch));
    let ticks = counter.count(repeats, || run_layer(&rejector, index, &mut scratch));
    println!("layer {} {} {} {}", name, index, repeats, ticks.wrapping_sub(empty));
}

/// What is counted, and whose code is measured: from int8 features to the decision.
#[inline(never)]
fn decide(rejector: &Rejector<'_>, codes: &[i8], scratch: &mut [u32]) -> u8 {
    match rejector.decide(codes, Reachable::ALL, scratch) {
        Ok(decision) => decision.expert,
        Err(_) => u8::MAX,
    }
}

/// The same for two inputs at once.
#[inline(never)]
fn decide_two(rejector: &Rejector<'_>, first: &[i8], second: &[i8], scratch: &mut [u32]) -> u8 {
    match rejector.decide_batch([first, second], Reachable::ALL, scratch) {
        Ok([first, second]) => first.expert ^ second.expert,
        Err(_) => u8::MAX,
    }
}

/// The loop around [`decide`], to be taken off.
#[inline(never)]
fn nothing(rejector: &Rejector<'_>, codes: &[i8], scratch: &mut [u32]) -> u8 {
    black_box((rejector, codes, scratch));
    0
}

#[inline(never)]
fn run_layer(rejector: &Rejector<'_>, index: usize, scratch: &mut [u32]) -> u8 {
    rejector.run_layer(index, scratch);
    0
}

/// The loop around [`run_layer`] and its search for the layer, to be taken off.
#[inline(never)]
fn no_layer(rejector: &Rejector<'_>, index: usize, scratch: &mut [u32]) -> u8 {
    black_box((rejector.image().shapes().nth(index), scratch));
    0
}

const fn largest(scratch: bool) -> usize {
    let mut largest = 0;
    let mut images: &[(&str, Image<'_>)] = &IMAGES;
    while let [(_, image), rest @ ..] = images {
        let size = if scratch { image.scratch_words() } else { image.inputs() };
        if size > largest {
            largest = size;
        }
        images = rest;
    }
    largest
}

const fn parse(text: &str) -> usize {
    match usize::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => panic!("IMAGES is not a number"),
    }
}
