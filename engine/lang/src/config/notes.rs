//! What to tell the user once about parts of a configuration that are accepted and mean something
//! else here, or nothing.

use evenkeel_model::{Diagnostic, Diagnostics};

use super::{Backend, Configuration};

/// What a run should say about a configuration before it does anything.
pub fn notes(configuration: &Configuration) -> Diagnostics {
    let mut notes = Diagnostics::new();
    configuration.root().backend.iter().for_each(|found| notes.push(backend(found)));
    provisioners(configuration).into_iter().for_each(|note| notes.push(note));
    notes
}

/// One word for all provisioners, at the first.
fn provisioners(configuration: &Configuration) -> Option<Diagnostic> {
    let modules = configuration.modules.values();
    let mut all =
        modules.flat_map(|module| module.resources.values()).flat_map(|resource| &resource.provisioners);
    let first = all.next()?;
    let more = match all.count() {
        0 => String::new(),
        more => format!(" (There are {more} more.)"),
    };
    let detail = format!(
        "Evenkeel does not run the commands of provisioners: what is declared can come from anybody, and would run with \
         the rights of this process. Objects are made and deleted without them.{more}"
    );
    Some(Diagnostic::warning("Provisioners are not run", detail).at(first.range.clone()))
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
