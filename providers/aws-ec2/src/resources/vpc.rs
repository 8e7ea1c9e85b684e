//! `aws_vpc`.
//!
//! The service tells an object's attributes in five places; all but the three switches that have a
//! call each are read for many objects at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calls::client::lists;
use crate::calls::network::{Ipv6Association, NewVpc, Vpc as Found, VpcAttribute};
use crate::calls::{Filter, Select};
use crate::errors::Failure;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Path, Value};
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError, propose};
use futures_util::StreamExt;
use futures_util::stream;

use super::common::{Change, Ec2Type, Progress, Wanted, arn, by_id, by_token, ids_of, text};
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::object::Builder;
use crate::{registry, tags, wait};

/// `aws_vpc`
pub struct Vpc;

/// A VPC and what belongs to it.
pub struct Whole {
    vpc: Found,
    dns_support: bool,
    dns_hostnames: bool,
    metrics: bool,
    network_acl: Option<String>,
    route_table: Option<String>,
    security_group: Option<String>,
}

impl Whole {
    /// Its tags, the service's and our own among them.
    pub(super) fn tags(&self) -> &crate::calls::Tags {
        &self.vpc.tags
    }
}

/// VPCs up to this number are named when what belongs to them is listed; beyond, everything is.
const NAMED_MAX: usize = 200;
const CONCURRENT: usize = 16;

impl Ec2Type for Vpc {
    type Found = Whole;
    const KIND: &'static str = "aws_vpc";
    const NOUN: &'static str = "EC2 VPC";

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let tenancy =
            |value: Option<&Value>| value.and_then(|v| v.get_str("instance_tenancy")).map(str::to_owned);
        let (old, new) = (tenancy(request.prior), tenancy(Some(&change.planned)));
        // Only the way from dedicated to default can be gone in place.
        if request.prior.is_some() && old != new && new.as_deref() == Some("dedicated") {
            change.replace.push(Path::attribute("instance_tenancy"));
        }
        change
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Whole>, Failure> {
        let ec2 = context.ec2();
        let vpcs = by_id(ids_of(wanted), "vpc-id", |select| ec2.describe_vpcs(select)).await?;
        if vpcs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut belongings = Belongings::fetch(context, &vpcs).await?;
        let switches: Vec<_> = stream::iter(vpcs)
            .map(|vpc| async move { switches(context, vpc).await })
            .buffered(CONCURRENT)
            .collect()
            .await;
        let mut found = BTreeMap::new();
        for answer in switches {
            let Some((vpc, [dns_support, dns_hostnames, metrics])) = answer? else { continue };
            let whole = Whole {
                dns_support,
                dns_hostnames,
                metrics,
                network_acl: belongings.network_acls.remove(&vpc.id),
                route_table: belongings.route_tables.remove(&vpc.id),
                security_group: belongings.security_groups.remove(&vpc.id),
                vpc,
            };
            found.insert(whole.vpc.id.clone(), whole);
        }
        Ok(found)
    }

    fn progress(found: &Whole) -> Progress {
        match found.vpc.state.as_str() {
            "pending" => Progress::Coming,
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Whole, known: &Value) -> Value {
        let vpc = &found.vpc;
        let ipv6 = ipv6_of(vpc);
        let asked = known.get_bool("assign_generated_ipv6_cidr_block");
        let generated = ipv6.is_some_and(|ipv6| ipv6.pool.as_deref().is_none_or(|pool| pool == "Amazon"));
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(&vpc.id))
            .str("arn", Some(arn(context, vpc.owner_id.as_deref(), &format!("vpc/{}", vpc.id))))
            .str("region", Some(context.region()))
            .str("owner_id", vpc.owner_id.as_deref())
            .str("cidr_block", vpc.cidr_block.as_deref())
            .str("instance_tenancy", vpc.instance_tenancy.as_deref())
            .str("dhcp_options_id", vpc.dhcp_options_id.as_deref())
            .bool("enable_dns_support", Some(found.dns_support))
            .bool("enable_dns_hostnames", Some(found.dns_hostnames))
            .bool("enable_network_address_usage_metrics", Some(found.metrics))
            .str("default_network_acl_id", found.network_acl.as_deref())
            .str("default_route_table_id", found.route_table.as_deref())
            .str("main_route_table_id", found.route_table.as_deref())
            .str("default_security_group_id", found.security_group.as_deref())
            .bool(
                "assign_generated_ipv6_cidr_block",
                if generated { Some(true) } else { asked.map(|_| false) },
            )
            .str("ipv6_association_id", Some(ipv6.map_or("", |ipv6| &ipv6.id)))
            .str("ipv6_cidr_block", Some(ipv6.map_or("", |ipv6| &ipv6.cidr_block)))
            .str(
                "ipv6_cidr_block_network_border_group",
                Some(ipv6.and_then(|ipv6| ipv6.network_border_group.as_deref()).unwrap_or_default()),
            )
            .tags(context.tags().observed(&vpc.tags, known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let new = NewVpc {
            cidr_block: text(planned, "cidr_block"),
            instance_tenancy: text(planned, "instance_tenancy"),
            amazon_ipv6: planned.get_bool("assign_generated_ipv6_cidr_block") == Some(true),
            ipv6_network_border_group: text(planned, "ipv6_cidr_block_network_border_group"),
            tags: tags::for_create(planned, &request.token),
        };
        Ok(context.ec2().create_vpc(new).await?.id)
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Whole>,
    ) -> Result<Option<String>, ProviderError> {
        let ec2 = context.ec2();
        // Names can be given only where they are resolved: that switch goes on first and off last.
        let mut switches = vec![
            (VpcAttribute::DnsSupport, change.wanted_bool("enable_dns_support")),
            (VpcAttribute::DnsHostnames, change.wanted_bool("enable_dns_hostnames")),
        ];
        if change.wanted_bool("enable_dns_support") == Some(false) {
            switches.reverse();
        }
        let metrics = change.wanted_bool("enable_network_address_usage_metrics");
        switches.push((VpcAttribute::AddressUsageMetrics, metrics));
        for (attribute, value) in switches {
            if let Some(value) = value {
                ec2.modify_vpc_attribute(change.id, attribute, value)
                    .await
                    .map_err(|error| change.failed(error))?;
            }
        }
        if let Some(tenancy) = change.wanted_str("instance_tenancy") {
            ec2.modify_vpc_tenancy(change.id, tenancy).await.map_err(|error| change.failed(error))?;
        }
        converge_ipv6(context, change).await?;
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        context.ec2().delete_vpc(id).await
    }

    lists!(describe_vpcs, vpcs, vpc_id);

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let vpcs = context.ec2().describe_vpcs(by_token(&request.token)).await?;
        Ok(vpcs.into_iter().next().map(|vpc| vpc.id))
    }
}

/// The IPv6 block in use or on its way.
fn ipv6_of(vpc: &Found) -> Option<&Ipv6Association> {
    vpc.ipv6.iter().find(|ipv6| ipv6.is_there())
}

async fn converge_ipv6(context: &Arc<Context>, change: &Change<'_, Whole>) -> Result<(), ProviderError> {
    let wanted = change.planned.get_bool("assign_generated_ipv6_cidr_block").unwrap_or_default();
    let settled = |found: &Found| match ipv6_of(found) {
        Some(ipv6) => wanted && ipv6.state != "associating",
        None => !wanted && !found.ipv6.iter().any(|ipv6| ipv6.state == "disassociating"),
    };
    match ipv6_of(&change.found.vpc) {
        None if wanted => {
            let group = text(change.planned, "ipv6_cidr_block_network_border_group");
            context
                .ec2()
                .associate_vpc_ipv6(change.id, group.as_deref())
                .await
                .map_err(|error| change.failed(error))?;
        }
        Some(ipv6) if !wanted => {
            let removed = context.ec2().disassociate_vpc_cidr_block(&ipv6.id).await;
            removed.map_err(|error| change.failed(error))?;
        }
        _ if settled(&change.found.vpc) => return Ok(()),
        _ => {}
    }
    wait::until(change.operation, change.limit, || async {
        let vpcs = context.ec2().describe_vpcs(Select::one("vpc-id", change.id)).await;
        let vpcs = vpcs.map_err(|error| change.failed(error))?;
        Ok(vpcs.first().is_some_and(settled).then_some(()))
    })
    .await
}

/// The three switches of a VPC; nothing when it went away meanwhile.
async fn switches(context: &Arc<Context>, vpc: Found) -> Result<Option<(Found, [bool; 3])>, Failure> {
    let ec2 = context.ec2();
    let answers = futures_util::future::try_join3(
        ec2.vpc_attribute(&vpc.id, VpcAttribute::DnsSupport),
        ec2.vpc_attribute(&vpc.id, VpcAttribute::DnsHostnames),
        ec2.vpc_attribute(&vpc.id, VpcAttribute::AddressUsageMetrics),
    );
    match answers.await {
        Ok((support, hostnames, metrics)) => Ok(Some((vpc, [support, hostnames, metrics]))),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What came with each VPC, by the VPC.
struct Belongings {
    network_acls: BTreeMap<String, String>,
    route_tables: BTreeMap<String, String>,
    security_groups: BTreeMap<String, String>,
}

impl Belongings {
    async fn fetch(context: &Arc<Context>, vpcs: &[Found]) -> Result<Self, Failure> {
        let filters = |name: &str, value: &str| {
            let mut filters = vec![Filter::new(name, [value])];
            if vpcs.len() <= NAMED_MAX {
                filters.push(Filter::new("vpc-id", vpcs.iter().map(|vpc| vpc.id.clone())));
            }
            filters
        };
        let ec2 = context.ec2();
        let (acls, tables, groups) = futures_util::future::try_join3(
            ec2.describe_network_acls(filters("default", "true")),
            ec2.describe_route_tables(Select::Filters(filters("association.main", "true"))),
            ec2.describe_security_groups(Select::Filters(filters("group-name", "default"))),
        )
        .await?;
        Ok(Self {
            network_acls: acls.into_iter().filter_map(|acl| Some((acl.vpc_id?, acl.id))).collect(),
            route_tables: tables.into_iter().filter_map(|table| Some((table.vpc_id?, table.id))).collect(),
            security_groups: groups.into_iter().filter_map(|group| Some((group.vpc_id?, group.id))).collect(),
        })
    }
}
