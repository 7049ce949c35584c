//! A reader for containers of tracks. It reads only the headers of the parts, and skips their bodies.

use std::io;
use std::ops::Range;

/// A function that returns the bytes of a file at an offset. See [`Content::detect`](super::Content::detect).
pub(super) type Window<'a> = dyn FnMut(u64) -> io::Result<Vec<u8>> + 'a;

/// The header of a part: the kind of the part, the length of the header, and the length of the whole part.
pub(super) type Header<K> = (K, usize, u64);

/// The structure of a container. It consists of parts, which have a kind `K` and may contain other parts. The parts are
/// boxes in ISO base media files and elements in Matroska.
pub(super) struct Container<K: 'static> {
    /// Parses the header of a part from the bytes at its beginning.
    pub(super) header: fn(&[u8]) -> Option<Header<K>>,
    /// The path to the part that contains the tracks, as kinds of parts from the outermost to the innermost.
    pub(super) tracks: &'static [K],
    /// The kind of a track.
    pub(super) track: K,
    /// The path from a track to the part that is passed to `is_sound`.
    pub(super) track_kind: &'static [K],
    /// Returns `Some(true)` for an audio track, `Some(false)` for a track that is neither audio nor visible, and `None`
    /// for a track that is or may be visible.
    pub(super) is_sound: fn(&[u8]) -> Option<bool>,
    /// The maximum number of parts that are read.
    pub(super) parts_max: usize,
}

impl<K: PartialEq> Container<K> {
    /// Returns `true` if a file has an audio track and no track that is or may be visible. A track that cannot be read
    /// counts as visible.
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

/// The state of reading one file.
struct Walk<'a, K: 'static> {
    container: &'a Container<K>,
    window: &'a mut Window<'a>,
    /// The number of parts that may still be read.
    left: usize,
}

impl<K: PartialEq> Walk<'_, K> {
    /// Reads the first part in a range of offsets, and returns its kind and the range of its body.
    fn read(&mut self, within: &Range<u64>) -> io::Result<Option<(K, Range<u64>)>> {
        let Some(left) = self.left.checked_sub(1).filter(|_| !within.is_empty()) else { return Ok(None) };
        self.left = left;
        let header = (self.container.header)(&(self.window)(within.start)?);
        Ok(header.map(|(kind, header, len)| {
            let body = within.start.saturating_add(header as u64);
            (kind, body..within.start.saturating_add(len).max(body))
        }))
    }

    /// Follows a path of `kinds` from the outermost part to the innermost. At each level, it takes the first part of
    /// the kind. Returns the range of the body of the innermost part.
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

    /// Classifies a track whose body is at the range `track`, with the result of [`Container::is_sound`].
    fn is_sound(&mut self, track: Range<u64>) -> io::Result<Option<bool>> {
        let Some(range) = self.find(self.container.track_kind, track)? else { return Ok(None) };
        let bytes = (self.window)(range.start)?;
        let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        Ok((self.container.is_sound)(bytes.get(..len).unwrap_or(&bytes)))
    }
}
