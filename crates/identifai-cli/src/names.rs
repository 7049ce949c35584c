//! Inputs as they are shown: names of files, which need not be UTF-8 on Unix, and URLs, which hold secrets.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::Path;

use identifai::Format;

/// Extensions of files that are given as arguments and are not media.
const OTHER_EXTENSIONS: [&str; 6] = ["csv", "json", "jsonl", "list", "ndjson", "txt"];

/// Returns a name as text. A byte that is not UTF-8 is shown as `\xff`.
pub(crate) fn shown(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Tells a URL from a path.
pub(crate) fn is_url(input: &OsStr) -> bool {
    input.as_encoded_bytes().windows(3).any(|bytes| bytes == b"://")
}

/// Returns a URL without user, password, query and fragment, which may be secret. A path stays as it is.
pub(crate) fn without_secrets(input: &str) -> String {
    let Some((scheme, rest)) = input.split_once("://") else { return input.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.find(['/', '\\']).and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// Returns the argument that was taken for `option` but is a file, or is named like one. Others are not shown: they may
/// be the key.
pub(crate) fn file_like_option(option: &str, mut arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let is_file = |argument: &OsString| {
        let name = argument.to_string_lossy();
        let extension = Path::new(argument).extension().map(OsStr::to_ascii_lowercase);
        let is_other = extension.is_some_and(|extension| OTHER_EXTENSIONS.iter().any(|other| extension == *other));
        name.starts_with(option)
            && name.len() > 1
            && (Path::new(argument).is_file() || Format::from_extension(&name).is_some() || is_other)
    };
    arguments.find(is_file).map(|argument| shown(&argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn option_that_looks_like_a_file_is_found() {
        let arguments = || ["classify", "-", "--x", "-KEY.x", "-x.png", "--y.txt"].into_iter().map(OsString::from);
        let table =
            [("-x", Some("-x.png")), ("--y.txt", Some("--y.txt")), ("-K", None), ("--x", None), ("--z.png", None)];
        for (option, expected) in table {
            assert_eq!(file_like_option(option, arguments()).as_deref(), expected, "{option}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_utf_8_are_shown_as_such() {
        use std::os::unix::ffi::OsStrExt;

        assert_eq!(shown(OsStr::from_bytes("caf\u{e9}.png".as_bytes())), "caf\u{e9}.png");
        assert_eq!(shown(OsStr::from_bytes(b"\xffcaf\xe9\xe8.png\xc3")), r"\xffcaf\xe9\xe8.png\xc3");
    }
}
