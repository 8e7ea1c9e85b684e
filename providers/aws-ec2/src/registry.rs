//! The one list of what EC2 and VPC have.

use crate::data;
use crate::resources::{self as ec2, Ec2};

evenkeel_provider_aws_core::service! {
    resources {
        Ec2(ec2::Instance) => "aws_instance",
        Ec2(ec2::InternetGateway) => "aws_internet_gateway",
        Ec2(ec2::RouteTable) => "aws_route_table",
        Ec2(ec2::RouteTableAssociation) => "aws_route_table_association",
        Ec2(ec2::SecurityGroup) => "aws_security_group",
        Ec2(ec2::Subnet) => "aws_subnet",
        Ec2(ec2::Vpc) => "aws_vpc",
        Ec2(ec2::SecurityGroupEgressRule) => "aws_vpc_security_group_egress_rule",
        Ec2(ec2::SecurityGroupIngressRule) => "aws_vpc_security_group_ingress_rule",
    }
    data {
        data::Ami => "data.aws_ami",
        data::AvailabilityZones => "data.aws_availability_zones",
        data::Regions => "data.aws_regions",
    }
}
