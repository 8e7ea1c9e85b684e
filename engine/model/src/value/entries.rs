//! The entries of an object or a map.

use std::collections::BTreeMap;
use std::iter::Map;
use std::slice::Iter;
use std::sync::Arc;

use super::Value;

/// One name and its value.
type Entry = (Arc<str>, Value);

/// Up to so many names are looked through from the front.
const FEW: usize = 8;

/// Values by name, in the order of the names. They stand side by side in memory that clones share: most
/// objects have few attributes and are made once, and a tree takes several times the space.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entries(Arc<[Entry]>);

impl Entries {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.place(name).ok().and_then(|place| self.0.get(place)).map(|(_, value)| value)
    }

    /// Whether there is a value of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Names and values, in order of the names.
    pub fn iter(&self) -> EntryIter<'_> {
        self.into_iter()
    }

    /// The names, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Arc<str>> + ExactSizeIterator + Clone {
        self.0.iter().map(|(name, _)| name)
    }

    /// The values, in order of their names.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator + Clone {
        self.0.iter().map(|(_, value)| value)
    }

    /// The same entries with one more, or with another value for a name.
    pub fn with(&self, name: &str, value: Value) -> Self {
        match self.place(name) {
            Ok(at) => self.0.iter().enumerate().map(|(i, entry)| replaced(entry, i == at, &value)).collect(),
            Err(at) => {
                let (before, after) = self.0.split_at(at.min(self.0.len()));
                let new = std::iter::once((Arc::from(name), value));
                Self(before.iter().cloned().chain(new).chain(after.iter().cloned()).collect())
            }
        }
    }

    /// The same entries, to add to and take from.
    pub fn to_map(&self) -> BTreeMap<Arc<str>, Value> {
        self.0.iter().cloned().collect()
    }

    /// Where a name is, or where it would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        if self.0.len() > FEW {
            return self.0.binary_search_by(|(other, _)| (**other).cmp(name));
        }
        match self.0.iter().position(|(other, _)| **other == *name) {
            Some(place) => Ok(place),
            None => Err(self.0.partition_point(|(other, _)| **other < *name)),
        }
    }
}

fn replaced(entry: &Entry, is_it: bool, value: &Value) -> Entry {
    (entry.0.clone(), if is_it { value.clone() } else { entry.1.clone() })
}

impl FromIterator<Entry> for Entries {
    /// In any order; of two values with one name the later one stays.
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut entries: Vec<Entry> = entries.into_iter().collect();
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            // The one that is kept of two is the earlier one, so the later one is put there.
            entries.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    std::mem::swap(later, kept);
                }
                same
            });
        }
        Self(entries.into())
    }
}

impl From<BTreeMap<Arc<str>, Value>> for Entries {
    fn from(entries: BTreeMap<Arc<str>, Value>) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// Names and values, in order of the names.
pub type EntryIter<'a> = Map<Iter<'a, Entry>, fn(&'a Entry) -> (&'a Arc<str>, &'a Value)>;

impl<'a> IntoIterator for &'a Entries {
    type Item = (&'a Arc<str>, &'a Value);
    type IntoIter = EntryIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(name, value)| (name, value))
    }
}
