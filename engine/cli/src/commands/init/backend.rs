//! `init -backend-config`: what a `local` backend is told on the command line is kept where Terraform keeps
//! it, and where every later run looks for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use evenkeel_lang::config::{Backend, FOLLOWED_VERSION, parse_tfvars};
use evenkeel_model::{Diagnostic, Diagnostics};
use serde_json::json;

use crate::error::Failure;
use crate::flow::files;

/// What a `local` backend can be told.
const ARGUMENTS: [&str; 2] = ["path", "workspace_dir"];

/// Keeps what was given; gives what there is to warn of.
pub fn keep(given: &[String], backend: Option<&Backend>, directory: &Path) -> Result<Diagnostics, Failure> {
    if given.is_empty() {
        return Ok(Diagnostics::new());
    }
    let Some(backend) = backend else {
        let detail = "-backend-config was used without a \"backend\" block in the configuration. Add one, such as \
                      terraform { backend \"local\" {} }, for it to have an effect.";
        return Ok(Diagnostic::warning("Missing backend configuration", detail).into());
    };
    // Other backends are not used, whatever they are told.
    if &*backend.kind == "local" {
        let arguments = arguments(given)?;
        not_twice(backend, &arguments)?;
        write(&arguments, directory)?;
    }
    Ok(Diagnostics::new())
}

/// Assignments and files of assignments, the last one of a name counts.
fn arguments(given: &[String]) -> Result<BTreeMap<Arc<str>, String>, Failure> {
    let mut found: BTreeMap<Arc<str>, String> = BTreeMap::new();
    for text in given {
        match text.split_once('=') {
            Some((name, value)) => drop(found.insert(name.trim().into(), value.trim().to_owned())),
            None => found.extend(file(text)?),
        }
    }
    match found.keys().find(|name| !ARGUMENTS.contains(&&***name)) {
        None => Ok(found),
        Some(name) => Err(Failure::plain(
            "Invalid backend configuration argument",
            format!(
                "The backend configuration argument \"{name}\" given on the command line is not expected for the backend \
                 \"local\", which has path and workspace_dir."
            ),
        )),
    }
}

fn file(path: &str) -> Result<BTreeMap<Arc<str>, String>, Failure> {
    let bytes = files::read(Path::new(path)).map_err(|error| {
        Failure::plain("Failed to read file", format!("The file \"{path}\" could not be read: {error}."))
    })?;
    let (values, problems) = parse_tfvars(path, &bytes);
    if problems.has_errors() {
        return Err(Failure::from(problems));
    }
    let texts = values.into_iter().filter_map(|(name, (value, _))| Some((name, value.as_str()?.to_owned())));
    Ok(texts.collect())
}

/// What the block says already cannot be said again: the block is what later runs go by.
fn not_twice(backend: &Backend, arguments: &BTreeMap<Arc<str>, String>) -> Result<(), Failure> {
    let said = [("path", &backend.path), ("workspace_dir", &backend.workspace_dir)];
    let twice = said.into_iter().find(|(name, value)| {
        arguments.get(*name).is_some_and(|given| value.as_deref().is_some_and(|value| value != given))
    });
    let Some((name, _)) = twice else { return Ok(()) };
    let detail = format!(
        "The backend block sets {name} to something else. Leave it out there, or change it there and leave -backend-config \
         out."
    );
    Err(Failure::plain("Backend configuration given twice", detail))
}

fn write(arguments: &BTreeMap<Arc<str>, String>, directory: &Path) -> Result<(), Failure> {
    let folder = directory.join(".terraform");
    let path = folder.join("terraform.tfstate");
    let document = json!({
        "version": 3,
        "terraform_version": FOLLOWED_VERSION,
        "backend": {
            "type": "local",
            "config": { "path": arguments.get("path"), "workspace_dir": arguments.get("workspace_dir") },
            "hash": 0,
        },
    });
    let written =
        std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, format!("{document:#}\n")));
    written.map_err(|error| {
        Failure::plain("Cannot keep the backend configuration", format!("{}: {error}.", path.display()))
    })
}
