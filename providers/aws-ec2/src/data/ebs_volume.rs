//! `aws_ebs_volume`.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::ProviderError;

use super::select::{conditions, data_source, newest, reading, selected, shown_tags};
use crate::calls::client::tags_of;
use crate::context::Context;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::time;
use crate::resources::ebs_volume::list;

data_source!(EbsVolume, "aws_ebs_volume");
const OPERATION: &str = "reading EBS Volumes";

async fn read(context: &Arc<Context>, config: &Value) -> Result<Value, ProviderError> {
    let filters = conditions(config, "", None);
    let found = list(context, selected(filters)).await.map_err(reading(OPERATION))?;
    let made = |volume: &aws_sdk_ec2::types::Volume| volume.create_time().map(|time| time.secs());
    let volume = newest(found, config, made, OPERATION)?;
    let id = volume.volume_id().unwrap_or_default();
    let arn = context.arn("ec2", &format!("volume/{id}")).await?;
    Ok(Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(id))
        .str("volume_id", Some(id))
        .str("arn", Some(arn))
        .str("region", Some(context.region()))
        .str("availability_zone", volume.availability_zone())
        .str("create_time", Some(time(volume.create_time()).unwrap_or_default()))
        .bool("encrypted", Some(volume.encrypted.unwrap_or_default()))
        .number("iops", Some(volume.iops.unwrap_or_default()))
        .str("kms_key_id", Some(volume.kms_key_id().unwrap_or_default()))
        .bool("multi_attach_enabled", Some(volume.multi_attach_enabled.unwrap_or_default()))
        .str("outpost_arn", Some(volume.outpost_arn().unwrap_or_default()))
        .number("size", Some(volume.size.unwrap_or_default()))
        .str("snapshot_id", Some(volume.snapshot_id().unwrap_or_default()))
        .number("throughput", Some(volume.throughput.unwrap_or_default()))
        .number("volume_initialization_rate", Some(volume.volume_initialization_rate.unwrap_or_default()))
        .str("volume_type", Some(volume.volume_type().map_or("", |kind| kind.as_str())))
        .set("tags", shown_tags(context, &tags_of(volume.tags.clone())))
        .build())
}
