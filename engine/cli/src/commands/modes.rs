//! Options that exclude each other, told before anything is read.

use std::collections::BTreeSet;

use evenkeel_model::InstanceAddress;
use evenkeel_model::address::AddressError;
use evenkeel_plan::Target;

use crate::args::{ApplyArgs, ChoiceArgs, Command, RunArgs};
use crate::error::Failure;

/// Whether the options of a command go together.
pub fn check(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Plan(args) => exclusive("plan", args.destroy, &args.choice, &args.run),
        Command::Apply(args) => exclusive("apply", args.destroy, &args.choice, &args.run),
        Command::Rollback(args) => exclusive("rollback", false, &args.choice, &args.run),
        Command::Explain(args) => exclusive("explain", args.destroy, &args.choice, &args.run),
        Command::Destroy(args) => only_destroys(args),
        _ => Ok(()),
    }
}

fn exclusive(command: &str, destroy: bool, choice: &ChoiceArgs, run: &RunArgs) -> Result<(), Failure> {
    if choice.refresh_only && destroy {
        let detail = "The -destroy and -refresh-only options are mutually-exclusive.";
        return Err(Failure::usage("Incompatible plan mode options", detail, &[command]));
    }
    if choice.refresh_only && !run.refresh {
        let detail = "It doesn't make sense to use -refresh-only at the same time as -refresh=false, because Evenkeel \
                      would have nothing to do.";
        return Err(Failure::usage("Incompatible refresh options", detail, &[command]));
    }
    addresses(command, choice)
}

fn addresses(command: &str, choice: &ChoiceArgs) -> Result<(), Failure> {
    let wrong = |wrong: Wrong| Failure::usage(wrong.summary, wrong.detail, &[command]);
    targets("target", &choice.target).map_err(wrong)?;
    targets("exclude", &choice.exclude).map_err(wrong)?;
    replaced(choice).map(drop).map_err(wrong)
}

/// What is wrong with an address.
pub struct Wrong {
    summary: String,
    detail: String,
}

impl From<Wrong> for Failure {
    fn from(wrong: Wrong) -> Self {
        Self::plain(wrong.summary, wrong.detail)
    }
}

/// What an option names that is given for every address.
pub fn targets(name: &str, texts: &[String]) -> Result<Vec<Target>, Wrong> {
    let invalid = |text: &str| Wrong {
        summary: format!("Invalid {name} \"{text}\""),
        detail: format!(
            "\"{text}\" is no address of a module or a resource, such as module.net or aws_vpc.main[\"a\"]."
        ),
    };
    texts.iter().map(|text| text.parse().map_err(|_| invalid(text))).collect()
}

/// The instances that are to be replaced.
pub fn replaced(choice: &ChoiceArgs) -> Result<BTreeSet<InstanceAddress>, Wrong> {
    let invalid = |text: &str, error: AddressError| Wrong {
        summary: format!("Invalid force-replace address \"{text}\""),
        detail: format!("{error}."),
    };
    choice.replace.iter().map(|text| text.parse().map_err(|error| invalid(text, error))).collect()
}

fn only_destroys(args: &ApplyArgs) -> Result<(), Failure> {
    let invalid = |detail| Err(Failure::usage("Invalid mode option", detail, &["destroy"]));
    if args.choice.refresh_only {
        return invalid("The -refresh-only option is not valid for \"evenkeel destroy\".");
    }
    if args.destroy {
        return invalid(
            "The -destroy option is not valid for \"evenkeel destroy\", because this command always runs in destroy \
             mode.",
        );
    }
    addresses("destroy", &args.choice)
}
