//! A total order of values, and how they look in tests.

use std::cmp::Ordering;
use std::fmt;

use super::{Kind, Value};

impl Kind {
    fn rank(&self) -> u8 {
        match self {
            Self::Null(_) => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::String(_) => 3,
            Self::List(..) => 4,
            Self::Set(..) => 5,
            Self::Map(..) => 6,
            Self::Tuple(_) => 7,
            Self::Object(_) => 8,
            Self::Unknown(..) => 9,
        }
    }
}

impl Ord for Value {
    /// A total order for sets and deterministic output; it has no meaning in the language.
    fn cmp(&self, other: &Self) -> Ordering {
        let kinds = match (&self.kind, &other.kind) {
            (Kind::Bool(a), Kind::Bool(b)) => a.cmp(b),
            (Kind::Number(a), Kind::Number(b)) => a.cmp(b),
            (Kind::String(a), Kind::String(b)) => a.cmp(b),
            (Kind::List(ta, a), Kind::List(tb, b)) | (Kind::Set(ta, a), Kind::Set(tb, b)) => {
                a.cmp(b).then_with(|| ta.cmp(tb))
            }
            (Kind::Map(ta, a), Kind::Map(tb, b)) => a.cmp(b).then_with(|| ta.cmp(tb)),
            (Kind::Tuple(a), Kind::Tuple(b)) => a.cmp(b),
            (Kind::Object(a), Kind::Object(b)) => a.cmp(b),
            (Kind::Null(a), Kind::Null(b)) => a.cmp(b),
            (Kind::Unknown(ta, ra), Kind::Unknown(tb, rb)) => ta.cmp(tb).then_with(|| ra.cmp(rb)),
            (a, b) => a.rank().cmp(&b.rank()),
        };
        kinds.then_with(|| self.marks.cmp(&other.marks))
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Value {
    /// For tests and panics of our own making; a sensitive value never shows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.marks.is_empty() {
            return f.write_str("(sensitive)");
        }
        match &self.kind {
            Kind::Unknown(ty, _) => write!(f, "unknown({ty})"),
            Kind::Null(ty) => write!(f, "null({ty})"),
            Kind::Bool(value) => write!(f, "{value}"),
            Kind::Number(number) => write!(f, "{number}"),
            Kind::String(text) => write!(f, "{text:?}"),
            Kind::List(_, elements) => f.debug_list().entries(elements.iter()).finish(),
            Kind::Set(_, elements) => f.debug_set().entries(elements.iter()).finish(),
            Kind::Tuple(elements) => f.debug_list().entries(elements.iter()).finish(),
            Kind::Map(_, entries) | Kind::Object(entries) => f.debug_map().entries(entries.iter()).finish(),
        }
    }
}
