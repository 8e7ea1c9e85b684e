//! `aws_ip_ranges`: the address ranges that AWS publishes, by region and service.

use std::sync::Arc;
use std::time::Duration;

use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};
use serde::Deserialize;

use crate::context::Context;
use crate::download::Download;
use crate::each::texts;
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;

const ADDRESS: &str = "https://ip-ranges.amazonaws.com/ip-ranges.json";
const SIZE_MAX: usize = 64 << 20;
const TIME_MAX: Duration = Duration::from_secs(60);
const OPERATION: &str = "downloading IP ranges";

/// The data source.
pub struct IpRanges;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Published {
    sync_token: String,
    create_date: String,
    #[serde(default)]
    prefixes: Vec<Range>,
    #[serde(default, rename = "ipv6_prefixes")]
    ipv6_prefixes: Vec<Range>,
}

#[derive(Deserialize)]
struct Range {
    #[serde(alias = "ip_prefix", alias = "ipv6_prefix")]
    prefix: String,
    region: String,
    service: String,
}

impl DataSource for IpRanges {
    fn kind(&self) -> &'static str {
        "aws_ip_ranges"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let address = request.config.get_str("url").unwrap_or(ADDRESS);
            let download = Download { operation: OPERATION, address, time_max: TIME_MAX, size_max: SIZE_MAX };
            let bytes = download.get(&context.account().web).await?;
            let published: Published =
                serde_json::from_slice(&bytes).map_err(|error| unreadable(address, &error.to_string()))?;
            value(&published, &request.config, address)
        })
    }
}

fn unreadable(address: &str, why: &str) -> ProviderError {
    let detail = format!("what {address} answers is no list of address ranges: {why}.");
    ProviderError::new(ErrorKind::Invalid, OPERATION, detail)
}

fn value(published: &Published, config: &Value, address: &str) -> Result<Value, ProviderError> {
    let lower = |name: &str| texts(config, name).iter().map(|text| text.to_lowercase()).collect::<Vec<_>>();
    let (regions, services) = (lower("regions"), lower("services"));
    let wanted = |range: &&Range| {
        (regions.is_empty() || regions.contains(&range.region.to_lowercase()))
            && services.contains(&range.service.to_lowercase())
    };
    let sorted = |ranges: &[Range]| {
        let mut found: Vec<String> = ranges.iter().filter(wanted).map(|range| range.prefix.clone()).collect();
        found.sort_unstable();
        found
    };
    let token: i64 =
        published.sync_token.parse().map_err(|_| unreadable(address, "syncToken is no number"))?;
    Ok(Builder::new(registry::data_schema("aws_ip_ranges"), config)
        .str("id", Some(&published.sync_token))
        .str("create_date", Some(&published.create_date))
        .number("sync_token", Some(token))
        .string_list("cidr_blocks", sorted(&published.prefixes))
        .string_list("ipv6_cidr_blocks", sorted(&published.ipv6_prefixes))
        .build())
}
