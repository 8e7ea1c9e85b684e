//! The data sources, one file each.

mod ami;
mod availability_zones;
mod dhcp_options;
mod eip;
mod endpoint_service;
mod filters;
mod gateway;
mod lookup;
mod managed_prefix_list;
mod network_acl;
mod prefix_list;
mod regions;
mod route_table;
mod security_group;
mod subnet;
mod vpc;

pub use ami::Ami;
pub use availability_zones::AvailabilityZones;
pub use dhcp_options::DhcpOptions;
pub use eip::Eip;
pub use endpoint_service::EndpointService;
pub use gateway::{InternetGateway, NatGateway, NatGateways};
pub use lookup::{Many, One};
pub use managed_prefix_list::ManagedPrefixList;
pub use network_acl::NetworkAcls;
pub use prefix_list::PrefixList;
pub use regions::Regions;
pub use route_table::{RouteTable, RouteTables};
pub use security_group::{SecurityGroup, SecurityGroups};
pub use subnet::{Subnet, Subnets};
pub use vpc::{Vpc, Vpcs};
