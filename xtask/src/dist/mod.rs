//! The packages of the C library, one for each ecosystem, and their tests.
//!
//! What stands in `mild-c/packages` is put into archives together with the libraries, the header, an
//! example's image, licences and a list of what is linked in.

mod archive;
mod checks;
mod ecosystems;
mod libraries;
mod linked;
mod machine;
mod manifests;
mod packages;
mod wine;

pub(crate) use checks::check;
pub(crate) use packages::make;
