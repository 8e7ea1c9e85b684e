//! A provider that breaks the contract is blamed, and nothing is done with what it said.

mod common;

use std::sync::Arc;

use common::{Stack, schema};
use evenkeel_model::schema::Schema;
use evenkeel_model::{ProviderAddress, Value};
use evenkeel_provider::{Catalog, PlanRequest, PlannedChange, ProviderSpec, ResourceSpec, propose};

/// How it misbehaves.
#[derive(Clone, Copy)]
enum Manner {
    /// Plans another name than the configured one.
    Renames,
    /// Plans a note that nobody wrote.
    Invents,
    /// Plans another size when everything is known.
    ChangesItsMind,
}

struct Liar {
    address: ProviderAddress,
    schema: Schema,
    config: Schema,
    manner: Manner,
}

impl ResourceSpec for Liar {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn plan(&self, request: &PlanRequest<'_>) -> PlannedChange {
        let planned = propose::plan_by_schema(&self.schema, request);
        let known = request.config.is_wholly_known();
        let value = match self.manner {
            Manner::Renames => planned.planned.with_attribute("name", Value::string("other")),
            Manner::Invents => planned.planned.with_attribute("note", Value::string("mine")),
            Manner::ChangesItsMind => {
                planned.planned.with_attribute("stamp", Value::string(if known { "late" } else { "early" }))
            }
        };
        PlannedChange { planned: value, ..planned }
    }
}

impl ProviderSpec for Liar {
    fn address(&self) -> &ProviderAddress {
        &self.address
    }

    fn version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema(&self) -> &Schema {
        &self.config
    }

    fn resource(&self, kind: &str) -> Option<&dyn ResourceSpec> {
        (kind == "liar_thing").then_some(self)
    }

    fn data_source(&self, _: &str) -> Option<&Schema> {
        None
    }

    fn resource_kinds(&self) -> Vec<&str> {
        vec!["liar_thing"]
    }

    fn data_kinds(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Catalog for Liar {
    fn spec(&self, address: &ProviderAddress) -> Option<&dyn ProviderSpec> {
        (*address == self.address).then_some(self)
    }

    fn supported(&self) -> Vec<ProviderAddress> {
        vec![self.address.clone()]
    }
}

fn stack(manner: Manner) -> Stack {
    let liar = Liar {
        address: ProviderAddress::implied("liar"),
        schema: schema(
            r#"{"type_name": "liar_thing", "block": {"attributes": {
                "id": {"type": "string", "computed": true},
                "name": {"type": "string", "required": true},
                "note": {"type": "string", "optional": true},
                "stamp": {"type": "string", "computed": true}}}}"#,
        ),
        config: schema(r#"{"type_name": "liar", "block": {}}"#),
        manner,
    };
    let mut stack = Stack::new();
    stack.catalog = Arc::new(liar);
    stack
}

const FILES: [(&str, &str); 1] = [(
    "main.tf",
    "resource \"liar_thing\" \"a\" {\n  name = \"a\"\n}\nresource \"liar_thing\" \"b\" {\n  name = liar_thing.a.id\n}\n",
)];

#[test]
fn a_plan_that_disagrees_with_configuration() {
    for (manner, place) in [(Manner::Renames, "name"), (Manner::Invents, "note")] {
        let mut stack = stack(manner);
        let error = stack.plan(&FILES).map(|_| ()).unwrap_err();
        assert!(error.starts_with("main.tf:1: Provider produced invalid plan: "), "{error}");
        assert!(error.contains("registry.terraform.io/hashicorp/liar") && error.contains(place), "{error}");
        let partial = stack.partial.unwrap();
        assert!(partial.errored && partial.changes.is_empty() && partial.steps.is_empty());
    }
}

#[test]
fn a_final_plan_that_disagrees_with_the_first() {
    let mut stack = stack(Manner::ChangesItsMind);
    let (plan, loaded) = stack.plan(&FILES).unwrap();
    let error = stack.apply(plan, &loaded).unwrap_err();
    assert!(error.contains("Provider produced inconsistent final plan"), "{error}");
    assert_eq!(stack.log, ["create liar_thing.a"]);
}
