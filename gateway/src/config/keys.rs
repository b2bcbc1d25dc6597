//! `[keys]`: a secret for each node.

use std::collections::BTreeMap;

use mild::wire::Key;

use super::error::{Invalid, Problem};

/// Reads keys of 64 hexadecimal digits.
pub(super) fn check(keys: &BTreeMap<String, String>) -> Result<BTreeMap<u32, Key>, Invalid> {
    keys.iter()
        .map(|(node, digits)| {
            let invalid = |problem| Invalid::new(format!("keys.{node}"), problem);
            let number =
                node.parse().map_err(|_| invalid(Problem::NodeNumber { found: node.clone() }))?;
            let bytes = from_hex(digits)
                .ok_or_else(|| invalid(Problem::KeyDigits { found: digits.chars().count() }))?;
            Ok((number, Key::new(bytes)))
        })
        .collect()
}

fn from_hex(digits: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> = digits.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| (high * 16 + low) as u8).collect();
    bytes.try_into().ok()
}
