//! What comes after the scores: the policy alone, and under a governor with and without watches.

use board::{Counter, println, stack};
use core::hint::black_box;
use mild::governor::{GovernorSettings, Rate, Track, Watch, Watches, Watching};
use mild::{Decide, Decision, Governor, Reachable, Resolution, Scores};

/// Decisions of one count.
const REPEATS: u32 = 1000;

const OFFSETS: [i32; 5] = [0, 300, -200, 100, 50];

/// The numbers of experts to decide among.
const EXPERTS: [usize; 3] = [2, 3, 5];

/// A token bucket.
const SETTINGS: GovernorSettings =
    match GovernorSettings::new(-20_000, 20_000, 400, Rate::ratio(1, 10), Track::AtMost(-5_000)) {
        Some(settings) => settings.with_burst(20, Rate::ratio(1, 5)),
        None => panic!("the settings are in range"),
    };

/// The same with both watches.
const WATCHED: GovernorSettings<0, Watches> =
    SETTINGS.with_watches(Watch::usual(-3_000, 4_000), Watch::usual(9_000, 20_000));

/// Counts both, for streams of scores as different as can be.
pub(crate) fn measure(counter: &mut Counter) {
    for experts in EXPERTS {
        let Some(offsets) = OFFSETS.get(..experts) else { board::exit(false) };
        let offsets = black_box(offsets);
        // Not known to the compiler, as in a device.
        let reachable = black_box(Reachable::ALL);
        let alone = |scores: &[i32]| Scores::new(scores, offsets).decide(reachable);
        report("policy", counter, experts, 0, || alone);
        governor("governor", counter, &SETTINGS, offsets);
        governor("watched", counter, &WATCHED, offsets);
    }
}

/// Proposes and commits, as a client does.
fn governor<W: Watching>(
    name: &str,
    counter: &mut Counter,
    settings: &GovernorSettings<0, W>,
    offsets: &[i32],
) {
    let reachable = black_box(Reachable::ALL);
    report(name, counter, offsets.len(), size_of::<Governor<'_, 0, W>>(), || {
        let mut governor = Governor::new(black_box(settings));
        move |scores: &[i32]| {
            let mut input = governor.input(Scores::new(scores, offsets));
            let decision = input.propose(reachable);
            input.commit(Resolution::by(decision.expert));
            decision
        }
    });
}

fn report<D: FnMut(&[i32]) -> Decision>(
    name: &str,
    counter: &mut Counter,
    experts: usize,
    state: usize,
    start: impl Fn() -> D,
) {
    let mut random = 1u32;
    let streams: [&mut dyn FnMut() -> i32; 4] =
        [&mut || 0, &mut || -(1 << 28), &mut || 1 << 28, &mut || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random as i32) >> 14
        }];
    let mut ticks = [0; 4];
    let mut used = 0;
    for (ticks, number) in ticks.iter_mut().zip(streams) {
        let mut scores = [0; OFFSETS.len()];
        let Some(scores) = scores.get_mut(..experts) else { board::exit(false) };
        let mut decide = start();
        let mut count = |work: &mut dyn FnMut(&[i32]) -> u8| {
            counter.count(REPEATS, || {
                scores.fill_with(&mut *number);
                work(scores)
            })
        };
        let empty = count(&mut |scores| {
            black_box(scores);
            0
        });
        let all = count(&mut |scores| decide(scores).expert);
        *ticks = all.wrapping_sub(empty);
        used = used.max(stack::used(|| {
            black_box(decide(black_box(scores)));
        }));
    }
    used = used.saturating_sub(stack::used(|| {
        black_box(black_box(&SETTINGS));
    }));
    let [a, b, c, d] = ticks;
    println!("{} {} {} {} {} {} {} {} {}", name, experts, REPEATS, a, b, c, d, used, state);
}
