//! Parts of the language that are read and cannot be planned yet. They are refused: passing over
//! them would plan something else than what is written.

use evenkeel_lang::config::Configuration;
use evenkeel_model::{Diagnostic, Diagnostics, ResourceMode, SourceRange};

/// Reports every block that the planner would pass over.
pub(crate) fn refuse(configuration: &Configuration) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let mut refuse = |kind: &str, range: &SourceRange| {
        let detail = format!(
            "Blocks of type \"{kind}\" are not supported yet. Remove the block to go on without what it does."
        );
        diagnostics.push(Diagnostic::error("Unsupported block type", detail).at(range.clone()));
    };
    for module in configuration.modules.values() {
        let ephemeral = module.resources.values().filter(|one| one.key.mode == ResourceMode::Ephemeral);
        ephemeral.for_each(|one| refuse("ephemeral", &one.range));
    }
    diagnostics
}
