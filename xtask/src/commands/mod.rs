//! One file per command.

mod advisories;
mod arguments;
pub(crate) mod bench;
pub(crate) mod boards;
pub(crate) mod book;
pub(crate) mod c;
pub(crate) mod columnar;
pub(crate) mod device;
pub(crate) mod digits;
pub(crate) mod dist;
pub(crate) mod laboratory;
#[cfg(test)]
mod links;
pub(crate) mod lint;
pub(crate) mod motion;
pub(crate) mod path;
pub(crate) mod prove;
pub(crate) mod python;
pub(crate) mod release;
pub(crate) mod report;
pub(crate) mod results;
pub(crate) mod sanitize;
pub(crate) mod signatures;
pub(crate) mod structure;
pub(crate) mod test;
pub(crate) mod wasm;

/// A heading above what a phase prints.
pub(crate) fn heading(text: &str) {
    println!("\n==== {text} ====");
}
