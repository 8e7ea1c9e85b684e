//! What the commands take that look back, go back, or bring back.

use std::path::PathBuf;

use clap::Args;

use super::{ChoiceArgs, GovernorArgs, RunArgs, governor};

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// One object; without it the runs are shown
    #[arg(value_name = "ADDRESS")]
    pub address: Option<String>,
    /// How many runs to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// The directory or repository whose history to show
    #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
    pub location: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What `diff` takes.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// A serial, a run (run:3), a time, or a revision that was applied
    #[arg(value_name = "FROM")]
    pub from: String,
    /// Another one; without it what is remembered now
    #[arg(value_name = "TO")]
    pub to: Option<String>,
    /// The directory or repository whose history to look into
    #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
    pub location: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What `rollback` takes.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The revision whose configuration is to hold again: a revision that was applied, a run (run:3), a serial or a time
    #[arg(long, value_name = "REVISION", required = true)]
    pub to: String,
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub choice: ChoiceArgs,
    #[command(flatten)]
    pub governor: GovernorArgs,
    /// Approve the plan with this digest, which the governor has stopped
    #[arg(long, value_name = "DIGEST", value_parser = governor::digest)]
    pub approve: Option<String>,
    /// Do not ask for approval
    #[arg(long)]
    pub auto_approve: bool,
    /// Write the plan to a file that `apply` takes, and do nothing more
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What `recover` takes.
#[derive(Debug, Args)]
pub struct RecoverArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Write down what was found without asking
    #[arg(long)]
    pub auto_approve: bool,
}
