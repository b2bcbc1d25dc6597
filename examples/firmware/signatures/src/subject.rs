//! What is verified, and with what.

/// Something to verify; each subject uses a part of it.
#[allow(dead_code)]
pub struct Case {
    /// A public key.
    pub key: [u8; 32],
    /// What was signed: 64 bytes, which with R and the key take as many blocks of SHA-512 as the 48
    /// of a signed image.
    pub message: &'static [u8],
    /// Its signature.
    pub signature: [u8; 64],
    /// A signed image.
    pub image: &'static Words,
}

/// As many words as the image has, at an address that is a multiple of four.
#[repr(C, align(4))]
pub struct Words([u8; include_bytes!(concat!(env!("MILD_IMAGE"), "/signed.mild")).len()]);

static IMAGE: Words = Words(*include_bytes!(concat!(env!("MILD_IMAGE"), "/signed.mild")));

/// The same with the last bit of the image's provenance flipped.
static DAMAGED: Words = Words(*include_bytes!(concat!(env!("MILD_IMAGE"), "/damaged.mild")));

/// The test vector `SHA(abc)` of RFC 8032, section 7.1.
const KEY: [u8; 32] = [
    0xec, 0x17, 0x2b, 0x93, 0xad, 0x5e, 0x56, 0x3b, 0xf4, 0x93, 0x2c, 0x70, 0xe1, 0x24, 0x50, 0x34,
    0xc3, 0x54, 0x67, 0xef, 0x2e, 0xfd, 0x4d, 0x64, 0xeb, 0xf8, 0x19, 0x68, 0x34, 0x67, 0xe2, 0xbf,
];
const MESSAGE: [u8; 64] = [
    0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba, 0xcc, 0x41, 0x73, 0x49, 0xae, 0x20, 0x41, 0x31,
    0x12, 0xe6, 0xfa, 0x4e, 0x89, 0xa9, 0x7e, 0xa2, 0x0a, 0x9e, 0xee, 0xe6, 0x4b, 0x55, 0xd3, 0x9a,
    0x21, 0x92, 0x99, 0x2a, 0x27, 0x4f, 0xc1, 0xa8, 0x36, 0xba, 0x3c, 0x23, 0xa3, 0xfe, 0xeb, 0xbd,
    0x45, 0x4d, 0x44, 0x23, 0x64, 0x3c, 0xe8, 0x0e, 0x2a, 0x9a, 0xc9, 0x4f, 0xa5, 0x4c, 0xa4, 0x9f,
];
const SIGNATURE: [u8; 64] = [
    0xdc, 0x2a, 0x44, 0x59, 0xe7, 0x36, 0x96, 0x33, 0xa5, 0x2b, 0x1b, 0xf2, 0x77, 0x83, 0x9a, 0x00,
    0x20, 0x10, 0x09, 0xa3, 0xef, 0xbf, 0x3e, 0xcb, 0x69, 0xbe, 0xa2, 0x18, 0x6c, 0x26, 0xb5, 0x89,
    0x09, 0x35, 0x1f, 0xc9, 0xac, 0x90, 0xb3, 0xec, 0xfd, 0xfb, 0xc7, 0xc6, 0x64, 0x31, 0xe0, 0x30,
    0x3d, 0xca, 0x17, 0x9c, 0x13, 0x8a, 0xc1, 0x7a, 0xd9, 0xbe, 0xf1, 0x17, 0x73, 0x31, 0xa7, 0x04,
];

/// One that is right, and one that is not.
pub fn cases() -> (Case, Case) {
    #[cfg(not(feature = "signed"))]
    let key = KEY;
    #[cfg(feature = "signed")]
    let key = *include_bytes!(concat!(env!("MILD_IMAGE"), "/public.key"));
    let mut signature = SIGNATURE;
    signature[0] ^= 1;
    (
        Case { key, message: &MESSAGE, signature: SIGNATURE, image: &IMAGE },
        Case { key, message: &MESSAGE, signature, image: &DAMAGED },
    )
}

/// Whether it is authentic.
#[inline(never)]
pub fn verify(case: &Case) -> bool {
    implementation(case)
}

#[cfg(feature = "dalek")]
fn implementation(case: &Case) -> bool {
    use ed25519_dalek::{Signature, VerifyingKey};
    VerifyingKey::from_bytes(&case.key).is_ok_and(|key| {
        key.verify_strict(case.message, &Signature::from_bytes(&case.signature)).is_ok()
    })
}

#[cfg(feature = "compact")]
fn implementation(case: &Case) -> bool {
    use ed25519_compact::{PublicKey, Signature};
    PublicKey::new(case.key).verify(case.message, &Signature::new(case.signature)).is_ok()
}

#[cfg(feature = "salty")]
fn implementation(case: &Case) -> bool {
    use salty::{PublicKey, Signature};
    PublicKey::try_from(&case.key)
        .is_ok_and(|key| key.verify(case.message, &Signature::from(&case.signature)).is_ok())
}

#[cfg(feature = "image")]
fn implementation(case: &Case) -> bool {
    mild::Image::from_prefix(&case.image.0).is_ok()
}

#[cfg(feature = "signed")]
fn implementation(case: &Case) -> bool {
    use mild::signed::{PublicKey, SignedImage};
    SignedImage::verify(&case.image.0, &[PublicKey::new(case.key)], 7).is_ok()
}

#[cfg(not(any(
    feature = "dalek",
    feature = "compact",
    feature = "salty",
    feature = "image",
    feature = "signed"
)))]
fn implementation(case: &Case) -> bool {
    core::hint::black_box(case);
    false
}
