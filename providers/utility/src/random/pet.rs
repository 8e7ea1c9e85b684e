//! `random_pet`: a name that people can remember.

use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError};
use petname::Petnames;

use super::{SIZE_MAX, plan_with_keepers};
use crate::kind::Resource;
use crate::object::{draw_below, invalid, with};

pub(super) struct RandomPet;

const CREATING: &str = "creating random_pet";

impl Resource for RandomPet {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/random/random_pet.json")
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        plan_with_keepers(schema, request)
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        let length = planned.get_i64("length").unwrap_or(2);
        if length > SIZE_MAX {
            return Err(invalid(CREATING, format!("length may be at most {SIZE_MAX} words.")));
        }
        let name = words(length)?.join(planned.get_str("separator").unwrap_or("-"));
        let name = match planned.get_str("prefix") {
            Some(prefix) if !prefix.is_empty() => {
                format!("{prefix}{}{name}", planned.get_str("separator").unwrap_or("-"))
            }
            _ => name,
        };
        Ok(with(planned, [("id", Value::string(name))]))
    }
}

/// A noun, an adjective before it, and adverbs before that. Fewer words than one are two, as with the public
/// provider.
fn words(length: i64) -> Result<Vec<String>, ProviderError> {
    let lists = Petnames::small();
    let mut words = Vec::new();
    if length != 1 {
        for _ in 2..length {
            words.push(word(&lists.adverbs)?);
        }
        words.push(word(&lists.adjectives)?);
    }
    words.push(word(&lists.nouns)?);
    Ok(words)
}

fn word(list: &[&str]) -> Result<String, ProviderError> {
    let index = usize::try_from(draw_below(list.len() as u64)?).unwrap_or_default();
    list.get(index).map(|word| word.to_lowercase()).ok_or_else(|| invalid(CREATING, "there are no words."))
}
