//! The random provider: values that are drawn once and stay, until a keeper changes.
//!
//! What is drawn is known to nobody before it is in the state, so that a create that was interrupted left
//! nothing behind. Where a seed is given, the results are those of the public provider ([`lagged`]).

mod bytes;
pub(crate) use bytes::hex;
pub(crate) use upgrade::bare;
mod characters;
mod id;
mod integer;
mod lagged;
mod pet;
mod secret;
mod shuffle;
mod upgrade;
mod uuid;

use evenkeel_model::schema::Schema;
use evenkeel_provider::{PlanRequest, PlannedChange, propose};

use crate::family::Family;
use crate::replace::forgive_nulls;

/// The provider.
pub(crate) fn family() -> Family {
    Family::new("random", "3.9.0", include_str!("../../../../schemas/random/provider.json"))
        .resource("random_bytes", bytes::RandomBytes)
        .resource("random_id", id::RandomId)
        .resource("random_integer", integer::RandomInteger)
        .resource("random_password", secret::Secret::PASSWORD)
        .resource("random_pet", pet::RandomPet)
        .resource("random_shuffle", shuffle::RandomShuffle)
        .resource("random_string", secret::Secret::STRING)
        .resource("random_uuid", uuid::Kind::Plain)
        .resource("random_uuid4", uuid::Kind::V4)
        .resource("random_uuid7", uuid::Kind::V7)
        .ephemeral("random_bytes", bytes::EphemeralBytes)
        .ephemeral("random_password", secret::EphemeralPassword)
}

/// The most that may be drawn at once: characters, bytes, elements.
const SIZE_MAX: i64 = 1 << 20;

/// The plan by the schema, with keepers as the public provider has them.
fn plan_with_keepers(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
    forgive_nulls("keepers", request, propose::plan_by_schema(schema, request))
}

#[cfg(test)]
mod tests;
