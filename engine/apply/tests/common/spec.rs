//! A provider with one resource type, `test_thing`: an identifier, a name, a secret.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::schema::{Attribute, Block, Schema};
use evenkeel_model::{ProviderAddress, Type, Value};
use evenkeel_provider::{Catalog, ProviderSpec, ResourceSpec};
use evenkeel_state::ProviderConfigAddress;

pub const KIND: &str = "test_thing";

pub fn schema() -> Schema {
    let attribute = |ty: Type| Attribute { optional: true, computed: true, ..Attribute::new(ty) };
    let attributes: BTreeMap<Arc<str>, Attribute> =
        ["id", "name", "secret"].into_iter().map(|name| (name.into(), attribute(Type::String))).collect();
    Schema {
        type_name: KIND.into(),
        version: 0,
        description: String::new(),
        stateful: false,
        found_by: None,
        import_id: None,
        block: Block { attributes, block_types: BTreeMap::new() },
    }
}

pub fn provider() -> ProviderConfigAddress {
    ProviderConfigAddress { module: Vec::new(), provider: ProviderAddress::implied("test"), alias: None }
}

/// `{ id, name, secret }` with the secret marked.
pub fn object(id: Option<&str>, name: &str) -> Value {
    let id = id.map_or_else(|| Value::unknown_not_null(Type::String), Value::string);
    Value::object([("id", id), ("name", Value::string(name)), ("secret", Value::string("hunter22"))])
}

pub fn marked(value: Value) -> Value {
    let secret = value.get("secret").cloned().expect("every thing has a secret");
    value.with_attribute("secret", secret.sensitive())
}

pub struct TestSpec {
    address: ProviderAddress,
    thing: TestThing,
}

struct TestThing(Schema);

impl Default for TestSpec {
    fn default() -> Self {
        Self { address: ProviderAddress::implied("test"), thing: TestThing(schema()) }
    }
}

impl ResourceSpec for TestThing {
    fn schema(&self) -> &Schema {
        &self.0
    }
}

impl ProviderSpec for TestSpec {
    fn address(&self) -> &ProviderAddress {
        &self.address
    }
    fn version(&self) -> &str {
        "1"
    }
    fn config_schema(&self) -> &Schema {
        &self.thing.0
    }
    fn resource(&self, kind: &str) -> Option<&dyn ResourceSpec> {
        (kind == KIND).then_some(&self.thing as _)
    }
    fn data_source(&self, _: &str) -> Option<&Schema> {
        None
    }
    fn resource_kinds(&self) -> Vec<&str> {
        vec![KIND]
    }
    fn data_kinds(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Catalog for TestSpec {
    fn spec(&self, address: &ProviderAddress) -> Option<&dyn ProviderSpec> {
        (*address == self.address).then_some(self as _)
    }
    fn supported(&self) -> Vec<ProviderAddress> {
        vec![self.address.clone()]
    }
}
