//! What the ecosystems' tools ask of a package: looked at, not tried.

use super::{archive, packages::Package};
use crate::verdict::Verdict;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{fs, path::Path};

/// In every archive.
const EVERYWHERE: [&str; 4] =
    ["LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY-LICENSES.txt", "README.md"];

/// Checks what is in an unpacked archive, and its checksum.
pub(super) fn check(package: &Package, folder: &Path) -> Vec<Verdict> {
    let manifest = || match package.ecosystem {
        "arduino" => arduino(package, folder),
        "zephyr" => zephyr(folder),
        "esp-idf" => esp_idf(package, folder),
        "platformio" => platformio(package, folder),
        _ => pkg_config(package, folder),
    };
    [
        ("checksum", checksum(package)),
        ("files", files(folder)),
        ("SBOM", sbom(folder)),
        ("manifest", manifest()),
    ]
    .into_iter()
    .map(|(check, found)| match found {
        Ok(detail) => Verdict { check, passed: Some(true), detail },
        Err(error) => Verdict::failed(check, &error),
    })
    .collect()
}

fn checksum(package: &Package) -> Result<String> {
    let directory = package.archive.parent().context("no folder")?;
    let name = package.archive.file_name().unwrap_or_default().to_string_lossy();
    let list = text(&directory.join(super::packages::CHECKSUMS))?;
    let sum = archive::sha256(&package.archive)?;
    let listed = list.lines().any(|line| line == format!("{sum}  {name}"));
    ensure!(listed, "{sum} is not in {}", super::packages::CHECKSUMS);
    Ok(sum)
}

fn files(folder: &Path) -> Result<String> {
    for name in EVERYWHERE {
        let file = folder.join(name);
        let bytes = fs::read(&file).with_context(|| format!("no {}", file.display()))?;
        ensure!(!bytes.is_empty(), "{name} is empty");
        let text = String::from_utf8_lossy(&bytes);
        ensure!(!text.contains("@VERSION@") && !text.contains("@URL@"), "{name} has a placeholder");
    }
    Ok(EVERYWHERE.join(", "))
}

/// The fields that CycloneDX asks for, and that every component is known by name, version and
/// licence.
fn sbom(folder: &Path) -> Result<String> {
    let document: Value = serde_json::from_str(&text(&folder.join("sbom.cdx.json"))?)?;
    ensure!(document["bomFormat"] == "CycloneDX", "bomFormat is {}", document["bomFormat"]);
    ensure!(document["specVersion"] == "1.5", "specVersion is {}", document["specVersion"]);
    let components = document["components"].as_array().context("no components")?;
    ensure!(components.len() > 5, "{} components", components.len());
    for one in components {
        for field in ["type", "name", "version", "bom-ref", "licenses"] {
            ensure!(!one[field].is_null(), "a component without {field}: {one}");
        }
        // The crate itself comes from this repository.
        let own = one["name"] == "mild";
        ensure!(own || !one["hashes"].is_null(), "a component without a checksum: {one}");
    }
    Ok(format!("{} components", components.len()))
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The value of a line `key=value` or `key: value`, without quotes.
fn field(text: &str, key: &str, separator: char) -> Option<String> {
    let value = text.lines().find_map(|line| {
        let (name, value) = line.split_once(separator)?;
        (name.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
    });
    value.filter(|value| !value.is_empty())
}

fn required(text: &str, keys: &[&str], separator: char) -> Result<()> {
    for key in keys {
        field(text, key, separator).with_context(|| format!("no value for {key}"))?;
    }
    Ok(())
}

fn has_version(package: &Package, found: Option<&str>) -> Result<()> {
    ensure!(
        found == Some(package.version.as_str()),
        "the version is {found:?}, expected {}",
        package.version
    );
    Ok(())
}

fn pkg_config(package: &Package, folder: &Path) -> Result<String> {
    let manifest = text(&folder.join("lib/pkgconfig/mild.pc"))?;
    required(&manifest, &["Name", "Description", "Version", "Cflags", "Libs"], ':')?;
    has_version(package, field(&manifest, "Version", ':').as_deref())?;
    Ok("mild.pc".to_owned())
}

/// Arduino's specification of libraries, but for `url` where there is none yet.
fn arduino(package: &Package, folder: &Path) -> Result<String> {
    let manifest = text(&folder.join("library.properties"))?;
    let keys = ["name", "version", "author", "maintainer", "sentence", "paragraph", "category"];
    required(&manifest, &keys, '=')?;
    required(&manifest, &["architectures", "includes", "precompiled", "ldflags"], '=')?;
    ensure!(!package.has_url || field(&manifest, "url", '=').is_some(), "no url");
    has_version(package, field(&manifest, "version", '=').as_deref())?;
    ensure!(folder.join("src/mild.h").is_file(), "no src/mild.h");
    Ok("library.properties".to_owned())
}

fn zephyr(folder: &Path) -> Result<String> {
    let manifest = text(&folder.join("zephyr/module.yml"))?;
    required(&manifest, &["name", "cmake", "kconfig"], ':')?;
    let cmake = field(&manifest, "cmake", ':').context("no cmake")?;
    let kconfig = field(&manifest, "kconfig", ':').context("no kconfig")?;
    for file in [format!("{cmake}/CMakeLists.txt"), kconfig] {
        ensure!(folder.join(&file).is_file(), "module.yml names {file}, which is not there");
    }
    let options = text(&folder.join("zephyr/Kconfig"))?;
    ensure!(options.lines().any(|line| line == "config MILD"), "no option MILD in Kconfig");
    Ok("module.yml, Kconfig".to_owned())
}

fn esp_idf(package: &Package, folder: &Path) -> Result<String> {
    let manifest = text(&folder.join("idf_component.yml"))?;
    required(&manifest, &["version", "description", "license", "idf"], ':')?;
    ensure!(!package.has_url || field(&manifest, "url", ':').is_some(), "no url");
    has_version(package, field(&manifest, "version", ':').as_deref())?;
    Ok("idf_component.yml".to_owned())
}

fn platformio(package: &Package, folder: &Path) -> Result<String> {
    let manifest: Value = serde_json::from_str(&text(&folder.join("library.json"))?)?;
    for key in ["name", "version", "description", "license", "build"] {
        ensure!(!manifest[key].is_null(), "no value for {key}");
    }
    has_version(package, manifest["version"].as_str())?;
    let script = manifest["build"]["extraScript"].as_str().context("no extraScript")?;
    ensure!(folder.join(script).is_file(), "no {script}");
    for example in manifest["examples"].as_array().context("no examples")? {
        let base = folder.join(example["base"].as_str().context("no base")?);
        for file in example["files"].as_array().context("no files")? {
            let file = base.join(file.as_str().context("no file")?);
            ensure!(file.is_file(), "no {}", file.display());
        }
    }
    Ok("library.json".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name_and_must_have_a_value() {
        let text = "name=Mild\nversion=1.2.3\nempty=\n  idf: \">=5.0\"\n";
        assert_eq!(field(text, "version", '=').as_deref(), Some("1.2.3"));
        assert_eq!(field(text, "idf", ':').as_deref(), Some(">=5.0"));
        assert!(required(text, &["name"], '=').is_ok());
        for missing in ["empty", "ame", "nothing"] {
            assert!(required(text, &[missing], '=').is_err(), "{missing}");
        }
    }
}
