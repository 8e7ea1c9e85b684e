//! What every account is born with: images, DHCP options, and a default network.

use super::cidr::Block;
use super::kinds::{DHCP, GATEWAY, IMAGE, SUBNET, VPC};
use super::{info, routes, subnet, vpc};
use crate::fail::Fail;
use crate::node::Node;
use crate::region::Region;
use crate::xml;

/// Images: owner, its name, name, architecture, root device.
const IMAGES: [(&str, &str, &str, &str, &str); 6] = [
    ("137112412989", "amazon", "al2023-ami-2023.6.20250115.0-kernel-6.1-x86_64", "x86_64", "/dev/xvda"),
    ("137112412989", "amazon", "al2023-ami-2023.7.20250527.1-kernel-6.1-x86_64", "x86_64", "/dev/xvda"),
    ("137112412989", "amazon", "al2023-ami-2023.7.20250527.1-kernel-6.1-arm64", "arm64", "/dev/xvda"),
    ("137112412989", "amazon", "amzn2-ami-hvm-2.0.20250220.0-x86_64-gp2", "x86_64", "/dev/xvda"),
    (
        "099720109477",
        "",
        "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20250115",
        "x86_64",
        "/dev/sda1",
    ),
    (
        "099720109477",
        "",
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250115",
        "x86_64",
        "/dev/sda1",
    ),
];

/// Fills a new region.
pub fn populate(region: &mut Region) {
    let value = |text: &str| vec![xml! { value: text }];
    let domain = if region.name == "us-east-1" {
        "ec2.internal".to_owned()
    } else {
        format!("{}.compute.internal", region.name)
    };
    let options = xml! {
        ownerId: &region.account,
        dhcpConfigurationSet: vec![
            xml! { key: "domain-name", valueSet: value(&domain) },
            xml! { key: "domain-name-servers", valueSet: value("AmazonProvidedDNS") },
        ],
    };
    region.add(&DHCP, options);
    for (number, image) in (1..).zip(IMAGES) {
        add_image(region, number, image);
    }
    let Ok(block) = Block::parse("172.31.0.0/16", 16..=16) else { return };
    let mut body = vpc::body(region, block, "default");
    body.set("isDefault", true);
    body.set("state", "available");
    let id = region.add(&VPC, body);
    vpc::furnish(region, &id, true);
    add_gateway(region, &id);
    add_subnets(region, &id);
}

fn add_image(
    region: &mut Region,
    number: u64,
    (owner, alias, name, architecture, root): (&str, &str, &str, &str, &str),
) {
    let ebs = xml! { snapshotId: format!("snap-0{number:016x}"), volumeSize: 8, volumeType: "gp3", deleteOnTermination: true, encrypted: false };
    let body = xml! {
        imageLocation: format!("{owner}/{name}"),
        imageState: "available",
        imageOwnerId: owner,
        imageOwnerAlias: (!alias.is_empty()).then_some(alias),
        isPublic: true,
        architecture: architecture,
        imageType: "machine",
        platformDetails: "Linux/UNIX",
        usageOperation: "RunInstances",
        name: name,
        description: name,
        hypervisor: "xen",
        virtualizationType: "hvm",
        rootDeviceName: root,
        rootDeviceType: "ebs",
        enaSupport: true,
        sriovNetSupport: "simple",
        bootMode: "uefi-preferred",
        imdsSupport: "v2.0",
        creationDate: info::timestamp(number * 1_000),
        blockDeviceMapping: vec![xml! { deviceName: root, ebs: ebs }],
    };
    // The same in every account and region, so that tests can name them.
    let image = region.born(&IMAGE, &format!("ami-0{number:016x}"), body);
    region.insert(image);
}

fn add_gateway(region: &mut Region, vpc: &str) {
    let body = xml! {
        ownerId: &region.account,
        attachmentSet: vec![xml! { vpcId: vpc, state: "available" }],
    };
    let gateway = region.add(&GATEWAY, body);
    let main = region.naming(&super::kinds::TABLE, vpc).next().map(|table| table.id.clone());
    let out = xml! { destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway, state: "active", origin: "CreateRoute" };
    routes::add_route(region, &main.unwrap_or_default(), out);
}

fn add_subnets(region: &mut Region, vpc: &str) {
    let zones: Vec<_> = info::zones_of(&region.name).collect();
    for (number, zone) in zones.iter().enumerate() {
        let Ok(block) = Block::parse(&format!("172.31.{}.0/20", number * 16), 20..=20) else { continue };
        let mut body = subnet::body(&region.account, vpc, block, zone);
        body.set("state", "available");
        body.set("defaultForAz", true);
        body.set("mapPublicIpOnLaunch", true);
        let id = region.add(&SUBNET, body);
        subnet::finish(region, &id);
    }
}

/// The default VPC.
pub(super) fn default_vpc(region: &Region) -> Result<String, Fail> {
    let found = region.all(&VPC).find(|vpc| vpc.body.is_true("isDefault"));
    found
        .map(|vpc| vpc.id.clone())
        .ok_or_else(|| Fail::new("VPCIdNotSpecified", "No default VPC for this user."))
}

/// The default subnet of a zone, or any.
pub(super) fn default_subnet(region: &Region, zone: Option<&str>) -> Result<String, Fail> {
    let meant = |subnet: &&crate::region::Object| {
        subnet.body.is_true("defaultForAz")
            && zone.is_none_or(|zone| subnet.body.text("availabilityZone") == zone)
    };
    let found = region.all(&SUBNET).find(meant).map(|subnet| subnet.id.clone());
    let missing =
        || Fail::new("MissingInput", "No subnets found for the default VPC. Please specify a subnet.");
    found.ok_or_else(missing)
}

/// An image that a request names.
pub(super) fn image(region: &mut Region, id: &str) -> Result<Node, Fail> {
    Ok(region.find(&IMAGE, id)?.body.clone())
}
