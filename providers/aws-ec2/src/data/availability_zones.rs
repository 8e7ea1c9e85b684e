//! `aws_availability_zones`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::calls::Filter;
use crate::calls::image::Zone;
use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ProviderError, ReadDataRequest};

use super::filters::filters_of;
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::errors::{self, Effect};
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;

/// `aws_availability_zones`
pub struct AvailabilityZones;

const KIND: &str = "aws_availability_zones";

impl DataSource for AvailabilityZones {
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
    let mut filters = filters_of(&config);
    if let Some(state) = config.get_str("state") {
        filters.push(Filter::new("state", [state]));
    }
    let all = config.get_bool("all_availability_zones").unwrap_or_default();
    let zones = context.ec2().describe_availability_zones(filters, all).await;
    let zones = zones
        .map_err(|error| errors::provider_error("reading EC2 Availability Zones", Effect::Read, &error))?;
    Ok(value(context.region(), zones, &config))
}

fn value(region: &str, mut zones: Vec<Zone>, config: &Value) -> Value {
    let excluded = |name: &str, zone: &str| {
        let elements = config.get(name).and_then(Value::as_elements).unwrap_or_default();
        elements.iter().any(|excluded| excluded.as_str() == Some(zone))
    };
    zones.retain(|zone| !excluded("exclude_names", &zone.name) && !excluded("exclude_zone_ids", &zone.id));
    zones.sort_by(|a, b| a.name.cmp(&b.name));
    let groups: BTreeSet<&str> =
        zones.iter().map(|zone| zone.group_name.as_str()).filter(|group| !group.is_empty()).collect();
    Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(region))
        .str("region", Some(region))
        .string_set("group_names", groups)
        .string_list("names", zones.iter().map(|zone| &zone.name))
        .string_list("zone_ids", zones.iter().map(|zone| &zone.id))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::Type;

    #[test]
    fn zones_are_sorted_by_name_and_excluded_ones_left_out() {
        let zone = |name: &str, id: &str| Zone {
            name: name.into(),
            id: id.into(),
            group_name: "r".into(),
            state: None,
        };
        let config = Value::object([("exclude_names", Value::set(Type::String, [Value::string("rb")]))]);
        let value = value("r", vec![zone("rc", "1"), zone("rb", "2"), zone("ra", "3")], &config);
        let texts = |name: &str| -> Vec<String> {
            let elements = value.get(name).and_then(Value::as_elements).unwrap_or_default();
            elements.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        assert_eq!(texts("names"), ["ra", "rc"]);
        assert_eq!(texts("zone_ids"), ["3", "1"]);
        assert_eq!(texts("group_names"), ["r"]);
    }
}
