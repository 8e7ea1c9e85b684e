//! `aws_nat_gateway`, zonal and regional.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types::{
    AvailabilityMode, AvailabilityZoneAddress, NatGateway as Found, NatGatewayAddress,
    NatGatewayAddressStatus, NatGatewayState, ResourceType,
};
use evenkeel_model::{Diagnostic, Diagnostics, Type, Value};
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Limits, Progress, Wanted, by_id, ids_of, int, or_empty, text, texts};
use crate::calls::client::{answer, describe, lists, tag_specification, tagged, tags_of};
use crate::calls::{Call, Ec2Context, Filter, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::{registry, tags, wait};

/// `aws_nat_gateway`
pub struct NatGateway;

impl Ec2Type for NatGateway {
    type Found = Found;
    const KIND: &'static str = "aws_nat_gateway";
    const NOUN: &'static str = "EC2 NAT Gateway";
    const LIMITS: Limits = Limits { create: 600, update: 600, delete: 1_800 };

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let kind = match config.get("connectivity_type") {
            Some(kind) if kind.is_unknown() => return diagnostics,
            kind => kind.and_then(Value::as_str).unwrap_or("public"),
        };
        let refused: &[&str] = match kind {
            "private" => &["allocation_id", "secondary_allocation_ids"],
            _ => &["secondary_private_ip_address_count"],
        };
        for name in refused.iter().filter(|name| is_set(config, name)) {
            diagnostics.push(Diagnostic::error(
                "Conflicting configuration arguments",
                format!("\"{name}\" is not supported with connectivity_type = \"{kind}\"."),
            ));
        }
        if let Some(problem) = misplaced(config) {
            diagnostics.push(Diagnostic::error("Invalid combination of arguments", problem));
        }
        diagnostics
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let gateways =
            by_id(ids_of(wanted), "nat-gateway-id", |select| describe_gateways(context, select)).await?;
        // A gateway is told of for about an hour after its end.
        let alive = gateways.into_iter().filter(|gateway| gateway.state != Some(NatGatewayState::Deleted));
        Ok(alive.filter_map(|gateway| Some((gateway.nat_gateway_id.clone()?, gateway))).collect())
    }

    fn progress(found: &Found) -> Progress {
        match found.state {
            Some(NatGatewayState::Pending) => Progress::Coming,
            Some(NatGatewayState::Failed) => Progress::Lost(format!(
                "the gateway failed: {}.",
                found
                    .failure_message
                    .as_deref()
                    .unwrap_or("the service gives no reason")
                    .trim_end_matches('.')
            )),
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let regional = is_regional(found);
        let primary = (!regional).then(|| primary(found)).flatten();
        let of_primary = |part: fn(&NatGatewayAddress) -> &Option<String>| {
            primary.map(|address| part(address).as_deref().unwrap_or_default())
        };
        let allocation = of_primary(|address| &address.allocation_id).filter(|id| !id.is_empty());
        let private = secondary(found, |address| &address.private_ip);
        let builder = Builder::new(registry::schema(Self::KIND), known)
            .str("id", found.nat_gateway_id.as_deref())
            .str("region", Some(context.region()))
            .str("allocation_id", allocation)
            .str("association_id", of_primary(|address| &address.association_id))
            .str("network_interface_id", of_primary(|address| &address.network_interface_id))
            .str("private_ip", of_primary(|address| &address.private_ip))
            .str("public_ip", of_primary(|address| &address.public_ip))
            .str("availability_mode", Some(if regional { "regional" } else { "zonal" }))
            .str(
                "connectivity_type",
                Some(found.connectivity_type.as_ref().map_or("public", |kind| kind.as_str())),
            )
            .number(
                "secondary_private_ip_address_count",
                Some(i64::try_from(private.len()).unwrap_or_default()),
            )
            .string_set("secondary_private_ip_addresses", private)
            .string_set("secondary_allocation_ids", secondary(found, |address| &address.allocation_id))
            .str("subnet_id", found.subnet_id.as_deref().filter(|id| !id.is_empty()))
            .str("vpc_id", found.vpc_id.as_deref())
            .tags(context.tags().observed(&tags_of(found.tags.clone()), known));
        with_regional(builder, found, known).build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let get = |name: &str| text(planned, name);
        let several = |name: &str| Some(texts(planned.get(name))).filter(|texts| !texts.is_empty());
        let zones: Vec<_> = zones_in(planned).iter().map(zone_address).collect();
        let tags = tags::for_create(planned, &request.token);
        let call = context
            .ec2()
            .safe
            .create_nat_gateway()
            .client_token(&*request.token)
            .set_allocation_id(get("allocation_id"))
            .set_availability_mode(get("availability_mode").map(|mode| mode.as_str().into()))
            .set_availability_zone_addresses((!zones.is_empty()).then_some(zones))
            .set_connectivity_type(get("connectivity_type").map(|kind| kind.as_str().into()))
            .set_private_ip_address(get("private_ip"))
            .set_secondary_allocation_ids(several("secondary_allocation_ids"))
            .set_secondary_private_ip_addresses(several("secondary_private_ip_addresses"))
            .set_secondary_private_ip_address_count(int(planned, "secondary_private_ip_address_count"))
            .set_subnet_id(get("subnet_id"))
            .set_vpc_id(get("vpc_id"))
            .set_tag_specifications(tag_specification(ResourceType::Natgateway, &tags));
        let gateway = answer(call.send()).await?.nat_gateway;
        gateway.and_then(|gateway| gateway.nat_gateway_id).ok_or_else(|| Failure::incomplete("NAT gateway"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        if is_regional(change.found) {
            bring_zones(context, change).await?;
        } else if change.planned.get_str("connectivity_type") == Some("private") {
            bring_private(context, change).await?;
        } else {
            bring_allocations(context, change).await?;
        }
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        // Asking again for a removal that is under way is no mistake.
        answer(context.ec2().safe.delete_nat_gateway().nat_gateway_id(id).send()).await.map(drop)
    }

    lists!(describe_nat_gateways [], nat_gateways, |gateway| {
        let over = gateway.state.as_ref().is_some_and(|state| matches!(state.as_str(), "deleted" | "failed"));
        tagged(gateway.nat_gateway_id, gateway.tags).filter(|_| !over)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let filters = vec![
            Filter::new(format!("tag:{}", tags::OWNER_KEY), [&*request.token]),
            Filter::new("state", ["pending", "available"]),
        ];
        let gateways = describe_gateways(context, Select::Filters(filters)).await?;
        Ok(gateways.into_iter().find_map(|gateway| gateway.nat_gateway_id))
    }
}

fn describe_gateways(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Found>> {
    describe!(context.ec2(), select, describe_nat_gateways, set_nat_gateway_ids, set_filter, nat_gateways)
}

fn is_set(config: &Value, name: &str) -> bool {
    let empty = |value: &Value| value.as_elements().is_some_and(<[Value]>::is_empty);
    config.get(name).is_some_and(|value| value.is_known() && !value.is_null() && !empty(value))
}

/// What is set that does not go with the kind of gateway.
fn misplaced(config: &Value) -> Option<&'static str> {
    let mode = config.get("availability_mode").filter(|mode| !mode.is_null());
    if mode.is_some_and(Value::is_unknown) {
        return None;
    }
    let open = |name: &str| config.get(name).is_none_or(Value::is_null);
    match mode.and_then(Value::as_str) {
        Some("regional") if open("vpc_id") => Some("A regional NAT gateway needs vpc_id."),
        Some("regional") if is_set(config, "subnet_id") => {
            Some("A regional NAT gateway belongs to a VPC, not to a subnet: leave subnet_id out.")
        }
        Some("regional") => None,
        _ if open("subnet_id") => Some("A zonal NAT gateway needs subnet_id."),
        _ if is_set(config, "availability_zone_address") => {
            Some("availability_zone_address needs availability_mode = \"regional\".")
        }
        _ => None,
    }
}

fn is_regional(found: &Found) -> bool {
    found.availability_mode == Some(AvailabilityMode::Regional)
}

fn primary(found: &Found) -> Option<&NatGatewayAddress> {
    let addresses = found.nat_gateway_addresses();
    addresses.iter().find(|address| address.is_primary == Some(true) || addresses.len() == 1)
}

/// Addresses that are there to stay.
fn lasting(found: &Found) -> impl Iterator<Item = &NatGatewayAddress> {
    use NatGatewayAddressStatus::{Disassociating, Failed, Unassigning};
    let leaves =
        |address: &NatGatewayAddress| matches!(address.status, Some(Disassociating | Failed | Unassigning));
    found.nat_gateway_addresses().iter().filter(move |address| !leaves(address))
}

/// One part of every secondary address, where it has it.
fn secondary(found: &Found, part: fn(&NatGatewayAddress) -> &Option<String>) -> BTreeSet<String> {
    if is_regional(found) || found.nat_gateway_addresses().len() == 1 {
        return BTreeSet::new();
    }
    let secondary = lasting(found).filter(|address| address.is_primary != Some(true));
    secondary.filter_map(|address| part(address).clone()).filter(|text| !text.is_empty()).collect()
}

/// The addresses of one zone: its name, its identifier, allocations.
type Zone = (Option<String>, Option<String>, BTreeSet<String>);

fn zones_in(value: &Value) -> Vec<Zone> {
    let elements = value.get("availability_zone_address").and_then(Value::as_elements).unwrap_or_default();
    let zone = |element: &Value| {
        let allocations = texts(element.get("allocation_ids")).into_iter().collect();
        (text(element, "availability_zone"), text(element, "availability_zone_id"), allocations)
    };
    elements.iter().map(zone).collect()
}

fn zone_address((name, id, allocations): &Zone) -> AvailabilityZoneAddress {
    let id = id.clone().filter(|_| name.is_none());
    AvailabilityZoneAddress::builder()
        .set_availability_zone(name.clone())
        .set_availability_zone_id(id)
        .set_allocation_ids(Some(allocations.iter().cloned().collect()))
        .build()
}

/// The allocations that a regional gateway has in each zone, by the zone's name and identifier.
fn zones_of(found: &Found) -> Vec<Zone> {
    let mut zones: BTreeMap<(Option<String>, Option<String>), BTreeSet<String>> = BTreeMap::new();
    for address in lasting(found) {
        let zone = (address.availability_zone.clone(), address.availability_zone_id.clone());
        zones.entry(zone).or_default().extend(address.allocation_id.clone());
    }
    zones.into_iter().map(|((name, id), allocations)| (name, id, allocations)).collect()
}

/// What only regional gateways have. Which zones it serves is configuration's business only where it
/// names them; otherwise the service decides.
fn with_regional<'a>(builder: Builder<'a>, found: &Found, known: &Value) -> Builder<'a> {
    let auto = found.auto_provision_zones.as_ref().map(|state| state.as_str());
    let scaling = found.auto_scaling_ips.as_ref().map(|state| state.as_str());
    let addresses = if is_regional(found) { found.nat_gateway_addresses() } else { &[] };
    let builder = builder
        .str("auto_provision_zones", auto)
        .str("auto_scaling_ips", scaling)
        .str("regional_nat_gateway_auto_mode", is_regional(found).then_some(auto.unwrap_or("disabled")))
        .str("route_table_id", found.route_table_id.as_deref())
        .set("regional_nat_gateway_address", Value::set(address_type(), addresses.iter().map(address_value)));
    let named = zones_in(known);
    if named.is_empty() && auto != Some("disabled") {
        return builder;
    }
    let zones = if is_regional(found) { zones_of(found) } else { Vec::new() };
    let element = |(name, id, allocations): Zone| {
        let known =
            named.iter().find(|known| (name.is_some() && known.0 == name) || (id.is_some() && known.1 == id));
        let name = known.map_or(name.clone(), |known| known.0.clone());
        let text = |text: Option<String>| text.map_or_else(|| Value::null(Type::String), Value::string);
        Value::object([
            ("allocation_ids", Value::set(Type::String, allocations.into_iter().map(Value::string))),
            ("availability_zone", text(name)),
            ("availability_zone_id", text(id)),
        ])
    };
    let ty = Type::object([
        ("allocation_ids", Type::set(Type::String)),
        ("availability_zone", Type::String),
        ("availability_zone_id", Type::String),
    ]);
    builder.set("availability_zone_address", Value::set(ty, zones.into_iter().map(element)))
}

const ADDRESS_PARTS: [&str; 7] = [
    "allocation_id",
    "association_id",
    "availability_zone",
    "availability_zone_id",
    "network_interface_id",
    "public_ip",
    "status",
];

fn address_type() -> Type {
    Type::object(ADDRESS_PARTS.map(|name| (name, Type::String)))
}

fn address_value(address: &NatGatewayAddress) -> Value {
    let status = address.status.as_ref().map(|status| status.as_str().to_owned());
    let parts = [
        &address.allocation_id,
        &address.association_id,
        &address.availability_zone,
        &address.availability_zone_id,
        &address.network_interface_id,
        &address.public_ip,
        &status,
    ];
    let texts = parts.map(|part| Value::string(or_empty(part).unwrap_or_default()));
    Value::object(ADDRESS_PARTS.into_iter().zip(texts))
}

fn planned_set(change: &Change<'_, Found>, name: &str) -> Option<BTreeSet<String>> {
    change.wanted(name).map(|value| texts(Some(value)).into_iter().collect())
}

fn missing(wanted: &BTreeSet<String>, there: &BTreeSet<String>) -> Vec<String> {
    wanted.difference(there).cloned().collect()
}

async fn bring_private(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    let Some(wanted) = planned_set(change, "secondary_private_ip_addresses") else { return Ok(()) };
    let current = secondary(change.found, |address| &address.private_ip);
    let ec2 = context.ec2();
    let (new, old) = (missing(&wanted, &current), missing(&current, &wanted));
    if !new.is_empty() {
        let call = ec2.safe.assign_private_nat_gateway_address().nat_gateway_id(change.id);
        let call = call.set_private_ip_addresses(Some(new));
        answer(call.send()).await.map_err(|error| change.failed(error))?;
    }
    if !old.is_empty() {
        let call = ec2.safe.unassign_private_nat_gateway_address().nat_gateway_id(change.id);
        let call = call.set_private_ip_addresses(Some(old));
        answer(call.send()).await.map_err(|error| change.failed(error))?;
    }
    settle(context, change).await
}

async fn bring_allocations(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    let Some(wanted) = planned_set(change, "secondary_allocation_ids") else { return Ok(()) };
    let current = secondary(change.found, |address| &address.allocation_id);
    let new = missing(&wanted, &current);
    if !new.is_empty() {
        let private = planned_set(change, "secondary_private_ip_addresses").unwrap_or_default();
        let private = missing(&private, &secondary(change.found, |address| &address.private_ip));
        associate(context, change, new, Some(private).filter(|ips| !ips.is_empty()), None).await?;
    }
    disassociate(context, change, &missing(&current, &wanted)).await?;
    settle(context, change).await
}

async fn bring_zones(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    if change.wanted("availability_zone_address").is_none() {
        return Ok(());
    }
    let wanted = zones_in(change.planned);
    let all = |zones: &[Zone]| -> BTreeSet<String> { zones.iter().flat_map(|zone| zone.2.clone()).collect() };
    let current = all(&zones_of(change.found));
    for zone in &wanted {
        let new = missing(&zone.2, &current);
        if !new.is_empty() {
            associate(context, change, new, None, Some(zone)).await?;
        }
    }
    disassociate(context, change, &missing(&current, &all(&wanted))).await?;
    settle(context, change).await
}

async fn associate(
    context: &Arc<Context>,
    change: &Change<'_, Found>,
    allocations: Vec<String>,
    private: Option<Vec<String>>,
    zone: Option<&Zone>,
) -> Result<(), ProviderError> {
    let name = zone.and_then(|zone| zone.0.clone());
    let id = zone.and_then(|zone| zone.1.clone()).filter(|_| name.is_none());
    let call = context
        .ec2()
        .safe
        .associate_nat_gateway_address()
        .nat_gateway_id(change.id)
        .set_allocation_ids(Some(allocations))
        .set_private_ip_addresses(private)
        .set_availability_zone(name)
        .set_availability_zone_id(id);
    answer(call.send()).await.map(drop).map_err(|error| change.failed(error))
}

async fn disassociate(
    context: &Arc<Context>,
    change: &Change<'_, Found>,
    allocations: &[String],
) -> Result<(), ProviderError> {
    let addresses = change.found.nat_gateway_addresses().iter();
    let unwanted = |address: &&NatGatewayAddress| {
        address.allocation_id.as_ref().is_some_and(|id| allocations.contains(id))
    };
    let ids: Vec<String> =
        addresses.filter(unwanted).filter_map(|address| address.association_id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let call = context.ec2().safe.disassociate_nat_gateway_address().nat_gateway_id(change.id);
    let call = call.set_association_ids(Some(ids));
    answer(call.send()).await.map(drop).map_err(|error| change.failed(error))
}

/// Waits until no address comes or goes any more. Connections are given minutes to end.
async fn settle(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    use NatGatewayAddressStatus::{Assigning, Associating, Disassociating, Unassigning};
    let moves = |address: &NatGatewayAddress| {
        matches!(address.status, Some(Assigning | Associating | Disassociating | Unassigning))
    };
    wait::until(change.operation, change.limit, || async {
        let gateways = describe_gateways(context, Select::one("nat-gateway-id", change.id)).await;
        let gateways = gateways.map_err(|error| change.failed(error))?;
        Ok(gateways.first().filter(|found| !found.nat_gateway_addresses().iter().any(moves)).map(|_| ()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(id: &str, primary: bool, status: NatGatewayAddressStatus) -> NatGatewayAddress {
        NatGatewayAddress::builder().allocation_id(id).is_primary(primary).status(status).build()
    }

    #[test]
    fn secondary_addresses_are_those_that_stay() {
        use NatGatewayAddressStatus::{Disassociating, Succeeded};
        let gateway = Found::builder()
            .nat_gateway_addresses(address("eipalloc-1", true, Succeeded))
            .nat_gateway_addresses(address("eipalloc-2", false, Succeeded))
            .nat_gateway_addresses(address("eipalloc-3", false, Disassociating))
            .build();
        let first = primary(&gateway).and_then(|address| address.allocation_id.clone());
        assert_eq!(first.as_deref(), Some("eipalloc-1"));
        let others = secondary(&gateway, |address| &address.allocation_id);
        assert_eq!(others, BTreeSet::from(["eipalloc-2".to_owned()]));
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let config = |entries: &[(&'static str, &str)]| {
            Value::object(entries.iter().map(|(name, text)| (*name, Value::string(text))))
        };
        assert!(NatGateway::check(&config(&[("subnet_id", "subnet-1")])).is_empty());
        assert!(NatGateway::check(&config(&[])).has_errors());
        let private = [("subnet_id", "s"), ("connectivity_type", "private"), ("allocation_id", "a")];
        assert!(NatGateway::check(&config(&private)).has_errors());
        assert!(NatGateway::check(&config(&[("availability_mode", "regional"), ("vpc_id", "v")])).is_empty());
        assert!(NatGateway::check(&config(&[("availability_mode", "regional")])).has_errors());
    }
}
