//! `aws_availability_zone`: one zone of the region.

use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use super::filters::filters_of;
use crate::calls::client::{self, answer};
use crate::calls::{Ec2Context, Filter};
use crate::context::Context;
use crate::errors::{self, Effect, Failure};
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;

/// `aws_availability_zone`
pub struct AvailabilityZone;

const KIND: &str = "aws_availability_zone";
const OPERATION: &str = "reading EC2 Availability Zone";

impl DataSource for AvailabilityZone {
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
    let mut zones = match describe(context, &config).await {
        Err(error) if error.is_gone() => Vec::new(),
        answer => answer.map_err(|error| errors::provider_error(OPERATION, Effect::Read, &error))?,
    };
    match zones.len() {
        1 => Ok(value(zones.swap_remove(0), &config)),
        0 => Err(invalid("no matching EC2 Availability Zone found.")),
        _ => Err(invalid(
            "multiple EC2 Availability Zones matched; use additional constraints to reduce matches to a single EC2 \
             Availability Zone.",
        )),
    }
}

fn invalid(detail: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, OPERATION, detail)
        .with_remedy("Set name or zone_id, or narrower filters.")
}

async fn describe(context: &Arc<Context>, config: &Value) -> Result<Vec<types::AvailabilityZone>, Failure> {
    let text = |name: &str| config.get_str(name).filter(|text| !text.is_empty());
    let list = |name: &str| text(name).map(|text| vec![text.to_owned()]);
    let mut filters: Vec<Filter> =
        text("state").map(|state| Filter::new("state", [state])).into_iter().collect();
    filters.extend(filters_of(config));
    let ec2 = context.ec2();
    let call = ec2
        .safe
        .describe_availability_zones()
        .set_all_availability_zones(config.get_bool("all_availability_zones"))
        .set_zone_ids(list("zone_id"))
        .set_zone_names(list("name"))
        .set_filters(client::filters_of(filters));
    Ok(answer(call.send()).await?.availability_zones.unwrap_or_default())
}

fn value(zone: types::AvailabilityZone, config: &Value) -> Value {
    let name = zone.zone_name.as_deref().unwrap_or_default();
    let region = zone.region_name.as_deref().unwrap_or_default();
    Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(name))
        .str("name", Some(name))
        .str("name_suffix", Some(suffix(name, region)))
        .str("region", Some(region))
        .text("group_long_name", zone.group_long_name())
        .text("group_name", zone.group_name())
        .text("network_border_group", zone.network_border_group())
        .text("opt_in_status", zone.opt_in_status().map(|status| status.as_str()))
        .text("parent_zone_id", zone.parent_zone_id())
        .text("parent_zone_name", zone.parent_zone_name())
        .text("state", zone.state().map(|state| state.as_str()))
        .text("zone_id", zone.zone_id())
        .text("zone_type", zone.zone_type())
        .build()
}

/// What a zone's name adds to its region's: `a`, or `lax-1a` of a local zone.
fn suffix<'a>(name: &'a str, region: &str) -> &'a str {
    name.strip_prefix(region).unwrap_or(name).trim_start_matches('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_a_name_of_its_own_within_its_region() {
        assert_eq!(suffix("us-west-2a", "us-west-2"), "a");
        assert_eq!(suffix("us-west-2-lax-1a", "us-west-2"), "lax-1a");
    }
}
