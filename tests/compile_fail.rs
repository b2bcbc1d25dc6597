//! `include_image!`: a good image compiles and its numbers are constants; a bad one does not
//! compile, and the compiler's message says what is wrong with it.
//!
//! A small package that uses the macro is checked by `cargo` with images that this test writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mild::image::{ImageParts, InputQuantizer, LayerParts};
use mild::signed::SecretKey;
use mild_test_support::images;

struct Package {
    root: PathBuf,
}

impl Package {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(root.join("src/bin")).unwrap();
        let here = env!("CARGO_MANIFEST_DIR");
        let manifest = format!(
            "[package]\nname = \"include-image\"\nedition = \"2024\"\n\n\
             [features]\nsigned = [\"mild/signed\"]\n\n\
             [dependencies]\nmild = {{ path = {here:?} }}\n\n[workspace]\n"
        );
        fs::write(root.join("Cargo.toml"), manifest).unwrap();
        // The same versions as here, so that nothing has to be fetched.
        fs::copy(Path::new(here).join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
        Self { root }
    }

    /// Checks a program that includes `image`, if there is one, and returns what the compiler said.
    fn check(&self, name: &str, image: Option<&[u8]>, program: &str) -> Result<String, String> {
        self.check_with(&[], name, image, program)
    }

    /// The same with further arguments of `cargo check`.
    fn check_with(
        &self,
        arguments: &[&str],
        name: &str,
        image: Option<&[u8]>,
        program: &str,
    ) -> Result<String, String> {
        let path = self.root.join("src/bin").join(format!("{name}.mild"));
        match image {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => assert!(!path.exists(), "{} must not exist", path.display()),
        }
        let source = self.root.join("src/bin").join(format!("{name}.rs"));
        fs::write(source, program.replace("IMAGE_FILE", &format!("{name}.mild"))).unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["check", "--quiet", "--offline", "--bin", name])
            .args(arguments)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(text) } else { Err(text) }
    }
}

const PROGRAM: &str = r#"
    const IMAGE: mild::Image<'static> = mild::include_image!("IMAGE_FILE");
    fn main() {
        let mut scratch = [0; IMAGE.scratch_words()];
        let features = [0.0; IMAGE.inputs()];
        let decision =
            mild::Rejector::new(&IMAGE).decide(&features, mild::Reachable::ALL, &mut scratch);
        println!("{decision:?}");
    }
"#;

const CONSTANTS: &str = r#"
    static IMAGE: mild::Image<'static> = mild::include_image!("IMAGE_FILE",);
    const COPY: mild::Image<'static> = mild::include_image!("IMAGE_FILE");
    const _: () = assert!(COPY.inputs() == 3 && COPY.experts() == 3 && COPY.layers() == 3);
    const _: () = assert!(COPY.scratch_words() == 6 && COPY.macs() == 31);
    const _: [i32; 3] = [COPY.offsets()[0]; COPY.experts()];
    fn main() {
        println!("{}", IMAGE.bytes().len());
    }
"#;

#[test]
fn good_images_compile_and_bad_ones_do_not() {
    let package = Package::new("include_image");
    let good = images::small().to_bytes().unwrap();

    for (name, program) in [("good", PROGRAM), ("constants", CONSTANTS)] {
        if let Err(text) = package.check(name, Some(&good), program) {
            panic!("{name}: {text}");
        }
    }
    // Long enough for the compiler's limit on evaluation in constants to matter.
    if let Err(text) = package.check("large", Some(&large()), PROGRAM) {
        panic!("large: {text}");
    }

    let mut damaged = good.clone();
    damaged[100] ^= 4;
    let truncated = &good[..good.len() - 4];
    let partial = &good[..good.len() - 1];
    let newer = images::to_bytes(&images::edited(|words| {
        words[1] = u32::from(mild::image::FORMAT_VERSION) + 1
    }));
    let bias = images::invalid().into_iter().find(|case| case.what == "bias").unwrap();
    for (name, image, message) in [
        ("damaged", Some(&damaged[..]), "the image is damaged: its checksum does not match"),
        ("truncated", Some(truncated), "the image is truncated"),
        ("partial", Some(partial), "the image is not a whole number of 32-bit words"),
        ("empty", Some(&[]), "the image is truncated"),
        ("newer", Some(&newer), "the image has a format version that this crate does not read"),
        ("bias", Some(&images::to_bytes(&bias.words)), bias.error.message()),
        ("missing", None, "missing.mild"),
    ] {
        match package.check(name, image, PROGRAM) {
            Ok(_) => panic!("{name}: compiled"),
            Err(text) => assert!(text.contains(message), "{name}: {text}"),
        }
    }
}

#[test]
fn of_a_signed_image_the_compiler_checks_what_it_can() {
    let package = Package::new("include_signed");
    let signed =
        SecretKey::from_seed(&[1; 32]).unwrap().sign(&images::small().to_words().unwrap(), 3);
    let signed = signed.unwrap();
    let with = ["--features", "signed"];
    for program in [PROGRAM, CONSTANTS] {
        if let Err(text) = package.check_with(&with, "signed", Some(&signed), program) {
            panic!("signed: {text}");
        }
    }
    // Found by the SHA-256 alone: the checksum of the image is right.
    let other = images::with_platt_scaling().to_words().unwrap();
    let other = SecretKey::from_seed(&[1; 32]).unwrap().sign(&other, 3).unwrap();
    let exchanged = [&other[..other.len() - 112], &signed[signed.len() - 112..]].concat();
    let mut newer = signed.clone();
    newer[signed.len() - 108] = 2;
    for (name, image, message) in [
        ("signed_other", &exchanged[..], "its SHA-256 does not match"),
        ("signed_newer", &newer, "the signature has a version that this crate does not read"),
        ("signed_partly", &signed[..signed.len() - 4], "the signed image is truncated"),
        (
            "signed_twice",
            &[&signed[..], &[0; 4]].concat(),
            "bytes after the end of the signed image",
        ),
    ] {
        match package.check_with(&with, name, Some(image), PROGRAM) {
            Ok(_) => panic!("{name}: compiled"),
            Err(text) => assert!(text.contains(message), "{name}: {text}"),
        }
    }
    // Without the cargo feature nothing is passed over silently.
    match package.check("signed_without", Some(&signed), PROGRAM) {
        Ok(_) => panic!("compiled without the cargo feature"),
        Err(text) => assert!(text.contains("the cargo feature `signed`"), "{text}"),
    }
}

/// An image of some 70 KiB.
fn large() -> Vec<u8> {
    const WIDTH: usize = 256;
    let hidden = LayerParts {
        inputs: WIDTH,
        biases: vec![0; WIDTH],
        requantizers: vec![images::requantizer(10); WIDTH],
        weights: vec![1; WIDTH * WIDTH],
    };
    let last = LayerParts {
        inputs: WIDTH,
        biases: vec![0; 3],
        requantizers: vec![],
        weights: vec![-1; WIDTH * 3],
    };
    let parts = ImageParts {
        quantizers: vec![InputQuantizer { scale: 1.0, bias: 128.5 }; WIDTH],
        raw: None,
        layers: vec![hidden, last],
        ..images::small()
    };
    parts.to_bytes().unwrap()
}
