//! `aws_ec2_capacity_reservation`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{CapacityReservation as Reservation, CapacityReservationState, ResourceType};
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{
    Change, Ec2Type, Limits, Progress, Wanted, by_id, by_token, ids_of, int, on, planned_time, text, time,
};
use crate::calls::client::{answer, describe, lists, tag_specification, tagged, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::shape::Shape;
use crate::{registry, tags};

/// `aws_ec2_capacity_reservation`
pub struct CapacityReservation;

impl Ec2Type for CapacityReservation {
    type Found = Reservation;
    const KIND: &'static str = "aws_ec2_capacity_reservation";
    const NOUN: &'static str = "EC2 Capacity Reservation";
    const LIMITS: Limits = Limits { create: 600, update: 600, delete: 600 };

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let limited = config.get_str("end_date_type") == Some("limited");
        let dated = config.get("end_date").is_some_and(|date| !date.is_null());
        let known = config.get("end_date_type").is_none_or(Value::is_known);
        if known && limited != dated {
            diagnostics.push(Diagnostic::error(
                "Invalid capacity reservation",
                "'end_date' is needed when 'end_date_type' is \"limited\", and cannot be set otherwise.",
            ));
        }
        if config.get_str("end_date").is_some() && planned_time(config, "end_date").is_none() {
            diagnostics.push(Diagnostic::error(
                "Invalid capacity reservation",
                "'end_date' is not a time of the form 2030-01-02T15:04:05Z.",
            ));
        }
        diagnostics
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Reservation>, Failure> {
        let found = by_id(ids_of(wanted), "capacity-reservation-id", |select| list(context, select)).await?;
        let alive = found.into_iter().filter(is_alive);
        Ok(alive.filter_map(|found| Some((found.capacity_reservation_id.clone()?, found))).collect())
    }

    fn progress(found: &Reservation) -> Progress {
        match found.state() {
            Some(CapacityReservationState::Pending) => Progress::Coming,
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Reservation, known: &Value) -> Value {
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", found.capacity_reservation_id())
            .text("arn", found.capacity_reservation_arn())
            .text("region", Some(context.region()))
            .text("availability_zone", found.availability_zone())
            .flag("ebs_optimized", found.ebs_optimized)
            .text("end_date", time(found.end_date()))
            .text("end_date_type", found.end_date_type().map(|kind| kind.as_str()))
            .flag("ephemeral_storage", found.ephemeral_storage)
            .number("instance_count", found.total_instance_count)
            .text("instance_match_criteria", found.instance_match_criteria().map(|match_| match_.as_str()))
            .text("instance_platform", found.instance_platform().map(|platform| platform.as_str()))
            .text("instance_type", found.instance_type())
            .text("outpost_arn", found.outpost_arn())
            .text("owner_id", found.owner_id())
            .text("placement_group_arn", found.placement_group_arn())
            .text("tenancy", found.tenancy().map(|tenancy| tenancy.as_str()))
            .tags(context.tags().observed(&tags_of(found.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let get = |name: &str| text(planned, name);
        let tags = tags::for_create(planned, &request.token);
        let ec2 = context.ec2();
        let create = ec2
            .safe
            .create_capacity_reservation()
            .client_token(&*request.token)
            .set_availability_zone(get("availability_zone"))
            .set_ebs_optimized(on(planned, "ebs_optimized"))
            .set_end_date(planned_time(planned, "end_date"))
            .set_end_date_type(get("end_date_type").map(|kind| kind.as_str().into()))
            .set_ephemeral_storage(on(planned, "ephemeral_storage"))
            .set_instance_count(int(planned, "instance_count"))
            .set_instance_match_criteria(get("instance_match_criteria").map(|kind| kind.as_str().into()))
            .set_instance_platform(get("instance_platform").map(|platform| platform.as_str().into()))
            .set_instance_type(get("instance_type"))
            .set_outpost_arn(get("outpost_arn"))
            .set_placement_group_arn(get("placement_group_arn"))
            .set_tenancy(get("tenancy").map(|tenancy| tenancy.as_str().into()))
            .set_tag_specifications(tag_specification(ResourceType::CapacityReservation, &tags));
        let created = answer(create.send()).await?.capacity_reservation;
        let id = created.and_then(|reservation| reservation.capacity_reservation_id);
        id.ok_or_else(|| Failure::incomplete("capacity reservation"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Reservation>,
    ) -> Result<Option<String>, ProviderError> {
        let names = ["instance_count", "end_date", "end_date_type"];
        let unlimited = change.planned.get_str("end_date_type") == Some("unlimited");
        if names.iter().all(|name| change.wanted(name).is_none()) {
            return Ok(None);
        }
        let ec2 = context.ec2();
        let modify = ec2
            .safe
            .modify_capacity_reservation()
            .capacity_reservation_id(change.id)
            .set_instance_count(int(change.planned, "instance_count"))
            .set_end_date(planned_time(change.planned, "end_date").filter(|_| !unlimited))
            .set_end_date_type(text(change.planned, "end_date_type").map(|kind| kind.as_str().into()));
        answer(modify.send()).await.map(|_| None).map_err(|error| change.failed(error))
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let ec2 = context.ec2();
        answer(ec2.safe.cancel_capacity_reservation().capacity_reservation_id(id).send()).await.map(drop)
    }

    lists!(describe_capacity_reservations [], capacity_reservations, |found| {
        let alive = is_alive(&found);
        tagged(found.capacity_reservation_id, found.tags).filter(|_| alive)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let found = list(context, by_token(&request.token)).await?;
        Ok(found.into_iter().filter(is_alive).find_map(|found| found.capacity_reservation_id))
    }
}

fn is_alive(reservation: &Reservation) -> bool {
    matches!(
        reservation.state(),
        None | Some(
            CapacityReservationState::Active
                | CapacityReservationState::Pending
                | CapacityReservationState::PaymentPending
                | CapacityReservationState::Scheduled
                | CapacityReservationState::Assessing
                | CapacityReservationState::Delayed
        )
    )
}

fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Reservation>> {
    describe!(
        context.ec2(),
        select,
        describe_capacity_reservations,
        set_capacity_reservation_ids,
        set_filters,
        capacity_reservations
    )
}
