//! The time provider: points in time that stay in the state, and waits.
//!
//! Planning knows no clock. That a rotation is over is seen when the object is looked at: it is gone then, as
//! with the public provider.

mod moment;
mod offset;
mod rotating;
mod sleep;
mod stay;

use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::ProviderError;

use crate::family::Family;
use crate::object::{invalid, is_set};
use moment::{Moment, Unit};

/// The provider.
pub(crate) fn family() -> Family {
    Family::new("time", "0.14.0", include_str!("../../../../schemas/time/provider.json"))
        .resource("time_offset", offset::Offset)
        .resource("time_rotating", rotating::Rotating)
        .resource("time_sleep", sleep::Sleep)
        .resource("time_static", stay::Static)
}

/// Attributes that say so much of a unit, in the order in which they count.
type Amounts = [(&'static str, Unit)];

/// Refuses texts that are no timestamps.
fn check_timestamps(config: &Value, names: &[&str]) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for name in names {
        if let Some(Err(why)) = config.get_str(name).map(Moment::parse) {
            let detail = format!(
                "\"{name}\" is not a timestamp in the form of RFC 3339, such as 2020-02-12T06:36:13Z: {why}."
            );
            diagnostics.push(Diagnostic::error("Invalid RFC3339 String Value", detail));
        }
    }
    diagnostics
}

/// Refuses a configuration that has none of the attributes.
fn check_any(config: &Value, names: &[&str], diagnostics: &mut Diagnostics) {
    if !names.iter().any(|name| is_set(config, name)) {
        let detail = format!("At least one of these attributes must be configured: [{}].", names.join(","));
        diagnostics.push(Diagnostic::error("Missing Attribute Configuration", detail));
    }
}

/// The timestamp in an attribute.
fn timestamp(object: &Value, name: &str) -> Result<Option<Moment>, ProviderError> {
    let parse = |text: &str| {
        Moment::parse(text)
            .map_err(|why| invalid("reading a timestamp", format!("{name} \"{text}\": {why}.")))
    };
    object.get_str(name).map(parse).transpose()
}

/// The attributes that say when a moment is, by its own clock.
fn parts(moment: Moment) -> [(&'static str, Value); 7] {
    let [year, month, day, hour, minute, second] = moment.parts().map(Value::number);
    [
        ("year", year),
        ("month", month),
        ("day", day),
        ("hour", hour),
        ("minute", minute),
        ("second", second),
        ("unix", Value::number(moment.unix())),
    ]
}

/// The parts of an import id, empty ones left out: `BASE,1,,2`.
fn import_parts<const N: usize>(id: &str, form: &str) -> Result<[Option<String>; N], ProviderError> {
    let parts = id.split(',').map(|part| (!part.is_empty()).then(|| part.to_owned())).collect::<Vec<_>>();
    let detail = format!("Unexpected format of ID (\"{id}\"), expected {form}.");
    parts.try_into().map_err(|_| invalid("importing a time", detail))
}

/// Amounts from the texts of an import id.
fn import_amounts<'a>(
    amounts: impl IntoIterator<Item = &'a str>,
    texts: &[Option<String>],
) -> Result<Vec<(&'a str, Value)>, ProviderError> {
    let given = amounts.into_iter().zip(texts).filter_map(|(name, text)| Some((name, text.as_ref()?)));
    given
        .map(|(name, text)| {
            let number: i64 = text
                .parse()
                .map_err(|_| invalid("importing a time", format!("{name} \"{text}\" is no whole number.")))?;
            Ok((name, Value::number(number)))
        })
        .collect()
}

#[cfg(test)]
mod tests;
