//! What both kinds of certificates share: uses and periods that are allowed, and when a new one is due.
//!
//! Planning knows no clock: that a certificate is due is seen when it is looked at.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Path, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, diff, propose};
use jiff::{SignedDuration, Timestamp};

use super::extensions::uses;
use super::pem;
use crate::object::{at_least, with};

const READY: &str = "ready_for_renewal";

/// The plan of a certificate that is made from these PEM texts.
pub(super) fn plan(schema: &Schema, request: &PlanRequest<'_>, texts: &[&str]) -> PlannedChange {
    let mut change = with_texts(propose::plan_by_schema(schema, request), request, texts);
    if is_always_due(&change.planned) {
        change.planned = with(&change.planned, [(READY, Value::bool(true))]);
    }
    if request.prior.and_then(|prior| prior.get_bool(READY)) == Some(true) {
        change.replace.push(Path::attribute(READY));
    }
    change
}

/// Another PEM text makes a new object. Older versions of the public provider kept hashes of the texts, and
/// those are only written over.
pub(super) fn with_texts(
    mut change: PlannedChange,
    request: &PlanRequest<'_>,
    texts: &[&str],
) -> PlannedChange {
    for name in texts {
        let prior = request.prior.and_then(|prior| prior.get(name));
        let (Some(prior), Some(planned)) = (prior, change.planned.get(name)) else { continue };
        if !diff::same(prior, planned) && prior.as_str().is_some_and(|text| pem::decode(text).is_some()) {
            change.replace.push(Path::attribute(name));
        }
    }
    change
}

fn is_always_due(planned: &Value) -> bool {
    let hours = |name: &str| planned.get_i64(name);
    hours("validity_period_hours").is_some_and(|validity| {
        validity == 0 || hours("early_renewal_hours").is_some_and(|early| early >= validity)
    })
}

/// The certificate as it is now: due or not.
pub(super) fn observe(prior: Value) -> Value {
    let end = prior.get_str("validity_end_time").and_then(|text| text.parse::<Timestamp>().ok());
    let early = prior.get_i64("early_renewal_hours").unwrap_or_default().checked_mul(3600);
    let due = end.zip(early).and_then(|(end, early)| end.checked_sub(SignedDuration::from_secs(early)).ok());
    match due.is_some_and(|due| Timestamp::now() >= due) {
        true => with(&prior, [(READY, Value::bool(true))]),
        false => prior,
    }
}

/// Checks what the schema does not say.
pub(super) fn validate(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    at_least(config, "validity_period_hours", 0, &mut diagnostics);
    at_least(config, "early_renewal_hours", 0, &mut diagnostics);
    at_least(config, "max_path_length", -1, &mut diagnostics);
    let known = uses();
    for given in config.get("allowed_uses").and_then(Value::as_elements).unwrap_or_default() {
        if let Some(given) = given.as_str().filter(|given| !known.contains(given)) {
            let detail = format!("\"{given}\" is no use of a certificate. There are: {}.", known.join(", "));
            diagnostics.push(Diagnostic::error("Invalid Attribute Value Match", detail));
        }
    }
    diagnostics
}
