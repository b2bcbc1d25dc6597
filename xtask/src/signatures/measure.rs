//! Runs of the firmware `signatures`, one for each library and core.

use super::{Figures, Row};
use crate::{
    cores::{self, Core},
    firmware::Firmware,
    parity,
    qemu::{Options, Qemu},
    toolchain::Toolchains,
};
use anyhow::{Context, Result, bail, ensure};
use mild::signed::SecretKey;
use mild_test_support::images;
use object::{Object, ObjectSection, SectionKind};
use std::{fs, path::Path};

/// The cores: the smallest, and one with UMAAL.
pub(crate) fn measured_cores() -> impl Iterator<Item = &'static Core> {
    ["m0", "m4"].into_iter().filter_map(cores::find)
}

/// The network of the signed image.
const SHAPE: [usize; 4] = [16, 32, 16, 5];

/// What takes more than ten minutes to build for the smallest core, and then does not fit it.
const TOO_LARGE: (&str, &str) = ("m0", "compact");

/// What is measured: its name, the cargo feature of the firmware, and the feature of the program
/// that has everything else.
const SUBJECTS: [(&str, &str, Option<&str>); 5] = [
    ("`SignedImage::verify`", "signed", Some("image")),
    ("salty", "salty", None),
    ("ed25519-dalek", "dalek", None),
    ("ed25519-compact, `opt_size`", "compact-small", None),
    ("ed25519-compact", "compact", None),
];

/// Writes what the firmware embeds: a signed image, the same damaged, and the public key.
pub(crate) fn write_images(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let key = SecretKey::from_seed(&[1; 32]).context("a key")?;
    let signed = key.sign(&images::of_shape(&SHAPE).to_words()?, 7)?;
    let mut damaged = signed.clone();
    let last = damaged.len() - mild::signed::TRAILER_BYTES - 1;
    damaged[last] ^= 1;
    for (name, bytes) in [
        ("signed.mild", signed.as_slice()),
        ("damaged.mild", &damaged),
        ("public.key", key.public().bytes()),
    ] {
        let path = directory.join(name);
        // The program is built anew only if it has to be.
        if fs::read(&path).is_ok_and(|before| before == bytes) {
            continue;
        }
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// All rows.
pub(crate) fn measure(
    images: &Path,
    options: &Options,
    qemu: &Qemu,
    toolchains: &mut Toolchains,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for core in measured_cores() {
        let name = core.name;
        for (implementation, feature, without) in SUBJECTS {
            if (name, feature) == TOO_LARGE {
                rows.push(Row { implementation, core: name, figures: None });
                continue;
            }
            eprintln!("{name}: {implementation}");
            let run = Run::new(core, Some(feature), images, options, qemu, toolchains)?;
            ensure!(run.accepted == (true, false), "{name}: {implementation} is wrong");
            let other = Run::new(core, without, images, options, qemu, toolchains)?;
            let figures = Some(Figures {
                instructions: run.instructions - other.instructions,
                flash_bytes: run.flash_bytes.saturating_sub(other.flash_bytes),
                stack_bytes: run.stack_bytes,
                panics: run.panics,
            });
            eprintln!("{name}: {implementation}: {figures:?}");
            rows.push(Row { implementation, core: name, figures });
        }
    }
    Ok(rows)
}

/// One program, and what came of it.
struct Run {
    instructions: f64,
    stack_bytes: usize,
    flash_bytes: u64,
    /// Whether a right and a wrong one were accepted.
    accepted: (bool, bool),
    /// Whether code that can panic is linked.
    panics: bool,
}

impl Run {
    fn new(
        core: &'static Core,
        feature: Option<&str>,
        images: &Path,
        options: &Options,
        qemu: &Qemu,
        toolchains: &mut Toolchains,
    ) -> Result<Self> {
        let firmware = Firmware { package: "signatures", core, image: Some(images) };
        let features: Vec<&str> = core.features().iter().copied().chain(feature).collect();
        let elf = firmware.build_with(&features, toolchains)?;
        let (flash_bytes, panics) = linked(&elf)?;
        let finished = qemu.run(core, &elf, options)?;
        if !finished.success() {
            let status = parity::describe_status(&finished);
            bail!("{}: {status}\n{}{}", core.name, finished.stdout, finished.stderr);
        }
        let (mut unit, mut run) = (None, None);
        for line in finished.stdout.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["clock", instructions, ticks] => {
                    unit = Some(hexadecimal(instructions)? / hexadecimal(ticks)?);
                }
                ["verify", ticks, stack, good, bad] => {
                    let unit = unit.context("no clock before the figures")?;
                    run = Some(Self {
                        instructions: hexadecimal(ticks)? * unit,
                        stack_bytes: hexadecimal(stack)? as usize,
                        flash_bytes,
                        accepted: (hexadecimal(good)? == 1.0, hexadecimal(bad)? == 1.0),
                        panics,
                    });
                }
                _ => bail!("unexpected output: {line}"),
            }
        }
        run.context("the program printed no figures")
    }
}

fn hexadecimal(word: &str) -> Result<f64> {
    let number = u32::from_str_radix(word, 16);
    Ok(f64::from(number.with_context(|| format!("expected a number, found {word}"))?))
}

/// Bytes of code and constants in a program, and whether it can panic.
fn linked(elf: &Path) -> Result<(u64, bool)> {
    let bytes = fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
    let file = object::File::parse(&*bytes)?;
    let in_flash =
        |kind| matches!(kind, SectionKind::Text | SectionKind::ReadOnlyData | SectionKind::Data);
    let size = file
        .sections()
        .filter(|section| in_flash(section.kind()) && section.address() + section.size() > 0)
        .map(|section| section.size())
        .sum();
    let panics = file.symbols().any(|symbol| {
        object::ObjectSymbol::name(&symbol).is_ok_and(|name| name.contains("9panicking"))
    });
    Ok((size, panics))
}
