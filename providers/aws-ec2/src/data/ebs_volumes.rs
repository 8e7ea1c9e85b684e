//! `aws_ebs_volumes`.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::ProviderError;

use super::select::{conditions, data_source, reading, selected};
use crate::context::Context;
use crate::object::Builder;
use crate::registry;
use crate::resources::ebs_volume::list;

data_source!(EbsVolumes, "aws_ebs_volumes");

async fn read(context: &Arc<Context>, config: &Value) -> Result<Value, ProviderError> {
    let filters = conditions(config, "tags", None);
    let found = list(context, selected(filters)).await.map_err(reading("reading EBS Volumes"))?;
    Ok(Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(context.region()))
        .str("region", Some(context.region()))
        .string_list("ids", found.iter().filter_map(|volume| volume.volume_id()))
        .build())
}
