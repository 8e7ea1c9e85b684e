//! Small things that all types need: objects by name, errors, randomness.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{ErrorKind, ProviderError};

/// The same object with these attributes.
pub(crate) fn with<'a>(object: &Value, attributes: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    attributes.into_iter().fold(object.clone(), |object, (name, value)| object.with_attribute(name, value))
}

/// An object of the schema with these attributes and no others.
pub(crate) fn only<'a>(schema: &Schema, attributes: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let block = &schema.block;
    let plain =
        block.attributes.iter().map(|(name, attribute)| (name.clone(), Value::null(attribute.ty.clone())));
    let nested = block.block_types.iter().map(|(name, nested)| {
        let element = nested.block.implied_type();
        (name.clone(), Value::list(element, []))
    });
    with(&Value::object(plain.chain(nested).collect::<Vec<_>>()), attributes)
}

/// Whether the attribute has a value in a configuration.
pub(crate) fn is_set(object: &Value, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null())
}

/// Whether the attribute is still to become known.
pub(crate) fn is_open(object: &Value, name: &str) -> bool {
    object.get(name).is_some_and(Value::is_unknown)
}

/// A request that can never work.
pub(crate) fn invalid(operation: &str, detail: impl Into<String>) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, operation, detail)
}

/// Bytes that nobody can guess.
pub(crate) fn draw(bytes: &mut [u8]) -> Result<(), ProviderError> {
    getrandom::fill(bytes).map_err(|error| {
        let detail = format!("the system's source of randomness failed: {error}.");
        ProviderError::new(ErrorKind::Other, "drawing random bytes", detail)
    })
}

/// A number below the limit, all of them with the same chance.
pub(crate) fn draw_below(limit: u64) -> Result<u64, ProviderError> {
    // The largest multiple of the limit: numbers from there on would prefer the small results.
    let fair = u64::MAX - u64::MAX % limit.max(1);
    loop {
        let mut bytes = [0; 8];
        draw(&mut bytes)?;
        let drawn = u64::from_le_bytes(bytes);
        if drawn < fair {
            return Ok(drawn % limit.max(1));
        }
    }
}

/// Refuses a known number below the least.
pub(crate) fn at_least(config: &Value, name: &str, least: i64, diagnostics: &mut Diagnostics) {
    let Some(number) = config.get(name).and_then(Value::as_number) else { return };
    if number.to_i64().is_none_or(|number| number < least) && *number < least.into() || !number.is_integer() {
        let detail =
            format!("Attribute {name} value must be a whole number of at least {least}, got: {number}.");
        diagnostics.push(Diagnostic::error("Invalid Attribute Value", detail));
    }
}
