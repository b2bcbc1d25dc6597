//! Every kernel against plain 64-bit arithmetic, on all shapes and at the extremes.

use std::vec::Vec;

use super::Active;
use super::emulated_dsp::EmulatedDsp;
use super::rows::{Blocks, Rows};
use crate::kernel::{Activations, BLOCK_ROWS, GROUP, Group, WEIGHT_BIAS, rebase};

/// The generator of Numerical Recipes.
struct Random(u32);

impl Random {
    fn byte(&mut self) -> i8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 24) as i8
    }
}

/// Where weights or activations come from: a row and a column.
type Source<'a> = &'a mut dyn FnMut(usize, usize) -> i8;

/// Compares one or four rows.
fn check<K: Rows>(
    kind: Activations,
    rows: usize,
    columns: usize,
    weight: Source<'_>,
    code: Source<'_>,
) {
    let codes: Vec<i8> = (0..columns).map(|column| code(0, column)).collect();
    let codes: Vec<i8> = match kind {
        Activations::Input => codes,
        Activations::Hidden => codes.into_iter().map(|code| code & 127).collect(),
    };
    let weights: Vec<Vec<i8>> = (0..rows)
        .map(|row| (0..columns).map(|column| weight(row, column).max(-127)).collect())
        .collect();
    let padded = |values: &[i8], group: usize| -> [i8; GROUP] {
        std::array::from_fn(|place| values.get(group * GROUP + place).copied().unwrap_or(0))
    };
    let groups = columns.div_ceil(GROUP);
    let activations: Vec<Group> =
        (0..groups).map(|group| K::pack(kind, padded(&codes, group))).collect();
    let words: Vec<u32> = (0..groups)
        .flat_map(|group| weights.iter().map(move |row| (row, group)))
        .map(|(row, group)| {
            u32::from_le_bytes(padded(row, group).map(|weight| weight as u8)) ^ WEIGHT_BIAS
        })
        .collect();
    let biases: Vec<i32> = (0..rows).map(|row| [1 << 29, -(1 << 29), 0, 12345][row % 4]).collect();
    let expected: Vec<i64> = weights
        .iter()
        .zip(&biases)
        .map(|(row, &bias)| {
            let products = row.iter().zip(&codes).map(|(&w, &x)| i64::from(w) * i64::from(x));
            i64::from(bias) + products.sum::<i64>()
        })
        .collect();
    let biases: Vec<i32> = if K::REBASED && kind == Activations::Input {
        let rebased = |(row, &bias)| rebase(bias, &words, groups, rows, row);
        biases.iter().enumerate().map(rebased).collect()
    } else {
        biases
    };
    let start = K::start(kind, &activations);
    let found: Vec<i64> = if rows == BLOCK_ROWS {
        let mut sums = [0; BLOCK_ROWS];
        let biases: Vec<u32> = biases.iter().map(|&bias| bias as u32).collect();
        let blocks = Blocks {
            weights: words.as_chunks().0,
            activations: &activations,
            start,
            biases: biases.as_chunks().0,
            requantizers: &[],
            to: &mut sums,
        };
        K::blocks(kind, blocks);
        sums.map(|sum| i64::from(sum as i32)).to_vec()
    } else {
        let sum = |row: usize| {
            let sum = K::row(kind, &words[row..], rows, &activations);
            i64::from(sum.wrapping_add(start).wrapping_add(biases[row]))
        };
        (0..rows).map(sum).collect()
    };
    assert_eq!(found, expected, "{kind:?}, {rows} rows, {columns} columns");
}

fn check_all<K: Rows>() {
    let mut random = Random(7);
    for kind in [Activations::Input, Activations::Hidden] {
        for rows in 1..=BLOCK_ROWS {
            for columns in (1..=70).chain(500..=530).chain(1090..=1100).chain([32_767]) {
                let seed = random.byte();
                let mut weights = Random(seed as u32);
                let mut codes = Random(!seed as u32);
                check::<K>(kind, rows, columns, &mut |_, _| weights.byte(), &mut |_, _| {
                    codes.byte()
                });
                for weight in [-127, 127] {
                    for code in [-128, 127] {
                        check::<K>(kind, rows, columns, &mut |_, _| weight, &mut |_, _| code);
                        // Extremes of both signs, in every place of a group.
                        check::<K>(
                            kind,
                            rows,
                            columns,
                            &mut |row, column| {
                                if random.byte() < 0 {
                                    weight
                                } else {
                                    -weight.saturating_add((row + column) as i8 & 1)
                                }
                            },
                            &mut |_, column| if column % 3 == 0 { code } else { !code },
                        );
                    }
                }
            }
        }
    }
}

/// All pairs of activations and a pair of extreme weights, in both halves of a group.
fn check_pairs<K: Rows>() {
    for x in i8::MIN..=i8::MAX {
        for y in i8::MIN..=i8::MAX {
            for (kind, weight) in [
                (Activations::Input, 127),
                (Activations::Input, -127),
                (Activations::Hidden, 127),
                (Activations::Hidden, -127),
            ] {
                let codes = [[x, y, y, x], [x, x, y, y], [y, x, y, x]];
                for codes in codes {
                    check::<K>(
                        kind,
                        1,
                        4,
                        &mut |_, column| if column < 2 { weight } else { -weight },
                        &mut |_, column| codes[column],
                    );
                    check::<K>(
                        kind,
                        1,
                        4,
                        &mut |_, column| if column % 2 == 0 { weight } else { 1 },
                        &mut |_, column| codes[column],
                    );
                }
            }
        }
    }
}

#[test]
fn the_portable_kernel_is_exact() {
    check_all::<Active>();
    check_pairs::<Active>();
}

#[test]
fn the_dsp_kernel_is_exact() {
    check_all::<EmulatedDsp>();
    check_pairs::<EmulatedDsp>();
}
