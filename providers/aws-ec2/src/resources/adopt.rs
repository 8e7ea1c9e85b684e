//! Types for what came with a VPC or an account: it is taken over, made what configuration says, and
//! left as it is in the end.

mod dhcp_options;
mod route_table;
mod security_group;
mod subnet;
mod vpc;

pub use dhcp_options::DefaultVpcDhcpOptions;
pub use route_table::DefaultRouteTable;
pub use security_group::DefaultSecurityGroup;
pub use subnet::DefaultSubnet;
pub use vpc::DefaultVpc;

use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;

use crate::calls::client::describe;
use crate::calls::{Call, Ec2Context, Select, Tags};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::Ec2Type;
use crate::tags::OWNER_KEY;

/// Starts an object of one type from that of the type that it is a special case of: what both have is
/// the same.
fn like<Base: Ec2Type, Own: Ec2Type>(
    context: &Arc<Context>,
    found: &Base::Found,
    known: &Value,
) -> Builder<'static> {
    let (base, own) = (registry::schema(Base::KIND), registry::schema(Own::KIND));
    let value = Base::value(context, found, &fitting(base, known));
    let both = fitting(own, &value);
    let both = both.as_entries().into_iter().flatten();
    both.fold(Builder::new(own, known), |builder, (name, value)| builder.set(name, value.clone()))
}

/// The attributes of an object that another type has as well.
fn fitting(schema: &Schema, value: &Value) -> Value {
    let attributes = value.as_entries().into_iter().flatten().filter(|(name, value)| {
        let attribute = schema.block.attributes.get(*name);
        attribute.is_some_and(|attribute| attribute.ty == value.ty())
    });
    Value::object(attributes.map(|(name, value)| (name.clone(), value.clone())))
}

fn describe_vpcs(context: &Arc<Context>, select: Select) -> Call<'static, Vec<types::Vpc>> {
    describe!(context.ec2(), select, describe_vpcs, set_vpc_ids, set_filters, vpcs)
}

/// The default VPC of the region, if there is one.
async fn default_vpc(context: &Arc<Context>) -> Result<Option<String>, Failure> {
    let vpcs = describe_vpcs(context, Select::one("is-default", "true")).await?;
    Ok(vpcs.into_iter().find_map(|vpc| vpc.vpc_id))
}

/// Whether something was there before: what was made for configuration carries the ownership tag.
fn existed(tags: &Tags, known: Option<bool>) -> bool {
    known.unwrap_or_else(|| !tags.contains_key(OWNER_KEY))
}

/// Marks what a call without tags made.
async fn mark(context: &Arc<Context>, id: &str, token: &str) -> Result<(), Failure> {
    let tags = Tags::from([(OWNER_KEY.to_owned(), token.to_owned())]);
    context.ec2().create_tags(id, tags).await
}
