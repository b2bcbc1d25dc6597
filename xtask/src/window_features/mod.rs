//! Window features on devices: whether they are the host's, and what they take.

mod costs;
mod judge;

pub(crate) use costs::{Costs, measure};
pub(crate) use judge::judge;
