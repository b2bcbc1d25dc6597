//! Bytes that may be an image: refused, or good for every input.
//!
//! The first byte says how the others are read: see `fuzz/README.md`.

#![no_main]

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mild::{Image, ImageError};
use mild_fuzz::{edit, generate, hold};
use mild_test_support::checksum::seal;

fuzz_target!(|data: &[u8]| {
    // Bytes that do not suffice for a case are no finding.
    let _ = run(data);
});

fn run(data: &[u8]) -> Result<()> {
    let Some((&mode, rest)) = data.split_first() else { return Ok(()) };
    match mode % 4 {
        0 => {
            unsealed(rest);
            Ok(())
        }
        1 => words(&edit::sealed(rest), &mut Unstructured::new(rest)),
        2 => {
            let mut u = Unstructured::new(rest);
            let mut image = valid(&mut u)?;
            edit::edit(&mut u, &mut image)?;
            seal(&mut image);
            words(&image, &mut u)
        }
        _ => {
            let mut u = Unstructured::new(rest);
            let mut image = valid(&mut u)?;
            edit::burst(&mut u, &mut image)?;
            assert!(Image::from_words(&image).is_err(), "damage that no check notices");
            Ok(())
        }
    }
}

fn valid(u: &mut Unstructured<'_>) -> Result<Vec<u32>> {
    let mut parts = generate::parts(u)?;
    if u.ratio(1, 3)? {
        parts.platt_scaling = Some(generate::platt_scaling(u, parts.experts.len())?);
    }
    Ok(parts.to_words().expect("parts within the bounds of the format"))
}

/// Bytes as they come, at every alignment.
fn unsealed(bytes: &[u8]) {
    let mut room = vec![0u32; bytes.len() / 4 + 2];
    for shift in 0..4 {
        // A slice of words starts at a multiple of four.
        let all: &mut [u8] = bytes_of(&mut room);
        let slot = &mut all[shift..shift + bytes.len()];
        slot.copy_from_slice(bytes);
        let found = Image::from_bytes(slot).map(|_| ());
        let prefix = Image::from_prefix(slot);
        if shift > 0 {
            assert_eq!(found, Err(ImageError::Misaligned));
            assert!(prefix.is_err());
            continue;
        }
        if let Ok((image, length)) = prefix {
            assert_eq!(image.bytes(), &bytes[..length]);
            let _ = hold::on_every_input(&image, &mut Unstructured::new(bytes));
        }
        if found.is_ok() {
            assert!(prefix.is_ok());
        }
    }
}

fn bytes_of(words: &mut [u32]) -> &mut [u8] {
    bytemuck::cast_slice_mut(words)
}

/// Words with a good seal: all three ways of reading agree.
fn words(words: &[u32], u: &mut Unstructured<'_>) -> Result<()> {
    let bytes: &[u8] = bytemuck::cast_slice(words);
    let found = Image::from_words(words);
    assert_eq!(found.map(|_| ()), Image::from_bytes(bytes).map(|_| ()));
    let prefix = Image::from_prefix(bytes);
    assert_eq!(found.is_ok(), prefix.is_ok());
    let Ok(image) = found else { return Ok(()) };
    assert_eq!(image.bytes(), bytes);
    hold::on_every_input(&image, u)
}
