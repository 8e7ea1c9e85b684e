//! The command line: arguments become settings, settings become a session, and each command is a
//! short story told with the functions of `flow`.
//!
//! This is the only crate that prints, and the only one that knows which providers and stores
//! exist. Nothing is decided here that another crate could decide.

mod args;
mod commands;
mod error;
mod flow;
mod planfile;
pub mod render;
mod settings;
mod ui;

use std::ffi::OsString;
use std::process::ExitCode;

use evenkeel_provider::Providers;
use evenkeel_provider_builtin::HostFiles;

/// Runs one command with the given providers; the exit code is Terraform's: 0, 1 for an error, 2
/// where changes were asked for and found.
pub fn run(mut providers: Providers, arguments: Vec<OsString>) -> ExitCode {
    flow::add_builtin(&mut providers, HostFiles::Refused);
    flow::add_utility(&mut providers, evenkeel_provider_utility::HostFiles::default());
    let parsed = match args::parse(arguments) {
        Ok(parsed) => parsed,
        Err(early) => return early.exit(),
    };
    let ui = ui::Ui::new(&parsed.global, parsed.command.json());
    if streams(&parsed.command) {
        ui.started();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            ui.failure(&error::Failure::plain(
                "Cannot start",
                format!("The runtime could not be started: {error}."),
            ));
            return ExitCode::from(1);
        }
    };
    let result = runtime.block_on(commands::dispatch(parsed, providers, &ui));
    // Whatever still waits (a retry, a poll) is not waited for: it has no effect any more.
    runtime.shutdown_background();
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            ui.failure(&failure);
            ExitCode::from(1)
        }
    }
}

/// Whether the output is a stream of messages, which begins with the version of the program.
fn streams(command: &args::Command) -> bool {
    match command {
        args::Command::Plan(args) => args.run.json,
        args::Command::Apply(args) | args::Command::Destroy(args) => args.run.json,
        args::Command::Init(args) => args.json,
        args::Command::Refresh(args) => args.run.json,
        _ => false,
    }
}
