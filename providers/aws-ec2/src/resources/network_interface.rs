//! `aws_network_interface`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{
    AttributeValue, EnaSrdSpecification, EnaSrdUdpSpecification, InstanceIpv6Address,
    Ipv4PrefixSpecificationRequest, Ipv6PrefixSpecificationRequest, NetworkInterface as Found,
    NetworkInterfaceAttachment as Attachment, NetworkInterfaceStatus, PrivateIpAddressSpecification,
    ResourceType,
};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, ErrorKind, FindRequest, ProviderError};

use super::common::{
    Change, Ec2Type, Limits, Progress, Wanted, arn, blocks, by_id, by_token, count, first, ids_of, int, on,
    some_texts, text, texts,
};
use super::interface_addresses::{self as addresses, KINDS, Kind};
use crate::calls::client::{answer, describe, flag, lists, tag_specification, tagged, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::{self, Effect, Failure};
use crate::shape::Shape;
use crate::{registry, tags, wait};

/// `aws_network_interface`
pub struct NetworkInterface;

type Changing<'a> = Change<'a, Found>;

impl Ec2Type for NetworkInterface {
    type Found = Found;
    const KIND: &'static str = "aws_network_interface";
    const NOUN: &'static str = "EC2 Network Interface";
    const LIMITS: Limits = Limits { create: 300, update: 300, delete: 600 };
    const IN_THE_WAY: &'static [&'static str] =
        &["DependencyViolation", "InvalidParameterValue", "InvalidNetworkInterface.InUse"];

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let found = by_id(ids_of(wanted), "network-interface-id", |select| list(context, select)).await?;
        Ok(found.into_iter().filter_map(|found| Some((found.network_interface_id.clone()?, found))).collect())
    }

    fn progress(found: &Found) -> Progress {
        match found.status().map(NetworkInterfaceStatus::as_str) {
            Some("pending" | "attaching" | "detaching") => Progress::Coming,
            _ => Progress::Ready,
        }
    }

    fn settled(change: &Changing<'_>) -> bool {
        (change.keeps("attachment") || is_attached_as_planned(change))
            && (change.keeps("ena_srd_specification") || ena_as_planned(change))
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let id = found.network_interface_id().unwrap_or_default();
        let made = arn(context, found.owner_id(), &format!("network-interface/{id}"));
        let groups = found.groups().iter().filter_map(|group| group.group_id());
        let primary = found.ipv6_addresses().iter().any(|address| address.is_primary_ipv6 == Some(true));
        let shape = Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(id))
            .text("arn", Some(made))
            .text("region", Some(context.region()))
            .text("description", found.description())
            .flag("enable_primary_ipv6", Some(primary))
            .text("interface_type", found.interface_type().map(|kind| kind.as_str()))
            .text("mac_address", found.mac_address())
            .text("outpost_arn", found.outpost_arn())
            .text("owner_id", found.owner_id())
            .text("private_dns_name", found.private_dns_name())
            .text("private_ip", found.private_ip_address())
            .texts("security_groups", groups)
            .flag("source_dest_check", found.source_dest_check)
            .text("subnet_id", found.subnet_id())
            .tags(context.tags().observed(&tags_of(found.tag_set.clone()), known));
        let shape = KINDS.into_iter().fold(shape, |shape, kind| with_addresses(shape, kind, found));
        with_attachment(shape, found).build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let tags = tags::for_create(planned, &request.token);
        let ec2 = context.ec2();
        let addresses = private_addresses(planned);
        // Both in one call would be one address too many.
        let spare = addresses.is_empty();
        let create = ec2
            .safe
            .create_network_interface()
            .client_token(&*request.token)
            .set_subnet_id(text(planned, "subnet_id"))
            .set_description(text(planned, "description"))
            .set_groups(some_texts(planned, "security_groups"))
            .set_interface_type(text(&request.config, "interface_type").map(|kind| kind.as_str().into()))
            .set_enable_primary_ipv6(on(planned, "enable_primary_ipv6"))
            .set_private_ip_address(text(planned, "private_ip").filter(|_| spare))
            .set_secondary_private_ip_address_count(count(planned, "private_ips_count").filter(|_| spare))
            .set_private_ip_addresses((!spare).then_some(addresses))
            .set_ipv4_prefix_count(count(planned, "ipv4_prefix_count"))
            .set_ipv4_prefixes(some_texts(planned, "ipv4_prefixes").map(ipv4_prefixes))
            .set_ipv6_address_count(count(planned, "ipv6_address_count"))
            .set_ipv6_addresses(ipv6_addresses(planned))
            .set_ipv6_prefix_count(count(planned, "ipv6_prefix_count"))
            .set_ipv6_prefixes(some_texts(planned, "ipv6_prefixes").map(ipv6_prefixes))
            .set_tag_specifications(tag_specification(ResourceType::NetworkInterface, &tags));
        let created = answer(create.send()).await?.network_interface;
        let id = created.and_then(|interface| interface.network_interface_id);
        id.ok_or_else(|| Failure::incomplete("network interface"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Changing<'_>,
    ) -> Result<Option<String>, ProviderError> {
        converge_addresses(context, change).await?;
        converge_attributes(context, change).await?;
        converge_attachment(context, change).await?;
        converge_ena(context, change).await?;
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        let found = list(context, Select::one("network-interface-id", id)).await?;
        if let Some(attachment) = found.first().and_then(|found| found.attachment.as_ref()) {
            let limit = std::time::Duration::from_secs(Self::LIMITS.delete);
            match detach(context, id, attachment, wait::timeout(prior, "delete", limit)).await {
                // The first interface of an instance: where that still is, the removal says so.
                Err(error) if !error.is("OperationNotPermitted") => return Err(error),
                _ => {}
            }
        }
        answer(context.ec2().safe.delete_network_interface().network_interface_id(id).send()).await.map(drop)
    }

    lists!(describe_network_interfaces [], network_interfaces, |found| {
        // What a service or an instance made for itself goes with it.
        let attachment = found.attachment.as_ref();
        let part = attachment.is_some_and(|attachment| attachment.delete_on_termination == Some(true));
        let own = found.requester_managed != Some(true) && !part;
        tagged(found.network_interface_id, found.tag_set).filter(|_| own)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let found = list(context, by_token(&request.token)).await?;
        Ok(found.into_iter().find_map(|found| found.network_interface_id))
    }
}

/// The interfaces selected.
pub(crate) fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Found>> {
    describe!(
        context.ec2(),
        select,
        describe_network_interfaces,
        set_network_interface_ids,
        set_filters,
        network_interfaces
    )
}

fn with_addresses<'a>(shape: Shape<'a>, kind: Kind, found: &Found) -> Shape<'a> {
    let (set, number, list) = kind.arguments();
    let all = kind.of(found);
    let spare = i64::try_from(all.len().saturating_sub(kind.fixed())).unwrap_or_default();
    let shape = shape.texts(set, &all).number(number, Some(spare));
    match list {
        Some(list) => shape.texts(list, &all),
        None => shape,
    }
}

fn with_attachment<'a>(shape: Shape<'a>, found: &Found) -> Shape<'a> {
    let attachments: Vec<&Attachment> = found.attachment.iter().collect();
    let express = found.attachment.as_ref().and_then(|attachment| attachment.ena_srd_specification.clone());
    let shown = shape.has("ena_srd_specification")
        || express.as_ref().is_some_and(|express| express.ena_srd_enabled == Some(true));
    let express: Vec<_> = express.filter(|_| shown).into_iter().collect();
    shape
        .blocks("attachment", &attachments, |shape, attachment| {
            shape
                .text("attachment_id", attachment.attachment_id())
                .number("device_index", Some(attachment.device_index.unwrap_or_default()))
                .text("instance", Some(attachment.instance_id().unwrap_or_default()))
                .number("network_card_index", attachment.network_card_index)
        })
        .blocks("ena_srd_specification", &express, |shape, express| {
            let udp: Vec<_> = express.ena_srd_udp_specification.iter().collect();
            shape.flag("ena_srd_enabled", express.ena_srd_enabled).blocks(
                "ena_srd_udp_specification",
                &udp,
                |shape, udp| shape.flag("ena_srd_udp_enabled", udp.ena_srd_udp_enabled),
            )
        })
}

/// The private addresses to create with, the primary one marked; none where numbers say it all.
fn private_addresses(planned: &Value) -> Vec<PrivateIpAddressSpecification> {
    let mut addresses = texts(planned.get("private_ip_list"));
    if addresses.is_empty() {
        addresses = texts(planned.get("private_ips"));
        let primary = text(planned, "private_ip");
        addresses.sort_by_key(|address| Some(address) != primary.as_ref());
    }
    let specification = |(index, address): (usize, String)| {
        PrivateIpAddressSpecification::builder().primary(index == 0).private_ip_address(address).build()
    };
    addresses.into_iter().enumerate().map(specification).collect()
}

fn ipv6_addresses(planned: &Value) -> Option<Vec<InstanceIpv6Address>> {
    let addresses =
        some_texts(planned, "ipv6_address_list").or_else(|| some_texts(planned, "ipv6_addresses"))?;
    let address = |address: String| InstanceIpv6Address::builder().ipv6_address(address).build();
    Some(addresses.into_iter().map(address).collect())
}

fn ipv4_prefixes(prefixes: Vec<String>) -> Vec<Ipv4PrefixSpecificationRequest> {
    let request = |prefix: String| Ipv4PrefixSpecificationRequest::builder().ipv4_prefix(prefix).build();
    prefixes.into_iter().map(request).collect()
}

fn ipv6_prefixes(prefixes: Vec<String>) -> Vec<Ipv6PrefixSpecificationRequest> {
    let request = |prefix: String| Ipv6PrefixSpecificationRequest::builder().ipv6_prefix(prefix).build();
    prefixes.into_iter().map(request).collect()
}

async fn converge_addresses(context: &Arc<Context>, change: &Changing<'_>) -> Result<(), ProviderError> {
    for kind in KINDS {
        let current = kind.of(change.found);
        let steps = addresses::steps(kind, &current, change.planned, |name| change.wanted(name).is_some());
        for step in steps {
            let taken = addresses::take(context, change.id, kind, step).await;
            taken.map_err(|error| change.failed(error))?;
        }
    }
    Ok(())
}

async fn converge_attributes(context: &Arc<Context>, change: &Changing<'_>) -> Result<(), ProviderError> {
    let ec2 = context.ec2();
    let modify = || ec2.safe.modify_network_interface_attribute().network_interface_id(change.id);
    let described = change.current.get_str("description").unwrap_or_default();
    let description = change.planned.get("description").filter(|value| value.is_known());
    let description = description.map(|value| value.as_str().unwrap_or_default());
    let description = description.filter(|text| *text != described && !change.keeps("description"));
    let groups = change.wanted("security_groups").map(|groups| texts(Some(groups)));
    let requests = [
        description.map(|text| modify().description(AttributeValue::builder().value(text).build())),
        groups.filter(|groups| !groups.is_empty()).map(|groups| modify().set_groups(Some(groups))),
        change.wanted_bool("source_dest_check").map(|on| modify().source_dest_check(flag(on))),
        change.wanted_bool("enable_primary_ipv6").map(|on| modify().enable_primary_ipv6(on)),
    ];
    for request in requests.into_iter().flatten() {
        answer(request.send()).await.map_err(|error| change.failed(error))?;
    }
    Ok(())
}

fn is_attached_as_planned(change: &Changing<'_>) -> bool {
    let Some(planned) = change.planned.get("attachment").filter(|planned| planned.is_known()) else {
        return true;
    };
    match (change.found.attachment.as_ref(), planned.as_elements().and_then(<[Value]>::first)) {
        (None, None) => true,
        (Some(attachment), Some(planned)) => {
            attachment.instance_id() == planned.get_str("instance")
                && attachment.device_index == int(planned, "device_index")
        }
        _ => false,
    }
}

async fn converge_attachment(context: &Arc<Context>, change: &Changing<'_>) -> Result<(), ProviderError> {
    if change.keeps("attachment") || is_attached_as_planned(change) {
        return Ok(());
    }
    if let Some(attachment) = &change.found.attachment {
        let detached = detach(context, change.id, attachment, change.limit).await;
        detached.map_err(|error| change.failed(error))?;
    }
    let Some(planned) = blocks(change.planned, "attachment").first() else { return Ok(()) };
    let ec2 = context.ec2();
    let attach = ec2
        .once
        .attach_network_interface()
        .network_interface_id(change.id)
        .set_instance_id(text(planned, "instance"))
        .set_device_index(int(planned, "device_index"))
        .set_network_card_index(count(planned, "network_card_index"));
    answer(attach.send()).await.map_err(|error| change.failed(error))?;
    until(context, change.id, change.limit, |found| {
        found.attachment().and_then(Attachment::status).is_some_and(|status| status.as_str() == "attached")
    })
    .await
}

fn planned_ena(planned: &Value) -> Option<EnaSrdSpecification> {
    let block = first(planned, "ena_srd_specification")?;
    let udp = first(block, "ena_srd_udp_specification").and_then(|udp| udp.get_bool("ena_srd_udp_enabled"));
    let udp = udp.map(|on| EnaSrdUdpSpecification::builder().ena_srd_udp_enabled(on).build());
    let on = block.get_bool("ena_srd_enabled");
    Some(EnaSrdSpecification::builder().set_ena_srd_enabled(on).set_ena_srd_udp_specification(udp).build())
}

fn ena_as_planned(change: &Changing<'_>) -> bool {
    let planned = planned_ena(change.planned);
    planned.is_none() || planned == planned_ena(change.current)
}

async fn converge_ena(context: &Arc<Context>, change: &Changing<'_>) -> Result<(), ProviderError> {
    if change.keeps("ena_srd_specification") || ena_as_planned(change) {
        return Ok(());
    }
    let ec2 = context.ec2();
    let modify = ec2.safe.modify_network_interface_attribute().network_interface_id(change.id);
    let modify = modify.set_ena_srd_specification(planned_ena(change.planned));
    answer(modify.send()).await.map(drop).map_err(|error| change.failed(error))
}

/// Detaches the interface and waits until it is free.
pub(super) async fn detach(
    context: &Arc<Context>,
    id: &str,
    attachment: &Attachment,
    limit: std::time::Duration,
) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let detach = ec2.safe.detach_network_interface().set_attachment_id(attachment.attachment_id.clone());
    match answer(detach.force(true).send()).await {
        Err(error) if !error.is_gone() => return Err(error),
        _ => {}
    }
    Ok(until(context, id, limit, |found| found.attachment.is_none()).await?)
}

/// Waits until an interface is as it should be; one that is gone is free of everything.
pub(super) async fn until(
    context: &Arc<Context>,
    id: &str,
    limit: std::time::Duration,
    is_so: impl Fn(&Found) -> bool,
) -> Result<(), ProviderError> {
    let operation = format!("waiting for EC2 Network Interface ({id})");
    wait::until(&operation, limit, || async {
        let found = list(context, Select::one("network-interface-id", id)).await;
        let found = found.map_err(|error| errors::provider_error(&operation, Effect::Read, &error))?;
        match found.first() {
            Some(found) => Ok(is_so(found).then_some(())),
            None => Err(ProviderError::new(ErrorKind::Gone, &operation, "the interface does not exist.")),
        }
    })
    .await
}
