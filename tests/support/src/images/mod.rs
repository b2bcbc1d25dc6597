//! Images for the tests: small ones, edited ones, invalid ones, and hard ones.

mod edit;
mod invalid;
mod shapes;
mod small;
mod synthetic;

pub use edit::{Section, edited, in_section, rearranged, to_bytes};
pub use invalid::{Invalid, invalid, valid};
pub use shapes::{SHAPES, name, of_shape, plain};
pub use small::{
    experts, provenance, requantizer, small, with_names, with_operating_points, with_platt_scaling,
};
pub use synthetic::{DAMAGED, SYNTHETIC, Synthetic, UNEVEN};
