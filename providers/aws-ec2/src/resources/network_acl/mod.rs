//! Network ACLs: the ACL with its rules inline, the VPC's default one, single rules, and the
//! association with a subnet.

mod acl;
mod association;
mod entry;
mod rule;

pub use acl::{DefaultNetworkAcl, NetworkAcl};
pub use association::NetworkAclAssociation;
pub use rule::NetworkAclRule;

use std::sync::Arc;

use aws_sdk_ec2::types;

use crate::calls::client::{answer, describe};
use crate::calls::{Call, Ec2Context, Filter, Select};
use crate::context::Context;
use crate::errors::Failure;

/// Network ACLs.
fn describe_acls(context: &Arc<Context>, select: Select) -> Call<'static, Vec<types::NetworkAcl>> {
    describe!(context.ec2(), select, describe_network_acls, set_network_acl_ids, set_filters, network_acls)
}

/// The ACL that a VPC's subnets have until they get another.
async fn default_of(context: &Arc<Context>, vpc: &str) -> Result<String, Failure> {
    let filters = vec![Filter::new("vpc-id", [vpc]), Filter::new("default", ["true"])];
    let acls = describe_acls(context, Select::Filters(filters)).await?;
    let default = acls.into_iter().find_map(|acl| acl.network_acl_id);
    default.ok_or_else(|| Failure::incomplete("default network ACL"))
}

/// Gives a subnet another ACL; gives the new association.
async fn associate(context: &Arc<Context>, subnet: &str, acl: &str) -> Result<String, Failure> {
    let acls = describe_acls(context, Select::one("association.subnet-id", subnet)).await?;
    let mut associations = acls.into_iter().flat_map(|acl| acl.associations.unwrap_or_default());
    let current = associations.find(|association| association.subnet_id.as_deref() == Some(subnet));
    let current = current.ok_or_else(|| Failure::incomplete("association of the subnet"))?;
    if current.network_acl_id.as_deref() == Some(acl) {
        return Ok(current.network_acl_association_id.unwrap_or_default());
    }
    replace(context, current.network_acl_association_id.as_deref().unwrap_or_default(), acl).await
}

async fn replace(context: &Arc<Context>, association: &str, acl: &str) -> Result<String, Failure> {
    let ec2 = context.ec2();
    let call = ec2.once.replace_network_acl_association().association_id(association).network_acl_id(acl);
    let output = answer(call.send()).await?;
    output.new_association_id.ok_or_else(|| Failure::incomplete("association"))
}
