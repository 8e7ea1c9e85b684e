//! The help of a command, in the form that Terraform's users know: options with one dash, values behind an
//! equals sign. It is made from the definitions, and the same in a terminal and in a file.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use crate::render;

/// Texts are wrapped to so many columns.
const WIDTH: usize = 78;

/// Longer names have a line of their own.
const COLUMN: usize = 24;

/// The help of the command that some words name, below the program.
pub fn text(words: &[String], program: &Command) -> String {
    let command = words.iter().skip(1).try_fold(program, |command, word| command.find_subcommand(word));
    let command = command.unwrap_or(program);
    let mut out = format!("{}\n", usage(words, command));
    if let Some(about) = command.get_about() {
        let _ = write!(out, "\n{}", indented(&about.to_string(), 2));
    }
    section(&mut out, "Subcommands", subcommands(command));
    section(&mut out, "Arguments", arguments(command));
    section(&mut out, "Options", options(command));
    if let Some(more) = command.get_after_help() {
        let _ = write!(out, "\n{}\n", more.to_string().trim_end());
    }
    out + "\nThe global options (-allow-local-files, -chdir, -no-color, -stack, -store) go with\nevery command: see evenkeel -help.\n"
}

/// `Usage: evenkeel [global options] plan [options] [DIR-OR-REPO]`
pub fn usage(words: &[String], command: &Command) -> String {
    let names: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let mut out = format!("Usage: evenkeel [global options] {}", names.join(" "));
    if shown(command).any(|argument| !argument.is_positional()) {
        out.push_str(" [options]");
    }
    for argument in command.get_positionals().filter(|argument| !argument.is_hide_set()) {
        let _ = write!(out, " {}", positional(argument));
    }
    if command.is_subcommand_required_set() {
        out.push_str(" <subcommand>");
    }
    out
}

/// A positional argument as it stands in a usage line.
pub fn positional(argument: &Arg) -> String {
    let more = if argument.get_num_args().is_some_and(|range| range.max_values() > 1) { "..." } else { "" };
    match argument.is_required_set() {
        true => format!("{}{more}", value_name(argument)),
        false => format!("[{}{more}]", value_name(argument)),
    }
}

fn section(out: &mut String, title: &str, entries: Vec<(String, String)>) {
    if entries.is_empty() {
        return;
    }
    let _ = write!(out, "\n{title}:\n\n");
    let width = entries.iter().map(|(name, _)| name.len()).filter(|length| *length <= COLUMN).max();
    let width = width.unwrap_or_default();
    for (name, text) in entries {
        let text = indented(&text, width + 6);
        let (start, text) = match name.len() <= width {
            true => (format!("  {name:width$}"), text.get(width + 2..).unwrap_or_default().to_owned()),
            false => (format!("  {name}\n"), text),
        };
        let _ = write!(out, "{start}{text}");
    }
}

fn indented(text: &str, by: usize) -> String {
    let margin = " ".repeat(by);
    let wrapped = render::wrap(text, WIDTH.saturating_sub(by));
    wrapped.lines().map(|line| format!("{margin}{line}\n")).collect()
}

fn subcommands(command: &Command) -> Vec<(String, String)> {
    let all = command.get_subcommands().filter(|inner| !inner.is_hide_set());
    all.map(|inner| {
        (inner.get_name().to_owned(), inner.get_about().map(ToString::to_string).unwrap_or_default())
    })
    .collect()
}

fn arguments(command: &Command) -> Vec<(String, String)> {
    let all = command.get_positionals().filter(|argument| !argument.is_hide_set());
    all.map(|argument| (value_name(argument), described(argument))).collect()
}

fn options(command: &Command) -> Vec<(String, String)> {
    let all = shown(command).filter(|argument| !argument.is_positional());
    let mut entries: Vec<(String, String)> =
        all.map(|argument| (option(argument), described(argument))).collect();
    entries.sort();
    entries
}

/// What belongs to the command itself and is to be seen.
fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| !argument.is_hide_set() && !argument.is_global_set())
}

fn option(argument: &Arg) -> String {
    let name = argument.get_long().unwrap_or_default();
    match argument.get_action() {
        ArgAction::SetTrue => format!("-{name}"),
        _ if is_flag(argument) => match default(argument).as_deref() {
            Some("true") => format!("-{name}=false"),
            _ => format!("-{name}"),
        },
        _ => format!("-{name}={}", value_name(argument)),
    }
}

/// Whether it takes true and false, and may stand alone.
fn is_flag(argument: &Arg) -> bool {
    argument.get_num_args().is_some_and(|range| range.min_values() == 0)
}

fn value_name(argument: &Arg) -> String {
    let named = argument.get_value_names().and_then(|names| names.first());
    named.map_or_else(|| argument.get_id().as_str().to_uppercase(), ToString::to_string)
}

fn default(argument: &Arg) -> Option<String> {
    argument.get_default_values().first().map(|value| value.to_string_lossy().into_owned())
}

fn described(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> =
        argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let mut remarks = Vec::new();
    let is_switch = matches!(argument.get_action(), ArgAction::SetTrue);
    if !is_flag(argument) && !is_switch {
        if !values.is_empty() {
            remarks.push(format!("one of {}", values.join(", ")));
        }
        remarks.extend(default(argument).map(|value| format!("default: {value}")));
    }
    remarks.extend(argument.get_env().map(|name| format!("env: {}", name.to_string_lossy())));
    if !remarks.is_empty() {
        let _ = write!(text, " [{}]", remarks.join("; "));
    }
    text
}
