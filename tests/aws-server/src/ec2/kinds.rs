//! What there is in EC2: one row for each kind of object. The row makes `Describe...` work, with
//! paging, identifiers, filters and tags, and says what a missing one is called.

use crate::fail::Fail;

/// A kind of object.
#[derive(Debug)]
pub struct Kind {
    /// Its name in tag specifications.
    pub name: &'static str,
    /// What identifiers begin with.
    pub prefix: &'static str,
    /// The element that holds the identifier.
    pub id: &'static str,
    /// What is answered when there is none.
    pub missing: &'static str,
    /// The call that describes them.
    pub describe: &'static str,
    /// Its parameter for identifiers.
    pub ids: &'static str,
    /// The element of the answer that holds them.
    pub set: &'static str,
    /// Its filters and the paths that they look at, besides tags.
    pub filters: &'static [(&'static str, &'static str)],
    /// The most that a page may have.
    pub page_max: usize,
}

impl Kind {
    /// The answer about one that is not there.
    pub fn missing(&self, id: &str) -> Fail {
        Fail::new(self.missing, format!("The {} ID '{id}' does not exist", self.name))
    }

    const fn new(name: &'static str, prefix: &'static str, id: &'static str, missing: &'static str) -> Self {
        Self { name, prefix, id, missing, describe: "", ids: "", set: "", filters: &[], page_max: 1_000 }
    }

    const fn described(mut self, describe: &'static str, ids: &'static str, set: &'static str) -> Self {
        (self.describe, self.ids, self.set) = (describe, ids, set);
        self
    }

    const fn filtered(mut self, filters: &'static [(&'static str, &'static str)]) -> Self {
        self.filters = filters;
        self
    }

    const fn paged(mut self, page_max: usize) -> Self {
        self.page_max = page_max;
        self
    }
}

/// A VPC.
pub static VPC: Kind = Kind::new("vpc", "vpc", "vpcId", "InvalidVpcID.NotFound")
    .described("DescribeVpcs", "VpcId", "vpcSet")
    .filtered(&[
        ("vpc-id", "vpcId"),
        ("cidr", "cidrBlock"),
        ("cidr-block-association.cidr-block", "cidrBlockAssociationSet/cidrBlock"),
        ("cidr-block-association.association-id", "cidrBlockAssociationSet/associationId"),
        ("ipv6-cidr-block-association.association-id", "ipv6CidrBlockAssociationSet/associationId"),
        ("dhcp-options-id", "dhcpOptionsId"),
        ("is-default", "isDefault"),
        ("isDefault", "isDefault"),
        ("owner-id", "ownerId"),
        ("state", "state"),
    ]);

/// A subnet.
pub static SUBNET: Kind = Kind::new("subnet", "subnet", "subnetId", "InvalidSubnetID.NotFound")
    .described("DescribeSubnets", "SubnetId", "subnetSet")
    .filtered(&[
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
        ("cidr-block", "cidrBlock"),
        ("cidrBlock", "cidrBlock"),
        ("availability-zone", "availabilityZone"),
        ("availabilityZone", "availabilityZone"),
        ("availability-zone-id", "availabilityZoneId"),
        ("default-for-az", "defaultForAz"),
        ("defaultForAz", "defaultForAz"),
        ("map-public-ip-on-launch", "mapPublicIpOnLaunch"),
        ("owner-id", "ownerId"),
        ("state", "state"),
    ]);

/// An internet gateway.
pub static GATEWAY: Kind =
    Kind::new("internet-gateway", "igw", "internetGatewayId", "InvalidInternetGatewayID.NotFound")
        .described("DescribeInternetGateways", "InternetGatewayId", "internetGatewaySet")
        .filtered(&[
            ("internet-gateway-id", "internetGatewayId"),
            ("attachment.vpc-id", "attachmentSet/vpcId"),
            ("attachment.state", "attachmentSet/state"),
            ("owner-id", "ownerId"),
        ]);

/// A route table.
pub static TABLE: Kind = Kind::new("route-table", "rtb", "routeTableId", "InvalidRouteTableID.NotFound")
    .described("DescribeRouteTables", "RouteTableId", "routeTableSet")
    .filtered(&[
        ("route-table-id", "routeTableId"),
        ("vpc-id", "vpcId"),
        ("owner-id", "ownerId"),
        ("association.main", "associationSet/main"),
        ("association.subnet-id", "associationSet/subnetId"),
        ("association.gateway-id", "associationSet/gatewayId"),
        ("association.route-table-id", "associationSet/routeTableId"),
        ("association.route-table-association-id", "associationSet/routeTableAssociationId"),
        ("route.destination-cidr-block", "routeSet/destinationCidrBlock"),
        ("route.destination-ipv6-cidr-block", "routeSet/destinationIpv6CidrBlock"),
        ("route.gateway-id", "routeSet/gatewayId"),
        ("route.nat-gateway-id", "routeSet/natGatewayId"),
        ("route.origin", "routeSet/origin"),
        ("route.state", "routeSet/state"),
    ])
    .paged(100);

/// A network ACL.
pub static ACL: Kind = Kind::new("network-acl", "acl", "networkAclId", "InvalidNetworkAclID.NotFound")
    .described("DescribeNetworkAcls", "NetworkAclId", "networkAclSet")
    .filtered(&[
        ("network-acl-id", "networkAclId"),
        ("vpc-id", "vpcId"),
        ("default", "default"),
        ("owner-id", "ownerId"),
        ("association.subnet-id", "associationSet/subnetId"),
        ("association.network-acl-id", "associationSet/networkAclId"),
        ("association.association-id", "associationSet/networkAclAssociationId"),
    ]);

/// A security group.
pub static GROUP: Kind = Kind::new("security-group", "sg", "groupId", "InvalidGroup.NotFound")
    .described("DescribeSecurityGroups", "GroupId", "securityGroupInfo")
    .filtered(&[
        ("group-id", "groupId"),
        ("group-name", "groupName"),
        ("description", "groupDescription"),
        ("vpc-id", "vpcId"),
        ("owner-id", "ownerId"),
    ]);

/// A rule of a security group.
pub static RULE: Kind =
    Kind::new("security-group-rule", "sgr", "securityGroupRuleId", "InvalidSecurityGroupRuleId.NotFound")
        .described("DescribeSecurityGroupRules", "SecurityGroupRuleId", "securityGroupRuleSet")
        .filtered(&[("security-group-rule-id", "securityGroupRuleId"), ("group-id", "groupId")]);

/// An instance.
pub static INSTANCE: Kind = Kind::new("instance", "i", "instanceId", "InvalidInstanceID.NotFound")
    .described("DescribeInstances", "InstanceId", "reservationSet")
    .filtered(&[
        ("instance-id", "instanceId"),
        ("vpc-id", "vpcId"),
        ("subnet-id", "subnetId"),
        ("image-id", "imageId"),
        ("instance-type", "instanceType"),
        ("instance-state-name", "instanceState/name"),
        ("instance-state-code", "instanceState/code"),
        ("key-name", "keyName"),
        ("client-token", "clientToken"),
        ("availability-zone", "placement/availabilityZone"),
        ("tenancy", "placement/tenancy"),
        ("placement-group-name", "placement/groupName"),
        ("reservation-id", "reservationId"),
        ("private-ip-address", "privateIpAddress"),
        ("private-dns-name", "privateDnsName"),
        ("root-device-name", "rootDeviceName"),
    ]);

/// A volume.
pub static VOLUME: Kind = Kind::new("volume", "vol", "volumeId", "InvalidVolume.NotFound")
    .described("DescribeVolumes", "VolumeId", "volumeSet")
    .filtered(&[
        ("volume-id", "volumeId"),
        ("status", "status"),
        ("size", "size"),
        ("volume-type", "volumeType"),
        ("encrypted", "encrypted"),
        ("snapshot-id", "snapshotId"),
        ("availability-zone", "availabilityZone"),
        ("attachment.instance-id", "attachmentSet/instanceId"),
        ("attachment.device", "attachmentSet/device"),
        ("attachment.status", "attachmentSet/status"),
        ("attachment.delete-on-termination", "attachmentSet/deleteOnTermination"),
    ]);

/// A change of a volume.
pub static MODIFICATION: Kind =
    Kind::new("volume-modification", "vol", "volumeId", "InvalidVolumeModification.NotFound")
        .described("DescribeVolumesModifications", "VolumeId", "volumeModificationSet")
        .filtered(&[("volume-id", "volumeId"), ("modification-state", "modificationState")])
        .paged(500);

/// A network interface.
pub static INTERFACE: Kind =
    Kind::new("network-interface", "eni", "networkInterfaceId", "InvalidNetworkInterfaceID.NotFound")
        .described("DescribeNetworkInterfaces", "NetworkInterfaceId", "networkInterfaceSet")
        .filtered(&[
            ("network-interface-id", "networkInterfaceId"),
            ("vpc-id", "vpcId"),
            ("subnet-id", "subnetId"),
            ("group-id", "groupSet/groupId"),
            ("attachment.instance-id", "attachment/instanceId"),
            ("attachment.attachment-id", "attachment/attachmentId"),
            ("attachment.device-index", "attachment/deviceIndex"),
            ("association.allocation-id", "association/allocationId"),
            ("private-ip-address", "privateIpAddress"),
            ("addresses.private-ip-address", "privateIpAddressesSet/privateIpAddress"),
            ("availability-zone", "availabilityZone"),
            ("description", "description"),
            ("status", "status"),
        ]);

/// A key pair.
pub static KEY: Kind = Kind::new("key-pair", "key", "keyPairId", "InvalidKeyPair.NotFound")
    .described("DescribeKeyPairs", "KeyPairId", "keySet")
    .filtered(&[("key-pair-id", "keyPairId"), ("key-name", "keyName"), ("fingerprint", "keyFingerprint")]);

/// An elastic address.
pub static ADDRESS: Kind =
    Kind::new("elastic-ip", "eipalloc", "allocationId", "InvalidAllocationID.NotFound")
        .described("DescribeAddresses", "AllocationId", "addressesSet")
        .filtered(&[
            ("allocation-id", "allocationId"),
            ("association-id", "associationId"),
            ("public-ip", "publicIp"),
            ("instance-id", "instanceId"),
            ("network-interface-id", "networkInterfaceId"),
            ("private-ip-address", "privateIpAddress"),
            ("domain", "domain"),
        ]);

/// A NAT gateway.
pub static NAT: Kind = Kind::new("natgateway", "nat", "natGatewayId", "NatGatewayNotFound")
    .described("DescribeNatGateways", "NatGatewayId", "natGatewaySet")
    .filtered(&[
        ("nat-gateway-id", "natGatewayId"),
        ("vpc-id", "vpcId"),
        ("subnet-id", "subnetId"),
        ("state", "state"),
    ]);

/// DHCP options.
pub static DHCP: Kind = Kind::new("dhcp-options", "dopt", "dhcpOptionsId", "InvalidDhcpOptionID.NotFound")
    .described("DescribeDhcpOptions", "DhcpOptionsId", "dhcpOptionsSet")
    .filtered(&[("dhcp-options-id", "dhcpOptionsId"), ("owner-id", "ownerId")]);

/// An image.
pub static IMAGE: Kind = Kind::new("image", "ami", "imageId", "InvalidAMIID.NotFound")
    .described("DescribeImages", "ImageId", "imagesSet")
    .filtered(&[
        ("image-id", "imageId"),
        ("name", "name"),
        ("architecture", "architecture"),
        ("description", "description"),
        ("is-public", "isPublic"),
        ("owner-alias", "imageOwnerAlias"),
        ("owner-id", "imageOwnerId"),
        ("root-device-type", "rootDeviceType"),
        ("root-device-name", "rootDeviceName"),
        ("block-device-mapping.volume-type", "blockDeviceMapping/ebs/volumeType"),
        ("virtualization-type", "virtualizationType"),
        ("hypervisor", "hypervisor"),
        ("state", "imageState"),
        ("image-type", "imageType"),
        ("platform", "platform"),
        ("ena-support", "enaSupport"),
    ]);

/// An association of an instance with a profile.
pub static PROFILE: Kind = Kind::new(
    "iam-instance-profile-association",
    "iip-assoc",
    "associationId",
    "InvalidAssociationID.NotFound",
)
.described("DescribeIamInstanceProfileAssociations", "AssociationId", "iamInstanceProfileAssociationSet")
.filtered(&[("instance-id", "instanceId"), ("state", "state")]);

/// All of them.
pub static KINDS: [&Kind; 17] = [
    &VPC,
    &SUBNET,
    &GATEWAY,
    &TABLE,
    &ACL,
    &GROUP,
    &RULE,
    &INSTANCE,
    &VOLUME,
    &MODIFICATION,
    &INTERFACE,
    &KEY,
    &ADDRESS,
    &NAT,
    &DHCP,
    &IMAGE,
    &PROFILE,
];

/// The kind that a call describes.
pub fn described_by(action: &str) -> Option<&'static Kind> {
    KINDS.into_iter().find(|kind| kind.describe == action)
}

/// The kind whose identifiers look like this one.
pub fn kind_of(id: &str) -> Option<&'static Kind> {
    let (prefix, _) = id.rsplit_once('-')?;
    KINDS.into_iter().find(|kind| kind.prefix == prefix)
}

/// The kind with a name.
pub fn named(name: &str) -> Option<&'static Kind> {
    KINDS.into_iter().find(|kind| kind.name == name)
}
