//! A simulated cold store, as a log of raw readings: no real one with answers of experts is public.
//!
//! Readings in sixteenths of a degree. The device has a threshold on the mean; what goes wrong with
//! it is a door that is left open just now (still cold, but rising), and the end of a defrosting
//! (warm, but falling). A remote model knows, for a price.

/// Readings in a row of the log.
pub const READINGS: usize = 16;
/// The configuration; its features are in the order of the example's `STATISTICS`.
pub const CONFIG: &str = "\
[data]
log = \"log.csv\"
label = \"alarm\"
split = \"split\"

[[window]]
name = \"temperature\"
samples = [\"reading*\"]
readings = \"i16\"
statistics = [\"mean\", \"variance\", \"minimum\", \"peak-to-peak\"]

[[expert]]
name = \"local\"
prediction = \"threshold\"
price = 0.0

[[expert]]
name = \"cloud\"
prediction = \"cloud\"
price = 0.05

[rejector]
method = \"two-stage\"
hidden = [8]

[train]
effort = \"quick\"
";

/// The log, and the readings of its test rows.
#[must_use]
pub fn log(rows: usize) -> (String, Vec<[i16; READINGS]>) {
    let mut text = String::from("split,alarm,threshold,cloud");
    (0..READINGS).for_each(|place| text += &format!(",reading{place:02}"));
    text.push('\n');
    let mut random = Random(7);
    let mut test = Vec::new();
    for row in 0..rows {
        // Usual, door, defrosting, broken.
        let kind = [0, 0, 0, 1, 2, 3][random.below(6) as usize];
        let start = match kind {
            0 | 1 => 48 + random.below(32),
            2 => 110 + random.below(60),
            _ => 110 + random.below(100),
        };
        let slope = match kind {
            1 => 2 + random.below(4),
            2 => -2 - random.below(4),
            _ => 0,
        };
        let noise = 1 + random.below(4);
        let readings: [i16; READINGS] = std::array::from_fn(|place| {
            (start + slope * place as i64 + random.below(2 * noise + 1) - noise) as i16
        });
        let mean = readings.iter().map(|&reading| i64::from(reading)).sum::<i64>() / 16;
        let alarm = u8::from(kind == 1 || kind == 3);
        let threshold = u8::from(mean > 100);
        let cloud = if random.below(100) < 2 { 1 - alarm } else { alarm };
        let split = ["train", "train", "calibration", "test"][row % 4];
        text += &format!("{split},{alarm},{threshold},{cloud}");
        readings.iter().for_each(|reading| text += &format!(",{reading}"));
        text.push('\n');
        if split == "test" {
            test.push(readings);
        }
    }
    (text, test)
}

/// Knuth's linear congruential generator; its high bits are the good ones.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64) % limit
    }
}
