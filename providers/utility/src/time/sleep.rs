//! `time_sleep`: a wait before what depends on it is made, or after it is destroyed.

use std::time::Duration;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::ProviderError;

use super::import_parts;
use super::moment::Moment;
use crate::kind::{Occasion, Resource};
use crate::object::{invalid, only, with};

pub(super) struct Sleep;

const NAMES: [&str; 2] = ["create_duration", "destroy_duration"];

impl Resource for Sleep {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/time/time_sleep.json")
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for name in NAMES {
            if let Some(Err(detail)) = config.get_str(name).map(|text| duration(name, text)) {
                diagnostics.push(Diagnostic::error("Invalid Attribute Value Match", detail));
            }
        }
        diagnostics
    }

    fn pause(&self, occasion: Occasion, object: &Value) -> Result<Duration, ProviderError> {
        let [create, destroy] = NAMES;
        let name = match occasion {
            Occasion::Create => create,
            Occasion::Delete => destroy,
        };
        match object.get_str(name) {
            None | Some("") => Ok(Duration::ZERO),
            Some(text) => duration(name, text).map_err(|detail| invalid("waiting", detail)),
        }
    }

    /// `CREATE,DESTROY`, one of which may be empty.
    fn import(&self, schema: &Schema, id: &str) -> Result<Value, ProviderError> {
        let form = "CREATEDURATION,DESTROYDURATION where at least one value is non-empty";
        let parts = import_parts::<2>(id, form)?;
        let given: Vec<(&str, String)> =
            NAMES.into_iter().zip(parts).filter_map(|(name, part)| Some((name, part?))).collect();
        if given.is_empty() {
            let detail = format!("Unexpected format of ID (\"{id}\"), expected {form}.");
            return Err(invalid("importing time_sleep", detail));
        }
        for (name, text) in &given {
            duration(name, text).map_err(|detail| invalid("importing time_sleep", detail))?;
        }
        self.create(&only(schema, given.into_iter().map(|(name, text)| (name, Value::string(text)))))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        Ok(with(planned, [("id", Value::string(Moment::now().rfc3339()))]))
    }
}

/// A number with a unit; what is wrong otherwise, as a sentence.
fn duration(name: &str, text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "Attribute {name} value must be a number immediately followed by ms (milliseconds), s (seconds), m \
             (minutes), or h (hours). For example, \"30s\" for 30 seconds. Got: {text}."
        )
    };
    let end = text.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if !digits(whole) || !digits(fraction) {
        return Err(wrong());
    }
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}
