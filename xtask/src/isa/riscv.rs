//! The instructions of RISC-V with 32 bits. Those of 16 bits are in the low half.

use anyhow::{Result, bail};

/// The register of return addresses.
const RETURN: u32 = 1;

/// Whether an instruction that begins with this half-word has a second one.
pub(super) fn is_wide(first: u16) -> bool {
    first & 3 == 3
}

/// Where a jump or a call leads; `None` for anything else, returns and conditional branches, which
/// never leave a function, among it. An error if that depends on more than the instruction
/// `before`.
pub(super) fn target(instruction: u32, before: Option<u32>, address: u64) -> Result<Option<u64>> {
    let unknown = || bail!("a jump through a register at {address:#x}: its target is not known");
    let to = |address: u64, offset: i32| Ok(Some(address.wrapping_add_signed(offset.into())));
    match instruction & 0x7f {
        // JAL.
        0x6f => to(address, jump_offset(instruction)),
        // JALR.
        0x67 => {
            let (link, base) = (instruction >> 7 & 31, instruction >> 15 & 31);
            if link == 0 && base == RETURN && instruction >> 20 == 0 {
                return Ok(None);
            }
            match before {
                // AUIPC of the same register: a call far away.
                Some(upper) if upper & 0xfff == base << 7 | 0x17 => {
                    let offset = (upper & 0xffff_f000) as i32;
                    let start = address.wrapping_sub(4);
                    to(start, offset.wrapping_add(instruction as i32 >> 20))
                }
                _ => unknown(),
            }
        }
        _ => match instruction & 0xe003 {
            // C.J and C.JAL.
            0xa001 | 0x2001 => to(address, compressed_offset(instruction)),
            // C.JR and C.JALR: their second register is 0, and the first one is not.
            0x8002 if instruction & 0x7c == 0 && instruction >> 7 & 31 != 0 => {
                if instruction & 0x1000 == 0 && instruction >> 7 & 31 == RETURN {
                    return Ok(None);
                }
                unknown()
            }
            _ => Ok(None),
        },
    }
}

/// The offset of JAL.
fn jump_offset(instruction: u32) -> i32 {
    let field = |from: u32, bits: u32, to: u32| (instruction >> from & ((1 << bits) - 1)) << to;
    let low = field(21, 10, 1) | field(20, 1, 11) | field(12, 8, 12);
    (instruction as i32 >> 31 << 20) | low as i32
}

/// The offset of C.J and C.JAL.
fn compressed_offset(instruction: u32) -> i32 {
    let bit = |from: u32, to: u32| (instruction >> from & 1) << to;
    let low = bit(3, 1) | bit(4, 2) | bit(5, 3) | bit(11, 4) | bit(2, 5) | bit(7, 6);
    let high = bit(6, 7) | bit(9, 8) | bit(10, 9) | bit(8, 10) | bit(12, 11);
    ((low | high) << 20) as i32 >> 20
}

/// Any multiplication of the extension M.
pub(crate) fn is_multiplication(instruction: u32) -> bool {
    instruction & 0xfe00_007f == 0x0200_0033 && instruction >> 12 & 7 < 4
}

/// Any instruction of the extension A.
pub(crate) fn is_atomic(instruction: u32) -> bool {
    instruction & 0x7f == 0x2f
}

/// Any instruction of the extensions F and D, whose compressed forms are loads and stores.
pub(crate) fn is_float(instruction: u32) -> bool {
    match instruction & 3 {
        3 => matches!(instruction & 0x7f, 0x07 | 0x27 | 0x43 | 0x47 | 0x4b | 0x4f | 0x53),
        1 => false,
        _ => matches!(instruction >> 13 & 7, 1 | 3 | 5 | 7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Encodings as the assembler of GNU gives them.
    #[test]
    fn jumps_are_followed_and_pointers_are_refused() {
        let follow = |instruction, before| target(instruction, before, 0x1000).unwrap();
        // jal ra, 16; j -8; c.j -8; c.jal 16
        assert_eq!(follow(0x0100_00ef, None), Some(0x1010));
        assert_eq!(follow(0xff9f_f06f, None), Some(0xff8));
        assert_eq!(follow(0xbfe5, None), Some(0xff8));
        assert_eq!(follow(0x2801, None), Some(0x1010));
        // auipc ra, 2; jalr ra, -8(ra)
        assert_eq!(follow(0xff80_80e7, Some(0x0000_2097)), Some(0x2ff4));
        // ret; c.ret; bne a0, a1, 8; c.beqz a0, 8
        for instruction in [0x0000_8067, 0x8082, 0x00b5_1463, 0xc501] {
            assert_eq!(follow(instruction, None), None, "{instruction:#x}");
        }
        // jalr ra, 0(a0); c.jr a0; c.jalr a0; jalr ra, -8(ra) without an auipc before it
        for instruction in [0x0005_00e7, 0x8502, 0x9502, 0xff80_80e7] {
            assert!(target(instruction, Some(0x13), 0x1000).is_err(), "{instruction:#x}");
        }
        // c.mv a0, a1; c.add a0, a1; c.ebreak
        for instruction in [0x852e, 0x952e, 0x9002] {
            assert_eq!(follow(instruction, None), None, "{instruction:#x}");
        }
    }

    #[test]
    fn extensions_are_known() {
        // mul, mulh, mulhsu, mulhu a0, a1, a2
        for instruction in [0x02c5_8533, 0x02c5_9533, 0x02c5_a533, 0x02c5_b533] {
            assert!(is_multiplication(instruction), "{instruction:#x}");
        }
        // div, rem, add a0, a1, a2
        for instruction in [0x02c5_c533, 0x02c5_e533, 0x00c5_8533] {
            assert!(!is_multiplication(instruction), "{instruction:#x}");
        }
        // lr.w a0, (a1); amoadd.w a0, a2, (a1)
        assert!(is_atomic(0x1005_a52f) && is_atomic(0x00c5_a52f));
        // flw fa0, 0(a0); fsw fa0, 0(a0); fadd.s fa0, fa0, fa1; c.flw fa0, 0(a0); c.fldsp fa0, 0
        for instruction in [0x0005_2507, 0x00a5_2027, 0x00b5_7553, 0x6108, 0x2502] {
            assert!(is_float(instruction), "{instruction:#x}");
        }
        // c.lw a0, 0(a0); c.lwsp a0, 0; c.sw a0, 0(a0); c.addi a0, 1; c.jal 16; lw a0, 0(a0)
        for instruction in [0x4108, 0x4502, 0xc108, 0x0505, 0x2801, 0x0005_2503] {
            assert!(!is_float(instruction) && !is_atomic(instruction), "{instruction:#x}");
        }
    }
}
