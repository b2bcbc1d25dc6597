//! Signs that a log is not what its user believes it to be: one file for each kind.
//!
//! A warning changes nothing. What is certainly wrong is an error of the reader.

mod constant;
mod equal_rows;
mod expert;
mod group;
mod identifier;
mod leakage;
mod look;
mod loss_column;
#[cfg(test)]
mod testing;

pub(crate) use group::is_group_name;
pub use look::Warning;
pub(crate) use look::{GroupColumn, Judged, Look};

/// All that looks wrong about a log, the gravest first.
pub(crate) fn warnings(look: &Look<'_>) -> Vec<Warning> {
    let order = look.order();
    [
        loss_column::warnings(look),
        leakage::warnings(look),
        expert::warnings(look),
        identifier::warnings(look, &order),
        group::warnings(look, &order),
        equal_rows::warnings(look),
        constant::warnings(look),
    ]
    .concat()
}
