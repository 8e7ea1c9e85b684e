//! What to tell the user once about parts of a configuration that are accepted and mean something
//! else here, or nothing.

use evenkeel_model::{Diagnostic, Diagnostics};

use super::{Backend, Configuration};

/// What a run should say about a configuration before it does anything.
pub fn notes(configuration: &Configuration) -> Diagnostics {
    let mut notes = Diagnostics::new();
    configuration.root().backend.iter().for_each(|found| notes.push(backend(found)));
    notes
}

fn backend(backend: &Backend) -> Diagnostic {
    let what = match &*backend.kind {
        "cloud" => "the \"cloud\" block".to_owned(),
        kind => format!("the \"{kind}\" backend"),
    };
    Diagnostic::warning(
        "Backend configuration ignored",
        format!(
            "Evenkeel keeps state in its own store and does not use {what}. State that is there already is not read, \
             and cannot be taken over yet."
        ),
    )
    .at(backend.range.clone())
}
