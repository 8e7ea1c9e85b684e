//! Options of Terraform's commands that mean nothing here: they are passed over where that is safe, and
//! refused with what to use instead where it is not.

use std::ffi::OsString;

use clap::Command;

use crate::error::Failure;

/// What becomes of an option.
enum Fate {
    /// It stands alone and is passed over.
    Passed,
    /// It has a value, and both are passed over.
    PassedWithValue,
    /// It cannot be done.
    Refused(&'static str),
}

const STATE: &str = "State is kept in the store, with every earlier version of every object. Name another store with \
                     -store=FILE, or take a state file over with `evenkeel state import FILE`.";
const BACKUP: &str = "The store keeps every version of every object, so there is no backup to write. Leave this option out, or give \
     it as -backup=-.";

fn fate(name: &str, value: Option<&str>) -> Option<Fate> {
    Some(match name {
        // A stack that is changed is always held.
        "lock" | "ignore-remote-version" | "concise" => Fate::Passed,
        // Waits for nobody, so there is nothing to wait for; and what was planned is told apart anyway.
        "lock-timeout" => Fate::PassedWithValue,
        "backup" | "backup-out" if value == Some("-") => Fate::Passed,
        "backup" | "backup-out" => Fate::Refused(BACKUP),
        "state" | "state-out" => Fate::Refused(STATE),
        "plan" => Fate::Passed,
        "id" => Fate::Refused("Objects are listed by address. `evenkeel show -json` has the ids."),
        "cloud" | "migrate-cloud" => {
            Fate::Refused("There is no cloud service behind Evenkeel: runs happen here.")
        }
        _ => return None,
    })
}

/// The arguments without the options that mean nothing, which have two dashes already.
pub fn without_foreign(arguments: Vec<OsString>, program: &Command) -> Result<Vec<OsString>, Failure> {
    let mut command = program;
    let mut out = Vec::with_capacity(arguments.len());
    let mut rest = arguments.into_iter();
    out.extend(rest.next());
    while let Some(argument) = rest.next() {
        let text = argument.to_str().unwrap_or_default();
        if text == "--" {
            out.push(argument);
            out.extend(rest);
            break;
        }
        if let Some(inner) = command.find_subcommand(text) {
            command = inner;
        }
        let Some(option) = text.strip_prefix("--") else {
            out.push(argument);
            continue;
        };
        let (name, value) =
            option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
        match fate(name, value).filter(|_| !is_known(program, command, name)) {
            None => out.push(argument),
            Some(Fate::Passed) => {}
            Some(Fate::PassedWithValue) => {
                if value.is_none() {
                    rest.next();
                }
            }
            Some(Fate::Refused(why)) => {
                return Err(Failure::plain(format!("-{name} is not supported"), why));
            }
        }
    }
    Ok(out)
}

fn is_known(program: &Command, command: &Command, name: &str) -> bool {
    let has = |command: &Command| {
        command.get_arguments().any(|argument| {
            argument.get_long() == Some(name)
                || argument.get_all_aliases().unwrap_or_default().contains(&name)
        })
    };
    // A command that takes anything is not asked.
    let takes_anything = command.get_arguments().any(|argument| argument.get_id() == "rest");
    takes_anything || has(command) || has(program)
}
