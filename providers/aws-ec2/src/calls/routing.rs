//! Internet gateways and route tables.

use aws_sdk_ec2::types;

use super::client::{Client, answer, pages, selection, tag_specification, tags_of};
use super::{Call, Failure, Select, Tags};

/// An internet gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InternetGateway {
    /// `igw-...`
    pub id: String,
    /// The account that owns it.
    pub owner_id: Option<String>,
    /// The VPCs it is attached to (at most one) and the state of that.
    pub attachments: Vec<Attachment>,
    /// Its tags.
    pub tags: Tags,
}

/// An attachment to a VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// The VPC.
    pub vpc_id: String,
    /// `attaching`, `attached` or `available`, `detaching`, ...
    pub state: String,
}

/// A route table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTable {
    /// `rtb-...`
    pub id: String,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// The account that owns it.
    pub owner_id: Option<String>,
    /// Its routes, also those that it has by itself.
    pub routes: Vec<Route>,
    /// What it is associated with.
    pub associations: Vec<Association>,
    /// The virtual private gateways that put routes into it.
    pub propagating_vgws: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A route. As input, exactly one destination and one target are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct Route {
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub prefix_list_id: Option<String>,
    pub gateway_id: Option<String>,
    pub nat_gateway_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub instance_id: Option<String>,
    pub transit_gateway_id: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
    pub egress_only_gateway_id: Option<String>,
    pub carrier_gateway_id: Option<String>,
    pub local_gateway_id: Option<String>,
    pub vpc_endpoint_id: Option<String>,
    pub core_network_arn: Option<String>,
    /// `CreateRouteTable` for a route that the table has by itself.
    pub origin: Option<String>,
}

/// An association of a route table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Association {
    /// `rtbassoc-...`
    pub id: String,
    /// The table.
    pub route_table_id: Option<String>,
    /// The subnet, if it is one.
    pub subnet_id: Option<String>,
    /// The gateway, if it is one.
    pub gateway_id: Option<String>,
    /// `associated`, `disassociating`, ...; none where the service does not tell.
    pub state: Option<String>,
}

impl Client {
    pub fn create_internet_gateway(&self, tags: Tags) -> Call<'_, InternetGateway> {
        Box::pin(async move {
            let tags = tag_specification(types::ResourceType::InternetGateway, &tags);
            let request = self.once.create_internet_gateway().set_tag_specifications(tags);
            let output = answer(request.send()).await?;
            output.internet_gateway.and_then(gateway_of).ok_or_else(|| Failure::incomplete("gateway"))
        })
    }

    pub fn describe_internet_gateways(&self, select: Select) -> Call<'_, Vec<InternetGateway>> {
        Box::pin(async move {
            let (ids, filters) = selection(select);
            let request =
                self.safe.describe_internet_gateways().set_internet_gateway_ids(ids).set_filters(filters);
            let gateways = pages!(request, internet_gateways);
            Ok(gateways.into_iter().filter_map(gateway_of).collect())
        })
    }

    pub fn attach_internet_gateway<'a>(&'a self, id: &'a str, vpc_id: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.attach_internet_gateway().internet_gateway_id(id).vpc_id(vpc_id);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn detach_internet_gateway<'a>(&'a self, id: &'a str, vpc_id: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc_id);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn delete_internet_gateway<'a>(&'a self, id: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.delete_internet_gateway().internet_gateway_id(id);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn create_route_table<'a>(&'a self, vpc_id: &'a str, tags: Tags) -> Call<'a, RouteTable> {
        Box::pin(async move {
            let tags = tag_specification(types::ResourceType::RouteTable, &tags);
            let request = self.once.create_route_table().vpc_id(vpc_id).set_tag_specifications(tags);
            let output = answer(request.send()).await?;
            output.route_table.and_then(table_of).ok_or_else(|| Failure::incomplete("route table"))
        })
    }

    pub fn describe_route_tables(&self, select: Select) -> Call<'_, Vec<RouteTable>> {
        Box::pin(async move {
            let (ids, filters) = selection(select);
            let request = self.safe.describe_route_tables().set_route_table_ids(ids).set_filters(filters);
            let tables = pages!(request, route_tables);
            Ok(tables.into_iter().filter_map(table_of).collect())
        })
    }

    pub fn create_route<'a>(&'a self, table: &'a str, route: Route) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self
                .safe
                .create_route()
                .route_table_id(table)
                .set_destination_cidr_block(route.cidr_block)
                .set_destination_ipv6_cidr_block(route.ipv6_cidr_block)
                .set_destination_prefix_list_id(route.prefix_list_id)
                .set_gateway_id(route.gateway_id)
                .set_nat_gateway_id(route.nat_gateway_id)
                .set_network_interface_id(route.network_interface_id)
                .set_instance_id(route.instance_id)
                .set_transit_gateway_id(route.transit_gateway_id)
                .set_vpc_peering_connection_id(route.vpc_peering_connection_id)
                .set_egress_only_internet_gateway_id(route.egress_only_gateway_id)
                .set_carrier_gateway_id(route.carrier_gateway_id)
                .set_local_gateway_id(route.local_gateway_id)
                .set_vpc_endpoint_id(route.vpc_endpoint_id)
                .set_core_network_arn(route.core_network_arn);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn replace_route<'a>(&'a self, table: &'a str, route: Route) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self
                .safe
                .replace_route()
                .route_table_id(table)
                .set_destination_cidr_block(route.cidr_block)
                .set_destination_ipv6_cidr_block(route.ipv6_cidr_block)
                .set_destination_prefix_list_id(route.prefix_list_id)
                .set_gateway_id(route.gateway_id)
                .set_nat_gateway_id(route.nat_gateway_id)
                .set_network_interface_id(route.network_interface_id)
                .set_instance_id(route.instance_id)
                .set_transit_gateway_id(route.transit_gateway_id)
                .set_vpc_peering_connection_id(route.vpc_peering_connection_id)
                .set_egress_only_internet_gateway_id(route.egress_only_gateway_id)
                .set_carrier_gateway_id(route.carrier_gateway_id)
                .set_local_gateway_id(route.local_gateway_id)
                .set_vpc_endpoint_id(route.vpc_endpoint_id)
                .set_core_network_arn(route.core_network_arn);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn delete_route<'a>(&'a self, table: &'a str, route: Route) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self
                .safe
                .delete_route()
                .route_table_id(table)
                .set_destination_cidr_block(route.cidr_block)
                .set_destination_ipv6_cidr_block(route.ipv6_cidr_block)
                .set_destination_prefix_list_id(route.prefix_list_id);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn delete_route_table<'a>(&'a self, id: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.delete_route_table().route_table_id(id);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn associate_route_table<'a>(
        &'a self,
        table: &'a str,
        subnet: Option<&'a str>,
        gateway: Option<&'a str>,
    ) -> Call<'a, String> {
        Box::pin(async move {
            let request = self
                .once
                .associate_route_table()
                .route_table_id(table)
                .set_subnet_id(subnet.map(str::to_owned))
                .set_gateway_id(gateway.map(str::to_owned));
            let output = answer(request.send()).await?;
            output.association_id.ok_or_else(|| Failure::incomplete("association"))
        })
    }

    pub fn replace_route_table_association<'a>(
        &'a self,
        association: &'a str,
        table: &'a str,
    ) -> Call<'a, String> {
        Box::pin(async move {
            let request =
                self.once.replace_route_table_association().association_id(association).route_table_id(table);
            let output = answer(request.send()).await?;
            output.new_association_id.ok_or_else(|| Failure::incomplete("association"))
        })
    }

    pub fn disassociate_route_table<'a>(&'a self, association: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.disassociate_route_table().association_id(association);
            answer(request.send()).await.map(drop)
        })
    }
}

fn gateway_of(gateway: types::InternetGateway) -> Option<InternetGateway> {
    Some(InternetGateway {
        id: gateway.internet_gateway_id?,
        owner_id: gateway.owner_id,
        attachments: gateway
            .attachments
            .unwrap_or_default()
            .into_iter()
            .filter_map(|attachment| {
                let state = attachment.state.map(|state| state.as_str().to_owned()).unwrap_or_default();
                Some(Attachment { vpc_id: attachment.vpc_id?, state })
            })
            .collect(),
        tags: tags_of(gateway.tags),
    })
}

fn table_of(table: types::RouteTable) -> Option<RouteTable> {
    Some(RouteTable {
        id: table.route_table_id?,
        vpc_id: table.vpc_id,
        owner_id: table.owner_id,
        routes: table.routes.unwrap_or_default().into_iter().map(route_of).collect(),
        associations: table.associations.unwrap_or_default().into_iter().filter_map(association_of).collect(),
        propagating_vgws: table
            .propagating_vgws
            .unwrap_or_default()
            .into_iter()
            .filter_map(|vgw| vgw.gateway_id)
            .collect(),
        tags: tags_of(table.tags),
    })
}

fn route_of(route: types::Route) -> Route {
    // A route to a VPC endpoint comes back with the endpoint in the place of the gateway.
    let (gateway_id, vpc_endpoint_id) = match route.gateway_id {
        Some(id) if id.starts_with("vpce-") => (None, Some(id)),
        id => (id, None),
    };
    Route {
        cidr_block: route.destination_cidr_block,
        ipv6_cidr_block: route.destination_ipv6_cidr_block,
        prefix_list_id: route.destination_prefix_list_id,
        gateway_id,
        nat_gateway_id: route.nat_gateway_id,
        network_interface_id: route.network_interface_id,
        instance_id: route.instance_id,
        transit_gateway_id: route.transit_gateway_id,
        vpc_peering_connection_id: route.vpc_peering_connection_id,
        egress_only_gateway_id: route.egress_only_internet_gateway_id,
        carrier_gateway_id: route.carrier_gateway_id,
        local_gateway_id: route.local_gateway_id,
        vpc_endpoint_id,
        core_network_arn: route.core_network_arn,
        origin: route.origin.map(|origin| origin.as_str().to_owned()),
    }
}

fn association_of(association: types::RouteTableAssociation) -> Option<Association> {
    Some(Association {
        id: association.route_table_association_id?,
        route_table_id: association.route_table_id,
        subnet_id: association.subnet_id,
        gateway_id: association.gateway_id,
        state: association
            .association_state
            .and_then(|state| state.state)
            .map(|state| state.as_str().to_owned()),
    })
}
