//! Settings inside `aws_s3_bucket`, from the days before they had resource types of their own.
//!
//! Each is the setting of the same name ([`crate::settings`]) in another shape. It is written and
//! looked at only where the bucket's configuration has it: otherwise it belongs to somebody else.

use aws_sdk_s3::Client;
use evenkeel_model::{Value, json};
use evenkeel_provider::{BoxFuture, ProviderError, diff};
use serde_json::Value as Json;

use super::bucket_shapes as shapes;
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, provider_error};
use crate::object::Builder;
use crate::place::Place;
use crate::setting::Setting;
use crate::settings::{
    Accelerate, Acl, Cors, Encryption, Lifecycle, Logging, ObjectLock, Policy, RequestPayment, Versioning,
    Website,
};
use crate::{registry, shape, words};

const KIND: &str = "aws_s3_bucket";

/// One of them.
struct Part {
    name: &'static str,
    put: Put,
    get: Get,
    /// From the shape inside the bucket to that of the setting, and back.
    to: fn(&Json) -> Json,
    from: fn(&Json) -> Json,
}

type Put = for<'a> fn(&'a Client, &'a Place, Value, &'a str) -> BoxFuture<'a, Result<(), Failure>>;
type Get = for<'a> fn(&'a Client, &'a Place, Value) -> BoxFuture<'a, Result<Option<Json>, Failure>>;

const fn part<T: Setting>(name: &'static str, to: fn(&Json) -> Json, from: fn(&Json) -> Json) -> Part {
    Part { name, put: put::<T>, get: get::<T>, to, from }
}

/// In the order in which they are written: what others need comes first.
const PARTS: [Part; 11] = [
    part::<Versioning>("versioning", shapes::to_versioning, shapes::from_versioning),
    part::<Acl>("acl", |acl| shapes::wrap("acl", acl), |seen| shapes::unwrap("acl", seen)),
    part::<Policy>("policy", |policy| shapes::wrap("policy", policy), |seen| shapes::unwrap("policy", seen)),
    part::<Encryption>("server_side_encryption_configuration", shapes::first, shapes::only),
    part::<ObjectLock>("object_lock_configuration", shapes::first, shapes::only),
    part::<Logging>("logging", shapes::first, shapes::from_logging),
    part::<Cors>("cors_rule", |rules| shapes::wrap("cors_rule", rules), shapes::from_cors),
    part::<Lifecycle>("lifecycle_rule", shapes::to_lifecycle, shapes::from_lifecycle),
    part::<Website>("website", shapes::to_website, shapes::from_website),
    part::<Accelerate>(
        "acceleration_status",
        |status| shapes::wrap("status", status),
        |seen| shapes::unwrap("status", seen),
    ),
    part::<RequestPayment>(
        "request_payer",
        |payer| shapes::wrap("payer", payer),
        |seen| shapes::unwrap("payer", seen),
    ),
];

fn put<'a, T: Setting>(
    s3: &'a Client,
    place: &'a Place,
    wanted: Value,
    token: &'a str,
) -> BoxFuture<'a, Result<(), Failure>> {
    Box::pin(async move { T::put(s3, place, &wanted, None, token).await })
}

fn get<'a, T: Setting>(
    s3: &'a Client,
    place: &'a Place,
    known: Value,
) -> BoxFuture<'a, Result<Option<Json>, Failure>> {
    Box::pin(async move { T::get(s3, place, &known).await })
}

fn place(name: &str) -> Place {
    Place { bucket: name.to_owned(), owner: None, name: None, rest: None }
}

/// The part of an object, if the object has it.
fn configured<'a>(object: &'a Value, part: &Part) -> Option<&'a Value> {
    object.get(part.name).filter(|value| value.is_wholly_known() && !diff::is_blank(value))
}

/// The setting's own object, of the part of a bucket.
fn as_setting(part: &Part, value: &Value) -> Value {
    let json = (part.to)(&json::to_plain(value));
    json::from_plain_untyped(&json).unwrap_or_else(|_| Value::empty_object())
}

/// Writes the parts that differ from what was there.
pub(super) async fn write(
    context: &Context,
    name: &str,
    prior: Option<&Value>,
    planned: &Value,
    token: &str,
) -> Result<(), ProviderError> {
    for part in &PARTS {
        let Some(wanted) = configured(planned, part) else { continue };
        let before = prior.and_then(|prior| prior.get(part.name));
        if before.is_some_and(|before| diff::same(before, wanted)) {
            continue;
        }
        let sent = (part.put)(&context.s3(), &place(name), as_setting(part, wanted), token).await;
        let operation = format!("writing {} of S3 Bucket ({name})", part.name);
        sent.map_err(|failure| provider_error(operation, Effect::Update, &failure))?;
    }
    Ok(())
}

/// Looks at the parts that are known, and puts them into the object.
pub(super) async fn read<'a>(
    context: &Context,
    name: &str,
    known: &Value,
    mut builder: Builder<'a>,
) -> Result<Builder<'a>, ProviderError> {
    let block = &registry::schema(KIND).block;
    for part in &PARTS {
        let Some(before) = configured(known, part) else { continue };
        let found = match (part.get)(&context.s3(), &place(name), as_setting(part, before)).await {
            Ok(found) => found,
            Err(failure) if failure.is_gone() => None,
            Err(failure) => {
                let operation = format!("reading {} of S3 Bucket ({name})", part.name);
                return Err(provider_error(operation, Effect::Read, &failure));
            }
        };
        let json = found.map_or(Json::Null, |found| (part.from)(&found));
        if let Some(attribute) = block.attributes.get(part.name) {
            let value = shape::attribute(attribute, &json);
            builder = builder.set(part.name, words::attribute(attribute, Some(before), value));
        } else if let Some(nested) = block.block_types.get(part.name) {
            builder =
                builder.set(part.name, words::nested(nested, Some(before), shape::nested(nested, &json)));
        }
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_part_fits_the_schema_of_the_bucket() {
        let block = &registry::schema(KIND).block;
        for part in &PARTS {
            let place = (block.attributes.get(part.name), block.block_types.get(part.name));
            assert!(place.0.is_some() || place.1.is_some(), "{}", part.name);
        }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let nested = |name: &str| registry::schema(KIND).block.block_types.get(name).unwrap();
        for (name, value) in [
            ("versioning", json!([{ "enabled": true, "mfa_delete": false }])),
            ("logging", json!([{ "target_bucket": "l", "target_prefix": "p/" }])),
            (
                "cors_rule",
                json!([{ "allowed_methods": ["PUT", "GET"], "allowed_origins": ["*"], "max_age_seconds": 3 }]),
            ),
            ("website", json!([{ "index_document": "i.html", "error_document": "e.html" }])),
            ("website", json!([{ "redirect_all_requests_to": "https://example.org" }])),
            (
                "lifecycle_rule",
                json!([{ "id": "a", "enabled": true, "prefix": "p/", "tags": { "k": "v" },
                         "expiration": [{ "days": 3 }], "transition": [{ "days": 1, "storage_class": "GLACIER" }] }]),
            ),
        ] {
            let part = PARTS.iter().find(|part| part.name == name).unwrap();
            let value = shape::nested(nested(name), &value);
            let back = (part.from)(&(part.to)(&json::to_plain(&value)));
            let back = words::nested(nested(name), Some(&value), shape::nested(nested(name), &back));
            assert_eq!(back, value, "{name}");
        }
    }
}
