//! The demonstration's rejector on the host: what firmware does, with a printout.
//!
//! `cargo run --example wine` decides on a few wines, with all experts reachable and with the link
//! down. `rejector.rs` is what `mild export --format rust` wrote of the image that `mild demo`
//! trains; a test of the trainer makes it again and compares.

use mild::{Image, Reachable, Rejector};

mod rejector;

/// The image is checked when this is compiled; its sizes are constants.
const IMAGE: Image<'static> = rejector::IMAGE;

fn main() {
    let rejector = Rejector::new(&IMAGE);
    let names: Vec<&str> = IMAGE.names().collect();
    let mut scratch = [0; IMAGE.scratch_words()];
    // Counts as the probes deliver them: gravity above water in 0.01 g/L, pH and alcohol in 0.01.
    let readings: [[i16; IMAGE.inputs()]; 4] =
        [[-220, 351, 940], [-150, 330, 1050], [50, 316, 980], [-400, 338, 1280]];
    for reading in &readings {
        for (link, reachable) in [("up", Reachable::ALL), ("down", Reachable::LOCAL_ONLY)] {
            match rejector.decide(&reading[..], reachable, &mut scratch) {
                Ok(decision) => println!(
                    "{reading:?}, link {link}: ask {} (margin {})",
                    names[usize::from(decision.expert)],
                    decision.margin
                ),
                Err(error) => eprintln!("{reading:?}: {error}"),
            }
        }
    }
}
