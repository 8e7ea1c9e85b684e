//! `terraform_data` as the real provider plans it, for tests and measurements that use the same
//! configurations as Terraform.

use std::sync::Arc;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Path, ProviderAddress, Type, Value};
use evenkeel_provider::{Catalog, PlanRequest, PlannedChange, ProviderSpec, ResourceSpec};

use super::schema;

pub fn catalog() -> Arc<dyn Catalog + Send + Sync> {
    Arc::new(Builtin {
        address: ProviderAddress::implied("terraform"),
        config: schema(r#"{"type_name": "terraform", "block": {}}"#),
        data: Data(schema(
            r#"{"type_name": "terraform_data", "import_id": "any text", "block": {"attributes": {
                "id": {"type": "string", "computed": true},
                "input": {"type": "dynamic", "optional": true},
                "output": {"type": "dynamic", "computed": true},
                "triggers_replace": {"type": "dynamic", "optional": true}
            }}}"#,
        )),
    })
}

struct Builtin {
    address: ProviderAddress,
    config: Schema,
    data: Data,
}

struct Data(Schema);

impl ResourceSpec for Data {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn plan(&self, request: &PlanRequest<'_>) -> PlannedChange {
        let of = |value: &Value, name: &str| value.get(name).cloned().unwrap_or(Value::null(Type::Dynamic));
        let input = of(request.config, "input");
        let open = if input.is_null() { input.clone() } else { Value::unknown(input.ty()) };
        let fresh = request
            .config
            .clone()
            .with_attribute("id", Value::unknown_not_null(Type::String))
            .with_attribute("output", open.clone());
        let (planned, replace) = match request.prior {
            None => (fresh, Vec::new()),
            Some(prior) if of(prior, "triggers_replace") != of(request.config, "triggers_replace") => {
                (fresh, vec![Path::attribute("triggers_replace")])
            }
            Some(prior) => {
                let output = if of(prior, "input") == input { of(prior, "output") } else { open };
                let planned = request.config.clone().with_attribute("id", of(prior, "id"));
                (planned.with_attribute("output", output), Vec::new())
            }
        };
        PlannedChange { planned, replace, diagnostics: Diagnostics::new() }
    }
}

impl ProviderSpec for Builtin {
    fn address(&self) -> &ProviderAddress {
        &self.address
    }

    fn version(&self) -> &str {
        "1.11.4"
    }

    fn config_schema(&self) -> &Schema {
        &self.config
    }

    fn resource(&self, kind: &str) -> Option<&dyn ResourceSpec> {
        (kind == "terraform_data").then_some(&self.data)
    }

    fn data_source(&self, _kind: &str) -> Option<&Schema> {
        None
    }

    fn resource_kinds(&self) -> Vec<&str> {
        vec!["terraform_data"]
    }

    fn data_kinds(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Catalog for Builtin {
    fn spec(&self, address: &ProviderAddress) -> Option<&dyn ProviderSpec> {
        (*address == self.address).then_some(self)
    }

    fn supported(&self) -> Vec<ProviderAddress> {
        vec![self.address.clone()]
    }
}

/// What applying gives: the output is the input.
pub fn complete(planned: &Value, number: u64) -> Value {
    let input = planned.get("input").cloned().unwrap_or(Value::null(Type::Dynamic));
    let id = match planned.get("id") {
        Some(id) if id.is_known() => id.clone(),
        _ => Value::string(format!("00000000-0000-0000-0000-{number:012}")),
    };
    planned.clone().with_attribute("id", id).with_attribute("output", input)
}
