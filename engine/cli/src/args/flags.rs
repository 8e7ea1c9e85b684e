//! What every option has in common, whatever command it belongs to: a flag may be given a truth value, as in
//! `-json=false`, and of an option that is given twice the last one counts.

use clap::{Arg, ArgAction, Command};

/// The command with such options, and its subcommands.
pub fn general(command: Command) -> Command {
    command.args_override_self(true).mut_args(with_value).mut_subcommands(general)
}

fn with_value(argument: Arg) -> Arg {
    let is_env = argument.get_env().is_some();
    let is_bool = argument.get_value_parser().type_id() == std::any::TypeId::of::<bool>();
    let argument = match argument.get_action() {
        ArgAction::SetTrue => argument
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false"),
        _ => argument,
    };
    match is_bool && !is_env {
        true => argument.value_parser(truth).hide_possible_values(true),
        false => argument,
    }
}

/// What Terraform takes for a truth value.
fn truth(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(NOT_TRUTH),
    }
}

/// What is said about another value.
pub const NOT_TRUTH: &str = "give true or false";
