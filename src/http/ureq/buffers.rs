//! Buffers of a socket, which are small until something large goes through: most that a connection carries is a few
//! hundred bytes, and it may idle for long.

use std::fmt;

use ::ureq::unversioned::transport::Buffers;

/// How long each is at first.
const INPUT: usize = 4 * 1024;
/// The lines of a head must fit in, and a request line may have 8,000 bytes.
const OUTPUT: usize = 16 * 1024;

pub(super) struct SocketBuffers {
    input: Vec<u8>,
    input_max: usize,
    /// How much of the input is consumed, and how far it is filled.
    consumed: usize,
    filled: usize,
    /// Whether ureq made something of the input when it looked last.
    progress: bool,
    output: Vec<u8>,
    output_max: usize,
}

impl SocketBuffers {
    /// They are allocated with their first use.
    pub(super) fn new(input_max: usize, output_max: usize) -> Self {
        let (input, output) = (Vec::new(), Vec::new());
        Self { input, input_max, consumed: 0, filled: 0, progress: false, output, output_max }
    }

    /// Notes that so much of the output was sent. What filled it has more behind it.
    pub(super) fn sent(&mut self, amount: usize) {
        if amount > 0 && amount == self.output.len() {
            widen(&mut self.output, self.output_max);
        }
    }
}

fn widen(buffer: &mut Vec<u8>, len: usize) {
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
}

impl Buffers for SocketBuffers {
    fn output(&mut self) -> &mut [u8] {
        widen(&mut self.output, self.output_max.min(OUTPUT));
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        self.input.get(self.consumed..self.filled).unwrap_or_default()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        let is_full = self.filled == self.input.len();
        widen(&mut self.input, if is_full && self.filled > 0 { self.input_max } else { self.input_max.min(INPUT) });
        // What is left moves to the front if nothing is, or there is little room behind it.
        if self.consumed == self.filled || (self.consumed > 0 && self.filled > self.input.len() / 2) {
            self.input.copy_within(self.consumed..self.filled, 0);
            self.filled = self.filled.saturating_sub(self.consumed);
            self.consumed = 0;
        }
        self.input.get_mut(self.filled..).unwrap_or_default()
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled = self.filled.saturating_add(amount).min(self.input.len());
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.consumed = self.consumed.saturating_add(amount).min(self.filled);
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.output();
        self.input_append_buf();
        (self.input.get_mut(self.filled..).unwrap_or_default(), &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.progress && !self.input().is_empty()
    }
}

/// What goes over the wire is shown to nobody.
impl fmt::Debug for SocketBuffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketBuffers").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ::ureq::unversioned::transport::LazyBuffers;

    use super::*;

    fn append(buffers: &mut dyn Buffers, bytes: &[u8]) -> usize {
        let room = buffers.input_append_buf();
        let amount = bytes.len().min(room.len());
        room[..amount].copy_from_slice(&bytes[..amount]);
        buffers.input_appended(amount);
        amount
    }

    #[test]
    fn they_do_what_those_of_ureq_do() {
        // Both are as long as they may become from the start.
        let (mut own, mut theirs) = (SocketBuffers::new(64, 32), LazyBuffers::new(64, 32));
        assert_eq!((own.input(), own.can_use_input()), (theirs.input(), theirs.can_use_input()));
        let bytes: Vec<u8> = (0..=255).collect();
        let mut dice = 1_usize;
        for _ in 0..10_000 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let amount = (dice >> 40) % 50;
            if dice >> 63 == 0 {
                assert_eq!(append(&mut own, &bytes[..amount]), append(&mut theirs, &bytes[..amount]));
            } else {
                let amount = amount.min(own.input().len());
                own.input_consume(amount);
                theirs.input_consume(amount);
            }
            assert_eq!((own.input(), own.can_use_input()), (theirs.input(), theirs.can_use_input()));
        }
        assert_eq!(own.output(), theirs.output());
        own.output()[31] = 1;
        assert_eq!(own.tmp_and_output().1[31], 1);
    }

    #[test]
    fn they_grow_once_they_were_full() {
        let mut buffers = SocketBuffers::new(3 * INPUT, 2 * OUTPUT);
        buffers.sent(0);
        assert_eq!((buffers.output().len(), buffers.input_append_buf().len()), (OUTPUT, INPUT));
        buffers.sent(OUTPUT - 1);
        assert_eq!((buffers.output().len(), append(&mut buffers, &[7; INPUT - 1])), (OUTPUT, INPUT - 1));
        assert_eq!(buffers.input_append_buf().len(), 1);
        buffers.sent(OUTPUT);
        assert_eq!((buffers.output().len(), append(&mut buffers, &[7; 9])), (2 * OUTPUT, 1));
        assert_eq!(append(&mut buffers, &[8; 4 * INPUT]), 2 * INPUT);
        assert_eq!((buffers.input_append_buf().len(), buffers.input().len()), (0, 3 * INPUT), "no more than that");
        assert!(buffers.input()[..INPUT].iter().all(|byte| *byte == 7) && buffers.input()[INPUT] == 8);
        buffers.input_consume(3 * INPUT);
        assert_eq!(buffers.input_append_buf().len(), 3 * INPUT);
    }
}
