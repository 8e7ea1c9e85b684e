//! `aws_vpc_dhcp_options`, and which of them a VPC uses: `aws_vpc_dhcp_options_association`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{DhcpOptions, NewDhcpConfiguration, ResourceType};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Wanted, arn, by_id, by_token, ids_of, text, texts};
use crate::calls::client::{answer, describe, lists, tag_specification, tags_of};
use crate::calls::network::Vpc;
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::listing::imported;
use crate::object::Builder;
use crate::{registry, tags};

/// `aws_vpc_dhcp_options`
pub struct VpcDhcpOptions;

/// `aws_vpc_dhcp_options_association`
pub struct VpcDhcpOptionsAssociation;

/// The options that every VPC can use: the region's own.
const DEFAULT: &str = "default";
/// Attributes with one value, and the service's keys.
const SINGLE: [(&str, &str); 3] = [
    ("domain_name", "domain-name"),
    ("ipv6_address_preferred_lease_time", "ipv6-address-preferred-lease-time"),
    ("netbios_node_type", "netbios-node-type"),
];
/// Attributes with several values, and the service's keys.
const LISTS: [(&str, &str); 3] = [
    ("domain_name_servers", "domain-name-servers"),
    ("netbios_name_servers", "netbios-name-servers"),
    ("ntp_servers", "ntp-servers"),
];

/// Sets of options.
pub(super) fn describe_options(context: &Arc<Context>, select: Select) -> Call<'static, Vec<DhcpOptions>> {
    describe!(context.ec2(), select, describe_dhcp_options, set_dhcp_options_ids, set_filters, dhcp_options)
}

/// The values of an option.
pub(super) fn values_of<'a>(options: &'a DhcpOptions, key: &str) -> Vec<&'a str> {
    let configuration =
        options.dhcp_configurations().iter().find(|option| option.key.as_deref() == Some(key));
    let values = configuration.map(|option| option.values()).unwrap_or_default();
    values.iter().filter_map(|value| value.value.as_deref()).collect()
}

impl Ec2Type for VpcDhcpOptions {
    type Found = DhcpOptions;
    const KIND: &'static str = "aws_vpc_dhcp_options";
    const NOUN: &'static str = "EC2 DHCP Options Set";

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, DhcpOptions>, Failure> {
        let sets =
            by_id(ids_of(wanted), "dhcp-options-id", |select| describe_options(context, select)).await?;
        Ok(sets.into_iter().filter_map(|set| Some((set.dhcp_options_id.clone()?, set))).collect())
    }

    fn value(context: &Arc<Context>, found: &DhcpOptions, known: &Value) -> Value {
        let id = found.dhcp_options_id.as_deref().unwrap_or_default();
        let owner = found.owner_id.as_deref();
        let builder = Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(id))
            .str("arn", Some(arn(context, owner, &format!("dhcp-options/{id}"))))
            .str("region", Some(context.region()))
            .str("owner_id", owner)
            .tags(context.tags().observed(&tags_of(found.tags.clone()), known));
        // A set cannot be changed: what the service does not tell is as it was asked for, empty or left out.
        let builder =
            SINGLE.into_iter().fold(builder, |builder, (name, key)| match values_of(found, key).first() {
                Some(value) => builder.str(name, Some(value)),
                None => builder,
            });
        let builder = LISTS.into_iter().fold(builder, |builder, (name, key)| match values_of(found, key) {
            values if values.is_empty() => builder,
            values => builder.string_list(name, values),
        });
        builder.build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let single = SINGLE.into_iter().map(|(name, key)| (key, Vec::from_iter(text(planned, name))));
        let lists = LISTS.into_iter().map(|(name, key)| (key, texts(planned.get(name))));
        let options = single
            .chain(lists)
            .filter(|(_, values)| !values.is_empty())
            .map(|(key, values)| NewDhcpConfiguration::builder().key(key).set_values(Some(values)).build());
        let tags = tags::for_create(planned, &request.token);
        let call = context
            .ec2()
            .once
            .create_dhcp_options()
            .set_dhcp_configurations(Some(options.collect()))
            .set_tag_specifications(tag_specification(ResourceType::DhcpOptions, &tags));
        let made = answer(call.send()).await?.dhcp_options;
        made.and_then(|set| set.dhcp_options_id).ok_or_else(|| Failure::incomplete("set of DHCP options"))
    }

    async fn converge(
        _: &Arc<Context>,
        _: &Change<'_, DhcpOptions>,
    ) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        // VPCs that still use it get the region's own.
        let vpcs = context.ec2().describe_vpcs(Select::one("dhcp-options-id", id)).await?;
        for vpc in vpcs {
            associate(context, DEFAULT, &vpc.id).await?;
        }
        answer(context.ec2().safe.delete_dhcp_options().dhcp_options_id(id).send()).await.map(drop)
    }

    lists!(describe_dhcp_options, dhcp_options, dhcp_options_id);

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let sets = describe_options(context, by_token(&request.token)).await?;
        Ok(sets.into_iter().find_map(|set| set.dhcp_options_id))
    }
}

impl Ec2Type for VpcDhcpOptionsAssociation {
    type Found = Vpc;
    const KIND: &'static str = "aws_vpc_dhcp_options_association";
    const NOUN: &'static str = "EC2 VPC DHCP Options Set Association";

    async fn fetch(context: &Arc<Context>, wanted: &[Wanted<'_>]) -> Result<BTreeMap<String, Vpc>, Failure> {
        let keys: Vec<_> = wanted.iter().filter_map(|wanted| Some((wanted.id, vpc_in(wanted)?))).collect();
        let ec2 = context.ec2();
        let ids = keys.iter().map(|(_, vpc)| vpc.clone()).collect();
        let vpcs = by_id(ids, "vpc-id", |select| ec2.describe_vpcs(select)).await?;
        let found = keys.into_iter().filter_map(|(id, vpc)| {
            let vpc = vpcs.iter().find(|known| known.id == vpc)?;
            vpc.dhcp_options_id.as_deref().filter(|options| *options != DEFAULT)?;
            Some((id.to_owned(), vpc.clone()))
        });
        Ok(found.collect())
    }

    fn value(context: &Arc<Context>, found: &Vpc, known: &Value) -> Value {
        let options = found.dhcp_options_id.as_deref().unwrap_or_default();
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(association_id(options, &found.id)))
            .str("region", Some(context.region()))
            .str("dhcp_options_id", Some(options))
            .str("vpc_id", Some(&found.id))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        let (options, vpc) = (get("dhcp_options_id"), get("vpc_id"));
        associate(context, &options, &vpc).await?;
        Ok(association_id(&options, &vpc))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Vpc>,
    ) -> Result<Option<String>, ProviderError> {
        let Some(options) = change.wanted_str("dhcp_options_id") else { return Ok(None) };
        let associated = associate(context, options, &change.found.id).await;
        associated.map_err(|error| change.failed(error))?;
        Ok(Some(association_id(options, &change.found.id)))
    }

    async fn remove(context: &Arc<Context>, _: &str, prior: &Value) -> Result<(), Failure> {
        associate(context, DEFAULT, prior.get_str("vpc_id").unwrap_or_default()).await
    }

    lists!(describe_vpcs [], vpcs, |vpc| {
        let options = vpc.dhcp_options_id.filter(|options| options != DEFAULT);
        options.zip(vpc.vpc_id).map(|(options, vpc)| imported(association_id(&options, &vpc), vpc))
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        let id = association_id(&get("dhcp_options_id"), &get("vpc_id"));
        let found = Self::fetch(context, &[Wanted::of(&id, &request.planned)]).await?;
        let ours = found
            .get(&id)
            .is_some_and(|vpc| vpc.dhcp_options_id == text(&request.planned, "dhcp_options_id"));
        Ok(ours.then_some(id))
    }
}

async fn associate(context: &Arc<Context>, options: &str, vpc: &str) -> Result<(), Failure> {
    let call = context.ec2().safe.associate_dhcp_options().dhcp_options_id(options).vpc_id(vpc);
    answer(call.send()).await.map(drop)
}

fn association_id(options: &str, vpc: &str) -> String {
    format!("{options}-{vpc}")
}

/// The VPC that is remembered, or that an import names.
fn vpc_in(wanted: &Wanted<'_>) -> Option<String> {
    let imported = wanted.id.starts_with("vpc-").then(|| wanted.id.to_owned());
    text(wanted.known, "vpc_id").or(imported)
}
