//! A check of the module layers in CONTRIBUTING.md: no module of `src` imports from a higher layer, and no two files
//! import each other.
#![allow(clippy::unwrap_used, clippy::string_slice, clippy::arithmetic_side_effects)]

use std::{collections::BTreeSet, fs, path::Path};

/// The layers, lowest first. A module may import from its own layer and from lower layers.
const LAYERS: &str =
    "util model/error api_key redact http call api wait config client classify_from_url batch internals";

#[test]
fn imports_follow_the_layers_without_cycles() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let layer = |name: &str| LAYERS.split(' ').position(|names| names.split('/').any(|it| it == name)).unwrap_or(99);
    let is_file = |path: &str| src.join(format!("{path}.rs")).exists() || src.join(path).join("mod.rs").exists();
    let mut edges = BTreeSet::new();
    for file in
        test_support::files_in(&src).iter().filter(|file| !file.ends_with("lib.rs") && !file.ends_with("tests.rs"))
    {
        let own = file[src.as_os_str().len() + 1..].trim_end_matches(".rs").trim_end_matches("/mod");
        let (top, parent) = (own.split('/').next().unwrap(), own.rsplit_once('/').map_or("", |(parent, _)| parent));
        for line in fs::read_to_string(file).unwrap().lines().take_while(|line| !line.starts_with("mod tests {")) {
            for path in line.split("//").next().unwrap().split("crate::").skip(1) {
                let name = path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                assert!(layer(name) <= layer(top), "{file} imports upwards: {line}");
            }
            let Some(import) = line.strip_prefix("use ") else { continue };
            let (start, names) = import.split_once('{').unwrap_or((import, ""));
            for path in names.split([',', '}', ';']).map(|name| format!("{start}{};", name.trim()).replace("::", "/")) {
                let path = path.replacen("crate/", "", 1).replacen("super", parent, 1).replacen("self", own, 1);
                let to = path.match_indices(['/', ';']).map(|(end, _)| &path[..end]).filter(|path| is_file(path)).max();
                edges.extend(to.map(|to| (own.to_owned(), to.to_owned())));
            }
        }
    }
    let cycle = edges.iter().find(|(from, to)| from != to && edges.contains(&(to.clone(), from.clone())));
    assert_eq!(cycle, None, "two files import each other");
}
