//! What the commands below `workspace` take.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct WorkspaceArgs {
    #[command(subcommand)]
    pub command: WorkspaceCommand,
}

/// Workspaces are the stacks of a store.
#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// List the workspaces
    List,
    /// Show the name of the current workspace
    Show,
    /// Make a workspace and switch to it
    New {
        /// Its name
        name: String,
    },
    /// Switch to another workspace
    Select {
        /// Its name
        name: String,
        /// Make it where there is none
        #[arg(long, value_name = "BOOL", default_value_t = false, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
        or_create: bool,
    },
    /// Delete a workspace
    Delete {
        /// Its name
        name: String,
        /// Also when it still manages objects, which then go on to exist
        #[arg(long)]
        force: bool,
    },
}
