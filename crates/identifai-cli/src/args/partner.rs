//! The command line of `identifai partner`.

// clap prints these doc comments as help texts, so they are not Markdown.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values::{at_least_one, number, parameter, switch};
use crate::help;

#[derive(Debug, Subcommand)]
pub(crate) enum Partner {
    /// Print the users, one per line, as they arrive
    Users(Users),
    /// Create a user, or change the user that --id names, and print the user
    ///
    /// A change also requires the name, email address, heuristic and plan. A switch such as --readonly sends true, and
    /// --readonly=false sends false. An option that is not given is not sent. The password is read from a file or a
    /// prompt. It is never an argument, because other users of the machine can see arguments.
    #[command(after_long_help = help::SAVE, override_usage = "\
identifai partner save [OPTIONS] --name <TEXT> --email <ADDRESS>
       --heuristic <NAME> --pricing-id <NUMBER>")]
    Save(UserForm),
    /// Print the plans available for users
    Pricings,
    /// Make the service send a user the mail about the new account
    SendMail {
        /// Number of the user, as printed by `identifai partner users`
        #[arg(value_parser = number::<u64>)]
        id: u64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Users {
    /// Print only users with this plan, a number printed by `identifai partner pricings`
    #[arg(long, value_name = "NUMBER", value_parser = number::<u64>)]
    pub(crate) pricing_id: Option<u64>,
    /// Field to sort by [default: left to the service, which documents id]
    #[arg(long, value_name = "FIELD")]
    pub(crate) order: Option<String>,
    /// Sort in descending order
    #[arg(long)]
    pub(crate) descending: bool,
    /// Number of users to fetch per request
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = at_least_one::<u32>)]
    pub(crate) per_page: u32,
    /// Additional query parameter; may be repeated
    ///
    /// The service has a parameter that searches names and email addresses, but its documentation does not name it.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) parameters: Vec<(String, String)>,
}

#[derive(Debug, Args)]
#[command(mut_args = switch)]
pub(crate) struct UserForm {
    /// Number of the user to change, as printed by `identifai partner users` [default: a new user]
    #[arg(long, value_name = "NUMBER", value_parser = number::<u64>)]
    pub(crate) id: Option<u64>,
    /// Name of the user
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: String,
    /// Email address of the user
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
    /// Heuristic of the user's main verdicts, such as AverageExcludeObsolete
    #[arg(long, value_name = "NAME")]
    pub(crate) heuristic: String,
    /// Number of the user's plan, as printed by `identifai partner pricings`
    #[arg(long, value_name = "NUMBER", value_parser = number::<u64>)]
    pub(crate) pricing_id: u64,
    /// Read the password from the first line of a file; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "ask_password")]
    pub(crate) password_file: Option<PathBuf>,
    /// Prompt for the password at the terminal, twice
    #[arg(long)]
    pub(crate) ask_password: bool,
    /// Restrict the user to reading
    #[arg(long, value_name = "BOOL")]
    pub(crate) readonly: Option<bool>,
    /// Send the newsletter to the user
    #[arg(long, value_name = "BOOL")]
    pub(crate) newsletter: Option<bool>,
    /// Make the service keep the user's files
    #[arg(long, value_name = "BOOL")]
    pub(crate) save_files: Option<bool>,
}
