//! `random_string` and `random_password`, which are the same but for what is shown and for a hash.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError};
use serde_json::Value as Json;

use super::{characters, plan_with_keepers, upgrade};
use crate::kind::{Reading, Resource};
use crate::object::{at_least, draw, invalid, is_open, is_set, only, with};

/// Which of the two.
pub(super) struct Secret {
    hashed: bool,
}

impl Secret {
    pub(super) const PASSWORD: Self = Self { hashed: true };
    pub(super) const STRING: Self = Self { hashed: false };

    fn finished(&self, object: &Value, text: &str) -> Result<Value, ProviderError> {
        let object = with(object, [("result", Value::string(text))]);
        if !self.hashed {
            return Ok(with(&object, [("id", Value::string(text))]));
        }
        Ok(with(&object, [("id", Value::string("none")), ("bcrypt_hash", hash(text)?)]))
    }
}

impl Resource for Secret {
    fn schema_text(&self) -> &'static str {
        match self.hashed {
            true => include_str!("../../../../schemas/random/random_password.json"),
            false => include_str!("../../../../schemas/random/random_string.json"),
        }
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        checked(config)
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let config = synchronised(request.config);
        let mut change = plan_with_keepers(schema, &PlanRequest { config: &config, ..*request });
        if keeps_special(request) {
            change.replace.retain(|path| path.first_attribute() != Some("override_special"));
        }
        change
    }

    fn upgrade(&self, schema: &Schema, version: u64, attributes: &Json) -> Option<Json> {
        upgrade::characters(schema, version, attributes)
    }

    /// Versions before 1 had no hash; it is made when the object is looked at.
    fn observe(&self, prior: Value) -> Result<Option<Value>, ProviderError> {
        match prior.get_str("result") {
            Some(text) if self.hashed && !is_set(&prior, "bcrypt_hash") => {
                let hash = hash(text)?;
                Ok(Some(with(&prior, [("bcrypt_hash", hash)])))
            }
            _ => Ok(Some(prior)),
        }
    }

    /// The text itself; the attributes have their defaults.
    fn import(&self, schema: &Schema, id: &str) -> Result<Value, ProviderError> {
        let object = only(schema, [("length", Value::number(id.len()))]);
        let object = with(&object, characters::minimums().map(|name| (name, Value::number(0))));
        let flags = characters::flags().into_iter().chain(["number"]);
        self.finished(&with(&object, flags.map(|name| (name, Value::bool(true)))), id)
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        self.finished(planned, &characters::drawn(planned)?)
    }
}

/// A password for as long as somebody needs it.
pub(super) struct EphemeralPassword;

impl Reading for EphemeralPassword {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/random/ephemeral.random_password.json")
    }

    fn read(&self, _: &Value, config: &Value) -> Result<Value, ProviderError> {
        if let Some(problem) = checked(config).into_iter().next() {
            return Err(invalid("opening random_password", problem.detail));
        }
        let mut whole = config.clone();
        for (name, default) in characters::minimums().map(|name| (name, Value::number(0))) {
            whole = or(whole, name, default);
        }
        for (name, default) in characters::flags().map(|name| (name, Value::bool(true))) {
            whole = or(whole, name, default);
        }
        let text = characters::drawn(&whole)?;
        Ok(with(&whole, [("result", Value::string(&text)), ("bcrypt_hash", hash(&text)?)]))
    }
}

fn or(object: Value, name: &str, default: Value) -> Value {
    if is_set(&object, name) { object } else { with(&object, [(name, default)]) }
}

fn checked(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    at_least(config, "length", 1, &mut diagnostics);
    check_sum(config, &mut diagnostics);
    check_classes(config, &mut diagnostics);
    let (number, numeric) = (config.get_bool("number"), config.get_bool("numeric"));
    if number.zip(numeric).is_some_and(|(number, numeric)| number != numeric) {
        let summary = "Number and numeric are both configured with different values";
        diagnostics.push(Diagnostic::error(summary, "Number is deprecated, use numeric instead."));
    }
    diagnostics
}

fn check_sum(config: &Value, diagnostics: &mut Diagnostics) {
    let minimums = characters::minimums();
    let (Some(length), false) = (config.get_i64("length"), minimums.iter().any(|name| is_open(config, name)))
    else {
        return;
    };
    let given = minimums.iter().filter_map(|name| config.get_i64(name));
    let sum = given.fold(0_i64, i64::saturating_add);
    if length >= 1 && length < sum {
        let names = minimums.join(" + ");
        let detail = format!("Attribute length value must be at least sum of {names}, got: {length}.");
        diagnostics.push(Diagnostic::error("Invalid Attribute Value", detail));
    }
}

/// Where each class is configured and none is wanted there is nothing to draw from.
fn check_classes(config: &Value, diagnostics: &mut Diagnostics) {
    let off = |name: &str| config.get_bool(name) == Some(false);
    if ["special", "upper", "lower"].into_iter().all(off) && (off("numeric") || off("number")) {
        let detail = "At least one attribute out of [special,upper,lower,numeric] must be specified as true.";
        diagnostics.push(Diagnostic::error("Invalid Attribute Combination", detail));
    }
}

/// `number` is the old name of `numeric`: each follows the other.
fn synchronised(config: &Value) -> Value {
    let set = |name: &str| config.get(name).filter(|value| !value.is_null()).cloned();
    let (number, numeric) = (set("number"), set("numeric"));
    let wanted = numeric.clone().or(number.clone()).unwrap_or(Value::bool(true));
    let whole = [("number", number), ("numeric", numeric)];
    with(config, whole.map(|(name, value)| (name, value.unwrap_or(wanted.clone()))))
}

/// An empty text that is left out from now on means the same; what is not known yet is not held against the
/// object.
fn keeps_special(request: &PlanRequest<'_>) -> bool {
    const NAME: &str = "override_special";
    let was_empty = request.prior.and_then(|prior| prior.get_str(NAME)) == Some("");
    is_open(request.config, NAME) || was_empty && !is_set(request.config, NAME)
}

/// The hash of the first 72 bytes, which is what bcrypt looks at.
fn hash(text: &str) -> Result<Value, ProviderError> {
    const COST: u32 = 10;
    let mut salt = [0; 16];
    draw(&mut salt)?;
    let bytes = text.as_bytes();
    let hash = bcrypt::hash_with_salt(bytes.get(..72).unwrap_or(bytes), COST, salt)
        .map_err(|error| invalid("hashing a password", format!("{error}.")))?;
    Ok(Value::string(hash.format_for_version(bcrypt::Version::TwoA)))
}
