//! The instructions of Cortex-M.

use anyhow::{Result, bail};

/// Whether an instruction that begins with this half-word has a second one: the encodings of 32
/// bits begin with 0b11101, 0b11110 and 0b11111.
pub(super) fn is_wide(first: u16) -> bool {
    first >> 11 >= 0b11101
}

/// Where a direct branch or call leads; `None` for anything else. An error for a call through a
/// register.
pub(super) fn target(instruction: u32, address: u64) -> Result<Option<u64>> {
    let (first, second) = ((instruction >> 16) as u16, instruction as u16);
    let offset = if is_wide(first) {
        // B.W and BL have 25 bits of offset; conditional B.W never leaves a function.
        (first >> 11 == 0b11110 && matches!(second & 0xd000, 0x9000 | 0xd000))
            .then(|| wide_offset(first, second))
    } else {
        if second & 0xff87 == 0x4780 {
            bail!("a call through a register at {address:#x}: its target is not known");
        }
        // B, 11 bits.
        (second >> 11 == 0b11100).then(|| i64::from((second << 5) as i16 >> 5) * 2)
    };
    Ok(offset.map(|offset| address.wrapping_add(4).wrapping_add_signed(offset)))
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

/// SMLAD: two 16-bit multiplications and both additions (SMUAD, without an addition, not counted).
pub(crate) fn is_smlad(instruction: u32) -> bool {
    instruction & 0xfff0_00e0 == 0xfb20_0000 && instruction >> 12 & 15 != 15
}

/// Any instruction that only the DSP extension has. (Arm DDI 0403, A5.3; those of the same groups
/// that every Armv7-M has are taken out.)
pub(crate) fn is_dsp(instruction: u32) -> bool {
    let (first, second) = (instruction >> 16, instruction & 0xffff);
    let (group, low) = (first & 0xfff0, first & 15);
    match group {
        // PKHBT, PKHTB: bit 4 of the second half tells them from other shifted moves.
        0xeac0 => true,
        // SXTAH, UXTAH, SXTAB, UXTAB: with register 15 they are the plain extensions.
        0xfa00 | 0xfa10 | 0xfa40 | 0xfa50 => second & 0xf0c0 == 0xf080 && low != 15,
        // SXTB16, SXTAB16, UXTB16, UXTAB16.
        0xfa20 | 0xfa30 => second & 0xf0c0 == 0xf080,
        // Additions and subtractions in lanes; QADD and its like; SEL. REV and CLZ are of the same
        // groups.
        0xfa80..=0xfae0 => {
            second & 0xf080 == 0xf000
                || (group == 0xfa80 && second & 0xf0c0 == 0xf080)
                || (group == 0xfaa0 && second & 0xf0f0 == 0xf080)
        }
        // Multiplications of halves and in pairs, of the highest word, and sums of differences;
        // MUL, MLA and MLS are 0xfb00.
        0xfb10..=0xfb70 => true,
        // SMLALBB and its like, SMLALD, SMLSLD, UMAAL.
        0xfbc0 => second & 0x80 != 0,
        0xfbd0 => second & 0xc0 == 0xc0,
        0xfbe0 => second & 0xf0 == 0x60,
        // SSAT16, USAT16: the saturations with a shift of 0 in the form of ASR.
        0xf320 | 0xf3a0 => second & 0xf0f0 == 0,
        _ => false,
    }
}

/// VMLADAVA on bytes: 16 multiplications and all additions, to a sum.
pub(crate) fn is_vmladava(instruction: u32) -> bool {
    instruction & 0xfff1_0f21 == 0xeef0_0f20
}

/// Any instruction of Helium that is not one of the FPU, too: coprocessors 14 and 15, and what
/// elsewhere is Advanced SIMD.
pub(crate) fn is_helium(instruction: u32) -> bool {
    let (first, coprocessor) = (instruction >> 16, instruction >> 8 & 15);
    first & 0xec00 == 0xec00 && (coprocessor >= 14 || first & 0xef00 == 0xef00)
}

/// Any instruction of the FPU: coprocessors 10 and 11.
pub(crate) fn is_float(instruction: u32) -> bool {
    instruction >> 16 & 0xec00 == 0xec00 && matches!(instruction >> 8 & 15, 10 | 11)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Encodings as the assembler of LLVM gives them.
    #[test]
    fn dsp_instructions_are_known() {
        for (name, code) in [
            ("smlad r0, r1, r2, r3", 0xfb21_3002),
            ("smladx r0, r1, r2, r3", 0xfb21_3012),
            ("smlabb r0, r1, r2, r3", 0xfb11_3002),
            ("smulbb r0, r1, r2", 0xfb11_f002),
            ("smlald r0, r1, r2, r3", 0xfbc2_01c3),
            ("umaal r0, r1, r2, r3", 0xfbe2_0163),
            ("smmul r0, r1, r2", 0xfb51_f002),
            ("sxtb16 r0, r1, ror #8", 0xfa2f_f091),
            ("uxtb16 r0, r1", 0xfa3f_f081),
            ("sxtab r0, r1, r2", 0xfa41_f082),
            ("pkhbt r0, r1, r2", 0xeac1_0002),
            ("qadd r0, r1, r2", 0xfa82_f081),
            ("sadd16 r0, r1, r2", 0xfa91_f002),
            ("sel r0, r1, r2", 0xfaa1_f082),
            ("ssat16 r0, #8, r1", 0xf321_0007),
        ] {
            assert!(is_dsp(code), "{name}");
        }
        assert!(is_smlad(0xfb21_3002) && !is_smlad(0xfb21_f002) && !is_smlad(0xfb11_3002));
    }

    #[test]
    fn helium_instructions_are_known() {
        for (name, code) in [
            ("vmladava.s8 r4, q0, q4", 0xeef0_4f28),
            ("vmladava.s8 r10, q3, q4", 0xeef6_af28),
            ("vld40.32 {q0, q1, q2, q3}, [r0]", 0xfc90_1f01),
            ("vldrw.u32 q4, [r1], #16", 0xecb1_9f04),
            ("veor q0, q0, q5", 0xff00_015a),
            ("vmulh.s32 q0, q0, q1", 0xee21_0e03),
            ("vrshl.s32 q0, q0, q1", 0xef22_0540),
        ] {
            assert!(is_helium(code) && !is_float(code) && !is_dsp(code), "{name}");
            assert_eq!(is_vmladava(code), name.starts_with("vmladava"), "{name}");
        }
        // le lr, -14; bl; smlad; vmul.f32 s0, s1, s2
        for code in [0xf00f_c807, 0xf000_f806, 0xfb21_3002, 0xee20_0a81] {
            assert!(!is_helium(code) && !is_vmladava(code), "{code:#x}");
        }
    }

    #[test]
    fn what_every_core_has_is_not_taken_for_dsp() {
        for (name, code) in [
            ("mla r0, r1, r2, r3", 0xfb01_3002),
            ("mul r0, r1, r2", 0xfb01_f002),
            ("smull r0, r1, r2, r3", 0xfb82_0103),
            ("smlal r0, r1, r2, r3", 0xfbc2_0103),
            ("umlal r0, r1, r2, r3", 0xfbe2_0103),
            ("udiv r0, r1, r2", 0xfbb1_f0f2),
            ("sdiv r0, r1, r2", 0xfb91_f0f2),
            ("sxtb.w r0, r1, ror #8", 0xfa4f_f091),
            ("uxth.w r8, r9", 0xfa1f_f889),
            ("rev.w r8, r9", 0xfa99_f889),
            ("rbit r0, r1", 0xfa91_f0a1),
            ("clz r0, r1", 0xfab1_f081),
            ("lsl.w r0, r1, r2", 0xfa01_f002),
            ("ssat r0, #8, r1", 0xf301_0007),
            ("usat r0, #8, r1, asr #4", 0xf3a1_1008),
            ("add.w r0, r1, r2", 0xeb01_0002),
            ("bl", 0xf000_f806),
        ] {
            assert!(!is_dsp(code) && !is_float(code), "{name}");
        }
        // vmul.f32 s0, s1, s2; vldr s0, [r0]; vmov r0, s0
        for code in [0xee20_0a81, 0xed90_0a00, 0xee10_0a10] {
            assert!(is_float(code) && !is_dsp(code), "{code:#x}");
        }
    }

    #[test]
    fn branches_are_followed_and_pointers_are_refused() {
        assert_eq!(wide_offset(0xf7ff, 0xbffc), -8);
        // bl to 0x10 bytes further, b to itself, bx lr, blx r3
        assert_eq!(target(0xf000_f806, 0x100).unwrap(), Some(0x110));
        assert_eq!(target(0xe7fe, 0x100).unwrap(), Some(0x100));
        assert_eq!(target(0x4770, 0x100).unwrap(), None);
        assert!(target(0x4798, 0x100).is_err());
    }
}
