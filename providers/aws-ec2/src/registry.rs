//! The one list of what EC2 and VPC have.

use crate::data;
use crate::resources as ec2;

evenkeel_provider_aws_core::service! {
    resources {
        ec2::Instance => "aws_instance",
        ec2::InternetGateway => "aws_internet_gateway",
        ec2::RouteTable => "aws_route_table",
        ec2::RouteTableAssociation => "aws_route_table_association",
        ec2::SecurityGroup => "aws_security_group",
        ec2::Subnet => "aws_subnet",
        ec2::Vpc => "aws_vpc",
        ec2::SecurityGroupEgressRule => "aws_vpc_security_group_egress_rule",
        ec2::SecurityGroupIngressRule => "aws_vpc_security_group_ingress_rule",
    }
    data {
        data::Ami => "data.aws_ami",
        data::AvailabilityZones => "data.aws_availability_zones",
    }
}
