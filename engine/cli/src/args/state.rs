//! What the commands below `state` take.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::duration;

#[derive(Debug, Args)]
pub struct StateArgs {
    #[command(subcommand)]
    pub command: StateCommand,
}

/// What every command takes that changes a state.
#[derive(Debug, Args)]
pub struct StateChangeArgs {
    /// The directory or repository whose state to change
    #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
    pub location: String,
    /// How long to wait for another process that holds the stack
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
    /// Accepted as Terraform has it; a stack that is changed is always held
    #[arg(long, value_name = "BOOL", hide = true, default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub lock: Option<bool>,
    /// Not available: state is kept in the store
    #[arg(long, value_name = "FILE", hide = true)]
    pub state: Option<PathBuf>,
    /// Not available: state is kept in the store
    #[arg(long, value_name = "FILE", hide = true)]
    pub state_out: Option<PathBuf>,
    /// The store keeps every version of every object
    #[arg(long, value_name = "FILE", hide = true)]
    pub backup: Option<PathBuf>,
    /// There is no remote version
    #[arg(long, hide = true)]
    pub ignore_remote_version: bool,
}

#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List the objects that are managed
    List {
        /// Only objects whose address starts with one of these
        #[arg(value_name = "ADDRESS")]
        addresses: Vec<String>,
        /// Only objects with this id
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// As it was then: a serial, a run (run:3), a time, or a revision that was applied
        #[arg(long, value_name = "MOMENT")]
        at: Option<String>,
        /// The directory or repository whose state to list
        #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
        location: String,
    },
    /// Give an object, a resource or a module another address
    Mv {
        /// The address it has
        #[arg(value_name = "SOURCE")]
        source: String,
        /// The address it shall have
        #[arg(value_name = "DESTINATION")]
        destination: String,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        change: StateChangeArgs,
    },
    /// Forget objects, which go on to exist
    Rm {
        /// Their addresses
        #[arg(value_name = "ADDRESS", required = true)]
        addresses: Vec<String>,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        change: StateChangeArgs,
    },
    /// Show the attributes of one object
    Show {
        /// Its address
        #[arg(value_name = "ADDRESS")]
        address: String,
        /// As it was then: a serial, a run (run:3), a time, or a revision that was applied
        #[arg(long, value_name = "MOMENT")]
        at: Option<String>,
        /// The directory or repository whose state to look into
        #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
        location: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take over a state of Terraform or OpenTofu
    Import {
        /// The state file, or - for standard input [default: the one beside the configuration]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// Let it take the place of everything that the stack has
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        change: StateChangeArgs,
    },
    /// Write the state as a state file of Terraform, sensitive values in clear
    Export {
        /// The file; without it, standard output
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// Write over a file that is not an earlier state of this stack
        #[arg(long)]
        force: bool,
        /// The directory or repository whose state to write
        #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
        location: String,
    },
    /// Print the state as a state file of Terraform, sensitive values in clear
    Pull {
        /// The directory or repository whose state to print
        #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
        location: String,
    },
    /// Put a state file in the place of the state
    Push {
        /// The state file, or - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Do so whatever its lineage and serial
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        change: StateChangeArgs,
    },
    /// Write a copy of the whole store, also while it is in use
    Backup {
        /// The file to write
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Replace a file that is there
        #[arg(long)]
        force: bool,
        /// The directory or repository whose store to copy
        #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
        location: String,
    },
    /// Put a copy in the place of the store, or take a stack back to a moment of its history
    Restore {
        /// The copy, as `state backup` wrote it
        #[arg(value_name = "FILE", required_unless_present = "at", conflicts_with = "at")]
        file: Option<PathBuf>,
        /// Remember what the stack did then: a serial, a run (run:3), a time, or a revision that was applied
        #[arg(long, value_name = "MOMENT")]
        at: Option<String>,
        #[command(flatten)]
        change: StateChangeArgs,
    },
    /// Prove that the whole store is what was written
    Verify {
        /// The directory or repository whose store to check
        #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
        location: String,
    },
    /// Give objects another provider
    ReplaceProvider {
        /// The provider they have
        #[arg(value_name = "FROM")]
        from: String,
        /// The provider they shall have
        #[arg(value_name = "TO")]
        to: String,
        /// Do not ask for approval
        #[arg(long)]
        auto_approve: bool,
        #[command(flatten)]
        change: StateChangeArgs,
    },
}
