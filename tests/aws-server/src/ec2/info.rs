//! What an account is told and cannot change: zones, regions, attributes, instance types.

use super::{Actions, Answer, Call};
use crate::fail::Fail;
use crate::node::Node;
use crate::params::View;
use crate::region::Region;
use crate::settings::matches;
use crate::xml;

pub(super) static ACTIONS: Actions = &[
    ("DescribeAvailabilityZones", zones),
    ("DescribeRegions", regions),
    ("DescribeAccountAttributes", attributes),
    ("DescribeInstanceTypes", instance_types),
    ("DescribeInstanceTypeOfferings", offerings),
];

const REGIONS: [&str; 6] = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-central-1"];
const ZONES: [&str; 3] = ["a", "b", "c"];

/// An instance type: its name, processors, memory in MiB, and whether it has credits.
pub(super) type InstanceType = (&'static str, i64, i64, bool);

/// The instance types that there are.
pub(super) const TYPES: [InstanceType; 16] = [
    ("t2.micro", 1, 1_024, true),
    ("t2.small", 1, 2_048, true),
    ("t3.nano", 2, 512, true),
    ("t3.micro", 2, 1_024, true),
    ("t3.small", 2, 2_048, true),
    ("t3.medium", 2, 4_096, true),
    ("t3.large", 2, 8_192, true),
    ("t3a.micro", 2, 1_024, true),
    ("t4g.micro", 2, 1_024, true),
    ("t4g.small", 2, 2_048, true),
    ("m5.large", 2, 8_192, false),
    ("m5.xlarge", 4, 16_384, false),
    ("m6i.large", 2, 8_192, false),
    ("c5.large", 2, 4_096, false),
    ("c5.xlarge", 4, 8_192, false),
    ("r5.large", 2, 16_384, false),
];

/// The instance type with a name.
pub(super) fn instance_type(name: &str) -> Result<InstanceType, Fail> {
    let found = TYPES.into_iter().find(|(known, ..)| *known == name);
    found.ok_or_else(|| Fail::value(format!("Invalid value '{name}' for InstanceType.")))
}

/// The time as the service writes it. It is that of the server's own clock, from a fixed day on.
pub(super) fn time(region: &Region) -> String {
    timestamp(region.now_ms)
}

/// A time of the server's clock as a text.
pub fn timestamp(now_ms: u64) -> String {
    let seconds = now_ms / 1_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Only the order matters to a test, so every month has 28 days.
    let (month, day) = (1 + (days / 28) % 12, 1 + days % 28);
    format!(
        "2026-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        rest / 3_600,
        rest / 60 % 60,
        rest % 60,
        now_ms % 1_000
    )
}

/// A zone that a request names, or the first one: its name and identifier.
pub(super) fn zone(region: &Region, name: Option<&str>, id: Option<&str>) -> Result<(String, String), Fail> {
    let mut all = zones_of(&region.name);
    let found = match (name, id) {
        (Some(name), _) => all.find(|(zone, _)| zone == name),
        (None, Some(id)) => all.find(|(_, zone)| zone == id),
        (None, None) => all.next(),
    };
    let text = name.or(id).unwrap_or_default();
    found.ok_or_else(|| {
        Fail::value(format!("Value ({text}) for parameter availabilityZone is invalid. Subnets can currently only be created in the zones of {}.", region.name))
    })
}

/// The zones of a region: names and identifiers.
pub(super) fn zones_of(region: &str) -> impl Iterator<Item = (String, String)> {
    let region = region.to_owned();
    let short: String = region
        .split('-')
        .enumerate()
        .map(|(index, part)| match index {
            1 => part.chars().take(1).collect(),
            _ => part.to_owned(),
        })
        .collect();
    ZONES
        .iter()
        .zip(1..)
        .map(move |(letter, number)| (format!("{region}{letter}"), format!("{short}-az{number}")))
}

fn filters<'a>(call: &Call<'a>) -> Result<Vec<(&'a str, Vec<&'a str>)>, Fail> {
    let read = |view: View<'a>| Ok((view.need("Name")?, view.list("Value")));
    call.p.views("Filter").into_iter().map(read).collect()
}

fn fits(node: &Node, filters: &[(&str, Vec<&str>)], paths: &[(&str, &str)]) -> Result<bool, Fail> {
    for (name, values) in filters {
        let (_, path) = paths
            .iter()
            .find(|(known, _)| known == name)
            .ok_or_else(|| Fail::value(format!("The filter '{name}' is invalid")))?;
        let mut found = Vec::new();
        node.texts(path, &mut found);
        if !found.iter().any(|text| values.iter().any(|value| matches(value, text))) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn zones(call: &mut Call<'_>) -> Answer {
    const PATHS: [(&str, &str); 7] = [
        ("group-name", "groupName"),
        ("opt-in-status", "optInStatus"),
        ("region-name", "regionName"),
        ("state", "zoneState"),
        ("zone-id", "zoneId"),
        ("zone-name", "zoneName"),
        ("zone-type", "zoneType"),
    ];
    call.p.flag("AllAvailabilityZones")?;
    let (names, ids, filters) = (call.p.list("ZoneName"), call.p.list("ZoneId"), filters(call)?);
    let region = call.region.name.as_str();
    let mut items = Vec::new();
    for (name, id) in zones_of(region) {
        let node = xml! {
            zoneName: &name,
            zoneId: &id,
            zoneState: "available",
            zoneType: "availability-zone",
            regionName: region,
            groupName: format!("{region}-zg-1"),
            networkBorderGroup: region,
            optInStatus: "opt-in-not-required",
        };
        let named = (names.is_empty() || names.contains(&name.as_str()))
            && (ids.is_empty() || ids.contains(&id.as_str()));
        if named && fits(&node, &filters, &PATHS)? {
            items.push(node);
        }
    }
    Ok(xml! { availabilityZoneInfo: items })
}

fn regions(call: &mut Call<'_>) -> Answer {
    const PATHS: [(&str, &str); 3] =
        [("endpoint", "regionEndpoint"), ("opt-in-status", "optInStatus"), ("region-name", "regionName")];
    call.p.flag("AllRegions")?;
    let (names, filters) = (call.p.list("RegionName"), filters(call)?);
    let mut items = Vec::new();
    for region in REGIONS.into_iter().filter(|region| names.is_empty() || names.contains(region)) {
        let node = xml! {
            regionName: region,
            regionEndpoint: format!("ec2.{region}.amazonaws.com"),
            optInStatus: "opt-in-not-required",
        };
        if fits(&node, &filters, &PATHS)? {
            items.push(node);
        }
    }
    Ok(xml! { regionInfo: items })
}

fn attributes(call: &mut Call<'_>) -> Answer {
    let default_vpc = super::birth::default_vpc(call.region).unwrap_or_else(|_| "none".into());
    let all = [
        ("supported-platforms", "VPC".to_owned()),
        ("default-vpc", default_vpc),
        ("max-instances", "100000".to_owned()),
        ("vpc-max-security-groups-per-interface", "5".to_owned()),
        ("max-elastic-ips", "5".to_owned()),
        ("vpc-max-elastic-ips", "5".to_owned()),
    ];
    let names = call.p.list("AttributeName");
    let items =
        all.into_iter().filter(|(name, _)| names.is_empty() || names.contains(name)).map(|(name, value)| {
            xml! { attributeName: name, attributeValueSet: vec![xml! { attributeValue: value }] }
        });
    Ok(xml! { accountAttributeSet: items.collect::<Vec<_>>() })
}

fn instance_types(call: &mut Call<'_>) -> Answer {
    const PATHS: [(&str, &str); 3] = [
        ("instance-type", "instanceType"),
        ("burstable-performance-supported", "burstablePerformanceSupported"),
        ("current-generation", "currentGeneration"),
    ];
    call.p.int("MaxResults")?;
    let (names, filters) = (call.p.list("InstanceType"), filters(call)?);
    names.iter().try_for_each(|name| instance_type(name).map(drop))?;
    let mut items = Vec::new();
    for (name, processors, memory, has_credits) in TYPES {
        let node = xml! {
            instanceType: name,
            currentGeneration: true,
            bareMetal: false,
            hypervisor: "nitro",
            burstablePerformanceSupported: has_credits,
            hibernationSupported: true,
            vCpuInfo: xml! { defaultVCpus: processors, defaultCores: 1, defaultThreadsPerCore: processors },
            memoryInfo: xml! { sizeInMiB: memory },
            instanceStorageSupported: false,
            supportedRootDeviceTypes: vec!["ebs".into()],
            processorInfo: xml! { supportedArchitectures: vec![architecture(name).into()] },
        };
        if (names.is_empty() || names.contains(&name)) && fits(&node, &filters, &PATHS)? {
            items.push(node);
        }
    }
    Ok(xml! { instanceTypeSet: items })
}

fn architecture(name: &str) -> &'static str {
    if name.starts_with("t4g") { "arm64" } else { "x86_64" }
}

fn offerings(call: &mut Call<'_>) -> Answer {
    const PATHS: [(&str, &str); 2] = [("instance-type", "instanceType"), ("location", "location")];
    call.p.int("MaxResults")?;
    let kind = call.p.get("LocationType").unwrap_or("region");
    let filters = filters(call)?;
    let places: Vec<String> = match kind {
        "availability-zone" => zones_of(&call.region.name).map(|(name, _)| name).collect(),
        "availability-zone-id" => zones_of(&call.region.name).map(|(_, id)| id).collect(),
        _ => vec![call.region.name.clone()],
    };
    let mut items = Vec::new();
    for (name, ..) in TYPES {
        for place in &places {
            let node = xml! { instanceType: name, locationType: kind, location: place };
            if fits(&node, &filters, &PATHS)? {
                items.push(node);
            }
        }
    }
    Ok(xml! { instanceTypeOfferingSet: items })
}
