//! `mild keys`

use super::output::print_all;
use crate::error::Result;
use crate::intake::config::reference;

pub(super) fn run() -> Result<()> {
    print_all(&reference())
}
