//! What `init` and `get` take.

use std::path::PathBuf;

use clap::Args;

/// What `init` takes: Terraform's options, also those that have nothing to do here.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The directory of the root module
    #[arg(value_name = "DIR", default_value = ".")]
    pub location: String,
    /// Look for newer versions of all modules than those that are locked
    #[arg(long)]
    pub upgrade: bool,
    /// Fetch modules (-get=false checks that they are locked)
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub get: bool,
    /// With readonly, fail where the lock file would have to change
    #[arg(long, value_name = "MODE")]
    pub lockfile: Option<String>,
    /// Print JSON, one message a line
    #[arg(long)]
    pub json: bool,
    /// Not supported
    #[arg(long, value_name = "SOURCE", hide = true)]
    pub from_module: Option<String>,
    /// Nothing is asked
    #[arg(long, value_name = "BOOL", hide = true, default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub input: Option<bool>,
    /// Backends are not used: state is kept in the store
    #[arg(long, visible_alias = "cloud", value_name = "BOOL", hide = true, default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub backend: Option<bool>,
    /// Backends are not used: state is kept in the store
    #[arg(long, value_name = "CONFIG", hide = true)]
    pub backend_config: Vec<String>,
    /// Backends are not used
    #[arg(long, hide = true)]
    pub reconfigure: bool,
    /// Backends are not used
    #[arg(long, hide = true)]
    pub migrate_state: bool,
    /// Backends are not used
    #[arg(long, hide = true)]
    pub force_copy: bool,
    /// Nothing is locked
    #[arg(long, value_name = "BOOL", hide = true, default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    pub lock: Option<bool>,
    /// Nothing is locked
    #[arg(long, value_name = "DURATION", hide = true)]
    pub lock_timeout: Option<String>,
    /// Providers are built in
    #[arg(long, value_name = "DIR", hide = true)]
    pub plugin_dir: Vec<PathBuf>,
    /// Tests are not read
    #[arg(long, value_name = "DIR", hide = true)]
    pub test_directory: Option<PathBuf>,
    /// There is no remote version
    #[arg(long, hide = true)]
    pub ignore_remote_version: bool,
}

/// What `get` takes.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// The directory of the root module
    #[arg(value_name = "DIR", default_value = ".")]
    pub location: String,
    /// Look for newer versions than those that are locked
    #[arg(long)]
    pub update: bool,
    /// Tests are not read
    #[arg(long, value_name = "DIR", hide = true)]
    pub test_directory: Option<PathBuf>,
}
