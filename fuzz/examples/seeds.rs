//! Writes a first corpus: `cargo run --example seeds` in `fuzz/`, from nothing but a generator of
//! random numbers.
//!
//! Without it the fuzzer spends hours on finding out what an image looks like.

use arbitrary::Unstructured;
use mild_fuzz::generate;
use std::{fs, io, path::Path};

/// Seeds for each way of reading the bytes.
const SEEDS: u64 = 24;

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let image = corpus.join("image");
    let decide = corpus.join("decide");
    fs::create_dir_all(&image)?;
    fs::create_dir_all(&decide)?;
    for seed in 0..SEEDS {
        let bytes = random(seed, 2048);
        fs::write(decide.join(format!("seed-{seed}")), &bytes)?;
        let shape: &[usize] = match seed % 4 {
            0 => &[1, 2],
            1 => &[3, 5, 2, 3],
            2 => &[9, 8, 4],
            _ => &[6, 13, 7, 5, 8],
        };
        let whole = generate::parts_of(&mut Unstructured::new(&bytes), shape)
            .ok()
            .and_then(|parts| parts.to_bytes().ok())
            .ok_or_else(|| io::Error::other("a seed that makes no image"))?;
        // As the target reads them: whole images, images without their seal, and what makes one.
        let readings = [(0u8, &whole[..]), (1, &whole[16..]), (2, &bytes[..]), (3, &bytes[..])];
        for (mode, rest) in readings {
            let mut file = vec![mode];
            file.extend(rest);
            fs::write(image.join(format!("seed-{mode}-{seed}")), file)?;
        }
    }
    println!("{} and {}: {} seeds", image.display(), decide.display(), SEEDS * 5);
    Ok(())
}

/// Numbers of the generator SplitMix64.
fn random(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::new();
    while bytes.len() < length {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend((word ^ word >> 31).to_le_bytes());
    }
    bytes
}
