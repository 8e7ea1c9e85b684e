//! The one call that makes an instance.

use std::sync::Arc;

use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder as Request;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, CapacityReservationSpecification, CapacityReservationTarget, CpuOptionsRequest,
    CreditSpecificationRequest, EnclaveOptionsRequest, HibernationOptionsRequest,
    IamInstanceProfileSpecification, InstanceIpv6Address, InstanceMaintenanceOptionsRequest,
    InstanceMarketOptionsRequest, InstanceMetadataOptionsRequest, InstanceNetworkInterfaceSpecification,
    InstanceSecondaryInterfaceSpecificationRequest, Placement, PrivateDnsNameOptionsRequest,
    PrivateIpAddressSpecification, ResourceType, RunInstancesMonitoringEnabled, SpotMarketOptions,
    TagSpecification,
};
use evenkeel_model::Value;
use evenkeel_provider::CreateRequest;

use super::super::common::{blocks, count, first, int, on, planned_time, some_texts, text};
use super::{is_burstable, template, user_data, volumes};
use crate::calls::Ec2Context;
use crate::calls::client::{answer, tag_specification};
use crate::context::Context;
use crate::errors::Failure;
use crate::tags;

/// Makes the instance.
pub(super) async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
    let planned = &request.planned;
    let devices = volumes::planned(context, planned).await?;
    let ec2 = context.ec2();
    let run = ec2.once.run_instances().client_token(&*request.token).min_count(1).max_count(1);
    let run = with_basics(run, planned, devices);
    let run = with_options(run, planned);
    let run = with_network(run, request);
    let ran = answer(run.set_tag_specifications(tag_specifications(request)).send()).await?;
    let instance = ran.instances.and_then(|instances| instances.into_iter().next());
    instance.and_then(|instance| instance.instance_id).ok_or_else(|| Failure::incomplete("instance"))
}

fn with_basics(run: Request, planned: &Value, devices: Option<Vec<BlockDeviceMapping>>) -> Request {
    let get = |name: &str| text(planned, name);
    let monitoring = planned.get_bool("monitoring");
    let behavior = get("instance_initiated_shutdown_behavior");
    run.set_image_id(get("ami"))
        .set_instance_type(get("instance_type").map(|kind| kind.as_str().into()))
        .set_key_name(get("key_name"))
        .set_placement(placement(planned))
        .set_monitoring(monitoring.map(|on| RunInstancesMonitoringEnabled::builder().enabled(on).build()))
        .set_ebs_optimized(planned.get_bool("ebs_optimized"))
        .set_disable_api_termination(planned.get_bool("disable_api_termination"))
        .set_disable_api_stop(planned.get_bool("disable_api_stop"))
        .set_instance_initiated_shutdown_behavior(behavior.map(|behavior| behavior.as_str().into()))
        .set_user_data(user_data::planned(planned))
        .set_iam_instance_profile(get("iam_instance_profile").as_deref().map(profile))
        .set_launch_template(template::planned(planned))
        .set_block_device_mappings(devices)
}

fn with_options(run: Request, planned: &Value) -> Request {
    let hibernation = planned.get_bool("hibernation");
    run.set_hibernation_options(
        hibernation.map(|on| HibernationOptionsRequest::builder().configured(on).build()),
    )
    .set_metadata_options(metadata(planned))
    .set_credit_specification(credits(planned))
    .set_cpu_options(cpu(planned))
    .set_capacity_reservation_specification(reservation(planned))
    .set_enclave_options(enclave(planned))
    .set_instance_market_options(market(planned))
    .set_maintenance_options(maintenance(planned))
    .set_private_dns_name_options(names(planned))
    .set_secondary_interfaces(secondary_interfaces(planned))
}

/// Where the instance runs.
pub(super) fn placement(planned: &Value) -> Option<Placement> {
    let get = |name: &str| text(planned, name);
    let name = get("placement_group");
    let id = get("placement_group_id").filter(|_| name.is_none());
    let placement = Placement::builder()
        .set_availability_zone(get("availability_zone"))
        .set_tenancy(get("tenancy").map(|tenancy| tenancy.as_str().into()))
        .set_group_name(name)
        .set_group_id(id)
        .set_partition_number(count(planned, "placement_partition_number"))
        .set_host_id(get("host_id"))
        .set_host_resource_group_arn(get("host_resource_group_arn"))
        .build();
    (placement != Placement::builder().build()).then_some(placement)
}

/// An instance profile by name or ARN.
pub(in super::super) fn profile(profile: &str) -> IamInstanceProfileSpecification {
    let builder = IamInstanceProfileSpecification::builder();
    match profile.starts_with("arn:") {
        true => builder.arn(profile).build(),
        false => builder.name(profile).build(),
    }
}

/// How the instance metadata service answers.
pub(super) fn metadata(planned: &Value) -> Option<InstanceMetadataOptionsRequest> {
    let block = first(planned, "metadata_options")?;
    let get = |name: &str| text(block, name);
    Some(
        InstanceMetadataOptionsRequest::builder()
            .set_http_endpoint(get("http_endpoint").map(|value| value.as_str().into()))
            .set_http_protocol_ipv6(get("http_protocol_ipv6").map(|value| value.as_str().into()))
            .set_http_put_response_hop_limit(int(block, "http_put_response_hop_limit"))
            .set_http_tokens(get("http_tokens").map(|value| value.as_str().into()))
            .set_instance_metadata_tags(get("instance_metadata_tags").map(|value| value.as_str().into()))
            .build(),
    )
}

fn credits(planned: &Value) -> Option<CreditSpecificationRequest> {
    let kind = text(planned, "instance_type");
    let credits = first(planned, "credit_specification").and_then(|block| text(block, "cpu_credits"));
    let credits = credits.filter(|_| kind.is_none_or(|kind| is_burstable(&kind)))?;
    Some(CreditSpecificationRequest::builder().cpu_credits(credits).build())
}

fn cpu(planned: &Value) -> Option<CpuOptionsRequest> {
    let block = first(planned, "cpu_options")?;
    let request = CpuOptionsRequest::builder()
        .set_amd_sev_snp(text(block, "amd_sev_snp").map(|on| on.as_str().into()))
        .set_core_count(count(block, "core_count"))
        .set_nested_virtualization(text(block, "nested_virtualization").map(|on| on.as_str().into()))
        .set_threads_per_core(count(block, "threads_per_core"))
        .build();
    (request != CpuOptionsRequest::builder().build()).then_some(request)
}

/// The capacity reservation to use.
pub(super) fn reservation(planned: &Value) -> Option<CapacityReservationSpecification> {
    let block = first(planned, "capacity_reservation_specification")?;
    let target = first(block, "capacity_reservation_target").map(|target| {
        CapacityReservationTarget::builder()
            .set_capacity_reservation_id(text(target, "capacity_reservation_id"))
            .set_capacity_reservation_resource_group_arn(text(
                target,
                "capacity_reservation_resource_group_arn",
            ))
            .build()
    });
    let preference = text(block, "capacity_reservation_preference");
    let request = CapacityReservationSpecification::builder()
        .set_capacity_reservation_preference(preference.map(|preference| preference.as_str().into()))
        .set_capacity_reservation_target(target)
        .build();
    (request != CapacityReservationSpecification::builder().build()).then_some(request)
}

fn enclave(planned: &Value) -> Option<EnclaveOptionsRequest> {
    let on = first(planned, "enclave_options")?.get_bool("enabled")?;
    Some(EnclaveOptionsRequest::builder().enabled(on).build())
}

fn market(planned: &Value) -> Option<InstanceMarketOptionsRequest> {
    let block = first(planned, "instance_market_options")?;
    let spot = first(block, "spot_options").map(|spot| {
        let behavior = text(spot, "instance_interruption_behavior");
        SpotMarketOptions::builder()
            .set_instance_interruption_behavior(behavior.map(|behavior| behavior.as_str().into()))
            .set_max_price(text(spot, "max_price"))
            .set_spot_instance_type(text(spot, "spot_instance_type").map(|kind| kind.as_str().into()))
            .set_valid_until(planned_time(spot, "valid_until"))
            .build()
    });
    let kind = text(block, "market_type").map(|kind| kind.as_str().into());
    Some(InstanceMarketOptionsRequest::builder().set_market_type(kind).set_spot_options(spot).build())
}

/// What is done when the hardware fails.
pub(super) fn maintenance(planned: &Value) -> Option<InstanceMaintenanceOptionsRequest> {
    let recovery = text(first(planned, "maintenance_options")?, "auto_recovery")?;
    Some(InstanceMaintenanceOptionsRequest::builder().auto_recovery(recovery.as_str().into()).build())
}

fn names(planned: &Value) -> Option<PrivateDnsNameOptionsRequest> {
    let block = first(planned, "private_dns_name_options")?;
    let flag = |name: &str| block.get_bool(name);
    let request = PrivateDnsNameOptionsRequest::builder()
        .set_enable_resource_name_dns_a_record(flag("enable_resource_name_dns_a_record"))
        .set_enable_resource_name_dns_aaaa_record(flag("enable_resource_name_dns_aaaa_record"))
        .set_hostname_type(text(block, "hostname_type").map(|kind| kind.as_str().into()));
    Some(request.build())
}

fn secondary_interfaces(planned: &Value) -> Option<Vec<InstanceSecondaryInterfaceSpecificationRequest>> {
    let interfaces = blocks(planned, "secondary_network_interface").iter().map(|block| {
        InstanceSecondaryInterfaceSpecificationRequest::builder()
            .set_delete_on_termination(block.get_bool("delete_on_termination"))
            .set_device_index(int(block, "device_index"))
            .set_interface_type(text(block, "interface_type").map(|kind| kind.as_str().into()))
            .set_network_card_index(int(block, "network_card_index"))
            .set_private_ip_address_count(count(block, "private_ip_address_count"))
            .set_secondary_subnet_id(text(block, "secondary_subnet_id"))
            .build()
    });
    Some(interfaces.collect::<Vec<_>>()).filter(|interfaces| !interfaces.is_empty())
}

/// Subnet, addresses and groups: of the instance, or of its interface where something is asked for
/// that only interfaces have.
fn with_network(run: Request, request: &CreateRequest) -> Request {
    let planned = &request.planned;
    if let Some(interfaces) = interfaces(planned, request.config.get_bool("associate_public_ip_address")) {
        return run.set_network_interfaces(Some(interfaces));
    }
    run.set_subnet_id(text(planned, "subnet_id"))
        .set_private_ip_address(text(planned, "private_ip"))
        .set_security_group_ids(some_texts(planned, "vpc_security_group_ids"))
        .set_security_groups(some_texts(planned, "security_groups"))
        .set_ipv6_address_count(count(planned, "ipv6_address_count"))
        .set_ipv6_addresses(ipv6_addresses(planned))
        .set_enable_primary_ipv6(on(planned, "enable_primary_ipv6"))
}

/// The interfaces of a new instance, where they are named. `public` is what configuration says of a
/// public address: a planned answer of the service's own would ask for an interface.
pub(in super::super) fn interfaces(
    planned: &Value,
    public: Option<bool>,
) -> Option<Vec<InstanceNetworkInterfaceSpecification>> {
    let mut made: Vec<_> = blocks(planned, "network_interface")
        .iter()
        .map(|block| {
            InstanceNetworkInterfaceSpecification::builder()
                .set_delete_on_termination(block.get_bool("delete_on_termination"))
                .set_device_index(int(block, "device_index"))
                .set_network_card_index(count(block, "network_card_index"))
                .set_network_interface_id(text(block, "network_interface_id"))
                .build()
        })
        .collect();
    if let Some(block) = first(planned, "primary_network_interface") {
        let interface = InstanceNetworkInterfaceSpecification::builder().device_index(0);
        made.push(interface.set_network_interface_id(text(block, "network_interface_id")).build());
    }
    let secondary = some_texts(planned, "secondary_private_ips");
    let own = public.is_some() || (secondary.is_some() && text(planned, "subnet_id").is_some());
    if made.is_empty() && own {
        made.push(own_interface(planned, public, secondary.unwrap_or_default()));
    }
    (!made.is_empty()).then_some(made)
}

fn own_interface(
    planned: &Value,
    public: Option<bool>,
    secondary: Vec<String>,
) -> InstanceNetworkInterfaceSpecification {
    let secondary = secondary.into_iter().map(|address| {
        PrivateIpAddressSpecification::builder().primary(false).private_ip_address(address).build()
    });
    let secondary: Vec<_> = secondary.collect();
    InstanceNetworkInterfaceSpecification::builder()
        .device_index(0)
        .set_associate_public_ip_address(public)
        .set_subnet_id(text(planned, "subnet_id"))
        .set_private_ip_address(text(planned, "private_ip"))
        .set_private_ip_addresses((!secondary.is_empty()).then_some(secondary))
        .set_groups(some_texts(planned, "vpc_security_group_ids"))
        .set_ipv6_address_count(count(planned, "ipv6_address_count"))
        .set_ipv6_addresses(ipv6_addresses(planned))
        .set_primary_ipv6(on(planned, "enable_primary_ipv6"))
        .build()
}

fn ipv6_addresses(planned: &Value) -> Option<Vec<InstanceIpv6Address>> {
    let address = |address: String| InstanceIpv6Address::builder().ipv6_address(address).build();
    Some(some_texts(planned, "ipv6_addresses")?.into_iter().map(address).collect())
}

fn tag_specifications(request: &CreateRequest) -> Option<Vec<TagSpecification>> {
    let own = tags::for_create(&request.planned, &request.token);
    let volumes = request.planned.get("volume_tags").map(tags::from_value).unwrap_or_default();
    let kinds = [(ResourceType::Instance, &own), (ResourceType::Volume, &volumes)];
    Some(kinds.into_iter().filter_map(|(kind, tags)| tag_specification(kind, tags)).flatten().collect())
}
