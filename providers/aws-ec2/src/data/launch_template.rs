//! `aws_launch_template`: what the managed type shows, in the form of the data source.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::ProviderError;

use super::select::{adapted, by, conditions, data_source, one, reading, selected, shown_tags};
use crate::calls::client::tags_of;
use crate::context::Context;
use crate::registry;
use crate::resources::instance::template::{by_ids, list};
use crate::resources::launch_template;

data_source!(LaunchTemplate, "aws_launch_template");
const OPERATION: &str = "reading EC2 Launch Templates";

async fn read(context: &Arc<Context>, config: &Value) -> Result<Value, ProviderError> {
    let filters = conditions(config, "tags", by(config, "name", "launch-template-name"));
    let found = match config.get_str("id").filter(|id| !id.is_empty()) {
        Some(id) => by_ids(context, vec![id.to_owned()]).await,
        None => list(context, selected(filters)).await,
    };
    let found = found.map_err(reading(OPERATION))?;
    let template = one(found, OPERATION)?;
    let tags = shown_tags(context, &tags_of(template.tags.clone()));
    let managed = launch_template::shown(context, template).await.map_err(reading(OPERATION))?;
    Ok(adapted(registry::data_schema(KIND), config, &managed).with_attribute("tags", tags))
}
