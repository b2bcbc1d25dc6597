//! What it takes a device to write a request and to read its reply, in clear, signed and encrypted.

use crate::{
    cores,
    firmware::Firmware,
    flash::Size,
    parity,
    qemu::{Options, Qemu},
    table::Table,
    toolchain::{Choice, Toolchains},
};
use anyhow::{Context, Result, bail};
use std::time::Duration;

/// The smallest core, and a common one.
const CORES: [&str; 2] = ["m0", "m4"];

/// How frames are sealed, and the cargo feature of the firmware. The first is what the flash of all
/// is compared with. The one in clear has the code that signs, too: whether there is a key is known
/// at run time.
const SEALS: [(&str, Option<&str>); 5] = [
    ("signed", Some("signed")),
    ("in clear", None),
    ("encrypted", Some("encrypted")),
    ("Ascon-AEAD128 in place of both", Some("ascon")),
    ("ChaCha20-Poly1305 in place of both", Some("chacha20-poly1305")),
];

/// What a program reports.
#[derive(Debug, Clone, PartialEq)]
struct Report {
    /// Instructions of a request, of a reply, and of making the key.
    instructions: [f64; 3],
    /// Bytes of a request, of a reply, of a key, and of stack.
    bytes: [u32; 4],
}

/// Runs the firmware `frames` on each core.
pub(crate) fn measure() -> Result<Table> {
    let mut table = Table::new([
        "frames",
        "core",
        "request",
        "reply",
        "key",
        "request B",
        "reply B",
        "flash B",
        "key B",
        "stack B",
    ]);
    let mut toolchains = Toolchains::new(Choice::Auto);
    for name in CORES {
        let core = cores::find(name).with_context(|| format!("no core {name}"))?;
        let mut signed = None;
        for (seal, feature) in SEALS {
            let features: Vec<&str> = core.features().iter().copied().chain(feature).collect();
            let elf = Firmware { package: "frames", core, image: None }
                .build_with(&features, &mut toolchains)?;
            let flash = i64::try_from(Size::of(&elf)?.flash)?;
            let more = flash - *signed.get_or_insert(flash);
            let folder = tempfile::tempdir()?;
            let options = Options {
                directory: folder.path().to_path_buf(),
                limit: Duration::from_secs(120),
                icount: Some(0),
                slot: None,
            };
            let run = Qemu::find([core])?.run(core, &elf, &options)?;
            if !run.success() {
                bail!("{name}: {}\n{}{}", parity::describe_status(&run), run.stdout, run.stderr);
            }
            let Report { instructions, bytes } =
                report(&run.stdout).with_context(|| format!("{name}, {seal}"))?;
            let [request, reply, key] = instructions.map(|count| format!("{count:.0}"));
            let [request_bytes, reply_bytes, key_bytes, stack] = bytes.map(|size| size.to_string());
            table.push([
                seal.to_owned(),
                name.to_owned(),
                request,
                reply,
                key,
                request_bytes,
                reply_bytes,
                more.to_string(),
                key_bytes,
                stack,
            ]);
        }
    }
    Ok(table)
}

/// Reads what the program printed.
fn report(stdout: &str) -> Result<Report> {
    let mut unit = None;
    for line in stdout.lines() {
        let mut words = line.split_whitespace();
        let name = words.next();
        let numbers = words
            .map(|word| u32::from_str_radix(word, 16).with_context(|| format!("found {word}")))
            .collect::<Result<Vec<u32>>>()?;
        match (name, numbers.as_slice()) {
            (Some("clock"), &[instructions, ticks]) => {
                unit = Some(f64::from(instructions) / f64::from(ticks));
            }
            (Some("frames"), &[repeats, request, reply, key, a, b, c, d]) => {
                let unit = unit.context("no clock before the figures")?;
                let each = |ticks| f64::from(ticks) * unit / f64::from(repeats);
                let instructions = [request, reply, key].map(each);
                return Ok(Report { instructions, bytes: [a, b, c, d] });
            }
            _ => bail!("unexpected output: {line}"),
        }
    }
    bail!("the program printed no figures")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_instructions() {
        let text = "clock 000003e8 0000000a\nframes 2 4 6 8 3a 1f 20 100\n";
        let expected = Report { instructions: [200.0, 300.0, 400.0], bytes: [58, 31, 32, 256] };
        assert_eq!(report(text).unwrap(), expected);
        for wrong in ["frames 1 1 1 1 1 1 1 1", "clock 1 x", "clock 1 1", "panicked"] {
            assert!(report(wrong).is_err(), "{wrong}");
        }
    }
}
