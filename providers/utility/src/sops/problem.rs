//! Why a file cannot be opened. No text of it holds anything that was sealed.

use evenkeel_provider::{ErrorKind, ProviderError};

/// What is wrong, as a clause, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    kind: ErrorKind,
    pub(super) detail: String,
    remedy: &'static str,
}

/// What to do where no key opens a file.
const KEYS: &str = "The operator names the keys in the environment: SOPS_AGE_KEY, SOPS_AGE_KEY_FILE or \
                    SOPS_AGE_KEY_CMD, or in the file sops/age/keys.txt of the configuration directory.";

impl Problem {
    /// The file is not as it should be.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Invalid, detail: detail.into(), remedy: "" }
    }

    /// There is no key for it.
    pub(super) fn no_key(detail: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Denied, detail: detail.into(), remedy: KEYS }
    }

    pub(super) fn into_error(self, operation: &str) -> ProviderError {
        let detail = format!("{}.", self.detail.trim_end_matches('.'));
        ProviderError::new(self.kind, operation, detail).with_remedy(self.remedy)
    }
}

/// Fails with a clause about the file.
pub(super) fn invalid<T>(detail: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::invalid(detail))
}
