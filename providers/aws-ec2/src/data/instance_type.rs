//! `aws_ec2_instance_type`.

use std::sync::Arc;

use aws_sdk_ec2::types::{InstanceType, InstanceTypeInfo as Info, NetworkCardInfo, NeuronDeviceInfo};
use evenkeel_model::{Number, Type, Value};
use evenkeel_provider::ProviderError;

use super::select::{data_source, one, reading};
use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use crate::object::Builder;
use crate::registry;

data_source!(InstanceTypeData, "aws_ec2_instance_type");
const OPERATION: &str = "reading EC2 Instance Types";

async fn read(context: &Arc<Context>, config: &Value) -> Result<Value, ProviderError> {
    let kind = config.get_str("instance_type").unwrap_or_default();
    let ec2 = context.ec2();
    let request = ec2.safe.describe_instance_types().instance_types(InstanceType::from(kind));
    let found = answer(request.send()).await.map_err(reading(OPERATION))?;
    let info = one(found.instance_types.unwrap_or_default(), OPERATION)?;
    let builder = Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(kind))
        .str("region", Some(context.region()));
    let builder = with_abilities(builder, &info);
    let builder = with_processor(builder, &info);
    let builder = with_ebs(builder, &info);
    let builder = with_network(builder, &info);
    let builder = with_storage(builder, &info);
    Ok(with_accelerators(builder, &info).build())
}

type Shape<'a> = Builder<'a>;

fn flag(found: Option<bool>) -> Option<bool> {
    Some(found.unwrap_or_default())
}

fn number(found: Option<i32>) -> Option<i32> {
    Some(found.unwrap_or_default())
}

fn float(found: Option<f64>) -> Value {
    Number::from_f64_shortest(found.unwrap_or_default())
        .map_or_else(|_| Value::null(Type::Number), Value::number)
}

fn with_abilities<'a>(builder: Shape<'a>, info: &Info) -> Shape<'a> {
    let strategies =
        info.placement_group_info().map(|group| group.supported_strategies()).unwrap_or_default();
    let versions = info.nitro_tpm_info().map(|tpm| tpm.supported_versions()).unwrap_or_default();
    builder
        .bool("auto_recovery_supported", flag(info.auto_recovery_supported))
        .bool("bare_metal", flag(info.bare_metal))
        .string_set("boot_modes", info.supported_boot_modes().iter().map(|mode| mode.as_str()))
        .bool("burstable_performance_supported", flag(info.burstable_performance_supported))
        .bool("current_generation", flag(info.current_generation))
        .bool("dedicated_hosts_supported", flag(info.dedicated_hosts_supported))
        .bool("free_tier_eligible", flag(info.free_tier_eligible))
        .bool("hibernation_supported", flag(info.hibernation_supported))
        .str("hypervisor", Some(info.hypervisor().map_or("", |hypervisor| hypervisor.as_str())))
        .str("nitro_enclaves_support", Some(info.nitro_enclaves_support().map_or("", |text| text.as_str())))
        .str("nitro_tpm_support", Some(info.nitro_tpm_support().map_or("", |text| text.as_str())))
        .string_set("nitro_tpm_supported_versions", versions)
        .str("phc_support", Some(info.phc_support().map_or("", |text| text.as_str())))
        .string_list("supported_placement_strategies", strategies.iter().map(|strategy| strategy.as_str()))
        .string_list(
            "supported_root_device_types",
            info.supported_root_device_types().iter().map(|kind| kind.as_str()),
        )
        .string_list(
            "supported_usages_classes",
            info.supported_usage_classes().iter().map(|class| class.as_str()),
        )
        .string_list(
            "supported_virtualization_types",
            info.supported_virtualization_types().iter().map(|kind| kind.as_str()),
        )
}

fn with_processor<'a>(builder: Shape<'a>, info: &Info) -> Shape<'a> {
    let numbers = |numbers: &[i32]| {
        Value::list(Type::Number, numbers.iter().map(|number| Value::number(i64::from(*number))))
    };
    let processor = info.processor_info();
    let architectures = processor.map(|found| found.supported_architectures()).unwrap_or_default();
    let features = processor.map(|found| found.supported_features()).unwrap_or_default();
    let cores = info.v_cpu_info();
    builder
        .string_list("supported_architectures", architectures.iter().map(|kind| kind.as_str()))
        .string_set("supported_cpu_features", features.iter().map(|feature| feature.as_str()))
        .set("sustained_clock_speed", float(processor.and_then(|found| found.sustained_clock_speed_in_ghz)))
        .number("default_cores", number(cores.and_then(|cores| cores.default_cores)))
        .number("default_threads_per_core", number(cores.and_then(|cores| cores.default_threads_per_core)))
        .number("default_vcpus", number(cores.and_then(|cores| cores.default_v_cpus)))
        .set("valid_cores", numbers(cores.map(|cores| cores.valid_cores()).unwrap_or_default()))
        .set(
            "valid_threads_per_core",
            numbers(cores.map(|cores| cores.valid_threads_per_core()).unwrap_or_default()),
        )
        .number(
            "memory_size",
            Some(info.memory_info().and_then(|memory| memory.size_in_mib).unwrap_or_default()),
        )
}

fn with_ebs<'a>(builder: Shape<'a>, info: &Info) -> Shape<'a> {
    let ebs = info.ebs_info();
    let optimized = ebs.and_then(|ebs| ebs.ebs_optimized_info());
    builder
        .str("ebs_encryption_support", ebs.and_then(|ebs| ebs.encryption_support()).map(|text| text.as_str()))
        .str("ebs_nvme_support", ebs.and_then(|ebs| ebs.nvme_support()).map(|text| text.as_str()))
        .str(
            "ebs_optimized_support",
            ebs.and_then(|ebs| ebs.ebs_optimized_support()).map(|text| text.as_str()),
        )
        .number(
            "ebs_performance_baseline_bandwidth",
            number(optimized.and_then(|found| found.baseline_bandwidth_in_mbps)),
        )
        .number("ebs_performance_baseline_iops", number(optimized.and_then(|found| found.baseline_iops)))
        .set(
            "ebs_performance_baseline_throughput",
            float(optimized.and_then(|found| found.baseline_throughput_in_m_bps)),
        )
        .number(
            "ebs_performance_maximum_bandwidth",
            number(optimized.and_then(|found| found.maximum_bandwidth_in_mbps)),
        )
        .number("ebs_performance_maximum_iops", number(optimized.and_then(|found| found.maximum_iops)))
        .set(
            "ebs_performance_maximum_throughput",
            float(optimized.and_then(|found| found.maximum_throughput_in_m_bps)),
        )
}

fn with_network<'a>(builder: Shape<'a>, info: &Info) -> Shape<'a> {
    let Some(network) = info.network_info() else { return builder };
    let efa = network.efa_info().and_then(|efa| efa.maximum_efa_interfaces);
    let weightings = network.bandwidth_weightings().iter().map(|weighting| weighting.as_str());
    builder
        .string_set("bandwidth_weightings", weightings)
        .number("default_network_card_index", number(network.default_network_card_index))
        .number("efa_maximum_interfaces", number(efa))
        .bool("efa_supported", flag(network.efa_supported))
        .bool("ena_srd_supported", flag(network.ena_srd_supported))
        .str("ena_support", Some(network.ena_support().map_or("", |text| text.as_str())))
        .bool("encryption_in_transit_supported", flag(network.encryption_in_transit_supported))
        .bool("ipv6_supported", flag(network.ipv6_supported))
        .number("maximum_ipv4_addresses_per_interface", number(network.ipv4_addresses_per_interface))
        .number("maximum_ipv6_addresses_per_interface", number(network.ipv6_addresses_per_interface))
        .number("maximum_network_cards", number(network.maximum_network_cards))
        .number("maximum_network_interfaces", number(network.maximum_network_interfaces))
        .str("network_performance", Some(network.network_performance().unwrap_or_default()))
        .set("network_cards", set_of("network_cards", network.network_cards().iter().map(card)))
}

/// The elements of an attribute that is a set of objects.
fn set_of(name: &str, elements: impl IntoIterator<Item = Value>) -> Value {
    let attribute = registry::data_schema(KIND).block.attributes.get(name);
    match attribute.map(|attribute| &attribute.ty) {
        Some(Type::Set(element)) => Value::set((**element).clone(), elements),
        _ => Value::null(Type::Dynamic),
    }
}

fn whole(found: Option<i32>) -> Value {
    Value::number(i64::from(found.unwrap_or_default()))
}

fn card(card: &NetworkCardInfo) -> Value {
    Value::object([
        ("baseline_bandwidth", float(card.baseline_bandwidth_in_gbps)),
        ("index", whole(card.network_card_index)),
        ("maximum_interfaces", whole(card.maximum_network_interfaces)),
        ("peak_bandwidth", float(card.peak_bandwidth_in_gbps)),
        ("performance", Value::string(card.network_performance().unwrap_or_default())),
    ])
}

fn with_storage<'a>(builder: Shape<'a>, info: &Info) -> Shape<'a> {
    let storage = info.instance_storage_info();
    let disks = storage.map(|storage| storage.disks()).unwrap_or_default().iter().map(|disk| {
        Value::object([
            ("count", whole(disk.count)),
            ("size", Value::number(disk.size_in_gb.unwrap_or_default())),
            ("type", Value::string(disk.r#type().map_or("", |kind| kind.as_str()))),
        ])
    });
    builder
        .bool("instance_storage_supported", flag(info.instance_storage_supported))
        .set("instance_disks", set_of("instance_disks", disks))
        .number(
            "total_instance_storage",
            Some(storage.and_then(|storage| storage.total_size_in_gb).unwrap_or_default()),
        )
}

/// Number, maker, memory and name of one kind of accelerator.
fn device(count: Option<i32>, manufacturer: Option<&str>, memory: Option<i32>, name: Option<&str>) -> Value {
    Value::object([
        ("count", whole(count)),
        ("manufacturer", Value::string(manufacturer.unwrap_or_default())),
        ("memory_size", whole(memory)),
        ("name", Value::string(name.unwrap_or_default())),
    ])
}

/// The devices of a kind of accelerator, as the services tells them all alike.
macro_rules! devices {
    ($builder:expr, $name:literal, $total:literal, $found:expr, $devices:ident, $memory:ident) => {{
        let devices = $found.map(|found| found.$devices()).unwrap_or_default().iter().map(|found| {
            let memory = found.memory_info().and_then(|memory| memory.size_in_mib);
            device(found.count, found.manufacturer(), memory, found.name())
        });
        $builder
            .set($name, set_of($name, devices))
            .number($total, number($found.and_then(|found| found.$memory)))
    }};
}

fn with_accelerators<'a>(builder: Shape<'a>, info: &Info) -> Shape<'a> {
    let gpu = info.gpu_info();
    let builder = devices!(builder, "gpus", "total_gpu_memory", gpu, gpus, total_gpu_memory_in_mib);
    let fpga = info.fpga_info();
    let builder = devices!(builder, "fpgas", "total_fpga_memory", fpga, fpgas, total_fpga_memory_in_mib);
    let inference = info.inference_accelerator_info();
    let builder = devices!(
        builder,
        "inference_accelerators",
        "total_inference_memory",
        inference,
        accelerators,
        total_inference_memory_in_mib
    );
    let media = info.media_accelerator_info();
    let builder = devices!(
        builder,
        "media_accelerators",
        "total_media_memory",
        media,
        accelerators,
        total_media_memory_in_mib
    );
    let neuron = info.neuron_info();
    let neurons = neuron.map(|neuron| neuron.neuron_devices()).unwrap_or_default().iter().map(neuron_device);
    builder.set("neuron_devices", set_of("neuron_devices", neurons)).number(
        "total_neuron_device_memory",
        number(neuron.and_then(|neuron| neuron.total_neuron_device_memory_in_mib)),
    )
}

fn neuron_device(found: &NeuronDeviceInfo) -> Value {
    let core = found.core_info();
    Value::object([
        ("core_count", whole(core.and_then(|core| core.count))),
        ("core_version", whole(core.and_then(|core| core.version))),
        ("count", whole(found.count)),
        ("memory_size", whole(found.memory_info().and_then(|memory| memory.size_in_mib))),
        ("name", Value::string(found.name().unwrap_or_default())),
    ])
}
