//! When a change of a map of triggers makes a new object.
//!
//! Older versions of the public providers left out of the state what had a null value. Objects from then must
//! not be replaced because it stands there now.

use evenkeel_model::Value;
use evenkeel_provider::{PlanRequest, PlannedChange};

/// Takes the map from what makes a new object, where only null values came to it.
pub(crate) fn forgive_nulls(
    name: &str,
    request: &PlanRequest<'_>,
    mut change: PlannedChange,
) -> PlannedChange {
    let prior = request.prior.and_then(|prior| prior.get(name));
    if prior.zip(request.config.get(name)).is_some_and(|(prior, config)| differs_by_nulls(prior, config)) {
        change.replace.retain(|path| path.first_attribute() != Some(name));
    }
    change
}

fn differs_by_nulls(prior: &Value, config: &Value) -> bool {
    if config.is_unknown() {
        return prior.is_null();
    }
    let (before, after) = (prior.as_entries(), config.as_entries());
    let stays = |key: &str, value: &Value| match before.and_then(|before| before.get(key)) {
        Some(was) => was == value,
        None => value.is_null(),
    };
    after.into_iter().flatten().all(|(key, value)| stays(key, value))
        && before.into_iter().flatten().all(|(key, _)| after.is_some_and(|after| after.contains_key(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::Type;

    #[test]
    fn only_null_values_may_come() {
        let text = |text: &str| Value::string(text);
        let null = || Value::null(Type::String);
        let map = |entries: &[(&str, Value)]| Value::map(Type::String, entries.iter().cloned());
        let none = || Value::null(Type::map(Type::String));
        let cases = [
            (none(), map(&[("a", null())]), true),
            (none(), none(), true),
            (none(), map(&[]), true),
            (none(), map(&[("a", text("x"))]), false),
            (none(), map(&[("a", Value::unknown(Type::String))]), false),
            (none(), Value::unknown(Type::map(Type::String)), true),
            (map(&[("a", text("x"))]), map(&[("a", text("x")), ("b", null())]), true),
            (map(&[("a", text("x"))]), map(&[("a", text("y"))]), false),
            (map(&[("a", text("x"))]), none(), false),
            (map(&[]), none(), true),
            (map(&[("a", text("x"))]), Value::unknown(Type::map(Type::String)), false),
        ];
        for (prior, config, expected) in cases {
            assert_eq!(differs_by_nulls(&prior, &config), expected, "{prior:?} {config:?}");
        }
    }
}
