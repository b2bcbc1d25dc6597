//! The size of everything that a function can reach, from the linked program itself.

use anyhow::{Context, Result, bail, ensure};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// A function in the program.
#[derive(Debug)]
struct Function {
    name: String,
    size: u64,
    /// Where it calls to or jumps to, or why that is not known.
    calls: Result<BTreeSet<u64>>,
}

/// Bytes of the function whose mangled name contains `name` and of all that it calls, directly or not: instructions and
/// the constants among them. Prints the parts.
pub(crate) fn size_from(elf: &Path, name: &str) -> Result<u64> {
    let functions = functions(elf)?;
    let mut starts = functions.iter().filter(|(_, function)| function.name.contains(name));
    let (&start, _) =
        starts.next().with_context(|| format!("no function {name} in {}", elf.display()))?;
    ensure!(starts.next().is_none(), "several functions {name} in {}", elf.display());
    let mut reached = BTreeSet::new();
    let mut waiting = vec![start];
    let mut size = 0;
    while let Some(address) = waiting.pop() {
        let (&start, function) = functions
            .range(..=address)
            .next_back()
            .filter(|(start, function)| address < *start + function.size)
            .with_context(|| format!("a call to {address:#x}, where no function is"))?;
        if reached.insert(start) {
            eprintln!("    {:5} bytes  {}", function.size, function.name);
            size += function.size;
            match &function.calls {
                Ok(calls) => waiting.extend(calls),
                Err(error) => bail!("{}: {error}", function.name),
            }
        }
    }
    Ok(size)
}

/// All functions by address.
fn functions(elf: &Path) -> Result<BTreeMap<u64, Function>> {
    let bytes = fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
    let file = object::File::parse(&*bytes)?;
    // Where instructions (`$t`) and constants (`$d`) begin.
    let mut kinds = BTreeMap::new();
    let mut found = BTreeMap::new();
    for symbol in file.symbols() {
        let name = symbol.name()?;
        if name == "$t" || name.starts_with("$t.") {
            kinds.insert(symbol.address(), true);
        } else if name == "$d" || name.starts_with("$d.") {
            kinds.entry(symbol.address()).or_insert(false);
        } else if symbol.kind() == SymbolKind::Text && symbol.size() > 0 {
            // Bit 0 says Thumb.
            found.insert(symbol.address() & !1, (name.to_owned(), symbol.size()));
        }
    }
    let mut functions = BTreeMap::new();
    for section in file.sections().filter(|section| section.kind() == object::SectionKind::Text) {
        let data = section.data()?;
        let end = section.address() + section.size();
        for (&address, (name, size)) in found.range(section.address()..end) {
            let from = (address - section.address()) as usize;
            let code =
                data.get(from..from + *size as usize).context("a function beyond its section")?;
            let is_code = |at| kinds.range(..=at).next_back().is_none_or(|(_, code)| *code);
            let calls = calls(code, address, is_code);
            functions.insert(address, Function { name: name.clone(), size: *size, calls });
        }
    }
    Ok(functions)
}

/// Targets outside of `code` of its direct branches and calls.
fn calls(code: &[u8], start: u64, is_code: impl Fn(u64) -> bool) -> Result<BTreeSet<u64>> {
    let half =
        |at: usize| code.get(at..at + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    let mut calls = BTreeSet::new();
    let mut at = 0;
    while let Some(first) = half(at) {
        let address = start + at as u64;
        if !is_code(address) {
            at += 2;
            continue;
        }
        let wide = first >> 11 >= 0b11101;
        let offset = if wide {
            let second = half(at + 2).context("half an instruction")?;
            // B.W and BL have 25 bits of offset; conditional B.W never leaves a function.
            (first >> 11 == 0b11110 && matches!(second & 0xd000, 0x9000 | 0xd000))
                .then(|| wide_offset(first, second))
        } else {
            if first & 0xff87 == 0x4780 {
                bail!("a call through a register at {address:#x}: its target is not known");
            }
            // B, 11 bits.
            (first >> 11 == 0b11100).then(|| i64::from((first << 5) as i16 >> 5) * 2)
        };
        if let Some(offset) = offset {
            let target = address.wrapping_add(4).wrapping_add_signed(offset);
            if target < start || target >= start + code.len() as u64 {
                calls.insert(target);
            }
        }
        at += if wide { 4 } else { 2 };
    }
    Ok(calls)
}

/// The offset of B.W (encoding T4) and BL (T1).
fn wide_offset(first: u16, second: u16) -> i64 {
    let bit = |half: u16, place: u32| u32::from(half >> place & 1);
    let sign = bit(first, 10);
    let i1 = 1 ^ bit(second, 13) ^ sign;
    let i2 = 1 ^ bit(second, 11) ^ sign;
    let low = u32::from(first & 0x3ff) << 12 | u32::from(second & 0x7ff) << 1;
    let offset = sign << 24 | i1 << 23 | i2 << 22 | low;
    i64::from((offset << 7) as i32 >> 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_and_calls_are_followed() {
        // bl to 0x10 bytes further, b.w backwards by 4, b to itself, bx lr
        let code = [0x00, 0xf0, 0x06, 0xf8, 0xff, 0xf7, 0xfc, 0xbf, 0xfe, 0xe7, 0x70, 0x47];
        let found = calls(&code, 0x100, |_| true).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [0x110]);
        assert_eq!(wide_offset(0xf7ff, 0xbffc), -8);
    }

    #[test]
    fn constants_are_not_instructions_and_pointers_are_refused() {
        let blx_r3 = [0x98, 0x47];
        assert!(calls(&blx_r3, 0x100, |_| true).is_err());
        assert!(calls(&blx_r3, 0x100, |_| false).unwrap().is_empty());
    }
}
