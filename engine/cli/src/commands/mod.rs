//! One file per command.

mod apply;
pub mod audit;
pub mod console;
mod diff;
mod drift;
pub mod elsewhere;
mod explain;
pub mod fmt;
pub mod graph;
mod history;
mod import;
mod init;
pub mod keys;
mod list;
mod modes;
mod output;
mod plan;
pub mod providers;
mod reconcile;
mod recover;
mod refresh;
mod rollback;
mod show;
mod state;
mod taint;
pub mod validate;
mod version;
mod workspace;

use std::sync::Arc;

use evenkeel_apply::MachineOptions;
use evenkeel_plan::{Mode, Options};
use evenkeel_provider::Providers;
use evenkeel_state::ObjectStatus;

use crate::args::{Arguments, ChoiceArgs, Command, RunArgs};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::load::{Loaded, load, load_to_destroy};
use crate::flow::planning::Wish;
use crate::flow::variables::{self, Sorted};
use crate::ui::Ui;

/// Runs the command; gives the exit code.
pub async fn dispatch(arguments: Arguments, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let global = arguments.global;
    if let Some(directory) = &global.chdir {
        std::env::set_current_dir(directory).map_err(|error| {
            Failure::plain("Cannot switch to another directory", format!("{}: {error}.", directory.display()))
        })?;
    }
    modes::check(&arguments.command)?;
    match arguments.command {
        Command::Plan(args) => plan::run(&global, args, providers, ui).await,
        Command::Apply(args) => apply::run(&global, args, providers, ui).await,
        Command::Destroy(mut args) => {
            args.destroy = true;
            apply::run(&global, args, providers, ui).await
        }
        Command::Import(args) => import::run(&global, args, providers, ui).await,
        Command::Refresh(args) => refresh::run(&global, args, providers, ui).await,
        Command::Init(args) => init::run(&global, args, providers, ui).await,
        Command::Output(args) => output::run(&global, &args, providers, ui).await,
        Command::Taint(args) => taint::run(&global, &args, ObjectStatus::Tainted, providers, ui).await,
        Command::Untaint(args) => taint::run(&global, &args, ObjectStatus::Ready, providers, ui).await,
        Command::Workspace(args) => workspace::run(&global, args.command, providers, ui).await,
        Command::Show(args) => show::run(&global, &args, providers, ui).await,
        Command::Reconcile(args) => reconcile::run(&global, args, providers, ui).await,
        Command::Drift(args) => drift::run(&global, args, providers, ui).await,
        Command::Diff(args) => diff::run(&global, &args, providers, ui).await,
        Command::Recover(args) => recover::run(&global, args, providers, ui).await,
        Command::Rollback(args) => rollback::run(&global, args, providers, ui).await,
        Command::List(args) => list::run(&global, args, providers, ui).await,
        Command::Explain(args) => explain::run(&global, args, providers, ui).await,
        Command::History(args) => history::run(&global, &args, providers, ui).await,
        Command::Audit(args) => audit::run(&global, args, providers, ui).await,
        Command::Keys(args) => keys::run(&global, args, ui),
        Command::State(args) => state::run(&global, args.command, providers, ui).await,
        Command::Get(args) => init::get(&global, args, ui).await,
        Command::Fmt(args) => fmt::run(&args, ui),
        Command::Console(args) => console::run(&global, args, providers, ui).await,
        Command::Validate(args) => validate::run(&args, providers, ui).await,
        Command::Version(_) => version::run(&providers, ui),
        Command::Graph(args) => graph::run(&global, &args, providers, ui).await,
        Command::Providers(args) => providers::run(&global, &args, providers, ui).await,
        Command::Metadata(args) => elsewhere::metadata(&args, ui),
        Command::ForceUnlock(_) => elsewhere::force_unlock(),
        Command::Login(_) => elsewhere::login(),
        Command::Logout(_) => elsewhere::logout(ui),
        Command::Test(_) => elsewhere::test(),
    }
}

/// Reads the configuration and everything else that a plan is made from.
pub async fn wish(
    session: &Session,
    args: &RunArgs,
    choice: &ChoiceArgs,
    mode: Mode,
) -> Result<Wish, Failure> {
    check_run(args)?;
    let revision = args.revision.as_deref();
    let loaded = match mode {
        Mode::Destroy => load_to_destroy(session, revision).await?,
        Mode::Normal | Mode::RefreshOnly => load(session, revision).await?,
    };
    let options = options(args, choice, mode)?;
    wish_of(session, args, loaded, options)
}

/// The same, for a configuration that was read already.
pub fn wish_of(
    session: &Session,
    args: &RunArgs,
    mut loaded: Loaded,
    options: Options,
) -> Result<Wish, Failure> {
    let Sorted { values: variables, unsuitable, warnings } = variables::sorted(args, &loaded, &session.ui)?;
    loaded.warnings.extend(warnings);
    let options = Options { workspace: session.stack.0.clone(), unsuitable, ..options };
    Ok(Wish { loaded, variables, options, parallelism: usize::from(args.parallelism) })
}

/// Options of Terraform that have no place here are refused and not ignored.
pub fn check_run(args: &RunArgs) -> Result<(), Failure> {
    let given = [("-state", &args.state), ("-state-out", &args.state_out), ("-backup", &args.backup)];
    let Some((name, _)) = given.into_iter().find(|(_, file)| file.is_some()) else { return Ok(()) };
    Err(Failure::plain(
        format!("{name} is not supported"),
        "State is kept in the store, with every earlier version of every object. Name another store with \
         -store=FILE, and leave this option out.",
    ))
}

/// The home directory of the person who runs this.
fn home() -> Option<Arc<str>> {
    std::env::home_dir().map(|home| home.to_string_lossy().into())
}

/// How to plan, as the arguments say.
pub fn options(args: &RunArgs, choice: &ChoiceArgs, mode: Mode) -> Result<Options, Failure> {
    if !choice.target.is_empty() && !choice.exclude.is_empty() {
        return Err(Failure::plain(
            "Incompatible options",
            "Either -target says what is planned, or -exclude what is not. Leave one of them out.",
        ));
    }
    Ok(Options {
        mode: if choice.refresh_only { Mode::RefreshOnly } else { mode },
        refresh: args.refresh,
        plan_time: Some(format!("{:.0}", jiff::Timestamp::now())),
        local_exec: args.allow_local_exec,
        home: home(),
        replace: modes::replaced(choice)?,
        targets: modes::targets("target", &choice.target)?,
        excludes: modes::targets("exclude", &choice.exclude)?,
        working_directory: std::env::current_dir().unwrap_or_default().to_string_lossy().into_owned().into(),
        ..Options::default()
    })
}

/// The limits of a run, as the arguments say.
pub fn machine_options(args: &RunArgs) -> MachineOptions {
    let parallelism = usize::from(args.parallelism);
    MachineOptions {
        parallelism,
        intents_ahead: parallelism,
        visibility_ms: i64::try_from(args.settle_time.as_millis()).unwrap_or(i64::MAX),
        ..MachineOptions::default()
    }
}
