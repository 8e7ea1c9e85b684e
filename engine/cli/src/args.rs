//! The arguments, as Terraform users type them: long flags with one dash or two.

mod early;
mod flags;
mod foreign;
mod governor;
mod help;
mod init;
mod overview;
mod past;
mod state;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub use crate::args::early::Early;
use crate::args::foreign::without_foreign;
pub use crate::args::governor::{GovernorArgs, GovernorChoice};
pub use crate::args::init::{GetArgs, InitArgs};
use crate::args::overview::overview;
pub use crate::args::past::{DiffArgs, HistoryArgs, RecoverArgs, RollbackArgs};
pub use crate::args::state::{StateArgs, StateChangeArgs, StateCommand};
pub use crate::args::workspace::{WorkspaceArgs, WorkspaceCommand};

/// Keeps clouds as a Git revision declares them.
#[derive(Debug, Parser)]
#[command(
    name = "evenkeel",
    version,
    about = "Infrastructure that is declared in the Terraform language in Git, planned, applied so that a crash \
             loses nothing, and kept true.",
    disable_version_flag = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    subcommand_required = true
)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options that come before the command or after it.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Switch to another directory before doing anything
    #[arg(long, global = true, value_name = "DIR")]
    pub chdir: Option<PathBuf>,
    /// Print without colour
    #[arg(long, global = true)]
    pub no_color: bool,
    /// The file that keeps state, journal and history [default: terraform.tfstate.evenkeel in the directory]
    #[arg(long, global = true, value_name = "FILE", env = "EVENKEEL_STORE")]
    pub store: Option<PathBuf>,
    /// The stack within the store [default: the current workspace]
    #[arg(long, global = true, value_name = "NAME", env = "EVENKEEL_STACK")]
    pub stack: Option<String>,
    /// Directories below which local_file resources may write and read: DIR[:DIR]
    #[arg(long, global = true, value_name = "DIRS", env = "EVENKEEL_ALLOW_LOCAL_FILES")]
    pub allow_local_files: Option<OsString>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find the modules that a configuration uses, and lock them
    Init(InitArgs),
    /// Find and lock modules, and nothing else
    Get(GetArgs),
    /// Show what would change
    Plan(PlanArgs),
    /// Create or update infrastructure
    Apply(ApplyArgs),
    /// Destroy everything that is managed
    Destroy(ApplyArgs),
    /// Show the state, or a plan file
    Show(ShowArgs),
    /// Show the values of the root module's outputs
    Output(OutputArgs),
    /// Keep infrastructure as a revision declares it
    Reconcile(ReconcileArgs),
    /// Show what was changed outside
    Drift(DriftArgs),
    /// List what is in the cloud, and what of it no state has
    List(ListArgs),
    /// Say why an object changes, does not change, or waits
    Explain(ExplainArgs),
    /// Show the runs, or every version of one object
    History(HistoryArgs),
    /// Compare what was remembered at two moments
    Diff(DiffArgs),
    /// Go back to a revision that was applied before
    Rollback(RollbackArgs),
    /// Make a state again that was lost, from the configuration and the clouds
    Recover(RecoverArgs),
    /// Prove that what was written down was not changed afterwards
    Audit(crate::commands::audit::AuditArgs),
    /// Say under which keys sensitive values are kept, or replace them
    Keys(crate::commands::keys::KeysArgs),
    /// Make an object that exists an instance of the configuration
    Import(ImportArgs),
    /// Take over what was changed outside (apply -refresh-only says first what that is)
    Refresh(RefreshArgs),
    /// Look into the state, or put it right
    State(StateArgs),
    /// Mark an object to be replaced
    Taint(TaintArgs),
    /// Take the mark back
    Untaint(TaintArgs),
    /// Switch between workspaces
    Workspace(WorkspaceArgs),
    /// Try expressions against configuration and state
    Console(crate::commands::console::ConsoleArgs),
    /// Check whether the configuration is valid
    Validate(crate::commands::validate::ValidateArgs),
    /// Rewrite configuration files in canonical layout
    Fmt(crate::commands::fmt::FmtArgs),
    /// Draw what needs what, for Graphviz
    Graph(crate::commands::graph::GraphArgs),
    /// List the providers that are needed, or print their schemas
    Providers(crate::commands::providers::ProvidersArgs),
    /// Print what the language knows
    Metadata(crate::commands::elsewhere::MetadataArgs),
    /// Show the version of Evenkeel and of its providers
    Version(VersionArgs),
    /// Not needed: what holds a stack ends by itself
    #[command(hide = true)]
    ForceUnlock(crate::commands::elsewhere::Anything),
    /// Not needed: there is no service to log in to
    #[command(hide = true)]
    Login(crate::commands::elsewhere::Anything),
    /// Not needed: nobody is logged in
    #[command(hide = true)]
    Logout(crate::commands::elsewhere::Anything),
    /// Not there yet
    #[command(hide = true)]
    Test(crate::commands::elsewhere::Anything),
}

impl Command {
    /// What it plans with, if it plans.
    fn run_mut(&mut self) -> Option<&mut RunArgs> {
        match self {
            Self::Plan(args) => Some(&mut args.run),
            Self::Apply(args) | Self::Destroy(args) => Some(&mut args.run),
            Self::Reconcile(args) => Some(&mut args.run),
            Self::Drift(args) => Some(&mut args.run),
            Self::Rollback(args) => Some(&mut args.run),
            Self::Recover(args) => Some(&mut args.run),
            Self::List(args) => Some(&mut args.run),
            Self::Explain(args) => Some(&mut args.run),
            Self::Console(args) => Some(&mut args.run),
            Self::Import(args) => Some(&mut args.run),
            Self::Refresh(args) => Some(&mut args.run),
            Self::Init(_)
            | Self::Get(_)
            | Self::Show(_)
            | Self::Output(_)
            | Self::History(_)
            | Self::Diff(_)
            | Self::Audit(_)
            | Self::Keys(_)
            | Self::State(_) => None,
            Self::Taint(_) | Self::Untaint(_) | Self::Workspace(_) | Self::Version(_) => None,
            Self::Fmt(_) | Self::Validate(_) | Self::Graph(_) | Self::Providers(_) | Self::Metadata(_) => {
                None
            }
            Self::ForceUnlock(_) | Self::Login(_) | Self::Logout(_) | Self::Test(_) => None,
        }
    }

    /// Whether machines read the output.
    pub fn json(&self) -> bool {
        match self {
            Self::Init(args) => args.json,
            Self::Get(_) => false,
            Self::Plan(args) => args.run.json,
            Self::Apply(args) | Self::Destroy(args) => args.run.json,
            // Documents: mistakes are told as text.
            Self::Show(_) | Self::Output(_) | Self::Workspace(_) => false,
            Self::Taint(_) | Self::Untaint(_) => false,
            Self::Import(args) => args.run.json,
            Self::Refresh(args) => args.run.json,
            Self::Reconcile(args) => args.run.json,
            Self::Drift(args) => args.run.json,
            Self::List(args) => args.run.json,
            Self::Explain(args) => args.run.json,
            Self::History(args) => args.json,
            Self::Diff(args) => args.json,
            Self::Rollback(args) => args.run.json,
            Self::Recover(args) => args.run.json,
            Self::State(args) => matches!(&args.command, StateCommand::Show { json: true, .. }),
            Self::Audit(_) | Self::Keys(_) => false,
            Self::Console(_) | Self::Fmt(_) | Self::Validate(_) => false,
            Self::Version(args) => args.json,
            // Documents, or words.
            Self::Graph(_) | Self::Providers(_) | Self::Metadata(_) => false,
            Self::ForceUnlock(_) | Self::Login(_) | Self::Logout(_) | Self::Test(_) => false,
        }
    }
}

/// What every command that plans takes.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// A directory, or a Git repository: a path, file://, https:// or ssh address, with //DIR inside it
    #[arg(value_name = "DIR-OR-REPO", default_value = ".")]
    pub location: String,
    /// The branch, tag or commit to read; without it a directory is read as it stands
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Set a root module variable
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    /// Load root module variables from a file
    #[arg(long = "var-file", value_name = "FILE")]
    pub variable_files: Vec<PathBuf>,
    /// Both in the order in which they were given, which decides.
    #[arg(skip)]
    pub assignments: Vec<Assignment>,
    /// Look at the real objects first (-refresh=false trusts what is remembered)
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub refresh: bool,
    /// How many calls may run at the same time
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = parallelism)]
    pub parallelism: u16,
    /// Accepted as Terraform has it; a stack that is changed is always held
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub lock: bool,
    /// Not available: state is kept in the store
    #[arg(long, value_name = "FILE", hide = true)]
    pub state: Option<PathBuf>,
    /// Not available: state is kept in the store
    #[arg(long, value_name = "FILE", hide = true)]
    pub state_out: Option<PathBuf>,
    /// Not available: the store keeps every version of every object
    #[arg(long, value_name = "FILE", hide = true)]
    pub backup: Option<PathBuf>,
    /// How long to wait for another process that holds the stack
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
    /// Ask for what is missing
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub input: bool,
    /// How long a new object may stay invisible to reads: recovery waits that long before it
    /// concludes that a create did not happen
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub settle_time: Duration,
    /// Run the local-exec provisioners of the configuration: its commands, on this machine, as you
    #[arg(long, env = "EVENKEEL_ALLOW_LOCAL_EXEC", value_parser = clap::builder::FalseyValueParser::new())]
    pub allow_local_exec: bool,
    /// Print JSON, one message a line
    #[arg(long)]
    pub json: bool,
    /// Show warnings by their titles only
    #[arg(long)]
    pub compact_warnings: bool,
}

/// One `-var` or `-var-file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// `-var NAME=VALUE`
    Variable(String),
    /// `-var-file FILE`
    File(PathBuf),
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub governor: GovernorArgs,
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Exit with 2 when there are changes, 0 when there are none
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Plan the destruction of everything
    #[arg(long)]
    pub destroy: bool,
    /// Write the plan to a file that `apply` and `show` take
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write configuration for import blocks whose resource is not declared to a new file
    #[arg(long, value_name = "FILE")]
    pub generate_config_out: Option<PathBuf>,
    /// Ask the cloud whether it would allow what is planned, and tell what permissions are missing (EC2)
    #[arg(long)]
    pub probe_permissions: bool,
    /// Write what the plan is made from to a file for a bug report, without sensitive values
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Make the plan of a recording or a plan file again, without asking anybody
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "probe_permissions", "record", "destroy", "replace", "target", "exclude", "refresh_only"])]
    pub replay: Option<PathBuf>,
}

/// What is planned beyond the configuration.
#[derive(Clone, Debug, Default, Args)]
pub struct ChoiceArgs {
    /// Replace this object though nothing forces it
    #[arg(long, value_name = "ADDRESS")]
    pub replace: Vec<String>,
    /// Only write down what was seen
    #[arg(long)]
    pub refresh_only: bool,
    /// Plan for this module, resource or instance alone, with everything it needs
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
    /// Leave this module, resource or instance alone, with everything that needs it
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ApplyArgs {
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub governor: GovernorArgs,
    /// Approve the plan with this digest, which the governor has stopped
    #[arg(long, value_name = "DIGEST", value_parser = governor::digest)]
    pub approve: Option<String>,
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Do not ask for approval
    #[arg(long)]
    pub auto_approve: bool,
    /// Destroy everything that is managed
    #[arg(long)]
    pub destroy: bool,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A plan file, or the directory or repository whose state to show
    #[arg(value_name = "FILE-OR-DIR", default_value = ".")]
    pub location: String,
    /// Show a plan that was made to be applied instead: JSON in Terraform's plan representation
    #[arg(long, value_name = "DIGEST")]
    pub plan: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct OutputArgs {
    /// One output; without it all are shown
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Print JSON, sensitive values included
    #[arg(long)]
    pub json: bool,
    /// Print the text of one output as it is, also when it is sensitive
    #[arg(long)]
    pub raw: bool,
    /// The directory or repository whose state to look into
    #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
    pub location: String,
}

#[derive(Debug, Args)]
pub struct TaintArgs {
    /// The object's address
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Succeed when there is no such object
    #[arg(long)]
    pub allow_missing: bool,
    /// The directory or repository whose state to change
    #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
    pub location: String,
    /// How long to wait for another process that holds the stack
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
}

#[derive(Debug, Args)]
pub struct ReconcileArgs {
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub governor: GovernorArgs,
    /// Approve the plan with this digest, which the governor has stopped: once, and for an hour
    #[arg(long, value_name = "DIGEST", value_parser = governor::digest)]
    pub approve: Option<String>,
    /// Stop after one pass
    #[arg(long)]
    pub once: bool,
    /// How long a converged stack is left alone
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub interval: Duration,
    /// What to do about changes that were made outside
    #[arg(long, value_name = "WHAT", default_value = "correct")]
    pub drift: DriftChoice,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DriftChoice {
    /// Put them right
    Correct,
    /// Report them
    Detect,
}

#[derive(Debug, Args)]
pub struct DriftArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Exit with 2 when there is drift, 0 when there is none
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// What `list` takes.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Objects of this type; may be given several times [default: all types that can be listed]
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// Only what no state of the store has
    #[arg(long)]
    pub unmanaged: bool,
    /// Only what a run of Evenkeel made and no state of the store has
    #[arg(long)]
    pub orphans: bool,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The object, or a resource: all its instances
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Explain a plan that destroys everything
    #[arg(long)]
    pub destroy: bool,
}

/// What `import` takes.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The address that the object gets
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// The identifier that its provider knows it by
    #[arg(value_name = "ID")]
    pub id: String,
    /// The directory of the configuration
    #[arg(long, value_name = "DIR")]
    pub config: Option<String>,
    #[command(flatten)]
    pub run: RunArgs,
}

/// What `refresh` takes.
#[derive(Debug, Args)]
pub struct RefreshArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Look only at this module, resource or instance, with everything it needs
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
    /// Leave this module, resource or instance alone, with everything that needs it
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<String>,
}

#[derive(Debug, Args)]
pub struct VersionArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The words of the command that is meant, as far as they are commands.
fn command_words(arguments: &[OsString]) -> Vec<String> {
    let program = Arguments::command();
    let mut command = &program;
    let mut words = vec!["evenkeel".to_owned()];
    for word in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        if let Some(inner) = command.find_subcommand(word) {
            command = inner;
            words.push(word.to_owned());
        }
    }
    words
}

/// Parses the command line.
pub fn parse(arguments: Vec<OsString>) -> Result<Arguments, Early> {
    let program = Arguments::command();
    let arguments = with_version_command(with_two_dashes(arguments));
    let words = command_words(&arguments);
    if is_help(&arguments) {
        return Err(Early::Help(match words.len() {
            0 | 1 => overview(&program),
            _ => help::text(&words, &program),
        }));
    }
    let arguments = without_foreign(arguments, &program).map_err(Early::Refused)?;
    let early = |error: clap::Error| early::mistake(&error, &words, &program);
    let matches = flags::general(program.clone()).try_get_matches_from(arguments).map_err(early)?;
    let mut arguments = Arguments::from_arg_matches(&matches).map_err(early)?;
    if let (Some(run), Some((_, matches))) = (arguments.command.run_mut(), matches.subcommand()) {
        run.assignments = assignments(run, matches);
    }
    Ok(arguments)
}

/// Whether help is asked for, wherever that stands.
fn is_help(arguments: &[OsString]) -> bool {
    let own = arguments.iter().skip(1).take_while(|argument| *argument != "--");
    let mut own = own.filter_map(|argument| argument.to_str());
    own.clone().next() == Some("help") || own.any(|argument| matches!(argument, "--help" | "-h"))
}

/// `-var` and `-var-file` in the order in which they stand on the command line.
fn assignments(run: &RunArgs, matches: &ArgMatches) -> Vec<Assignment> {
    let places = |name: &str| matches.indices_of(name).into_iter().flatten();
    let variables = run.variables.iter().cloned().map(Assignment::Variable);
    let files = run.variable_files.iter().cloned().map(Assignment::File);
    let mut all: Vec<(usize, Assignment)> =
        places("variables").zip(variables).chain(places("variable_files").zip(files)).collect();
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, assignment)| assignment).collect()
}

/// `-version` and `-v` are the command of that name.
fn with_version_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if let Some(first) =
        arguments.get_mut(1).filter(|first| ["--version", "-v"].iter().any(|name| first == name))
    {
        *first = "version".into();
    }
    arguments
}

/// `-auto-approve` becomes `--auto-approve`; so does everything else that looks like a long option,
/// known or not, so that mistakes are named as they were typed. What follows `--` stays as it is.
fn with_two_dashes(arguments: Vec<OsString>) -> Vec<OsString> {
    let mut rest = false;
    arguments
        .into_iter()
        .enumerate()
        .map(|(place, argument)| {
            let Some(text) = argument.to_str() else { return argument };
            rest |= text == "--";
            match place > 0 && !rest && is_long_option(text) {
                true => OsString::from(format!("-{text}")),
                false => argument,
            }
        })
        .collect()
}

/// One dash, then a word of at least two letters, digits and dashes, then perhaps a value.
fn is_long_option(text: &str) -> bool {
    let Some(name) = text.strip_prefix('-') else { return false };
    let name = name.split('=').next().unwrap_or(name);
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

/// So many calls; 0 is what nobody chose.
fn parallelism(text: &str) -> Result<u16, String> {
    let number: u32 = text.parse().map_err(|_| "it is no whole number".to_owned())?;
    let chosen = if number == 0 { 10 } else { number.min(1000) };
    u16::try_from(chosen).map_err(|error| error.to_string())
}

/// `30s`, `5m`, `1h30m`, `250ms`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(u64::from(seconds)));
    }
    let wrong = || format!("\"{text}\" is not a duration; write it as 30s, 5m or 1h30m");
    let span: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(span).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Arguments, String> {
        parse(words.iter().map(OsString::from).collect()).map_err(|early| match early {
            Early::Help(text) | Early::Nothing(text, _) => text,
            Early::Refused(failure) => format!("{failure:?}"),
        })
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn one_dash_is_as_good_as_two() {
        let arguments =
            parsed(&["evenkeel", "-chdir=x", "apply", "-auto-approve", "-var", "a=-b", "-refresh=false"]);
        let arguments = arguments.unwrap();
        assert_eq!(arguments.global.chdir, Some("x".into()));
        let Command::Apply(args) = arguments.command else { panic!("apply") };
        assert!(args.auto_approve && !args.run.refresh);
        assert_eq!(args.run.variables, ["a=-b"]);
    }

    #[test]
    fn variables_and_files_keep_their_order() {
        let arguments = parsed(&["evenkeel", "plan", "-var=a=1", "-var-file=f", "-var", "b=2"]).unwrap();
        let Command::Plan(args) = arguments.command else { panic!("plan") };
        let variable = |text: &str| Assignment::Variable(text.into());
        assert_eq!(args.run.assignments, [variable("a=1"), Assignment::File("f".into()), variable("b=2")]);
    }

    #[test]
    fn durations_are_read() {
        for (text, ms) in [("30s", 30_000), ("250ms", 250), ("1h30m", 5_400_000), ("7", 7_000)] {
            assert_eq!(duration(text).unwrap(), Duration::from_millis(ms), "{text}");
        }
        assert!(duration("soon").is_err() && duration("-5s").is_err());
    }

    #[test]
    fn mistakes_are_refused() {
        let error = parsed(&["evenkeel", "plan", "-nonsense"]).unwrap_err();
        assert!(error.contains("-nonsense"), "{error}");
        assert!(parsed(&["evenkeel", "conquer"]).is_err());
        assert!(parsed(&["evenkeel", "plan", "-parallelism=-1"]).is_err());
    }

    #[test]
    fn flags_take_truth_values_and_the_last_of_two_counts() {
        let words = ["evenkeel", "plan", "-destroy=0", "-json=TRUE", "-json=false", "-out=a", "-out=b"];
        let Command::Plan(args) = parsed(&words).unwrap().command else { panic!("plan") };
        assert!(!args.destroy && !args.run.json && !args.detailed_exitcode);
        assert_eq!(args.out, Some("b".into()));
        let error = parsed(&["evenkeel", "plan", "-refresh=maybe"]).unwrap_err();
        assert!(error.contains("invalid boolean value"), "{error}");
    }

    #[test]
    fn every_command_has_help_without_words_of_the_parser() {
        let program = Arguments::command();
        let mut left: Vec<(Vec<String>, &clap::Command)> = vec![(vec!["evenkeel".to_owned()], &program)];
        while let Some((words, command)) = left.pop() {
            let text = help::text(&words, &program);
            assert!(!text.contains("--") && !text.contains("<BOOL>"), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
            left.extend(command.get_subcommands().map(|inner| {
                let words = words.iter().cloned().chain([inner.get_name().to_owned()]);
                (words.collect(), inner)
            }));
        }
    }
}
