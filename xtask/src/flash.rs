//! What each part of the crate takes of a device's flash and RAM: a firmware that uses it, less one
//! that does not.

use crate::{
    cores,
    firmware::Firmware,
    table::Table,
    toolchain::{Choice, Toolchains},
};
use anyhow::{Context, Result, ensure};
use mild_test_support::images::of_shape;
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};
use std::{fs, path::Path};

/// The cores that are measured.
const CORES: [&str; 2] = ["m0", "m4"];

/// The firmware's image.
const SHAPE: &[usize] = &[16, 32, 16, 5];

/// A part of the crate, the cargo feature of the firmware that uses it, and the part below it.
struct PartOfCrate {
    name: &'static str,
    feature: &'static str,
    on_top_of: Option<&'static str>,
}

const PARTS: [PartOfCrate; 8] = [
    PartOfCrate { name: "decisions", feature: "rejector", on_top_of: None },
    PartOfCrate { name: "governor", feature: "governor", on_top_of: Some("rejector") },
    PartOfCrate { name: "client", feature: "client", on_top_of: Some("rejector") },
    PartOfCrate { name: "client with a key", feature: "key", on_top_of: Some("rejector") },
    PartOfCrate {
        name: "client with a key that encrypts",
        feature: "encrypted",
        on_top_of: Some("rejector"),
    },
    PartOfCrate { name: "window features", feature: "windows", on_top_of: None },
    PartOfCrate { name: "spectrum", feature: "spectrum", on_top_of: Some("windows") },
    PartOfCrate { name: "spectrum, micromath", feature: "micromath", on_top_of: Some("windows") },
];

/// The features of programs without an image.
const WITHOUT_IMAGE: [&str; 3] = ["windows", "spectrum", "micromath"];

/// Bytes of a linked program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Code, constants, and the initial values of variables.
    pub(crate) flash: u64,
    /// Variables.
    ram: u64,
}

impl Size {
    pub(crate) fn of(elf: &Path) -> Result<Self> {
        let bytes = fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
        let file = object::File::parse(&*bytes)?;
        let mut size = Self { flash: 0, ram: 0 };
        for section in file.sections() {
            match section.kind() {
                SectionKind::Text | SectionKind::ReadOnlyData => size.flash += section.size(),
                SectionKind::Data => {
                    size.flash += section.size();
                    size.ram += section.size();
                }
                SectionKind::UninitializedData => size.ram += section.size(),
                _ => {}
            }
        }
        Ok(size)
    }
}

/// Whether a program has code that can panic.
fn can_panic(elf: &Path) -> Result<bool> {
    let bytes = fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
    let file = object::File::parse(&*bytes)?;
    Ok(file.symbols().any(|symbol| symbol.name().is_ok_and(|name| name.contains("9panicking"))))
}

/// Measures all parts. The bytes of the image are not counted.
pub(crate) fn measure() -> Result<Table> {
    let folder = tempfile::tempdir()?;
    let image = of_shape(SHAPE).to_bytes()?;
    fs::write(folder.path().join("rejector.mild"), &image)?;
    let mut table = Table {
        columns: ["core", "part", "flash B", "RAM B"].map(str::to_owned).to_vec(),
        rows: Vec::new(),
    };
    let mut toolchains = Toolchains::new(Choice::Auto);
    for name in CORES {
        let core = cores::find(name).with_context(|| format!("no core {name}"))?;
        let firmware = Firmware { package: "size", core, image: Some(folder.path()) };
        let mut size = |feature: Option<&str>| -> Result<Size> {
            let elf = firmware.build_with(&Vec::from_iter(feature), &mut toolchains)?;
            if feature.is_some_and(|feature| WITHOUT_IMAGE.contains(&feature)) {
                ensure!(!can_panic(&elf)?, "{name}: code that can panic is linked: {feature:?}");
            }
            let mut size = Size::of(&elf)?;
            if feature.is_some_and(|feature| !WITHOUT_IMAGE.contains(&feature)) {
                size.flash = size
                    .flash
                    .checked_sub(image.len() as u64)
                    .context("the firmware is smaller than its image")?;
            }
            Ok(size)
        };
        for part in &PARTS {
            let (with, without) = (size(Some(part.feature))?, size(part.on_top_of)?);
            let less = |with: u64, without: u64| {
                with.checked_sub(without)
                    .with_context(|| format!("{} takes less than nothing", part.name))
            };
            let flash = less(with.flash, without.flash)?;
            let ram = less(with.ram, without.ram)?;
            table.rows.push(vec![
                name.to_owned(),
                part.name.to_owned(),
                flash.to_string(),
                ram.to_string(),
            ]);
        }
    }
    Ok(table)
}
