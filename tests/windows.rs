//! The bits of window features: those that the devices' emulators are held to as well, and that no
//! later version may change.

use mild::window_features::Statistic;
use mild_test_support::windows::{self, COMPARED, Compared, SPECTRAL, STATISTICS, Stream};

/// Rejectors were trained on these bits. If one changes, images of before get other features.
#[rustfmt::skip]
const DIGESTS: [[u32; COMPARED]; 2] = [
    [
        0xd9cad70f, 0x889a09f4, 0xb55c0805, 0x403b2005, 0xafef9c05, 0x1d2ab688, 0x10c1a605, 0x747e8e55,
        0x79215ab5, 0x59f2eee5, 0x38494546, 0xed80aa54, 0xe7dd68b9, 0x34984e63, 0xa545f257, 0x96a9b12c,
        0xc0f2c841,
        0x558d7785, 0x6b5566fd, 0xfb7cdd5f, 0x58c570a0, 0x1b0f14db, 0x6e08aa98, 0xa7d4ac4d, 0x63e7f9f0,
        0x0d349785,
    ],
    [
        0xe1367ba4, 0x94fbfcaa, 0x228804e0, 0x0f4e649d, 0x12680df3, 0xea22a8e1, 0x9bd68f72, 0xc21cf38f,
        0x0255d7e0, 0x6bb976bf, 0xc66463ae, 0x73db1a2d, 0xf549ebe0, 0x1a0f0ded, 0x5f7f71d3, 0x8d7ad99a,
        0xcf18b44a,
        0xfe5fc85c, 0x848166fd, 0x057c3f38, 0x84af82a3, 0x807c4957, 0xa2698367, 0x8f87a686, 0xcc5f5110,
        0xbbe5a18a,
    ],
];

#[test]
fn no_bit_changes() {
    let found = windows::digests(Stream::Plain);
    for (found, expected) in found.iter().zip(&DIGESTS) {
        for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
            if found != expected {
                println!("{}: {found:#010x}, expected {expected:#010x}", Compared(place));
            }
        }
    }
    assert_eq!(found, DIGESTS);
}

/// Else a core that computes something else could pass.
#[test]
fn another_sample_is_another_digest() {
    let disturbed = windows::digests(Stream::Disturbed);
    for (found, plain) in disturbed.iter().zip(&DIGESTS) {
        for (place, (found, plain)) in found.iter().zip(plain).enumerate() {
            assert_ne!(found, plain, "{}", Compared(place));
        }
    }
}

#[test]
fn every_statistic_is_compared() {
    assert!(STATISTICS.starts_with(&Statistic::PLAIN));
    let names = STATISTICS.map(Statistic::name);
    assert!(names.contains(&"quantile") && names.contains(&"autocorrelation"));
    let spectral = SPECTRAL.map(|statistic| statistic.to_string()).join(" ");
    for name in ["power", "decibels", "dominant", "centroid", "entropy", "flatness"] {
        assert!(spectral.contains(name), "{name}");
    }
}
