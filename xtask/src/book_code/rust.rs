//! Blocks of Rust that are no tests of the crate, because they leave out too much.

use super::{
    blocks::Block,
    frames::{Frame, framed},
};
use crate::process::{cargo, root, run_quietly, target_dir};
use anyhow::Result;
use mild_test_support::images::with_operating_points;
use std::{fmt::Write, fs};

const MANIFEST: &str = r#"[package]
name = "book-code"
version = "0.0.0"
edition = "2024"

[dependencies]
embedded-io = "0.7"
embedded-storage = "0.3"
mild = { path = "MILD", features = ["client", "micromath", "signed", "slots"] }

[workspace]
"#;

/// What all blocks share: an image, and an error that every other becomes.
const MAIN: &str = r#"//! The blocks of the documents, each in a module.
#![allow(unused)]

const IMAGE: mild::Image<'static> = mild::include_image!("rejector.mild");

struct Any;

impl<E: core::fmt::Debug> From<E> for Any {
    fn from(_: E) -> Self {
        Self
    }
}

fn main() {}
"#;

const FIRMWARE: &str = r"
fn answer_locally() {}
fn ask(_: u8) {}
fn f(readings: [i16; 3]) -> Result<(), crate::Any> {
";

const BATCH: &str = r"
use crate::IMAGE;
fn f(readings: [i16; 3]) -> Result<(), crate::Any> {
";

const GOVERNED: &str = r"
use crate::IMAGE;
use mild::{Rejector, governor::{GovernorSettings, Rate, Track}};
static SETTINGS: GovernorSettings =
    GovernorSettings::new(-9_000, 9_000, 180, Rate::ratio(1, 10), Track::AtMost(0)).unwrap();
fn f(readings: [i16; 3]) -> Result<(), crate::Any> {
    let rejector = Rejector::new(&IMAGE);
    let mut scratch = [0; 64];
";

const POLICY: &str = r"
use crate::IMAGE;
use embedded_io::{Read, ReadReady, Write};
use mild::{Governor, Rejector, client::{Client, Clock, Input}, governor::{GovernorSettings, Watches}};
fn f<P: Read + ReadReady + Write, C: Clock>(
    client: &mut Client<'_, P, C, 3, 64>, input: Input<'_>, readings: [i16; 3],
) -> Result<(), crate::Any> {
    let rejector = Rejector::new(&IMAGE);
    let mut scratch = [0; 64];
";

const PROPOSED: &str = r"
use mild::{Governor, Reachable, Resolution, governor::Watches, policy::Scores};
fn f(governor: &mut Governor<'_, 0, Watches>, scores: Scores<'_>, reachable: Reachable) {
";

const WINDOW: &str = r"
use mild::{Reachable, Rejector, window_features::SampleError};
struct VibrationWindow;
impl VibrationWindow {
    fn new() -> Self { Self }
    fn push(&mut self, _: i16) -> Result<Option<[f32; 2]>, SampleError> { Ok(None) }
}
fn read_sensor() -> Result<i16, SampleError> { Ok(0) }
fn inputs(features: [f32; 2]) -> [f32; 3] { [features[0], features[1], 0.0] }
fn f(rejector: Rejector<'_>, reachable: Reachable) -> Result<(), crate::Any> {
    let mut scratch = [0; 64];
";

const STATISTICS: &str = r"
use mild::{Reachable, Rejector, window_features::{Statistic, Window}};
fn f(rejector: Rejector<'_>, reachable: Reachable, reading: i16) -> Result<(), crate::Any> {
    let (mut features, mut scratch) = ([0.0; 2], [0; 64]);
";

const SPECTRUM: &str = r"
use mild::window_features::{Band, Functions, SpectralStatistic, Taper, Window};
fn f(window: Window<i16, 256>) {
    let mut features = [0.0; 4];
";

const SIGNED: &str = r"
fn f(slot: &[u8], lowest_counter: u32) -> Result<(), crate::Any> {
";

const SLOTS: &str = r#"
mod release { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/release.rs")); }
use embedded_storage::nor_flash::NorFlash;
use mild::slots::{Boot, Slots};
struct Link;
impl Link {
    fn next_piece(&mut self) -> Option<&'static [u8]> { None }
}
fn f<F: NorFlash>(flash: F, mut link: Link) -> Result<(), crate::Any> where F::Error: core::fmt::Debug {
"#;

const FRAMES: &[Frame] = &[
    frame("docs/firmware-c.md", 0, "fn f() -> Result<(), crate::Any> {\n", "Ok(())\n}\n"),
    frame("docs/firmware.md", 0, FIRMWARE, "Ok(())\n}\n"),
    frame("docs/firmware.md", 1, BATCH, "Ok(())\n}\n"),
    frame("docs/firmware.md", 2, GOVERNED, "let _ = input;\nOk(())\n}\n"),
    frame("docs/policy.md", 0, POLICY, "Ok(())\n}\n"),
    frame("docs/policy.md", 1, PROPOSED, "}\n"),
    frame("docs/sensors.md", 0, WINDOW, "}\n"),
    frame("docs/sensors.md", 1, STATISTICS, "Ok(())\n}\n"),
    frame("docs/sensors.md", 2, SPECTRUM, "}\n"),
    frame("docs/signing.md", 0, SIGNED, "Ok(())\n}\n"),
    frame("docs/signing.md", 1, SLOTS, "Ok(())\n}\n"),
];

const fn frame(
    document: &'static str,
    place: usize,
    before: &'static str,
    after: &'static str,
) -> Frame {
    Frame { document, place, before, after }
}

pub(super) fn compile(blocks: &[&Block]) -> Result<()> {
    let folder = target_dir().join("book-code/rust");
    let source = folder.join("src");
    fs::create_dir_all(&source)?;
    let mild = root().display().to_string();
    fs::write(folder.join("Cargo.toml"), MANIFEST.replace("MILD", &mild))?;
    // The versions of the workspace.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    fs::write(source.join("rejector.mild"), with_operating_points().to_bytes()?)?;
    let release = "pub const PUBLIC_KEY: mild::signed::PublicKey =\n    \
                   mild::signed::PublicKey::new([7; 32]);\n";
    fs::write(source.join("release.rs"), release)?;
    let mut main = MAIN.to_owned();
    for (block, frame) in framed(blocks, FRAMES)? {
        let name = block.name();
        writeln!(main, "#[path = \"{name}.rs\"]\nmod {name};")?;
        let place = format!("// {}:{}\n", block.document, block.line);
        let code = [&place, frame.before, &block.code, frame.after].concat();
        fs::write(source.join(&name).with_extension("rs"), code)?;
    }
    fs::write(source.join("main.rs"), main)?;
    let mut check = cargo();
    check.current_dir(&folder).args(["check", "--quiet", "--offline", "--target-dir"]);
    run_quietly(check.arg(target_dir().join("book-code/target")))
}
