//! The ways in which an image can be damaged.

use core::hint::black_box;
use mild::{Image, ImageError, Reachable, Rejector};
use mild_test_support::checksum::{CHECKSUM, COVERED, LENGTH, reseal};

/// What a word is replaced with.
const WORDS: [u32; 8] =
    [0, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, 0x7f80_0000, 0x7fc0_0001, 0x0001_0001];

/// How many damaged images there were, and how many of them were accepted.
#[derive(Debug, Default, Clone, Copy)]
pub struct Count {
    /// All.
    pub images: u32,
    /// Those for which `Image::from_bytes` or `Image::from_prefix` gave no error.
    pub accepted: u32,
}

impl Count {
    fn add(&mut self, accepted: bool) {
        self.images += 1;
        self.accepted += u32::from(accepted);
    }
}

/// An image in RAM, to be damaged.
pub struct Damage<'a> {
    room: &'a mut [u32],
    words: usize,
    scratch: &'a mut [u32],
}

impl<'a> Damage<'a> {
    /// Copies the image out of a slot; `None` if there is none, or no room for it and a word more.
    pub fn new(slot: &[u8], room: &'a mut [u32], scratch: &'a mut [u32]) -> Option<Self> {
        let (image, _) = Image::from_prefix(slot).ok()?;
        let (words, _) = image.bytes().as_chunks();
        for (room, &bytes) in room.get_mut(..words.len() + 1)?.iter_mut().zip(words) {
            *room = u32::from_le_bytes(bytes);
        }
        Some(Self { room, words: words.len(), scratch })
    }

    /// The image's length in bytes.
    pub fn bytes(&self) -> usize {
        self.words * 4
    }

    /// Whether the image as it is now is accepted, and runs.
    pub fn whole(&mut self) -> bool {
        self.run()
    }

    /// Every bit of it flipped, one at a time.
    pub fn flipped(&mut self) -> Count {
        let mut count = Count::default();
        for index in 0..self.words {
            for bit in 0..32 {
                self.room[index] ^= 1 << bit;
                let bytes = bytes(&self.room[..self.words]);
                count.add(accepted(bytes) || Image::from_prefix(bytes).is_ok());
                self.room[index] ^= 1 << bit;
            }
        }
        count
    }

    /// Every length shorter than its own, of the file and of the slot.
    pub fn truncated(&mut self) -> Count {
        let mut count = Count::default();
        let whole = bytes(&self.room[..self.words]);
        for length in 0..whole.len() {
            let short = &whole[..length];
            count.add(accepted(short) || Image::from_prefix(short).is_ok());
        }
        count
    }

    /// At addresses that are not multiples of four, whole and cut, and in a slot there.
    pub fn misaligned(&mut self) -> Count {
        let mut count = Count::default();
        for shift in 1..4 {
            let length = self.bytes();
            // The room has a word more than the image.
            let room = bytes_mut(&mut self.room[..=self.words]);
            room.copy_within(..length, shift);
            let moved = &room[shift..shift + length];
            let error = Image::from_bytes(moved).err();
            count.add(error != Some(ImageError::Misaligned) || Image::from_prefix(moved).is_ok());
            room.copy_within(shift..shift + length, 0);
        }
        count
    }

    /// One to four bytes after it; a slot may have them.
    pub fn trailing(&mut self) -> Count {
        let mut count = Count::default();
        let whole = self.words * 4;
        let room = bytes(&self.room[..=self.words]);
        for length in whole + 1..=whole + 4 {
            count.add(accepted(&room[..length]) || Image::from_prefix(&room[..length]).is_err());
        }
        count
    }

    /// Nothing there: erased or zeroed flash of every length up to that of the image, and no bytes
    /// at all.
    pub fn erased(&mut self) -> Count {
        let mut count = Count::default();
        for byte in [0, u32::MAX] {
            // The scratch is as long as the room.
            self.scratch.fill(byte);
            for words in 0..self.words {
                let erased = bytes(&self.scratch[..words]);
                count.add(accepted(erased) || Image::from_prefix(erased).is_ok());
            }
        }
        count
    }

    /// Every bit flipped, one at a time, and the checksum made right: refused or run.
    pub fn flipped_and_sealed(&mut self) -> Count {
        let mut count = Count::default();
        for index in (0..self.words).filter(|&index| index != CHECKSUM) {
            for bit in 0..32 {
                self.room[index] ^= 1 << bit;
                count.add(self.seal_and_run());
                self.room[index] ^= 1 << bit;
            }
        }
        self.seal();
        count
    }

    /// Every word replaced by extremes, and the checksum made right: refused or run.
    pub fn replaced_and_sealed(&mut self) -> Count {
        let mut count = Count::default();
        for index in (0..self.words).filter(|&index| index != CHECKSUM) {
            for word in WORDS {
                let before = core::mem::replace(&mut self.room[index], word);
                count.add(self.seal_and_run());
                self.room[index] = before;
            }
        }
        self.seal();
        count
    }

    /// Cut at every word, length and checksum made right: refused or run.
    pub fn cut_and_sealed(&mut self) -> Count {
        let mut count = Count::default();
        let whole = self.words;
        for words in COVERED..whole {
            self.words = words;
            self.room[LENGTH] = words as u32 * 4;
            count.add(self.seal_and_run());
        }
        self.words = whole;
        self.room[LENGTH] = whole as u32 * 4;
        self.seal();
        count
    }

    fn seal_and_run(&mut self) -> bool {
        self.seal();
        self.run()
    }

    fn seal(&mut self) {
        reseal(&mut self.room[..self.words]);
    }

    /// Runs the image over a few inputs, if it is accepted.
    fn run(&mut self) -> bool {
        let Ok(image) = Image::from_bytes(bytes(&self.room[..self.words])) else { return false };
        for name in image.names() {
            black_box(name);
        }
        black_box((
            image.shapes().count(),
            image.provenance(),
            image.offsets(),
            image.prices().count(),
        ));
        let rejector = Rejector::new(&image);
        let mut codes = [0i8; 64];
        let mut readings = [0i16; 64];
        let mut features = [0f32; 64];
        let inputs = image.inputs();
        let (Some(codes), Some(readings), Some(features)) =
            (codes.get_mut(..inputs), readings.get_mut(..inputs), features.get_mut(..inputs))
        else {
            // More inputs than there were at first: the weights for them are not there, so this is
            // not an image.
            return true;
        };
        for value in [i16::MIN, -1, 0, 1, i16::MAX] {
            codes.fill((value >> 8) as i8);
            readings.fill(value);
            features.fill(f32::from(value) * 1e3);
            // Errors for want of scratch or raw quantizers are as good as results; a fault or panic
            // is not.
            let scratch = &mut *self.scratch;
            let _ = black_box(rejector.decide(codes, Reachable::ALL, scratch));
            let _ = black_box(rejector.decide(readings, Reachable::LOCAL_ONLY, scratch));
            let _ = black_box(rejector.decide(features, Reachable::from_bits(2), scratch));
        }
        true
    }
}

fn accepted(bytes: &[u8]) -> bool {
    Image::from_bytes(bytes).is_ok()
}

fn bytes(words: &[u32]) -> &[u8] {
    bytemuck::must_cast_slice(words)
}

fn bytes_mut(words: &mut [u32]) -> &mut [u8] {
    bytemuck::must_cast_slice_mut(words)
}
