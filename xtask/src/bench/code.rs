//! The size of everything that a function can reach, from the linked program itself.

use crate::isa::{self, Isa, Kinds};
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

/// Bytes of the function whose mangled name contains `name` and of all that it calls, directly or
/// not: instructions and the constants among them. Prints the parts.
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
    let (isa, kinds) = (Isa::of(&file)?, Kinds::of(&file)?);
    let mut found = BTreeMap::new();
    for symbol in file.symbols() {
        let name = symbol.name()?;
        if isa::kind(name).is_none() && symbol.kind() == SymbolKind::Text && symbol.size() > 0 {
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
            let calls = calls(isa, code, address, |at| kinds.is_code(at).unwrap_or(true));
            functions.insert(address, Function { name: name.clone(), size: *size, calls });
        }
    }
    Ok(functions)
}

/// Targets outside of `code` of its direct branches and calls.
fn calls(
    isa: Isa,
    code: &[u8],
    start: u64,
    is_code: impl Fn(u64) -> bool,
) -> Result<BTreeSet<u64>> {
    let mut calls = BTreeSet::new();
    let (mut rest, mut address, mut before) = (code, start, None);
    while let Some((instruction, bytes)) = isa.instruction(rest) {
        let is_code = is_code(address);
        let bytes = if is_code { bytes } else { 2 };
        if is_code {
            calls.extend(isa.target(instruction, before, address)?);
            before = Some(instruction);
        }
        rest = rest.get(bytes..).unwrap_or_default();
        address += bytes as u64;
    }
    calls.retain(|&target| target < start || target >= start + code.len() as u64);
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_and_calls_are_followed() {
        // bl to 0x10 bytes further, b.w backwards by 4, b to itself, bx lr
        let code = [0x00, 0xf0, 0x06, 0xf8, 0xff, 0xf7, 0xfc, 0xbf, 0xfe, 0xe7, 0x70, 0x47];
        let found = calls(Isa::Thumb, &code, 0x100, |_| true).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [0x110]);
        // auipc ra, 2; jalr ra, -8(ra); c.ret
        let code = [0x97, 0x20, 0x00, 0x00, 0xe7, 0x80, 0x80, 0xff, 0x82, 0x80];
        let found = calls(Isa::RiscV, &code, 0x1000, |_| true).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [0x2ff8]);
    }

    #[test]
    fn constants_are_not_instructions_and_pointers_are_refused() {
        let blx_r3 = [0x98, 0x47];
        assert!(calls(Isa::Thumb, &blx_r3, 0x100, |_| true).is_err());
        assert!(calls(Isa::Thumb, &blx_r3, 0x100, |_| false).unwrap().is_empty());
    }
}
