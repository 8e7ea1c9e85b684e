//! The data of a version, as it is sent.

use aws_sdk_ec2::types::{
    CapacityReservationTarget, ConnectionTrackingSpecificationRequest, CreditSpecificationRequest,
    EnaSrdSpecificationRequest, EnaSrdUdpSpecificationRequest, InstanceIpv6AddressRequest,
    Ipv4PrefixSpecificationRequest, Ipv6PrefixSpecificationRequest,
    LaunchTemplateBlockDeviceMappingRequest as Mapping,
    LaunchTemplateCapacityReservationSpecificationRequest as Reservation, LaunchTemplateCpuOptionsRequest,
    LaunchTemplateEbsBlockDeviceRequest, LaunchTemplateEnclaveOptionsRequest,
    LaunchTemplateHibernationOptionsRequest, LaunchTemplateIamInstanceProfileSpecificationRequest as Profile,
    LaunchTemplateInstanceMaintenanceOptionsRequest as Maintenance,
    LaunchTemplateInstanceMarketOptionsRequest as Market,
    LaunchTemplateInstanceMetadataOptionsRequest as Metadata,
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest as Interface,
    LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest as Secondary,
    LaunchTemplateLicenseConfigurationRequest, LaunchTemplateNetworkPerformanceOptionsRequest,
    LaunchTemplatePlacementRequest, LaunchTemplatePrivateDnsNameOptionsRequest,
    LaunchTemplateSpotMarketOptionsRequest, LaunchTemplateTagSpecificationRequest,
    LaunchTemplatesMonitoringRequest, PrivateIpAddressSpecification, RequestLaunchTemplateData as Data,
    SecondaryInterfacePrivateIpAddressSpecificationRequest as SecondaryAddress,
};
use evenkeel_model::Value;

use super::super::common::{blocks, count, first, int, planned_time, some_texts, text, texts};
use super::requirements;
use crate::calls::client::sdk_tags;
use crate::tags;

/// What is launched.
pub(super) fn data(planned: &Value) -> Data {
    let get = |name: &str| text(planned, name);
    let behavior = get("instance_initiated_shutdown_behavior");
    let data = Data::builder()
        .set_image_id(get("image_id"))
        .set_instance_type(get("instance_type").map(|kind| kind.as_str().into()))
        .set_kernel_id(get("kernel_id"))
        .set_key_name(get("key_name"))
        .set_ram_disk_id(get("ram_disk_id"))
        .set_user_data(get("user_data"))
        .set_ebs_optimized(truth(planned, "ebs_optimized"))
        .set_disable_api_stop(planned.get_bool("disable_api_stop"))
        .set_disable_api_termination(planned.get_bool("disable_api_termination"))
        .set_instance_initiated_shutdown_behavior(behavior.map(|behavior| behavior.as_str().into()))
        .set_security_groups(some_texts(planned, "security_group_names"))
        .set_security_group_ids(some_texts(planned, "vpc_security_group_ids"))
        .set_block_device_mappings(all(planned, "block_device_mappings", mapping))
        .set_network_interfaces(all(planned, "network_interfaces", interface))
        .set_secondary_interfaces(all(planned, "secondary_interfaces", secondary))
        .set_license_specifications(all(planned, "license_specification", |block| {
            let arn = text(block, "license_configuration_arn");
            LaunchTemplateLicenseConfigurationRequest::builder().set_license_configuration_arn(arn).build()
        }))
        .set_tag_specifications(all(planned, "tag_specifications", |block| {
            let tags = block.get("tags").map(tags::from_value).unwrap_or_default();
            let kind = text(block, "resource_type").map(|kind| kind.as_str().into());
            let tags = Some(sdk_tags(&tags));
            LaunchTemplateTagSpecificationRequest::builder().set_resource_type(kind).set_tags(tags).build()
        }));
    let data = data
        .set_placement(first(planned, "placement").map(placement))
        .set_instance_market_options(first(planned, "instance_market_options").map(market))
        .set_metadata_options(first(planned, "metadata_options").map(metadata))
        .set_capacity_reservation_specification(
            first(planned, "capacity_reservation_specification").map(reservation),
        )
        .set_instance_requirements(first(planned, "instance_requirements").map(requirements::request))
        .set_iam_instance_profile(first(planned, "iam_instance_profile").map(|block| {
            Profile::builder().set_arn(text(block, "arn")).set_name(text(block, "name")).build()
        }));
    switches(planned, data.build())
}

/// The small blocks.
fn switches(planned: &Value, mut data: Data) -> Data {
    let flag = |block: &str, name: &str| first(planned, block).and_then(|block| block.get_bool(name));
    let word = |block: &str, name: &str| first(planned, block).and_then(|block| text(block, name));
    let monitoring = flag("monitoring", "enabled");
    data.monitoring = monitoring.map(|on| LaunchTemplatesMonitoringRequest::builder().enabled(on).build());
    let enclave = flag("enclave_options", "enabled");
    data.enclave_options =
        enclave.map(|on| LaunchTemplateEnclaveOptionsRequest::builder().enabled(on).build());
    let hibernation = flag("hibernation_options", "configured");
    data.hibernation_options =
        hibernation.map(|on| LaunchTemplateHibernationOptionsRequest::builder().configured(on).build());
    let credits = word("credit_specification", "cpu_credits");
    data.credit_specification =
        credits.map(|credits| CreditSpecificationRequest::builder().cpu_credits(credits).build());
    let recovery = word("maintenance_options", "auto_recovery");
    data.maintenance_options =
        recovery.map(|recovery| Maintenance::builder().auto_recovery(recovery.as_str().into()).build());
    let weighting = word("network_performance_options", "bandwidth_weighting");
    data.network_performance_options = weighting.map(|weighting| {
        let options = LaunchTemplateNetworkPerformanceOptionsRequest::builder();
        options.bandwidth_weighting(weighting.as_str().into()).build()
    });
    data.cpu_options = first(planned, "cpu_options").map(|block| {
        LaunchTemplateCpuOptionsRequest::builder()
            .set_amd_sev_snp(text(block, "amd_sev_snp").map(|on| on.as_str().into()))
            .set_core_count(count(block, "core_count"))
            .set_nested_virtualization(text(block, "nested_virtualization").map(|on| on.as_str().into()))
            .set_threads_per_core(count(block, "threads_per_core"))
            .build()
    });
    data.private_dns_name_options = first(planned, "private_dns_name_options").map(|block| {
        let flag = |name: &str| block.get_bool(name);
        LaunchTemplatePrivateDnsNameOptionsRequest::builder()
            .set_enable_resource_name_dns_a_record(flag("enable_resource_name_dns_a_record"))
            .set_enable_resource_name_dns_aaaa_record(flag("enable_resource_name_dns_aaaa_record"))
            .set_hostname_type(text(block, "hostname_type").map(|kind| kind.as_str().into()))
            .build()
    });
    data
}

/// The blocks of a name; nothing where there are none.
fn all<T>(planned: &Value, name: &str, make: impl Fn(&Value) -> T) -> Option<Vec<T>> {
    let made: Vec<T> = blocks(planned, name).iter().map(make).collect();
    (!made.is_empty()).then_some(made)
}

/// A flag that is written as text, because nothing is another answer than no.
fn truth(block: &Value, name: &str) -> Option<bool> {
    text(block, name).map(|text| matches!(text.as_str(), "true" | "1"))
}

fn mapping(block: &Value) -> Mapping {
    let ebs = first(block, "ebs").map(|ebs| {
        LaunchTemplateEbsBlockDeviceRequest::builder()
            .set_delete_on_termination(truth(ebs, "delete_on_termination"))
            .set_encrypted(truth(ebs, "encrypted"))
            .set_iops(count(ebs, "iops"))
            .set_kms_key_id(text(ebs, "kms_key_id"))
            .set_snapshot_id(text(ebs, "snapshot_id"))
            .set_throughput(count(ebs, "throughput"))
            .set_volume_initialization_rate(count(ebs, "volume_initialization_rate"))
            .set_volume_size(count(ebs, "volume_size"))
            .set_volume_type(text(ebs, "volume_type").map(|kind| kind.as_str().into()))
            .build()
    });
    Mapping::builder()
        .set_device_name(text(block, "device_name"))
        .set_no_device(text(block, "no_device"))
        .set_virtual_name(text(block, "virtual_name"))
        .set_ebs(ebs)
        .build()
}

fn interface(block: &Value) -> Interface {
    let get = |name: &str| text(block, name);
    Interface::builder()
        .set_associate_carrier_ip_address(truth(block, "associate_carrier_ip_address"))
        .set_associate_public_ip_address(truth(block, "associate_public_ip_address"))
        .set_delete_on_termination(truth(block, "delete_on_termination"))
        .set_description(get("description"))
        .set_device_index(int(block, "device_index"))
        .set_interface_type(get("interface_type"))
        .set_network_card_index(count(block, "network_card_index"))
        .set_network_interface_id(get("network_interface_id"))
        .set_primary_ipv6(truth(block, "primary_ipv6"))
        .set_groups(some_texts(block, "security_groups"))
        .set_subnet_id(get("subnet_id"))
        .set_secondary_private_ip_address_count(count(block, "ipv4_address_count"))
        .set_private_ip_address(
            get("private_ip_address").filter(|_| some_texts(block, "ipv4_addresses").is_none()),
        )
        .set_private_ip_addresses(addresses(block))
        .set_ipv4_prefix_count(count(block, "ipv4_prefix_count"))
        .set_ipv4_prefixes(some_texts(block, "ipv4_prefixes").map(|prefixes| {
            let one = |prefix: String| Ipv4PrefixSpecificationRequest::builder().ipv4_prefix(prefix).build();
            prefixes.into_iter().map(one).collect()
        }))
        .set_ipv6_address_count(count(block, "ipv6_address_count"))
        .set_ipv6_addresses(some_texts(block, "ipv6_addresses").map(|addresses| {
            let one = |address: String| InstanceIpv6AddressRequest::builder().ipv6_address(address).build();
            addresses.into_iter().map(one).collect()
        }))
        .set_ipv6_prefix_count(count(block, "ipv6_prefix_count"))
        .set_ipv6_prefixes(some_texts(block, "ipv6_prefixes").map(|prefixes| {
            let one = |prefix: String| Ipv6PrefixSpecificationRequest::builder().ipv6_prefix(prefix).build();
            prefixes.into_iter().map(one).collect()
        }))
        .set_connection_tracking_specification(
            first(block, "connection_tracking_specification").map(tracking),
        )
        .set_ena_srd_specification(first(block, "ena_srd_specification").map(ena))
        .build()
}

/// The addresses of an interface; the primary one is `private_ip_address`.
fn addresses(block: &Value) -> Option<Vec<PrivateIpAddressSpecification>> {
    let addresses = some_texts(block, "ipv4_addresses")?;
    let primary = text(block, "private_ip_address");
    let one = |address: String| {
        let is_primary = Some(&address) == primary.as_ref();
        PrivateIpAddressSpecification::builder().primary(is_primary).private_ip_address(address).build()
    };
    Some(addresses.into_iter().map(one).collect())
}

fn tracking(block: &Value) -> ConnectionTrackingSpecificationRequest {
    ConnectionTrackingSpecificationRequest::builder()
        .set_tcp_established_timeout(count(block, "tcp_established_timeout"))
        .set_udp_stream_timeout(count(block, "udp_stream_timeout"))
        .set_udp_timeout(count(block, "udp_timeout"))
        .build()
}

fn ena(block: &Value) -> EnaSrdSpecificationRequest {
    let udp = first(block, "ena_srd_udp_specification").and_then(|udp| udp.get_bool("ena_srd_udp_enabled"));
    let udp = udp.map(|on| EnaSrdUdpSpecificationRequest::builder().ena_srd_udp_enabled(on).build());
    EnaSrdSpecificationRequest::builder()
        .set_ena_srd_enabled(block.get_bool("ena_srd_enabled"))
        .set_ena_srd_udp_specification(udp)
        .build()
}

fn secondary(block: &Value) -> Secondary {
    let addresses = texts(block.get("private_ip_addresses")).into_iter();
    let addresses: Vec<SecondaryAddress> =
        addresses.map(|address| SecondaryAddress::builder().private_ip_address(address).build()).collect();
    Secondary::builder()
        .set_delete_on_termination(block.get_bool("delete_on_termination"))
        .set_device_index(int(block, "device_index"))
        .set_interface_type(text(block, "interface_type").map(|kind| kind.as_str().into()))
        .set_network_card_index(int(block, "network_card_index"))
        .set_private_ip_address_count(count(block, "private_ip_address_count"))
        .set_private_ip_addresses((!addresses.is_empty()).then_some(addresses))
        .set_secondary_subnet_id(text(block, "secondary_subnet_id"))
        .build()
}

fn placement(block: &Value) -> LaunchTemplatePlacementRequest {
    let get = |name: &str| text(block, name);
    LaunchTemplatePlacementRequest::builder()
        .set_affinity(get("affinity"))
        .set_availability_zone(get("availability_zone"))
        .set_group_id(get("group_id"))
        .set_group_name(get("group_name"))
        .set_host_id(get("host_id"))
        .set_host_resource_group_arn(get("host_resource_group_arn"))
        .set_partition_number(count(block, "partition_number"))
        .set_spread_domain(get("spread_domain"))
        .set_tenancy(get("tenancy").map(|tenancy| tenancy.as_str().into()))
        .build()
}

fn market(block: &Value) -> Market {
    let spot = first(block, "spot_options").map(|spot| {
        let behavior = text(spot, "instance_interruption_behavior");
        LaunchTemplateSpotMarketOptionsRequest::builder()
            .set_block_duration_minutes(count(spot, "block_duration_minutes"))
            .set_instance_interruption_behavior(behavior.map(|behavior| behavior.as_str().into()))
            .set_max_price(text(spot, "max_price"))
            .set_spot_instance_type(text(spot, "spot_instance_type").map(|kind| kind.as_str().into()))
            .set_valid_until(planned_time(spot, "valid_until"))
            .build()
    });
    let kind = text(block, "market_type").map(|kind| kind.as_str().into());
    Market::builder().set_market_type(kind).set_spot_options(spot).build()
}

fn metadata(block: &Value) -> Metadata {
    let get = |name: &str| text(block, name);
    Metadata::builder()
        .set_http_endpoint(get("http_endpoint").map(|on| on.as_str().into()))
        .set_http_protocol_ipv6(get("http_protocol_ipv6").map(|on| on.as_str().into()))
        .set_http_put_response_hop_limit(count(block, "http_put_response_hop_limit"))
        .set_http_tokens(get("http_tokens").map(|tokens| tokens.as_str().into()))
        .set_instance_metadata_tags(get("instance_metadata_tags").map(|on| on.as_str().into()))
        .build()
}

fn reservation(block: &Value) -> Reservation {
    let target = first(block, "capacity_reservation_target").map(|target| {
        let group = text(target, "capacity_reservation_resource_group_arn");
        CapacityReservationTarget::builder()
            .set_capacity_reservation_id(text(target, "capacity_reservation_id"))
            .set_capacity_reservation_resource_group_arn(group)
            .build()
    });
    let preference = text(block, "capacity_reservation_preference");
    Reservation::builder()
        .set_capacity_reservation_preference(preference.map(|preference| preference.as_str().into()))
        .set_capacity_reservation_target(target)
        .build()
}
