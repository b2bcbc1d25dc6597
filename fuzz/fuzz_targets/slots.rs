//! A flash with anything in it, and anything that happens to it: nothing panics, and what runs is a
//! whole image that was signed, never an older one than was confirmed before.

#![no_main]

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mild::signed::{PublicKey, SecretKey, SignedImage, TRAILER_BYTES};
use mild::slots::Slots;
use mild_test_support::checksum::crc32;
use mild_test_support::flash::SimulatedFlash;
use mild_test_support::images;

const BLOCK: usize = 256;
const SLOT: usize = 3 * BLOCK;
const BUFFER: usize = SLOT / 4;

type Flash = SimulatedFlash<{ 2 * BLOCK + 2 * SLOT }, 4, BLOCK>;

/// Signed images with the counters 0 to 3; the last one is by a key that the device does not know.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let parts = [
        images::small(),
        images::with_platt_scaling(),
        images::small(),
        images::with_platt_scaling(),
    ];
    let sign = |(index, parts): (usize, mild::image::ImageParts)| {
        let words = parts.to_words().expect("a good image");
        key(u8::from(index == 3)).sign(&words, index as u32).expect("a good image")
    };
    parts.into_iter().enumerate().map(sign).collect()
});

static KEYS: LazyLock<[PublicKey; 1]> = LazyLock::new(|| [key(0).public()]);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed + 1; 32]).expect("a key")
}

fuzz_target!(|data: &[u8]| {
    alone(data);
    // It ends where the bytes do.
    let _ = history(&mut Unstructured::new(data));
});

/// The bytes as a file: what is accepted is one of those that were signed.
fn alone(data: &[u8]) {
    let mut words = vec![0u32; data.len().div_ceil(4)];
    let room: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
    room[..data.len()].copy_from_slice(data);
    let bytes = &bytemuck::cast_slice(&words)[..data.len()];
    if SignedImage::verify(bytes, &*KEYS, 0).is_ok() {
        assert!(FILES.iter().take(3).any(|file| file == bytes));
    }
    if let Ok((_, length)) = SignedImage::verify_prefix(bytes, &*KEYS, 0) {
        assert!(FILES.iter().take(3).any(|file| file == &bytes[..length]));
    }
}

fn history(u: &mut Unstructured<'_>) -> Result<()> {
    let mut flash = filled(u)?;
    let mut confirmed = 0;
    'resets: while !u.is_empty() {
        flash.revive();
        if u.arbitrary()? {
            flash.fail_after(u.int_in_range(0..=40)?, u.arbitrary()?);
        }
        let Ok(mut slots) = Slots::new(&mut flash) else { continue };
        let mut buffer = [0; BUFFER];
        let mut running = None;
        for _ in 0..u.int_in_range(1..=4u8)? {
            match u.int_in_range(0..=3u8)? {
                0 | 1 => {
                    let least = slots.minimum_counter();
                    assert!(least >= confirmed, "the counter went back");
                    running = match slots.start(&*KEYS, &mut buffer) {
                        Ok(started) => {
                            let image = started.image;
                            assert!(image.counter() >= least);
                            let file = &FILES[image.counter() as usize];
                            let length = file.len() - TRAILER_BYTES;
                            assert_eq!(image.image().bytes(), &file[..length]);
                            Some(image.counter())
                        }
                        Err(_) => None,
                    };
                }
                2 => {
                    if slots.confirm().is_ok() {
                        assert!(running.is_none_or(|counter| counter <= slots.minimum_counter()));
                        confirmed = slots.minimum_counter();
                    }
                }
                _ => {
                    let file = file(u)?;
                    let piece = u.int_in_range(1..=300usize)?;
                    let Ok(mut update) = slots.update() else { continue };
                    for piece in file.chunks(piece) {
                        if update.write(piece).is_err() {
                            continue 'resets;
                        }
                    }
                    if update.finish(&*KEYS).is_ok() {
                        assert!(FILES.iter().take(3).any(|good| *good == file));
                    }
                }
            }
        }
    }
    Ok(())
}

/// A file to receive: signed, signed and damaged, or anything.
fn file(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut file = FILES[u.choose_index(FILES.len())?].clone();
    match u.int_in_range(0..=3u8)? {
        0 | 1 => {}
        2 => {
            let at = u.choose_index(file.len())?;
            file[at] ^= u.int_in_range(1..=255u8)?;
        }
        _ => file = u.arbitrary()?,
    }
    Ok(file)
}

/// A flash as somebody may have left it.
fn filled(u: &mut Unstructured<'_>) -> Result<Flash> {
    let mut flash = Flash::new();
    for block in 0..2 {
        for record in 0..u.int_in_range(0..=8u32)? {
            let mut bytes = [0; 32];
            u.fill_buffer(&mut bytes)?;
            if u.arbitrary()? {
                bytes[..4].copy_from_slice(b"MREC");
                // Low numbers, which leave something to run.
                bytes[5..8].fill(0);
                bytes[8] &= 3;
                bytes[9..12].fill(0);
                let crc = crc32(bytes[..28].iter().copied());
                bytes[28..].copy_from_slice(&crc.to_le_bytes());
            }
            flash.program(block * BLOCK as u32 + 32 * record, &bytes);
        }
    }
    for slot in 0..2 {
        if u.arbitrary()? {
            let file = file(u)?;
            let offset = 2 * BLOCK + slot * SLOT;
            flash.program(offset as u32, &file[..file.len().min(SLOT)]);
        }
    }
    Ok(flash)
}
