//! `instance_requirements`: properties instead of a type, sent and shown.

use aws_sdk_ec2::types::{
    AcceleratorCountRequest, AcceleratorTotalMemoryMiBRequest, BaselineEbsBandwidthMbpsRequest,
    InstanceRequirements, InstanceRequirementsRequest, MemoryGiBPerVCpuRequest, MemoryMiBRequest,
    NetworkBandwidthGbpsRequest, NetworkInterfaceCountRequest, TotalLocalStorageGbRequest,
    VCpuCountRangeRequest,
};
use evenkeel_model::{Number, Value};

use super::super::common::{count, first, int, some_texts, text};
use crate::shape::Shape;

/// A request for a range of whole numbers.
macro_rules! whole {
    ($block:expr, $name:literal, $request:ident) => {
        first($block, $name)
            .map(|range| $request::builder().set_min(int(range, "min")).set_max(int(range, "max")).build())
    };
}

/// A request for a range of numbers.
macro_rules! fraction {
    ($block:expr, $name:literal, $request:ident) => {
        first($block, $name).map(|range| {
            $request::builder().set_min(float(range, "min")).set_max(float(range, "max")).build()
        })
    };
}

/// What was found of a range: the least and the most.
macro_rules! range {
    ($shape:expr, $name:literal, $range:expr, $number:expr) => {{
        let found: Vec<_> = $range.iter().collect();
        $shape.blocks($name, &found, |shape, range| {
            shape.value("min", range.min.and_then($number)).value("max", range.max.and_then($number))
        })
    }};
}

fn float(range: &Value, name: &str) -> Option<f64> {
    range.get(name).and_then(Value::as_number).map(Number::to_f64)
}

fn from_whole(number: i32) -> Option<Value> {
    Some(Value::number(i64::from(number)))
}

fn from_fraction(number: f64) -> Option<Value> {
    Number::from_f64_shortest(number).ok().map(Value::number)
}

/// The block, as it is sent.
pub(super) fn request(block: &Value) -> InstanceRequirementsRequest {
    let request = InstanceRequirementsRequest::builder()
        .set_accelerator_manufacturers(words(block, "accelerator_manufacturers"))
        .set_accelerator_names(words(block, "accelerator_names"))
        .set_accelerator_types(words(block, "accelerator_types"))
        .set_allowed_instance_types(some_texts(block, "allowed_instance_types"))
        .set_bare_metal(text(block, "bare_metal").map(|text| text.as_str().into()))
        .set_burstable_performance(text(block, "burstable_performance").map(|text| text.as_str().into()))
        .set_cpu_manufacturers(words(block, "cpu_manufacturers"))
        .set_excluded_instance_types(some_texts(block, "excluded_instance_types"))
        .set_instance_generations(words(block, "instance_generations"))
        .set_local_storage(text(block, "local_storage").map(|text| text.as_str().into()))
        .set_local_storage_types(words(block, "local_storage_types"))
        .set_max_spot_price_as_percentage_of_optimal_on_demand_price(count(
            block,
            "max_spot_price_as_percentage_of_optimal_on_demand_price",
        ))
        .set_on_demand_max_price_percentage_over_lowest_price(count(
            block,
            "on_demand_max_price_percentage_over_lowest_price",
        ))
        .set_require_hibernate_support(block.get_bool("require_hibernate_support"))
        .set_spot_max_price_percentage_over_lowest_price(count(
            block,
            "spot_max_price_percentage_over_lowest_price",
        ));
    request
        .set_accelerator_count(whole!(block, "accelerator_count", AcceleratorCountRequest))
        .set_accelerator_total_memory_mib(whole!(
            block,
            "accelerator_total_memory_mib",
            AcceleratorTotalMemoryMiBRequest
        ))
        .set_baseline_ebs_bandwidth_mbps(whole!(
            block,
            "baseline_ebs_bandwidth_mbps",
            BaselineEbsBandwidthMbpsRequest
        ))
        .set_memory_gib_per_v_cpu(fraction!(block, "memory_gib_per_vcpu", MemoryGiBPerVCpuRequest))
        .set_memory_mib(whole!(block, "memory_mib", MemoryMiBRequest))
        .set_network_bandwidth_gbps(fraction!(block, "network_bandwidth_gbps", NetworkBandwidthGbpsRequest))
        .set_network_interface_count(whole!(block, "network_interface_count", NetworkInterfaceCountRequest))
        .set_total_local_storage_gb(fraction!(block, "total_local_storage_gb", TotalLocalStorageGbRequest))
        .set_v_cpu_count(whole!(block, "vcpu_count", VCpuCountRangeRequest))
        .build()
}

/// Texts as values of an enumeration.
fn words<T: for<'a> From<&'a str>>(block: &Value, name: &str) -> Option<Vec<T>> {
    Some(some_texts(block, name)?.iter().map(|text| T::from(text.as_str())).collect())
}

/// The block, as it was found.
pub(super) fn shown<'a>(shape: Shape<'a>, found: &InstanceRequirements) -> Shape<'a> {
    let shape = shape
        .texts(
            "accelerator_manufacturers",
            found.accelerator_manufacturers().iter().map(|word| word.as_str()),
        )
        .texts("accelerator_names", found.accelerator_names().iter().map(|word| word.as_str()))
        .texts("accelerator_types", found.accelerator_types().iter().map(|word| word.as_str()))
        .texts("allowed_instance_types", found.allowed_instance_types())
        .text("bare_metal", found.bare_metal().map(|word| word.as_str()))
        .text("burstable_performance", found.burstable_performance().map(|word| word.as_str()))
        .texts("cpu_manufacturers", found.cpu_manufacturers().iter().map(|word| word.as_str()))
        .texts("excluded_instance_types", found.excluded_instance_types())
        .texts("instance_generations", found.instance_generations().iter().map(|word| word.as_str()))
        .text("local_storage", found.local_storage().map(|word| word.as_str()))
        .texts("local_storage_types", found.local_storage_types().iter().map(|word| word.as_str()))
        .number(
            "max_spot_price_as_percentage_of_optimal_on_demand_price",
            found.max_spot_price_as_percentage_of_optimal_on_demand_price,
        )
        .number(
            "on_demand_max_price_percentage_over_lowest_price",
            found.on_demand_max_price_percentage_over_lowest_price,
        )
        .flag("require_hibernate_support", found.require_hibernate_support)
        .number(
            "spot_max_price_percentage_over_lowest_price",
            found.spot_max_price_percentage_over_lowest_price,
        );
    let shape = range!(shape, "accelerator_count", found.accelerator_count, from_whole);
    let shape = range!(shape, "accelerator_total_memory_mib", found.accelerator_total_memory_mib, from_whole);
    let shape = range!(shape, "baseline_ebs_bandwidth_mbps", found.baseline_ebs_bandwidth_mbps, from_whole);
    let shape = range!(shape, "memory_gib_per_vcpu", found.memory_gib_per_v_cpu, from_fraction);
    let shape = range!(shape, "memory_mib", found.memory_mib, from_whole);
    let shape = range!(shape, "network_bandwidth_gbps", found.network_bandwidth_gbps, from_fraction);
    let shape = range!(shape, "network_interface_count", found.network_interface_count, from_whole);
    let shape = range!(shape, "total_local_storage_gb", found.total_local_storage_gb, from_fraction);
    range!(shape, "vcpu_count", found.v_cpu_count, from_whole)
}
