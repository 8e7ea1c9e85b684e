//! `aws_ebs_snapshot`.

use std::sync::Arc;

use aws_sdk_ec2::types::Snapshot;
use evenkeel_model::Value;
use evenkeel_provider::ProviderError;

use super::select::{conditions, data_source, newest, reading, shown_tags};
use crate::calls::Ec2Context;
use crate::calls::client::{filters_of, pages, tags_of};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::{some_texts, time};
use crate::resources::ebs_snapshot::arn_of;

data_source!(EbsSnapshot, "aws_ebs_snapshot");
const OPERATION: &str = "reading EBS Snapshots";

async fn read(context: &Arc<Context>, config: &Value) -> Result<Value, ProviderError> {
    let found = list(context, config).await.map_err(reading(OPERATION))?;
    let taken = |snapshot: &Snapshot| snapshot.start_time().map(|time| time.secs());
    let snapshot = newest(found, config, taken, OPERATION)?;
    let or_empty = |text: Option<&str>| Some(text.unwrap_or_default().to_owned());
    Ok(Builder::new(registry::data_schema(KIND), config)
        .str("id", snapshot.snapshot_id())
        .str("snapshot_id", snapshot.snapshot_id())
        .str("arn", Some(arn_of(context, &snapshot)))
        .str("region", Some(context.region()))
        .str("data_encryption_key_id", or_empty(snapshot.data_encryption_key_id()))
        .str("description", or_empty(snapshot.description()))
        .bool("encrypted", Some(snapshot.encrypted.unwrap_or_default()))
        .str("kms_key_id", or_empty(snapshot.kms_key_id()))
        .str("outpost_arn", or_empty(snapshot.outpost_arn()))
        .str("owner_alias", or_empty(snapshot.owner_alias()))
        .str("owner_id", or_empty(snapshot.owner_id()))
        .str("start_time", Some(time(snapshot.start_time()).unwrap_or_default()))
        .str("state", Some(snapshot.state().map_or("", |state| state.as_str())))
        .str("storage_tier", Some(snapshot.storage_tier().map_or("standard", |tier| tier.as_str())))
        .str("volume_id", or_empty(snapshot.volume_id()))
        .number("volume_size", Some(snapshot.volume_size.unwrap_or_default()))
        .set("tags", shown_tags(context, &tags_of(snapshot.tags.clone())))
        .build())
}

async fn list(context: &Arc<Context>, config: &Value) -> Result<Vec<Snapshot>, Failure> {
    let ec2 = context.ec2();
    let request = ec2
        .safe
        .describe_snapshots()
        .set_owner_ids(some_texts(config, "owners"))
        .set_restorable_by_user_ids(some_texts(config, "restorable_by_user_ids"))
        .set_snapshot_ids(some_texts(config, "snapshot_ids"))
        .set_filters(filters_of(conditions(config, "", None)));
    Ok(pages!(request, snapshots))
}
