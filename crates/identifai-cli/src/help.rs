//! The texts at the end of `--help`: examples, environment variables and exit statuses. Lines are at most 80 columns
//! wide.

pub(crate) const SHORT: &str = "\
`identifai COMMAND --help` describes a command. `identifai --help` lists the
environment variables and exit statuses.";

pub(crate) const ENVIRONMENT: &str = "\
Environment variables:
  IDENTIFAI_API_KEY   API key; --api-key-file overrides it
  IDENTIFAI_BASE_URL  URL of the service; --base-url overrides it
  HTTPS_PROXY, ALL_PROXY, NO_PROXY
                      proxy settings, as curl reads them
  SSL_CERT_FILE       PEM file of root certificates that replace the usual ones;
                      --ca-file overrides it
  NO_COLOR            if set, output has no colours; by default, only output to
                      a terminal has colours

Exit status (the highest one if there are several items):
    0  success
    2  invalid usage or settings, and nothing was sent; batch: an invalid line
    3  the service refused the key, the request or the file, or the account has
       no credits left
    4  rate limited, by the service or locally
    5  network, service or output failure; the wait timed out; it is unknown
       whether an item was submitted; health: the service is not ok
    6  the analysis failed
  130  interrupted by Ctrl-C; 143 by SIGTERM, 129 by SIGHUP, and so on";

pub(crate) const CLASSIFY: &str = "\
Examples:
  identifai --sandbox classify --wait cat.png
  identifai classify --with-heatmap --ref-id order-17 https://example.com/a.jpg
  identifai --json classify --wait cat.png clip.mp4 call.wav
  ffmpeg ... | identifai classify --wait --video --frames 10 -";

pub(crate) const BATCH: &str = "\
Lines of the list:
  cat.png
  https://example.com/b.jpg
  {\"input\": \"clip.mp4\", \"frames\": 10, \"ref_id\": \"17\"}
  {\"input\": \"https://example.com/call\", \"medium\": \"audio\"}

Examples:
  identifai batch --journal images.journal images.txt > results.ndjson
  find . -name '*.jpg' | identifai batch --html report.html - > results.ndjson";

pub(crate) const RESULT: &str = "\
Examples:
  identifai result 0f339f4cbd9345ff7cb6e56109e6e9d8
  identifai --json result --video ID ID ID";

pub(crate) const WAIT: &str = "\
Example:
  identifai wait --wait-timeout 60 --video ID";

pub(crate) const HEATMAP: &str = "\
Example:
  identifai heatmap ID --output heatmap.png";

pub(crate) const OVERRIDE: &str = "\
Example:
  identifai override \"$(identifai --json result ID | jq -r .hash)\" human";

pub(crate) const TICKETS: &str = "\
Examples:
  identifai tickets --wait a.pdf b.jpg
  identifai tickets --ref-id r-1 --ref-id r-2 a.pdf b.jpg
  identifai tickets --batch ID --wait";

pub(crate) const SAVE: &str = "\
Examples:
  identifai partner save --name Ann --email ann@example.com \\
    --heuristic Majority --pricing-id 2 --ask-password
  identifai partner save --id 7 --name Ann --email ann@example.com \\
    --heuristic Majority --pricing-id 2 --readonly=false";

pub(crate) const SERVE: &str = "\
Example:
  identifai sandbox --port 8080 &
  export IDENTIFAI_API_KEY=sandbox IDENTIFAI_BASE_URL=http://127.0.0.1:8080
  identifai classify --wait cat.png";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  source <(identifai completions bash)
  identifai completions fish > ~/.config/fish/completions/identifai.fish";

pub(crate) const MAN: &str = "\
Examples:
  identifai man | man -l -
  identifai man ~/.local/share/man/man1";

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use crate::args::Arguments;

    /// The maximum width of help texts, in columns.
    const WIDEST: usize = 100;

    /// Returns all commands, built for a terminal of `width` columns.
    fn commands(width: usize) -> Vec<Command> {
        fn sized(command: Command, width: usize) -> Command {
            let command = command.term_width(width.min(WIDEST));
            command.mut_subcommands(|command| sized(command, width))
        }
        fn collect(command: &Command, all: &mut Vec<Command>) {
            all.push(command.clone());
            // clap generates `help`, so it is not checked.
            command.get_subcommands().filter(|command| command.get_name() != "help").for_each(|it| collect(it, all));
        }
        let (mut command, mut all) = (sized(Arguments::command(), width), Vec::new());
        command.build();
        collect(&command, &mut all);
        all
    }

    #[test]
    fn help_of_every_option_has_the_same_form() {
        let mut checked = 0;
        for command in commands(80) {
            let mut check = |name: &str, short: Option<String>, long: Option<String>| {
                let position = format!("{}: {name}", command.get_name());
                let short = short.unwrap_or_else(|| panic!("{position}: no help"));
                assert!(short.starts_with(|c: char| c.is_ascii_uppercase()), "{position}: {short}");
                assert!(!short.ends_with('.') && !short.contains('\n') && short.len() <= 110, "{position}: {short}");
                for text in [short.clone(), long.clone().unwrap_or_default()] {
                    let forbidden = ["::", "(true)", "()", "  ", "Some("];
                    assert!(!forbidden.iter().any(|forbidden| text.contains(forbidden)), "{position}: {text}");
                }
                let (first, rest) = long.as_deref().and_then(|long| long.split_once("\n\n")).unwrap_or((&short, "."));
                assert!(first == short && rest.split("\n\n").all(|text| text.ends_with('.')), "{position}: {long:?}");
                checked += 1;
            };
            let text = |text: Option<&clap::builder::StyledStr>| text.map(ToString::to_string);
            let about = text(command.get_about()).map(|about| about.trim_end_matches('?').to_owned());
            let long = text(command.get_long_about()).map(|about| about.replacen("?\n", "\n", 1));
            check("itself", about, long);
            for arg in command.get_arguments().filter(|arg| !["help", "version"].contains(&arg.get_id().as_str())) {
                check(arg.get_id().as_str(), text(arg.get_help()), text(arg.get_long_help()));
            }
        }
        assert!(checked > 200, "{checked}");
    }

    #[test]
    fn help_fits_terminal_and_keeps_line_breaks() {
        for width in [80, 100, 120] {
            for mut command in commands(width) {
                for help in [command.render_help(), command.render_long_help()].map(|help| help.to_string()) {
                    let too_long = help.lines().find(|line| line.chars().count() > width.min(WIDEST));
                    assert_eq!(too_long, None, "{} at {width}", command.get_name());
                }
                let (text, help) = (command.get_after_long_help().cloned(), command.render_long_help().to_string());
                let expected = text.map_or(String::new(), |text| text.to_string());
                assert!(help.contains(&expected), "{} at {width}: {help}", command.get_name());
            }
        }
    }

    #[test]
    fn option_in_several_commands_has_the_same_help() {
        let mut known = std::collections::HashMap::new();
        for command in commands(80) {
            for arg in command.get_arguments().filter(|arg| arg.get_id() != "help") {
                // `tickets` takes several references, and `partner save` sets a plan, so their help differs.
                let differs = matches!((command.get_name(), arg.get_id().as_str()), ("tickets" | "save", _));
                let (Some(long), false) = (arg.get_long(), differs) else { continue };
                let help = (arg.get_help().map(ToString::to_string), arg.get_help_heading().map(str::to_owned));
                let first = known.entry(long.to_owned()).or_insert_with(|| help.clone());
                assert_eq!(*first, help, "--{long} of {}", command.get_name());
            }
        }
    }

    #[test]
    fn command_line_definition_is_consistent() {
        Arguments::command().debug_assert();
    }
}
