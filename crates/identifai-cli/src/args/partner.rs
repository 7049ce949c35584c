//! The command line of `identifai partner`.

// See `super`.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values::{at_least_one, number, parameter, switch};
use crate::help;

#[derive(Debug, Subcommand)]
pub(crate) enum Partner {
    /// Print the users, one a line, as they come
    Users(Users),
    /// Create a user, or change the one that --id names, and print who it is
    ///
    /// Whoever is changed is given all of name, mail address, heuristic and plan again. A switch alone, such as
    /// --readonly, is yes, and --readonly=false no; what is left out is not sent. The password comes from a file or a
    /// prompt, never from an argument.
    #[command(after_long_help = help::SAVE, override_usage = "\
identifai partner save [OPTIONS] --name <TEXT> --email <ADDRESS>
       --heuristic <NAME> --pricing-id <NUMBER>")]
    Save(UserForm),
    /// Print the plans that users can have
    Pricings,
    /// Have the service send a user the mail that tells of the account
    SendMail {
        /// The user, by the number that `identifai partner users` prints
        #[arg(value_parser = number::<u64>)]
        id: u64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Users {
    /// Only those with a plan, by the number that `identifai partner pricings` prints
    #[arg(long, value_name = "NUMBER", value_parser = number::<u64>)]
    pub(crate) pricing_id: Option<u64>,
    /// What to sort by [default: left to the service, which documents id]
    #[arg(long, value_name = "FIELD")]
    pub(crate) order: Option<String>,
    /// Sort downwards
    #[arg(long)]
    pub(crate) descending: bool,
    /// How many to ask for by each request
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = at_least_one::<u32>)]
    pub(crate) per_page: u32,
    /// A further parameter of the query; may be repeated
    ///
    /// There is one that looks for names and mail addresses, which is not documented by name.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) parameters: Vec<(String, String)>,
}

#[derive(Debug, Args)]
#[command(mut_args = switch)]
pub(crate) struct UserForm {
    /// The user to change, by the number that `identifai partner users` prints [default: a new one]
    #[arg(long, value_name = "NUMBER", value_parser = number::<u64>)]
    pub(crate) id: Option<u64>,
    /// The name
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: String,
    /// The mail address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
    /// The heuristic of the user's main verdicts, such as AverageExcludeObsolete
    #[arg(long, value_name = "NAME")]
    pub(crate) heuristic: String,
    /// The plan, by the number that `identifai partner pricings` prints
    #[arg(long, value_name = "NUMBER", value_parser = number::<u64>)]
    pub(crate) pricing_id: u64,
    /// Take the password from the first line of a file; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "ask_password")]
    pub(crate) password_file: Option<PathBuf>,
    /// Ask for the password at the terminal, twice
    #[arg(long)]
    pub(crate) ask_password: bool,
    /// The user may only read
    #[arg(long, value_name = "BOOL")]
    pub(crate) readonly: Option<bool>,
    /// The user gets the newsletter
    #[arg(long, value_name = "BOOL")]
    pub(crate) newsletter: Option<bool>,
    /// The service keeps the user's files
    #[arg(long, value_name = "BOOL")]
    pub(crate) save_files: Option<bool>,
}
