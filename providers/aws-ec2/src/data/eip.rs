//! `aws_eip`.

use std::sync::Arc;

use aws_sdk_ec2::types;

use super::lookup::{Lookup, LookupOne, visible_tags};
use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::arn;

/// `aws_eip`
pub struct Eip;

impl Lookup for Eip {
    type Found = types::Address;
    const KIND: &'static str = "aws_eip";
    const NOUN: &'static str = "EC2 EIP";
    const ARGUMENTS: &'static [(&'static str, &'static str)] =
        &[("id", "allocation-id"), ("public_ip", "public-ip")];

    async fn describe(
        context: &Arc<Context>,
        filters: Option<Vec<types::Filter>>,
    ) -> Result<Vec<types::Address>, Failure> {
        let call = context.ec2().safe.describe_addresses().set_filters(filters).send();
        Ok(answer(call).await?.addresses.unwrap_or_default())
    }
}

impl LookupOne for Eip {
    async fn value<'a>(
        context: &Arc<Context>,
        found: types::Address,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        let id = found.allocation_id.as_deref().unwrap_or_default();
        let account = context.account_id_if_known().await;
        let public = found.public_ip.as_deref();
        Ok(builder
            .str("id", Some(id))
            .str("arn", Some(arn(context, Some(account), &format!("elastic-ip/{id}"))))
            .text("association_id", found.association_id.as_deref())
            .text("carrier_ip", found.carrier_ip.as_deref())
            .text("customer_owned_ip", found.customer_owned_ip.as_deref())
            .text("customer_owned_ipv4_pool", found.customer_owned_ipv4_pool.as_deref())
            .text("domain", found.domain.as_ref().map(types::DomainType::as_str))
            .text("instance_id", found.instance_id.as_deref())
            .text("network_interface_id", found.network_interface_id.as_deref())
            .text("network_interface_owner_id", found.network_interface_owner_id.as_deref())
            .text("private_dns", found.private_ip_address.as_deref().map(|ip| name(context, "ip", ip)))
            .text("private_ip", found.private_ip_address.as_deref())
            .text("public_dns", public.map(|ip| name(context, "ec2", ip)))
            .text("public_ip", public)
            .text("public_ipv4_pool", found.public_ipv4_pool.as_deref())
            .set("tags", visible_tags(context, found.tags)))
    }
}

/// The name that an address has in the region: the oldest region's names are its own.
fn name(context: &Context, prefix: &str, ip: &str) -> String {
    let (host, region) = (ip.replace('.', "-"), context.region());
    let private = prefix == "ip";
    let suffix = match (region, private) {
        ("us-east-1", true) => "ec2.internal".to_owned(),
        ("us-east-1", false) => format!("compute-1.{}", context.dns_suffix()),
        (region, true) => format!("{region}.compute.internal"),
        (region, false) => format!("{region}.compute.{}", context.dns_suffix()),
    };
    format!("{prefix}-{host}.{suffix}")
}
