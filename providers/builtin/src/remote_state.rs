//! `terraform_remote_state`: the root outputs in another configuration's state file.
//!
//! Only the `local` backend is read, and only in the operator's own directory: a revision that
//! anybody may have written must not name files of the host.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evenkeel_model::{Type, Value, json};
use evenkeel_provider::{ErrorKind, ProviderError};
use serde_json::Value as Json;

use crate::HostFiles;

const OPERATION: &str = "reading terraform_remote_state";

/// A larger state file is refused.
const BYTES_MAX: u64 = 1 << 30;

/// Reads what the configuration of the data source names.
pub fn read(files: &HostFiles, config: &Value) -> Result<Value, ProviderError> {
    let HostFiles::From(base) = files else {
        return Err(invalid(
            "a revision from a repository may not read state files of this machine.",
            "Run in a checkout of the configuration, or hand the values in as variables.",
        ));
    };
    let backend = config.get_str("backend").unwrap_or_default();
    if backend != "local" {
        return Err(invalid(
            format!("the backend \"{backend}\" cannot be read."),
            "Use the local backend with a copy of the state file, or hand the values in as variables.",
        ));
    }
    let path = base.join(path_of(config));
    let outputs = outputs(&document(&path)?, &path)?;
    Ok(answer(config, outputs))
}

/// The file that the arguments of the local backend mean.
fn path_of(config: &Value) -> PathBuf {
    let arguments = config.get("config");
    let argument = |name: &str| arguments.and_then(|arguments| arguments.get_str(name)).map(str::to_owned);
    let path = argument("path").unwrap_or_else(|| "terraform.tfstate".to_owned());
    match config.get_str("workspace") {
        None | Some("" | "default") => PathBuf::from(path),
        Some(workspace) => {
            let directory = argument("workspace_dir").unwrap_or_else(|| "terraform.tfstate.d".to_owned());
            Path::new(&directory).join(workspace).join(path)
        }
    }
}

fn document(path: &Path) -> Result<Json, ProviderError> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => invalid(
            format!("there is no stored state at {}.", path.display()),
            "Apply the configuration that it belongs to first, or correct the path.",
        ),
        _ => invalid(format!("the file {} cannot be read: {error}.", path.display()), ""),
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > BYTES_MAX {
        return Err(invalid(format!("the file {} has more than {BYTES_MAX} bytes.", path.display()), ""));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    serde_json::from_slice(&bytes).map_err(|error| not_a_state(path, &error.to_string()))
}

fn outputs(document: &Json, path: &Path) -> Result<BTreeMap<String, Value>, ProviderError> {
    if document.get("version").and_then(Json::as_u64) != Some(4) {
        return Err(not_a_state(path, "it is not of format version 4"));
    }
    let Some(outputs) = document.get("outputs").and_then(Json::as_object) else { return Ok(BTreeMap::new()) };
    outputs
        .iter()
        .map(|(name, output)| {
            let wrong = |error: String| not_a_state(path, &format!("output {name}: {error}"));
            let ty = Type::from_json(output.get("type").unwrap_or(&Json::Null));
            let ty = ty.map_err(|error| wrong(error.to_string()))?;
            let value = json::from_plain(output.get("value").unwrap_or(&Json::Null), &ty);
            Ok((name.clone(), value.map_err(|error| wrong(error.to_string()))?))
        })
        .collect()
}

fn answer(config: &Value, outputs: BTreeMap<String, Value>) -> Value {
    let given = |name: &str, ty: Type| config.get(name).cloned().unwrap_or_else(|| Value::null(ty));
    let defaults = given("defaults", Type::Dynamic);
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for (name, value) in defaults.as_entries().into_iter().flatten() {
        all.insert(name.to_string(), value.clone());
    }
    all.extend(outputs);
    Value::object([
        ("backend", given("backend", Type::String)),
        ("config", given("config", Type::Dynamic)),
        ("defaults", defaults),
        ("outputs", Value::object(all.iter().map(|(name, value)| (name.as_str(), value.clone())))),
        ("workspace", given("workspace", Type::String)),
    ])
}

fn not_a_state(path: &Path, why: &str) -> ProviderError {
    let detail = format!("the file {} is not a state file that can be read: {why}.", path.display());
    invalid(detail, "")
}

fn invalid(detail: impl Into<String>, remedy: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, OPERATION, detail).with_remedy(remedy)
}
