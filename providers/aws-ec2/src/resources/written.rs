//! What is written in a planned object, as the calls take it: where something is off, empty or zero,
//! nothing is said.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use evenkeel_model::Value;

use super::common::{int, texts};

/// Texts, or nothing where there are none.
pub(crate) fn some_texts(value: &Value, name: &str) -> Option<Vec<String>> {
    Some(texts(value.get(name))).filter(|texts| !texts.is_empty())
}

/// The only block of a name, if there is one.
pub(crate) fn first<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    blocks(value, name).first()
}

/// The blocks of a name.
pub(crate) fn blocks<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_elements).unwrap_or_default()
}

/// A flag that is on; what is off is left to the service, which has it off.
pub(crate) fn on(value: &Value, name: &str) -> Option<bool> {
    value.get_bool(name).filter(|on| *on)
}

/// A number that is not zero, as the service takes it.
pub(crate) fn count(value: &Value, name: &str) -> Option<i32> {
    int(value, name).filter(|number| *number != 0)
}

/// A time, to the second.
pub(crate) fn time(time: Option<&DateTime>) -> Option<String> {
    DateTime::from_secs(time?.secs()).fmt(Format::DateTime).ok()
}

/// A planned time.
pub(crate) fn planned_time(planned: &Value, name: &str) -> Option<DateTime> {
    DateTime::from_str(planned.get_str(name)?, Format::DateTime).ok()
}
