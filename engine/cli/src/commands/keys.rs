//! `evenkeel keys`: the keys under which a store keeps sensitive values. Only their names are ever shown.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use evenkeel_store::{DataKeyName, StoreError, key_names, rewrap_keys, rotate_keys};
use tokio::task::block_in_place;

use crate::args::Global;
use crate::error::Failure;
use crate::settings::{Place, keys, store_options};
use crate::ui::Ui;

/// What `keys` takes.
#[derive(Debug, Args)]
pub struct KeysArgs {
    #[command(subcommand)]
    pub command: KeysCommand,
}

/// The subcommands of `keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Say which keys a store has, by their names
    Show(KeysPlace),
    /// Draw a new data key and seal every sensitive value with it; the old one is gone afterwards
    Rotate(KeysPlace),
    /// Wrap the data key with the key that the environment says now
    Rewrap {
        /// The key file that wraps it until now [default: the one beside the store]
        #[arg(long, value_name = "FILE")]
        from_file: Option<PathBuf>,
        /// The variable with the key that wraps it until now
        #[arg(long, value_name = "NAME", conflicts_with = "from_file")]
        from_variable: Option<String>,
        /// The command that unwraps it until now
        #[arg(long, value_name = "COMMAND", conflicts_with_all = ["from_file", "from_variable"])]
        from_command: Option<String>,
        #[command(flatten)]
        place: KeysPlace,
    },
}

/// Whose keys.
#[derive(Debug, Args)]
pub struct KeysPlace {
    /// The directory or repository whose store it is about
    #[arg(long, value_name = "DIR-OR-REPO", default_value = ".")]
    pub location: String,
}

pub fn run(global: &Global, args: KeysArgs, ui: &Ui) -> Result<u8, Failure> {
    block_in_place(|| match args.command {
        KeysCommand::Show(place) => show(&store(global, &place)?, ui),
        KeysCommand::Rotate(place) => rotate(&store(global, &place)?, ui),
        KeysCommand::Rewrap { from_file, from_variable, from_command, place } => {
            let from = keys::named(from_file, from_variable.as_deref(), from_command)?;
            let (store, options) = (store(global, &place)?, store_options()?);
            let Some(key) = rewrap_keys(&store, &from, &options)? else { return Ok(none(ui)) };
            ui.line(&format!("The data key is wrapped with {} now.", options.keys.describe(&store)));
            tell(&key, &options.keys.describe(&store), ui);
            ui.line(&format!(
                "\nThe store does not need {} any more. Copies of the store that were made before do.",
                from.describe(&store)
            ));
            Ok(0)
        }
    })
}

fn store(global: &Global, place: &KeysPlace) -> Result<PathBuf, Failure> {
    let path = Place::of(global, &place.location)?.store;
    match path.exists() {
        true => Ok(path),
        false => Err(StoreError::NotFound { path }.into()),
    }
}

fn show(store: &Path, ui: &Ui) -> Result<u8, Failure> {
    let Some(key) = key_names(store)? else { return Ok(none(ui)) };
    tell(&key, &store_options()?.keys.describe(store), ui);
    Ok(0)
}

fn rotate(store: &Path, ui: &Ui) -> Result<u8, Failure> {
    let options = store_options()?;
    let Some(key) = rotate_keys(store, &options)? else { return Ok(none(ui)) };
    ui.line("Every sensitive value is sealed with a new data key; the old one is gone.");
    tell(&key, &options.keys.describe(store), ui);
    ui.line("\nPlan files that were made before cannot be opened any more: plan again.");
    Ok(0)
}

fn none(ui: &Ui) -> u8 {
    ui.line("The store has no data key: no sensitive value was written to it yet.");
    0
}

fn tell(key: &DataKeyName, given: &str, ui: &Ui) {
    let DataKeyName { number, name, holder, holder_name } = key;
    ui.line(&format!("Data key:     {name} (number {number})"));
    let wrapped = match (holder.as_str(), holder_name.as_str()) {
        ("command", _) => "a key command".to_owned(),
        ("file", name) => format!("the key {name} of a key file"),
        (_, name) => format!("the key {name}, which was given"),
    };
    ui.line(&format!("Wrapped with: {wrapped}"));
    ui.line(&format!("Now given:    {given}"));
}
