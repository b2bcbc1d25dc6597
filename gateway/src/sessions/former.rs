//! Refusing frames of version 1 in their own words, so that a node that was left behind says why.

/// The CRC-32 of frames.
const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);
const SIGNED: u8 = 0x80;
const MAC_AND_CRC: usize = 12;
/// Kind, status, answer and confidence of a reply of version 1.
const REPLY: u8 = 1;
const REFUSED: [u8; 3] = [3, 0, 0];

/// The refusal of a request of version 1, from the request's bytes without COBS; `None` if it is no
/// request. It is never signed.
pub(super) fn refusal(request: &[u8]) -> Option<Vec<u8>> {
    let (&first, rest) = request.split_first()?;
    let end = if first & SIGNED == 0 { 4 } else { MAC_AND_CRC };
    let (message, _) = rest.split_at_checked(rest.len().checked_sub(end)?)?;
    let (&0, numbers) = message.split_first()? else { return None };
    // Node and sequence number, as they came.
    let node = varint(numbers)?;
    let length = node + varint(numbers.get(node..)?)?;
    let mut body = vec![1, REPLY];
    body.extend(numbers.get(..length)?);
    body.extend(REFUSED);
    body.extend(CRC.checksum(&body).to_le_bytes());
    let mut frame = cobs::encode_vec(&body);
    frame.push(0);
    Some(frame)
}

/// The length of the number of up to 32 bits at the start.
fn varint(bytes: &[u8]) -> Option<usize> {
    let last = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)?;
    Some(last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_version_1_gets_a_reply_of_version_1() {
        // The example of the former specification: node 7, request 300.
        let request = [
            0x01, 0x00, 0x07, 0xac, 0x02, 0xf8, 0xac, 0xd1, 0x91, 0x01, 0x02, 0x01, 0x03, 0xff,
            0x07, 0x00, 0x03, 0xfb, 0x00, 0x7f, 0x3f, 0xc2, 0x95, 0xd5,
        ];
        let frame = refusal(&request).unwrap();
        let reply = cobs::decode_vec(frame.strip_suffix(&[0]).unwrap()).unwrap();
        let (body, crc) = reply.split_last_chunk().unwrap();
        assert_eq!(body, [1, 1, 7, 0xac, 2, 3, 0, 0]);
        assert_eq!(u32::from_le_bytes(*crc), CRC.checksum(body));
        for length in 0..request.len() {
            // Whatever is missing, nothing panics.
            let _ = refusal(&request[..length]);
        }
        assert_eq!(refusal(&[1, 1, 7, 1, 0, 0, 0, 0, 0, 0, 0]), None, "a reply");
    }
}
