//! What is linked into a program: its symbols and its instructions, read from the ELF file.

use crate::isa::{self, Isa, Kinds};
use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};
use std::{collections::BTreeSet, fs, path::Path};

/// A linked program.
#[derive(Debug, Default)]
pub(crate) struct Linked {
    /// What its instructions are of.
    pub(crate) isa: Isa,
    /// The names of all functions and variables.
    pub(crate) symbols: BTreeSet<String>,
    /// Every instruction.
    pub(crate) instructions: Vec<u32>,
}

impl Linked {
    /// Reads the program. An error if it has no functions or no instructions: then its symbols have
    /// been stripped.
    pub(crate) fn read(elf: &Path) -> Result<Self> {
        let bytes = fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
        let file = object::File::parse(&*bytes)?;
        let mut linked = Self { isa: Isa::of(&file)?, ..Self::default() };
        let kinds = Kinds::of(&file)?;
        let mut functions = 0;
        for symbol in file.symbols() {
            let name = symbol.name()?;
            if isa::kind(name).is_none()
                && !symbol.is_undefined()
                && matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data)
            {
                functions += usize::from(symbol.kind() == SymbolKind::Text && symbol.size() > 0);
                linked.symbols.insert(name.to_owned());
            }
        }
        for section in file.sections().filter(|section| section.kind() == SectionKind::Text) {
            let (mut rest, mut address) = (section.data()?, section.address());
            while let Some((instruction, bytes)) = linked.isa.instruction(rest) {
                let is_code = kinds.is_code(address) == Some(true);
                // Constants may be of two bytes.
                let bytes = if is_code { bytes } else { 2 };
                if is_code {
                    linked.instructions.push(instruction);
                }
                rest = rest.get(bytes..).unwrap_or_default();
                address += bytes as u64;
            }
        }
        ensure!(
            functions > 0 && !linked.instructions.is_empty(),
            "no symbols in {}",
            elf.display()
        );
        Ok(linked)
    }

    /// The symbols whose names contain one of `parts`.
    pub(crate) fn symbols_with(&self, parts: &[&str]) -> Vec<&str> {
        let named = |name: &&String| parts.iter().any(|part| name.contains(part));
        self.symbols.iter().filter(named).map(String::as_str).collect()
    }

    /// How many instructions satisfy `kind`.
    pub(crate) fn count(&self, kind: impl Fn(u32) -> bool) -> usize {
        self.instructions.iter().filter(|&&instruction| kind(instruction)).count()
    }
}
