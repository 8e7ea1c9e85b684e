//! Where the key is under which sensitive values are kept: the operator says so in the environment, and
//! never a configuration.

use std::path::PathBuf;

use evenkeel_store::{Key, KeySource, StoreOptions};

use crate::error::Failure;
use crate::settings::age::SECRET_VARIABLE;

const KEY: &str = "EVENKEEL_KEY";
const FILE: &str = "EVENKEEL_KEY_FILE";
const COMMAND: &str = "EVENKEEL_KEY_COMMAND";

/// What no command that is started may see: a key in clear.
pub const SECRET_VARIABLES: [&str; 2] = [KEY, SECRET_VARIABLE];

/// How stores are opened.
pub fn store_options() -> Result<StoreOptions, Failure> {
    Ok(StoreOptions { keys: key_source()?, ..StoreOptions::default() })
}

fn key_source() -> Result<KeySource, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match (set(KEY), set(FILE), set(COMMAND)) {
        (None, None, None) => Ok(KeySource::Beside),
        (Some(_), None, None) => variable(KEY),
        (None, Some(file), None) => Ok(KeySource::File(file.into())),
        (None, None, Some(line)) => Ok(KeySource::Command(line.to_string_lossy().into())),
        _ => Err(Failure::plain(
            "More than one key",
            format!("Only one of {KEY}, {FILE} and {COMMAND} can be set: a store is kept under one key."),
        )),
    }
}

/// The key in a variable of the environment.
pub fn variable(name: &str) -> Result<KeySource, Failure> {
    let key = std::env::var(name).ok().as_deref().and_then(Key::parse).ok_or_else(|| {
        Failure::plain(
            "Invalid key",
            format!("{name} must be 32 bytes in base 64, such as `openssl rand -base64 32` makes."),
        )
    })?;
    Ok(KeySource::Given { origin: name.into(), key })
}

/// The key that some option names, where one does.
pub fn named(
    file: Option<PathBuf>,
    name: Option<&str>,
    command: Option<String>,
) -> Result<KeySource, Failure> {
    match (file, name, command) {
        (Some(file), ..) => Ok(KeySource::File(file)),
        (None, Some(name), _) => variable(name),
        (None, None, Some(line)) => Ok(KeySource::Command(line.into())),
        (None, None, None) => Ok(KeySource::Beside),
    }
}
