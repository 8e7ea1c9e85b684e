//! Command lines that run nothing: help, and mistakes in the words that people know.

use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Global;
use crate::error::Failure;

/// Help or a mistake: nothing is run.
pub enum Early {
    /// What the parser says, and the words of the command that was meant.
    Parser(clap::Error, Vec<String>),
    /// An option that has no place here.
    Refused(Failure),
}

impl Early {
    /// Prints it and gives the exit code: 0 for help, 1 for mistakes.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::Refused(failure) => {
                let global = Global { chdir: None, no_color: false, store: None, stack: None };
                crate::ui::Ui::new(&global, false).failure(&failure);
                ExitCode::from(1)
            }
            Self::Parser(error, command) => {
                let own = mistake(&error, &command);
                // A closed pipe is nobody's mistake.
                let _ = match &own {
                    Some(text) => std::io::stderr().write_all(text.as_bytes()),
                    None => error.print(),
                };
                ExitCode::from(u8::from(error.use_stderr()))
            }
        }
    }
}

/// A mistake that people make often, in the words that they know.
fn mistake(error: &clap::Error, command: &[String]) -> Option<String> {
    let said = |kind: ContextKind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        // The nearest is the last.
        ContextValue::Strings(texts) => texts.last().cloned(),
        _ => None,
    };
    let did_you_mean =
        |kind| said(kind).map(|text| format!(" Did you mean {}?", one_dash(&text))).unwrap_or_default();
    let command = command.join(" ");
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = said(ContextKind::InvalidSubcommand)?;
            let hint = did_you_mean(ContextKind::SuggestedSubcommand);
            Some(format!(
                "{command} has no command named \"{name}\".{hint}\n\nTo see all of its commands, run:\n  {command} -help\n"
            )
            .replacen("evenkeel has", "Evenkeel has", 1))
        }
        ErrorKind::UnknownArgument => {
            let name = said(ContextKind::InvalidArg)?;
            let what = match name.starts_with('-') {
                true => {
                    let hint = did_you_mean(ContextKind::SuggestedArg);
                    format!(
                        "Failed to parse command-line flags\n\nThere is no option {} here.{hint}",
                        one_dash(&name)
                    )
                }
                false => format!(
                    "Too many command line arguments\n\n\"{name}\" is one too many. To work in another directory, use \
                     the global -chdir option."
                ),
            };
            Some(format!("Error: {what}\n\nFor more help on using this command, run:\n  {command} -help\n"))
        }
        _ => None,
    }
}

/// A long option as Terraform's users write it, without the name of its value.
fn one_dash(option: &str) -> String {
    let option = option.split([' ', '=']).next().unwrap_or(option);
    option.strip_prefix("--").map_or_else(|| format!("\"{option}\""), |name| format!("-{name}"))
}
