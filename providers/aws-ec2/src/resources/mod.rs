//! EC2: networks, security groups, instances.
//!
//! `common` is the way that every type goes; a file per type says what is special about it.

mod adopt;
mod cidr_association;
mod common;
mod customer_gateway;
mod dhcp_options;
mod egress_only_internet_gateway;
mod eip;
mod eip_association;
mod flow_log;
mod group_rule;
mod instance;
mod instance_volume;
mod internet_gateway;
mod main_route_table;
mod managed_prefix_list;
mod naming;
mod nat_gateway;
mod network_acl;
mod route;
mod route_table;
mod route_table_association;
mod security_group;
mod security_group_rule;
mod subnet;
mod vpc;
mod vpc_endpoint;
mod vpn_gateway;

pub use adopt::{DefaultRouteTable, DefaultSecurityGroup, DefaultSubnet, DefaultVpc, DefaultVpcDhcpOptions};
pub use cidr_association::{VpcIpv4CidrBlockAssociation, VpcIpv6CidrBlockAssociation};
pub use common::Ec2;
pub(crate) use common::{arn, texts};
pub use customer_gateway::CustomerGateway;
pub use dhcp_options::{VpcDhcpOptions, VpcDhcpOptionsAssociation};
pub use egress_only_internet_gateway::EgressOnlyInternetGateway;
pub use eip::Eip;
pub use eip_association::EipAssociation;
pub use flow_log::FlowLog;
pub use group_rule::SecurityGroupRule;
pub use instance::Instance;
pub use internet_gateway::InternetGateway;
pub use main_route_table::MainRouteTableAssociation;
pub use managed_prefix_list::ManagedPrefixList;
pub use nat_gateway::NatGateway;
pub use network_acl::{DefaultNetworkAcl, NetworkAcl, NetworkAclAssociation, NetworkAclRule};
pub use route::Route;
pub use route_table::RouteTable;
pub use route_table_association::RouteTableAssociation;
pub use security_group::SecurityGroup;
pub use security_group_rule::{SecurityGroupEgressRule, SecurityGroupIngressRule};
pub use subnet::Subnet;
pub use vpc::Vpc;
pub use vpc_endpoint::VpcEndpoint;
pub use vpn_gateway::{VpnGateway, VpnGatewayAttachment, VpnGatewayRoutePropagation};
