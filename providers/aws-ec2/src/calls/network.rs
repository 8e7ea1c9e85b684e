//! VPCs and subnets, and tags of anything.

use aws_sdk_ec2::types;

use super::client::{Client, answer, flag, pages, sdk_tags, selection, tag_specification, tags_of};
use super::{Call, Failure, Filter, Select, Tags};

/// A VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vpc {
    /// `vpc-...`
    pub id: String,
    /// `pending` or `available`.
    pub state: String,
    /// The primary IPv4 block.
    pub cidr_block: Option<String>,
    /// `default`, `dedicated` or `host`.
    pub instance_tenancy: Option<String>,
    /// The set of DHCP options in use.
    pub dhcp_options_id: Option<String>,
    /// The account that owns it.
    pub owner_id: Option<String>,
    /// IPv6 blocks, also those that go away.
    pub ipv6: Vec<Ipv6Association>,
    /// Its tags.
    pub tags: Tags,
}

/// An IPv6 block of a VPC or subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ipv6Association {
    /// The association.
    pub id: String,
    /// The block.
    pub cidr_block: String,
    /// `associating`, `associated`, `disassociating`, ...
    pub state: String,
    /// Where it is announced (VPCs).
    pub network_border_group: Option<String>,
    /// The pool it comes from (VPCs); `Amazon` for Amazon's own.
    pub pool: Option<String>,
}

impl Ipv6Association {
    /// Whether it is there or on its way. Emulators have other words for that than AWS.
    pub fn is_there(&self) -> bool {
        !matches!(self.state.as_str(), "disassociating" | "disassociated" | "failing" | "failed")
    }
}

/// What a new VPC shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewVpc {
    /// The IPv4 block.
    pub cidr_block: Option<String>,
    /// `default` or `dedicated`.
    pub instance_tenancy: Option<String>,
    /// Ask Amazon for an IPv6 block.
    pub amazon_ipv6: bool,
    /// Where the IPv6 block is announced.
    pub ipv6_network_border_group: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// An attribute of a VPC that has calls of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VpcAttribute {
    /// Names are resolved.
    DnsSupport,
    /// Instances with public addresses get public names.
    DnsHostnames,
    /// Address usage is measured.
    AddressUsageMetrics,
}

/// A network ACL, as far as its VPC needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkAcl {
    /// `acl-...`
    pub id: String,
    /// Its VPC.
    pub vpc_id: Option<String>,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct Subnet {
    pub id: String,
    pub arn: Option<String>,
    pub state: String,
    pub vpc_id: Option<String>,
    pub owner_id: Option<String>,
    pub cidr_block: Option<String>,
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    pub map_public_ip_on_launch: bool,
    pub assign_ipv6_address_on_creation: bool,
    pub enable_dns64: Option<bool>,
    pub ipv6_native: bool,
    pub hostname_type: Option<String>,
    pub resource_name_a_record: bool,
    pub resource_name_aaaa_record: bool,
    pub map_customer_owned_ip_on_launch: Option<bool>,
    pub customer_owned_ipv4_pool: Option<String>,
    pub outpost_arn: Option<String>,
    pub ipv6: Vec<Ipv6Association>,
    pub tags: Tags,
}

/// What a new subnet shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct NewSubnet {
    pub vpc_id: String,
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub ipv6_native: Option<bool>,
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    pub outpost_arn: Option<String>,
    pub tags: Tags,
}

/// One change of a subnet; the service takes one per call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants have the service's own names and meanings")]
pub enum SubnetChange {
    MapPublicIpOnLaunch(bool),
    AssignIpv6AddressOnCreation(bool),
    EnableDns64(bool),
    HostnameType(String),
    ResourceNameARecord(bool),
    ResourceNameAaaaRecord(bool),
}

impl Client {
    pub fn create_vpc(&self, new: NewVpc) -> Call<'_, Vpc> {
        Box::pin(async move {
            let request = self
                .once
                .create_vpc()
                .set_cidr_block(new.cidr_block)
                .set_instance_tenancy(new.instance_tenancy.map(|tenancy| tenancy.as_str().into()))
                .set_amazon_provided_ipv6_cidr_block(new.amazon_ipv6.then_some(true))
                .set_ipv6_cidr_block_network_border_group(new.ipv6_network_border_group)
                .set_tag_specifications(tag_specification(types::ResourceType::Vpc, &new.tags));
            let output = answer(request.send()).await?;
            output.vpc.and_then(vpc_of).ok_or_else(|| Failure::incomplete("VPC"))
        })
    }

    pub fn describe_vpcs(&self, select: Select) -> Call<'_, Vec<Vpc>> {
        Box::pin(async move {
            let (ids, filters) = selection(select);
            let request = self.safe.describe_vpcs().set_vpc_ids(ids).set_filters(filters);
            Ok(pages!(request, vpcs).into_iter().filter_map(vpc_of).collect())
        })
    }

    pub fn vpc_attribute<'a>(&'a self, id: &'a str, attribute: VpcAttribute) -> Call<'a, bool> {
        Box::pin(async move {
            let name = match attribute {
                VpcAttribute::DnsSupport => types::VpcAttributeName::EnableDnsSupport,
                VpcAttribute::DnsHostnames => types::VpcAttributeName::EnableDnsHostnames,
                VpcAttribute::AddressUsageMetrics => {
                    types::VpcAttributeName::EnableNetworkAddressUsageMetrics
                }
            };
            let request = self.safe.describe_vpc_attribute().vpc_id(id).attribute(name);
            let output = answer(request.send()).await?;
            let value = match attribute {
                VpcAttribute::DnsSupport => output.enable_dns_support,
                VpcAttribute::DnsHostnames => output.enable_dns_hostnames,
                VpcAttribute::AddressUsageMetrics => output.enable_network_address_usage_metrics,
            };
            Ok(value.and_then(|value| value.value).unwrap_or_default())
        })
    }

    pub fn modify_vpc_attribute<'a>(
        &'a self,
        id: &'a str,
        attribute: VpcAttribute,
        value: bool,
    ) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.modify_vpc_attribute().vpc_id(id);
            let request = match attribute {
                VpcAttribute::DnsSupport => request.enable_dns_support(flag(value)),
                VpcAttribute::DnsHostnames => request.enable_dns_hostnames(flag(value)),
                VpcAttribute::AddressUsageMetrics => {
                    request.enable_network_address_usage_metrics(flag(value))
                }
            };
            answer(request.send()).await.map(drop)
        })
    }

    pub fn modify_vpc_tenancy<'a>(&'a self, id: &'a str, tenancy: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.modify_vpc_tenancy().vpc_id(id).instance_tenancy(tenancy.into());
            answer(request.send()).await.map(drop)
        })
    }

    pub fn associate_vpc_ipv6<'a>(&'a self, id: &'a str, border_group: Option<&'a str>) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self
                .once
                .associate_vpc_cidr_block()
                .vpc_id(id)
                .amazon_provided_ipv6_cidr_block(true)
                .set_ipv6_cidr_block_network_border_group(border_group.map(str::to_owned));
            answer(request.send()).await.map(drop)
        })
    }

    pub fn disassociate_vpc_cidr_block<'a>(&'a self, association: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.disassociate_vpc_cidr_block().association_id(association);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn delete_vpc<'a>(&'a self, id: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.delete_vpc().vpc_id(id);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn describe_network_acls(&self, filters: Vec<Filter>) -> Call<'_, Vec<NetworkAcl>> {
        Box::pin(async move {
            let request = self.safe.describe_network_acls().set_filters(super::client::filters_of(filters));
            let acls = pages!(request, network_acls);
            Ok(acls
                .into_iter()
                .filter_map(|acl| Some(NetworkAcl { id: acl.network_acl_id?, vpc_id: acl.vpc_id }))
                .collect())
        })
    }

    pub fn create_subnet(&self, new: NewSubnet) -> Call<'_, Subnet> {
        Box::pin(async move {
            let request = self
                .once
                .create_subnet()
                .vpc_id(new.vpc_id)
                .set_cidr_block(new.cidr_block)
                .set_ipv6_cidr_block(new.ipv6_cidr_block)
                .set_ipv6_native(new.ipv6_native)
                .set_availability_zone(new.availability_zone)
                .set_availability_zone_id(new.availability_zone_id)
                .set_outpost_arn(new.outpost_arn)
                .set_tag_specifications(tag_specification(types::ResourceType::Subnet, &new.tags));
            let output = answer(request.send()).await?;
            output.subnet.and_then(subnet_of).ok_or_else(|| Failure::incomplete("subnet"))
        })
    }

    pub fn describe_subnets(&self, select: Select) -> Call<'_, Vec<Subnet>> {
        Box::pin(async move {
            let (ids, filters) = selection(select);
            let request = self.safe.describe_subnets().set_subnet_ids(ids).set_filters(filters);
            Ok(pages!(request, subnets).into_iter().filter_map(subnet_of).collect())
        })
    }

    pub fn modify_subnet<'a>(&'a self, id: &'a str, change: SubnetChange) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.modify_subnet_attribute().subnet_id(id);
            let request = match change {
                SubnetChange::MapPublicIpOnLaunch(on) => request.map_public_ip_on_launch(flag(on)),
                SubnetChange::AssignIpv6AddressOnCreation(on) => {
                    request.assign_ipv6_address_on_creation(flag(on))
                }
                SubnetChange::EnableDns64(on) => request.enable_dns64(flag(on)),
                SubnetChange::HostnameType(kind) => {
                    request.private_dns_hostname_type_on_launch(kind.as_str().into())
                }
                SubnetChange::ResourceNameARecord(on) => {
                    request.enable_resource_name_dns_a_record_on_launch(flag(on))
                }
                SubnetChange::ResourceNameAaaaRecord(on) => {
                    request.enable_resource_name_dns_aaaa_record_on_launch(flag(on))
                }
            };
            answer(request.send()).await.map(drop)
        })
    }

    pub fn associate_subnet_ipv6<'a>(&'a self, id: &'a str, cidr_block: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.associate_subnet_cidr_block().subnet_id(id).ipv6_cidr_block(cidr_block);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn disassociate_subnet_cidr_block<'a>(&'a self, association: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.disassociate_subnet_cidr_block().association_id(association);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn delete_subnet<'a>(&'a self, id: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.delete_subnet().subnet_id(id);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn create_tags<'a>(&'a self, id: &'a str, tags: Tags) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.create_tags().resources(id).set_tags(Some(sdk_tags(&tags)));
            answer(request.send()).await.map(drop)
        })
    }

    pub fn delete_tags<'a>(&'a self, id: &'a str, keys: Vec<String>) -> Call<'a, ()> {
        Box::pin(async move {
            let tags = keys.into_iter().map(|key| types::Tag::builder().key(key).build()).collect();
            let request = self.safe.delete_tags().resources(id).set_tags(Some(tags));
            answer(request.send()).await.map(drop)
        })
    }
}

fn vpc_of(vpc: types::Vpc) -> Option<Vpc> {
    let ipv6 = vpc.ipv6_cidr_block_association_set.unwrap_or_default();
    Some(Vpc {
        id: vpc.vpc_id?,
        state: vpc.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        cidr_block: vpc.cidr_block,
        instance_tenancy: vpc.instance_tenancy.map(|tenancy| tenancy.as_str().to_owned()),
        dhcp_options_id: vpc.dhcp_options_id,
        owner_id: vpc.owner_id,
        ipv6: ipv6
            .into_iter()
            .filter_map(|association| {
                Some(Ipv6Association {
                    id: association.association_id?,
                    cidr_block: association.ipv6_cidr_block.unwrap_or_default(),
                    state: association
                        .ipv6_cidr_block_state
                        .and_then(|state| state.state)
                        .map(|state| state.as_str().to_owned())
                        .unwrap_or_default(),
                    network_border_group: association.network_border_group,
                    pool: association.ipv6_pool,
                })
            })
            .collect(),
        tags: tags_of(vpc.tags),
    })
}

fn subnet_of(subnet: types::Subnet) -> Option<Subnet> {
    let names = subnet.private_dns_name_options_on_launch;
    let ipv6 = subnet.ipv6_cidr_block_association_set.unwrap_or_default();
    Some(Subnet {
        id: subnet.subnet_id?,
        arn: subnet.subnet_arn,
        state: subnet.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        vpc_id: subnet.vpc_id,
        owner_id: subnet.owner_id,
        cidr_block: subnet.cidr_block,
        availability_zone: subnet.availability_zone,
        availability_zone_id: subnet.availability_zone_id,
        map_public_ip_on_launch: subnet.map_public_ip_on_launch.unwrap_or_default(),
        assign_ipv6_address_on_creation: subnet.assign_ipv6_address_on_creation.unwrap_or_default(),
        enable_dns64: subnet.enable_dns64,
        ipv6_native: subnet.ipv6_native.unwrap_or_default(),
        hostname_type: names
            .as_ref()
            .and_then(|names| names.hostname_type.as_ref())
            .map(|kind| kind.as_str().to_owned()),
        resource_name_a_record: names
            .as_ref()
            .and_then(|names| names.enable_resource_name_dns_a_record)
            .unwrap_or_default(),
        resource_name_aaaa_record: names
            .as_ref()
            .and_then(|names| names.enable_resource_name_dns_aaaa_record)
            .unwrap_or_default(),
        map_customer_owned_ip_on_launch: subnet.map_customer_owned_ip_on_launch,
        customer_owned_ipv4_pool: subnet.customer_owned_ipv4_pool,
        outpost_arn: subnet.outpost_arn,
        ipv6: ipv6
            .into_iter()
            .filter_map(|association| {
                Some(Ipv6Association {
                    id: association.association_id?,
                    cidr_block: association.ipv6_cidr_block.unwrap_or_default(),
                    state: association
                        .ipv6_cidr_block_state
                        .and_then(|state| state.state)
                        .map(|state| state.as_str().to_owned())
                        .unwrap_or_default(),
                    network_border_group: None,
                    pool: None,
                })
            })
            .collect(),
        tags: tags_of(subnet.tags),
    })
}
