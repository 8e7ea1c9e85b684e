//! `terraform_remote_state`: the root outputs of another configuration.
//!
//! The `local` backend is a state file of Terraform; `evenkeel` is a store, which whoever links this crate
//! knows how to read ([`Stores`]). Both are read only in the operator's own directory: a revision that
//! anybody may have written must not name files of the host.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evenkeel_model::{Type, Value, json};
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError};
use serde_json::Value as Json;

use crate::HostFiles;

const OPERATION: &str = "reading terraform_remote_state";

/// A larger state file is refused.
const BYTES_MAX: u64 = 1 << 30;

/// Root outputs by name.
pub type Outputs = BTreeMap<String, Value>;

/// Reads stores.
pub trait Stores: Send + Sync {
    /// The outputs of a stack in a store file; what is wrong otherwise, as a sentence. Called once for
    /// every data source that names a store.
    fn outputs<'a>(&'a self, store: &'a Path, stack: &'a str) -> BoxFuture<'a, Result<Outputs, String>>;
}

/// The file of a store beside a configuration.
const STORE: &str = "terraform.tfstate.evenkeel";

/// Reads what the configuration of the data source names.
pub async fn read(
    files: &HostFiles,
    stores: Option<&dyn Stores>,
    config: &Value,
) -> Result<Value, ProviderError> {
    let HostFiles::From(base) = files else {
        return Err(invalid(
            "a revision from a repository may not read state files of this machine.",
            "Run in a checkout of the configuration, or hand the values in as variables.",
        ));
    };
    let outputs = match (config.get_str("backend").unwrap_or_default(), stores) {
        ("local", _) => {
            let path = base.join(path_of(config));
            outputs(&document(&path)?, &path)?
        }
        ("evenkeel", Some(stores)) => {
            let (store, stack) = stack_of(config);
            let found = stores.outputs(&base.join(store), &stack).await;
            found.map_err(|why| {
                invalid(why, "Apply the configuration that it belongs to first, or correct the path.")
            })?
        }
        (backend, _) => {
            return Err(invalid(
                format!("the backend \"{backend}\" cannot be read."),
                "Use the local backend with a copy of the state file (`terraform state pull` writes one), the evenkeel \
                 backend with a store, or hand the values in as variables.",
            ));
        }
    };
    Ok(answer(config, outputs))
}

/// The store and the stack in it that the arguments of the evenkeel backend mean.
fn stack_of(config: &Value) -> (String, String) {
    let arguments = config.get("config");
    let argument = |name: &str| arguments.and_then(|arguments| arguments.get_str(name));
    let stack = argument("stack").or(config.get_str("workspace")).filter(|name| !name.is_empty());
    (argument("store").unwrap_or(STORE).to_owned(), stack.unwrap_or("default").to_owned())
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
            // As in Terraform, `path` is for the default workspace alone.
            Path::new(&directory).join(workspace).join("terraform.tfstate")
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

fn outputs(document: &Json, path: &Path) -> Result<Outputs, ProviderError> {
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

fn answer(config: &Value, outputs: Outputs) -> Value {
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
