//! `aws_instance`.
//!
//! Instances, their volumes and their credits are told for many at once. What has a call per
//! instance ([`single`]) is looked at only where it is somebody's business. What can be changed only
//! while an instance stands still is changed with one stop and one start around it ([`converge`]).

mod converge;
pub(super) mod launch;
mod plan;
pub(crate) mod single;
pub(crate) mod template;
pub(crate) mod user_data;
pub(crate) mod value;
pub(super) mod volumes;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{self, InstanceStateName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError};

use super::common::{Change, Ec2Type, Limits, Progress, Wanted, by_id, by_token, first, ids_of, on, text};
use crate::calls::client::{answer, describe, flag, lists, tagged};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;

/// `aws_instance`
pub struct Instance;

/// An instance and what is told about it elsewhere.
pub struct Whole {
    pub(crate) instance: types::Instance,
    /// Account that owns it.
    pub(super) owner: Option<String>,
    /// Its volumes by identifier.
    pub(super) volumes: BTreeMap<String, types::Volume>,
    /// The credit option, where it was asked for.
    pub(super) credits: Option<String>,
    pub(super) spot: Option<types::SpotInstanceRequest>,
    pub(super) template: Option<types::LaunchTemplate>,
    pub(crate) single: single::Single,
}

impl Whole {
    /// The identifier.
    pub(super) fn id(&self) -> &str {
        self.instance.instance_id().unwrap_or_default()
    }

    /// The state as text.
    pub(super) fn state(&self) -> &str {
        let state = self.instance.state().and_then(types::InstanceState::name);
        state.map_or("", InstanceStateName::as_str)
    }

    /// The first network interface.
    pub(super) fn primary(&self) -> Option<&types::InstanceNetworkInterface> {
        let interfaces = self.instance.network_interfaces().iter();
        let mut placed = interfaces.filter_map(|interface| Some((interface.attachment()?, interface)));
        placed.find(|(attachment, _)| attachment.device_index == Some(0)).map(|(_, interface)| interface)
    }
}

pub(super) type Changing<'a> = Change<'a, Whole>;

impl Ec2Type for Instance {
    type Found = Whole;
    const KIND: &'static str = "aws_instance";
    const NOUN: &'static str = "EC2 Instance";
    const LIMITS: Limits = Limits { create: 600, update: 600, delete: 1_200 };

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let encoded = config.get_str("user_data_base64");
        if encoded.is_some_and(|text| BASE64.decode(text.trim()).is_err()) {
            diagnostics.push(Diagnostic::error(
                "Invalid user data",
                "\"user_data_base64\" is not Base64. Use base64encode(), or user_data for plain text.",
            ));
        }
        diagnostics
    }

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        plan::propose(schema, request)
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Whole>, Failure> {
        fetch(context, wanted).await
    }

    fn progress(found: &Whole) -> Progress {
        match found.state() {
            "pending" | "stopping" => Progress::Coming,
            state @ ("shutting-down" | "terminated") => {
                let reason = found.instance.state_reason().and_then(types::StateReason::code);
                let reason = reason.unwrap_or("no reason given");
                Progress::Lost(format!("the instance's state is \"{state}\" ({reason})."))
            }
            _ => Progress::Ready,
        }
    }

    fn settled(change: &Changing<'_>) -> bool {
        converge::is_settled(change)
    }

    fn value(context: &Arc<Context>, found: &Whole, known: &Value) -> Value {
        value::value(context, found, known)
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        launch::launch(context, request).await
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Changing<'_>,
    ) -> Result<Option<String>, ProviderError> {
        converge::converge(context, change).await.map(|()| None)
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        let ec2 = context.ec2();
        if on(prior, "force_destroy").is_some() {
            let modify = ec2.safe.modify_instance_attribute().instance_id(id);
            answer(modify.disable_api_termination(flag(false)).send()).await?;
        }
        answer(ec2.safe.terminate_instances().instance_ids(id).send()).await.map(drop)
    }

    lists!(describe_instances [], reservations, |reservation| {
        let alive = reservation.instances.unwrap_or_default().into_iter().filter(|instance| {
            let state = instance.state().and_then(|state| state.name()).map(|name| name.as_str());
            !matches!(state, Some("terminated" | "shutting-down"))
        });
        alive.filter_map(|instance| tagged(instance.instance_id, instance.tags)).collect::<Vec<_>>()
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let found = list(context, by_token(&request.token)).await?;
        let alive = instances(found).find(|(_, instance)| !is_over(instance));
        Ok(alive.and_then(|(_, instance)| instance.instance_id))
    }
}

/// The reservations of the instances selected.
pub(crate) fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<types::Reservation>> {
    describe!(context.ec2(), select, describe_instances, set_instance_ids, set_filters, reservations)
}

/// The instances of reservations, each with its owner.
pub(crate) fn instances(
    reservations: Vec<types::Reservation>,
) -> impl Iterator<Item = (Option<String>, types::Instance)> {
    reservations.into_iter().flat_map(|reservation| {
        let owner = reservation.owner_id;
        let instances = reservation.instances.unwrap_or_default();
        instances.into_iter().map(move |instance| (owner.clone(), instance))
    })
}

fn is_over(instance: &types::Instance) -> bool {
    let state = instance.state().and_then(types::InstanceState::name);
    matches!(state, Some(InstanceStateName::Terminated | InstanceStateName::ShuttingDown))
}

async fn fetch(context: &Arc<Context>, wanted: &[Wanted<'_>]) -> Result<BTreeMap<String, Whole>, Failure> {
    let known: BTreeMap<&str, Wanted<'_>> = wanted.iter().map(|wanted| (wanted.id, *wanted)).collect();
    let found = by_id(ids_of(wanted), "instance-id", |select| list(context, select)).await?;
    let terminated = |instance: &types::Instance| {
        instance.state().and_then(types::InstanceState::name) == Some(&InstanceStateName::Terminated)
    };
    let found: Vec<_> = instances(found).filter(|(_, instance)| !terminated(instance)).collect();
    whole(context, found, &known).await
}

/// Adds to instances what is told about them elsewhere.
pub(crate) async fn whole(
    context: &Arc<Context>,
    found: Vec<(Option<String>, types::Instance)>,
    known: &BTreeMap<&str, Wanted<'_>>,
) -> Result<BTreeMap<String, Whole>, Failure> {
    let mut volumes = volumes::of_instances(context, found.iter().map(|(_, instance)| instance)).await?;
    let burstable = found.iter().filter(|(_, instance)| {
        let known = instance.instance_id().and_then(|id| known.get(id));
        known.is_some_and(|wanted| cares_for_credits(wanted.known))
            && instance.instance_type().is_some_and(|kind| is_burstable(kind.as_str()))
    });
    let burstable = burstable.filter_map(|(_, instance)| instance.instance_id.clone()).collect();
    let mut credits = credits(context, burstable).await?;
    let mut spots = spots(context, found.iter().map(|(_, instance)| instance)).await?;
    let templates = template::of_instances(context, known.values().map(|wanted| wanted.known)).await?;
    let mut wholes = BTreeMap::new();
    for (owner, instance) in found {
        let Some(id) = instance.instance_id.clone() else { continue };
        let template =
            known.get(id.as_str()).and_then(|wanted| template::find(&templates, wanted.known)).cloned();
        let spot = instance.spot_instance_request_id().and_then(|id| spots.remove(id));
        let volumes =
            volumes::attached(&instance).filter_map(|volume| volumes.remove_entry(volume)).collect();
        let credits = credits.remove(&id);
        let single = single::Single::default();
        wholes.insert(id, Whole { instance, owner, volumes, credits, spot, template, single });
    }
    single::look(context, &mut wholes, known).await?;
    Ok(wholes)
}

fn cares_for_credits(known: &Value) -> bool {
    let planned =
        first(known, "credit_specification").is_some_and(|block| text(block, "cpu_credits").is_some());
    planned || single::is_new(known)
}

/// The credit options of burstable instances; the others have none, and asking for one is an error.
async fn credits(context: &Arc<Context>, ids: Vec<String>) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let told = by_id(ids, "instance-id", |select| {
        let call: Call<'static, Vec<types::InstanceCreditSpecification>> = describe!(
            context.ec2(),
            select,
            describe_instance_credit_specifications,
            set_instance_ids,
            set_filters,
            instance_credit_specifications
        );
        call
    });
    for credit in told.await? {
        found.extend(credit.instance_id.zip(credit.cpu_credits));
    }
    Ok(found)
}

async fn spots(
    context: &Arc<Context>,
    instances: impl Iterator<Item = &types::Instance>,
) -> Result<BTreeMap<String, types::SpotInstanceRequest>, Failure> {
    let ids: Vec<String> =
        instances.filter_map(|instance| instance.spot_instance_request_id().map(str::to_owned)).collect();
    let found = by_id(ids, "spot-instance-request-id", |select| list_spots(context, select)).await?;
    Ok(found.into_iter().filter_map(|spot| Some((spot.spot_instance_request_id.clone()?, spot))).collect())
}

/// The spot requests selected.
pub(crate) fn list_spots(
    context: &Arc<Context>,
    select: Select,
) -> Call<'static, Vec<types::SpotInstanceRequest>> {
    describe!(
        context.ec2(),
        select,
        describe_spot_instance_requests,
        set_spot_instance_request_ids,
        set_filters,
        spot_instance_requests
    )
}

/// Whether instances of a type have credits.
pub(crate) fn is_burstable(kind: &str) -> bool {
    ["t2.", "t3.", "t3a.", "t4g."].iter().any(|family| kind.starts_with(family))
}
