//! `aws_vpc_endpoint`: the way from a VPC to a service, by routes or by network interfaces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError, policy};

use super::common::{Change, Ec2Type, Limits, Progress, Wanted, arn, by_name, by_token, ids_of, text, texts};
use crate::calls::client::{
    Client, all_done, answer, filters_of, lists, pages, selection, tag_specification, tagged, tags_of,
};
use crate::calls::{Call, Ec2Context, Filter, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::{registry, tags};

/// `aws_vpc_endpoint`
pub struct VpcEndpoint;

/// An endpoint, and the address ranges of its service where routes lead there.
pub struct Whole {
    endpoint: types::VpcEndpoint,
    prefixes: Option<types::PrefixList>,
}

pub(super) fn describe(ec2: &Client, select: Select) -> Call<'_, Vec<types::VpcEndpoint>> {
    Box::pin(async move {
        let (ids, filters) = selection(select);
        let request = ec2.safe.describe_vpc_endpoints().set_vpc_endpoint_ids(ids).set_filters(filters);
        Ok(pages!(request, vpc_endpoints))
    })
}

impl Ec2Type for VpcEndpoint {
    type Found = Whole;
    const KIND: &'static str = "aws_vpc_endpoint";
    const NOUN: &'static str = "EC2 VPC Endpoint";
    const LIMITS: Limits = Limits { create: 600, update: 600, delete: 600 };

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Whole>, Failure> {
        let ec2 = context.ec2();
        let mut found = by_name(ids_of(wanted), |select| describe(&ec2, select)).await?;
        found.retain(|endpoint| state(endpoint) != "deleted");
        whole(&ec2, found).await
    }

    fn progress(found: &Whole) -> Progress {
        match state(&found.endpoint).as_str() {
            "pending" | "partial" => Progress::Coming,
            "failed" | "rejected" | "expired" => Progress::Lost(lost(&found.endpoint)),
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Whole, known: &Value) -> Value {
        described(context, Builder::new(registry::schema(Self::KIND), known), found, known)
            .tags(context.tags().observed(&tags_of(found.endpoint.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let list = |name: &str| Some(texts(planned.get(name))).filter(|texts| !texts.is_empty());
        let tags = tags::for_create(planned, &request.token);
        let ec2 = context.ec2();
        let call = ec2
            .safe
            .create_vpc_endpoint()
            .client_token(&*request.token)
            .set_vpc_id(text(planned, "vpc_id"))
            .set_service_name(text(planned, "service_name"))
            .set_service_region(text(planned, "service_region"))
            .set_service_network_arn(text(planned, "service_network_arn"))
            .set_resource_configuration_arn(text(planned, "resource_configuration_arn"))
            .set_vpc_endpoint_type(text(planned, "vpc_endpoint_type").map(|kind| kind.as_str().into()))
            .set_ip_address_type(text(planned, "ip_address_type").map(|kind| kind.as_str().into()))
            .set_private_dns_enabled(planned.get_bool("private_dns_enabled"))
            .set_policy_document(text(planned, "policy"))
            .set_route_table_ids(list("route_table_ids"))
            .set_subnet_ids(list("subnet_ids"))
            .set_security_group_ids(list("security_group_ids"))
            .set_dns_options(dns_wanted(planned))
            .set_subnet_configurations(subnet_configurations(planned))
            .set_tag_specifications(tag_specification(types::ResourceType::VpcEndpoint, &tags));
        let made = answer(call.send()).await?.vpc_endpoint.and_then(|endpoint| endpoint.vpc_endpoint_id);
        made.ok_or_else(|| Failure::incomplete("VPC endpoint"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Whole>,
    ) -> Result<Option<String>, ProviderError> {
        if change.planned.get_bool("auto_accept") == Some(true)
            && state(&change.found.endpoint) == "pendingacceptance"
        {
            accept(context, change).await.map_err(|error| change.failed(error))?;
        }
        modify(context, change).await.map_err(|error| change.failed(error))?;
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let ec2 = context.ec2();
        let output = answer(ec2.safe.delete_vpc_endpoints().vpc_endpoint_ids(id).send()).await?;
        all_done(output.unsuccessful)
    }

    lists!(describe_vpc_endpoints [], vpc_endpoints, |endpoint| {
        let over = matches!(state(&endpoint).as_str(), "deleted" | "deleting");
        tagged(endpoint.vpc_endpoint_id, endpoint.tags).filter(|_| !over)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let mut found = describe(&context.ec2(), by_token(&request.token)).await?;
        found.retain(|endpoint| !matches!(state(endpoint).as_str(), "deleting" | "deleted"));
        Ok(found.into_iter().next().and_then(|endpoint| endpoint.vpc_endpoint_id))
    }
}

/// Endpoints with what belongs to them, by identifier.
pub(crate) async fn whole(
    ec2: &Client,
    endpoints: Vec<types::VpcEndpoint>,
) -> Result<BTreeMap<String, Whole>, Failure> {
    let prefixes = prefixes(ec2, &endpoints).await?;
    let whole = endpoints.into_iter().filter_map(|endpoint| {
        let prefixes = endpoint.service_name.as_ref().and_then(|name| prefixes.get(name)).cloned();
        Some((endpoint.vpc_endpoint_id.clone()?, Whole { endpoint, prefixes }))
    });
    Ok(whole.collect())
}

/// What is told of an endpoint, beside its tags.
pub(crate) fn described<'a>(
    context: &Context,
    builder: Builder<'a>,
    found: &Whole,
    known: &Value,
) -> Builder<'a> {
    let endpoint = &found.endpoint;
    let id = endpoint.vpc_endpoint_id.as_deref().unwrap_or_default();
    let builder = builder
        .str("id", Some(id))
        .str("arn", Some(arn(context, endpoint.owner_id.as_deref(), &format!("vpc-endpoint/{id}"))))
        .str("region", Some(context.region()))
        .str("owner_id", endpoint.owner_id.as_deref())
        .str("vpc_id", endpoint.vpc_id.as_deref())
        .str("service_name", endpoint.service_name.as_deref())
        .str("service_region", endpoint.service_region.as_deref().or(Some(context.region())))
        .str("service_network_arn", endpoint.service_network_arn.as_deref())
        .str("resource_configuration_arn", endpoint.resource_configuration_arn.as_deref())
        .str("vpc_endpoint_type", Some(kind(endpoint)))
        .str("state", Some(state(endpoint)))
        .str("ip_address_type", endpoint.ip_address_type.as_ref().map(types::IpAddressType::as_str))
        .bool("private_dns_enabled", Some(endpoint.private_dns_enabled.unwrap_or_default()))
        .bool("requester_managed", Some(endpoint.requester_managed.unwrap_or_default()));
    relations(builder, found, known)
}

/// The service writes states in two ways.
pub(super) fn state(endpoint: &types::VpcEndpoint) -> String {
    endpoint.state.as_ref().map(|state| state.as_str().to_lowercase()).unwrap_or_default()
}

fn kind(endpoint: &types::VpcEndpoint) -> &str {
    endpoint.vpc_endpoint_type.as_ref().map_or("Gateway", types::VpcEndpointType::as_str)
}

fn lost(endpoint: &types::VpcEndpoint) -> String {
    let reason = endpoint.last_error.as_ref().and_then(|error| error.message.as_deref());
    let reason = reason.or(endpoint.failure_reason.as_deref()).unwrap_or("the service gives no reason");
    format!("the endpoint is {}: {reason}.", state(endpoint))
}

/// The address ranges of the services of gateway endpoints, by the service's name.
async fn prefixes(
    ec2: &Client,
    endpoints: &[types::VpcEndpoint],
) -> Result<BTreeMap<String, types::PrefixList>, Failure> {
    let gateways = endpoints.iter().filter(|endpoint| kind(endpoint) == "Gateway");
    let names: BTreeSet<&str> = gateways.filter_map(|endpoint| endpoint.service_name.as_deref()).collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let filters = filters_of(vec![Filter::new("prefix-list-name", names)]);
    let lists = pages!(ec2.safe.describe_prefix_lists().set_filters(filters), prefix_lists);
    Ok(lists.into_iter().filter_map(|list| Some((list.prefix_list_name.clone()?, list))).collect())
}

/// What the endpoint is connected with, and how it is found by name.
fn relations<'a>(builder: Builder<'a>, found: &Whole, known: &Value) -> Builder<'a> {
    let endpoint = &found.endpoint;
    let list = |texts: &Option<Vec<String>>| texts.clone().unwrap_or_default();
    let groups = endpoint.groups.iter().flatten().filter_map(|group| group.group_id.as_deref());
    let prefixes = found.prefixes.as_ref();
    let observed = endpoint.policy_document.as_deref();
    builder
        .string_set("route_table_ids", list(&endpoint.route_table_ids))
        .string_set("subnet_ids", list(&endpoint.subnet_ids))
        .string_set("security_group_ids", groups)
        .string_set("network_interface_ids", list(&endpoint.network_interface_ids))
        .str("policy", observed.map(|observed| policy::settled(known.get_str("policy"), observed)))
        .str("prefix_list_id", prefixes.and_then(|list| list.prefix_list_id.as_deref()))
        .string_list("cidr_blocks", prefixes.and_then(|list| list.cidrs.clone()).unwrap_or_default())
        .set("dns_entry", dns_entries(endpoint))
        .set("dns_options", dns_options(endpoint, known))
}

fn dns_entries(endpoint: &types::VpcEndpoint) -> Value {
    let ty = Type::object([("dns_name", Type::String), ("hosted_zone_id", Type::String)]);
    let text = |value: &Option<String>| Value::string(value.as_deref().unwrap_or_default());
    let element = |entry: &types::DnsEntry| {
        Value::object([("dns_name", text(&entry.dns_name)), ("hosted_zone_id", text(&entry.hosted_zone_id))])
    };
    Value::list(ty, endpoint.dns_entries.iter().flatten().map(element))
}

/// The options as they are; where the service does not tell, those that were asked for.
fn dns_options(endpoint: &types::VpcEndpoint, known: &Value) -> Value {
    let asked = dns_wanted(known);
    let told = endpoint.dns_options.as_ref().map(|options| {
        let told = types::DnsOptionsSpecification::builder()
            .set_dns_record_ip_type(options.dns_record_ip_type.clone())
            .set_private_dns_preference(options.private_dns_preference.clone())
            .set_private_dns_specified_domains(options.private_dns_specified_domains.clone());
        let only = options.private_dns_only_for_inbound_resolver_endpoint;
        let only =
            only.or(asked.as_ref().and_then(|asked| asked.private_dns_only_for_inbound_resolver_endpoint));
        told.set_private_dns_only_for_inbound_resolver_endpoint(only).build()
    });
    let ty = Type::object([
        ("dns_record_ip_type", Type::String),
        ("private_dns_only_for_inbound_resolver_endpoint", Type::Bool),
        ("private_dns_preference", Type::String),
        ("private_dns_specified_domains", Type::set(Type::String)),
    ]);
    let text = |value: Option<&str>| value.map_or_else(|| Value::null(Type::String), Value::string);
    let block = told.or(asked).map(|options| {
        let only = options.private_dns_only_for_inbound_resolver_endpoint;
        Value::object([
            (
                "dns_record_ip_type",
                text(options.dns_record_ip_type.as_ref().map(types::DnsRecordIpType::as_str)),
            ),
            (
                "private_dns_only_for_inbound_resolver_endpoint",
                only.map_or_else(|| Value::null(Type::Bool), Value::bool),
            ),
            ("private_dns_preference", text(options.private_dns_preference.as_deref())),
            (
                "private_dns_specified_domains",
                Value::set(
                    Type::String,
                    options.private_dns_specified_domains.unwrap_or_default().iter().map(Value::string),
                ),
            ),
        ])
    });
    Value::list(ty, block)
}

/// The options of a planned endpoint, if it has the block.
fn dns_wanted(planned: &Value) -> Option<types::DnsOptionsSpecification> {
    let block = planned.get("dns_options").and_then(Value::as_elements)?.first()?;
    let domains = texts(block.get("private_dns_specified_domains"));
    let options = types::DnsOptionsSpecification::builder()
        .set_dns_record_ip_type(text(block, "dns_record_ip_type").map(|kind| kind.as_str().into()))
        .set_private_dns_only_for_inbound_resolver_endpoint(
            block.get_bool("private_dns_only_for_inbound_resolver_endpoint"),
        )
        .set_private_dns_preference(text(block, "private_dns_preference"))
        .set_private_dns_specified_domains((!domains.is_empty()).then_some(domains));
    Some(options.build())
}

fn subnet_configurations(planned: &Value) -> Option<Vec<types::SubnetConfiguration>> {
    let blocks = planned.get("subnet_configuration").and_then(Value::as_elements)?;
    let configuration = |block: &Value| {
        types::SubnetConfiguration::builder()
            .set_subnet_id(text(block, "subnet_id"))
            .set_ipv4(text(block, "ipv4"))
            .set_ipv6(text(block, "ipv6"))
            .build()
    };
    (!blocks.is_empty()).then(|| blocks.iter().map(configuration).collect())
}

async fn accept(context: &Arc<Context>, change: &Change<'_, Whole>) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let name = change.found.endpoint.service_name.as_deref().unwrap_or_default();
    let services = ec2.safe.describe_vpc_endpoint_services().service_names(name).send();
    let service = answer(services).await?.service_details.unwrap_or_default().into_iter().next();
    let service =
        service.and_then(|detail| detail.service_id).ok_or_else(|| Failure::incomplete("service"))?;
    let call = ec2.safe.accept_vpc_endpoint_connections().service_id(service).vpc_endpoint_ids(change.id);
    all_done(answer(call.send()).await?.unsuccessful)
}

/// What is planned and not there, and what is there and not planned; nothing where it is as planned.
fn difference(change: &Change<'_, Whole>, name: &str) -> (Option<Vec<String>>, Option<Vec<String>>) {
    if change.wanted(name).is_none() {
        return (None, None);
    }
    let set = |value: &Value| texts(value.get(name)).into_iter().collect::<BTreeSet<String>>();
    let (now, planned) = (set(change.current), set(change.planned));
    let part = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        Some(a.difference(b).cloned().collect::<Vec<_>>()).filter(|ids| !ids.is_empty())
    };
    (part(&planned, &now), part(&now, &planned))
}

async fn modify(context: &Arc<Context>, change: &Change<'_, Whole>) -> Result<(), Failure> {
    let (add_tables, remove_tables) = difference(change, "route_table_ids");
    let (add_subnets, remove_subnets) = difference(change, "subnet_ids");
    let (add_groups, remove_groups) = difference(change, "security_group_ids");
    let policy = change.wanted_str("policy");
    let dns = change.wanted("dns_options").and_then(|_| dns_wanted(change.planned));
    let kind = change.wanted_str("ip_address_type");
    let private = change.wanted_bool("private_dns_enabled");
    let sets = [&add_tables, &remove_tables, &add_subnets, &remove_subnets, &add_groups, &remove_groups];
    let configurations = (!change.keeps("subnet_configuration") && change.prior.is_some())
        .then(|| subnet_configurations(change.planned))
        .flatten();
    if sets.iter().all(|set| set.is_none())
        && (policy, dns.as_ref(), kind, private) == (None, None, None, None)
        && configurations.is_none()
    {
        return Ok(());
    }
    let call = context
        .ec2()
        .safe
        .modify_vpc_endpoint()
        .vpc_endpoint_id(change.id)
        .set_add_route_table_ids(add_tables)
        .set_remove_route_table_ids(remove_tables)
        .set_add_subnet_ids(add_subnets)
        .set_remove_subnet_ids(remove_subnets)
        .set_add_security_group_ids(add_groups)
        .set_remove_security_group_ids(remove_groups)
        .set_reset_policy(policy.filter(|policy| policy.is_empty()).map(|_| true))
        .set_policy_document(policy.filter(|policy| !policy.is_empty()).map(str::to_owned))
        .set_ip_address_type(kind.map(Into::into))
        .set_private_dns_enabled(private)
        .set_dns_options(dns)
        .set_subnet_configurations(configurations);
    answer(call.send()).await.map(drop)
}
