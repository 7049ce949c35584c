//! Parsers for the values of options. Their errors do not repeat the value, because it may be the API key by mistake.

use std::str::FromStr;
use std::time::Duration;

use clap::Arg;

pub(super) fn number<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "must be a whole number, such as 7")
}

pub(super) fn at_least_one<T: FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, &'static str> {
    number(text)
        .ok()
        .filter(|number| *number >= T::from(1))
        .ok_or("must be a whole number greater than zero, such as 7")
}

pub(super) fn port(text: &str) -> Result<u16, &'static str> {
    text.parse().map_err(|_| "must be a port number from 0 to 65535")
}

pub(super) fn workers(text: &str) -> Result<u16, &'static str> {
    text.parse().ok().filter(|number| (1..=256).contains(number)).ok_or("must be a whole number from 1 to 256")
}

pub(super) fn rate_limit(text: &str) -> Result<(u32, u32), &'static str> {
    let numbers = text.split_once(',').and_then(|(submits, reads)| Some((submits.parse().ok()?, reads.parse().ok()?)));
    numbers
        .filter(|(submits, reads)| *submits > 0 && *reads > 0)
        .ok_or("must be two whole numbers greater than zero, such as 30,60")
}

pub(super) fn parameter(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or("must be a name and a value, such as search=ann")
}

pub(super) fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = seconds_or_none(text).ok().filter(|seconds| !seconds.is_zero());
    seconds.ok_or("must be a number of seconds greater than zero, such as 60")
}

pub(super) fn seconds_or_none(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or("must be a number of seconds, such as 0.5")
}

/// Turns an option with a boolean value into a switch: `--option` is true, and `--option=false` is false.
pub(crate) fn switch(arg: Arg) -> Arg {
    match arg.get_value_names() {
        Some([name]) if name == "BOOL" => {
            arg.num_args(0..=1).require_equals(true).default_missing_value("true").hide_possible_values(true)
        }
        _ => arg,
    }
}
