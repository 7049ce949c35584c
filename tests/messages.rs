//! Lists every message of the library, the program and the C interface in `messages.txt`, so that their wording can be
//! read side by side and no message changes unnoticed. `IDENTIFAI_BLESS=1` writes the list.
//!
//! A message is a string literal or a format template that contains a space, or a word that is passed to a constructor
//! of errors. Where a field and a reason are passed together, the list shows what users see: `field: reason`.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use std::{collections::BTreeSet, fs, mem::replace, path::Path};

use syn::buffer::{Cursor, TokenBuffer};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprCall, ExprLit, ExprMethodCall, ItemMod, Lit, LitStr, Macro, Pat, Token};

const SOURCES: [&str; 3] = ["src", "crates/identifai-cli/src", "crates/identifai-capi/src"];
/// Files without messages: tests, fakes for tests and benches, and the help texts of the program.
const OTHER_FILES: [&str; 5] = ["/tests.rs", "call/fake.rs", "src/internals", "identifai-cli/src/help.rs", ".html"];
/// Calls whose literals are not printed.
const OTHER_CALLS: [&str; 7] = ["contains", "split", "starts_with", "strip_prefix", "json", "matches", "constructors"];
/// Functions whose last two arguments are a field and the reason why it is refused.
const WITH_FIELD: [&str; 4] = ["invalid_input", "config", "of_field", "invalid"];
/// Functions whose last argument is a message, even if it is a single word.
const WITH_MESSAGE: [&str; 5] = ["Error::new", "Failure::new", "note", "CliError::Usage", "CliError::Failed"];
/// Texts that are not messages: parts of headers, and texts by which errors of other libraries are recognized.
const OTHER_TEXTS: &str = "image/png, application/json;q=0.9 | multipart/form-data; boundary= | \"; filename=\" | \
    Proxy-Authorization: Basic  | User-Agent:  | local issuer certificate | self-signed certificate | \
    certificate signature failure | peer certificate: certificate expired | certificate has expired | \
    certificate not valid yet | certificate is not yet valid | not valid for name | ostname mismatch | \
    address mismatch | alert protocol version | unsupported protocol | alert certificate required | \
    received fatal alert | alert number | received corrupt message | received unexpected | wrong version number | \
    packet length too long |  at path ";
/// Prompts and texts of `Debug`, which begin with a capital.
const NAMES: [&str; 4] = ["Password: ", "Repeat the password: ", "Bytes(", "Reader("];
/// Words that messages do not use.
const FORBIDDEN: [&str; 7] = ["is no", "nobody", "answer", "answers", "try again", "all the same", "in clear"];

#[derive(Default)]
struct Messages {
    found: BTreeSet<String>,
    /// The text that users see before each literal of the visited argument, if every literal there is a message.
    prefix: Option<String>,
}

/// Returns a text without its placeholders.
fn fixed(text: &str) -> String {
    text.split('{').map(|part| part.rsplit('}').next().unwrap_or_default()).collect()
}

impl Messages {
    fn add(&mut self, text: &str) {
        let has_words = fixed(text).contains(char::is_alphabetic) && (text.contains(' ') || self.prefix.is_some());
        if has_words && !text.contains("\r\n") && !OTHER_TEXTS.split(" | ").any(|other| text == other) {
            self.found.insert(self.prefix.clone().unwrap_or_default() + &text.replace('\n', "\\n"));
        }
    }

    /// Visits the arguments of a call. `name` is the path or the name of the function.
    fn arguments(&mut self, name: &str, arguments: &Punctuated<Expr, Token![,]>) {
        let is_one = |names: &[&str]| names.iter().any(|it| name == *it || name.ends_with(&format!("::{it}")));
        for (index, argument) in arguments.iter().enumerate().filter(|_| !is_one(&OTHER_CALLS)) {
            let is_last = index + 1 == arguments.len();
            let prefix = match arguments.get(index.wrapping_sub(1)).filter(|_| is_last && is_one(&WITH_FIELD)) {
                Some(Expr::Lit(ExprLit { lit: Lit::Str(field), .. })) => Some(field.value() + ": "),
                Some(_) => Some("{field}: ".to_owned()),
                None if is_last && is_one(&WITH_MESSAGE) => Some(String::new()),
                None => self.prefix.clone(),
            };
            let outer = replace(&mut self.prefix, prefix);
            self.visit_expr(argument);
            self.prefix = outer;
        }
    }

    /// Adds the literals in the body of a macro that is not a list of expressions, except doc comments.
    fn tokens(&mut self, mut cursor: Cursor<'_>) {
        while let Some((_, next)) = cursor.token_tree() {
            let is_doc = |inside: Cursor<'_>| inside.ident().is_some_and(|(name, _)| name == "doc");
            if let Some((inside, ..)) = cursor.any_group().filter(|(inside, ..)| !is_doc(*inside)) {
                self.tokens(inside);
            } else if let Some(Lit::Str(text)) = cursor.literal().map(|(literal, _)| Lit::new(literal)) {
                self.add(&text.value());
            }
            cursor = next;
        }
    }
}

impl<'ast> Visit<'ast> for Messages {
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    // Texts in patterns are compared, not printed.
    fn visit_pat(&mut self, _: &'ast Pat) {}

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        self.add(&text.value());
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let Expr::Path(path) = &*call.func else { return visit::visit_expr_call(self, call) };
        let names: Vec<_> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.arguments(&names.join("::"), &call.args);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.visit_expr(&call.receiver);
        self.arguments(&call.method.to_string(), &call.args);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = call.path.segments.last().unwrap().ident.to_string();
        match call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            _ if OTHER_CALLS.contains(&&*name) => {}
            Ok(arguments) => arguments.iter().for_each(|argument| self.visit_expr(argument)),
            Err(_) => self.tokens(TokenBuffer::new2(call.tokens.clone()).begin()),
        }
    }
}

/// Returns the list: the name of each file that has messages, and a line for each of them.
fn list() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths: BTreeSet<_> = SOURCES.iter().flat_map(|source| test_support::files_in(&root.join(source))).collect();
    let mut list = String::new();
    for path in paths.iter().filter(|path| !OTHER_FILES.iter().any(|other| path.contains(other))) {
        let mut messages = Messages::default();
        messages.visit_file(&syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap());
        let lines = messages.found.iter().fold(String::new(), |lines, message| lines + "    " + message + "\n");
        if !lines.is_empty() {
            list.extend([path.trim_start_matches(env!("CARGO_MANIFEST_DIR")).trim_start_matches('/'), "\n", &lines]);
        }
    }
    list
}

#[test]
fn messages_match_the_list() {
    let (path, found) = (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/messages.txt"), list());
    if std::env::var_os("IDENTIFAI_BLESS").is_some() {
        fs::write(path, &found).unwrap();
    }
    let listed = fs::read_to_string(path).unwrap();
    let only = |of: &str, other: &str| of.lines().filter(|line| !other.contains(line)).collect::<Vec<_>>().join("\n");
    let (new, gone) = (only(&found, &listed), only(&listed, &found));
    assert!(found == listed, "new:\n{new}\ngone:\n{gone}\nIDENTIFAI_BLESS=1 writes the list");
}

#[test]
fn messages_follow_the_conventions() {
    for message in list().lines().filter_map(|line| line.strip_prefix("    ")) {
        let is_name = message.chars().take(2).all(char::is_uppercase) || NAMES.iter().any(|it| message.starts_with(it));
        assert!(is_name || !message.starts_with(char::is_uppercase), "{message:?} begins with a capital");
        assert!(message.ends_with("...") || !message.ends_with('.'), "{message:?} ends with a full stop");
        let words = format!(" {} ", fixed(message).replace([',', ';', ':', '(', ')'], " "));
        let forbidden = FORBIDDEN.iter().find(|word| words.contains(&format!(" {word} ")));
        assert_eq!(forbidden, None, "{message:?} has a word that messages do not use");
    }
}
