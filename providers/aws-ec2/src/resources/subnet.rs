//! `aws_subnet`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calls::Select;
use crate::calls::client::lists;
use crate::calls::network::{Ipv6Association, NewSubnet, Subnet as Found, SubnetChange};
use crate::errors::Failure;
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Progress, Wanted, arn, by_id, by_token, ids_of, text};
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::object::Builder;
use crate::{registry, tags, wait};

/// `aws_subnet`
pub struct Subnet;

impl Ec2Type for Subnet {
    type Found = Found;
    const KIND: &'static str = "aws_subnet";
    const NOUN: &'static str = "EC2 Subnet";

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let ec2 = context.ec2();
        let subnets = by_id(ids_of(wanted), "subnet-id", |select| ec2.describe_subnets(select)).await?;
        Ok(subnets.into_iter().map(|subnet| (subnet.id.clone(), subnet)).collect())
    }

    fn progress(found: &Found) -> Progress {
        match found.state.as_str() {
            "pending" => Progress::Coming,
            state @ ("failed" | "failed-insufficient-capacity") => {
                Progress::Lost(format!("the subnet's state is \"{state}\"."))
            }
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let ipv6 = ipv6_of(found);
        // Always told by AWS, and not by emulators.
        let dns64 = found.enable_dns64.or(known.get_bool("enable_dns64")).or(Some(false));
        let made = || arn(context, found.owner_id.as_deref(), &format!("subnet/{}", found.id));
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(&found.id))
            .str("arn", Some(found.arn.clone().unwrap_or_else(made)))
            .str("region", Some(context.region()))
            .str("owner_id", found.owner_id.as_deref())
            .str("vpc_id", found.vpc_id.as_deref())
            .str("cidr_block", found.cidr_block.as_deref())
            .str("availability_zone", found.availability_zone.as_deref())
            .str("availability_zone_id", found.availability_zone_id.as_deref())
            .bool("map_public_ip_on_launch", Some(found.map_public_ip_on_launch))
            .bool("assign_ipv6_address_on_creation", Some(found.assign_ipv6_address_on_creation))
            .bool("enable_dns64", dns64)
            .bool("ipv6_native", Some(found.ipv6_native))
            .str("private_dns_hostname_type_on_launch", found.hostname_type.as_deref().or(Some("ip-name")))
            .bool("enable_resource_name_dns_a_record_on_launch", Some(found.resource_name_a_record))
            .bool("enable_resource_name_dns_aaaa_record_on_launch", Some(found.resource_name_aaaa_record))
            .str("outpost_arn", found.outpost_arn.as_deref().filter(|arn| !arn.is_empty()))
            .str("ipv6_cidr_block", Some(ipv6.map_or("", |ipv6| &ipv6.cidr_block)))
            .str("ipv6_cidr_block_association_id", Some(ipv6.map_or("", |ipv6| &ipv6.id)))
            .tags(context.tags().observed(&found.tags, known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let new = NewSubnet {
            vpc_id: text(planned, "vpc_id").unwrap_or_default(),
            cidr_block: text(planned, "cidr_block"),
            ipv6_cidr_block: text(planned, "ipv6_cidr_block"),
            ipv6_native: planned.get_bool("ipv6_native").filter(|native| *native),
            availability_zone: text(planned, "availability_zone"),
            availability_zone_id: text(planned, "availability_zone_id"),
            outpost_arn: text(planned, "outpost_arn"),
            tags: tags::for_create(planned, &request.token),
        };
        Ok(context.ec2().create_subnet(new).await?.id)
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        // Addresses can be given on creation only where there is a block to take them from.
        converge_ipv6(context, change).await?;
        for wish in wishes(change) {
            let changed = context.ec2().modify_subnet(change.id, wish).await;
            changed.map_err(|error| change.failed(error))?;
        }
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        context.ec2().delete_subnet(id).await
    }

    lists!(describe_subnets, subnets, subnet_id);

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let subnets = context.ec2().describe_subnets(by_token(&request.token)).await?;
        Ok(subnets.into_iter().next().map(|subnet| subnet.id))
    }
}

fn wishes(change: &Change<'_, Found>) -> Vec<SubnetChange> {
    let flag = |name: &str, make: fn(bool) -> SubnetChange| change.wanted_bool(name).map(make);
    let kind = change.wanted_str("private_dns_hostname_type_on_launch");
    [
        kind.map(|kind| SubnetChange::HostnameType(kind.to_owned())),
        flag("enable_dns64", SubnetChange::EnableDns64),
        flag("assign_ipv6_address_on_creation", SubnetChange::AssignIpv6AddressOnCreation),
        flag("map_public_ip_on_launch", SubnetChange::MapPublicIpOnLaunch),
        flag("enable_resource_name_dns_a_record_on_launch", SubnetChange::ResourceNameARecord),
        flag("enable_resource_name_dns_aaaa_record_on_launch", SubnetChange::ResourceNameAaaaRecord),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn ipv6_of(subnet: &Found) -> Option<&Ipv6Association> {
    subnet.ipv6.iter().find(|ipv6| ipv6.is_there())
}

async fn converge_ipv6(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    let Some(wanted) = change.planned.get("ipv6_cidr_block").filter(|value| value.is_known()) else {
        return Ok(());
    };
    let wanted = wanted.as_str().unwrap_or_default();
    let current = ipv6_of(change.found);
    if current.map_or("", |ipv6| &ipv6.cidr_block) == wanted {
        return Ok(());
    }
    let ec2 = context.ec2();
    if let Some(current) = current {
        let removed = ec2.disassociate_subnet_cidr_block(&current.id).await;
        removed.map_err(|error| change.failed(error))?;
        wait_for_ipv6(context, change, "").await?;
    }
    if !wanted.is_empty() {
        let added = ec2.associate_subnet_ipv6(change.id, wanted).await;
        added.map_err(|error| change.failed(error))?;
        wait_for_ipv6(context, change, wanted).await?;
    }
    Ok(())
}

async fn wait_for_ipv6(
    context: &Arc<Context>,
    change: &Change<'_, Found>,
    wanted: &str,
) -> Result<(), ProviderError> {
    wait::until(change.operation, change.limit, || async {
        let subnets = context.ec2().describe_subnets(Select::one("subnet-id", change.id)).await;
        let subnets = subnets.map_err(|error| change.failed(error))?;
        let settled = |subnet: &Found| match ipv6_of(subnet) {
            Some(ipv6) => ipv6.cidr_block == wanted && ipv6.state != "associating",
            None => wanted.is_empty() && !subnet.ipv6.iter().any(|ipv6| ipv6.state == "disassociating"),
        };
        Ok(subnets.first().is_some_and(settled).then_some(()))
    })
    .await
}
