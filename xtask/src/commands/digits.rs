//! `cargo xtask digits`: from two model files to a log, and gates on the int8 one.

use crate::digits;
use anyhow::Result;

/// Runs it, prints what it found, and says whether the gateway runs the int8 model as onnxruntime does.
pub(crate) fn digits() -> Result<bool> {
    let digits = digits::digits()?;
    println!("{}", digits.methods.markdown(1));
    let [alike, rows] = digits.alike;
    println!("the int8 model's answer is onnxruntime's on {alike} of {rows} rows");
    Ok(digits.passed())
}
