//! EC2: networks, security groups, instances.
//!
//! `common` is the way that every type goes; a file per type says what is special about it.

mod common;
mod flow_log;
mod instance;
mod instance_volume;
mod internet_gateway;
mod managed_prefix_list;
mod route_table;
mod route_table_association;
mod security_group;
mod security_group_rule;
mod subnet;
mod vpc;
mod vpc_endpoint;

pub use common::Ec2;
pub(crate) use common::{arn, texts};
pub use flow_log::FlowLog;
pub use instance::Instance;
pub use internet_gateway::InternetGateway;
pub use managed_prefix_list::ManagedPrefixList;
pub use route_table::RouteTable;
pub use route_table_association::RouteTableAssociation;
pub use security_group::SecurityGroup;
pub use security_group_rule::{SecurityGroupEgressRule, SecurityGroupIngressRule};
pub use subnet::Subnet;
pub use vpc::Vpc;
pub use vpc_endpoint::VpcEndpoint;
