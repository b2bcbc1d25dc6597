//! What is proven of a linked program: its symbols and its instructions.

use crate::{
    cores::Extension,
    isa::{
        Isa, riscv,
        thumb::{is_dsp, is_helium, is_smlad, is_vmladava},
    },
    linked::Linked,
    verdict::Verdict,
};

/// Parts of names that show that something can panic: the core library's functions, and the end of
/// the board's handler.
const PANICS: [&str; 3] = ["9panicking", "exit_after_panic", "rust_begin_unwind"];
/// The crate `alloc`, and allocators.
const ALLOCATORS: [&str; 5] = ["_5alloc", "N5alloc", "__rust_alloc", "__rg_", "malloc"];
/// The runtime routines of floating point, in the names of the Arm ABI and of the compiler's
/// library.
const FLOATS: [&str; 13] = [
    "__aeabi_f",
    "__aeabi_d",
    "__aeabi_i2f",
    "__aeabi_ui2f",
    "__aeabi_l2f",
    "__aeabi_ul2f",
    "__aeabi_i2d",
    "__aeabi_ui2d",
    "compiler_builtins5float",
    "__float",
    "__fixsf",
    "__fixunssf",
    "sf3",
];

/// What is proven of a linked program.
pub(crate) fn linked(program: &Linked, extension: Extension) -> Vec<Verdict> {
    let mut float = none(program, "no float", &FLOATS);
    let instructions = program.count(|instruction| program.isa.is_float(instruction));
    if instructions > 0 {
        float.passed = Some(false);
        float.detail = format!("{instructions} instructions of the FPU");
    }
    let (as_expected, detail) = match program.isa {
        Isa::Thumb => extensions(program, extension),
        Isa::RiscV => riscv_extensions(program, extension),
    };
    let detail = format!("{detail}, {} in all", program.instructions.len());
    let mut verdicts = library(program);
    verdicts.push(float);
    verdicts.push(Verdict { check: "extension", passed: Some(as_expected), detail });
    verdicts
}

/// Whether a program for Cortex-M has the instructions of this extension, and of no other.
fn extensions(program: &Linked, extension: Extension) -> (bool, String) {
    let (smlad, dsp) = (program.count(is_smlad), program.count(is_dsp));
    let (vmladava, helium) = (program.count(is_vmladava), program.count(is_helium));
    let as_expected = match extension {
        Extension::Base => dsp == 0 && helium == 0,
        Extension::Dsp => smlad > 0 && helium == 0,
        Extension::Helium => vmladava > 0 && smlad == 0,
    };
    let detail = format!("{smlad} SMLAD, {dsp} of DSP, {vmladava} VMLADAVA, {helium} of Helium");
    (as_expected, detail)
}

/// Whether a program for RISC-V runs on a core with the extensions I, M and C alone.
fn riscv_extensions(program: &Linked, extension: Extension) -> (bool, String) {
    let multiplications = program.count(riscv::is_multiplication);
    let atomics = program.count(riscv::is_atomic);
    let as_expected = extension == Extension::Base && multiplications > 0 && atomics == 0;
    (as_expected, format!("{multiplications} multiplications, {atomics} atomics"))
}

/// What is proven of a program that may take features as floats, as one in C does: nothing in it
/// can panic or allocate.
pub(crate) fn library(program: &Linked) -> Vec<Verdict> {
    vec![none(program, "no panic", &PANICS), none(program, "no allocator", &ALLOCATORS)]
}

/// That no symbol's name contains one of `parts`.
pub(crate) fn none(program: &Linked, check: &'static str, parts: &[&str]) -> Verdict {
    let found = program.symbols_with(parts);
    let detail = match found.as_slice() {
        [] => format!("none of {} symbols", program.symbols.len()),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    };
    Verdict { check, passed: Some(found.is_empty()), detail }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::failed, *};

    #[test]
    fn a_program_is_judged_by_its_symbols_and_instructions() {
        let program = |symbol: &str, instruction| Linked {
            isa: Isa::Thumb,
            symbols: [symbol.to_owned()].into(),
            instructions: vec![0xbf00, instruction],
        };
        let judge = |symbol, instruction, extension| {
            let verdicts = linked(&program(symbol, instruction), extension);
            failed(&verdicts).join(" ")
        };
        const SMLAD: u32 = 0xfb21_3002;
        const VMLADAVA: u32 = 0xeef0_4f28;
        use Extension::{Base, Dsp, Helium};
        assert_eq!(judge("_ZN4mild6policy6decide17h1dd89e121b2b68b4E", SMLAD, Dsp), "");
        assert_eq!(judge("__aeabi_uidiv", 0xbf00, Base), "");
        assert_eq!(judge("main", VMLADAVA, Helium), "");
        for (instruction, other) in [
            (SMLAD, Base),
            (SMLAD, Helium),
            (VMLADAVA, Base),
            (VMLADAVA, Dsp),
            (0xbf00, Dsp),
            (0xbf00, Helium),
        ] {
            assert_eq!(judge("main", instruction, other), "extension");
        }
        assert_eq!(judge("main", 0xee20_0a81, Base), "no float");
        assert_eq!(judge("__aeabi_fmul", 0xbf00, Base), "no float");
        assert_eq!(judge("_ZN4core9panicking5panic17h0E", 0xbf00, Base), "no panic");
        assert_eq!(judge("_RNvNtCs1_4core9panicking5panic", 0xbf00, Base), "no panic");
        assert_eq!(judge("_ZN5alloc5alloc18handle_alloc_error17h0E", 0xbf00, Base), "no allocator");
    }

    #[test]
    fn a_program_for_riscv_multiplies_and_has_no_atomics() {
        let judge = |symbol: &str, instruction, extension| {
            let program = Linked {
                isa: Isa::RiscV,
                symbols: [symbol.to_owned()].into(),
                instructions: vec![0x8082, 0x02c5_8533, instruction],
            };
            failed(&linked(&program, extension)).join(" ")
        };
        // ret; lr.w; fadd.s
        assert_eq!(judge("main", 0x8082, Extension::Base), "");
        assert_eq!(judge("main", 0x8082, Extension::Dsp), "extension");
        assert_eq!(judge("main", 0x1005_a52f, Extension::Base), "extension");
        assert_eq!(judge("main", 0x00b5_7553, Extension::Base), "no float");
        assert_eq!(judge("__floatsisf", 0x8082, Extension::Base), "no float");
        assert_eq!(judge("__mulsf3", 0x8082, Extension::Base), "no float");
        let without = Linked { instructions: vec![0x8082], isa: Isa::RiscV, ..Linked::default() };
        assert_eq!(failed(&linked(&without, Extension::Base)), ["extension"]);
    }
}
