//! Instructions in linked programs: where they are, and what they are.

pub(crate) mod riscv;
pub(crate) mod thumb;

use anyhow::{Result, bail};
use object::{Architecture, Object, ObjectSymbol};
use std::collections::BTreeMap;

/// An instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Isa {
    /// Of Cortex-M.
    #[default]
    Thumb,
    /// Of RISC-V with 32 bits.
    RiscV,
}

impl Isa {
    /// That of a program.
    pub(crate) fn of(file: &object::File<'_>) -> Result<Self> {
        match file.architecture() {
            Architecture::Arm => Ok(Self::Thumb),
            Architecture::Riscv32 => Ok(Self::RiscV),
            other => bail!("instructions of {other:?} are not known"),
        }
    }

    /// The instruction at the start of some code, and its bytes; `None` at the end.
    pub(crate) fn instruction(self, code: &[u8]) -> Option<(u32, usize)> {
        let half =
            |at: usize| code.get(at..at + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
        let first = half(0)?;
        let wide = match self {
            Self::Thumb => thumb::is_wide(first),
            Self::RiscV => riscv::is_wide(first),
        };
        let Some(second) = half(2).filter(|_| wide) else { return Some((first.into(), 2)) };
        let (first, second) = (u32::from(first), u32::from(second));
        Some(match self {
            Self::Thumb => (first << 16 | second, 4),
            Self::RiscV => (second << 16 | first, 4),
        })
    }

    /// Where an instruction leads if it is a jump or a call. An error if that is not known.
    /// `before` is the instruction before it.
    pub(crate) fn target(
        self,
        instruction: u32,
        before: Option<u32>,
        address: u64,
    ) -> Result<Option<u64>> {
        match self {
            Self::Thumb => thumb::target(instruction, address),
            Self::RiscV => riscv::target(instruction, before, address),
        }
    }

    /// Whether an instruction needs an FPU.
    pub(crate) fn is_float(self, instruction: u32) -> bool {
        match self {
            Self::Thumb => thumb::is_float(instruction),
            Self::RiscV => riscv::is_float(instruction),
        }
    }
}

/// Where in a program instructions and constants are, as its symbols tell.
#[derive(Debug, Default)]
pub(crate) struct Kinds(BTreeMap<u64, bool>);

impl Kinds {
    /// Those of a program.
    pub(crate) fn of(file: &object::File<'_>) -> Result<Self> {
        let mut kinds = BTreeMap::new();
        for symbol in file.symbols() {
            match kind(symbol.name()?) {
                Some(true) => {
                    kinds.insert(symbol.address(), true);
                }
                Some(false) => {
                    kinds.entry(symbol.address()).or_insert(false);
                }
                None => {}
            }
        }
        Ok(Self(kinds))
    }

    /// Whether an instruction is at an address; `None` if nothing tells.
    pub(crate) fn is_code(&self, address: u64) -> Option<bool> {
        self.0.range(..=address).next_back().map(|(_, code)| *code)
    }
}

/// Whether a symbol says that instructions begin, or that constants do; `None` for any other
/// symbol. (`$t` on Arm; `$x` on RISC-V, which may name extensions, too.)
pub(crate) fn kind(symbol: &str) -> Option<bool> {
    let is = |name: &str| symbol == name || symbol.starts_with(&format!("{name}."));
    if is("$t") || is("$x") || symbol.starts_with("$xrv") {
        Some(true)
    } else if is("$d") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_one_or_two_half_words() {
        // bl; bx lr
        let thumb = [0x00, 0xf0, 0x06, 0xf8, 0x70, 0x47];
        assert_eq!(Isa::Thumb.instruction(&thumb), Some((0xf000_f806, 4)));
        assert_eq!(Isa::Thumb.instruction(&thumb[4..]), Some((0x4770, 2)));
        // jal ra, 16; c.ret
        let riscv = [0xef, 0x00, 0x00, 0x01, 0x82, 0x80];
        assert_eq!(Isa::RiscV.instruction(&riscv), Some((0x0100_00ef, 4)));
        assert_eq!(Isa::RiscV.instruction(&riscv[4..]), Some((0x8082, 2)));
        assert_eq!(Isa::RiscV.instruction(&[]), None);
    }

    #[test]
    fn symbols_tell_instructions_from_constants() {
        for name in ["$t", "$t.12", "$x", "$x.3", "$xrv32i2p1_m2p0_c2p0"] {
            assert_eq!(kind(name), Some(true), "{name}");
        }
        assert_eq!([kind("$d"), kind("$d.7")], [Some(false); 2]);
        assert_eq!([kind("main"), kind("$data"), kind("$total")], [None; 3]);
    }
}
