//! `aws_s3_bucket_lifecycle_configuration`: when objects move to other storage classes and expire.
//!
//! The API's rules are in [`super::lifecycle_rule`]. Arguments that are left out are planned as the
//! public provider has them (zero, empty, false), so that nothing is unknown that nobody will tell.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketLifecycleConfiguration, TransitionDefaultMinimumObjectSize as Minimum};
use evenkeel_model::schema::Block;
use evenkeel_model::{Diagnostic, Diagnostics, Type, Value};
use evenkeel_provider::{PlanRequest, PlannedChange};
use serde_json::{Value as Json, json};

use super::lifecycle_rule::{rule, seen};
use crate::errors::Failure;
use crate::place::Place;
use crate::registry;
use crate::setting::{Setting, fail, incomplete};
use crate::shape;

const MINIMUM_SIZE: &str = "transition_default_minimum_object_size";

/// The setting.
pub struct Lifecycle;

impl Setting for Lifecycle {
    const KIND: &'static str = "aws_s3_bucket_lifecycle_configuration";
    const TITLE: &'static str = "S3 Bucket Lifecycle Configuration";
    const LIMIT: Duration = Duration::from_secs(180);

    fn validate(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for transition in shape::many(config, "rule").iter().flat_map(|rule| shape::many(rule, "transition"))
        {
            let is_null = |name: &str| transition.get(name).is_none_or(Value::is_null);
            if is_null("date") == is_null("days") {
                diagnostics.push(Diagnostic::error(
                    "Invalid Attribute Combination",
                    "A transition of a lifecycle rule takes place after a number of days or on a date: set exactly one \
                     of days and date.",
                ));
            }
        }
        diagnostics
    }

    fn plan(request: &PlanRequest<'_>, mut change: PlannedChange) -> PlannedChange {
        let block = &registry::schema(Self::KIND).block;
        let (Some(rules), Some(nested)) = (change.planned.get("rule"), block.block_types.get("rule")) else {
            return change;
        };
        if let (Some(planned), Some(configured)) = (rules.as_elements(), request.config.get("rule"))
            && let Some(configured) = configured.as_elements()
            && planned.len() == configured.len()
        {
            let rules = configured.iter().map(|config| complete(&nested.block, config));
            let rules = Value::list(nested.block.implied_type(), rules);
            change.planned = change.planned.with_attribute("rule", rules);
        }
        change.planned = with_minimum(request, change.planned);
        change
    }

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let rules = shape::many(wanted, "rule").iter().map(rule).collect::<Result<Vec<_>, _>>()?;
        let rules =
            BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().map_err(incomplete)?;
        let minimum = shape::text(wanted, MINIMUM_SIZE).as_deref().map(Minimum::from);
        let call =
            s3.put_bucket_lifecycle_configuration().bucket(&place.bucket).lifecycle_configuration(rules);
        let call = call.set_transition_default_minimum_object_size(minimum);
        call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, known: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_lifecycle_configuration().bucket(&place.bucket);
        let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
        let minimum =
            answer.transition_default_minimum_object_size.as_ref().map(|size| size.as_str().to_owned());
        // A service from before there was a choice does not say which one it took.
        let minimum = minimum.or_else(|| shape::text(known, MINIMUM_SIZE)).unwrap_or_default();
        let rules = answer.rules.filter(|rules| !rules.is_empty());
        let rules = rules.map(|rules| in_known_order(rules, known));
        Ok(rules.map(|rules| json!({ "rule": shape::each(&rules, seen), MINIMUM_SIZE: minimum })))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        let call = s3.delete_bucket_lifecycle().bucket(&place.bucket);
        call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
    }
}

/// Buckets of general purpose have a minimum; where configuration leaves it out, it is AWS's own.
fn with_minimum(request: &PlanRequest<'_>, planned: Value) -> Value {
    let is_left_out = request.config.get(MINIMUM_SIZE).is_some_and(Value::is_null);
    let bucket = request.config.get("bucket").filter(|bucket| bucket.is_known());
    let directory = bucket.and_then(Value::as_str).is_some_and(|name| name.ends_with("--x-s3"));
    match is_left_out && bucket.is_some() && !directory {
        true => planned.with_attribute(MINIMUM_SIZE, Value::string(Minimum::AllStorageClasses128K.as_str())),
        false => planned,
    }
}

/// A configured block with what the public provider has where an argument is left out.
fn complete(block: &Block, config: &Value) -> Value {
    let Some(entries) = config.as_entries() else { return config.clone() };
    let entries = entries.iter().map(|(name, value)| {
        let complete = match (block.attributes.get(name), block.block_types.get(name)) {
            (Some(attribute), _) if attribute.computed && value.is_null() => blank(name, &attribute.ty),
            (None, Some(nested)) => match (value.as_elements(), &value.ty()) {
                (Some(elements), Type::Set(_)) => Value::set(
                    nested.block.implied_type(),
                    elements.iter().map(|e| self::complete(&nested.block, e)),
                ),
                (Some(elements), _) => Value::list(
                    nested.block.implied_type(),
                    elements.iter().map(|e| self::complete(&nested.block, e)),
                ),
                (None, _) => value.clone(),
            },
            _ => value.clone(),
        };
        (name.clone(), complete)
    });
    Value::object(entries.collect::<BTreeMap<Arc<str>, Value>>())
}

fn blank(name: &str, ty: &Type) -> Value {
    match ty {
        _ if name.starts_with("object_size_") || name == "newer_noncurrent_versions" => {
            Value::null(ty.clone())
        }
        Type::Number => Value::number(0_i64),
        Type::Bool => Value::bool(false),
        Type::String => Value::string(""),
        _ => Value::null(ty.clone()),
    }
}

/// The service keeps no order of rules; the known one is kept, and new rules come last.
fn in_known_order(
    mut rules: Vec<aws_sdk_s3::types::LifecycleRule>,
    known: &Value,
) -> Vec<aws_sdk_s3::types::LifecycleRule> {
    let known: Vec<&str> = shape::many(known, "rule").iter().filter_map(|rule| rule.get_str("id")).collect();
    rules.sort_by_key(|rule| {
        let id = rule.id().unwrap_or_default();
        known.iter().position(|known| *known == id).unwrap_or(known.len())
    });
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::json::{from_plain, to_plain};

    #[test]
    fn what_is_left_out_is_planned_as_nothing() {
        let block = &registry::schema(Lifecycle::KIND).block;
        let config = shape::block(
            block,
            &json!({ "bucket": "b", "rule": [
            { "id": "r", "status": "Enabled", "filter": [{}], "expiration": [{ "days": 3 }],
              "transition": [{ "date": "2030-01-01T00:00:00Z", "storage_class": "GLACIER" }] },
        ] }),
        );
        let request = PlanRequest { provider_config: &Value::empty_object(), prior: None, config: &config };
        let schema = registry::schema(Lifecycle::KIND);
        let change = Lifecycle::plan(&request, evenkeel_provider::propose::plan_by_schema(schema, &request));
        let planned = to_plain(&change.planned);
        assert_eq!(planned["transition_default_minimum_object_size"], "all_storage_classes_128K");
        let rule = &planned["rule"][0];
        assert_eq!(rule["prefix"], "");
        assert_eq!(rule["filter"][0]["prefix"], "");
        assert_eq!(rule["filter"][0]["object_size_less_than"], Json::Null);
        assert_eq!(rule["expiration"][0]["expired_object_delete_marker"], false);
        assert_eq!(rule["transition"][0]["days"], 0);
        assert!(from_plain(&planned, &schema.ty()).is_ok());
        assert!(evenkeel_provider::check::planned(&schema.block, None, &config, &change.planned).is_empty());
    }
}
