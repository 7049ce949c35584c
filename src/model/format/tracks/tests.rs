//! Tests of containers of videos that hold sound only.

use crate::model::format::Content;
use crate::model::format::choice::choose;
use crate::model::format::{Format, detect_content};

fn detect(file: &[u8]) -> Content {
    detect_content(&mut std::io::Cursor::new(file)).unwrap()
}

/// Asserts that a file is accepted as a video, or refused as one. Also checks that no truncation of the file panics.
fn check(file: &[u8], is_video: bool, name: &str) {
    let chosen = choose("video", detect(file), Format::from_extension(name));
    assert_eq!(chosen.is_ok(), is_video, "{name}: {chosen:?}, {file:x?}");
    if !is_video {
        assert!(chosen.unwrap_err().contains("with audio tracks only"));
    }
    for head in 0..file.len().min(300) {
        detect(&file[..head]);
    }
}

/// Builds a chunk of AVI with its padding.
fn chunk(id: &[u8], body: &[u8]) -> Vec<u8> {
    let padding = &[0][..body.len() % 2];
    [id, &u32::try_from(body.len()).unwrap().to_le_bytes(), body, padding].concat()
}

/// Builds an AVI file with streams of these types.
fn avi(kinds: &[&[u8]]) -> Vec<u8> {
    let stream = |kind: &&[u8]| {
        let index = chunk(b"indx", &[0; 5_001]);
        chunk(b"LIST", &[b"strl", &chunk(b"strh", &[kind, &[0; 52][..]].concat())[..], &index].concat())
    };
    let streams: Vec<u8> = kinds.iter().flat_map(stream).collect();
    let headers = chunk(b"LIST", &[b"hdrl", &chunk(b"avih", &[0; 56])[..], &streams].concat());
    let movie = chunk(b"LIST", b"movi");
    chunk(b"RIFF", &[b"AVI ", &headers[..], &chunk(b"JUNK", &[0; 99]), &movie].concat())
}

#[test]
fn avi_with_sound_only_is_not_a_video() {
    check(&avi(&[b"auds", b"auds"]), false, "a.avi");
    for kinds in [&[&b"vids"[..], b"auds"][..], &[b"auds", b"vids"], &[b"iavs"], &[], &[b"txts"]] {
        check(&avi(kinds), true, "a.avi");
    }
    check(&avi(&[b"auds"])[..60], true, "a.avi");
}

#[test]
fn flv_with_sound_only_is_not_a_video() {
    let tag = |kind: u8| [&[kind, 0, 19, 136][..], &[0; 7], &[0; 5_000], &[0, 0, 19, 147]].concat();
    let flv = |flags: u8, kinds: &[u8]| {
        let tags: Vec<u8> = kinds.iter().flat_map(|kind| tag(*kind)).collect();
        [b"FLV\x01", &[flags, 0, 0, 0, 9, 0, 0, 0, 0][..], &tags].concat()
    };
    check(&flv(4, &[18, 8, 8]), false, "a.flv");
    for (flags, kinds) in [(5, &[18, 8, 8][..]), (4, &[18, 8, 9]), (0, &[18, 9]), (4, &[]), (1, &[9])] {
        check(&flv(flags, kinds), true, "a.flv");
    }
}

/// Builds a packet of MPEG-TS in which a section begins.
fn packet(pid: u16, stuffing: usize, section: &[u8]) -> Vec<u8> {
    let [high, low] = pid.to_be_bytes();
    let mut packet = vec![0x47, 0x40 | high, low, if stuffing > 0 { 0x30 } else { 0x10 }];
    if stuffing > 0 {
        packet.push(u8::try_from(stuffing).unwrap());
        packet.resize(packet.len() + stuffing, 0xff);
    }
    packet.push(0);
    packet.extend(section);
    packet.resize(188, 0xff);
    packet
}

/// Builds a section of a table.
fn section(table: u8, body: &[u8]) -> Vec<u8> {
    let len = u8::try_from(body.len() + 9).unwrap();
    [&[table, 0xb0, len, 0, 1, 0xc1, 0, 0][..], body, &[0; 4]].concat()
}

/// Builds a program table of streams of these types, each with a descriptor of this tag.
fn described(types: &[u8], tag: u8) -> Vec<u8> {
    let streams = types.iter().flat_map(|kind| [*kind, 0xe1, 0, 0xf0, 5, 0x0a, 0, tag, 1, 0]);
    section(2, &[0xe1, 0, 0xf0, 1, 7].into_iter().chain(streams).collect::<Vec<_>>())
}

/// Builds a program table whose descriptors do not show the type of private streams.
fn program(types: &[u8]) -> Vec<u8> {
    described(types, 0x52)
}

#[test]
fn ts_private_streams_are_classified_by_descriptor() {
    let tables = section(0, &[0, 1, 0xe0, 0x10]);
    let stream = |types: &[u8], tag: u8| {
        [packet(0, 0, &tables), packet(0x10, 0, &described(types, tag)), packet(0x200, 0, &[])].concat()
    };
    for (types, tag) in [(&[6][..], 0x6a), (&[6, 6], 0x7a), (&[3, 6], 0x56), (&[6, 0x15], 0x7c), (&[0x81, 6], 0x59)] {
        check(&stream(types, tag), false, "a.ts");
    }
    for (types, tag) in [(&[6][..], 0x56), (&[6], 0x05), (&[3, 6], 0x80), (&[6, 0x1b], 0x6a), (&[6], 0x52)] {
        check(&stream(types, tag), true, "a.ts");
    }
    // The first packet of a private stream has a start code of 0, 0, 1. `packet` already writes the first zero.
    let (audio, other) = (packet(0x100, 0, b"\0\x01\xc0"), packet(0x100, 0, b"\0\x01\xbd"));
    check(&[stream(&[6], 0x52), audio.clone()].concat(), false, "a.ts");
    check(&[stream(&[6, 6], 0x52), audio.clone()].concat(), false, "a.ts");
    check(&[stream(&[6], 0x52), other.clone(), audio.clone()].concat(), true, "a.ts");
    check(&[stream(&[6, 0x24], 0x52), audio].concat(), true, "a.ts");
}

#[test]
fn mpeg_ts_with_sound_only_is_not_a_video() {
    let tables = section(0, &[0, 0, 0xe0, 0x10, 0, 1, 0xf0, 0x01, 0, 2, 0xf0, 0x02]);
    let stream = |first: &[u8], second: &[u8], before: usize| {
        let packets = [
            packet(0x11, 0, &[0x42]),
            packet(0, 0, &tables),
            packet(0x1001, 20, &program(first)),
            packet(0x200, 0, &[]),
            packet(0x1002, 0, &program(second)),
        ];
        packets.iter().flat_map(|packet| [&vec![0; before][..], packet].concat()).collect::<Vec<_>>()
    };
    for (before, name) in [(0, "a.ts"), (4, "a.m2ts")] {
        for types in [&[0x0f][..], &[0x03, 0x15], &[0x81, 0x05], &[0x11, 0x04]] {
            check(&stream(types, &[0x0f], before), false, name);
        }
        for types in [&[0x1b, 0x0f][..], &[0x0f, 0x24], &[0x06], &[0x0f, 0x06], &[0x15], &[]] {
            check(&stream(types, &[0x0f], before), true, name);
            check(&stream(&[0x0f], types, before), true, name);
        }
    }
    check(&[packet(0, 0, &tables), packet(0x1001, 0, &program(&[0x0f]))].concat(), true, "a.ts");
}

#[test]
fn mpeg_ps_with_sound_only_is_not_a_video() {
    let stream = |pack: &[u8], ids: &[u8]| {
        let streams: Vec<u8> = ids.iter().flat_map(|id| [*id, 0xc0, 0x20]).collect();
        let len = u8::try_from(streams.len() + 6).unwrap();
        [b"\0\0\x01\xba", pack, b"\0\0\x01\xbb\0", &[len, 0x80, 0, 1, 4, 0, 0x7f], &streams].concat()
    };
    for pack in [&[0x21, 0, 1, 0, 1, 0x80, 0, 1][..], &[0x44, 0, 4, 0, 4, 1, 0, 0, 3, 0xfa, 0xff, 0xff]] {
        for ids in [&[0xc0][..], &[0xbd, 0xbf], &[0xb8]] {
            check(&stream(pack, ids), false, "a.mpg");
        }
        for ids in [&[0xc0, 0xe0][..], &[0xb8, 0xb9], &[], &[0xbf]] {
            check(&stream(pack, ids), true, "a.mpg");
        }
    }
}
