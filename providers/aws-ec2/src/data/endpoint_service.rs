//! `aws_vpc_endpoint_service`: a service that a VPC can have an endpoint of.

use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use super::filters::filters_of;
use super::lookup::visible_tags;
use crate::calls::client::{self, answer};
use crate::calls::{Ec2Context, Filter};
use crate::context::Context;
use crate::errors::{self, Effect, Failure};
use crate::object::Builder;
use crate::resource::DataSource;
use crate::resources::texts;
use crate::{registry, tags};

/// `aws_vpc_endpoint_service`
pub struct EndpointService;

const KIND: &str = "aws_vpc_endpoint_service";
const OPERATION: &str = "reading EC2 VPC Endpoint Service";

impl DataSource for EndpointService {
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
    let name = service_name(context, &config);
    let answer = describe(context, &config, name.as_deref()).await;
    let (names, mut details) =
        answer.map_err(|error| errors::provider_error(OPERATION, Effect::Read, &error))?;
    if let Some(wanted) = config.get_str("service_type") {
        details.retain(|detail| types_of(detail).contains(&wanted));
    }
    match (details.len(), name.filter(|name| names.contains(name))) {
        (1, _) => Ok(value(context, details.swap_remove(0), &config)),
        // Some services are told by their name alone.
        (0, Some(name)) => {
            Ok(value(context, types::ServiceDetail::builder().service_name(name).build(), &config))
        }
        (0, None) => Err(invalid("no matching EC2 VPC Endpoint Service found.")),
        _ => Err(invalid(
            "multiple EC2 VPC Endpoint Services matched; use additional constraints to reduce matches to a single one.",
        )),
    }
}

fn invalid(detail: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, OPERATION, detail)
        .with_remedy("Set service_name, or service and service_type, or narrower filters.")
}

/// The name asked for: whole, or made from the short one.
fn service_name(context: &Context, config: &Value) -> Option<String> {
    let text = |name: &str| config.get_str(name).filter(|text| !text.is_empty());
    let prefix = match context.partition() {
        "aws-cn" => "cn.com.amazonaws",
        _ => "com.amazonaws",
    };
    let made = || Some(format!("{prefix}.{}.{}", context.region(), text("service")?));
    text("service_name").map(str::to_owned).or_else(made)
}

type Answer = (Vec<String>, Vec<types::ServiceDetail>);

async fn describe(context: &Arc<Context>, config: &Value, name: Option<&str>) -> Result<Answer, Failure> {
    let tags = config.get("tags").map(tags::from_value).unwrap_or_default();
    let mut filters: Vec<Filter> =
        tags.into_iter().map(|(key, value)| Filter::new(format!("tag:{key}"), [value])).collect();
    filters.extend(filters_of(config));
    let regions = texts(config.get("service_regions"));
    let ec2 = context.ec2();
    let request = ec2
        .safe
        .describe_vpc_endpoint_services()
        .set_filters(client::filters_of(filters))
        .set_service_names(name.map(|name| vec![name.to_owned()]))
        .set_service_regions((!regions.is_empty()).then_some(regions));
    let (mut names, mut details) = Answer::default();
    let mut token = None;
    loop {
        let page = answer(request.clone().set_next_token(token).send()).await?;
        names.extend(page.service_names.unwrap_or_default());
        details.extend(page.service_details.unwrap_or_default());
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok((names, details));
        }
    }
}

fn types_of(detail: &types::ServiceDetail) -> Vec<&str> {
    let types = detail.service_type.iter().flatten().filter_map(|detail| detail.service_type.as_ref());
    types.map(types::ServiceType::as_str).collect()
}

fn value(context: &Context, found: types::ServiceDetail, config: &Value) -> Value {
    let kind = types_of(&found).first().map(|kind| (*kind).to_owned());
    let flag = |value: Option<bool>| Some(value.unwrap_or_default());
    let id = found.service_id.clone();
    let region = found.service_region.clone().unwrap_or_else(|| context.region().to_owned());
    let owner = found.owner.as_deref().unwrap_or_default();
    let arn = format!(
        "arn:{}:ec2:{region}:{owner}:vpc-endpoint-service/{}",
        context.partition(),
        id.as_deref().unwrap_or_default()
    );
    let names = found.private_dns_names.unwrap_or_default();
    let families = found.supported_ip_address_types.unwrap_or_default();
    Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(id.as_deref().or(found.service_name.as_deref()).unwrap_or_default()))
        .bool("acceptance_required", flag(found.acceptance_required))
        .str("arn", Some(arn))
        .string_set("availability_zones", found.availability_zones.unwrap_or_default())
        .string_set("base_endpoint_dns_names", found.base_endpoint_dns_names.unwrap_or_default())
        .bool("manages_vpc_endpoints", flag(found.manages_vpc_endpoints))
        .text("owner", Some(owner))
        .text("private_dns_name", found.private_dns_name.as_deref())
        .string_set("private_dns_names", names.into_iter().filter_map(|name| name.private_dns_name))
        .str("region", Some(&region))
        .text("service_id", id.as_deref())
        .text("service_name", found.service_name.as_deref())
        .str("service_region", Some(&region))
        .text("service_type", kind)
        .string_set("supported_ip_address_types", families.iter().map(types::ServiceConnectivityType::as_str))
        .bool("vpc_endpoint_policy_supported", flag(found.vpc_endpoint_policy_supported))
        .set("tags", visible_tags(context, found.tags))
        .build()
}
