//! Route tables, routes and associations.

use super::cidr;
use super::kinds::{self, GATEWAY, SUBNET, TABLE, VPC};
use super::{Actions, Answer, Call, depends, done};
use crate::fail::Fail;
use crate::node::Node;
use crate::region::{Object, Region};
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("CreateRouteTable", create),
    ("DeleteRouteTable", delete),
    ("CreateRoute", create_route),
    ("ReplaceRoute", replace_route),
    ("DeleteRoute", delete_route),
    ("AssociateRouteTable", associate),
    ("ReplaceRouteTableAssociation", replace_association),
    ("DisassociateRouteTable", disassociate),
];

const ROUTES: &str = "routeSet";
const ASSOCIATIONS: &str = "associationSet";

/// Destinations: their parameter and element.
const DESTINATIONS: [(&str, &str); 3] = [
    ("DestinationCidrBlock", "destinationCidrBlock"),
    ("DestinationIpv6CidrBlock", "destinationIpv6CidrBlock"),
    ("DestinationPrefixListId", "destinationPrefixListId"),
];

/// Targets: their parameter and element.
const TARGETS: [(&str, &str); 11] = [
    ("GatewayId", "gatewayId"),
    ("NatGatewayId", "natGatewayId"),
    ("NetworkInterfaceId", "networkInterfaceId"),
    ("InstanceId", "instanceId"),
    ("TransitGatewayId", "transitGatewayId"),
    ("VpcPeeringConnectionId", "vpcPeeringConnectionId"),
    ("EgressOnlyInternetGatewayId", "egressOnlyInternetGatewayId"),
    ("CarrierGatewayId", "carrierGatewayId"),
    ("LocalGatewayId", "localGatewayId"),
    ("VpcEndpointId", "gatewayId"),
    ("CoreNetworkArn", "coreNetworkArn"),
];

fn create(call: &mut Call<'_>) -> Answer {
    let vpc = call.named(&VPC, "VpcId")?;
    let body = body(call.region, &vpc.id);
    let id = call.make(&TABLE, body)?;
    Ok(Node::map([("routeTable", call.show(&TABLE, &id))]))
}

fn body(region: &Region, vpc: &str) -> Node {
    let blocks = region.peek(&VPC, vpc).map(super::vpc::blocks).unwrap_or_default();
    let local = blocks.into_iter().map(|block| {
        xml! {
            destinationCidrBlock: block.to_string(),
            gatewayId: "local",
            state: "active",
            origin: "CreateRouteTable",
        }
    });
    xml! {
        vpcId: vpc,
        ownerId: &region.account,
        routeSet: local.collect::<Vec<_>>(),
        associationSet: Vec::<Node>::new(),
        propagatingVgwSet: Vec::<Node>::new(),
    }
}

/// Makes the table that a VPC comes with.
pub(super) fn add_main(region: &mut Region, vpc: &str) -> String {
    let body = body(region, vpc);
    let id = region.add(&TABLE, body);
    let association = association(region, &id, true);
    region.change(&TABLE, &id, |table| table.body.list_mut(ASSOCIATIONS).push(association));
    id
}

/// Puts a route into a table.
pub(super) fn add_route(region: &mut Region, table: &str, route: Node) {
    region.change(&TABLE, table, |table| table.body.list_mut(ROUTES).push(route));
}

fn association(region: &mut Region, table: &str, main: bool) -> Node {
    xml! {
        routeTableAssociationId: region.new_id("rtbassoc"),
        routeTableId: table,
        main: main,
        associationState: xml! { state: "associated" },
    }
}

/// Whether a table is the main one of its VPC.
pub(super) fn is_main(table: &Node) -> bool {
    table.items(ASSOCIATIONS).iter().any(|association| association.is_true("main"))
}

/// A subnet goes away.
pub(super) fn forget_subnet(region: &mut Region, subnet: &str) {
    for table in region.ids_naming(&TABLE, subnet) {
        region.change(&TABLE, &table, |table| {
            table.body.list_mut(ASSOCIATIONS).retain(|a| a.text("subnetId") != subnet);
        });
    }
}

/// The target of routes is gone; they stay.
pub(super) fn blackhole(region: &mut Region, table: &str, target: &str) {
    region.change(&TABLE, table, |table| {
        for route in table.body.list_mut(ROUTES) {
            let named = TARGETS.iter().any(|(_, element)| route.text(element) == target);
            if named {
                route.set("state", "blackhole");
            }
        }
    });
}

fn delete(call: &mut Call<'_>) -> Answer {
    let table = call.named(&TABLE, "RouteTableId")?;
    if !table.body.items(ASSOCIATIONS).is_empty() {
        return Err(depends(&TABLE, &table.id));
    }
    call.region.remove(&TABLE, &table.id);
    done()
}

fn destination(call: &Call<'_>) -> Result<(&'static str, String), Fail> {
    let mut given = DESTINATIONS.into_iter().filter_map(|(name, element)| Some((element, call.p.get(name)?)));
    let (Some((element, text)), None) = (given.next(), given.next()) else {
        return Err(Fail::combination("Exactly one destination has to be given."));
    };
    match element {
        "destinationPrefixListId" => Ok((element, text.to_owned())),
        "destinationCidrBlock" => Ok((element, cidr::Block::parse(text, 0..=32)?.to_string())),
        _ => Ok((element, cidr::v6(text)?)),
    }
}

fn target(call: &mut Call<'_>) -> Result<(&'static str, String), Fail> {
    let mut given = TARGETS.into_iter().filter_map(|(name, element)| Some((element, call.p.get(name)?)));
    let (Some((element, id)), None) = (given.next(), given.next()) else {
        return Err(Fail::combination("Exactly one target has to be given."));
    };
    if let Some(kind) = kinds::kind_of(id) {
        call.region.find(kind, id)?;
    }
    Ok((element, id.to_owned()))
}

fn existing(table: &Object, element: &str, text: &str) -> bool {
    table.body.items(ROUTES).iter().any(|route| route.text(element) == text)
}

fn create_route(call: &mut Call<'_>) -> Answer {
    let table = call.named(&TABLE, "RouteTableId")?;
    let (to, block) = destination(call)?;
    let (via, target) = target(call)?;
    let mut route = xml! { state: "active", origin: "CreateRoute" };
    route.set(to, block.as_str());
    route.set(via, target.as_str());
    if existing(&table, to, &block) {
        // The very same route again is no mistake to the service.
        return match table.body.items(ROUTES).contains(&route) {
            true => done(),
            false => {
                let message = format!("The route identified by {block} already exists.");
                Err(Fail::new("RouteAlreadyExists", message))
            }
        };
    }
    add_route(call.region, &table.id, route);
    done()
}

fn no_route(table: &Object, block: &str) -> Fail {
    let message = format!("no route with destination-cidr-block {block} in route table {}", table.id);
    Fail::new("InvalidRoute.NotFound", message)
}

fn replace_route(call: &mut Call<'_>) -> Answer {
    let table = call.named(&TABLE, "RouteTableId")?;
    let (to, block) = destination(call)?;
    let (via, target) = target(call)?;
    if !existing(&table, to, &block) {
        return Err(no_route(&table, &block));
    }
    call.region.change(&TABLE, &table.id, |table| {
        for route in table.body.list_mut(ROUTES).iter_mut().filter(|route| route.text(to) == block) {
            TARGETS.iter().for_each(|(_, element)| route.set(element, Node::Absent));
            route.set(via, target.as_str());
            route.set("state", "active");
        }
    });
    done()
}

fn delete_route(call: &mut Call<'_>) -> Answer {
    let table = call.named(&TABLE, "RouteTableId")?;
    let (to, block) = destination(call)?;
    if !existing(&table, to, &block) {
        return Err(no_route(&table, &block));
    }
    let is_local = |route: &Node| route.text(to) == block && route.text("gatewayId") == "local";
    if table.body.items(ROUTES).iter().any(is_local) {
        return Err(Fail::value(format!("cannot remove local route {block} in route table {}", table.id)));
    }
    call.region
        .change(&TABLE, &table.id, |table| table.body.list_mut(ROUTES).retain(|r| r.text(to) != block));
    done()
}

fn associate(call: &mut Call<'_>) -> Answer {
    let table = call.named(&TABLE, "RouteTableId")?;
    let (element, id) = match (call.p.get("SubnetId"), call.p.get("GatewayId")) {
        (Some(id), None) => ("subnetId", call.region.find(&SUBNET, id)?.id.clone()),
        (None, Some(id)) => ("gatewayId", call.region.find(&GATEWAY, id)?.id.clone()),
        _ => return Err(Fail::combination("Either a subnet or a gateway has to be given.")),
    };
    let other = call.region.naming(&TABLE, &id).find_map(|table| {
        let found = table.body.items(ASSOCIATIONS).iter().find(|a| a.text(element) == id)?;
        Some((table.id.clone(), found.text("routeTableAssociationId").to_owned()))
    });
    match other {
        // The same again gives the same.
        Some((other, association)) if other == table.id => return Ok(answered(&association)),
        Some((_, association)) => {
            let message = format!("the specified association {association} conflicts with an existing one");
            return Err(Fail::new("Resource.AlreadyAssociated", message));
        }
        None => {}
    }
    let mut new = association(call.region, &table.id, false);
    new.set(element, id);
    let answer = answered(new.text("routeTableAssociationId"));
    call.region.change(&TABLE, &table.id, |table| table.body.list_mut(ASSOCIATIONS).push(new));
    Ok(answer)
}

fn answered(association: &str) -> Node {
    xml! { associationId: association, associationState: xml! { state: "associated" } }
}

/// The table that has an association, and the association.
fn associated(call: &Call<'_>) -> Result<(String, Node), Fail> {
    let id = call.p.need("AssociationId")?;
    let found = call.region.all(&TABLE).find_map(|table| {
        let association =
            table.body.items(ASSOCIATIONS).iter().find(|a| a.text("routeTableAssociationId") == id)?;
        Some((table.id.clone(), association.clone()))
    });
    found.ok_or_else(|| {
        Fail::new("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist"))
    })
}

fn remove_association(region: &mut Region, table: &str, association: &Node) {
    let id = association.text("routeTableAssociationId").to_owned();
    region.change(&TABLE, table, |table| {
        table.body.list_mut(ASSOCIATIONS).retain(|a| a.text("routeTableAssociationId") != id);
    });
}

fn replace_association(call: &mut Call<'_>) -> Answer {
    let table = call.named(&TABLE, "RouteTableId")?;
    let (old, association_) = associated(call)?;
    remove_association(call.region, &old, &association_);
    let mut new = association_;
    let id = call.region.new_id("rtbassoc");
    new.set("routeTableAssociationId", id.as_str());
    new.set("routeTableId", table.id.as_str());
    call.region.change(&TABLE, &table.id, |table| table.body.list_mut(ASSOCIATIONS).push(new));
    Ok(xml! { newAssociationId: id, associationState: xml! { state: "associated" } })
}

fn disassociate(call: &mut Call<'_>) -> Answer {
    let (table, association) = associated(call)?;
    if association.is_true("main") {
        let message = "cannot disassociate the main route table association";
        return Err(Fail::value(message));
    }
    remove_association(call.region, &table, &association);
    done()
}
