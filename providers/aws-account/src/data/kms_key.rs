//! `aws_kms_key`: a key by identifier, ARN or alias.

use std::sync::Arc;

use aws_sdk_kms::types::{KeyMetadata, MultiRegionConfiguration, MultiRegionKey, MultiRegionKeyType};
use evenkeel_model::{Type, Value};
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::texts;
use crate::errors::{Effect, answer, provider_error};
use crate::iam::date;
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;

const OPERATION: &str = "reading KMS Key";

/// The data source.
pub struct KmsKey;

impl DataSource for KmsKey {
    fn kind(&self) -> &'static str {
        "aws_kms_key"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let id = request.config.get_str("key_id").unwrap_or_default();
            let tokens = Some(texts(&request.config, "grant_tokens")).filter(|tokens| !tokens.is_empty());
            let kms = context.kms();
            let found = answer(kms.describe_key().key_id(id).set_grant_tokens(tokens).send()).await;
            let missing =
                || ProviderError::new(ErrorKind::Invalid, OPERATION, format!("there is no key {id}."));
            let found = found.map_err(|failure| match failure.is_gone() {
                true => missing(),
                false => provider_error(OPERATION, Effect::Read, &failure),
            })?;
            let key = found.key_metadata.ok_or_else(missing)?;
            Ok(value(context, key, &request.config))
        })
    }
}

fn value(context: &Context, key: KeyMetadata, config: &Value) -> Value {
    let spec = key.key_spec.as_ref().map(|spec| spec.as_str());
    let text = |text: Option<String>| Some(text.unwrap_or_default());
    Builder::new(registry::data_schema("aws_kms_key"), config)
        .str("id", Some(&key.key_id))
        .str("region", Some(context.region()))
        .str("arn", key.arn.as_deref())
        .str("aws_account_id", key.aws_account_id.as_deref())
        .str("cloud_hsm_cluster_id", text(key.cloud_hsm_cluster_id))
        .str("creation_date", key.creation_date.map(date))
        .str("custom_key_store_id", text(key.custom_key_store_id))
        .str("customer_master_key_spec", spec)
        .str("key_spec", spec)
        .str("deletion_date", Some(key.deletion_date.map(date).unwrap_or_default()))
        .str("description", text(key.description))
        .bool("enabled", Some(key.enabled))
        .str(
            "expiration_model",
            Some(key.expiration_model.map(|model| model.to_string()).unwrap_or_default()),
        )
        .str("key_manager", key.key_manager.as_ref().map(|manager| manager.as_str()))
        .str("key_state", key.key_state.as_ref().map(|state| state.as_str()))
        .str("key_usage", key.key_usage.as_ref().map(|usage| usage.as_str()))
        .bool("multi_region", Some(key.multi_region.unwrap_or_default()))
        .set("multi_region_configuration", regions(key.multi_region_configuration))
        .str("origin", key.origin.as_ref().map(|origin| origin.as_str()))
        .number(
            "pending_deletion_window_in_days",
            Some(key.pending_deletion_window_in_days.unwrap_or_default()),
        )
        .str("valid_to", Some(key.valid_to.map(date).unwrap_or_default()))
        .set("xks_key_configuration", outside(key.xks_key_configuration.and_then(|xks| xks.id)))
        .build()
}

fn outside(id: Option<String>) -> Value {
    let element = Type::object([("id", Type::String)]);
    Value::list(element, id.map(|id| Value::object([("id", Value::string(id))])))
}

fn regions(found: Option<MultiRegionConfiguration>) -> Value {
    let key_type = || Type::object([("arn", Type::String), ("region", Type::String)]);
    let one = |key: MultiRegionKey| {
        let text = |text: Option<String>| Value::string(text.unwrap_or_default());
        Value::object([("arn", text(key.arn)), ("region", text(key.region))])
    };
    let element = Type::object([
        ("multi_region_key_type", Type::String),
        ("primary_key", Type::list(key_type())),
        ("replica_keys", Type::list(key_type())),
    ]);
    let block = |found: MultiRegionConfiguration| {
        let kind = found.multi_region_key_type.as_ref().map_or("", MultiRegionKeyType::as_str);
        Value::object([
            ("multi_region_key_type", Value::string(kind)),
            ("primary_key", Value::list(key_type(), found.primary_key.map(one))),
            (
                "replica_keys",
                Value::list(key_type(), found.replica_keys.unwrap_or_default().into_iter().map(one)),
            ),
        ])
    };
    Value::list(element, found.map(block))
}
