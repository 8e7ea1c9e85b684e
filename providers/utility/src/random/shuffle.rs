//! `random_shuffle`: a list in another order.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError};

use super::lagged::Lagged;
use super::{SIZE_MAX, plan_with_keepers};
use crate::kind::Resource;
use crate::object::{draw_below, invalid, with};

pub(super) struct RandomShuffle;

impl Resource for RandomShuffle {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/random/random_shuffle.json")
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        plan_with_keepers(schema, request)
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        let input = planned.get("input").and_then(Value::as_elements).unwrap_or_default();
        let count = planned.get_i64("result_count").unwrap_or(i64::try_from(input.len()).unwrap_or(i64::MAX));
        let count = usize::try_from(count).ok().filter(|_| count <= SIZE_MAX).ok_or_else(|| {
            invalid("creating random_shuffle", format!("result_count must be between 0 and {SIZE_MAX}."))
        })?;
        let result = shuffled(input, count, planned.get_str("seed").unwrap_or_default())?;
        Ok(with(planned, [("id", Value::string("-")), ("result", Value::list(Type::String, result))]))
    }
}

/// One order of all elements after the other, until there are enough.
fn shuffled(input: &[Value], count: usize, seed: &str) -> Result<Vec<Value>, ProviderError> {
    let mut source = (!seed.is_empty()).then(|| Lagged::of_text(seed));
    let mut result = Vec::with_capacity(count);
    while result.len() < count && !input.is_empty() {
        let order = match &mut source {
            Some(source) => source.order(input.len())?,
            None => drawn_order(input.len())?,
        };
        result.extend(order.iter().filter_map(|index| input.get(*index)).cloned());
    }
    result.truncate(count);
    Ok(result)
}

fn drawn_order(length: usize) -> Result<Vec<usize>, ProviderError> {
    let mut order: Vec<usize> = (0..length).collect();
    for last in (1..length).rev() {
        let place = usize::try_from(draw_below(last as u64 + 1)?).unwrap_or_default();
        order.swap(place, last);
    }
    Ok(order)
}
