//! Damages the image in the flash slot in every way and checks that the device refuses it.
//!
//! For each way it prints a line `check NAME: N images, A accepted`. With the checksum made right
//! again an image may be accepted, and then it is run: that must not fault. Ends with exit status 0
//! only if the whole image was accepted and nothing went wrong.

#![no_std]
#![no_main]

mod damage;

use board::{Room, entry, println};
use damage::Damage;

/// Words of the largest image that there is room for.
const WORDS: usize = 512;

#[entry]
fn main() -> ! {
    static IMAGE: Room<[u32; WORDS]> = Room::new([0; WORDS]);
    static SCRATCH: Room<[u32; WORDS]> = Room::new([0; WORDS]);
    let (Some(image), Some(scratch)) = (IMAGE.take(), SCRATCH.take()) else { board::exit(false) };
    let Some(mut damage) = Damage::new(board::image_slot(), image, scratch) else {
        println!("no image in the slot, or one that is too large for this program");
        board::exit(false)
    };
    // Without this the checks below would prove nothing.
    let mut good = damage.whole();
    println!("image: {} bytes, {}", damage.bytes(), if good { "accepted" } else { "refused" });
    for (name, check) in [
        ("flipped", Damage::flipped as fn(&mut Damage<'static>) -> damage::Count),
        ("truncated", Damage::truncated),
        ("misaligned", Damage::misaligned),
        ("trailing", Damage::trailing),
        ("erased", Damage::erased),
    ] {
        let count = check(&mut damage);
        println!("check {}: {} images, {} accepted", name, count.images, count.accepted);
        good &= count.accepted == 0;
    }
    for (name, check) in [
        (
            "flipped and sealed",
            Damage::flipped_and_sealed as fn(&mut Damage<'static>) -> damage::Count,
        ),
        ("replaced and sealed", Damage::replaced_and_sealed),
        ("cut and sealed", Damage::cut_and_sealed),
    ] {
        let count = check(&mut damage);
        println!("check {}: {} images, {} accepted", name, count.images, count.accepted);
    }
    // Every damage has been undone.
    good &= damage.whole();
    board::exit(good)
}
