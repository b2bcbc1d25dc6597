//! Two slots: updates that the power ends, updates that are not authentic, and flash that is
//! damaged.

use mild::signed::{PublicKey, SecretKey, SignatureError};
use mild::slots::{Boot, Refusal, Slot, Slots, SlotsError};
use mild_test_support::flash::{FlashError, SimulatedFlash};
use mild_test_support::images;
use mild_test_support::updates::{Fleet, receive};

type Flash = SimulatedFlash<2048, 4, 256>;

const BUFFER: usize = 256;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32]).unwrap()
}

fn keys() -> [PublicKey; 1] {
    [key(1).public()]
}

fn old() -> Vec<u8> {
    key(1).sign(&images::small().to_words().unwrap(), 1).unwrap()
}

fn new() -> Vec<u8> {
    key(1).sign(&images::with_platt_scaling().to_words().unwrap(), 2).unwrap()
}

/// As it leaves the factory.
fn factory() -> Flash {
    let mut flash = Flash::new();
    flash.program(512, &old());
    flash
}

/// What runs after a reset: its counter, its slot, and how it came to that.
fn start(flash: &mut Flash) -> Result<(u32, Slot, Boot), SlotsError<FlashError>> {
    let mut slots = Slots::new(flash)?;
    let mut buffer = [0; BUFFER];
    let started = slots.start(&keys(), &mut buffer)?;
    Ok((started.image.counter(), started.slot, started.boot))
}

#[test]
fn an_update_is_tried_and_confirmed() {
    let mut flash = factory();
    assert_eq!(start(&mut flash), Ok((1, Slot::A, Boot::Confirmed)));
    let mut slots = Slots::new(&mut flash).unwrap();
    let mut buffer = [0; BUFFER];
    slots.start(&keys(), &mut buffer).unwrap();
    let mut update = slots.update().unwrap();
    for piece in new().chunks(7) {
        update.write(piece).unwrap();
    }
    assert_eq!(update.received() as usize, new().len());
    let offered = update.finish(&keys()).unwrap();
    assert_eq!((offered.counter, offered.key_id), (2, key(1).public().id()));
    assert_eq!(offered.bytes as usize, new().len());

    let mut slots = Slots::new(&mut flash).unwrap();
    let started = slots.start(&keys(), &mut buffer).unwrap();
    assert_eq!((started.slot, started.boot), (Slot::B, Boot::OnTrial));
    assert_eq!(started.image.digest(), offered.digest);
    assert_eq!(started.image.image().bytes(), &new()[..new().len() - 112]);
    assert_eq!((slots.minimum_counter(), slots.range(Slot::B)), (1, (512 + 768, 768)));
    assert_eq!(slots.update().map(|_| ()), Err(SlotsError::OnTrial));
    slots.confirm().unwrap();
    assert_eq!(slots.minimum_counter(), 2);
    let operations = flash.operations();
    assert_eq!(start(&mut flash), Ok((2, Slot::B, Boot::Confirmed)));
    assert_eq!(flash.operations(), operations, "a start that changes nothing writes nothing");
}

#[test]
fn an_update_that_nobody_confirms_is_taken_back() {
    let mut flash = factory();
    start(&mut flash).unwrap();
    let mut slots = Slots::new(&mut flash).unwrap();
    slots.start(&keys(), &mut [0; BUFFER]).unwrap();
    receive(&mut slots, &new(), &keys()).unwrap();
    assert_eq!(start(&mut flash), Ok((2, Slot::B, Boot::OnTrial)));
    assert_eq!(start(&mut flash), Ok((1, Slot::A, Boot::Reverted)));
    assert_eq!(start(&mut flash), Ok((1, Slot::A, Boot::Confirmed)));
}

/// Images for the test of failures.
fn fail_everywhere<const C: usize, const W: usize, const E: usize>(
    seeds: std::ops::Range<u32>,
    twice: bool,
) {
    let fleet = Fleet { old: &old(), new: &new(), keys: &keys() };
    let tally = fleet.fail_everywhere::<C, W, E>(seeds, twice).unwrap();
    assert!(tally.failures > 20 && tally.old > 0 && tally.on_trial > 0 && tally.new > 0, "{tally}");
}

#[test]
fn whenever_the_power_fails_one_whole_authentic_image_runs() {
    fail_everywhere::<2048, 4, 256>(0..8, false);
}

#[test]
fn also_if_it_fails_once_more_during_the_next_start() {
    fail_everywhere::<2048, 4, 256>(0..2, true);
}

#[test]
fn also_with_other_units_and_blocks() {
    // Journals of one and of two records a block, which are erased all the time; large units.
    fail_everywhere::<2048, 1, 32>(0..2, false);
    fail_everywhere::<2048, 8, 64>(0..2, false);
    fail_everywhere::<4096, 32, 512>(0..2, false);
    fail_everywhere::<16384, 16, 4096>(0..2, true);
}

#[test]
fn a_hundred_updates_in_a_row_fit_a_journal_of_two_blocks() {
    let mut flash = factory();
    start(&mut flash).unwrap();
    for counter in 2..100 {
        let image = key(1).sign(&images::small().to_words().unwrap(), counter).unwrap();
        let mut slots = Slots::new(&mut flash).unwrap();
        let mut buffer = [0; BUFFER];
        slots.start(&keys(), &mut buffer).unwrap();
        receive(&mut slots, &image, &keys()).unwrap();
        let mut slots = Slots::new(&mut flash).unwrap();
        let started = slots.start(&keys(), &mut buffer).unwrap();
        assert_eq!((started.image.counter(), started.boot), (counter, Boot::OnTrial));
        slots.confirm().unwrap();
    }
}

#[test]
fn what_is_not_authentic_is_not_offered() {
    let mut flash = factory();
    start(&mut flash).unwrap();
    let foreign = key(2).sign(&images::with_platt_scaling().to_words().unwrap(), 2).unwrap();
    let mut flipped = new();
    flipped[100] ^= 1;
    let found = key(2).public().id();
    let length = new().len();
    for (file, error) in [
        (foreign, SignatureError::UnknownKey { found }),
        (flipped, SignatureError::Digest),
        (new()[..length - 112].to_vec(), SignatureError::Unsigned),
        (
            [&new()[..], &[0]].concat(),
            SignatureError::TrailingBytes { found: length + 1, expected: length },
        ),
    ] {
        let mut slots = Slots::new(&mut flash).unwrap();
        slots.start(&keys(), &mut [0; BUFFER]).unwrap();
        assert_eq!(receive(&mut slots, &file, &keys()), Err(SlotsError::Refused(error)));
        assert_eq!(start(&mut flash), Ok((1, Slot::A, Boot::Confirmed)));
    }
    // What an earlier update left behind does not complete a later one that ends with a block.
    let mut slots = Slots::new(&mut flash).unwrap();
    slots.start(&keys(), &mut [0; BUFFER]).unwrap();
    receive(&mut slots, &new(), &keys()).unwrap();
    let short = 256;
    assert_eq!(
        receive(&mut slots, &new()[..short], &keys()),
        Err(SlotsError::Refused(SignatureError::Truncated { found: short, expected: length }))
    );
    assert_eq!(start(&mut flash), Ok((1, Slot::A, Boot::Confirmed)));
}

#[test]
fn an_update_that_is_too_long_is_refused_before_it_is_written() {
    let mut flash = factory();
    let mut slots = Slots::new(&mut flash).unwrap();
    slots.start(&keys(), &mut [0; BUFFER]).unwrap();
    let mut update = slots.update().unwrap();
    update.write(&[0; 700]).unwrap();
    assert_eq!(update.write(&[0; 69]), Err(SlotsError::Full { room: 768 }));
    update.write(&[0; 68]).unwrap();
    assert!(matches!(update.finish(&keys()), Err(SlotsError::Refused(_))));
}

#[test]
fn an_offered_image_that_changed_in_flash_does_not_run() {
    let mut flash = factory();
    let mut slots = Slots::new(&mut flash).unwrap();
    slots.start(&keys(), &mut [0; BUFFER]).unwrap();
    receive(&mut slots, &new(), &keys()).unwrap();
    let b = slots.range(Slot::B).0;
    flash.program(b + 120, &[0]);
    let refused = Refusal::Signature(SignatureError::Digest);
    assert_eq!(start(&mut flash), Ok((1, Slot::A, Boot::Refused(refused))));
    assert_eq!(start(&mut flash), Ok((1, Slot::A, Boot::Confirmed)));
}

#[test]
fn a_confirmed_image_that_is_damaged_is_replaced_by_the_other_one() {
    let mut flash = factory();
    let same = key(1).sign(&images::with_platt_scaling().to_words().unwrap(), 1).unwrap();
    let mut slots = Slots::new(&mut flash).unwrap();
    slots.start(&keys(), &mut [0; BUFFER]).unwrap();
    receive(&mut slots, &same, &keys()).unwrap();
    let mut slots = Slots::new(&mut flash).unwrap();
    slots.start(&keys(), &mut [0; BUFFER]).unwrap();
    slots.confirm().unwrap();
    flash.program(512 + 768 + 120, &[0]);
    let damaged = Refusal::Signature(SignatureError::Digest);
    for _ in 0..2 {
        assert_eq!(start(&mut flash), Ok((1, Slot::A, Boot::Rescued(damaged))));
    }
    let mut slots = Slots::new(&mut flash).unwrap();
    slots.start(&keys(), &mut [0; BUFFER]).unwrap();
    slots.confirm().unwrap();
    assert_eq!(start(&mut flash), Ok((1, Slot::A, Boot::Confirmed)));
}

#[test]
fn a_device_without_an_image_can_be_updated() {
    let mut flash = Flash::new();
    assert!(matches!(start(&mut flash), Err(SlotsError::NoImage { .. })));
    let mut slots = Slots::new(&mut flash).unwrap();
    receive(&mut slots, &new(), &keys()).unwrap();
    assert_eq!(start(&mut flash), Ok((2, Slot::A, Boot::OnTrial)));
}

#[test]
fn a_new_device_takes_the_image_with_the_higher_counter() {
    for (a, b, expected) in [(old(), new(), (2, Slot::B)), (new(), old(), (2, Slot::A))] {
        let mut flash = Flash::new();
        flash.program(512, &a);
        flash.program(512 + 768, &b);
        let (counter, slot, boot) = start(&mut flash).unwrap();
        assert_eq!(((counter, slot), boot), (expected, Boot::Confirmed));
        let slots = Slots::new(&mut flash).unwrap();
        assert_eq!(slots.minimum_counter(), 2);
    }
}

#[test]
fn too_small_a_buffer_and_too_small_a_flash_are_errors() {
    let mut flash = factory();
    let mut slots = Slots::new(&mut flash).unwrap();
    let error = slots.start(&keys(), &mut [0; 32]).map(|_| ()).unwrap_err();
    let short = Refusal::Buffer { found: 128, expected: old().len() };
    assert!(matches!(error, SlotsError::NoImage { a, .. } if a == short), "{error}");
    let error = Slots::new(SimulatedFlash::<768, 4, 256>::new()).map(|_| ()).unwrap_err();
    assert_eq!(error, SlotsError::Capacity { found: 768, expected: 1024 });
    assert!(error.to_string().ends_with("found 768 bytes, expected 1024 at least"));
}
