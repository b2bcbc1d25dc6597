//! A node: sensor, rejector, governor, serial port.
//!
//! Its sensor is a file of the host, `rows.bin`. The file has the number of rows and of features,
//! how often the node was started, the milliseconds between rows, and the budget in 2^-16 (65536
//! and more: no governor); then for each row its number, what the node's own predictor says, and
//! the features. The node decides on each row with the image it embeds and asks experts over the
//! serial port of the board (a CMSDK UART at 0x4000_4000, as on MPS2 boards). It says how the
//! resolution of each input ended, `row NUMBER BY ANSWER HOW SENT MICROSECONDS`, and in the end
//! `governor DECISIONS DEFERRED WITHHELD` and `done` with the client's counters. It logs with
//! defmt, its frames over semihosting, and warns of every input that the chosen expert did not
//! answer. `cargo xtask path` runs it, and decodes.

#![no_std]
#![no_main]

mod time;
mod uart;

use board::{HostFile, entry};
use defmt::{error, info, println, warn};
use defmt_semihosting as _;
use mild::client::{Client, Clock, Failure, Identity, Input, Nonce, RetryPolicy};
use mild::governor::{GovernorSettings, Rate, Track};
use mild::wire::{self, Answer, Payload};
use mild::{Governor, Image, Rejector};
use time::Ticks;
use uart::Uart;

const IMAGE: Image<'static> = mild::include_image!(concat!(env!("MILD_IMAGE"), "/rejector.mild"));
const WIDTH: usize = IMAGE.inputs();
const EXPERTS: usize = IMAGE.experts();
const FRAME: usize = wire::max_frame(4);

/// The budget comes with the rows. Whatever was sent counts, whether or not somebody answers.
const GOVERNED: GovernorSettings =
    match GovernorSettings::new(-20_000, 20_000, 400, Rate::ONE, Track::AtMost(0)) {
        Some(settings) => settings,
        None => panic!("the settings are in range"),
    };

/// Impatient, so that a run with outages does not take long.
const SETTINGS: RetryPolicy = RetryPolicy {
    deadline_ms: 600,
    attempt_ms: 250,
    attempts: 2,
    backoff_ms: 10,
    failures: 2,
    hold_off_ms: 300,
    longest_hold_off_ms: 1_200,
};

#[entry]
fn main() -> ! {
    let Some(ticks) = Ticks::take() else { board::exit(false) };
    let Some(mut rows) = HostFile::open(c"rows.bin") else {
        error!("cannot open rows.bin");
        board::exit(false)
    };
    let (number, width) = (word(&mut rows), word(&mut rows));
    if width as usize != WIDTH {
        error!("rows.bin has {} features, the image takes {}", width, WIDTH);
        board::exit(false)
    }
    let identity = Identity { node: 1, key: None };
    // The host counts the starts, as a board's flash would.
    let (starts, pause) = (word(&mut rows), word(&mut rows));
    let budget = Rate::from_bits(word(&mut rows));
    let mut governor = Governor::new(&GOVERNED);
    governor.set_budget(budget);
    let nonce = Nonce::counted(starts);
    let mut client =
        Client::<_, _, EXPERTS, FRAME>::new(Uart::new(), ticks, &SETTINGS, identity, nonce);
    let rejector = Rejector::new(&IMAGE);
    let mut scratch = [0; IMAGE.scratch_words()];
    info!("{} rows, image {=u32:08x}, experts {}", number, IMAGE.checksum(), EXPERTS);
    for _ in 0..number {
        let next = client.clock().now_ms() + u64::from(pause);
        while client.clock().now_ms() < next {}
        let row = word(&mut rows).to_le_bytes();
        let local = Answer::Label(word(&mut rows));
        let features: [f32; WIDTH] = core::array::from_fn(|_| f32::from_bits(word(&mut rows)));
        let Ok(scores) = rejector.scores(&features, &mut scratch) else {
            error!("a feature is not a number");
            board::exit(false)
        };
        let input = Input { local, payload: Payload::Bytes(&row) };
        let begun = client.clock().now_us();
        let outcome = if budget < Rate::ONE {
            client.resolve(&input, governor.input(scores))
        } else {
            client.resolve(&input, scores)
        };
        // The timer may have gone round before its interrupt counts that.
        let took = client.clock().now_us().saturating_sub(begun);
        if outcome.failure.is_some() {
            warn!("row {}: {}", u32::from_le_bytes(row), outcome);
        }
        let how = match outcome.failure {
            None => "chosen",
            Some(Failure::TimedOut) => "timed-out",
            Some(Failure::Status(_)) => "status",
            Some(_) => "line",
        };
        let answer = match outcome.answer {
            Answer::Label(label) => label,
            _ => u32::MAX,
        };
        let row = u32::from_le_bytes(row);
        println!("row {} {} {} {} {} {}", row, outcome.by, answer, how, outcome.sent, took);
    }
    let counters = governor.counters();
    println!("governor {} {} {}", counters.decisions, counters.deferred, counters.withheld);
    let counters = client.counters();
    info!("{}", counters);
    println!(
        "done {} {} {} {} {} {}",
        counters.inputs,
        counters.answered,
        counters.fell_back,
        counters.sent,
        counters.stale,
        counters.bad
    );
    board::exit(true)
}

/// The next word of the file.
fn word(rows: &mut HostFile) -> u32 {
    let mut bytes = [0; 4];
    if rows.read(&mut bytes) != bytes.len() {
        error!("rows.bin ends early");
        board::exit(false)
    }
    u32::from_le_bytes(bytes)
}
