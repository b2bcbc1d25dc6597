//! The import graph of a crate, read from its sources.
//!
//! It resolves the paths that begin with `crate`, `super` or `self`, in `use` items and elsewhere.
//! A name that a `mod.rs` re-exports counts as an import of the file that defines it. Test modules
//! are exempt: a test may use what comes later.

use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::fs;
use std::path::Path;
use std::prelude::rust_2024::*;
use std::{borrow::ToOwned, vec};

/// The path of a module.
pub type Module = Vec<String>;

/// The source of one module without comments, strings and test code, and what it re-exports.
struct Source {
    tokens: Vec<String>,
    /// Name seen from outside -> path inside the crate.
    exports: BTreeMap<String, Vec<String>>,
}

/// The import graph of a crate.
pub struct ImportGraph {
    sources: BTreeMap<Module, Source>,
}

/// Identifiers, `::` and single characters of punctuation.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            let escaped = |at: usize| rest[..at].chars().rev().take_while(|&c| c == '\\').count();
            let ends = rest.match_indices('"').skip(1).map(|(at, _)| at);
            ends.into_iter().find(|&at| escaped(at) % 2 == 0).map_or(rest.len(), |at| at + 1)
        } else if rest.starts_with("'\"'") {
            3
        } else if first.is_alphanumeric() || first == '_' {
            let word = |c: char| !(c.is_alphanumeric() || c == '_');
            let length = rest.find(word).unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The tokens without items under `#[cfg(test)]`, and the names of the test modules that have a
/// file of their own.
fn without_tests(tokens: &[String]) -> (Vec<String>, Vec<String>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut files) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].iter().zip(MARK).all(|(token, mark)| token == mark)
            || tokens.len() - at < MARK.len()
        {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += MARK.len();
        if let Some(index) = tokens[at..].iter().take(4).position(|token| token == "mod")
            && tokens.get(at + index + 2).is_some_and(|token| token == ";")
        {
            files.push(tokens[at + index + 1].clone());
        }
        // To the end of the item: a semicolon, or the brace that closes its first one.
        let mut depth = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 && (token == ";" || token == "}") {
                break;
            }
        }
    }
    (kept, files)
}

/// All paths that a group like `a::{b, c::d}` names, from its first token on, and the token after
/// it.
fn expand(tokens: &[String], mut at: usize, prefix: &[String]) -> (Vec<Vec<String>>, usize) {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                let mut all = Vec::new();
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    if tokens[at] == "," {
                        at += 1;
                        continue;
                    }
                    let (paths, next) = expand(tokens, at, &path);
                    all.extend(paths);
                    at = next.max(at + 1);
                }
                return (all, at + 1);
            }
            Some(word) if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                path.push(word.to_owned());
                at += 1;
            }
            _ => return (vec![path], at),
        }
        match tokens.get(at).map(String::as_str) {
            Some("::") => at += 1,
            Some("as") => {
                // The name outside is the one after `as`; the path is what counts here.
                return (vec![path], at + 2);
            }
            _ => return (vec![path], at),
        }
    }
}

fn read(folder: &Path, module: &[String], sources: &mut BTreeMap<Module, Source>) {
    let mut tests = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a folder of the crate") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        if path.is_dir() {
            let inner: Module = module.iter().cloned().chain([stem]).collect();
            read(&path, &inner, sources);
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        let own: Module = match stem.as_str() {
            "mod" | "lib" | "main" => module.to_vec(),
            _ => module.iter().cloned().chain([stem.clone()]).collect(),
        };
        // The program of a library imports it as any other program does.
        if stem == "main" && folder.join("lib.rs").exists() {
            continue;
        }
        let (tokens, test_files) = without_tests(&tokens(&text));
        tests.extend(test_files.into_iter().map(|name| [own.clone(), vec![name]].concat()));
        sources.insert(own, Source { tokens, exports: BTreeMap::new() });
    }
    sources.retain(|module, _| !tests.contains(module));
}

impl ImportGraph {
    fn new(sources: BTreeMap<Module, Source>) -> Self {
        let mut all = Self { sources };
        let exports: Vec<(Module, BTreeMap<String, Vec<String>>)> =
            all.sources.keys().map(|module| (module.clone(), all.exports(module))).collect();
        for (module, exports) in exports {
            all.sources.get_mut(&module).expect("known").exports = exports;
        }
        all
    }

    /// The graph of the sources in a folder.
    ///
    /// # Panics
    /// If the folder or a file of it cannot be read.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        let mut sources = BTreeMap::new();
        read(folder, &[], &mut sources);
        Self::new(sources)
    }

    /// The graph of a few sources, by module path.
    #[must_use]
    pub fn of_sources(files: &[(&str, &str)]) -> Self {
        let sources = files.iter().map(|(module, text)| {
            let module: Module =
                module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            let (tokens, _) = without_tests(&tokens(text));
            (module, Source { tokens, exports: BTreeMap::new() })
        });
        Self::new(sources.collect())
    }

    /// The number of files.
    #[must_use]
    pub fn files(&self) -> usize {
        self.sources.len()
    }

    /// A path from the crate's root on, if it is one of this crate.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Vec<String>> {
        let mut from = module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => from.clear(),
            "self" => {}
            "super" => {
                return {
                    from.pop();
                    rest = &rest[1..];
                    while rest.first().is_some_and(|word| word == "super") {
                        from.pop();
                        rest = &rest[1..];
                    }
                    Some([from, rest.to_vec()].concat())
                };
            }
            child => {
                let inner = [from.clone(), vec![child.to_owned()]].concat();
                return self.sources.contains_key(&inner).then(|| [from, path.to_vec()].concat());
            }
        }
        rest = &rest[1..];
        Some([from, rest.to_vec()].concat())
    }

    /// What a module re-exports.
    fn exports(&self, module: &Module) -> BTreeMap<String, Vec<String>> {
        let tokens = &self.sources[module].tokens;
        let mut exports = BTreeMap::new();
        for at in 0..tokens.len() {
            if tokens[at] != "use" || !is_public(tokens, at) {
                continue;
            }
            for path in expand(tokens, at + 1, &[]).0 {
                if let (Some(path), Some(name)) = (self.absolute(module, &path), path.last()) {
                    exports.insert(name.clone(), path);
                }
            }
        }
        exports
    }

    /// The module that defines what a path names.
    fn definition(&self, path: &[String]) -> Module {
        let mut length = path.len();
        while !self.sources.contains_key(&path[..length]) {
            length -= 1;
        }
        let module = path[..length].to_vec();
        let export = path.get(length).and_then(|name| self.sources[&module].exports.get(name));
        export.map_or(module, |inner| self.definition(inner))
    }

    /// The modules that a module imports.
    #[must_use]
    pub fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let tokens = &self.sources[module].tokens;
        let mut imports = BTreeSet::new();
        let mut at = 0;
        while at < tokens.len() {
            let word = tokens[at].as_str();
            let next = tokens.get(at + 1).map(String::as_str);
            let used = word == "use";
            // A path of a visibility, as in `pub(in crate::a)`, imports nothing.
            let of_a_visibility = at > 1 && tokens[at - 2..at] == ["(", "in"];
            let begins = !of_a_visibility && (at == 0 || tokens[at - 1] != "::");
            let path = begins
                && next == Some("::")
                && word.starts_with(|c: char| c.is_alphabetic())
                && word != "Self";
            if !used && !path {
                at += 1;
                continue;
            }
            let (paths, end) = expand(tokens, at + usize::from(used), &[]);
            let exported = used && is_public(tokens, at);
            at = end.max(at + 1);
            if exported {
                continue;
            }
            for path in paths {
                if let Some(path) = self.absolute(module, &path) {
                    imports.insert(self.definition(&path));
                }
            }
        }
        imports.remove(module);
        imports.remove(&Module::new());
        imports
    }

    /// Imports of a later wing, as "importer -> imported"; each wing may import those before it.
    ///
    /// # Panics
    /// If a module is in no wing.
    #[must_use]
    pub fn upward(&self, wings: &[&str]) -> Vec<String> {
        let wing = |module: &Module| wings.iter().position(|&wing| wing == module[0]);
        let mut found = Vec::new();
        for module in self.sources.keys().filter(|module| !module.is_empty()) {
            let own = wing(module).unwrap_or_else(|| panic!("{module:?} is in no wing"));
            for import in self.imports(module) {
                if wing(&import).is_some_and(|other| other > own) {
                    found.push(format!("{} -> {}", module.join("::"), import.join("::")));
                }
            }
        }
        found
    }

    /// Groups of files that import each other, in whatever number of steps.
    #[must_use]
    pub fn loops(&self) -> Vec<String> {
        let direct: BTreeMap<&Module, BTreeSet<Module>> =
            self.sources.keys().map(|module| (module, self.imports(module))).collect();
        let reached = |from: &Module| -> BTreeSet<Module> {
            let mut reached = BTreeSet::new();
            let mut open: Vec<Module> = direct[from].iter().cloned().collect();
            while let Some(module) = open.pop() {
                if reached.insert(module.clone()) {
                    open.extend(direct[&module].iter().cloned());
                }
            }
            reached
        };
        let all: BTreeMap<&Module, BTreeSet<Module>> =
            direct.keys().map(|&module| (module, reached(module))).collect();
        let mut loops = BTreeSet::new();
        for (module, reached) in &all {
            let mut group: BTreeSet<String> = reached
                .iter()
                .filter(|other| all[other].contains(*module))
                .map(|other| other.join("::"))
                .collect();
            if !group.is_empty() {
                group.insert(module.join("::"));
                loops.insert(group.into_iter().collect::<Vec<_>>().join(", "));
            }
        }
        loops.into_iter().collect()
    }

    /// The longest chain of imports.
    #[must_use]
    pub fn layers(&self) -> usize {
        fn depth(all: &ImportGraph, module: &Module, known: &mut BTreeMap<Module, usize>) -> usize {
            if let Some(&depth) = known.get(module) {
                return depth;
            }
            known.insert(module.clone(), 0);
            let below = all.imports(module).iter().map(|import| depth(all, import, known)).max();
            let own = 1 + below.unwrap_or(0);
            known.insert(module.clone(), own);
            own
        }
        let mut known = BTreeMap::new();
        self.sources.keys().map(|module| depth(self, module, &mut known)).max().unwrap_or(0)
    }
}

/// Whether the `use` at a token is `pub use` or `pub(crate) use`.
fn is_public(tokens: &[String], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|at| tokens[at].as_str());
    before(1) == Some("pub") || (before(1) == Some(")") && before(4) == Some("pub"))
}
