// The example's image. Yours: `mild export out/rejector.mild --format rust --config mild.toml --out src/rejector.rs`
include!("../../wine/rejector.rs");
