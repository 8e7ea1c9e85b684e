//! `aws_vpn_connection`: two tunnels between a gateway here and one at the customer's.

mod configuration;
mod tunnel;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{self, ResourceType, VpnState};
use evenkeel_model::{Diagnostic, Diagnostics, Type, Value};
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{
    Change, Ec2Type, Limits, Progress, Wanted, account, arn, by_name, by_token, ids_of, on, text, time,
};
use crate::calls::client::{
    answer, describe_whole, filters_of, lists, pages, tag_specification, tagged, tags_of,
};
use crate::calls::{Call, Ec2Context, Filter, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::shape::Shape;
use crate::{registry, tags, wait};
use tunnel::Written;

/// `aws_vpn_connection`
pub struct VpnConnection;

/// A connection, and its attachment to a transit gateway.
pub struct Found {
    connection: types::VpnConnection,
    attachment: Option<String>,
    account: String,
}

const PREFIXES: [&str; 2] = ["tunnel1_", "tunnel2_"];

fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<types::VpnConnection>> {
    describe_whole!(
        context.ec2(),
        select,
        describe_vpn_connections,
        set_vpn_connection_ids,
        set_filters,
        vpn_connections
    )
}

fn is_alive(connection: &types::VpnConnection) -> bool {
    connection.state != Some(VpnState::Deleted)
}

/// Whether a change is under way; "modifying" is a state that the SDK has no name for.
fn is_busy(connection: &types::VpnConnection) -> bool {
    connection.state().is_some_and(|state| matches!(state.as_str(), "pending" | "modifying"))
}

impl Ec2Type for VpnConnection {
    type Found = Found;
    const KIND: &'static str = "aws_vpn_connection";
    const NOUN: &'static str = "EC2 VPN Connection";
    const LIMITS: Limits = Limits { create: 2_400, update: 2_400, delete: 1_800 };

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let open = config.get("transport_transit_gateway_attachment_id").is_none_or(Value::is_null);
        if config.get_str("outside_ip_address_type") == Some("PrivateIpv4") && open {
            diagnostics.push(Diagnostic::error(
                "Missing required argument",
                "`transport_transit_gateway_attachment_id` must be provided if `outside_ip_address_type` is \
                 `PrivateIpv4`.",
            ));
        }
        diagnostics
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let mut connections = by_name(ids_of(wanted), |select| list(context, select)).await?;
        connections.retain(is_alive);
        let account = account(context).await?;
        let mut attachments = attachments(context, &connections).await?;
        let found = connections.into_iter().filter_map(|connection| {
            let id = connection.vpn_connection_id.clone()?;
            let attachment = attachments.remove(&id);
            Some((id, Found { connection, attachment, account: account.clone() }))
        });
        Ok(found.collect())
    }

    fn progress(found: &Found) -> Progress {
        if is_busy(&found.connection) { Progress::Coming } else { Progress::Ready }
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let connection = &found.connection;
        let id = connection.vpn_connection_id().unwrap_or_default();
        let shape = Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(id))
            .text("arn", Some(arn(context, Some(&found.account), &format!("vpn-connection/{id}"))))
            .text("region", Some(context.region()))
            .text("core_network_arn", connection.core_network_arn())
            .text("core_network_attachment_arn", connection.core_network_attachment_arn())
            .text("customer_gateway_configuration", connection.customer_gateway_configuration())
            .text("customer_gateway_id", connection.customer_gateway_id())
            .text("preshared_key_arn", connection.pre_shared_key_arn())
            .text("preshared_key_storage", known.get_str("preshared_key_storage"))
            .text("transit_gateway_attachment_id", found.attachment.as_deref())
            .text("transit_gateway_id", connection.transit_gateway_id())
            .text("type", Some("ipsec.1"))
            .text("vpn_concentrator_id", connection.vpn_concentrator_id())
            .text("vpn_gateway_id", connection.vpn_gateway_id())
            .exactly("routes", routes(connection))
            .exactly("vgw_telemetry", telemetry(connection))
            .tags(context.tags().observed(&tags_of(connection.tags.clone()), known));
        with_tunnels(with_options(shape, connection), connection, known).build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let tags = tags::for_create(planned, &request.token);
        let call = context
            .ec2()
            .once
            .create_vpn_connection()
            .set_type(text(planned, "type"))
            .set_customer_gateway_id(text(planned, "customer_gateway_id"))
            .set_vpn_gateway_id(text(planned, "vpn_gateway_id"))
            .set_transit_gateway_id(text(planned, "transit_gateway_id"))
            .set_vpn_concentrator_id(text(planned, "vpn_concentrator_id"))
            .set_pre_shared_key_storage(text(planned, "preshared_key_storage"))
            .options(options(planned))
            .set_tag_specifications(tag_specification(ResourceType::VpnConnection, &tags));
        let made = answer(call.send()).await?.vpn_connection;
        made.and_then(|made| made.vpn_connection_id).ok_or_else(|| Failure::incomplete("VPN connection"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        bring_gateways(context, change).await?;
        bring_options(context, change).await?;
        for prefix in PREFIXES {
            bring_tunnel(context, change, prefix).await?;
        }
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        answer(context.ec2().safe.delete_vpn_connection().vpn_connection_id(id).send()).await.map(drop)
    }

    lists!(whole describe_vpn_connections, vpn_connections, |connection| {
        let alive = is_alive(&connection);
        tagged(connection.vpn_connection_id, connection.tags).filter(|_| alive)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let found = list(context, by_token(&request.token)).await?;
        Ok(found.into_iter().filter(is_alive).find_map(|found| found.vpn_connection_id))
    }
}

/// Attachments to transit gateways, by the connection; asked for where there can be any.
async fn attachments(
    context: &Arc<Context>,
    connections: &[types::VpnConnection],
) -> Result<BTreeMap<String, String>, Failure> {
    let with_gateway = connections.iter().filter(|connection| connection.transit_gateway_id.is_some());
    let ids: Vec<&str> = with_gateway.filter_map(|connection| connection.vpn_connection_id()).collect();
    let ec2 = context.ec2();
    let mut found = BTreeMap::new();
    for ids in ids.chunks(VALUES_PER_FILTER) {
        let filters =
            vec![Filter::new("resource-id", ids.iter().copied()), Filter::new("resource-type", ["vpn"])];
        let call = ec2.safe.describe_transit_gateway_attachments().set_filters(filters_of(filters));
        let attachments = pages!(call, transit_gateway_attachments).into_iter();
        found.extend(
            attachments.filter_map(|found| Some((found.resource_id?, found.transit_gateway_attachment_id?))),
        );
    }
    Ok(found)
}

/// Values that one filter may have.
const VALUES_PER_FILTER: usize = 200;

fn with_options<'a>(shape: Shape<'a>, connection: &types::VpnConnection) -> Shape<'a> {
    let options = connection.options();
    let text = |of: fn(&types::VpnConnectionOptions) -> Option<&str>| options.and_then(of);
    shape
        .flag("enable_acceleration", options.and_then(|options| options.enable_acceleration))
        .flag("static_routes_only", options.and_then(|options| options.static_routes_only))
        .text("local_ipv4_network_cidr", text(types::VpnConnectionOptions::local_ipv4_network_cidr))
        .text("local_ipv6_network_cidr", text(types::VpnConnectionOptions::local_ipv6_network_cidr))
        .text("remote_ipv4_network_cidr", text(types::VpnConnectionOptions::remote_ipv4_network_cidr))
        .text("remote_ipv6_network_cidr", text(types::VpnConnectionOptions::remote_ipv6_network_cidr))
        .text("outside_ip_address_type", text(types::VpnConnectionOptions::outside_ip_address_type))
        .text(
            "transport_transit_gateway_attachment_id",
            text(types::VpnConnectionOptions::transport_transit_gateway_attachment_id),
        )
        .text(
            "tunnel_bandwidth",
            text(|options| options.tunnel_bandwidth().map(|bandwidth| bandwidth.as_str())),
        )
        .text(
            "tunnel_inside_ip_version",
            text(|options| options.tunnel_inside_ip_version().map(|kind| kind.as_str())),
        )
}

fn with_tunnels<'a>(mut shape: Shape<'a>, connection: &types::VpnConnection, known: &Value) -> Shape<'a> {
    let document = connection.customer_gateway_configuration().unwrap_or_default();
    let tunnels = configuration::tunnels(document, known);
    let options = connection.options().map(|options| options.tunnel_options()).unwrap_or_default();
    for (index, prefix) in PREFIXES.into_iter().enumerate() {
        let name = |name: &str| format!("{prefix}{name}");
        let seen = tunnels.get(index).cloned().unwrap_or_default();
        shape = shape
            .text(&name("address"), Some(&seen.address))
            .text(&name("bgp_asn"), Some(&seen.bgp_asn))
            .number(&name("bgp_holdtime"), Some(seen.bgp_holdtime))
            .text(&name("cgw_inside_address"), Some(&seen.cgw_inside_address))
            .text(&name("vgw_inside_address"), Some(&seen.vgw_inside_address))
            .text(&name("preshared_key"), Some(&seen.preshared_key));
        let same = options.iter().find(|option| option.outside_ip_address() == Some(&*seen.address));
        let nothing = types::TunnelOption::builder().build();
        shape = tunnel::told(shape, same.or(options.get(index)).unwrap_or(&nothing), prefix, known);
    }
    shape
}

fn text_value(text: Option<&str>) -> Value {
    Value::string(text.unwrap_or_default())
}

fn routes(connection: &types::VpnConnection) -> Value {
    let columns = ["destination_cidr_block", "source", "state"].map(|name| (name, Type::String));
    let elements = connection.routes().iter().map(|route| {
        Value::object([
            ("destination_cidr_block", text_value(route.destination_cidr_block())),
            ("source", text_value(route.source().map(|source| source.as_str()))),
            ("state", text_value(route.state().map(|state| state.as_str()))),
        ])
    });
    Value::set(Type::object(columns), elements)
}

fn telemetry(connection: &types::VpnConnection) -> Value {
    let texts = ["certificate_arn", "last_status_change", "outside_ip_address", "status", "status_message"];
    let columns =
        texts.map(|name| (name, Type::String)).into_iter().chain([("accepted_route_count", Type::Number)]);
    let elements = connection.vgw_telemetry().iter().map(|told| {
        Value::object([
            ("accepted_route_count", Value::number(i64::from(told.accepted_route_count.unwrap_or_default()))),
            ("certificate_arn", text_value(told.certificate_arn())),
            ("last_status_change", text_value(time(told.last_status_change()).as_deref())),
            ("outside_ip_address", text_value(told.outside_ip_address())),
            ("status", text_value(told.status().map(|status| status.as_str()))),
            ("status_message", text_value(told.status_message())),
        ])
    });
    Value::set(Type::object(columns), elements)
}

fn options(planned: &Value) -> types::VpnConnectionOptionsSpecification {
    let get = |name: &str| text(planned, name);
    let ipv6 = planned.get_str("tunnel_inside_ip_version") == Some("ipv6");
    let family = |name: &str, of: bool| get(name).filter(|_| ipv6 == of);
    let version = if ipv6 { types::TunnelInsideIpVersion::Ipv6 } else { types::TunnelInsideIpVersion::Ipv4 };
    types::VpnConnectionOptionsSpecification::builder()
        .set_enable_acceleration(on(planned, "enable_acceleration"))
        .set_static_routes_only(on(planned, "static_routes_only"))
        .set_outside_ip_address_type(get("outside_ip_address_type"))
        .set_local_ipv4_network_cidr(family("local_ipv4_network_cidr", false))
        .set_remote_ipv4_network_cidr(family("remote_ipv4_network_cidr", false))
        .set_local_ipv6_network_cidr(family("local_ipv6_network_cidr", true))
        .set_remote_ipv6_network_cidr(family("remote_ipv6_network_cidr", true))
        .set_transport_transit_gateway_attachment_id(get("transport_transit_gateway_attachment_id"))
        .set_tunnel_bandwidth(get("tunnel_bandwidth").map(|bandwidth| bandwidth.as_str().into()))
        .tunnel_inside_ip_version(version)
        .set_tunnel_options(Some(
            PREFIXES.map(|prefix| Written::of(planned, prefix).specification()).to_vec(),
        ))
        .build()
}

/// Waits until no change is under way: the service takes one at a time.
async fn settled(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    wait::until(change.operation, change.limit, || async {
        let found = list(context, Select::Ids(vec![change.id.to_owned()])).await;
        let found = found.map_err(|error| change.failed(error))?;
        Ok((!found.iter().any(is_busy)).then_some(()))
    })
    .await
}

async fn bring_gateways(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    let names = ["customer_gateway_id", "transit_gateway_id", "vpn_gateway_id"];
    let [customer, transit, vpn] = names.map(|name| change.wanted_str(name).filter(|id| !id.is_empty()));
    if (customer, transit, vpn) == (None, None, None) {
        return Ok(());
    }
    let call = context
        .ec2()
        .safe
        .modify_vpn_connection()
        .vpn_connection_id(change.id)
        .set_customer_gateway_id(customer.map(str::to_owned))
        .set_transit_gateway_id(transit.map(str::to_owned))
        .set_vpn_gateway_id(vpn.map(str::to_owned));
    answer(call.send()).await.map_err(|error| change.failed(error))?;
    settled(context, change).await
}

async fn bring_options(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    let wanted = |name: &str| change.prior.and_then(|_| change.wanted_str(name)).map(str::to_owned);
    let [local4, local6] = ["local_ipv4_network_cidr", "local_ipv6_network_cidr"].map(wanted);
    let [remote4, remote6] = ["remote_ipv4_network_cidr", "remote_ipv6_network_cidr"].map(wanted);
    let bandwidth = wanted("tunnel_bandwidth");
    if [&local4, &local6, &remote4, &remote6, &bandwidth].iter().all(|wanted| wanted.is_none()) {
        return Ok(());
    }
    let call = context
        .ec2()
        .safe
        .modify_vpn_connection_options()
        .vpn_connection_id(change.id)
        .set_local_ipv4_network_cidr(local4)
        .set_local_ipv6_network_cidr(local6)
        .set_remote_ipv4_network_cidr(remote4)
        .set_remote_ipv6_network_cidr(remote6)
        .set_tunnel_bandwidth(bandwidth.map(|bandwidth| bandwidth.as_str().into()));
    answer(call.send()).await.map_err(|error| change.failed(error))?;
    settled(context, change).await
}

async fn bring_tunnel(
    context: &Arc<Context>,
    change: &Change<'_, Found>,
    prefix: &str,
) -> Result<(), ProviderError> {
    let address = text(change.current, &format!("{prefix}address"));
    let (Some(options), Some(address)) = (tunnel::changed(change, prefix), address) else { return Ok(()) };
    let call = context
        .ec2()
        .safe
        .modify_vpn_tunnel_options()
        .vpn_connection_id(change.id)
        .vpn_tunnel_outside_ip_address(address)
        .tunnel_options(options);
    answer(call.send()).await.map_err(|error| change.failed(error))?;
    settled(context, change).await
}
