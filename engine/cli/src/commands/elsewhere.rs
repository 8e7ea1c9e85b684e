//! Commands of Terraform that have nothing to do here: each says why, and what to use instead.

use clap::{Args, Subcommand};

use crate::error::Failure;
use crate::render::json::schemas::function_signatures;
use crate::ui::Ui;

/// Whatever such a command is given.
#[derive(Debug, Args)]
pub struct Anything {
    /// Anything
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub rest: Vec<String>,
}

/// `force-unlock`: nothing is ever locked for good.
pub fn force_unlock() -> Result<u8, Failure> {
    Err(Failure::plain(
        "There is no lock to force",
        "A stack is held by a lease that ends by itself soon after the process that holds it dies, so nothing is left \
         locked. Wait for the other process with -lock-timeout=60s, or end it: what it had begun is found out by the \
         next run.",
    ))
}

/// `login`: there is no service to log in to.
pub fn login() -> Result<u8, Failure> {
    Err(Failure::plain(
        "There is no service to log in to",
        "State is kept in Evenkeel's own store, and runs happen where the program is started. Tokens for registries of \
         modules are read from TF_TOKEN_<host> and from Terraform's credentials file.",
    ))
}

/// `logout`: nobody is logged in.
pub fn logout(ui: &Ui) -> Result<u8, Failure> {
    ui.line("No credentials are stored, so there is nothing to remove.");
    Ok(0)
}

/// `test`: not yet.
pub fn test() -> Result<u8, Failure> {
    Err(Failure::plain(
        "Test files are not run yet",
        "Files named *.tftest.hcl are not read by this version. `evenkeel validate` and `evenkeel plan` check a module \
         without changing anything.",
    ))
}

/// What `metadata` takes.
#[derive(Debug, Args)]
pub struct MetadataArgs {
    /// What about
    #[command(subcommand)]
    pub command: MetadataCommand,
}

/// The commands below `metadata`.
#[derive(Debug, Subcommand)]
pub enum MetadataCommand {
    /// Print the signatures of the functions of the language
    Functions {
        /// Print JSON, which is the only form there is
        #[arg(long)]
        json: bool,
    },
}

/// Prints what the language knows.
pub fn metadata(args: &MetadataArgs, ui: &Ui) -> Result<u8, Failure> {
    let MetadataCommand::Functions { json } = &args.command;
    if !json {
        return Err(Failure::plain(
            "The -json flag is required",
            "Signatures are printed as JSON only: evenkeel metadata functions -json",
        ));
    }
    ui.document(&function_signatures());
    Ok(0)
}
