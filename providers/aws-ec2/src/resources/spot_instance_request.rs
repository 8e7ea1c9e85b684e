//! `aws_spot_instance_request`.
//!
//! A request says once what its instance shall be: everything but tags makes a new request. It shows
//! the instance that it got; removing it ends that as well.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ec2::types::{
    RequestSpotLaunchSpecification, ResourceType, RunInstancesMonitoringEnabled, SpotInstanceRequest as Spot,
    SpotInstanceState, SpotPlacement,
};
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, ErrorKind, FindRequest, ProviderError, diff};

use super::common::{
    Change, Ec2Type, Limits, Wanted, account, arn, by_id, by_token, ids_of, on, planned_time, some_texts,
    text, time,
};
use super::instance::{self, Whole, launch, user_data, value, volumes};
use crate::calls::client::{answer, lists, tag_specification, tagged, tags_of};
use crate::calls::{Ec2Context, Select};
use crate::context::Context;
use crate::errors::{self, Effect, Failure};
use crate::shape::Shape;
use crate::{registry, tags, wait};

/// `aws_spot_instance_request`
pub struct SpotInstanceRequest;

/// A request, its instance, and the account it is in.
pub struct Found {
    spot: Spot,
    whole: Option<Whole>,
    account: String,
}

/// Arguments of instances that a request cannot carry.
const NOT_CARRIED: [&str; 15] = [
    "capacity_reservation_specification",
    "cpu_options",
    "credit_specification",
    "disable_api_stop",
    "disable_api_termination",
    "enclave_options",
    "hibernation",
    "host_id",
    "host_resource_group_arn",
    "instance_initiated_shutdown_behavior",
    "launch_template",
    "maintenance_options",
    "placement_partition_number",
    "private_dns_name_options",
    "secondary_network_interface",
];
/// What changes while an instance lives.
const LIVE: [&str; 8] = [
    "instance_state",
    "outpost_arn",
    "password_data",
    "primary_network_interface_id",
    "private_dns",
    "private_ip",
    "public_dns",
    "public_ip",
];

impl Ec2Type for SpotInstanceRequest {
    type Found = Found;
    const KIND: &'static str = "aws_spot_instance_request";
    const NOUN: &'static str = "EC2 Spot Instance Request";
    const LIMITS: Limits = Limits { create: 600, update: 600, delete: 1_200 };

    fn check(config: &Value) -> Diagnostics {
        let set = |name: &&str| {
            let value = config.get(name).filter(|value| !value.is_null());
            value.is_some_and(|value| value.as_elements().is_none_or(|elements| !elements.is_empty()))
        };
        let names: Vec<&str> = NOT_CARRIED.into_iter().filter(set).collect();
        let mut diagnostics = Diagnostics::new();
        if !names.is_empty() {
            diagnostics.push(Diagnostic::warning(
                "Arguments without effect",
                format!(
                    "A spot request cannot carry {}, so the instance is made without. Use aws_instance with \
                     instance_market_options where that matters.",
                    names.join(", ")
                ),
            ));
        }
        diagnostics
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let account = account(context).await?;
        let spots =
            by_id(ids_of(wanted), "spot-instance-request-id", |select| instance::list_spots(context, select));
        let spots: Vec<Spot> = spots.await?.into_iter().filter(is_alive).collect();
        let mut wholes = instances(context, &spots).await?;
        let found = spots.into_iter().filter_map(|spot| {
            let whole = spot.instance_id().and_then(|id| wholes.remove(id));
            let id = spot.spot_instance_request_id.clone()?;
            Some((id, Found { spot, whole, account: account.clone() }))
        });
        Ok(found.collect())
    }

    fn settled(change: &Change<'_, Found>) -> bool {
        on(change.planned, "wait_for_fulfillment").is_none() || change.found.spot.instance_id.is_some()
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let spot = &found.spot;
        let schema = registry::schema(Self::KIND);
        let id = spot.spot_instance_request_id().unwrap_or_default();
        let price = text(known, "spot_price");
        let shape = Shape::new(schema, known)
            .text("id", Some(id))
            .text("arn", Some(arn(context, Some(&found.account), &format!("spot-instances-request/{id}"))))
            .text("region", Some(context.region()))
            .text(
                "instance_interruption_behavior",
                spot.instance_interruption_behavior().map(|behavior| behavior.as_str()),
            )
            .text("launch_group", spot.launch_group())
            .text("spot_bid_status", spot.status().and_then(|status| status.code()))
            .text("spot_instance_id", spot.instance_id())
            .text("spot_price", spot.spot_price().map(|found| value::same_price(found, price.as_deref())))
            .text("spot_request_state", spot.state().map(|state| state.as_str()))
            .text("spot_type", spot.r#type().map(|kind| kind.as_str()))
            .text("valid_from", time(spot.valid_from()))
            .text("valid_until", time(spot.valid_until()))
            .tags(context.tags().observed(&tags_of(spot.tags.clone()), known));
        let own = shape.build();
        let empty = Value::empty_object();
        let blank = Shape::new(schema, &empty);
        let seen = match &found.whole {
            Some(whole) => value::with_instance(context, blank, whole, &empty).build(),
            None => blank.nothing().build(),
        };
        merged(own, &seen, known)
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let tags = tags::for_create(planned, &request.token);
        let specification = specification(context, request).await?;
        let behavior = text(planned, "instance_interruption_behavior");
        let ec2 = context.ec2();
        let ask = ec2
            .once
            .request_spot_instances()
            .client_token(&*request.token)
            .instance_count(1)
            .set_spot_price(text(planned, "spot_price"))
            .set_type(text(planned, "spot_type").map(|kind| kind.as_str().into()))
            .set_launch_group(text(planned, "launch_group"))
            .set_instance_interruption_behavior(behavior.map(|behavior| behavior.as_str().into()))
            .set_valid_from(planned_time(planned, "valid_from"))
            .set_valid_until(planned_time(planned, "valid_until"))
            .launch_specification(specification)
            .set_tag_specifications(tag_specification(ResourceType::SpotInstancesRequest, &tags));
        let asked = answer(ask.send()).await?.spot_instance_requests;
        let spot = asked.and_then(|spots| spots.into_iter().next());
        spot.and_then(|spot| spot.spot_instance_request_id).ok_or_else(|| Failure::incomplete("request"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        match Self::settled(change) {
            true => Ok(None),
            false => fulfilled(context, change).await.map(|()| None),
        }
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        let ec2 = context.ec2();
        // The request first: a persistent one would ask for another instance.
        let spots = instance::list_spots(context, Select::one("spot-instance-request-id", id)).await?;
        answer(ec2.safe.cancel_spot_instance_requests().spot_instance_request_ids(id).send()).await?;
        let seen = spots.into_iter().find_map(|spot| spot.instance_id);
        let Some(instance) = seen.or_else(|| text(prior, "spot_instance_id")) else { return Ok(()) };
        match answer(ec2.safe.terminate_instances().instance_ids(&instance).send()).await {
            Err(error) if error.is_gone() => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                let limit = wait::timeout(prior, "delete", Duration::from_secs(Self::LIMITS.delete));
                Ok(terminated(context, &instance, limit).await?)
            }
        }
    }

    lists!(describe_spot_instance_requests [], spot_instance_requests, |spot| {
        let alive = is_alive(&spot);
        tagged(spot.spot_instance_request_id, spot.tags).filter(|_| alive)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let spots = instance::list_spots(context, by_token(&request.token)).await?;
        Ok(spots.into_iter().filter(is_alive).find_map(|spot| spot.spot_instance_request_id))
    }
}

/// Whether the request stands: a cancelled one with an instance does not ask for another.
fn is_alive(spot: &Spot) -> bool {
    !matches!(
        spot.state(),
        Some(SpotInstanceState::Cancelled | SpotInstanceState::Closed | SpotInstanceState::Failed)
    )
}

async fn instances(context: &Arc<Context>, spots: &[Spot]) -> Result<BTreeMap<String, Whole>, Failure> {
    let ids = spots.iter().filter_map(|spot| spot.instance_id.clone()).collect();
    let found = by_id(ids, "instance-id", |select| instance::list(context, select)).await?;
    instance::whole(context, instance::instances(found).collect(), &BTreeMap::new()).await
}

async fn specification(
    context: &Arc<Context>,
    request: &CreateRequest,
) -> Result<RequestSpotLaunchSpecification, Failure> {
    let planned = &request.planned;
    let get = |name: &str| text(planned, name);
    let public = request.config.get_bool("associate_public_ip_address");
    let interfaces = launch::interfaces(planned, public);
    let own = interfaces.is_none();
    let monitoring = planned.get_bool("monitoring");
    Ok(RequestSpotLaunchSpecification::builder()
        .set_image_id(get("ami"))
        .set_instance_type(get("instance_type").map(|kind| kind.as_str().into()))
        .set_key_name(get("key_name"))
        .set_ebs_optimized(planned.get_bool("ebs_optimized"))
        .set_user_data(user_data::planned(planned))
        .set_iam_instance_profile(get("iam_instance_profile").as_deref().map(launch::profile))
        .set_monitoring(monitoring.map(|on| RunInstancesMonitoringEnabled::builder().enabled(on).build()))
        .set_placement(placement(planned))
        .set_block_device_mappings(volumes::planned(context, planned).await?)
        .set_network_interfaces(interfaces)
        .set_subnet_id(get("subnet_id").filter(|_| own))
        .set_security_group_ids(some_texts(planned, "vpc_security_group_ids").filter(|_| own))
        .set_security_groups(some_texts(planned, "security_groups").filter(|_| own))
        .build())
}

fn placement(planned: &Value) -> Option<SpotPlacement> {
    let placement = SpotPlacement::builder()
        .set_availability_zone(text(planned, "availability_zone"))
        .set_group_name(text(planned, "placement_group"))
        .set_tenancy(text(planned, "tenancy").map(|tenancy| tenancy.as_str().into()))
        .build();
    (placement != SpotPlacement::builder().build()).then_some(placement)
}

/// Waits until the request has its instance.
async fn fulfilled(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    wait::until(change.operation, change.limit, || async {
        let select = Select::one("spot-instance-request-id", change.id);
        let spots = instance::list_spots(context, select).await.map_err(|error| change.failed(error))?;
        let spot = spots.into_iter().next();
        match spot {
            Some(spot) if spot.instance_id.is_some() => Ok(Some(())),
            Some(spot) if is_alive(&spot) => Ok(None),
            spot => {
                let status = spot.and_then(|spot| spot.status);
                let reason = status.and_then(|status| status.message.or(status.code)).unwrap_or_default();
                Err(ProviderError::new(
                    ErrorKind::Other,
                    change.operation,
                    format!("the request was not fulfilled ({reason})."),
                ))
            }
        }
    })
    .await
}

async fn terminated(context: &Arc<Context>, id: &str, limit: Duration) -> Result<(), ProviderError> {
    let operation = format!("waiting for the end of EC2 Instance ({id})");
    wait::until(&operation, limit, || async {
        let found = instance::list(context, Select::one("instance-id", id)).await;
        let found = found.map_err(|error| errors::provider_error(&operation, Effect::Read, &error))?;
        let state = instance::instances(found).find_map(|(_, instance)| instance.state?.name);
        Ok(state.is_none_or(|state| state.as_str() == "terminated").then_some(()))
    })
    .await
}

/// What the request says, with what its instance tells where the request leaves it open.
fn merged(own: Value, seen: &Value, known: &Value) -> Value {
    let merged = own.as_entries().into_iter().flatten().map(|(name, own)| {
        let open = known.get(name).is_none_or(|known| known.is_null() || !known.is_wholly_known());
        let told = seen.get(name).filter(|_| LIVE.contains(&&**name) || (open && is_of_instance(name)));
        let value = match (told, known.get(name)) {
            (Some(told), Some(known)) if !LIVE.contains(&&**name) => completed(known, told),
            (Some(told), _) => told.clone(),
            (None, _) => own.clone(),
        };
        (name.clone(), value)
    });
    Value::object(merged.collect::<Vec<_>>())
}

/// Whether an attribute is about the instance and not about the request.
fn is_of_instance(name: &str) -> bool {
    !name.starts_with("spot_")
        && !matches!(
            name,
            "id" | "arn"
                | "region"
                | "tags"
                | "tags_all"
                | "valid_from"
                | "valid_until"
                | "launch_group"
                | "timeouts"
                | "wait_for_fulfillment"
                | "force_destroy"
                | "volume_tags"
                | "instance_interruption_behavior"
        )
}

/// A value as it is written, and nothing where it is unknown.
fn as_written(value: &Value) -> Value {
    if value.is_wholly_known() {
        return value.clone();
    }
    if let Some(entries) = value.as_entries() {
        let entries = entries.iter().map(|(name, value)| (name.clone(), as_written(value)));
        return Value::object(entries.collect::<Vec<_>>());
    }
    let elements = value.as_elements().unwrap_or_default().iter().map(as_written);
    match value.ty() {
        evenkeel_model::Type::Set(element) if value.is_known() => Value::set((*element).clone(), elements),
        evenkeel_model::Type::List(element) if value.is_known() => Value::list((*element).clone(), elements),
        ty => Value::null(ty),
    }
}

/// A value as it is written, with what is told where it is unknown.
fn completed(known: &Value, told: &Value) -> Value {
    if known.is_wholly_known() && !known.is_null() {
        return known.clone();
    }
    if let (Some(known), Some(told)) = (known.as_entries(), told.as_entries()) {
        let attribute = |(name, told): (&Arc<str>, &Value)| {
            (name.clone(), known.get(name).map_or_else(|| told.clone(), |known| completed(known, told)))
        };
        return Value::object(told.iter().map(attribute).collect::<Vec<_>>());
    }
    let (Some(blocks), Some(elements)) = (known.as_elements(), told.as_elements()) else {
        return told.clone();
    };
    if elements.is_empty() {
        // The instance has none of what the request cannot carry.
        return as_written(known);
    }
    let fits = |known: &Value, told: &Value| {
        known.as_entries().into_iter().flatten().all(|(name, known)| {
            name.starts_with("tags")
                || !known.is_wholly_known()
                || known.is_null()
                || told.get(name).is_some_and(|told| diff::same(told, known))
        })
    };
    let one = blocks.len() == 1 && elements.len() == 1;
    let complete = |told: &Value| match blocks.iter().find(|known| one || fits(known, told)) {
        Some(known) => completed(known, told),
        None => told.clone(),
    };
    match told.ty() {
        evenkeel_model::Type::Set(element) => Value::set((*element).clone(), elements.iter().map(complete)),
        evenkeel_model::Type::List(element) => Value::list((*element).clone(), elements.iter().map(complete)),
        _ => told.clone(),
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_model::Type;

    use super::*;

    #[test]
    fn blocks_of_which_the_instance_has_none_stay_as_they_are_written() {
        let block = |threads: Value| Value::object([("cores", Value::number(2)), ("threads", threads)]);
        let list = |blocks: Vec<Value>| {
            let ty = Type::object([("cores", Type::Number), ("threads", Type::Number)]);
            Value::list(ty, blocks)
        };
        let known = list(vec![block(Value::unknown(Type::Number))]);
        assert_eq!(completed(&known, &list(vec![])), list(vec![block(Value::null(Type::Number))]));
        let told = list(vec![block(Value::number(1))]);
        assert_eq!(completed(&known, &told), told);
    }
}
