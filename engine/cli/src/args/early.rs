//! Command lines that run nothing: help, and mistakes in the words that people know.

use std::error::Error as _;
use std::io::Write;
use std::process::ExitCode;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Global, flags, help};
use crate::error::Failure;

/// Help or a mistake: nothing is run.
pub enum Early {
    /// Help that was asked for.
    Help(String),
    /// What the program says when nothing was asked for, and the exit code.
    Nothing(String, u8),
    /// A mistake, or an option that has no place here.
    Refused(Failure),
}

impl Early {
    /// Prints it and gives the exit code: 0 for help, 1 for mistakes, 127 for no command at all.
    pub fn exit(self) -> ExitCode {
        // A closed pipe is nobody's mistake.
        match self {
            Self::Help(text) => {
                let _ = std::io::stdout().write_all(text.as_bytes());
                ExitCode::SUCCESS
            }
            Self::Nothing(text, code) => {
                let _ = std::io::stderr().write_all(text.as_bytes());
                ExitCode::from(code)
            }
            Self::Refused(failure) => {
                let global = Global {
                    chdir: None,
                    no_color: false,
                    store: None,
                    stack: None,
                    allow_local_files: None,
                };
                crate::ui::Ui::new(&global, false).failure(&failure);
                ExitCode::from(1)
            }
        }
    }
}

/// What the parser found, in the words that people know.
pub fn mistake(error: &clap::Error, words: &[String], program: &Command) -> Early {
    let command = words.iter().skip(1).try_fold(program, |command, word| command.find_subcommand(word));
    let command = command.unwrap_or(program);
    let refused = |summary: &str, detail: String| {
        Early::Refused(Failure::usage(summary, detail, words.get(1..).unwrap_or_default()))
    };
    let flags_wrong = |detail: String| refused("Failed to parse command-line flags", detail);
    match error.kind() {
        ErrorKind::InvalidSubcommand => unknown_command(error, words),
        ErrorKind::UnknownArgument => {
            let name = said(error, ContextKind::InvalidArg).unwrap_or_default();
            match name.starts_with('-') {
                true => {
                    let near = said(error, ContextKind::SuggestedArg);
                    let near = near.map(|near| format!(" Did you mean {}?", one_dash(&near)));
                    flags_wrong(format!(
                        "There is no option {} here.{}",
                        one_dash(&name),
                        near.unwrap_or_default()
                    ))
                }
                false => too_many(&name, command, refused),
            }
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => flags_wrong(wrong_value(error)),
        ErrorKind::MissingRequiredArgument if !command.get_positionals().any(clap::Arg::is_required_set) => {
            let missing = said(error, ContextKind::InvalidArg).unwrap_or_default();
            let what = if missing.starts_with('-') { "option" } else { "argument" };
            flags_wrong(format!("The {what} {} is required.", one_dash(&missing)))
        }
        ErrorKind::MissingRequiredArgument => refused(&expected(command), help::usage(words, command)),
        ErrorKind::ArgumentConflict => {
            let one = said(error, ContextKind::InvalidArg).unwrap_or_default();
            let other = said(error, ContextKind::PriorArg).unwrap_or_default();
            let detail =
                format!("The {} and {} options are mutually-exclusive.", one_dash(&one), one_dash(&other));
            refused("Incompatible command line options", detail)
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            match words.len() {
                0 | 1 => Early::Nothing(super::overview(program), 127),
                _ => Early::Nothing(help::text(words, program), 1),
            }
        }
        ErrorKind::InvalidUtf8 => flags_wrong("The arguments are not all UTF-8.".to_owned()),
        _ => {
            let name = said(error, ContextKind::InvalidArg).unwrap_or_default();
            let value = said(error, ContextKind::InvalidValue).unwrap_or_default();
            flags_wrong(format!("invalid value \"{value}\" for flag {}", one_dash(&name)))
        }
    }
}

fn said(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        // The nearest is the last.
        ContextValue::Strings(texts) => texts.last().cloned(),
        _ => None,
    }
}

fn unknown_command(error: &clap::Error, words: &[String]) -> Early {
    let name = said(error, ContextKind::InvalidSubcommand).unwrap_or_default();
    let near = said(error, ContextKind::SuggestedSubcommand);
    let near = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
    let command = words.join(" ");
    let text = format!(
        "{command} has no command named \"{name}\".{near}\n\nTo see all of its commands, run:\n  {command} -help\n"
    );
    Early::Nothing(text.replacen("evenkeel has", "Evenkeel has", 1), 1)
}

/// One argument more than a command takes.
fn too_many(name: &str, command: &Command, refused: impl Fn(&str, String) -> Early) -> Early {
    if command.get_positionals().any(clap::Arg::is_required_set) {
        return refused(&expected(command), format!("\"{name}\" is one too many."));
    }
    let detail =
        format!("\"{name}\" is one too many. To work in another directory, use the global -chdir option.");
    refused("Too many command line arguments", detail)
}

/// How many arguments a command needs.
fn expected(command: &Command) -> String {
    let needed: Vec<String> = command
        .get_positionals()
        .filter(|argument| argument.is_required_set())
        .map(help::positional)
        .collect();
    match needed.as_slice() {
        [one] if one.ends_with("...") => "At least one argument is required".to_owned(),
        [_] => "Exactly one argument expected".to_owned(),
        [_, _] => "Exactly two arguments expected".to_owned(),
        more => format!("{} arguments expected", more.len()),
    }
}

fn wrong_value(error: &clap::Error) -> String {
    let flag = one_dash(&said(error, ContextKind::InvalidArg).unwrap_or_default());
    let value = said(error, ContextKind::InvalidValue).unwrap_or_default();
    let reason = error.source().map(ToString::to_string);
    if value.is_empty() {
        return format!("flag needs an argument: {flag}");
    }
    if reason.as_deref() == Some(flags::NOT_TRUTH) {
        return format!("invalid boolean value \"{value}\" for {flag}: {}", flags::NOT_TRUTH);
    }
    let choices = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => {
            Some(format!("it is one of {}", values.join(", ")))
        }
        _ => None,
    };
    let why = choices.or(reason).map(|why| format!(": {why}")).unwrap_or_default();
    format!("invalid value \"{value}\" for flag {flag}{why}")
}

/// An option as Terraform's users write it, without the name of its value.
fn one_dash(option: &str) -> String {
    if !option.starts_with('-') {
        return format!("\"{}\"", option.trim_matches(['<', '>', '[', ']']));
    }
    let option = option.split([' ', '=', '[']).next().unwrap_or(option);
    option.strip_prefix("--").map_or_else(|| format!("\"{option}\""), |name| format!("-{name}"))
}
