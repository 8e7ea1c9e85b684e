//! `aws_eip`.
//!
//! An address may also be associated by `aws_eip_association`: what it is associated with is computed
//! where configuration does not say.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{Address, AddressAttributeName, ResourceType};
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError, propose};

use super::common::{
    Change, Ec2Type, Limits, Wanted, account, arn, by_id, by_token, eventually, ids_of, or_empty, overlook,
    text, unless_empty, unless_gone,
};
use super::naming::{private_dns, public_dns};
use super::untold;
use crate::calls::client::{answer, describe_whole, lists, pages, tag_specification, tagged, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::{registry, tags};

/// `aws_eip`
pub struct Eip;

/// An address, the name it resolves to, and the account it belongs to.
pub struct Found {
    address: Address,
    ptr_record: Option<String>,
    account: String,
}

/// The attributes that say what the address is associated with.
const TARGETS: [&str; 3] = ["instance", "network_interface", "associate_with_private_ip"];
/// What pools of an IP address manager are called.
const IPAM_POOL: &str = "ipam-pool-";
/// Names that one call may ask for.
const NAMES_PER_CALL: usize = 1_000;

impl Ec2Type for Eip {
    type Found = Found;
    const KIND: &'static str = "aws_eip";
    const NOUN: &'static str = "EC2 EIP";
    const LIMITS: Limits = Limits { create: 900, update: 300, delete: 180 };
    const IN_THE_WAY: &'static [&'static str] = &["DependencyViolation", "InvalidIPAddress.InUse"];

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        // What is read after an import does not say which of these were asked for.
        for (name, told) in [("address", "public_ip"), ("associate_with_private_ip", "private_ip")] {
            let told = request.prior.and_then(|prior| prior.get(told)).cloned();
            overlook(&mut change, request.prior, name, |old, new| {
                old.is_null() && told.as_ref() == Some(new)
            });
        }
        change
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let addresses =
            by_id(ids_of(wanted), "allocation-id", |select| describe_addresses(context, select)).await?;
        if addresses.is_empty() {
            return Ok(BTreeMap::new());
        }
        let account = account(context).await?;
        let mut records = ptr_records(context, &addresses).await?;
        let found = addresses.into_iter().filter_map(|address| {
            let id = address.allocation_id.clone()?;
            let ptr_record = records.remove(&id);
            Some((id, Found { address, ptr_record, account: account.clone() }))
        });
        Ok(found.collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let address = &found.address;
        let id = address.allocation_id.as_deref().unwrap_or_default();
        let public_ip = address.public_ip.as_deref();
        let private_ip = address.private_ip_address.as_deref();
        // Emulators tell the first address of the interface, whichever was asked for.
        let asked_for = text(known, "associate_with_private_ip").filter(|_| untold::applies(context));
        let associated = match &asked_for {
            Some(asked) if private_ip.is_some() => Some(asked.as_str()),
            _ => private_ip,
        };
        let pool = address.public_ipv4_pool.as_deref();
        let asked = |name: &str, told: Option<&str>| {
            text(known, name)
                .map(|_| told.unwrap_or_default().to_owned())
                .or(unless_empty(None, known, name).map(str::to_owned))
        };
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(id))
            .str("allocation_id", Some(id))
            .str("arn", Some(arn(context, Some(&found.account), &format!("elastic-ip/{id}"))))
            .str("region", Some(context.region()))
            .str("address", asked("address", public_ip))
            .str("associate_with_private_ip", asked("associate_with_private_ip", associated))
            .str("association_id", or_empty(&address.association_id))
            .str("carrier_ip", or_empty(&address.carrier_ip))
            .str("customer_owned_ip", or_empty(&address.customer_owned_ip))
            .str(
                "customer_owned_ipv4_pool",
                unless_empty(address.customer_owned_ipv4_pool.as_deref(), known, "customer_owned_ipv4_pool"),
            )
            .str("domain", Some(address.domain.as_ref().map_or("vpc", |domain| domain.as_str())))
            .str("instance", or_empty(&address.instance_id))
            .str("ipam_pool_id", pool.filter(|pool| pool.starts_with(IPAM_POOL)))
            .str("network_border_group", or_empty(&address.network_border_group))
            .str("network_interface", or_empty(&address.network_interface_id))
            .str("private_ip", or_empty(&address.private_ip_address))
            .str("private_dns", private_ip.map(|ip| private_dns(context, ip)))
            .str("ptr_record", or_empty(&found.ptr_record))
            .str("public_ip", public_ip)
            .str("public_dns", public_ip.map(|ip| public_dns(context, ip)))
            .str("public_ipv4_pool", or_empty(&address.public_ipv4_pool))
            .tags(context.tags().observed(&tags_of(address.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let get = |name: &str| text(&request.planned, name);
        let tags = tags::for_create(&request.planned, &request.token);
        let call = context
            .ec2()
            .once
            .allocate_address()
            .set_address(get("address"))
            .set_customer_owned_ipv4_pool(get("customer_owned_ipv4_pool"))
            .set_domain(get("domain").map(|domain| domain.as_str().into()))
            .set_ipam_pool_id(get("ipam_pool_id"))
            .set_network_border_group(get("network_border_group"))
            .set_public_ipv4_pool(get("public_ipv4_pool"))
            .set_tag_specifications(tag_specification(ResourceType::ElasticIp, &tags));
        let output = answer(call.send()).await?;
        output.allocation_id.ok_or_else(|| Failure::incomplete("allocation identifier"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        if !TARGETS.iter().any(|name| change.wanted(name).is_some()) {
            return Ok(None);
        }
        if let Some(association) = &change.found.address.association_id {
            disassociate(context, association).await.map_err(|error| change.failed(error))?;
        }
        let [instance, interface, private_ip] = TARGETS.map(|name| text(change.planned, name));
        if instance.is_none() && interface.is_none() {
            return Ok(None);
        }
        // A new instance is not ready for an address, and a new address not seen, at once.
        let waits = ["InvalidAllocationID.NotFound", "InvalidInstanceID", "IncorrectInstanceState"];
        let associated = eventually(change.limit, &waits, || async {
            let call = context
                .ec2()
                .safe
                .associate_address()
                .allocation_id(change.id)
                .set_instance_id(instance.clone())
                .set_network_interface_id(interface.clone())
                .set_private_ip_address(private_ip.clone());
            answer(call.send()).await
        });
        associated.await.map(|_| None).map_err(|error| change.failed(error))
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        let addresses = describe_addresses(context, Select::one("allocation-id", id)).await?;
        for association in addresses.into_iter().filter_map(|address| address.association_id) {
            disassociate(context, &association).await?;
        }
        let group = text(prior, "network_border_group");
        let call = context.ec2().safe.release_address().allocation_id(id).set_network_border_group(group);
        answer(call.send()).await.map(drop)
    }

    lists!(whole describe_addresses, addresses, |address| tagged(address.allocation_id, address.tags));

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let addresses = describe_addresses(context, by_token(&request.token)).await?;
        Ok(addresses.into_iter().find_map(|address| address.allocation_id))
    }
}

/// Addresses, all in one answer.
pub(super) fn describe_addresses(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Address>> {
    describe_whole!(context.ec2(), select, describe_addresses, set_allocation_ids, set_filters, addresses)
}

/// Ends an association; one that is not there is ended.
pub(super) async fn disassociate(context: &Arc<Context>, association: &str) -> Result<(), Failure> {
    let call = context.ec2().safe.disassociate_address().association_id(association);
    answer(call.send()).await.map(drop).or_else(unless_gone)
}

/// What the addresses resolve to, by allocation. Not every region has it.
async fn ptr_records(
    context: &Arc<Context>,
    addresses: &[Address],
) -> Result<BTreeMap<String, String>, Failure> {
    let ids: Vec<String> = addresses.iter().filter_map(|address| address.allocation_id.clone()).collect();
    let mut records = BTreeMap::new();
    for ids in ids.chunks(NAMES_PER_CALL) {
        match attributes(context, ids.to_vec()).await {
            Ok(told) => records.extend(told),
            Err(error) if error.is_gone() || error.is_any(&["InvalidAction", "UnsupportedOperation"]) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(records)
}

async fn attributes(context: &Arc<Context>, ids: Vec<String>) -> Result<BTreeMap<String, String>, Failure> {
    let ec2 = context.ec2();
    let call = ec2
        .safe
        .describe_addresses_attribute()
        .attribute(AddressAttributeName::DomainName)
        .set_allocation_ids(Some(ids));
    let told = pages!(call, addresses)
        .into_iter()
        .filter_map(|told| Some((told.allocation_id?, told.ptr_record?.trim_end_matches('.').to_owned())));
    Ok(told.collect())
}
