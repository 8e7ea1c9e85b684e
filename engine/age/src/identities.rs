//! Keys as they are written down: one to a line, as `age-keygen` writes them.

use std::fmt;

use age::x25519::Identity;

/// Larger texts of keys are refused.
const KEYS_MAX: usize = 1000;

/// Keys that can open something. They are never shown.
#[derive(Clone, Default)]
pub struct Identities(Vec<Identity>);

/// Why a text holds no keys. It names the line and never what stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentity {
    /// A line is no key.
    #[error("line {line} is no key of age")]
    NoKey {
        /// Counted from 1.
        line: usize,
    },
    /// A line is a key of a kind that opens nothing here.
    #[error("line {line} is {what}, which is not supported: only keys that start with AGE-SECRET-KEY-1 are")]
    Unsupported {
        /// Counted from 1.
        line: usize,
        /// Which kind.
        what: &'static str,
    },
    /// There are too many lines.
    #[error("there are more than {KEYS_MAX} keys")]
    TooMany,
}

impl Identities {
    /// The keys of a text: words that start with `AGE-SECRET-KEY-1`, and lines of comment that start with `#`.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentity> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
        let words = lines.flat_map(|(i, line)| line.split_whitespace().map(move |word| (i + 1, word)));
        let mut found = Vec::new();
        for (line, word) in words {
            if found.len() == KEYS_MAX {
                return Err(InvalidIdentity::TooMany);
            }
            found.push(identity(line, word)?);
        }
        Ok(Self(found))
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These keys and those.
    pub fn with(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|identity| identity as &dyn age::Identity)
    }
}

fn identity(line: usize, word: &str) -> Result<Identity, InvalidIdentity> {
    let kinds = [
        ("AGE-PLUGIN-", "a key of a plugin"),
        ("AGE-SECRET-KEY-PQ-", "a post-quantum key"),
        ("-----BEGIN", "a key in another form, such as one of SSH,"),
    ];
    if let Some((_, what)) = kinds.into_iter().find(|(start, _)| word.starts_with(start)) {
        return Err(InvalidIdentity::Unsupported { line, what });
    }
    word.parse().map_err(|_| InvalidIdentity::NoKey { line })
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({})", self.0.len())
    }
}
