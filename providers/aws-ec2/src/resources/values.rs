//! What is planned and what is told, put into each other's words.

use evenkeel_model::Value;
use evenkeel_provider::{PlannedChange, diff};

use crate::context::Context;

/// Takes back a planned change of an attribute that means the same as what is there.
pub(super) fn overlook(
    change: &mut PlannedChange,
    prior: Option<&Value>,
    name: &str,
    same: impl Fn(&Value, &Value) -> bool,
) {
    let Some(old) = prior.and_then(|prior| prior.get(name)) else { return };
    let Some(new) = change.planned.get(name).filter(|new| new.is_wholly_known()) else { return };
    if same(old, new) {
        change.planned = change.planned.clone().with_attribute(name, old.clone());
        change.replace.retain(|path| path.first_attribute() != Some(name));
    }
}

/// Whether two values are the same where nothing, zero and the empty text are one.
pub(super) fn same_or_unset(a: &Value, b: &Value) -> bool {
    let unset = |value: &Value| {
        value.is_null()
            || value.as_i64() == Some(0)
            || value.as_str() == Some("")
            || value.as_bool() == Some(false)
            || value.as_elements().is_some_and(<[Value]>::is_empty)
    };
    diff::same(a, b) || (unset(a) && unset(b))
}

/// A text as the service tells it, empty where it tells nothing.
pub(super) fn or_empty(text: &Option<String>) -> Option<&str> {
    Some(text.as_deref().unwrap_or_default())
}

/// A text that is left out where it is empty, unless configuration has it empty.
pub(super) fn unless_empty<'a>(text: Option<&'a str>, known: &'a Value, name: &str) -> Option<&'a str> {
    text.filter(|text| !text.is_empty()).or_else(|| known.get_str(name).filter(|known| known.is_empty()))
}

/// The ARN of something that an account owns in this region.
pub(crate) fn arn(context: &Context, owner: Option<&str>, resource: &str) -> String {
    let owner = owner.unwrap_or_default();
    format!("arn:{}:ec2:{}:{owner}:{resource}", context.partition(), context.region())
}

/// A planned text, if it is known and not empty.
pub(super) fn text(planned: &Value, name: &str) -> Option<String> {
    planned.get_str(name).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The texts of a set or list.
pub(crate) fn texts(value: Option<&Value>) -> Vec<String> {
    let elements = value.and_then(Value::as_elements).unwrap_or_default();
    elements.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A small number, as the service takes it.
pub(super) fn int(value: &Value, name: &str) -> Option<i32> {
    value.get_i64(name).and_then(|number| i32::try_from(number).ok())
}
