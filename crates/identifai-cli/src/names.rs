//! Display of inputs: file names, which need not be UTF-8 on Unix, and URLs, which may contain secrets.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::Path;

use identifai::Format;

/// Extensions of files that are arguments but not media.
const OTHER_EXTENSIONS: [&str; 6] = ["csv", "json", "jsonl", "list", "ndjson", "txt"];

/// Returns a file name as text. A byte that is not UTF-8 is written as `\xff`.
pub(crate) fn display(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Returns `true` if the input is a URL, and `false` if it is a path.
pub(crate) fn is_url(input: &OsStr) -> bool {
    input.as_encoded_bytes().windows(3).any(|bytes| bytes == b"://")
}

/// Returns a URL without user, password, query and fragment, which may be secret. Returns a path unchanged.
pub(crate) fn without_secrets(input: &str) -> String {
    let Some((scheme, rest)) = input.split_once("://") else { return input.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.find(['/', '\\']).and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// Returns the argument that clap took for `option`, if it is an existing file or has a known extension. Other
/// arguments are not returned for display, because they may be the API key.
pub(crate) fn file_like_option(option: &str, mut arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let is_file = |argument: &OsString| {
        let name = argument.to_string_lossy();
        let extension = Path::new(argument).extension().map(OsStr::to_ascii_lowercase);
        let is_other = extension.is_some_and(|extension| OTHER_EXTENSIONS.iter().any(|other| extension == *other));
        name.starts_with(option)
            && name.len() > 1
            && (Path::new(argument).is_file() || Format::from_extension(&name).is_some() || is_other)
    };
    arguments.find(is_file).map(|argument| display(&argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_named_like_an_option_is_found() {
        let arguments = || ["classify", "-", "--x", "-KEY.x", "-x.png", "--y.txt"].into_iter().map(OsString::from);
        let table =
            [("-x", Some("-x.png")), ("--y.txt", Some("--y.txt")), ("-K", None), ("--x", None), ("--z.png", None)];
        for (option, expected) in table {
            assert_eq!(file_like_option(option, arguments()).as_deref(), expected, "{option}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn non_utf_8_bytes_are_escaped() {
        use std::os::unix::ffi::OsStrExt;

        assert_eq!(display(OsStr::from_bytes("caf\u{e9}.png".as_bytes())), "caf\u{e9}.png");
        assert_eq!(display(OsStr::from_bytes(b"\xffcaf\xe9\xe8.png\xc3")), r"\xffcaf\xe9\xe8.png\xc3");
    }
}
