//! The images that devices are tested with: synthetic ones, each hard in its own way, and those
//! that the trainer makes.

use crate::{
    process::{root, run, target_dir},
    programs,
};
use anyhow::{Context, Result};
use mild_test_support::images::Synthetic;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

/// Golden vectors for each image, at least.
const VECTORS: u32 = 10_000;

/// Real logs whose rejectors are tested, where they are: letters and digits, which take networks
/// with hidden layers; both train in seconds.
const LOGS: [&str; 2] = ["letter", "mnist-specialists-3"];

/// Whether this run of the tests has made the images.
static MADE: AtomicBool = AtomicBool::new(false);

/// From now on the images that are there are those to test with.
pub(crate) fn use_made() {
    MADE.store(true, Ordering::Relaxed);
}

/// The folder of real logs; it may not be there.
pub(crate) fn logs() -> PathBuf {
    env::var_os("MILD_DATA").map_or_else(|| root().join("../shared/data"), Into::into)
}

/// Makes all images anew, each in a directory with rejector.mild and vectors.bin: their names, and
/// the directories or why there is none.
pub(crate) fn all() -> Result<Vec<(&'static str, Result<PathBuf>)>> {
    let directory = emptied("device/images")?;
    let trainer = programs::mild()?;
    let mut images = Vec::new();
    for (seed, synthetic) in Synthetic::all() {
        let image = write(synthetic, seed, &directory)?;
        export(&trainer, &image, None)?;
        images.push((synthetic.name, Ok(image)));
    }
    let logs = logs();
    if LOGS.iter().any(|name| logs.join(name).is_dir()) {
        for name in LOGS {
            let trained =
                train(&trainer, &logs.join(name).join("mild.toml"), &directory.join(name));
            images.push((name, trained));
        }
    } else {
        println!("no real logs in {} (MILD_DATA): the demonstration's instead", logs.display());
        images.push(("demo", demo(&trainer, &directory.join("demo"))));
    }
    Ok(images)
}

/// The directories of all images: made anew, unless this run of the tests has made them. For each that
/// cannot be made, `failed` is told its name and why.
pub(crate) fn fresh(mut failed: impl FnMut(&str, &anyhow::Error)) -> Result<Vec<PathBuf>> {
    if MADE.load(Ordering::Relaxed) {
        return present();
    }
    let mut images = Vec::new();
    for (name, made) in all()? {
        match made {
            Ok(image) => images.push(image),
            Err(error) => failed(name, &error),
        }
    }
    Ok(images)
}

/// The images of the last [`all`], made now if there are none.
pub(crate) fn present() -> Result<Vec<PathBuf>> {
    let directory = target_dir().join("device/images");
    if !directory.is_dir() {
        return all()?.into_iter().map(|(_, image)| image).collect();
    }
    let mut images = Vec::new();
    for entry in fs::read_dir(&directory)? {
        images.push(entry?.path());
    }
    images.sort();
    Ok(images)
}

/// A quick training on a log.
pub(crate) fn train(trainer: &Path, config: &Path, directory: &Path) -> Result<PathBuf> {
    let mut command = Command::new(trainer);
    command.arg("train").arg(config).args(["--effort", "quick", "--quiet", "--out"]);
    run(command.arg(directory))?;
    export(trainer, directory, Some(config))?;
    Ok(directory.to_path_buf())
}

/// The demonstration's training.
fn demo(trainer: &Path, directory: &Path) -> Result<PathBuf> {
    run(Command::new(trainer).args(["demo", "--quiet", "--out"]).arg(directory))?;
    export(trainer, directory, Some(&directory.join("wine.toml")))?;
    Ok(directory.to_path_buf())
}

/// Makes one of the synthetic images, without vectors, and returns its directory.
pub(crate) fn synthetic(name: &str) -> Result<PathBuf> {
    let (seed, image) = Synthetic::all()
        .find(|(_, image)| image.name == name)
        .with_context(|| format!("no synthetic image {name}"))?;
    write(image, seed, &target_dir().join("device/synthetic"))
}

/// An empty directory of this name.
fn emptied(name: &str) -> Result<PathBuf> {
    let directory = target_dir().join(name);
    // What an earlier run left behind must not be taken for this one's.
    if directory.exists() {
        fs::remove_dir_all(&directory)
            .with_context(|| format!("cannot remove {}", directory.display()))?;
    }
    Ok(directory)
}

/// Writes the vectors of the image in `directory`, from a log as far as there is one.
pub(crate) fn export(trainer: &Path, directory: &Path, config: Option<&Path>) -> Result<()> {
    let mut command = Command::new(trainer);
    command.arg("export").arg(directory.join("rejector.mild"));
    command.args(["--format", "vectors", "--rows", &VECTORS.to_string()]);
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    run(command.arg("--out").arg(directory.join("vectors.bin")))
}

/// Writes a synthetic image into a directory of its name, which is returned.
fn write(image: &Synthetic, seed: u64, directory: &Path) -> Result<PathBuf> {
    let directory = directory.join(image.name);
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let path = directory.join("rejector.mild");
    let bytes = image.parts(seed).to_bytes().with_context(|| format!("image {}", image.name))?;
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mild::Image;
    use mild_test_support::images::SYNTHETIC;

    #[test]
    fn every_synthetic_image_can_be_written_and_read() {
        for (seed, synthetic) in Synthetic::all() {
            let words = synthetic.parts(seed).to_words().unwrap();
            let image = Image::from_words(&words).unwrap();
            assert_eq!(image.layers() + 1, synthetic.widths.len());
            // The smallest board has a slot of 128 KiB and room for 768 words of scratch.
            assert!(words.len() * 4 <= 128 * 1024 && image.scratch_words() <= 768);
        }
    }

    #[test]
    fn the_images_have_every_number_of_experts_and_every_width_up_to_eight() {
        let last = |image: &Synthetic| image.widths.last().copied();
        for experts in 2..=8 {
            assert!(SYNTHETIC.iter().any(|image| last(image) == Some(experts)), "{experts}");
        }
        for width in 1..=8 {
            let hidden =
                |image: &Synthetic| image.widths[1..image.widths.len() - 1].contains(&width);
            assert!(SYNTHETIC.iter().any(hidden), "{width}");
        }
    }
}
