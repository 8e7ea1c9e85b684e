//! The one list of what EC2 and VPC have.

use crate::data::{self, Many, One};
use crate::resources::{self as ec2, Ec2};

evenkeel_provider_aws_core::service! {
    resources {
        Ec2(ec2::ManagedPrefixList) => "aws_ec2_managed_prefix_list",
        Ec2(ec2::FlowLog) => "aws_flow_log",
        Ec2(ec2::Instance) => "aws_instance",
        Ec2(ec2::InternetGateway) => "aws_internet_gateway",
        Ec2(ec2::RouteTable) => "aws_route_table",
        Ec2(ec2::RouteTableAssociation) => "aws_route_table_association",
        Ec2(ec2::SecurityGroup) => "aws_security_group",
        Ec2(ec2::Subnet) => "aws_subnet",
        Ec2(ec2::Vpc) => "aws_vpc",
        Ec2(ec2::VpcEndpoint) => "aws_vpc_endpoint",
        Ec2(ec2::SecurityGroupEgressRule) => "aws_vpc_security_group_egress_rule",
        Ec2(ec2::SecurityGroupIngressRule) => "aws_vpc_security_group_ingress_rule",
    }
    data {
        data::Ami => "data.aws_ami",
        data::AvailabilityZones => "data.aws_availability_zones",
        One(data::ManagedPrefixList) => "data.aws_ec2_managed_prefix_list",
        One(data::Eip) => "data.aws_eip",
        One(data::InternetGateway) => "data.aws_internet_gateway",
        One(data::NatGateway) => "data.aws_nat_gateway",
        Many(data::NatGateways) => "data.aws_nat_gateways",
        Many(data::NetworkAcls) => "data.aws_network_acls",
        One(data::PrefixList) => "data.aws_prefix_list",
        data::Regions => "data.aws_regions",
        One(data::RouteTable) => "data.aws_route_table",
        Many(data::RouteTables) => "data.aws_route_tables",
        One(data::SecurityGroup) => "data.aws_security_group",
        Many(data::SecurityGroups) => "data.aws_security_groups",
        One(data::Subnet) => "data.aws_subnet",
        Many(data::Subnets) => "data.aws_subnets",
        One(data::Vpc) => "data.aws_vpc",
        One(data::DhcpOptions) => "data.aws_vpc_dhcp_options",
        data::EndpointService => "data.aws_vpc_endpoint_service",
        Many(data::Vpcs) => "data.aws_vpcs",
    }
}
