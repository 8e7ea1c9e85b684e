//! `aws_default_vpc_dhcp_options`: the options that AWS made for the region; only its tags are managed.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::DhcpOptions as Found;
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::like;
use crate::calls::{Filter, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::resources::VpcDhcpOptions;
use crate::resources::common::{Change, Ec2Type, Wanted, text};
use crate::resources::dhcp_options::{describe_options, values_of};
use crate::resources::naming::private_domain;

/// `aws_default_vpc_dhcp_options`
pub struct DefaultVpcDhcpOptions;

/// The name server that stands for the VPC's own.
const AMAZON_DNS: &str = "AmazonProvidedDNS";

impl Ec2Type for DefaultVpcDhcpOptions {
    type Found = Found;
    const KIND: &'static str = "aws_default_vpc_dhcp_options";
    const NOUN: &'static str = "EC2 Default DHCP Options Set";
    const UNLISTED: Option<&'static str> = Some("They are listed as aws_vpc_dhcp_options.");

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        VpcDhcpOptions::fetch(context, wanted).await
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let joined = |key: &str| Some(values_of(found, key).join(" "));
        like::<VpcDhcpOptions, Self>(context, found, known)
            .str("domain_name_servers", joined("domain-name-servers"))
            .str("netbios_name_servers", joined("netbios-name-servers"))
            .str("ntp_servers", joined("ntp-servers"))
            .build()
    }

    fn stays(_: &Value) -> bool {
        true
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let domain = private_domain(context.region());
        let mut filters = vec![
            Filter::new("key", ["domain-name"]),
            Filter::new("value", [domain.as_str()]),
            Filter::new("key", ["domain-name-servers"]),
            Filter::new("value", [AMAZON_DNS]),
        ];
        filters.extend(text(&request.planned, "owner_id").map(|owner| Filter::new("owner-id", [owner])));
        let sets = describe_options(context, Select::Filters(filters)).await?;
        // The filters are met by any of the keys: look at them one by one.
        let is_default = |set: &Found| {
            values_of(set, "domain-name") == [domain.as_str()]
                && values_of(set, "domain-name-servers") == [AMAZON_DNS]
        };
        let set = sets.into_iter().find(is_default).and_then(|set| set.dhcp_options_id);
        set.ok_or_else(|| {
            Failure::refused(format!("there is no set of DHCP options for {domain} that AWS made"))
        })
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(_: &Arc<Context>, _: &str, _: &Value) -> Result<(), Failure> {
        Ok(())
    }

    async fn search(_: &Arc<Context>, _: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(None)
    }
}
