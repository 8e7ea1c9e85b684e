//! The help of the program as a whole: its commands, those that everybody needs first.

use clap::Command;

/// In the order in which they are used.
const MAIN: [&str; 5] = ["init", "validate", "plan", "apply", "destroy"];

/// The text of `evenkeel -help`.
pub fn overview(program: &Command) -> String {
    let described = |command: &Command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        format!("  {:<14} {about}\n", command.get_name())
    };
    let main: String = MAIN.iter().filter_map(|name| program.find_subcommand(name)).map(described).collect();
    let mut others: Vec<&Command> = program
        .get_subcommands()
        .filter(|command| !MAIN.contains(&command.get_name()) && !command.is_hide_set())
        .collect();
    others.sort_by_key(|command| command.get_name());
    let others: String = others.into_iter().map(described).collect();
    format!(
        "Usage: evenkeel [global options] <command> [arguments]\n\n\
         Infrastructure that is declared in the Terraform language in Git, planned, applied so that a crash loses\n\
         nothing, and kept true. Commands and options are Terraform's; options may have one dash or two.\n\n\
         Main commands:\n{main}\nAll other commands:\n{others}\n\
         Global options:\n  \
         -allow-local-files=DIR[:DIR]\n                 \
         Directories below which local_file and local_sensitive_file may write, and they\n                 \
         and data \"local_file\" may read; none without it [env: EVENKEEL_ALLOW_LOCAL_FILES]\n  \
         -chdir=DIR     Switch to another directory before doing anything\n  \
         -help          Show this help, or that of a command\n  \
         -no-color      Print without colour\n  \
         -stack=NAME    The stack within the store [default: the current workspace; env: EVENKEEL_STACK]\n  \
         -store=FILE    The file that keeps state, journal and history [default: beside the configuration;\n                 \
         env: EVENKEEL_STORE]\n  \
         -version       The same as the command version\n\n\
         Examples:\n  \
         evenkeel plan -out=plan.bin           show what would change, and keep the plan\n  \
         evenkeel apply plan.bin               do exactly that\n  \
         evenkeel -chdir=live apply -auto-approve\n  \
         evenkeel history aws_vpc.main         every version of one object\n"
    )
}
