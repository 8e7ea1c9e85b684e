//! What an instance is, as an object of its type.

use std::sync::Arc;

use aws_sdk_ec2::types::{Instance, InstanceNetworkInterface, MonitoringState, SpotInstanceRequest};
use evenkeel_model::Value;

use super::super::common::{arn, blocks, first, int, on, text, time};
use super::single::{Single, is_imported, is_new};
use super::{Whole, is_burstable, template, user_data, volumes};
use crate::calls::client::tags_of;
use crate::context::Context;
use crate::registry;
use crate::shape::Shape;

/// The object.
pub(crate) fn value(context: &Arc<Context>, found: &Whole, known: &Value) -> Value {
    let shape = Shape::new(registry::schema("aws_instance"), known);
    let shape = with_instance(context, shape, found, known);
    let shape = shape
        .text("id", Some(found.id()))
        .text("arn", Some(arn(context, found.owner.as_deref(), &format!("instance/{}", found.id()))))
        .text("region", Some(context.region()))
        .text("instance_lifecycle", found.instance.instance_lifecycle().map(|kind| kind.as_str()))
        .text("spot_instance_request_id", found.instance.spot_instance_request_id())
        .tags(context.tags().observed(&tags_of(found.instance.tags.clone()), known));
    let shape = with_market(shape, found, known);
    let shape = with_interfaces(shape, found, known);
    template::with_template(shape, found, known).build()
}

/// What the types that run one instance have in common.
pub(in super::super) fn with_instance<'a>(
    context: &Context,
    shape: Shape<'a>,
    found: &Whole,
    known: &Value,
) -> Shape<'a> {
    let shape = with_place(shape, &found.instance);
    let shape = with_network(shape, found, known);
    let shape = with_single(shape, &found.single, known);
    let shape = with_options(shape, found, known);
    volumes::with_volumes(context, shape, found, known)
}

fn with_place<'a>(shape: Shape<'a>, instance: &Instance) -> Shape<'a> {
    let place = instance.placement();
    let at = |get: fn(&aws_sdk_ec2::types::Placement) -> Option<&str>| place.and_then(get);
    let profile = instance.iam_instance_profile().and_then(|profile| profile.arn()).unwrap_or_default();
    let monitoring = instance.monitoring().and_then(|monitoring| monitoring.state());
    let monitored = matches!(monitoring, Some(MonitoringState::Enabled | MonitoringState::Pending));
    shape
        .text("ami", instance.image_id())
        .text("instance_type", instance.instance_type().map(|kind| kind.as_str()))
        .text("instance_state", instance.state().and_then(|state| state.name()).map(|name| name.as_str()))
        .text("outpost_arn", instance.outpost_arn())
        .text("key_name", instance.key_name())
        .text("subnet_id", instance.subnet_id())
        .flag("ebs_optimized", instance.ebs_optimized)
        .flag("monitoring", Some(monitored))
        .text("iam_instance_profile", profile.rsplit('/').next())
        .text("availability_zone", at(|place| place.availability_zone()))
        .text("tenancy", at(|place| place.tenancy().map(|tenancy| tenancy.as_str())))
        .text("placement_group", at(|place| place.group_name()))
        .text("placement_group_id", at(|place| place.group_id()))
        .number("placement_partition_number", place.and_then(|place| place.partition_number))
        .text("host_id", at(|place| place.host_id()))
        .text("host_resource_group_arn", at(|place| place.host_resource_group_arn()))
}

fn with_network<'a>(shape: Shape<'a>, found: &Whole, known: &Value) -> Shape<'a> {
    let instance = &found.instance;
    let interface = found.primary();
    let groups = instance.security_groups().iter();
    // By name only where configuration names them so.
    let by_name = known.get("security_groups").and_then(Value::as_elements).is_some_and(|s| !s.is_empty());
    let names: Vec<&str> =
        if by_name { groups.clone().filter_map(|group| group.group_name()).collect() } else { vec![] };
    let addresses = interface.map(InstanceNetworkInterface::private_ip_addresses).unwrap_or_default().iter();
    let secondary = addresses
        .filter(|address| address.primary != Some(true))
        .filter_map(|address| address.private_ip_address());
    let ipv6 = interface.map(InstanceNetworkInterface::ipv6_addresses).unwrap_or_default();
    let primary_ipv6 = ipv6.iter().any(|address| address.is_primary_ipv6 == Some(true));
    let check = instance.source_dest_check.or(interface.and_then(|interface| interface.source_dest_check));
    shape
        .text("private_ip", instance.private_ip_address())
        .text("private_dns", instance.private_dns_name())
        .text("public_ip", instance.public_ip_address())
        .text("public_dns", instance.public_dns_name())
        .text(
            "primary_network_interface_id",
            interface.and_then(|interface| interface.network_interface_id()),
        )
        .texts("vpc_security_group_ids", groups.filter_map(|group| group.group_id()))
        .texts("security_groups", names)
        .texts("secondary_private_ips", secondary)
        .texts("ipv6_addresses", ipv6.iter().filter_map(|address| address.ipv6_address()))
        .number("ipv6_address_count", i64::try_from(ipv6.len()).ok())
        .flag("enable_primary_ipv6", Some(primary_ipv6))
        .flag("source_dest_check", checked(check, known))
        .flag("associate_public_ip_address", Some(has_public_address(found, known)))
}

/// With interfaces of its own, traffic is checked by what these say.
fn checked(found: Option<bool>, known: &Value) -> Option<bool> {
    let own = ["network_interface", "primary_network_interface"];
    match own.iter().all(|name| blocks(known, name).is_empty()) {
        true => found,
        false => known.get_bool("source_dest_check"),
    }
}

/// An instance that does not run has lost its public address for the time being; that is no change
/// of what it was asked to have. Neither is an address that somebody put there.
fn has_public_address(found: &Whole, known: &Value) -> bool {
    let association = found.primary().and_then(|interface| interface.association());
    let came_with_it = association.and_then(|association| association.ip_owner_id()) == Some("amazon");
    let has = found.instance.public_ip_address().is_some() || association.is_some();
    match known.get_bool("associate_public_ip_address") {
        Some(remembered) if found.state() != "running" => remembered,
        Some(remembered) if has && !came_with_it => remembered,
        _ => has,
    }
}

fn with_single<'a>(shape: Shape<'a>, single: &Single, known: &Value) -> Shape<'a> {
    let behavior = single.shutdown_behavior.as_deref().unwrap_or("stop");
    let shape = shape
        .flag("disable_api_termination", single.disable_api_termination)
        .flag("disable_api_stop", single.disable_api_stop)
        .text("instance_initiated_shutdown_behavior", Some(behavior))
        .text(
            "password_data",
            single.password.as_deref().filter(|_| on(known, "get_password_data").is_some()),
        );
    match &single.user_data {
        Some(encoded) => user_data::with_user_data(shape, encoded.as_deref().unwrap_or_default(), known),
        None => shape,
    }
}

fn with_options<'a>(shape: Shape<'a>, found: &Whole, known: &Value) -> Shape<'a> {
    let instance = &found.instance;
    let metadata = instance.metadata_options.clone();
    let metadata =
        metadata.unwrap_or_else(|| aws_sdk_ec2::types::InstanceMetadataOptionsResponse::builder().build());
    let shape = shape
        .flag("hibernation", instance.hibernation_options().and_then(|options| options.configured))
        .blocks("metadata_options", &[metadata], |shape, options| {
            shape
                .text("http_endpoint", Some(options.http_endpoint().map_or("enabled", |on| on.as_str())))
                .text(
                    "http_protocol_ipv6",
                    Some(options.http_protocol_ipv6().map_or("disabled", |on| on.as_str())),
                )
                .number("http_put_response_hop_limit", Some(options.http_put_response_hop_limit.unwrap_or(1)))
                .text("http_tokens", Some(options.http_tokens().map_or("optional", |tokens| tokens.as_str())))
                .text(
                    "instance_metadata_tags",
                    Some(options.instance_metadata_tags().map_or("disabled", |on| on.as_str())),
                )
        });
    let shape = with_processor(shape, instance);
    let shape = with_reservation(shape, instance);
    let shape = with_names(shape, instance);
    with_credits(shape, found, known)
}

fn with_processor<'a>(shape: Shape<'a>, instance: &Instance) -> Shape<'a> {
    let shape = match instance.cpu_options() {
        Some(options) => shape.blocks("cpu_options", &[options], |shape, options| {
            shape
                .text("amd_sev_snp", options.amd_sev_snp().map(|on| on.as_str()))
                .number("core_count", options.core_count)
                .text("nested_virtualization", options.nested_virtualization().map(|on| on.as_str()))
                .number("threads_per_core", options.threads_per_core)
        }),
        None => shape.written("cpu_options"),
    };
    let shape = match instance.enclave_options() {
        Some(options) => shape
            .blocks("enclave_options", &[options], |shape, options| shape.flag("enabled", options.enabled)),
        None => shape.written("enclave_options"),
    };
    match instance.maintenance_options() {
        Some(options) => shape.blocks("maintenance_options", &[options], |shape, options| {
            shape.text("auto_recovery", options.auto_recovery().map(|state| state.as_str()))
        }),
        None => shape.written("maintenance_options"),
    }
}

fn with_reservation<'a>(shape: Shape<'a>, instance: &Instance) -> Shape<'a> {
    let Some(found) = instance.capacity_reservation_specification() else {
        return shape.written("capacity_reservation_specification");
    };
    shape.blocks("capacity_reservation_specification", &[found], |shape, found| {
        let target: Vec<_> = found.capacity_reservation_target().into_iter().collect();
        let preference = found.capacity_reservation_preference().map(|preference| preference.as_str());
        // A target is a preference too, which is not written then.
        let preference = preference.filter(|_| target.is_empty());
        shape.text("capacity_reservation_preference", preference).blocks(
            "capacity_reservation_target",
            &target,
            |shape, target| {
                shape.text("capacity_reservation_id", target.capacity_reservation_id()).text(
                    "capacity_reservation_resource_group_arn",
                    target.capacity_reservation_resource_group_arn(),
                )
            },
        )
    })
}

fn with_names<'a>(shape: Shape<'a>, instance: &Instance) -> Shape<'a> {
    match instance.private_dns_name_options() {
        Some(options) => shape.blocks("private_dns_name_options", &[options], |shape, options| {
            shape
                .flag("enable_resource_name_dns_a_record", options.enable_resource_name_dns_a_record)
                .flag("enable_resource_name_dns_aaaa_record", options.enable_resource_name_dns_aaaa_record)
                .text("hostname_type", options.hostname_type().map(|kind| kind.as_str()))
        }),
        None => shape.written("private_dns_name_options"),
    }
}

/// Only burstable instances have credits; what is written for others means nothing.
fn with_credits<'a>(shape: Shape<'a>, found: &Whole, known: &Value) -> Shape<'a> {
    let burstable = found.instance.instance_type().is_some_and(|kind| is_burstable(kind.as_str()));
    let written = first(known, "credit_specification").and_then(|block| text(block, "cpu_credits"));
    let credits = found.credits.clone().filter(|_| burstable).or(written);
    let shown = credits.is_some() || shape.has("credit_specification") || is_new(known);
    let credits: Vec<Option<String>> = if shown { vec![credits] } else { vec![] };
    shape.blocks("credit_specification", &credits, |shape, credits| {
        shape.text("cpu_credits", credits.as_deref())
    })
}

fn with_market<'a>(shape: Shape<'a>, found: &Whole, known: &Value) -> Shape<'a> {
    let Some(spot) = &found.spot else { return shape.written("instance_market_options") };
    let written = first(known, "instance_market_options").and_then(|block| first(block, "spot_options"));
    let written = written.and_then(|block| text(block, "max_price"));
    shape.blocks("instance_market_options", &[spot], |shape, spot| {
        shape
            .text("market_type", Some("spot"))
            .blocks("spot_options", &[*spot], |shape, spot| with_spot(shape, spot, written.as_deref()))
    })
}

fn with_spot<'a>(shape: Shape<'a>, spot: &SpotInstanceRequest, written: Option<&str>) -> Shape<'a> {
    shape
        .text(
            "instance_interruption_behavior",
            spot.instance_interruption_behavior().map(|kind| kind.as_str()),
        )
        .text("max_price", spot.spot_price().map(|price| same_price(price, written)))
        .text("spot_instance_type", spot.r#type().map(|kind| kind.as_str()))
        .text("valid_until", time(spot.valid_until()))
}

/// A price as it is written where that is the same number.
pub(in super::super) fn same_price<'a>(found: &'a str, written: Option<&'a str>) -> &'a str {
    let number = |text: &str| text.parse::<f64>().ok();
    written.filter(|written| number(written).is_some() && number(written) == number(found)).unwrap_or(found)
}

/// Interfaces that configuration made before the instance.
fn with_interfaces<'a>(shape: Shape<'a>, found: &Whole, known: &Value) -> Shape<'a> {
    let written: Vec<Option<i32>> =
        blocks(known, "network_interface").iter().map(|block| int(block, "device_index")).collect();
    let goes = |interface: &InstanceNetworkInterface| {
        interface.attachment().is_some_and(|attachment| attachment.delete_on_termination == Some(true))
    };
    let own = |interface: &&InstanceNetworkInterface| match is_imported(known)
        && !shape.has("primary_network_interface")
    {
        // One that outlives the instance was made for itself.
        true if written.is_empty() => !goes(interface),
        _ => written.contains(&interface.attachment().and_then(|attachment| attachment.device_index)),
    };
    let interfaces: Vec<_> = found.instance.network_interfaces().iter().filter(own).collect();
    let primary: Vec<_> =
        found.primary().filter(|_| shape.has("primary_network_interface")).into_iter().collect();
    shape
        .blocks("network_interface", &interfaces, |shape, interface| {
            let attachment = interface.attachment();
            shape
                .flag("delete_on_termination", Some(goes(interface)))
                .number("device_index", attachment.and_then(|attachment| attachment.device_index))
                .number("network_card_index", attachment.and_then(|attachment| attachment.network_card_index))
                .text("network_interface_id", interface.network_interface_id())
        })
        .blocks("primary_network_interface", &primary, |shape, interface| {
            shape
                .flag("delete_on_termination", Some(goes(interface)))
                .text("network_interface_id", interface.network_interface_id())
        })
        .written("secondary_network_interface")
}
