//! Mistakes in the user's input: collected, with place and remedy, returned beside the value.
//!
//! A diagnostic has a fixed short summary and a detail in sentences: what is wrong, why that
//! matters, what to do. It never contains a sensitive value; whoever writes one asks the value.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Whether the run can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The result cannot be used.
    Error,
    /// The result can be used; the user should know.
    Warning,
}

/// A place in a source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in Unicode grapheme clusters, counted from 1.
    pub column: u32,
    /// Offset in bytes from the start of the file.
    pub byte: u32,
}

/// A range of a source file, end exclusive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceRange {
    /// The file's path inside the snapshot, with `/` between its parts.
    pub filename: Arc<str>,
    /// Where it starts.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Whether the run can go on.
    pub severity: Severity,
    /// A fixed short title, the same for every occurrence of this problem.
    pub summary: String,
    /// Sentences: what, why, what to do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The address it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Box<str>>,
    /// Where in the source, if it stands in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<SourceRange>,
    /// What helps to understand it, where an expression failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Box<Evidence>>,
}

/// What was evaluated where an expression failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The source around the range that belongs to it, to be shown with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<SourceRange>,
    /// The values of what the expression refers to, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ExpressionValue>,
    /// The function whose call failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Arc<str>>,
}

/// What is known about the value of a reference. Never a sensitive value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExpressionValue {
    /// The reference: `var.a`, `each.key`.
    pub traversal: String,
    /// What follows it in a sentence: `is 5`, `is a string`.
    pub statement: String,
}

impl Diagnostic {
    /// An error.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            address: None,
            range: None,
            evidence: None,
        }
    }

    /// A warning.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(summary, detail) }
    }

    /// The same, at a place.
    pub fn at(mut self, range: impl Into<Option<SourceRange>>) -> Self {
        self.range = self.range.or(range.into());
        self
    }

    /// The same, about an address.
    pub fn about(mut self, address: impl ToString) -> Self {
        self.address.get_or_insert_with(|| address.to_string().into());
        self
    }
}

impl SourceRange {
    /// Whether another range lies inside this one.
    pub fn contains(&self, other: &Self) -> bool {
        self.filename == other.filename
            && self.start.byte <= other.start.byte
            && other.end.byte <= self.end.byte
    }

    /// The smallest range that holds both; this one where the other is in another file.
    pub fn over(&self, other: &Self) -> Self {
        if self.filename != other.filename {
            return self.clone();
        }
        let (start, end) = (self.start.min(other.start), self.end.max(other.end));
        Self { filename: self.filename.clone(), start, end }
    }
}

/// How many problems are kept; looking for equal ones takes time that grows with their square.
const DIAGNOSTICS_MAX: usize = 2_000;

/// Problems in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// No problem.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; the same problem at the same place is kept once. Beyond a limit that no person
    /// reads up to, only a first error is added.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let full = self.0.len() >= DIAGNOSTICS_MAX;
        if full && (diagnostic.severity == Severity::Warning || self.has_errors()) {
            return;
        }
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }

    /// Adds an error.
    pub fn error(
        &mut self,
        summary: impl Into<String>,
        detail: impl Into<String>,
        range: Option<SourceRange>,
    ) {
        self.push(Diagnostic::error(summary, detail).at(range));
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: Self) {
        // Nested expressions hand theirs on level by level; comparing at each would be quadratic.
        if self.0.is_empty() {
            *self = other;
            return;
        }
        for diagnostic in other.0 {
            self.push(diagnostic);
        }
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_kept_once_and_up_to_a_limit() {
        let mut diagnostics = Diagnostics::new();
        for i in 0..DIAGNOSTICS_MAX + 10 {
            diagnostics.push(Diagnostic::warning("w", i.to_string()));
            diagnostics.push(Diagnostic::warning("w", "0"));
        }
        assert_eq!(diagnostics.0.len(), DIAGNOSTICS_MAX);
        diagnostics.push(Diagnostic::error("e", ""));
        diagnostics.push(Diagnostic::error("e", "2"));
        assert_eq!(diagnostics.0.len(), DIAGNOSTICS_MAX + 1);
        assert!(diagnostics.has_errors());
    }
}
