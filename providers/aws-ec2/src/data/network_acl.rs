//! `aws_network_acls`.

use aws_sdk_ec2::types;

use super::lookup::{LookupMany, lookup};
use crate::context::Context;
use crate::object::Builder;

/// `aws_network_acls`
pub struct NetworkAcls;

lookup!(NetworkAcls, "aws_network_acls", "EC2 Network ACLs", describe_network_acls => network_acls: NetworkAcl,
    "vpc_id" => "vpc-id");

impl LookupMany for NetworkAcls {
    fn value<'a>(_: &Context, found: Vec<types::NetworkAcl>, builder: Builder<'a>) -> Builder<'a> {
        builder.string_list("ids", found.into_iter().filter_map(|acl| acl.network_acl_id))
    }
}
