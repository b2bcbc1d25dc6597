//! Signed images: what is accepted, and that nothing else is.

use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use mild::signed::{
    KeyId, PublicKey, SecretKey, SignatureError, SignedImage, TRAILER_BYTES, UnverifiedImage,
};
use mild::{Image, ImageError};
use mild_test_support::images;

const COUNTER: u32 = 7;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32]).unwrap()
}

fn words() -> Vec<u32> {
    images::small().to_words().unwrap()
}

/// Bytes at an address that is a multiple of four.
struct Aligned(Vec<u32>, usize);

impl Aligned {
    fn new(bytes: &[u8]) -> Self {
        let mut words = vec![0; bytes.len().div_ceil(4)];
        bytemuck::cast_slice_mut::<u32, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
        Self(words, bytes.len())
    }

    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.0)[..self.1]
    }
}

/// What both ways of reading say, which must agree on all but what follows.
fn verify(bytes: &[u8], keys: &[PublicKey], minimum: u32) -> Result<(), SignatureError> {
    let bytes = Aligned::new(bytes);
    let whole = SignedImage::verify(bytes.bytes(), keys, minimum).map(|_| ());
    let mut slot = bytes.bytes().to_vec();
    slot.extend([0xff; 9]);
    let slot = Aligned::new(&slot);
    let prefix = SignedImage::verify_prefix(slot.bytes(), keys, minimum).map(|_| ());
    match (whole, prefix) {
        (Err(SignatureError::Truncated { .. } | SignatureError::Image(_)), Err(_)) => {}
        _ => assert_eq!(whole, prefix),
    }
    whole
}

#[test]
fn a_signed_image_is_the_image_and_a_trailer() {
    let bytes = key(1).sign(&words(), COUNTER).unwrap();
    let image: &[u8] = bytemuck::cast_slice(&words()).to_vec().leak();
    assert_eq!(bytes.len(), image.len() + TRAILER_BYTES);
    assert_eq!(&bytes[..image.len()], image);
    // Another implementation makes the same of this key.
    let other = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    assert_eq!(key(1).public().bytes(), other.verifying_key().as_bytes());
    let statement = &bytes[image.len()..bytes.len() - 64];
    let signature = ed25519_dalek::Signer::sign(&other, statement);
    assert_eq!(bytes[bytes.len() - 64..], signature.to_bytes());
    assert!(SecretKey::from_seed(&[0; 32]).is_none());

    let bytes = Aligned::new(&bytes);
    let signed = SignedImage::verify(bytes.bytes(), &[key(1).public()], COUNTER).unwrap();
    assert_eq!(signed.image().bytes(), image);
    assert_eq!((signed.counter(), signed.key_id()), (COUNTER, key(1).public().id()));
    assert_eq!(signed.key_id(), KeyId([0x8a, 0x88, 0xe3, 0xdd]));
    assert_eq!(signed.key_id().to_string(), "8a88e3dd");

    let mut slot = bytes.bytes().to_vec();
    slot.extend([0xff; 101]);
    let slot = Aligned::new(&slot);
    let (prefix, length) =
        SignedImage::verify_prefix(slot.bytes(), &[key(1).public()], COUNTER).unwrap();
    assert_eq!((prefix.digest(), length), (signed.digest(), bytes.bytes().len()));
    // A reader that knows nothing of signatures runs what is in the slot, and refuses the file.
    assert_eq!(Image::from_prefix(slot.bytes()).unwrap().1, image.len());
    let refused = Image::from_bytes(bytes.bytes()).unwrap_err();
    assert!(matches!(refused, ImageError::TrailingBytes { .. }));
}

#[test]
fn one_of_several_keys_will_do_and_no_other() {
    let keys = [key(1).public(), key(2).public()];
    for seed in [1, 2] {
        assert_eq!(verify(&key(seed).sign(&words(), 0).unwrap(), &keys, 0), Ok(()));
    }
    let found = key(3).public().id();
    let foreign = key(3).sign(&words(), 0).unwrap();
    assert_eq!(verify(&foreign, &keys, 0), Err(SignatureError::UnknownKey { found }));
    assert_eq!(verify(&foreign, &[], 0), Err(SignatureError::UnknownKey { found }));

    // The foreign signature under the name of a known key.
    let mut forged = foreign;
    let id = words().len() * 4 + 8;
    forged[id..id + 4].copy_from_slice(&keys[0].id().0);
    assert_eq!(verify(&forged, &keys, 0), Err(SignatureError::Signature));

    // Two keys with one id: each is tried.
    let mut twin = *keys[0].bytes();
    twin[31] ^= 1;
    let signed = key(1).sign(&words(), 0).unwrap();
    assert_eq!(verify(&signed, &[PublicKey::new(twin), keys[0]], 0), Ok(()));
    assert!(verify(&signed, &[PublicKey::new(twin)], 0).is_err());
}

#[test]
fn the_counter_never_goes_back() {
    let keys = [key(1).public()];
    for (found, minimum) in [(6, 7), (0, 1), (u32::MAX - 1, u32::MAX)] {
        let old = key(1).sign(&words(), found).unwrap();
        assert_eq!(verify(&old, &keys, minimum), Err(SignatureError::Counter { found, minimum }));
        assert_eq!(verify(&old, &keys, found), Ok(()));
        // The old signature with the counter that is asked for.
        let mut forged = old;
        let counter = words().len() * 4 + 12;
        forged[counter..counter + 4].copy_from_slice(&minimum.to_le_bytes());
        assert_eq!(verify(&forged, &keys, minimum), Err(SignatureError::Signature));
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let good = key(1).sign(&words(), COUNTER).unwrap();
    let image = words().len() * 4;
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let error = verify(&bad, &[key(1).public()], 0).expect_err("a flipped bit");
        // The header says where the trailer is; all other bits of the image are in its digest.
        if (20..image).contains(&(bit / 8)) {
            assert_eq!(error, SignatureError::Digest, "bit {bit}");
        }
        if bit / 8 >= image + 48 {
            assert_eq!(error, SignatureError::Signature, "bit {bit}");
        }
    }
}

#[test]
fn whatever_is_cut_off_or_added_is_refused() {
    let good = key(1).sign(&words(), COUNTER).unwrap();
    let keys = [key(1).public()];
    let image = words().len() * 4;
    for length in 0..good.len() {
        let error = verify(&good[..length], &keys, 0).expect_err("cut off");
        if length % 4 == 0 && length > image {
            let expected = good.len();
            assert_eq!(error, SignatureError::Truncated { found: length, expected });
        }
    }
    assert_eq!(verify(&good[..image], &keys, 0), Err(SignatureError::Unsigned));
    let mut longer = good.clone();
    longer.extend([0; 4]);
    let longer = Aligned::new(&longer);
    assert_eq!(
        SignedImage::verify(longer.bytes(), &keys, 0).unwrap_err(),
        SignatureError::TrailingBytes { found: good.len() + 4, expected: good.len() }
    );
    let shifted = Aligned::new(&[&[0, 0], &good[..]].concat());
    assert_eq!(
        SignedImage::verify(&shifted.bytes()[2..], &keys, 0).unwrap_err(),
        SignatureError::Image(ImageError::Misaligned)
    );
}

#[test]
fn another_version_of_the_trailer_is_refused_as_such() {
    let mut newer = key(1).sign(&words(), COUNTER).unwrap();
    newer[words().len() * 4 + 4] = 2;
    assert_eq!(
        verify(&newer, &[key(1).public()], 0),
        Err(SignatureError::Version { found: 2, expected: 1 })
    );
}

#[test]
fn what_is_signed_must_be_an_image() {
    let mut bad = words();
    bad[3] ^= 1;
    assert!(matches!(
        key(1).sign(&bad, 0),
        Err(SignatureError::Image(ImageError::Checksum { .. }))
    ));
}

/// A signed image with another signature.
fn with_signature(image: &[u8], signature: &[u8; 64]) -> Vec<u8> {
    [&image[..image.len() - 64], signature].concat()
}

#[test]
fn a_second_form_of_the_same_signature_is_refused() {
    /// The order of the group, RFC 8032, section 5.1, lowest byte first.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let good = key(1).sign(&words(), COUNTER).unwrap();
    let mut signature: [u8; 64] = good[good.len() - 64..].try_into().unwrap();
    // S + L is the same number modulo L.
    for _ in 0..15 {
        let mut carry = 0;
        for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            (*byte, carry) = (sum as u8, sum >> 8);
        }
        if carry > 0 {
            break;
        }
        let other = with_signature(&good, &signature);
        assert_eq!(verify(&other, &[key(1).public()], 0), Err(SignatureError::Signature));
    }
}

#[test]
fn keys_and_points_of_small_order_are_refused() {
    let hex = |text: &str| -> [u8; 32] {
        std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
    };
    // The points whose order divides 8, and two other encodings of the identity.
    let small = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000080",
    ]
    .map(hex);
    let good = key(1).sign(&words(), COUNTER).unwrap();
    let statement = good.len() - TRAILER_BYTES..good.len() - 64;
    let mut lenient = 0;
    for key_bytes in small {
        // A statement that names this key, and signatures without a secret: S = 0 and each R.
        let mut forged = good.clone();
        let id = statement.start + 8;
        forged[id..id + 4].copy_from_slice(&key_bytes[..4]);
        for r in small {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&r);
            let forged = with_signature(&forged, &signature);
            let message = &forged[statement.clone()];
            lenient +=
                usize::from(VerifyingKey::from_bytes(&key_bytes).is_ok_and(|key| {
                    key.verify(message, &Signature::from_bytes(&signature)).is_ok()
                }));
            let error = verify(&forged, &[PublicKey::new(key_bytes)], 0).expect_err("small order");
            assert!(
                matches!(error, SignatureError::Signature | SignatureError::Key { .. }),
                "{error:?}"
            );
        }
    }
    assert!(lenient > 5, "a verifier that is not strict accepts some: {lenient}");
}

#[test]
fn bytes_that_are_no_key_are_refused_by_name() {
    // y = 2 is on no point of the curve.
    let mut bytes = [0; 32];
    bytes[0] = 2;
    let none = PublicKey::new(bytes);
    let mut signed = key(1).sign(&words(), 0).unwrap();
    let id = words().len() * 4 + 8;
    signed[id..id + 4].copy_from_slice(&none.id().0);
    assert_eq!(verify(&signed, &[none], 0), Err(SignatureError::Key { id: none.id() }));
}

#[test]
fn what_is_not_verified_can_be_looked_at() {
    let bytes = Aligned::new(&key(1).sign(&words(), COUNTER).unwrap());
    let found = UnverifiedImage::from_bytes(bytes.bytes()).unwrap();
    assert_eq!((found.counter(), found.key_id()), (COUNTER, key(1).public().id()));
    assert_eq!(found.check_digest(), Ok(()));
    let mut bytes = bytes.bytes().to_vec();
    bytes[40] ^= 1;
    let bytes = Aligned::new(&bytes);
    let found = UnverifiedImage::from_bytes(bytes.bytes()).unwrap();
    assert_eq!(found.check_digest(), Err(SignatureError::Digest));
}

#[test]
fn errors_say_what_was_found_and_expected() {
    for (error, text) in [
        (
            SignatureError::Counter { found: 3, minimum: 5 },
            "the image is older than one that ran before: its counter is too low: found 3, expected at least 5",
        ),
        (
            SignatureError::UnknownKey { found: KeyId([1, 2, 3, 0xff]) },
            "the image is signed with an unknown key: found key 010203ff",
        ),
        (SignatureError::Unsigned, "the image is not signed"),
        (
            SignatureError::Image(ImageError::Magic { found: 1 }),
            "this is not an image: it does not begin with `MILD` (found 0x00000001)",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}
