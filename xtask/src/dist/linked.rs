//! What is linked into the libraries: its licences, and a list of it (SBOM) in CycloneDX's JSON.
//!
//! Only a few of the format's fields are needed, so no library of its own is.

use crate::{
    c_library,
    process::{cargo, read, root},
};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Files of a package that begin so are licences.
const LICENCE_FILES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

/// What `cargo metadata` prints.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Debug, Clone, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    manifest_path: PathBuf,
    source: Option<String>,
    targets: Vec<Target>,
}

#[derive(Debug, Clone, Deserialize)]
struct Target {
    kind: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
    root: String,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Debug, Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

/// A package and what it needs, directly or not.
#[derive(Debug)]
struct Graph {
    root: Package,
    packages: BTreeMap<String, Package>,
    /// Which package needs which.
    needs: BTreeMap<String, BTreeSet<String>>,
}

/// The packages that are linked into the libraries.
#[derive(Debug)]
pub(super) struct Linked {
    graph: Graph,
    /// SHA-256 of packages by name and version, from the lock file.
    checksums: BTreeMap<(String, String), String>,
    compiler: String,
}

impl Linked {
    /// What cargo resolves for any of `targets`.
    pub(super) fn find<'a>(targets: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let directory = c_library::directory();
        let lock = directory.join("Cargo.lock");
        let lock =
            fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
        let mut found: Option<Graph> = None;
        for target in targets.into_iter().collect::<BTreeSet<_>>() {
            let mut metadata = cargo();
            metadata.current_dir(&directory).args(["metadata", "--locked", "--format-version=1"]);
            let text = read(metadata.args(["--filter-platform", target]))?;
            let metadata: Metadata = serde_json::from_str(&text).context("cargo metadata")?;
            let graph = metadata.linked()?;
            match &mut found {
                None => found = Some(graph),
                Some(all) => all.extend(graph),
            }
        }
        let graph = found.context("no targets")?;
        let compiler = read(Command::new("rustc").arg("--version"))?;
        Ok(Self { graph, checksums: checksums(&lock), compiler })
    }

    /// The version of the library.
    pub(super) fn version(&self) -> &str {
        &self.graph.root.version
    }

    /// Where the project is, if `mild-c/Cargo.toml` says so.
    pub(super) fn repository(&self) -> Option<&str> {
        self.graph.root.repository.as_deref()
    }

    /// The list, as CycloneDX 1.5.
    pub(super) fn sbom(&self) -> Result<String> {
        let components: Vec<Value> =
            self.graph.packages.values().map(|package| self.component(package)).collect();
        let mut dependencies: Vec<Value> = Vec::new();
        for (package, needed) in &self.graph.needs {
            let name = |id: &String| self.graph.packages.get(id).map(purl);
            let own = if *package == self.graph.root.id {
                Some(purl(&self.graph.root))
            } else {
                name(package)
            };
            let own = own.with_context(|| format!("no package {package}"))?;
            let needed: Vec<String> = needed.iter().filter_map(name).collect();
            dependencies.push(json!({ "ref": own, "dependsOn": needed }));
        }
        let document = json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {
                "component": self.component(&self.graph.root),
                "properties": [{ "name": "mild:compiler", "value": self.compiler }],
            },
            "components": components,
            "dependencies": dependencies,
        });
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }

    fn component(&self, package: &Package) -> Value {
        let mut component = json!({
            "type": "library",
            "bom-ref": purl(package),
            "name": package.name,
            "version": package.version,
        });
        if let Some(license) = &package.license {
            // Older packages write a slash for `OR`, which is not an expression of SPDX.
            let expression = license.replace('/', " OR ");
            component["licenses"] = json!([{ "expression": expression }]);
        }
        if package.source.is_some() {
            component["purl"] = json!(purl(package));
        }
        if let Some(checksum) = self.checksums.get(&(package.name.clone(), package.version.clone()))
        {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        component
    }

    /// The licences of all packages but our own, texts that are equal only once.
    pub(super) fn licences(&self) -> Result<String> {
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut summary = String::new();
        for package in self.graph.packages.values().filter(|package| package.source.is_some()) {
            let name = format!("{} {}", package.name, package.version);
            let license = package.license.as_deref().unwrap_or("no licence named");
            summary.push_str(&format!("{name}: {license}\n"));
            let directory = package.manifest_path.parent().unwrap_or(Path::new("."));
            for (file, text) in licence_files(directory)? {
                texts.entry(text).or_default().push(format!("{name}, {file}"));
            }
        }
        ensure!(!texts.is_empty(), "no package has a file with its licence");
        let mut all = format!(
            "What is linked into the libraries besides mild itself, which LICENSE-MIT and LICENSE-APACHE are \
             for.\n\n{summary}core and compiler_builtins of {}: MIT OR Apache-2.0\n",
            self.compiler
        );
        for (text, names) in texts {
            let rule = "-".repeat(80);
            all.push_str(&format!(
                "\n{rule}\n{}\n{rule}\n\n{}\n",
                names.join("\n"),
                text.trim_end()
            ));
        }
        Ok(all)
    }
}

impl Graph {
    fn extend(&mut self, other: Self) {
        self.packages.extend(other.packages);
        for (package, needed) in other.needs {
            self.needs.entry(package).or_default().extend(needed);
        }
    }
}

impl Metadata {
    /// The library's own package and the packages that are linked into it.
    fn linked(self) -> Result<Graph> {
        let packages: BTreeMap<String, Package> =
            self.packages.into_iter().map(|package| (package.id.clone(), package)).collect();
        let nodes: BTreeMap<String, Vec<Dependency>> =
            self.resolve.nodes.into_iter().map(|node| (node.id, node.deps)).collect();
        let root = packages.get(&self.resolve.root).context("no root package")?.clone();
        let mut linked = BTreeMap::new();
        let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut waiting = vec![root.id.clone()];
        while let Some(id) = waiting.pop() {
            let needed = needs.entry(id.clone()).or_default();
            for dependency in nodes.get(&id).into_iter().flatten() {
                let package = packages.get(&dependency.pkg);
                let package = package.with_context(|| format!("no {}", dependency.pkg))?;
                // What runs in the compiler is not linked, nor what builds or tests.
                let normal = dependency.dep_kinds.iter().any(|kind| kind.kind.is_none());
                let is_macro = package
                    .targets
                    .iter()
                    .any(|target| target.kind.iter().any(|k| k == "proc-macro"));
                if !normal || is_macro {
                    continue;
                }
                needed.insert(package.id.clone());
                if linked.insert(package.id.clone(), package.clone()).is_none() {
                    waiting.push(package.id.clone());
                }
            }
        }
        Ok(Graph { root, packages: linked, needs })
    }
}

/// The address of a package, as SBOMs write it.
fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

/// SHA-256 by name and version, from a lock file.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let field = |block: &str, name: &str| {
        let value = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
        value.and_then(|value| value.strip_suffix('"')).map(str::to_owned)
    };
    lock.split("[[package]]")
        .filter_map(|block| {
            Some(((field(block, "name")?, field(block, "version")?), field(block, "checksum")?))
        })
        .collect()
}

/// The files of a package with its licence: their names and texts.
fn licence_files(directory: &Path) -> Result<Vec<(String, String)>> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_licence = LICENCE_FILES.iter().any(|start| name.to_uppercase().starts_with(start));
        if is_licence && entry.path().is_file() {
            let text = fs::read(entry.path())?;
            found.push((name, String::from_utf8_lossy(&text).replace("\r\n", "\n")));
        }
    }
    found.sort();
    Ok(found)
}

/// The licences of the project itself: names and bytes.
pub(super) fn own_licences() -> Result<Vec<(&'static str, Vec<u8>)>> {
    ["LICENSE-MIT", "LICENSE-APACHE"]
        .into_iter()
        .map(|name| {
            let bytes =
                fs::read(root().join(name)).with_context(|| format!("cannot read {name}"))?;
            Ok((name, bytes))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\nchecksum = \"ab\"\n\n\
                    [[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";
        let found = checksums(lock);
        assert_eq!(found.len(), 1);
        assert_eq!(found[&("a".to_owned(), "1.2.3".to_owned())], "ab");
    }

    #[test]
    fn what_runs_in_the_compiler_is_not_linked() {
        let package = |id: &str, kind: &str| {
            json!({ "id": id, "name": id, "version": "1.0.0", "license": "MIT", "repository": null,
                    "manifest_path": "/x/Cargo.toml", "source": "registry", "targets": [{ "kind": [kind] }] })
        };
        let needs = |id: &str, kind: Value| json!({ "pkg": id, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [package("own", "staticlib"), package("a", "lib"), package("b", "lib"),
                         package("derive", "proc-macro"), package("build", "lib")],
            "resolve": { "root": "own", "nodes": [
                { "id": "own", "deps": [needs("a", Value::Null), needs("build", json!("build"))] },
                { "id": "a", "deps": [needs("b", Value::Null), needs("derive", Value::Null)] },
            ] },
        });
        let metadata: Metadata = serde_json::from_value(metadata).unwrap();
        let graph = metadata.linked().unwrap();
        assert_eq!(graph.root.id, "own");
        assert_eq!(graph.packages.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(graph.needs["a"].iter().collect::<Vec<_>>(), ["b"]);
    }
}
