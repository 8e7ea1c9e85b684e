//! Which objects of a cloud are the instances that a configuration declares, where nothing is remembered of
//! either: by natural key, by tags, and by being what the configuration says.
//!
//! Only what is certain on both sides is a match: one object for one instance. Everything else is told as it
//! is, for a person to decide. Nothing is asked of anybody here, and nothing is written.

use std::collections::BTreeMap;

use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceAddress, Value};
use evenkeel_provider::Listed;
use evenkeel_provider::diff::same;

/// Attributes by which objects are unique in a cloud, as far as their type has them.
pub const NATURAL_KEYS: [&str; 5] = ["bucket", "name", "key_name", "identifier", "function_name"];

/// An instance that is declared and that nothing is remembered of.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The instance.
    pub address: &'a InstanceAddress,
    /// What it is planned to be.
    pub value: &'a Value,
    /// The schema of its type.
    pub schema: &'a Schema,
}

/// An object of the same type that exists and that no state has.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// What the listing says of it.
    pub listed: &'a Listed,
    /// The whole object, where it was looked at.
    pub value: Option<&'a Value>,
}

/// Why an object is taken to be an instance; stronger ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// It has the name that only one object can have.
    NaturalKey,
    /// It is what the configuration says, in everything that is known before apply.
    Likeness,
    /// It has all the tags.
    Tags,
}

impl Evidence {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NaturalKey => "natural key",
            Self::Likeness => "as configured",
            Self::Tags => "tags",
        }
    }
}

/// What was found out about the instances and objects of one type, by their places in what was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// For an instance, its object and why.
    pub pairs: BTreeMap<usize, (usize, Evidence)>,
    /// For an instance without one, the objects that it may be.
    pub doubtful: BTreeMap<usize, Vec<usize>>,
}

/// Matches instances and objects of one type.
pub fn matching(wanted: &[Wanted<'_>], candidates: &[Candidate<'_>]) -> Matching {
    let edges: BTreeMap<(usize, usize), Evidence> = (0..wanted.len())
        .flat_map(|one| (0..candidates.len()).map(move |other| (one, other)))
        .filter_map(|(one, other)| {
            let found = evidence(wanted.get(one)?, candidates.get(other)?)?;
            Some(((one, other), found))
        })
        .collect();
    let mut matching = Matching::default();
    for level in [Evidence::NaturalKey, Evidence::Likeness, Evidence::Tags] {
        pair(&edges, level, &mut matching);
    }
    let taken: Vec<usize> = matching.pairs.values().map(|(object, _)| *object).collect();
    for (one, other) in edges.keys() {
        if !matching.pairs.contains_key(one) && !taken.contains(other) {
            matching.doubtful.entry(*one).or_default().push(*other);
        }
    }
    matching
}

/// Takes what is certain with evidence of this strength, until nothing more becomes certain.
fn pair(edges: &BTreeMap<(usize, usize), Evidence>, level: Evidence, matching: &mut Matching) {
    loop {
        let is_free = |(one, other): &(usize, usize)| {
            let taken = matching.pairs.values().any(|(object, _)| object == other);
            !matching.pairs.contains_key(one) && !taken
        };
        let open: Vec<(usize, usize)> = edges
            .iter()
            .filter(|(edge, found)| **found <= level && is_free(edge))
            .map(|(edge, _)| *edge)
            .collect();
        let alone = |edge: &(usize, usize)| {
            let same_instance = open.iter().filter(|other| other.0 == edge.0).count();
            let same_object = open.iter().filter(|other| other.1 == edge.1).count();
            same_instance == 1 && same_object == 1
        };
        let certain: Vec<(usize, usize)> = open.iter().copied().filter(alone).collect();
        if certain.is_empty() {
            return;
        }
        for (one, other) in certain {
            let found = edges.get(&(one, other)).copied().unwrap_or(level);
            matching.pairs.insert(one, (other, found));
        }
    }
}

/// Why an object may be an instance.
fn evidence(wanted: &Wanted<'_>, candidate: &Candidate<'_>) -> Option<Evidence> {
    if has_natural_key(wanted, candidate) {
        return Some(Evidence::NaturalKey);
    }
    let likeness = candidate.value.map(|value| likeness(wanted, value));
    match likeness {
        Some(Likeness::Same) => Some(Evidence::Likeness),
        Some(Likeness::Other) => None,
        // What can be changed may have been changed since.
        Some(Likeness::Changed | Likeness::Unknown) | None => {
            has_tags(wanted, candidate).then_some(Evidence::Tags)
        }
    }
}

fn has_natural_key(wanted: &Wanted<'_>, candidate: &Candidate<'_>) -> bool {
    let listed = candidate.listed;
    let mut keys = NATURAL_KEYS.iter().filter_map(|key| wanted.value.get_str(key));
    keys.any(|key| listed.id == key || listed.import_id() == key || listed.name.as_deref() == Some(key))
}

/// How an object compares with what an instance is planned to be.
enum Likeness {
    /// It is what configuration says.
    Same,
    /// Something differs that can be changed in place.
    Changed,
    /// Something differs that never changes: it is another object.
    Other,
    /// There is nothing to compare by.
    Unknown,
}

fn likeness(wanted: &Wanted<'_>, object: &Value) -> Likeness {
    let (mut compared, mut changed) = (false, false);
    for (name, attribute) in &wanted.schema.block.attributes {
        // What means the same in other words says nothing either way.
        if attribute.write_only || attribute.equality.is_some() || !(attribute.required || attribute.optional)
        {
            continue;
        }
        let Some(planned) =
            wanted.value.get(name).filter(|planned| planned.is_wholly_known() && !planned.is_null())
        else {
            continue;
        };
        if attribute.default.is_some() && !attribute.force_new {
            continue;
        }
        match object.get(name).is_some_and(|found| same(found, planned)) {
            true => compared = true,
            false if attribute.force_new => return Likeness::Other,
            false => changed = true,
        }
    }
    match (changed, compared) {
        (true, _) => Likeness::Changed,
        (false, true) => Likeness::Same,
        (false, false) => Likeness::Unknown,
    }
}

fn has_tags(wanted: &Wanted<'_>, candidate: &Candidate<'_>) -> bool {
    let tags = ["tags_all", "tags"].iter().find_map(|name| {
        let tags = wanted.value.get(name).filter(|tags| tags.is_wholly_known() && !tags.is_null())?;
        let tags: Vec<(String, String)> = tags
            .as_entries()?
            .iter()
            .map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned())))
            .collect::<Option<_>>()?;
        (!tags.is_empty()).then_some(tags)
    });
    tags.is_some_and(|tags| tags.iter().all(|(key, value)| candidate.listed.tags.get(key) == Some(value)))
}

#[cfg(test)]
mod tests;
