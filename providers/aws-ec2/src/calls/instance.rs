//! Instances, their volumes and instance profiles.

use aws_sdk_ec2::types;

use super::client::{Client, answer, flag, pages, selection, tag_specification, tags_of};
use super::{Call, Failure, Filter, Select, Tags};

/// An instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct Instance {
    pub id: String,
    pub state: String,
    /// Why it is in its state: the code of the state reason.
    pub state_reason: Option<String>,
    pub client_token: Option<String>,
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub key_name: Option<String>,
    pub subnet_id: Option<String>,
    pub vpc_id: Option<String>,
    pub availability_zone: Option<String>,
    pub tenancy: Option<String>,
    pub placement_group: Option<String>,
    pub placement_group_id: Option<String>,
    pub host_id: Option<String>,
    pub host_resource_group_arn: Option<String>,
    pub partition_number: Option<i32>,
    pub private_ip: Option<String>,
    pub private_dns: Option<String>,
    pub public_ip: Option<String>,
    pub public_dns: Option<String>,
    pub outpost_arn: Option<String>,
    pub ebs_optimized: bool,
    pub monitoring: bool,
    pub source_dest_check: Option<bool>,
    pub hibernation: bool,
    pub lifecycle: Option<String>,
    pub spot_instance_request_id: Option<String>,
    /// ARN of the instance profile.
    pub iam_instance_profile: Option<String>,
    /// Identifier and name of each security group.
    pub security_groups: Vec<(String, String)>,
    pub interfaces: Vec<Interface>,
    pub metadata: MetadataOptions,
    pub root_device_name: Option<String>,
    pub volumes: Vec<AttachedVolume>,
    pub tags: Tags,
}

/// A network interface of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct Interface {
    pub id: String,
    pub owner_id: Option<String>,
    pub device_index: Option<i32>,
    pub subnet_id: Option<String>,
    pub private_ip: Option<String>,
    pub secondary_private_ips: Vec<String>,
    pub public_ip: Option<String>,
    /// The owner of the public address: `amazon` for one that comes with the instance.
    pub public_ip_owner: Option<String>,
    pub ipv6_addresses: Vec<String>,
    pub source_dest_check: Option<bool>,
    pub security_groups: Vec<String>,
}

/// How the instance metadata service answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct MetadataOptions {
    pub http_endpoint: Option<String>,
    pub http_protocol_ipv6: Option<String>,
    pub http_put_response_hop_limit: Option<i32>,
    pub http_tokens: Option<String>,
    pub instance_metadata_tags: Option<String>,
}

/// A volume as its instance sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct AttachedVolume {
    pub device_name: String,
    pub volume_id: String,
    pub delete_on_termination: bool,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct Volume {
    pub id: String,
    pub size: Option<i32>,
    pub kind: Option<String>,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
    pub encrypted: bool,
    pub kms_key_id: Option<String>,
    pub snapshot_id: Option<String>,
    pub tags: Tags,
}

/// A volume that an instance shall start with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct NewVolume {
    pub device_name: String,
    pub delete_on_termination: Option<bool>,
    pub encrypted: Option<bool>,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
    pub kms_key_id: Option<String>,
    pub snapshot_id: Option<String>,
    pub volume_size: Option<i32>,
    pub volume_type: Option<String>,
}

/// What a new instance shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct NewInstance {
    pub client_token: String,
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub key_name: Option<String>,
    pub subnet_id: Option<String>,
    pub private_ip: Option<String>,
    /// Where it is set, subnet, address and groups go to the interface, as the service demands.
    pub associate_public_ip: Option<bool>,
    pub security_group_ids: Vec<String>,
    pub security_groups: Vec<String>,
    pub availability_zone: Option<String>,
    pub tenancy: Option<String>,
    pub placement_group: Option<String>,
    pub monitoring: Option<bool>,
    pub ebs_optimized: Option<bool>,
    pub disable_api_termination: Option<bool>,
    pub disable_api_stop: Option<bool>,
    pub shutdown_behavior: Option<String>,
    pub hibernation: Option<bool>,
    /// Base64.
    pub user_data: Option<String>,
    /// Name or ARN.
    pub iam_instance_profile: Option<String>,
    pub metadata: Option<MetadataOptions>,
    pub credits: Option<String>,
    pub volumes: Vec<NewVolume>,
    /// Tags of the instance.
    pub tags: Tags,
    /// Tags of its volumes.
    pub volume_tags: Tags,
}

/// One change of an instance; the service takes one per call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants have the service's own names and meanings")]
pub enum InstanceChange {
    InstanceType(String),
    SourceDestCheck(bool),
    DisableApiTermination(bool),
    DisableApiStop(bool),
    ShutdownBehavior(String),
    EbsOptimized(bool),
    SecurityGroups(Vec<String>),
    /// Before Base64.
    UserData(Vec<u8>),
    /// Device name and whether its volume goes with the instance.
    DeleteOnTermination(String, bool),
}

/// An attribute of an instance that has a call of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants have the service's own names and meanings")]
pub enum InstanceAttribute {
    /// Base64.
    UserData,
    DisableApiTermination,
    DisableApiStop,
    ShutdownBehavior,
}

/// A change of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields have the service's own names and meanings")]
pub struct VolumeChange {
    pub size: Option<i32>,
    pub kind: Option<String>,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
}

impl Client {
    pub fn run_instance(&self, new: NewInstance) -> Call<'_, Instance> {
        Box::pin(async move {
            let request = run_request(self.once.run_instances(), new);
            let output = answer(request.send()).await?;
            output
                .instances
                .and_then(|instances| instances.into_iter().next())
                .and_then(instance_of)
                .ok_or_else(|| Failure::incomplete("instance"))
        })
    }

    pub fn describe_instances(&self, select: Select) -> Call<'_, Vec<Instance>> {
        Box::pin(async move {
            let (ids, filters) = selection(select);
            let request = self.safe.describe_instances().set_instance_ids(ids).set_filters(filters);
            let reservations = pages!(request, reservations);
            Ok(reservations
                .into_iter()
                .flat_map(|reservation| reservation.instances.unwrap_or_default())
                .filter_map(instance_of)
                .collect())
        })
    }

    pub fn start_instance<'a>(&'a self, id: &'a str) -> Call<'a, ()> {
        Box::pin(async move { answer(self.safe.start_instances().instance_ids(id).send()).await.map(drop) })
    }

    pub fn stop_instance<'a>(&'a self, id: &'a str) -> Call<'a, ()> {
        Box::pin(async move { answer(self.safe.stop_instances().instance_ids(id).send()).await.map(drop) })
    }

    pub fn terminate_instance<'a>(&'a self, id: &'a str) -> Call<'a, ()> {
        Box::pin(
            async move { answer(self.safe.terminate_instances().instance_ids(id).send()).await.map(drop) },
        )
    }

    pub fn instance_attribute<'a>(
        &'a self,
        id: &'a str,
        attribute: InstanceAttribute,
    ) -> Call<'a, Option<String>> {
        Box::pin(async move {
            let name = match attribute {
                InstanceAttribute::UserData => types::InstanceAttributeName::UserData,
                InstanceAttribute::DisableApiTermination => {
                    types::InstanceAttributeName::DisableApiTermination
                }
                InstanceAttribute::DisableApiStop => types::InstanceAttributeName::DisableApiStop,
                InstanceAttribute::ShutdownBehavior => {
                    types::InstanceAttributeName::InstanceInitiatedShutdownBehavior
                }
            };
            let request = self.safe.describe_instance_attribute().instance_id(id).attribute(name);
            let output = answer(request.send()).await?;
            let truth = |value: Option<types::AttributeBooleanValue>| {
                value.and_then(|value| value.value).map(|value| value.to_string())
            };
            Ok(match attribute {
                InstanceAttribute::UserData => output.user_data.and_then(|value| value.value),
                InstanceAttribute::DisableApiTermination => truth(output.disable_api_termination),
                InstanceAttribute::DisableApiStop => truth(output.disable_api_stop),
                InstanceAttribute::ShutdownBehavior => {
                    output.instance_initiated_shutdown_behavior.and_then(|value| value.value)
                }
            })
        })
    }

    pub fn modify_instance<'a>(&'a self, id: &'a str, change: InstanceChange) -> Call<'a, ()> {
        Box::pin(async move {
            let text = |value: String| types::AttributeValue::builder().value(value).build();
            let request = self.safe.modify_instance_attribute().instance_id(id);
            let request = match change {
                InstanceChange::InstanceType(kind) => request.instance_type(text(kind)),
                InstanceChange::SourceDestCheck(on) => request.source_dest_check(flag(on)),
                InstanceChange::DisableApiTermination(on) => request.disable_api_termination(flag(on)),
                InstanceChange::DisableApiStop(on) => request.disable_api_stop(flag(on)),
                // These two in the older form of the call: it takes the text as it is, and every
                // implementation of the API understands it.
                InstanceChange::ShutdownBehavior(behavior) => request
                    .attribute(types::InstanceAttributeName::InstanceInitiatedShutdownBehavior)
                    .value(behavior),
                InstanceChange::EbsOptimized(on) => request.ebs_optimized(flag(on)),
                InstanceChange::SecurityGroups(groups) => request.set_groups(Some(groups)),
                InstanceChange::UserData(data) => request
                    .attribute(types::InstanceAttributeName::UserData)
                    .value(aws_smithy_types::base64::encode(data)),
                InstanceChange::DeleteOnTermination(device, on) => request.block_device_mappings(
                    types::InstanceBlockDeviceMappingSpecification::builder()
                        .device_name(device)
                        .ebs(
                            types::EbsInstanceBlockDeviceSpecification::builder()
                                .delete_on_termination(on)
                                .build(),
                        )
                        .build(),
                ),
            };
            answer(request.send()).await.map(drop)
        })
    }

    pub fn modify_metadata_options<'a>(&'a self, id: &'a str, options: MetadataOptions) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self
                .safe
                .modify_instance_metadata_options()
                .instance_id(id)
                .set_http_endpoint(options.http_endpoint.map(|value| value.as_str().into()))
                .set_http_protocol_ipv6(options.http_protocol_ipv6.map(|value| value.as_str().into()))
                .set_http_put_response_hop_limit(options.http_put_response_hop_limit)
                .set_http_tokens(options.http_tokens.map(|value| value.as_str().into()))
                .set_instance_metadata_tags(
                    options.instance_metadata_tags.map(|value| value.as_str().into()),
                );
            answer(request.send()).await.map(drop)
        })
    }

    pub fn set_monitoring<'a>(&'a self, id: &'a str, on: bool) -> Call<'a, ()> {
        Box::pin(async move {
            match on {
                true => answer(self.safe.monitor_instances().instance_ids(id).send()).await.map(drop),
                false => answer(self.safe.unmonitor_instances().instance_ids(id).send()).await.map(drop),
            }
        })
    }

    pub fn describe_credits(&self, ids: Vec<String>) -> Call<'_, Vec<(String, String)>> {
        Box::pin(async move {
            let request = self.safe.describe_instance_credit_specifications().set_instance_ids(Some(ids));
            let credits = pages!(request, instance_credit_specifications);
            Ok(credits
                .into_iter()
                .filter_map(|credit| Some((credit.instance_id?, credit.cpu_credits?)))
                .collect())
        })
    }

    pub fn modify_credits<'a>(&'a self, id: &'a str, credits: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let change = types::InstanceCreditSpecificationRequest::builder()
                .instance_id(id)
                .cpu_credits(credits)
                .build();
            let request =
                self.safe.modify_instance_credit_specification().instance_credit_specifications(change);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn profile_associations<'a>(&'a self, instance: &'a str) -> Call<'a, Vec<String>> {
        Box::pin(async move {
            let filters = super::client::filters_of(vec![Filter::new("instance-id", [instance])]);
            let request = self.safe.describe_iam_instance_profile_associations().set_filters(filters);
            let associations = pages!(request, iam_instance_profile_associations);
            Ok(associations.into_iter().filter_map(|association| association.association_id).collect())
        })
    }

    pub fn associate_profile<'a>(&'a self, instance: &'a str, profile: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self
                .safe
                .associate_iam_instance_profile()
                .instance_id(instance)
                .iam_instance_profile(profile_of(profile));
            answer(request.send()).await.map(drop)
        })
    }

    pub fn replace_profile<'a>(&'a self, association: &'a str, profile: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self
                .safe
                .replace_iam_instance_profile_association()
                .association_id(association)
                .iam_instance_profile(profile_of(profile));
            answer(request.send()).await.map(drop)
        })
    }

    pub fn disassociate_profile<'a>(&'a self, association: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self.safe.disassociate_iam_instance_profile().association_id(association);
            answer(request.send()).await.map(drop)
        })
    }

    pub fn describe_volumes(&self, select: Select) -> Call<'_, Vec<Volume>> {
        Box::pin(async move {
            let (ids, filters) = selection(select);
            let request = self.safe.describe_volumes().set_volume_ids(ids).set_filters(filters);
            Ok(pages!(request, volumes).into_iter().filter_map(volume_of).collect())
        })
    }

    pub fn modify_volume<'a>(&'a self, id: &'a str, change: VolumeChange) -> Call<'a, ()> {
        Box::pin(async move {
            let request = self
                .safe
                .modify_volume()
                .volume_id(id)
                .set_size(change.size)
                .set_volume_type(change.kind.map(|kind| kind.as_str().into()))
                .set_iops(change.iops)
                .set_throughput(change.throughput);
            answer(request.send()).await.map(drop)
        })
    }
}

type RunRequest = aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;

fn run_request(request: RunRequest, new: NewInstance) -> RunRequest {
    let specification = [
        tag_specification(types::ResourceType::Instance, &new.tags),
        tag_specification(types::ResourceType::Volume, &new.volume_tags),
    ];
    let specification: Vec<_> = specification.into_iter().flatten().flatten().collect();
    let placed = new.availability_zone.is_some() || new.tenancy.is_some() || new.placement_group.is_some();
    let placement = types::Placement::builder()
        .set_availability_zone(new.availability_zone)
        .set_tenancy(new.tenancy.map(|tenancy| tenancy.as_str().into()))
        .set_group_name(new.placement_group)
        .build();
    let some = |values: Vec<String>| (!values.is_empty()).then_some(values);
    let request = request
        .client_token(new.client_token)
        .min_count(1)
        .max_count(1)
        .set_image_id(new.image_id)
        .set_instance_type(new.instance_type.map(|kind| kind.as_str().into()))
        .set_key_name(new.key_name)
        .set_placement(placed.then_some(placement))
        .set_monitoring(
            new.monitoring.map(|on| types::RunInstancesMonitoringEnabled::builder().enabled(on).build()),
        )
        .set_ebs_optimized(new.ebs_optimized)
        .set_disable_api_termination(new.disable_api_termination)
        .set_disable_api_stop(new.disable_api_stop)
        .set_instance_initiated_shutdown_behavior(
            new.shutdown_behavior.map(|behavior| behavior.as_str().into()),
        )
        .set_hibernation_options(
            new.hibernation.map(|on| types::HibernationOptionsRequest::builder().configured(on).build()),
        )
        .set_user_data(new.user_data)
        .set_iam_instance_profile(new.iam_instance_profile.as_deref().map(profile_of))
        .set_metadata_options(new.metadata.map(metadata_request))
        .set_credit_specification(
            new.credits
                .map(|credits| types::CreditSpecificationRequest::builder().cpu_credits(credits).build()),
        )
        .set_block_device_mappings(
            (!new.volumes.is_empty()).then(|| new.volumes.into_iter().map(device_request).collect()),
        )
        .set_tag_specifications((!specification.is_empty()).then_some(specification));
    match new.associate_public_ip {
        None => request
            .set_subnet_id(new.subnet_id)
            .set_private_ip_address(new.private_ip)
            .set_security_group_ids(some(new.security_group_ids))
            .set_security_groups(some(new.security_groups)),
        Some(on) => request.network_interfaces(
            types::InstanceNetworkInterfaceSpecification::builder()
                .device_index(0)
                .associate_public_ip_address(on)
                .set_subnet_id(new.subnet_id)
                .set_private_ip_address(new.private_ip)
                .set_groups(some(new.security_group_ids))
                .build(),
        ),
    }
}

fn profile_of(profile: &str) -> types::IamInstanceProfileSpecification {
    let builder = types::IamInstanceProfileSpecification::builder();
    match profile.starts_with("arn:") {
        true => builder.arn(profile).build(),
        false => builder.name(profile).build(),
    }
}

fn metadata_request(options: MetadataOptions) -> types::InstanceMetadataOptionsRequest {
    types::InstanceMetadataOptionsRequest::builder()
        .set_http_endpoint(options.http_endpoint.map(|value| value.as_str().into()))
        .set_http_protocol_ipv6(options.http_protocol_ipv6.map(|value| value.as_str().into()))
        .set_http_put_response_hop_limit(options.http_put_response_hop_limit)
        .set_http_tokens(options.http_tokens.map(|value| value.as_str().into()))
        .set_instance_metadata_tags(options.instance_metadata_tags.map(|value| value.as_str().into()))
        .build()
}

fn device_request(volume: NewVolume) -> types::BlockDeviceMapping {
    let ebs = types::EbsBlockDevice::builder()
        .set_delete_on_termination(volume.delete_on_termination)
        .set_encrypted(volume.encrypted)
        .set_iops(volume.iops)
        .set_throughput(volume.throughput)
        .set_kms_key_id(volume.kms_key_id)
        .set_snapshot_id(volume.snapshot_id)
        .set_volume_size(volume.volume_size)
        .set_volume_type(volume.volume_type.map(|kind| kind.as_str().into()))
        .build();
    types::BlockDeviceMapping::builder().device_name(volume.device_name).ebs(ebs).build()
}

/// The text of one of the SDK's enumerations.
macro_rules! text {
    ($value:expr) => {
        $value.map(|value| value.as_str().to_owned())
    };
}

fn instance_of(instance: types::Instance) -> Option<Instance> {
    let placement = instance.placement.unwrap_or_else(|| types::Placement::builder().build());
    let metadata = instance.metadata_options;
    let monitoring = instance.monitoring.and_then(|monitoring| monitoring.state);
    Some(Instance {
        id: instance.instance_id?,
        state: text!(instance.state.and_then(|state| state.name)).unwrap_or_default(),
        state_reason: instance.state_reason.and_then(|reason| reason.code),
        client_token: instance.client_token,
        image_id: instance.image_id,
        instance_type: text!(instance.instance_type),
        key_name: instance.key_name,
        subnet_id: instance.subnet_id,
        vpc_id: instance.vpc_id,
        availability_zone: placement.availability_zone,
        tenancy: text!(placement.tenancy),
        placement_group: placement.group_name,
        placement_group_id: placement.group_id,
        host_id: placement.host_id,
        host_resource_group_arn: placement.host_resource_group_arn,
        partition_number: placement.partition_number,
        private_ip: instance.private_ip_address,
        private_dns: instance.private_dns_name,
        public_ip: instance.public_ip_address,
        public_dns: instance.public_dns_name,
        outpost_arn: instance.outpost_arn,
        ebs_optimized: instance.ebs_optimized.unwrap_or_default(),
        monitoring: matches!(
            monitoring,
            Some(types::MonitoringState::Enabled | types::MonitoringState::Pending)
        ),
        source_dest_check: instance.source_dest_check,
        hibernation: instance.hibernation_options.and_then(|options| options.configured).unwrap_or_default(),
        lifecycle: text!(instance.instance_lifecycle),
        spot_instance_request_id: instance.spot_instance_request_id,
        iam_instance_profile: instance.iam_instance_profile.and_then(|profile| profile.arn),
        security_groups: instance
            .security_groups
            .unwrap_or_default()
            .into_iter()
            .filter_map(|group| Some((group.group_id?, group.group_name.unwrap_or_default())))
            .collect(),
        interfaces: instance
            .network_interfaces
            .unwrap_or_default()
            .into_iter()
            .filter_map(interface_of)
            .collect(),
        metadata: metadata
            .map(|options| MetadataOptions {
                http_endpoint: text!(options.http_endpoint),
                http_protocol_ipv6: text!(options.http_protocol_ipv6),
                http_put_response_hop_limit: options.http_put_response_hop_limit,
                http_tokens: text!(options.http_tokens),
                instance_metadata_tags: text!(options.instance_metadata_tags),
            })
            .unwrap_or_default(),
        root_device_name: instance.root_device_name,
        volumes: instance
            .block_device_mappings
            .unwrap_or_default()
            .into_iter()
            .filter_map(attached_of)
            .collect(),
        tags: tags_of(instance.tags),
    })
}

fn interface_of(interface: types::InstanceNetworkInterface) -> Option<Interface> {
    let addresses = interface.private_ip_addresses.unwrap_or_default();
    let (public_ip, public_ip_owner) = match interface.association {
        Some(association) => (association.public_ip, association.ip_owner_id),
        None => (None, None),
    };
    Some(Interface {
        id: interface.network_interface_id?,
        owner_id: interface.owner_id,
        device_index: interface.attachment.and_then(|attachment| attachment.device_index),
        subnet_id: interface.subnet_id,
        private_ip: interface.private_ip_address,
        secondary_private_ips: addresses
            .into_iter()
            .filter(|address| address.primary != Some(true))
            .filter_map(|address| address.private_ip_address)
            .collect(),
        public_ip,
        public_ip_owner,
        ipv6_addresses: interface
            .ipv6_addresses
            .unwrap_or_default()
            .into_iter()
            .filter_map(|address| address.ipv6_address)
            .collect(),
        source_dest_check: interface.source_dest_check,
        security_groups: interface
            .groups
            .unwrap_or_default()
            .into_iter()
            .filter_map(|group| group.group_id)
            .collect(),
    })
}

fn attached_of(mapping: types::InstanceBlockDeviceMapping) -> Option<AttachedVolume> {
    let ebs = mapping.ebs?;
    Some(AttachedVolume {
        device_name: mapping.device_name?,
        volume_id: ebs.volume_id?,
        delete_on_termination: ebs.delete_on_termination.unwrap_or_default(),
    })
}

fn volume_of(volume: types::Volume) -> Option<Volume> {
    Some(Volume {
        id: volume.volume_id?,
        size: volume.size,
        kind: text!(volume.volume_type),
        iops: volume.iops,
        throughput: volume.throughput,
        encrypted: volume.encrypted.unwrap_or_default(),
        kms_key_id: volume.kms_key_id,
        snapshot_id: volume.snapshot_id.filter(|id| !id.is_empty()),
        tags: tags_of(volume.tags),
    })
}
