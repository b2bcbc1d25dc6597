//! The discrete Fourier transform of real samples, in place.
//!
//! It is written out here, and not taken from a crate such as `microfft` 0.6, for two reasons.
//! Rejectors are trained on its bits, so they must not change with another crate's release. And
//! nothing in it can panic: microfft compiled for size keeps 16 checks of bounds.

/// Real and imaginary part.
pub(super) type Complex = [f32; 2];

/// The transform of as many samples as `room` has, 16 or more and a power of two: the constant
/// part, the part of the fastest bin `N/2` (both are real), then the bins from 1 to `N/2 - 1`.
///
/// Sample pairs are taken as complex numbers, transformed, and taken apart again (Press et al.,
/// *Numerical Recipes*, section 12.3). `sine` has the sines of `2 pi j / N` up to a right angle.
pub(super) fn real(room: &mut [f32], sine: &[f32]) {
    let (data, _) = room.as_chunks_mut::<2>();
    complex(data, sine);
    let number = data.len();
    if let Some(first) = data.first_mut() {
        *first = [first[0] + first[1], first[0] - first[1]];
    }
    for bin in 1..=number / 2 {
        let mirror = number.wrapping_sub(bin);
        let (Some(&a), Some(&b)) = (data.get(bin), data.get(mirror)) else { continue };
        // The transforms of the even samples, and of the odd ones.
        let even = [(a[0] + b[0]) * 0.5, (a[1] - b[1]) * 0.5];
        let odd = [(a[1] + b[1]) * 0.5, (b[0] - a[0]) * 0.5];
        let odd = turn(odd, sine, bin);
        if let Some(place) = data.get_mut(mirror) {
            *place = [even[0] - odd[0], odd[1] - even[1]];
        }
        if let Some(place) = data.get_mut(bin) {
            *place = [even[0] + odd[0], even[1] + odd[1]];
        }
    }
}

/// The transform of complex numbers, a power of two of them, at least 8 (Cooley and Tukey 1965).
fn complex(data: &mut [Complex], sine: &[f32]) {
    reorder(data);
    // The angle between two factors, in units of the table.
    let mut step = data.len();
    let mut half = 1_usize;
    while half < data.len() {
        // At least 1, which the compiler would not know otherwise.
        for block in data.chunks_exact_mut(half.wrapping_mul(2).max(1)) {
            let Some((low, high)) = block.split_at_mut_checked(half) else { continue };
            let mut angle = 0_usize;
            for (a, b) in low.iter_mut().zip(high) {
                let turned = if angle == 0 { *b } else { turn(*b, sine, angle) };
                *b = [a[0] - turned[0], a[1] - turned[1]];
                *a = [a[0] + turned[0], a[1] + turned[1]];
                angle = angle.wrapping_add(step);
            }
        }
        half = half.wrapping_mul(2);
        step /= 2;
    }
}

/// Puts each number where the bits of its place are, from the last to the first.
fn reorder(data: &mut [Complex]) {
    let shift = (data.len() as u32).leading_zeros().wrapping_add(1);
    for place in 0..data.len() {
        let other = (place as u32).reverse_bits().wrapping_shr(shift) as usize;
        if let Ok([a, b]) = data.get_disjoint_mut([place, other])
            && place < other
        {
            core::mem::swap(a, b);
        }
    }
}

/// A number turned back by an angle of `2 pi angle / N`, less than half a turn.
fn turn([re, im]: Complex, sine: &[f32], angle: usize) -> Complex {
    let right = sine.len().wrapping_sub(1);
    let at = |place: usize| sine.get(place).copied().unwrap_or_default();
    let (cos, sin) = if angle <= right {
        (at(right.wrapping_sub(angle)), at(angle))
    } else {
        (-at(angle.wrapping_sub(right)), at(right.wrapping_mul(2).wrapping_sub(angle)))
    };
    [re * cos + im * sin, im * cos - re * sin]
}
