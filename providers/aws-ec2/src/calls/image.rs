//! Machine images and availability zones.

use std::collections::BTreeMap;

use super::client::{Client, answer, filters_of, pages, tags_of};
use super::{Call, Filter, Tags};

/// A machine image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct Image {
    pub id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub state: Option<String>,
    pub state_reason: BTreeMap<String, String>,
    pub owner_id: Option<String>,
    pub owner_alias: Option<String>,
    pub location: Option<String>,
    pub kind: Option<String>,
    pub architecture: Option<String>,
    pub platform: Option<String>,
    pub platform_details: Option<String>,
    pub usage_operation: Option<String>,
    pub hypervisor: Option<String>,
    pub virtualization_type: Option<String>,
    pub boot_mode: Option<String>,
    pub tpm_support: Option<String>,
    pub imds_support: Option<String>,
    pub ena_support: Option<bool>,
    pub sriov_net_support: Option<String>,
    pub kernel_id: Option<String>,
    pub ramdisk_id: Option<String>,
    pub creation_date: Option<String>,
    pub deprecation_time: Option<String>,
    pub last_launched_time: Option<String>,
    pub public: Option<bool>,
    pub root_device_name: Option<String>,
    pub root_device_type: Option<String>,
    pub block_devices: Vec<BlockDevice>,
    /// Product code and its type.
    pub product_codes: Vec<(String, String)>,
    pub tags: Tags,
}

/// A block device of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct BlockDevice {
    pub device_name: Option<String>,
    pub no_device: Option<String>,
    pub virtual_name: Option<String>,
    pub ebs: Option<ImageVolume>,
}

/// The volume that a block device of an image is made as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct ImageVolume {
    pub delete_on_termination: Option<bool>,
    pub encrypted: Option<bool>,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
    pub volume_size: Option<i32>,
    pub snapshot_id: Option<String>,
    pub volume_type: Option<String>,
    pub initialization_rate: Option<i32>,
}

/// Which images to describe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageQuery {
    /// Account numbers, `self`, `amazon`, ...; any when empty.
    pub owners: Vec<String>,
    /// Who may launch it; anyone when empty.
    pub executable_users: Vec<String>,
    /// Also deprecated ones.
    pub include_deprecated: bool,
    /// Further conditions.
    pub filters: Vec<Filter>,
}

/// An availability zone, local zone or wavelength zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct Zone {
    pub name: String,
    pub id: String,
    pub group_name: String,
    pub state: Option<String>,
}

impl Client {
    pub fn describe_images(&self, query: ImageQuery) -> Call<'_, Vec<Image>> {
        Box::pin(async move {
            let some = |values: Vec<String>| (!values.is_empty()).then_some(values);
            let request = self
                .safe
                .describe_images()
                .set_owners(some(query.owners))
                .set_executable_users(some(query.executable_users))
                .set_include_deprecated(query.include_deprecated.then_some(true))
                .set_filters(filters_of(query.filters));
            Ok(pages!(request, images).into_iter().filter_map(image_of).collect())
        })
    }

    pub fn describe_availability_zones(&self, filters: Vec<Filter>, all: bool) -> Call<'_, Vec<Zone>> {
        Box::pin(async move {
            let request = self
                .safe
                .describe_availability_zones()
                .set_all_availability_zones(all.then_some(true))
                .set_filters(filters_of(filters));
            let output = answer(request.send()).await?;
            Ok(output
                .availability_zones
                .unwrap_or_default()
                .into_iter()
                .map(|zone| Zone {
                    name: zone.zone_name.unwrap_or_default(),
                    id: zone.zone_id.unwrap_or_default(),
                    group_name: zone.group_name.unwrap_or_default(),
                    state: zone.state.map(|state| state.as_str().to_owned()),
                })
                .collect())
        })
    }
}

/// The text of one of the SDK's enumerations.
macro_rules! text {
    ($value:expr) => {
        $value.map(|value| value.as_str().to_owned())
    };
}

fn image_of(image: aws_sdk_ec2::types::Image) -> Option<Image> {
    let reason = image.state_reason.into_iter().flat_map(|reason| {
        [("code", reason.code), ("message", reason.message)]
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
    });
    Some(Image {
        id: image.image_id?,
        name: image.name,
        description: image.description,
        state: text!(image.state),
        state_reason: reason.collect(),
        owner_id: image.owner_id,
        owner_alias: image.image_owner_alias,
        location: image.image_location,
        kind: text!(image.image_type),
        architecture: text!(image.architecture),
        platform: text!(image.platform),
        platform_details: image.platform_details,
        usage_operation: image.usage_operation,
        hypervisor: text!(image.hypervisor),
        virtualization_type: text!(image.virtualization_type),
        boot_mode: text!(image.boot_mode),
        tpm_support: text!(image.tpm_support),
        imds_support: text!(image.imds_support),
        ena_support: image.ena_support,
        sriov_net_support: image.sriov_net_support,
        kernel_id: image.kernel_id,
        ramdisk_id: image.ramdisk_id,
        creation_date: image.creation_date,
        deprecation_time: image.deprecation_time,
        last_launched_time: image.last_launched_time,
        public: image.public,
        root_device_name: image.root_device_name,
        root_device_type: text!(image.root_device_type),
        block_devices: image.block_device_mappings.unwrap_or_default().into_iter().map(device_of).collect(),
        product_codes: image
            .product_codes
            .unwrap_or_default()
            .into_iter()
            .map(|code| {
                (code.product_code_id.unwrap_or_default(), text!(code.product_code_type).unwrap_or_default())
            })
            .collect(),
        tags: tags_of(image.tags),
    })
}

fn device_of(device: aws_sdk_ec2::types::BlockDeviceMapping) -> BlockDevice {
    BlockDevice {
        device_name: device.device_name,
        no_device: device.no_device,
        virtual_name: device.virtual_name,
        ebs: device.ebs.map(|ebs| ImageVolume {
            delete_on_termination: ebs.delete_on_termination,
            encrypted: ebs.encrypted,
            iops: ebs.iops,
            throughput: ebs.throughput,
            volume_size: ebs.volume_size,
            snapshot_id: ebs.snapshot_id,
            volume_type: text!(ebs.volume_type),
            initialization_rate: ebs.volume_initialization_rate,
        }),
    }
}
