//! One rule of a replication: from configuration to the API and back.

use aws_sdk_s3::types::{
    AccessControlTranslation, DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination,
    EncryptionConfiguration, ExistingObjectReplication, ExistingObjectReplicationStatus, Metrics,
    MetricsStatus, OwnerOverride, ReplicaModifications, ReplicaModificationsStatus, ReplicationRule,
    ReplicationRuleAndOperator, ReplicationRuleFilter, ReplicationRuleStatus, ReplicationTime,
    ReplicationTimeStatus, ReplicationTimeValue, SourceSelectionCriteria, SseKmsEncryptedObjects,
    SseKmsEncryptedObjectsStatus, StorageClass,
};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::setting::incomplete;
use crate::shape;

fn status(block: &Value) -> String {
    shape::text_or_empty(block, "status")
}

/// A rule of configuration. One without a name gets one that follows from the token, so that it is
/// the same when the call is repeated.
pub fn rule(rule: &Value, token: &str, index: usize) -> Result<ReplicationRule, Failure> {
    let id = shape::text(rule, "id").unwrap_or_else(|| format!("tf-s3-replication-{token}-{index}"));
    let filter = shape::one(rule, "filter");
    let markers = shape::one(rule, "delete_marker_replication").map(|block| {
        let status = DeleteMarkerReplicationStatus::from(status(block).as_str());
        DeleteMarkerReplication::builder().status(status).build()
    });
    let existing = shape::one(rule, "existing_object_replication").map(|block| {
        let status = ExistingObjectReplicationStatus::from(status(block).as_str());
        ExistingObjectReplication::builder().status(status).build()
    });
    // With a filter the rule is of the newer kind, which needs a priority and says what happens to
    // delete markers; without one it has a prefix of its own.
    let prefix = filter.is_none().then(|| shape::text_or_empty(rule, "prefix"));
    let priority = shape::number(rule, "priority").or(filter.map(|_| 0)).filter(|_| filter.is_some());
    #[allow(deprecated, reason = "configurations from earlier days have a prefix instead of a filter")]
    ReplicationRule::builder()
        .id(id)
        .status(ReplicationRuleStatus::from(status(rule).as_str()))
        .set_prefix(prefix)
        .set_priority(priority)
        .set_filter(filter.map(self::filter))
        .set_delete_marker_replication(markers)
        .set_existing_object_replication(existing.transpose().map_err(incomplete)?)
        .set_source_selection_criteria(
            shape::one(rule, "source_selection_criteria").map(criteria).transpose()?,
        )
        .set_destination(shape::one(rule, "destination").map(destination).transpose()?)
        .build()
        .map_err(incomplete)
}

fn filter(filter: &Value) -> ReplicationRuleFilter {
    let and = shape::one(filter, "and").map(|and| {
        let tags = shape::filter_tags(and, "tags");
        let tags = (!tags.is_empty()).then_some(tags);
        ReplicationRuleAndOperator::builder().set_prefix(shape::text(and, "prefix")).set_tags(tags).build()
    });
    let tag = shape::one(filter, "tag")
        .map(|tag| shape::tag(&shape::text_or_empty(tag, "key"), &shape::text_or_empty(tag, "value")));
    let says_more = and.is_some() || tag.is_some();
    let prefix =
        if says_more { shape::text(filter, "prefix") } else { Some(shape::text_or_empty(filter, "prefix")) };
    ReplicationRuleFilter::builder().set_prefix(prefix).set_tag(tag).set_and(and).build()
}

fn criteria(criteria: &Value) -> Result<SourceSelectionCriteria, Failure> {
    let replicas = shape::one(criteria, "replica_modifications").map(|block| {
        let status = ReplicaModificationsStatus::from(status(block).as_str());
        ReplicaModifications::builder().status(status).build()
    });
    let kms = shape::one(criteria, "sse_kms_encrypted_objects").map(|block| {
        let status = SseKmsEncryptedObjectsStatus::from(status(block).as_str());
        SseKmsEncryptedObjects::builder().status(status).build()
    });
    Ok(SourceSelectionCriteria::builder()
        .set_replica_modifications(replicas.transpose().map_err(incomplete)?)
        .set_sse_kms_encrypted_objects(kms.transpose().map_err(incomplete)?)
        .build())
}

fn destination(to: &Value) -> Result<Destination, Failure> {
    let translation = shape::one(to, "access_control_translation").map(|block| {
        let owner = OwnerOverride::from(shape::text_or_empty(block, "owner").as_str());
        AccessControlTranslation::builder().owner(owner).build()
    });
    let encryption = shape::one(to, "encryption_configuration").map(|block| {
        EncryptionConfiguration::builder()
            .set_replica_kms_key_id(shape::text(block, "replica_kms_key_id"))
            .build()
    });
    let minutes = |block: &Value, name: &str| {
        let minutes = shape::one(block, name).and_then(|value| shape::number(value, "minutes"));
        minutes.map(|minutes| ReplicationTimeValue::builder().minutes(minutes).build())
    };
    let metrics = shape::one(to, "metrics").map(|block| {
        let status = MetricsStatus::from(status(block).as_str());
        Metrics::builder().status(status).set_event_threshold(minutes(block, "event_threshold")).build()
    });
    let time = shape::one(to, "replication_time").map(|block| {
        let status = ReplicationTimeStatus::from(status(block).as_str());
        ReplicationTime::builder().status(status).set_time(minutes(block, "time")).build()
    });
    Destination::builder()
        .bucket(shape::text_or_empty(to, "bucket"))
        .set_account(shape::text(to, "account"))
        .set_storage_class(shape::text(to, "storage_class").as_deref().map(StorageClass::from))
        .set_access_control_translation(translation.transpose().map_err(incomplete)?)
        .set_encryption_configuration(encryption)
        .set_metrics(metrics.transpose().map_err(incomplete)?)
        .set_replication_time(time.transpose().map_err(incomplete)?)
        .build()
        .map_err(incomplete)
}

/// A rule as it is seen.
pub fn seen(rule: &ReplicationRule) -> Json {
    json!({
        "id": rule.id,
        "prefix": own_prefix(rule),
        "priority": rule.priority,
        "status": rule.status.as_str(),
        "filter": shape::optional(rule.filter.as_ref(), seen_filter),
        "delete_marker_replication": shape::optional(rule.delete_marker_replication.as_ref(), |part| json!({
            "status": part.status.as_ref().map(DeleteMarkerReplicationStatus::as_str),
        })),
        "existing_object_replication": shape::optional(rule.existing_object_replication.as_ref(), |part| json!({
            "status": part.status.as_str(),
        })),
        "source_selection_criteria": shape::optional(rule.source_selection_criteria.as_ref(), |part| json!({
            "replica_modifications": shape::optional(part.replica_modifications.as_ref(), |part| json!({
                "status": part.status.as_str(),
            })),
            "sse_kms_encrypted_objects": shape::optional(part.sse_kms_encrypted_objects.as_ref(), |part| json!({
                "status": part.status.as_str(),
            })),
        })),
        "destination": shape::optional(rule.destination.as_ref(), seen_destination),
    })
}

#[allow(deprecated, reason = "buckets have rules from earlier days")]
fn own_prefix(rule: &ReplicationRule) -> Option<String> {
    rule.prefix.clone()
}

fn seen_filter(filter: &ReplicationRuleFilter) -> Json {
    json!({
        "prefix": filter.prefix,
        "tag": shape::optional(filter.tag.as_ref(), |tag| json!({ "key": tag.key, "value": tag.value })),
        "and": shape::optional(filter.and.as_ref(), |and| json!({
            "prefix": and.prefix,
            "tags": shape::tags_json(and.tags()),
        })),
    })
}

fn seen_destination(to: &Destination) -> Json {
    let minutes = |value: Option<&ReplicationTimeValue>| {
        shape::optional(value, |value| json!({ "minutes": value.minutes.unwrap_or_default() }))
    };
    json!({
        "account": to.account,
        "bucket": to.bucket,
        "storage_class": to.storage_class.as_ref().map(StorageClass::as_str),
        "access_control_translation": shape::optional(to.access_control_translation.as_ref(), |part| json!({
            "owner": part.owner.as_str(),
        })),
        "encryption_configuration": shape::optional(to.encryption_configuration.as_ref(), |part| json!({
            "replica_kms_key_id": part.replica_kms_key_id.as_deref().unwrap_or_default(),
        })),
        "metrics": shape::optional(to.metrics.as_ref(), |part| json!({
            "status": part.status.as_str(),
            "event_threshold": minutes(part.event_threshold.as_ref()),
        })),
        "replication_time": shape::optional(to.replication_time.as_ref(), |part| json!({
            "status": part.status.as_str(),
            "time": minutes(part.time.as_ref()),
        })),
    })
}
