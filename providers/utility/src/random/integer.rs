//! `random_integer`: a whole number in a range.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError};

use super::lagged::Lagged;
use super::plan_with_keepers;
use crate::kind::Resource;
use crate::object::{draw_below, invalid, only, with};

pub(super) struct RandomInteger;

const CREATING: &str = "creating random_integer";

impl Resource for RandomInteger {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/random/random_integer.json")
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let range = config.get_i64("min").zip(config.get_i64("max"));
        if let Some((least, most)) = range.filter(|(least, most)| most < least) {
            let detail = format!("The minimum ({least}) must not be larger than the maximum ({most}).");
            diagnostics.push(Diagnostic::error("Create Random Integer Error", detail));
        }
        diagnostics
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        plan_with_keepers(schema, request)
    }

    /// `RESULT,MIN,MAX` or `RESULT,MIN,MAX,SEED`.
    fn import(&self, schema: &Schema, id: &str) -> Result<Value, ProviderError> {
        let usage = || {
            let detail =
                "Invalid import usage: expecting {result},{min},{max} or {result},{min},{max},{seed}.";
            invalid("importing random_integer", detail)
        };
        let parts: Vec<&str> = id.split(',').collect();
        let (numbers, seed) = match &parts[..] {
            [result, min, max] => ([*result, *min, *max], None),
            [result, min, max, seed] => ([*result, *min, *max], Some(*seed)),
            _ => return Err(usage()),
        };
        let mut object = only(schema, seed.map(|seed| ("seed", Value::string(seed))));
        for (name, number) in ["result", "min", "max"].into_iter().zip(numbers) {
            let number: i64 = number.parse().map_err(|_| usage())?;
            object = with(&object, [(name, Value::number(number))]);
        }
        let [result, ..] = numbers;
        Ok(with(&object, [("id", Value::string(result))]))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        let (Some(least), Some(most)) = (planned.get_i64("min"), planned.get_i64("max")) else {
            return Err(invalid(CREATING, "min and max must be whole numbers of 64 bits."));
        };
        let range = i128::from(most) - i128::from(least) + 1;
        let range = u64::try_from(range).map_err(|_| {
            invalid(
                CREATING,
                "the minimum must not be larger than the maximum, and the range must fit 64 bits.",
            )
        })?;
        let drawn = match planned.get_str("seed") {
            Some(seed) if !seed.is_empty() => Lagged::of_text(seed).below(range)?,
            _ => draw_below(range)?,
        };
        let number = i64::try_from(i128::from(least) + i128::from(drawn)).unwrap_or(most);
        let result = [("result", Value::number(number)), ("id", Value::string(number.to_string()))];
        Ok(with(planned, result))
    }
}
