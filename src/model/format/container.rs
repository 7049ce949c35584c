//! Containers of tracks, read part by part at their offsets.

use std::io;
use std::ops::Range;

/// A function that returns the bytes of a file from an offset on; see [`Content::look`](super::Content::look).
pub(super) type Window<'a> = dyn FnMut(u64) -> io::Result<Vec<u8>> + 'a;

/// The header of a part: its kind, the length of the header, and that of the whole part.
pub(super) type Header<K> = (K, usize, u64);

/// The structure of a container, whose parts have a kind `K` and may hold other parts.
pub(super) struct Container<K: 'static> {
    /// Reads the header of the part that bytes begin with.
    pub(super) header: fn(&[u8]) -> Option<Header<K>>,
    /// The kinds of the parts that lead to the tracks, from the outermost one.
    pub(super) tracks: &'static [K],
    /// The kind of a track.
    pub(super) track: K,
    /// The kinds of the parts that lead from a track to the one that `is_sound` reads.
    pub(super) track_kind: &'static [K],
    /// Returns `true` for a track of sound, `false` for one that has nothing to see either, and `None` for any other.
    pub(super) is_sound: fn(&[u8]) -> Option<bool>,
    /// Maximum number of parts that are read.
    pub(super) parts_max: usize,
}

impl<K: PartialEq> Container<K> {
    /// Returns `true` if a file has sound and nothing to see. A track that is out of reach is taken for that of a video.
    pub(super) fn has_only_sound(&self, window: &mut Window<'_>) -> io::Result<bool> {
        let mut walk = Walk { container: self, window, left: self.parts_max };
        let Some(mut tracks) = walk.find(self.tracks, 0..u64::MAX)? else { return Ok(false) };
        let mut has_sound = false;
        while !tracks.is_empty() {
            let Some((kind, body)) = walk.read(&tracks)? else { return Ok(false) };
            tracks.start = body.end;
            if kind == self.track {
                let Some(is_sound) = walk.is_sound(body)? else { return Ok(false) };
                has_sound |= is_sound;
            }
        }
        Ok(has_sound)
    }
}

struct Walk<'a, K: 'static> {
    container: &'a Container<K>,
    window: &'a mut Window<'a>,
    /// Number of parts that may still be read.
    left: usize,
}

impl<K: PartialEq> Walk<'_, K> {
    /// Reads the first part in a range of offsets: its kind, and the range of its body.
    fn read(&mut self, within: &Range<u64>) -> io::Result<Option<(K, Range<u64>)>> {
        let Some(left) = self.left.checked_sub(1).filter(|_| !within.is_empty()) else { return Ok(None) };
        self.left = left;
        let header = (self.container.header)(&(self.window)(within.start)?);
        Ok(header.map(|(kind, header, len)| {
            let body = within.start.saturating_add(header as u64);
            (kind, body..within.start.saturating_add(len).max(body))
        }))
    }

    /// Finds the first part of each kind in that of the kind before: the range of the body of the last.
    fn find(&mut self, kinds: &[K], mut within: Range<u64>) -> io::Result<Option<Range<u64>>> {
        for wanted in kinds {
            within = loop {
                match self.read(&within)? {
                    Some((kind, body)) if kind == *wanted => break body,
                    Some((_, body)) => within.start = body.end,
                    None => return Ok(None),
                }
            };
        }
        Ok(Some(within))
    }

    fn is_sound(&mut self, track: Range<u64>) -> io::Result<Option<bool>> {
        let Some(range) = self.find(self.container.track_kind, track)? else { return Ok(None) };
        let bytes = (self.window)(range.start)?;
        let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        Ok((self.container.is_sound)(bytes.get(..len).unwrap_or(&bytes)))
    }
}
