//! `aws_ami_ids`.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{ErrorKind, ProviderError};
use regex::Regex;

use super::ami::query_of;
use super::select::{data_source, reading};
use crate::calls::Ec2Context;
use crate::calls::image::Image;
use crate::context::Context;
use crate::object::Builder;
use crate::registry;

data_source!(AmiIds, "aws_ami_ids");
const OPERATION: &str = "reading EC2 AMIs";

async fn read(context: &Arc<Context>, config: &Value) -> Result<Value, ProviderError> {
    let ec2 = context.ec2();
    let mut found = ec2.describe_images(query_of(config)).await.map_err(reading(OPERATION))?;
    if let Some(pattern) = config.get_str("name_regex") {
        let regex = Regex::new(pattern).map_err(|error| {
            let detail = format!("name_regex is not a regular expression: {error}.");
            ProviderError::new(ErrorKind::Invalid, OPERATION, detail)
        })?;
        found.retain(|image| image.name.as_deref().is_some_and(|name| regex.is_match(name)));
    }
    let made = |image: &Image| (image.creation_date.clone(), image.id.clone());
    found.sort_by_key(made);
    if config.get_bool("sort_ascending") != Some(true) {
        found.reverse();
    }
    Ok(Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(context.region()))
        .str("region", Some(context.region()))
        .string_list("ids", found.iter().map(|image| &image.id))
        .build())
}
