//! What a provider says when something did not work. The engine matches on [`ErrorKind`], never on
//! text.

use std::fmt;

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nothing happened; the same call may work after this many milliseconds (throttling, a
    /// transient fault that outlasted the provider's own retries).
    Retry {
        /// How long to wait.
        after_ms: u64,
    },
    /// Not allowed: credentials or permissions.
    Denied,
    /// The request can never work as it is.
    Invalid,
    /// The object does not exist.
    Gone,
    /// Something else is in the way: a name that is taken, a dependency that still uses it.
    Conflict,
    /// It may or may not have happened.
    Unknown,
    /// The service cannot be reached: wrong endpoint, no network. Nothing happened.
    Unreachable,
    /// Anything else; nothing is known to have happened.
    Other,
}

/// Why a provider could not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ProviderError {
    /// What to do next.
    pub kind: ErrorKind,
    /// What was attempted, as a clause: "creating EC2 VPC".
    pub operation: String,
    /// What went wrong, in the service's words where it gave some, with its code and request id.
    pub detail: String,
    /// What the user can do about it; empty where that is obvious.
    pub remedy: String,
}

impl ProviderError {
    /// An error without a remedy.
    pub fn new(kind: ErrorKind, operation: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, operation: operation.into(), detail: detail.into(), remedy: String::new() }
    }

    /// The same, with what to do.
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.detail)?;
        if !self.remedy.is_empty() {
            write!(f, " {}", self.remedy)?;
        }
        Ok(())
    }
}
