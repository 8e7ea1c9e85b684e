//! What to tell the user once about parts of a configuration that are accepted and mean something
//! else here, or nothing.

use evenkeel_model::{Diagnostic, Diagnostics};

use super::{Backend, Configuration};

/// What a run should say about a configuration before it does anything.
pub fn notes(configuration: &Configuration) -> Diagnostics {
    let mut notes = Diagnostics::new();
    configuration.root().backend.iter().filter_map(backend).for_each(|note| notes.push(note));
    notes
}

/// The local backend is used as Terraform uses it; the others hold their state elsewhere.
fn backend(backend: &Backend) -> Option<Diagnostic> {
    let what = match &*backend.kind {
        "local" => return None,
        "cloud" => "the \"cloud\" block".to_owned(),
        kind => format!("the \"{kind}\" backend"),
    };
    let detail = format!(
        "Evenkeel keeps state in its own store and does not use {what}: what is there is not read, and not written. To take \
         it over, run `terraform state pull > pulled.tfstate` and `evenkeel state import pulled.tfstate`, and remove the \
         block once nobody uses Terraform here any more. `evenkeel state export` writes a state file for other tools."
    );
    Some(Diagnostic::warning("Backend configuration ignored", detail).at(backend.range.clone()))
}
