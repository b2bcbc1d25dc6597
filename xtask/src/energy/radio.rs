//! What the transfer of a request and its reply takes, by models with named assumptions.
//!
//! Nothing here is measured by this project. A model takes a part's currents from its data sheet,
//! or the charge of a whole transfer from somebody's published measurement.

/// A way to an expert.
pub(super) struct Radio {
    /// Its name in the table.
    pub(super) name: &'static str,
    /// Supply voltage, in volts.
    volts: f64,
    transfer: Transfer,
    /// What is assumed, and from where.
    pub(super) assumptions: &'static str,
}

/// How long the radio does what.
enum Transfer {
    /// Bluetooth LE in a connection that is there already.
    Bluetooth,
    /// LoRaWAN, class A, on 125 kHz, with this spreading factor, and the most bytes of a payload.
    LoRaWan { spreading_factor: u32, most: usize },
    /// Wi-Fi from deep sleep and back, whatever is sent: so many milliseconds and millicoulombs.
    Wifi { ms: f64, millicoulombs: f64 },
}

/// What a transfer takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Taken {
    /// How long the radio is on, in milliseconds.
    pub(super) ms: f64,
    /// In microjoules.
    pub(super) microjoules: f64,
}

const LORAWAN: &str = "SX1276: 29 mA at +13 dBm, 11.5 mA receiving, 3.3 V (data sheet, table 6); time on air by the data sheet's \
    formula; 13 bytes of LoRaWAN around a frame, an uplink and its answer in the first window at the same rate; sleep between \
    them is not counted";

#[rustfmt::skip] // a radio is a line or two
pub(super) const RADIOS: &[Radio] = &[
    Radio { name: "Bluetooth LE, connected", volts: 3.0, transfer: Transfer::Bluetooth,
        assumptions: "nRF52840: 4.8 mA sending at 0 dBm, 4.6 mA receiving, 3.3 mA computing, 3 V with its DC/DC converter (product \
            specification); 1 Mbit/s, 20 bytes of a frame a packet, each in an event of its own with 1 ms of computing and 0.3 ms \
            of radio to start (assumed); two events without data until the reply (assumed); keeping the connection is not counted" },
    Radio { name: "LoRaWAN, SF7", volts: 3.3, transfer: Transfer::LoRaWan { spreading_factor: 7, most: 222 }, assumptions: LORAWAN },
    Radio { name: "LoRaWAN, SF9", volts: 3.3, transfer: Transfer::LoRaWan { spreading_factor: 9, most: 115 }, assumptions: LORAWAN },
    Radio { name: "LoRaWAN, SF12", volts: 3.3, transfer: Transfer::LoRaWan { spreading_factor: 12, most: 51 }, assumptions: LORAWAN },
    Radio { name: "Wi-Fi, fixed address, MQTT", volts: 5.0, transfer: Transfer::Wifi { ms: 774.0, millicoulombs: 108.6 },
        assumptions: "ESP32 with MicroPython from deep sleep, fixed address, one MQTT message: 108.6 mC at 5 V in 774 ms, measured in the \
            project github.com/glenn20/upy-esp32-experiments (ESPNowvsWifiEnergyUsage); the reply is taken as free" },
    Radio { name: "Wi-Fi, DHCP, HTTP", volts: 5.0, transfer: Transfer::Wifi { ms: 2928.0, millicoulombs: 341.3 },
        assumptions: "the same with DHCP and an HTTP POST: 341.3 mC at 5 V in 2,928 ms (same source)" },
];

impl Radio {
    /// What a frame of `sent` bytes and one of `received` bytes take; `None` if they do not fit.
    pub(super) fn takes(&self, sent: usize, received: usize) -> Option<Taken> {
        let (ms, milliampere_ms) = match self.transfer {
            Transfer::Bluetooth => bluetooth(sent, received),
            Transfer::LoRaWan { most, .. } if sent.max(received) > most => return None,
            Transfer::LoRaWan { spreading_factor, .. } => lorawan(spreading_factor, sent, received),
            Transfer::Wifi { ms, millicoulombs } => (ms, millicoulombs * 1e3),
        };
        Some(Taken { ms, microjoules: milliampere_ms * self.volts })
    }
}

/// Milliseconds, and milliamperes times milliseconds.
fn bluetooth(sent: usize, received: usize) -> (f64, f64) {
    const SENDING: f64 = 4.8;
    const RECEIVING: f64 = 4.6;
    const COMPUTING: f64 = 3.3;
    /// Bytes of a frame in a packet, and bytes around them: preamble, address, header, L2CAP, ATT,
    /// CRC.
    const PIECE: usize = 20;
    const AROUND: f64 = 17.0;
    /// A packet without data.
    const EMPTY: f64 = 10.0;
    const MS_PER_BYTE: f64 = 0.008;
    /// Between two packets.
    const SPACE: f64 = 0.15;
    const START: f64 = 0.3;
    const PROCESSING: f64 = 1.0;
    /// Events without data until the reply.
    const IDLE: f64 = 2.0;
    let packets = |bytes: usize| bytes.div_ceil(PIECE) as f64;
    let data = |bytes: usize| (bytes as f64 + packets(bytes) * AROUND) * MS_PER_BYTE;
    let events = packets(sent) + packets(received) + IDLE;
    // In each event a packet goes each way; the other one has no data.
    let sending = data(sent) + (events - packets(sent)) * EMPTY * MS_PER_BYTE;
    let receiving = data(received) + (events - packets(received)) * EMPTY * MS_PER_BYTE;
    let listening = receiving + events * (SPACE + START);
    let charge = sending * SENDING + listening * RECEIVING + events * PROCESSING * COMPUTING;
    (sending + listening, charge)
}

/// The same.
fn lorawan(spreading_factor: u32, sent: usize, received: usize) -> (f64, f64) {
    const SENDING: f64 = 29.0;
    const RECEIVING: f64 = 11.5;
    /// MAC header, frame header, port, integrity code.
    const AROUND: usize = 13;
    let up = on_air(spreading_factor, sent + AROUND, true);
    let down = on_air(spreading_factor, received + AROUND, false);
    (up + down, up * SENDING + down * RECEIVING)
}

/// Milliseconds on air (SX1276 data sheet, section 4.1.1.7): 125 kHz, coding rate 4/5, a preamble
/// of 8 symbols, with a header; low data rates are optimized from SF11 on.
fn on_air(spreading_factor: u32, bytes: usize, crc: bool) -> f64 {
    let spreading_factor = i64::from(spreading_factor);
    let symbol = (1 << spreading_factor) as f64 / 125.0;
    let optimized = i64::from(spreading_factor >= 11);
    let bits = 8 * bytes as i64 - 4 * spreading_factor + 28 + 16 * i64::from(crc);
    let blocks = bits.max(0).div_euclid(4 * (spreading_factor - 2 * optimized));
    let rest = bits.max(0).rem_euclid(4 * (spreading_factor - 2 * optimized));
    let symbols = 8 + 5 * (blocks + i64::from(rest > 0));
    (12.25 + symbols as f64) * symbol
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_on_air_is_that_of_known_calculators() {
        // 23 bytes: 10 of payload, 13 around them. The figures of the airtime calculator of The
        // Things Network for EU868.
        for (spreading_factor, expected) in [(7, 61.7), (9, 205.8), (12, 1482.8)] {
            let found = on_air(spreading_factor, 23, true);
            assert!((found - expected).abs() < 0.06, "SF{spreading_factor}: {found}");
        }
    }

    #[test]
    fn more_bytes_take_more_and_too_many_do_not_fit() {
        for radio in &RADIOS[..2] {
            let small = radio.takes(20, 20).unwrap();
            let large = radio.takes(100, 20).unwrap();
            assert!(large.ms > small.ms && large.microjoules > small.microjoules);
        }
        let slow = RADIOS.iter().find(|radio| radio.name == "LoRaWAN, SF12").unwrap();
        assert!(slow.takes(51, 51).is_some() && slow.takes(52, 20).is_none());
    }

    #[test]
    fn bluetooth_takes_what_its_packets_take() {
        // One packet each way and two empty events: 4 events; 37 + 3 * 10 bytes each way.
        let (ms, charge) = bluetooth(20, 20);
        let air = 0.008 * 67.0;
        let expected = air * 4.8 + (air + 4.0 * 0.45) * 4.6 + 4.0 * 3.3;
        assert!((ms - (2.0 * air + 1.8)).abs() < 1e-9, "{ms}");
        assert!((charge - expected).abs() < 1e-9, "{charge}");
    }
}
