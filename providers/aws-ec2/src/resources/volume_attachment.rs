//! `aws_volume_attachment`: a volume at an instance, under a device name.
//!
//! The identifier is made from the three of them. Import takes them as text,
//! `DEVICE:VOLUME:INSTANCE`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types::{InstanceStateName, Reservation, VolumeAttachmentState};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, ErrorKind, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Limits, Progress, Wanted, by_id, on, text};
use super::ebs_volume;
use crate::calls::client::{answer, describe, lists};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::{self, Effect, Failure};
use crate::listing::imported;
use crate::shape::Shape;
use crate::{registry, wait};

/// `aws_volume_attachment`
pub struct VolumeAttachment;

/// Which volume is where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    device: String,
    volume: String,
    instance: String,
}

impl Place {
    /// The identifier, as the public provider makes it.
    fn id(&self) -> String {
        let text = format!("{}-{}-{}-", self.device, self.instance, self.volume);
        format!("vai-{}", crc32fast::hash(text.as_bytes()))
    }

    fn import_id(&self) -> String {
        format!("{}:{}:{}", self.device, self.volume, self.instance)
    }

    /// From the object's arguments, or from what import is given.
    fn of(object: &Value) -> Option<Self> {
        let get = |name: &str| text(object, name);
        match (get("device_name"), get("volume_id"), get("instance_id")) {
            (Some(device), Some(volume), Some(instance)) => Some(Self { device, volume, instance }),
            _ => Self::parse(object.get_str("id")?),
        }
    }

    fn parse(id: &str) -> Option<Self> {
        let mut parts = id.split(':').map(str::to_owned);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(device), Some(volume), Some(instance), None) => Some(Self { device, volume, instance }),
            _ => None,
        }
    }
}

/// An attachment and how far it is.
pub struct Found {
    place: Place,
    state: Option<VolumeAttachmentState>,
}

impl Ec2Type for VolumeAttachment {
    type Found = Found;
    const KIND: &'static str = "aws_volume_attachment";
    const NOUN: &'static str = "EBS Volume Attachment";
    const LISTED_UNASKED: bool = false;
    const LIMITS: Limits = Limits { create: 300, update: 300, delete: 300 };

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let places: Vec<(&str, Place)> =
            wanted.iter().filter_map(|wanted| Some((wanted.id, Place::of(wanted.known)?))).collect();
        let volumes: BTreeSet<&str> = places.iter().map(|(_, place)| place.volume.as_str()).collect();
        let volumes = volumes.into_iter().map(str::to_owned).collect();
        let mut states = BTreeMap::new();
        for volume in by_id(volumes, "volume-id", |select| ebs_volume::list(context, select)).await? {
            for attachment in volume.attachments.unwrap_or_default() {
                let key = (attachment.device, attachment.volume_id, attachment.instance_id);
                states.insert(key, attachment.state);
            }
        }
        let found = places.into_iter().filter_map(|(id, place)| {
            let Place { device, volume, instance } = place.clone();
            let state = states.get(&(Some(device), Some(volume), Some(instance)))?.clone();
            let there = state != Some(VolumeAttachmentState::Detached);
            there.then(|| (id.to_owned(), Found { place, state }))
        });
        Ok(found.collect())
    }

    fn progress(found: &Found) -> Progress {
        match &found.state {
            Some(VolumeAttachmentState::Attaching | VolumeAttachmentState::Busy) => Progress::Coming,
            Some(VolumeAttachmentState::Detaching) => Progress::Lost("the volume is being detached.".into()),
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let Place { device, volume, instance } = &found.place;
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(found.place.id()))
            .text("region", Some(context.region()))
            .text("device_name", Some(device))
            .text("volume_id", Some(volume))
            .text("instance_id", Some(instance))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let place = Place::of(&request.planned).ok_or_else(|| Failure::incomplete("volume and instance"))?;
        let limit = std::time::Duration::from_secs(Self::LIMITS.create);
        let limit = wait::timeout(&request.planned, "create", limit);
        let usable = [InstanceStateName::Running, InstanceStateName::Stopped];
        stands(context, &place.instance, &usable, limit).await?;
        let attach = context.ec2();
        let attach = attach.safe.attach_volume().device(&place.device).volume_id(&place.volume);
        match answer(attach.instance_id(&place.instance).send()).await {
            // An interrupted create, or somebody, was here before.
            Err(error) if error.is("VolumeInUse") && is_at(context, &place).await? => Ok(place.id()),
            Err(error) => Err(error),
            Ok(_) => Ok(place.id()),
        }
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    fn stays(prior: &Value) -> bool {
        on(prior, "skip_destroy").is_some()
    }

    async fn remove(context: &Arc<Context>, _: &str, prior: &Value) -> Result<(), Failure> {
        let Some(place) = Place::of(prior) else { return Ok(()) };
        let ec2 = context.ec2();
        if on(prior, "stop_instance_before_detaching").is_some() {
            answer(ec2.safe.stop_instances().instance_ids(&place.instance).send()).await?;
            let limit = wait::timeout(prior, "delete", std::time::Duration::from_secs(Self::LIMITS.delete));
            stands(context, &place.instance, &[InstanceStateName::Stopped], limit).await?;
        }
        let detach = ec2.safe.detach_volume().device(&place.device).volume_id(&place.volume);
        let detach = detach.instance_id(&place.instance).set_force(on(prior, "force_detach"));
        match answer(detach.send()).await {
            // The volume is not attached any more, or is on its way.
            Err(error) if error.is_any(&["IncorrectState", "InvalidAttachment.NotFound"]) => Ok(()),
            other => other.map(drop),
        }
    }

    lists!(describe_volumes [], volumes, |volume| {
        let attachments = volume.attachments.unwrap_or_default().into_iter();
        let places = attachments.filter_map(|found| {
            Some(Place { device: found.device?, volume: found.volume_id?, instance: found.instance_id? })
        });
        places.map(|place| imported(place.id(), place.import_id())).collect::<Vec<_>>()
    });

    async fn search(_: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(Place::of(&request.planned).map(|place| place.id()))
    }
}

async fn is_at(context: &Arc<Context>, place: &Place) -> Result<bool, Failure> {
    let volumes = ebs_volume::list(context, Select::one("volume-id", &place.volume)).await?;
    Ok(volumes.iter().flat_map(|volume| volume.attachments()).any(|attachment| {
        attachment.instance_id() == Some(&place.instance) && attachment.device() == Some(&place.device)
    }))
}

/// Waits until the instance is in one of the states.
async fn stands(
    context: &Arc<Context>,
    instance: &str,
    states: &[InstanceStateName],
    limit: std::time::Duration,
) -> Result<(), ProviderError> {
    let operation = format!("waiting for EC2 Instance ({instance})");
    wait::until(&operation, limit, || async {
        let state = state_of(context, instance).await;
        let state = state.map_err(|error| errors::provider_error(&operation, Effect::Read, &error))?;
        match state {
            Some(state) if states.contains(&state) => Ok(Some(())),
            None | Some(InstanceStateName::Terminated | InstanceStateName::ShuttingDown) => {
                Err(ProviderError::new(ErrorKind::Invalid, &operation, "the instance is gone."))
            }
            Some(_) => Ok(None),
        }
    })
    .await
}

async fn state_of(context: &Arc<Context>, instance: &str) -> Result<Option<InstanceStateName>, Failure> {
    let select = Select::one("instance-id", instance);
    let reservations: Call<'static, Vec<Reservation>> =
        describe!(context.ec2(), select, describe_instances, set_instance_ids, set_filters, reservations);
    let reservations = reservations.await?;
    let mut instances =
        reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default());
    Ok(instances.next().and_then(|instance| instance.state).and_then(|state| state.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_those_of_the_public_provider() {
        let place = Place::parse("/dev/sdh:vol-1:i-1").expect("three parts");
        // Go: crc32.ChecksumIEEE([]byte("/dev/sdh-i-1-vol-1-"))
        assert_eq!(place.id(), format!("vai-{}", crc32fast::hash(b"/dev/sdh-i-1-vol-1-")));
        assert_eq!(Place::parse("/dev/sdh:vol-1"), None);
        let object = Value::object([
            ("device_name", Value::string("/dev/sdh")),
            ("volume_id", Value::string("vol-1")),
            ("instance_id", Value::string("i-1")),
        ]);
        assert_eq!(Place::of(&object), Some(place));
    }
}
