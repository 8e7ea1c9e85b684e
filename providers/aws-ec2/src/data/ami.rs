//! `aws_ami`.

use std::sync::Arc;

use crate::calls::image::{BlockDevice, Image, ImageQuery};
use evenkeel_model::{Type, Value};
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};
use regex::Regex;

use super::filters::filters_of;
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::errors::{self, Effect};
use crate::object::Builder;
use crate::resource::DataSource;
use crate::{registry, tags};

/// `aws_ami`
pub struct Ami;

const KIND: &str = "aws_ami";
const OPERATION: &str = "reading EC2 AMIs";

impl DataSource for Ami {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(read(context, request.config))
    }
}

async fn read(context: &Arc<Context>, config: Value) -> Result<Value, ProviderError> {
    let query = query_of(&config);
    check_owner(&query, &config)?;
    let images = context.ec2().describe_images(query).await;
    let images = images.map_err(|error| errors::provider_error(OPERATION, Effect::Read, &error))?;
    let image = choose(images, &config)?;
    Ok(value(context, &image, &config))
}

fn texts(config: &Value, name: &str) -> Vec<String> {
    let elements = config.get(name).and_then(Value::as_elements).unwrap_or_default();
    elements.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Which images a configuration means.
pub(super) fn query_of(config: &Value) -> ImageQuery {
    ImageQuery {
        owners: texts(config, "owners"),
        executable_users: texts(config, "executable_users"),
        include_deprecated: config.get_bool("include_deprecated").unwrap_or_default(),
        filters: filters_of(config),
    }
}

fn invalid(detail: impl Into<String>, remedy: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, OPERATION, detail).with_remedy(remedy)
}

/// The newest image of anybody may be anybody's: whoever names an image so could have it started
/// here.
fn check_owner(query: &ImageQuery, config: &Value) -> Result<(), ProviderError> {
    let allowed = config.get_bool("allow_unsafe_filter").unwrap_or_default();
    let newest = config.get_bool("most_recent").unwrap_or_default();
    let narrowed = !query.owners.is_empty()
        || query.filters.iter().any(|filter| {
            matches!(filter.name.as_str(), "image-id" | "owner-id" | "owner-alias" | "ImageId" | "OwnerId")
        });
    match newest && !narrowed && !allowed {
        true => Err(invalid(
            "most_recent is true, and neither owners nor a filter by image or owner limits whose images count.",
            "Set owners, so that nobody else's image is taken, or allow_unsafe_filter = true.",
        )),
        false => Ok(()),
    }
}

fn choose(mut images: Vec<Image>, config: &Value) -> Result<Image, ProviderError> {
    if let Some(pattern) = config.get_str("name_regex") {
        let regex = Regex::new(pattern).map_err(|error| {
            invalid(format!("name_regex is not a regular expression: {error}."), "Correct the expression.")
        })?;
        images.retain(|image| image.name.as_deref().is_some_and(|name| regex.is_match(name)));
    }
    // Times are written in one form and length, so their texts sort as they do. The identifier
    // decides between images of one instant, so that the choice is always the same.
    images.sort_by(|a, b| (&b.creation_date, &b.id).cmp(&(&a.creation_date, &a.id)));
    let newest = config.get_bool("most_recent").unwrap_or_default();
    match images.len() {
        0 => Err(invalid(
            "your query returned no results.",
            "Change the search criteria and try again: owners, name_regex, filter.",
        )),
        count if count > 1 && !newest => Err(invalid(
            format!("your query returned {count} results, where one is needed."),
            "Use more specific search criteria, or set most_recent = true.",
        )),
        _ => Ok(images.swap_remove(0)),
    }
}

fn value(context: &Context, image: &Image, config: &Value) -> Value {
    let root = image
        .block_devices
        .iter()
        .find(|device| device.device_name.is_some() && device.device_name == image.root_device_name);
    let root_snapshot =
        root.and_then(|device| device.ebs.as_ref()).and_then(|ebs| ebs.snapshot_id.as_deref());
    let str = |value: &Option<String>| Some(value.clone().unwrap_or_default());
    let (_, all_tags) = context.tags().observed(&image.tags, &Value::empty_object());
    let reason = Value::map(
        Type::String,
        ["code", "message"].map(|key| {
            let text = image.state_reason.get(key).map_or("UNSET", String::as_str);
            (key, Value::string(text))
        }),
    );
    let arn = format!("arn:{}:ec2:{}::image/{}", context.partition(), context.region(), image.id);
    Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(&image.id))
        .str("image_id", Some(&image.id))
        .str("arn", Some(arn))
        .str("region", Some(context.region()))
        .str("name", str(&image.name))
        .str("description", str(&image.description))
        .str("state", str(&image.state))
        .set("state_reason", reason)
        .str("owner_id", str(&image.owner_id))
        .str("image_owner_alias", str(&image.owner_alias))
        .str("image_location", str(&image.location))
        .str("image_type", str(&image.kind))
        .str("architecture", str(&image.architecture))
        .str("platform", str(&image.platform))
        .str("platform_details", str(&image.platform_details))
        .str("usage_operation", str(&image.usage_operation))
        .str("hypervisor", str(&image.hypervisor))
        .str("virtualization_type", str(&image.virtualization_type))
        .str("boot_mode", str(&image.boot_mode))
        .str("tpm_support", str(&image.tpm_support))
        .str("imds_support", str(&image.imds_support))
        .bool("ena_support", Some(image.ena_support.unwrap_or_default()))
        .str("sriov_net_support", str(&image.sriov_net_support))
        .str("kernel_id", str(&image.kernel_id))
        .str("ramdisk_id", str(&image.ramdisk_id))
        .str("creation_date", str(&image.creation_date))
        .str("deprecation_time", str(&image.deprecation_time))
        .str("last_launched_time", str(&image.last_launched_time))
        .bool("public", Some(image.public.unwrap_or_default()))
        .str("root_device_name", str(&image.root_device_name))
        .str("root_device_type", str(&image.root_device_type))
        .str("root_snapshot_id", Some(root_snapshot.unwrap_or_default()))
        .set("block_device_mappings", devices(&image.block_devices))
        .set("product_codes", product_codes(&image.product_codes))
        .set("tags", tags::to_value(&tags::from_value(&all_tags)))
        .build()
}

fn devices(devices: &[BlockDevice]) -> Value {
    let ty = Type::object([
        ("device_name", Type::String),
        ("ebs", Type::map(Type::String)),
        ("no_device", Type::String),
        ("virtual_name", Type::String),
    ]);
    let text = |value: &Option<String>| Value::string(value.as_deref().unwrap_or_default());
    let element = |device: &BlockDevice| {
        let ebs = device.ebs.as_ref().map(|ebs| {
            let flag = |value: Option<bool>| value.unwrap_or_default().to_string();
            let number = |value: Option<i32>| value.unwrap_or_default().to_string();
            [
                ("delete_on_termination", flag(ebs.delete_on_termination)),
                ("encrypted", flag(ebs.encrypted)),
                ("iops", number(ebs.iops)),
                ("snapshot_id", ebs.snapshot_id.clone().unwrap_or_default()),
                ("throughput", number(ebs.throughput)),
                ("volume_initialization_rate", number(ebs.initialization_rate)),
                ("volume_size", number(ebs.volume_size)),
                ("volume_type", ebs.volume_type.clone().unwrap_or_default()),
            ]
        });
        let ebs = ebs.into_iter().flatten().map(|(key, value)| (key, Value::string(value)));
        Value::object([
            ("device_name", text(&device.device_name)),
            ("ebs", Value::map(Type::String, ebs)),
            ("no_device", text(&device.no_device)),
            ("virtual_name", text(&device.virtual_name)),
        ])
    };
    Value::set(ty, devices.iter().map(element))
}

fn product_codes(codes: &[(String, String)]) -> Value {
    let ty = Type::object([("product_code_id", Type::String), ("product_code_type", Type::String)]);
    let element = |(id, kind): &(String, String)| {
        Value::object([("product_code_id", Value::string(id)), ("product_code_type", Value::string(kind))])
    };
    Value::set(ty, codes.iter().map(element))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> Vec<Image> {
        let image = |id: &str, name: &str, date: &str| Image {
            id: id.into(),
            name: Some(name.into()),
            creation_date: Some(date.into()),
            ..Image::default()
        };
        vec![
            image("ami-1", "web-1", "2024-01-01T00:00:00.000Z"),
            image("ami-2", "web-2", "2025-01-01T00:00:00.000Z"),
            image("ami-3", "db-1", "2026-01-01T00:00:00.000Z"),
        ]
    }

    fn config(name_regex: &str, most_recent: bool) -> Value {
        Value::object([("name_regex", Value::string(name_regex)), ("most_recent", Value::bool(most_recent))])
    }

    #[test]
    fn one_image_is_chosen() {
        let chosen =
            |regex: &str, newest: bool| choose(images(), &config(regex, newest)).map(|image| image.id);
        assert_eq!(chosen("^web-", true).unwrap(), "ami-2");
        assert_eq!(chosen("^db", false).unwrap(), "ami-3");
        assert!(chosen("^web-", false).unwrap_err().detail.contains("2 results"));
        assert!(chosen("^none$", true).unwrap_err().detail.contains("no results"));
        assert!(chosen("(", true).unwrap_err().detail.contains("regular expression"));
    }

    #[test]
    fn the_newest_of_anybodys_images_is_refused() {
        let config = config("", true);
        assert!(check_owner(&query_of(&config), &config).is_err());
        let owned = ImageQuery { owners: vec!["amazon".into()], ..ImageQuery::default() };
        assert!(check_owner(&owned, &config).is_ok());
        let allowed = config.with_attribute("allow_unsafe_filter", Value::bool(true));
        assert!(check_owner(&ImageQuery::default(), &allowed).is_ok());
    }
}
