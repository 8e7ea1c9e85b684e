//! Everything that ends a command early, as one type: a message and what to do.

use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, Snapshot};
use evenkeel_provider::ProviderError;
use evenkeel_source::SourceError;
use evenkeel_store::StoreError;

/// Why a command ends with exit code 1.
#[derive(Debug)]
pub struct Failure {
    /// What is wrong, with place and remedy.
    pub diagnostics: Diagnostics,
    /// The files that places refer to.
    pub snapshot: Option<Arc<Snapshot>>,
}

impl Failure {
    /// A failure of one sentence or two.
    pub fn plain(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { diagnostics: Diagnostic::error(summary, detail).into(), snapshot: None }
    }

    /// A mistake in the arguments of a command, with where to read about them.
    pub fn usage(
        summary: impl Into<String>,
        detail: impl std::fmt::Display,
        command: &[impl AsRef<str>],
    ) -> Self {
        let words: String = command.iter().map(|word| format!(" {}", word.as_ref())).collect();
        Self::plain(
            summary,
            format!("{detail}\n\nFor more help on using this command, run:\n  evenkeel{words} -help"),
        )
    }

    /// Mistakes in the configuration.
    pub fn in_files(diagnostics: Diagnostics, snapshot: &Arc<Snapshot>) -> Self {
        Self { diagnostics, snapshot: Some(snapshot.clone()) }
    }

    /// The user asked to stop.
    pub fn interrupted() -> Self {
        Self::plain("Interrupted", "Stopped before anything was changed.")
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self { diagnostics, snapshot: None }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::plain("Cannot read the configuration", sentences(&error.to_string(), &error.remedy()))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let summary = match &error {
            StoreError::LeaseHeld { .. } => "Another process is working on this stack",
            StoreError::LeaseLost { .. } => "The stack was taken over by another process",
            _ => "Cannot use the state store",
        };
        Self::plain(summary, sentences(&error.to_string(), &error.remedy()))
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        let detail = sentences(&format!("{}: {}", error.operation, error.detail), &error.remedy);
        Self::plain("The provider cannot be used", detail)
    }
}

/// Message and remedy as sentences.
pub fn sentences(message: &str, remedy: &str) -> String {
    let mut text = capitalised(message);
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    if !remedy.is_empty() {
        text.push_str("\n\n");
        text.push_str(&capitalised(remedy));
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // A word with a capital or a sign inside is a name, which stays as it is.
        Some(first) if text.split(' ').next().is_some_and(|word| word.chars().all(char::is_alphabetic)) => {
            first.to_uppercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
