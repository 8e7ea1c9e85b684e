//! One rule of a lifecycle: from configuration to the API and back.

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration, NoncurrentVersionTransition,
    Transition, TransitionStorageClass,
};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::setting::incomplete;
use crate::shape;

/// A rule of configuration.
pub fn rule(rule: &Value) -> Result<LifecycleRule, Failure> {
    let filter = shape::one(rule, "filter");
    // A rule needs a filter or, from earlier days, a prefix of its own; the empty one is everything.
    let prefix = filter.is_none().then(|| shape::text_or_empty(rule, "prefix"));
    let abort = shape::one(rule, "abort_incomplete_multipart_upload").map(|part| {
        let days = shape::number(part, "days_after_initiation");
        AbortIncompleteMultipartUpload::builder().set_days_after_initiation(days).build()
    });
    let later: Vec<_> = shape::many(rule, "noncurrent_version_transition").iter().map(noncurrent).collect();
    let transitions: Vec<_> = shape::many(rule, "transition").iter().map(transition).collect();
    #[allow(deprecated, reason = "configurations from earlier days have a prefix instead of a filter")]
    LifecycleRule::builder()
        .id(shape::text_or_empty(rule, "id"))
        .status(ExpirationStatus::from(shape::text_or_empty(rule, "status").as_str()))
        .set_prefix(prefix)
        .set_filter(filter.map(self::filter))
        .set_abort_incomplete_multipart_upload(abort)
        .set_expiration(shape::one(rule, "expiration").map(expiration))
        .set_noncurrent_version_expiration(
            shape::one(rule, "noncurrent_version_expiration").map(noncurrent_end),
        )
        .set_noncurrent_version_transitions((!later.is_empty()).then_some(later))
        .set_transitions((!transitions.is_empty()).then_some(transitions))
        .build()
        .map_err(incomplete)
}

fn size(value: &Value, name: &str) -> Option<i64> {
    value.get_i64(name)
}

fn filter(filter: &Value) -> LifecycleRuleFilter {
    let and = shape::one(filter, "and").map(|and| {
        let tags = shape::filter_tags(and, "tags");
        LifecycleRuleAndOperator::builder()
            .set_prefix(shape::text(and, "prefix"))
            .set_object_size_greater_than(size(and, "object_size_greater_than").filter(|size| *size > 0))
            .set_object_size_less_than(size(and, "object_size_less_than").filter(|size| *size > 0))
            .set_tags((!tags.is_empty()).then_some(tags))
            .build()
    });
    let tag = shape::one(filter, "tag")
        .map(|tag| shape::tag(&shape::text_or_empty(tag, "key"), &shape::text_or_empty(tag, "value")));
    let (greater, less) = (size(filter, "object_size_greater_than"), size(filter, "object_size_less_than"));
    let says_more = and.is_some() || tag.is_some() || greater.is_some() || less.is_some();
    let prefix =
        if says_more { shape::text(filter, "prefix") } else { Some(shape::text_or_empty(filter, "prefix")) };
    LifecycleRuleFilter::builder()
        .set_prefix(prefix)
        .set_object_size_greater_than(greater)
        .set_object_size_less_than(less)
        .set_tag(tag)
        .set_and(and)
        .build()
}

fn expiration(expiration: &Value) -> LifecycleExpiration {
    let date = shape::date(expiration, "date");
    let days = shape::positive(expiration, "days").filter(|_| date.is_none());
    // The marker goes by itself: the service refuses it beside days or a date.
    let marker =
        expiration.get_bool("expired_object_delete_marker").filter(|_| date.is_none() && days.is_none());
    LifecycleExpiration::builder()
        .set_date(date)
        .set_days(days)
        .set_expired_object_delete_marker(marker)
        .build()
}

fn noncurrent_end(expiration: &Value) -> NoncurrentVersionExpiration {
    NoncurrentVersionExpiration::builder()
        .set_noncurrent_days(shape::number(expiration, "noncurrent_days"))
        .set_newer_noncurrent_versions(shape::positive(expiration, "newer_noncurrent_versions"))
        .build()
}

fn noncurrent(transition: &Value) -> NoncurrentVersionTransition {
    NoncurrentVersionTransition::builder()
        .set_noncurrent_days(shape::number(transition, "noncurrent_days"))
        .set_newer_noncurrent_versions(shape::positive(transition, "newer_noncurrent_versions"))
        .storage_class(TransitionStorageClass::from(
            shape::text_or_empty(transition, "storage_class").as_str(),
        ))
        .build()
}

fn transition(transition: &Value) -> Transition {
    let date = shape::date(transition, "date");
    Transition::builder()
        .set_days(shape::number(transition, "days").filter(|_| date.is_none()))
        .set_date(date)
        .storage_class(TransitionStorageClass::from(
            shape::text_or_empty(transition, "storage_class").as_str(),
        ))
        .build()
}

/// A rule as it is seen.
pub fn seen(rule: &LifecycleRule) -> Json {
    let class = |class: Option<&TransitionStorageClass>| class.map(|class| class.as_str().to_owned());
    json!({
        "id": rule.id.as_deref().unwrap_or_default(),
        "status": rule.status.as_str(),
        "prefix": own_prefix(rule).unwrap_or_default(),
        "filter": shape::optional(rule.filter.as_ref(), seen_filter),
        "abort_incomplete_multipart_upload": shape::optional(
            rule.abort_incomplete_multipart_upload.as_ref(),
            |part| json!({ "days_after_initiation": part.days_after_initiation }),
        ),
        "expiration": shape::optional(rule.expiration.as_ref(), |part| json!({
            "date": part.date.as_ref().and_then(shape::date_text),
            "days": part.days.unwrap_or_default(),
            "expired_object_delete_marker": part.expired_object_delete_marker.unwrap_or_default(),
        })),
        "noncurrent_version_expiration": shape::optional(rule.noncurrent_version_expiration.as_ref(), |part| json!({
            "newer_noncurrent_versions": part.newer_noncurrent_versions,
            "noncurrent_days": part.noncurrent_days.unwrap_or_default(),
        })),
        "noncurrent_version_transition": shape::each(rule.noncurrent_version_transitions(), |part| json!({
            "newer_noncurrent_versions": part.newer_noncurrent_versions,
            "noncurrent_days": part.noncurrent_days.unwrap_or_default(),
            "storage_class": class(part.storage_class.as_ref()).unwrap_or_default(),
        })),
        "transition": shape::each(rule.transitions(), |part| json!({
            "date": part.date.as_ref().and_then(shape::date_text),
            "days": part.days.unwrap_or_default(),
            "storage_class": class(part.storage_class.as_ref()).unwrap_or_default(),
        })),
    })
}

/// The prefix of a rule from earlier days; still set, but out of use.
#[allow(deprecated, reason = "buckets have rules from earlier days")]
fn own_prefix(rule: &LifecycleRule) -> Option<String> {
    rule.prefix.clone()
}

fn seen_filter(filter: &LifecycleRuleFilter) -> Json {
    json!({
        "prefix": filter.prefix.as_deref().unwrap_or_default(),
        "object_size_greater_than": filter.object_size_greater_than,
        "object_size_less_than": filter.object_size_less_than,
        "tag": shape::optional(filter.tag.as_ref(), |tag| json!({ "key": tag.key, "value": tag.value })),
        "and": shape::optional(filter.and.as_ref(), |and| json!({
            "prefix": and.prefix.as_deref().unwrap_or_default(),
            "object_size_greater_than": and.object_size_greater_than,
            "object_size_less_than": and.object_size_less_than,
            "tags": shape::tags_json(and.tags()),
        })),
    })
}
