//! What was changed outside, told apart from what configuration changes.

use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceAddress, Path, SourceRange, Value, json};
use evenkeel_provider::diff;
use evenkeel_state::drift::{AttributeDrift, DriftKind, DriftRecord};
use std::sync::Arc;

use crate::types::{Change, Drift, Plan};

/// Why an attribute will change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// It was changed outside and is put back.
    Drift,
    /// Configuration wants something else than before.
    Configuration,
}

/// One attribute of a change, with its cause.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeCause {
    /// Which attribute.
    pub path: Path,
    /// Why it changes.
    pub cause: Cause,
}

/// The drift of an object that was seen, if there is any that matters: an attribute that
/// configuration sets, or that the plan puts back. What only the cloud decides is written down
/// silently.
pub(crate) fn of(
    schema: &Schema,
    address: &InstanceAddress,
    expected: &Value,
    observed: &Value,
    config: &Value,
    planned: &Value,
    range: Option<SourceRange>,
) -> Option<Drift> {
    let matters = |path: &Path| {
        let Some(name) = path.first_attribute() else { return true };
        let configured = config.get(name).is_some_and(|value| {
            !value.is_null() && value.as_elements().is_none_or(|elements| !elements.is_empty())
        });
        configured || !same_at(observed, planned, path)
    };
    let paths: Vec<Path> =
        diff::changed_attributes(schema, expected, observed).into_iter().filter(matters).collect();
    (!paths.is_empty()).then(|| Drift {
        address: address.clone(),
        kind: DriftKind::Changed,
        expected: expected.clone(),
        observed: Some(observed.clone()),
        paths,
        range,
    })
}

/// The drift of an object that is gone.
pub(crate) fn gone(address: &InstanceAddress, expected: &Value, range: Option<SourceRange>) -> Drift {
    Drift {
        address: address.clone(),
        kind: DriftKind::Deleted,
        expected: expected.clone(),
        observed: None,
        paths: Vec::new(),
        range,
    }
}

fn same_at(a: &Value, b: &Value, path: &Path) -> bool {
    match (a.at(path), b.at(path)) {
        (Some(a), Some(b)) => diff::same(a, b),
        (None, None) => match path.first_attribute() {
            Some(name) => match (a.get(name), b.get(name)) {
                (Some(a), Some(b)) => diff::same(a, b),
                _ => false,
            },
            None => false,
        },
        _ => false,
    }
}

impl Plan {
    /// The drift of one object.
    pub fn drift_of(&self, address: &InstanceAddress) -> Option<&Drift> {
        self.drift.iter().find(|drift| drift.address == *address)
    }

    /// Why each attribute of a change changes: drift where what is planned is what was remembered
    /// before somebody changed it, configuration otherwise.
    pub fn causes(&self, change: &Change) -> Vec<AttributeCause> {
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return Vec::new() };
        let drift = self.drift_of(&change.address);
        diff::paths(before, after)
            .into_iter()
            .map(|path| {
                let put_back = drift.is_some_and(|drift| same_at(&drift.expected, after, &path));
                let cause = if put_back { Cause::Drift } else { Cause::Configuration };
                AttributeCause { path, cause }
            })
            .collect()
    }

    /// Whether a change does nothing but put drift right.
    pub fn is_correction(&self, change: &Change) -> bool {
        match self.drift_of(&change.address) {
            None => false,
            Some(drift) if drift.kind == DriftKind::Deleted => true,
            Some(drift) => match &change.after {
                None => false,
                Some(after) => {
                    let known = self.causes(change).into_iter().filter(|cause| {
                        after.at(&cause.path).is_none_or(Value::is_wholly_known)
                            || drift.expected.at(&cause.path).is_none()
                    });
                    known.into_iter().all(|cause| cause.cause == Cause::Drift)
                }
            },
        }
    }
}

impl Drift {
    /// The drift as the journal keeps it.
    pub fn record(&self) -> DriftRecord {
        let encoded = |value: Option<&Value>| {
            Arc::new(
                value.map_or(serde_json::Value::Null, |value| json::encode(&value.clone().unmark_deep().0)),
            )
        };
        let mut attributes: Vec<AttributeDrift> = Vec::new();
        for path in &self.paths {
            // Below a marked value even the names are not for everybody.
            let marked = self.marked_above(path);
            let path = marked.clone().unwrap_or_else(|| path.clone());
            if attributes.iter().any(|known| known.path == path) {
                continue;
            }
            let (expected, observed) =
                (self.expected.at(&path), self.observed.as_ref().and_then(|value| value.at(&path)));
            let sensitive = marked.is_some()
                || [expected, observed].into_iter().flatten().any(|value| !value.all_marks().is_empty());
            let shown = |value: Option<&Value>| if sensitive { encoded(None) } else { encoded(value) };
            attributes.push(AttributeDrift {
                expected: shown(expected),
                observed: shown(observed),
                path,
                sensitive,
            });
        }
        DriftRecord { address: self.address.clone(), kind: self.kind, attributes }
    }

    /// The outermost place on the way to `path` that is marked.
    fn marked_above(&self, path: &Path) -> Option<Path> {
        let above = (0..path.0.len()).map(|length| Path(path.0[..length].to_vec()));
        let mut above = above;
        above.find(|above| {
            let sides = [Some(&self.expected), self.observed.as_ref()].into_iter().flatten();
            sides.filter_map(|value| value.at(above)).any(|value| !value.marks().is_empty())
        })
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_model::Type;

    use super::*;

    #[test]
    fn the_journal_does_not_learn_what_is_below_a_marked_value() {
        let tags = |text: &str| Value::map(Type::String, [("secret-key", Value::string(text))]).sensitive();
        let object = |text: &str| Value::object([("tags", tags(text)), ("size", Value::number(1))]);
        let path = Path::attribute("tags").then(evenkeel_model::PathStep::Key("secret-key".into()));
        let drift = Drift {
            address: "a.b".parse().unwrap(),
            kind: DriftKind::Changed,
            expected: object("one"),
            observed: Some(object("two")),
            paths: vec![path],
            range: None,
        };
        let text = serde_json::to_string(&drift.record()).unwrap();
        assert!(!text.contains("secret-key") && !text.contains("one") && !text.contains("two"), "{text}");
        assert!(text.contains("tags"));
    }
}
