//! What a block of code leaves out.

use super::blocks::Block;
use anyhow::{Result, bail, ensure};

/// The text before and behind a block.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) document: &'static str,
    pub(super) place: usize,
    pub(super) before: &'static str,
    pub(super) after: &'static str,
}

/// Each block in its frame. Blocks and frames must match one to one, so that no block goes without.
pub(super) fn framed<'b>(
    blocks: &[&'b Block],
    frames: &'static [Frame],
) -> Result<Vec<(&'b Block, &'static Frame)>> {
    let belongs = |frame: &Frame, block: &Block| {
        frame.document == block.document && frame.place == block.place
    };
    for frame in frames {
        ensure!(
            blocks.iter().any(|block| belongs(frame, block)),
            "{} has no block {}: its frame has to go",
            frame.document,
            frame.place
        );
    }
    let mut framed = Vec::new();
    for &block in blocks {
        let Some(frame) = frames.iter().find(|frame| belongs(frame, block)) else {
            bail!("{}:{}: a block of code without a frame", block.document, block.line);
        };
        framed.push((block, frame));
    }
    Ok(framed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_without_a_frame_and_a_frame_without_a_block_are_found() {
        static FRAMES: [Frame; 1] = [Frame { document: "a.md", place: 0, before: "{", after: "}" }];
        let block = |place| Block {
            document: "a.md".to_owned(),
            line: 3,
            language: "c".to_owned(),
            place,
            code: String::new(),
        };
        let (first, second) = (block(0), block(1));
        assert_eq!(framed(&[&first], &FRAMES).unwrap().len(), 1);
        let error = framed(&[&first, &second], &FRAMES).unwrap_err().to_string();
        assert_eq!(error, "a.md:3: a block of code without a frame");
        let error = framed(&[], &FRAMES).unwrap_err().to_string();
        assert_eq!(error, "a.md has no block 0: its frame has to go");
    }
}
