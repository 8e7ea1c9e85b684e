//! `aws_key_pair`.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::ProviderError;

use super::select::{by, conditions, data_source, one, reading, shown_tags};
use crate::calls::Ec2Context;
use crate::calls::client::{answer, filters_of, tags_of};
use crate::context::Context;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::{on, some_texts, time};

data_source!(KeyPair, "aws_key_pair");
const OPERATION: &str = "reading EC2 Key Pairs";

async fn read(context: &Arc<Context>, config: &Value) -> Result<Value, ProviderError> {
    let id = config.get_str("key_pair_id").map(|id| vec![id.to_owned()]);
    let filters = conditions(config, "", by(config, "key_name", "key-name"));
    let ec2 = context.ec2();
    let request = ec2
        .safe
        .describe_key_pairs()
        .set_include_public_key(on(config, "include_public_key"))
        .set_key_pair_ids(id.or_else(|| some_texts(config, "key_pair_ids")))
        .set_filters(filters_of(filters));
    let found = answer(request.send()).await.map_err(reading(OPERATION))?.key_pairs.unwrap_or_default();
    let pair = one(found, OPERATION)?;
    let arn = context.arn("ec2", &format!("key-pair/{}", pair.key_name().unwrap_or_default())).await?;
    Ok(Builder::new(registry::data_schema(KIND), config)
        .str("id", pair.key_pair_id())
        .str("arn", Some(arn))
        .str("region", Some(context.region()))
        .str("create_time", Some(time(pair.create_time()).unwrap_or_default()))
        .str("fingerprint", Some(pair.key_fingerprint().unwrap_or_default()))
        .str("key_name", pair.key_name())
        .str("key_pair_id", pair.key_pair_id())
        .str("key_type", Some(pair.key_type().map_or("", |kind| kind.as_str())))
        .str("public_key", Some(pair.public_key().unwrap_or_default()))
        .set("tags", shown_tags(context, &tags_of(pair.tags.clone())))
        .build())
}
