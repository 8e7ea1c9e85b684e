//! The null provider: objects that are nothing, for provisioners and dependencies.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError, propose};

use crate::family::Family;
use crate::kind::{Reading, Resource};
use crate::object::{draw_below, is_set, with};
use crate::replace::forgive_nulls;

/// The provider.
pub(crate) fn family() -> Family {
    Family::new("null", "3.3.1", include_str!("../../../schemas/null/provider.json"))
        .resource("null_resource", Null)
        .data("null_data_source", Null)
}

struct Null;

impl Resource for Null {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../schemas/null/null_resource.json")
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        forgive_nulls("triggers", request, propose::plan_by_schema(schema, request))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        Ok(with(planned, [("id", random()?)]))
    }
}

impl Reading for Null {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../schemas/null/data.null_data_source.json")
    }

    fn read(&self, _: &Value, config: &Value) -> Result<Value, ProviderError> {
        const DEFAULT: &str = "has_computed_default";
        let inputs = config.get("inputs").cloned().unwrap_or_else(|| Value::null(Type::map(Type::String)));
        let answer = [("outputs", inputs), ("random", random()?), ("id", Value::string("static"))];
        let whole = with(config, answer);
        Ok(if is_set(config, DEFAULT) { whole } else { with(&whole, [(DEFAULT, Value::string("default"))]) })
    }
}

/// A number of 63 bits, as text.
fn random() -> Result<Value, ProviderError> {
    Ok(Value::string(draw_below(1 << 63)?.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Kind, map};

    #[test]
    fn other_triggers_make_a_new_object() {
        let kind = Kind::of(family, "null_resource");
        let made = kind.made([("triggers", map(&[("a", "1")]))]);
        assert!(made.get_str("id").unwrap().parse::<u64>().is_ok());
        assert_eq!(kind.replaced(&made, [("triggers", map(&[("a", "1")]))]), Vec::<String>::new());
        assert_eq!(kind.replaced(&made, [("triggers", map(&[("a", "2")]))]), ["triggers"]);
        assert_eq!(kind.replaced(&made, []), ["triggers"]);
    }

    #[test]
    fn inputs_become_outputs() {
        let read =
            crate::testing::read(family, "null_data_source", [("inputs", map(&[("a", "1")]))]).unwrap();
        assert_eq!(read.get("outputs"), Some(&map(&[("a", "1")])));
        assert_eq!(read.get_str("has_computed_default"), Some("default"));
        assert_eq!(read.get_str("id"), Some("static"));
    }
}
