//! `aws_vpc_dhcp_options`.

use std::sync::Arc;

use aws_sdk_ec2::types;

use super::lookup::{LookupOne, lookup, visible_tags};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::arn;

/// `aws_vpc_dhcp_options`
pub struct DhcpOptions;

lookup!(DhcpOptions, "aws_vpc_dhcp_options", "EC2 DHCP Options Set",
    describe_dhcp_options => dhcp_options: DhcpOptions,
    "id" => "dhcp-options-id",
    "dhcp_options_id" => "dhcp-options-id");

impl LookupOne for DhcpOptions {
    async fn value<'a>(
        context: &Arc<Context>,
        found: types::DhcpOptions,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        let id = found.dhcp_options_id.as_deref().unwrap_or_default();
        let settings = found.dhcp_configurations.unwrap_or_default();
        let values = |key: &str| {
            let setting = settings.iter().find(|setting| setting.key.as_deref() == Some(key));
            let values = setting.and_then(|setting| setting.values.as_deref()).unwrap_or_default();
            values.iter().filter_map(|value| value.value.clone()).collect::<Vec<_>>()
        };
        let first = |key: &str| values(key).into_iter().next();
        Ok(builder
            .str("id", Some(id))
            .str("dhcp_options_id", Some(id))
            .str("arn", Some(arn(context, found.owner_id.as_deref(), &format!("dhcp-options/{id}"))))
            .text("owner_id", found.owner_id.as_deref())
            .text("domain_name", first("domain-name"))
            .string_list("domain_name_servers", values("domain-name-servers"))
            .text("ipv6_address_preferred_lease_time", first("ipv6-address-preferred-lease-time"))
            .string_list("netbios_name_servers", values("netbios-name-servers"))
            .text("netbios_node_type", first("netbios-node-type"))
            .string_list("ntp_servers", values("ntp-servers"))
            .set("tags", visible_tags(context, found.tags)))
    }
}
