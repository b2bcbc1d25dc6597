//! What is in each archive.

use super::{
    archive::{self, Contents},
    libraries::{LIBRARIES, Libraries},
    linked::{self, Linked},
    wine,
};
use crate::{c_library, process::target_dir, toolchain::Toolchains};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The ecosystems, as their folders in `mild-c/packages` are called, each with the folder that is in
/// its archive. ESP-IDF calls a component like its folder.
pub(super) const ECOSYSTEMS: [(&str, &str); 5] = [
    ("c", "mild"),
    ("arduino", "Mild"),
    ("zephyr", "mild"),
    ("esp-idf", "mild"),
    ("platformio", "mild"),
];

/// Where Arduino's builder looks for a library: `build.mcu`, and below it `fpu-float-abi`, if the
/// board's compiler gets either.
pub(super) const ARDUINO: [(&str, &str); 13] = [
    ("cortex-m0", "cortex-m0"),
    ("cortex-m0plus", "cortex-m0"),
    ("cortex-m3", "cortex-m3"),
    ("cortex-m4", "cortex-m4"),
    ("cortex-m4/fpv4-sp-d16-softfp", "cortex-m4"),
    ("cortex-m4/fpv4-sp-d16-hard", "cortex-m4-hard"),
    ("cortex-m7/fpv5-d16-softfp", "cortex-m4"),
    ("cortex-m7/fpv5-d16-hard", "cortex-m4-hard"),
    ("cortex-m33", "cortex-m33"),
    ("cortex-m33/fpv5-sp-d16-hard", "cortex-m33-hard"),
    ("esp32c3", "rv32imc"),
    ("esp32c6", "rv32imac"),
    ("esp32h2", "rv32imac"),
];

/// The list of checksums beside the archives.
pub(super) const CHECKSUMS: &str = "SHA256SUMS";

/// An archive that was made.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its ecosystem.
    pub(super) ecosystem: &'static str,
    /// The archive.
    pub(crate) archive: PathBuf,
    /// The library's version.
    pub(super) version: String,
    /// Whether the project says where it is.
    pub(super) has_url: bool,
}

/// What the placeholders in the files of `mild-c/packages` stand for.
struct Placeholders {
    version: String,
    host: String,
    url: Option<String>,
    cores: String,
    example: String,
}

impl Placeholders {
    /// The text with every placeholder replaced. A line with an address that there is not is left
    /// out.
    fn replace(&self, text: &str) -> String {
        let lines = text.split_inclusive('\n');
        let kept: String =
            lines.filter(|line| self.url.is_some() || !line.contains("@URL@")).collect();
        kept.replace("@VERSION@", &self.version)
            .replace("@HOST@", &self.host)
            .replace("@URL@", self.url.as_deref().unwrap_or_default())
            .replace("@CORES@", self.cores.trim_end())
            .replace("@EXAMPLE@", &self.example)
    }
}

/// Makes all archives anew in `target/dist`, with their checksums. `mild` is the program.
pub(crate) fn make(mild: &Path, toolchains: &mut Toolchains) -> Result<Vec<Package>> {
    let directory = target_dir().join("dist");
    fs::create_dir_all(&directory)?;
    let libraries = Libraries::build(toolchains)?;
    let targets = LIBRARIES.iter().map(|library| library.target);
    let linked = Linked::find(targets.chain([libraries.host.as_str()]))?;
    let version = linked.version().to_owned();
    // One that is forgotten at a release is noticed here.
    ensure!(
        version == env!("CARGO_PKG_VERSION"),
        "mild-c/Cargo.toml has the version {version}, the workspace {}",
        env!("CARGO_PKG_VERSION")
    );
    let sources = c_library::directory().join("packages");
    let example = fs::read_to_string(sources.join("c/examples/decide.c"))?;
    let placeholders = Placeholders {
        version: version.clone(),
        host: libraries.host.clone(),
        url: linked.repository().map(str::to_owned),
        cores: cores(&libraries.host),
        example: format!("```c\n{}```", example.trim_end().to_owned() + "\n"),
    };
    let mut shared = linked::own_licences()?;
    shared.push(("THIRD-PARTY-LICENSES.txt", linked.licences()?.into_bytes()));
    shared.push(("sbom.cdx.json", linked.sbom()?.into_bytes()));
    let rejector = wine::export(mild, &wine::words(), &directory.join("rejector"))?;

    let mut packages = Vec::new();
    let mut checksums = String::new();
    for (ecosystem, folder) in ECOSYSTEMS {
        let mut contents = Contents::new(folder);
        for (path, bytes) in files(&sources.join(ecosystem))? {
            let text = String::from_utf8(bytes).with_context(|| format!("{path} is no text"))?;
            contents.add(path, placeholders.replace(&text));
        }
        for (name, bytes) in &shared {
            contents.add(*name, bytes.as_slice());
        }
        let header = fs::read(c_library::directory().join("include/mild.h"))?;
        let include = if ecosystem == "arduino" { "src" } else { "include" };
        contents.add(format!("{include}/mild.h"), header);
        for (path, library) in places(ecosystem, &libraries)? {
            contents.add(format!("{path}/libmild.a"), library);
        }
        let example = example_folder(ecosystem);
        let adc = ["adc.h", "adc.c"].map(|name| sources.join("common").join(name));
        let adc = if is_sketch(ecosystem) { &[][..] } else { &adc };
        for file in rejector.iter().chain(adc) {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let bytes = fs::read(file).with_context(|| format!("no {}", file.display()))?;
            contents.add(format!("{example}/{name}"), bytes);
        }
        if ecosystem == "platformio" {
            let sketch = sources.join("arduino/examples/WineNode/WineNode.ino");
            let sketch = fs::read_to_string(sketch)?;
            contents.add(format!("{example}/main.cpp"), format!("#include <Arduino.h>\n{sketch}"));
        }
        let name = format!("mild-{ecosystem}-{version}.zip");
        let archive = directory.join(&name);
        contents.write(&archive)?;
        checksums.push_str(&format!("{}  {name}\n", archive::sha256(&archive)?));
        packages.push(Package {
            ecosystem,
            archive,
            version: version.clone(),
            has_url: placeholders.url.is_some(),
        });
    }
    archive::write(&directory.join(CHECKSUMS), checksums.as_bytes())?;
    if placeholders.url.is_none() {
        println!(
            "mild-c/Cargo.toml names no repository: the manifests have no address, which the indexes of Arduino \
             and ESP-IDF ask for"
        );
    }
    Ok(packages)
}

/// Whether the example of an ecosystem is a sketch, which has its readings itself.
fn is_sketch(ecosystem: &str) -> bool {
    matches!(ecosystem, "arduino" | "platformio")
}

/// Where the image of the example goes.
pub(super) fn example_folder(ecosystem: &str) -> &'static str {
    match ecosystem {
        "arduino" => "examples/WineNode",
        "zephyr" => "samples/wine/src",
        "esp-idf" => "examples/wine/main",
        "platformio" => "examples/wine/src",
        _ => "examples",
    }
}

/// The folders of libraries, and these.
fn places<'a>(ecosystem: &str, libraries: &'a Libraries) -> Result<Vec<(String, &'a [u8])>> {
    if ecosystem == "arduino" {
        return ARDUINO
            .iter()
            .map(|(folder, library)| Ok((format!("src/{folder}"), libraries.get(library)?)))
            .collect();
    }
    let wanted = |name: &str| match ecosystem {
        "c" => true,
        "esp-idf" => name.starts_with("rv32"),
        _ => name != libraries.host,
    };
    let all = libraries.all().filter(|(name, _)| wanted(name));
    Ok(all.map(|(name, library)| (format!("lib/{name}"), library)).collect())
}

/// The table of the libraries for the page of the C package.
fn cores(host: &str) -> String {
    let mut rows: String =
        LIBRARIES.iter().map(|one| format!("| `{}` | {} |\n", one.name, one.cores)).collect();
    rows.push_str(&format!("| `{host}` | programs of such a host |\n"));
    rows
}

/// All files below a folder, with their paths in it.
fn files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        let entries = fs::read_dir(&directory)
            .with_context(|| format!("cannot read {}", directory.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                found.push((name, fs::read(&path)?));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_and_lines_without_an_address_are_left_out() {
        let mut placeholders = Placeholders {
            version: "1.2.3".into(),
            host: "x".into(),
            url: None,
            cores: String::new(),
            example: String::new(),
        };
        let text = "version=@VERSION@\nurl=@URL@\nend";
        assert_eq!(placeholders.replace(text), "version=1.2.3\nend");
        placeholders.url = Some("https://y".into());
        assert_eq!(placeholders.replace(text), "version=1.2.3\nurl=https://y\nend");
    }

    #[test]
    fn no_file_of_the_packages_has_another_placeholder() {
        let known = ["@VERSION@", "@HOST@", "@URL@", "@CORES@", "@EXAMPLE@"];
        for (name, bytes) in files(&c_library::directory().join("packages")).unwrap() {
            let mut text = String::from_utf8(bytes).unwrap();
            for placeholder in known {
                text = text.replace(placeholder, "");
            }
            assert!(!text.contains('@'), "{name}");
        }
    }
}
