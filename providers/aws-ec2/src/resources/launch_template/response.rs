//! The data of a version, as it was found.

use aws_sdk_ec2::types::{
    LaunchTemplateBlockDeviceMapping, LaunchTemplateEbsBlockDevice,
    LaunchTemplateInstanceMarketOptions as Market, LaunchTemplateInstanceMetadataOptions as Metadata,
    LaunchTemplateInstanceNetworkInterfaceSpecification as Interface,
    LaunchTemplateInstanceSecondaryInterfaceSpecification as Secondary, LaunchTemplatePlacement as Placement,
    ResponseLaunchTemplateData as Data,
};

use super::super::common::time;
use super::requirements;
use crate::calls::client::tags_of;
use crate::shape::Shape;
use crate::tags;

/// Nothing or one thing, as blocks are filled in from.
fn one<T>(found: &Option<T>) -> Vec<&T> {
    found.iter().collect()
}

/// A flag that is written as text.
fn truth(found: Option<bool>) -> Option<&'static str> {
    found.map(|on| if on { "true" } else { "false" })
}

/// What is launched.
pub(super) fn with_data<'a>(shape: Shape<'a>, data: &Data) -> Shape<'a> {
    let behavior = data.instance_initiated_shutdown_behavior();
    let shape = shape
        .text("image_id", data.image_id())
        .text("instance_type", data.instance_type().map(|kind| kind.as_str()))
        .text("kernel_id", data.kernel_id())
        .text("key_name", data.key_name())
        .text("ram_disk_id", data.ram_disk_id())
        .text("user_data", data.user_data())
        .text("ebs_optimized", truth(data.ebs_optimized))
        .flag("disable_api_stop", data.disable_api_stop)
        .flag("disable_api_termination", data.disable_api_termination)
        .text("instance_initiated_shutdown_behavior", behavior.map(|behavior| behavior.as_str()))
        .texts("security_group_names", data.security_groups())
        .texts("vpc_security_group_ids", data.security_group_ids())
        .blocks("block_device_mappings", data.block_device_mappings(), mapping)
        .blocks("network_interfaces", data.network_interfaces(), interface)
        .blocks("secondary_interfaces", data.secondary_interfaces(), secondary)
        .blocks("license_specification", data.license_specifications(), |shape, license| {
            shape.text("license_configuration_arn", license.license_configuration_arn())
        })
        .blocks("tag_specifications", data.tag_specifications(), |shape, specification| {
            let tags = tags::to_value(&tags_of(specification.tags.clone()));
            shape
                .text("resource_type", specification.resource_type().map(|kind| kind.as_str()))
                .value("tags", Some(tags))
        });
    let shape = shape
        .blocks("placement", &one(&data.placement), |shape, place| placement(shape, place))
        .blocks("instance_market_options", &one(&data.instance_market_options), |shape, options| {
            market(shape, options)
        })
        .blocks("metadata_options", &one(&data.metadata_options), |shape, options| metadata(shape, options))
        .blocks("instance_requirements", &one(&data.instance_requirements), |shape, found| {
            requirements::shown(shape, found)
        })
        .blocks("iam_instance_profile", &one(&data.iam_instance_profile), |shape, profile| {
            shape.text("arn", profile.arn()).text("name", profile.name())
        });
    with_switches(with_reservation(shape, data), data)
}

fn with_reservation<'a>(shape: Shape<'a>, data: &Data) -> Shape<'a> {
    let found = one(&data.capacity_reservation_specification);
    shape.blocks("capacity_reservation_specification", &found, |shape, found| {
        let preference = found.capacity_reservation_preference();
        let shape =
            shape.text("capacity_reservation_preference", preference.map(|preference| preference.as_str()));
        let target = one(&found.capacity_reservation_target);
        shape.blocks("capacity_reservation_target", &target, |shape, target| {
            let group = target.capacity_reservation_resource_group_arn();
            shape
                .text("capacity_reservation_id", target.capacity_reservation_id())
                .text("capacity_reservation_resource_group_arn", group)
        })
    })
}

/// The small blocks.
fn with_switches<'a>(shape: Shape<'a>, data: &Data) -> Shape<'a> {
    let shape = shape
        .blocks("monitoring", &one(&data.monitoring), |shape, found| shape.flag("enabled", found.enabled))
        .blocks("enclave_options", &one(&data.enclave_options), |shape, found| {
            shape.flag("enabled", found.enabled)
        })
        .blocks("hibernation_options", &one(&data.hibernation_options), |shape, found| {
            shape.flag("configured", found.configured)
        })
        .blocks("credit_specification", &one(&data.credit_specification), |shape, found| {
            shape.text("cpu_credits", found.cpu_credits())
        })
        .blocks("maintenance_options", &one(&data.maintenance_options), |shape, found| {
            shape.text("auto_recovery", found.auto_recovery().map(|state| state.as_str()))
        })
        .blocks("network_performance_options", &one(&data.network_performance_options), |shape, found| {
            shape.text("bandwidth_weighting", found.bandwidth_weighting().map(|weighting| weighting.as_str()))
        });
    shape
        .blocks("cpu_options", &one(&data.cpu_options), |shape, found| {
            shape
                .text("amd_sev_snp", found.amd_sev_snp().map(|on| on.as_str()))
                .number("core_count", found.core_count)
                .text("nested_virtualization", found.nested_virtualization().map(|on| on.as_str()))
                .number("threads_per_core", found.threads_per_core)
        })
        .blocks("private_dns_name_options", &one(&data.private_dns_name_options), |shape, found| {
            shape
                .flag("enable_resource_name_dns_a_record", found.enable_resource_name_dns_a_record)
                .flag("enable_resource_name_dns_aaaa_record", found.enable_resource_name_dns_aaaa_record)
                .text("hostname_type", found.hostname_type().map(|kind| kind.as_str()))
        })
}

fn mapping<'a>(shape: Shape<'a>, found: &LaunchTemplateBlockDeviceMapping) -> Shape<'a> {
    shape
        .text("device_name", found.device_name())
        .text("no_device", found.no_device())
        .text("virtual_name", found.virtual_name())
        .blocks("ebs", &one(&found.ebs), |shape, volume| ebs(shape, volume))
}

fn ebs<'a>(shape: Shape<'a>, found: &LaunchTemplateEbsBlockDevice) -> Shape<'a> {
    shape
        .text("delete_on_termination", truth(found.delete_on_termination))
        .text("encrypted", truth(found.encrypted))
        .number("iops", found.iops)
        .text("kms_key_id", found.kms_key_id())
        .text("snapshot_id", found.snapshot_id())
        .number("throughput", found.throughput)
        .number("volume_initialization_rate", found.volume_initialization_rate)
        .number("volume_size", found.volume_size)
        .text("volume_type", found.volume_type().map(|kind| kind.as_str()))
}

fn interface<'a>(shape: Shape<'a>, found: &Interface) -> Shape<'a> {
    let addresses = found.private_ip_addresses();
    let primary = addresses.iter().find(|address| address.primary == Some(true));
    let primary = found.private_ip_address().or(primary.and_then(|address| address.private_ip_address()));
    let shape = shape
        .text("associate_carrier_ip_address", truth(found.associate_carrier_ip_address))
        .text("associate_public_ip_address", truth(found.associate_public_ip_address))
        .text("delete_on_termination", truth(found.delete_on_termination))
        .text("description", found.description())
        .number("device_index", found.device_index)
        .text("interface_type", found.interface_type())
        .number("network_card_index", found.network_card_index)
        .text("network_interface_id", found.network_interface_id())
        .text("primary_ipv6", truth(found.primary_ipv6))
        .text("private_ip_address", primary)
        .texts("security_groups", found.groups())
        .text("subnet_id", found.subnet_id());
    let shape = shape
        .number("ipv4_address_count", found.secondary_private_ip_address_count)
        .texts("ipv4_addresses", addresses.iter().filter_map(|address| address.private_ip_address()))
        .number("ipv4_prefix_count", found.ipv4_prefix_count)
        .texts("ipv4_prefixes", found.ipv4_prefixes().iter().filter_map(|prefix| prefix.ipv4_prefix()))
        .number("ipv6_address_count", found.ipv6_address_count)
        .texts("ipv6_addresses", found.ipv6_addresses().iter().filter_map(|address| address.ipv6_address()))
        .number("ipv6_prefix_count", found.ipv6_prefix_count)
        .texts("ipv6_prefixes", found.ipv6_prefixes().iter().filter_map(|prefix| prefix.ipv6_prefix()));
    let tracking = one(&found.connection_tracking_specification);
    shape
        .blocks("connection_tracking_specification", &tracking, |shape, found| {
            shape
                .number("tcp_established_timeout", found.tcp_established_timeout)
                .number("udp_stream_timeout", found.udp_stream_timeout)
                .number("udp_timeout", found.udp_timeout)
        })
        .blocks("ena_srd_specification", &one(&found.ena_srd_specification), |shape, found| {
            let udp = one(&found.ena_srd_udp_specification);
            shape.flag("ena_srd_enabled", found.ena_srd_enabled).blocks(
                "ena_srd_udp_specification",
                &udp,
                |shape, udp| shape.flag("ena_srd_udp_enabled", udp.ena_srd_udp_enabled),
            )
        })
}

fn secondary<'a>(shape: Shape<'a>, found: &Secondary) -> Shape<'a> {
    let addresses = found.private_ip_addresses().iter().filter_map(|address| address.private_ip_address());
    shape
        .flag("delete_on_termination", found.delete_on_termination)
        .number("device_index", found.device_index)
        .text("interface_type", found.interface_type().map(|kind| kind.as_str()))
        .number("network_card_index", found.network_card_index)
        .number("private_ip_address_count", found.private_ip_address_count)
        .texts("private_ip_addresses", addresses)
        .text("secondary_subnet_id", found.secondary_subnet_id())
}

fn placement<'a>(shape: Shape<'a>, found: &Placement) -> Shape<'a> {
    shape
        .text("affinity", found.affinity())
        .text("availability_zone", found.availability_zone())
        .text("group_id", found.group_id())
        .text("group_name", found.group_name())
        .text("host_id", found.host_id())
        .text("host_resource_group_arn", found.host_resource_group_arn())
        .number("partition_number", found.partition_number)
        .text("spread_domain", found.spread_domain())
        .text("tenancy", found.tenancy().map(|tenancy| tenancy.as_str()))
}

fn market<'a>(shape: Shape<'a>, found: &Market) -> Shape<'a> {
    shape.text("market_type", found.market_type().map(|kind| kind.as_str())).blocks(
        "spot_options",
        &one(&found.spot_options),
        |shape, spot| {
            let behavior = spot.instance_interruption_behavior();
            shape
                .number("block_duration_minutes", spot.block_duration_minutes)
                .text("instance_interruption_behavior", behavior.map(|behavior| behavior.as_str()))
                .text("max_price", spot.max_price())
                .text("spot_instance_type", spot.spot_instance_type().map(|kind| kind.as_str()))
                .text("valid_until", time(spot.valid_until()))
        },
    )
}

fn metadata<'a>(shape: Shape<'a>, found: &Metadata) -> Shape<'a> {
    shape
        .text("http_endpoint", found.http_endpoint().map(|on| on.as_str()))
        .text("http_protocol_ipv6", found.http_protocol_ipv6().map(|on| on.as_str()))
        .number("http_put_response_hop_limit", found.http_put_response_hop_limit)
        .text("http_tokens", found.http_tokens().map(|tokens| tokens.as_str()))
        .text("instance_metadata_tags", found.instance_metadata_tags().map(|on| on.as_str()))
}
