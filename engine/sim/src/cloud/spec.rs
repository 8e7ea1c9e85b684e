//! The pure half of the simulated provider: its schemas. Planning is left to the schemas.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::schema::Schema;
use evenkeel_model::{ProviderAddress, Type, Value};
use evenkeel_provider::{Catalog, ProviderSpec, ResourceSpec};
use serde_json::json;

/// The managed resource types of the simulated cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Has a natural key: its name is unique in the cloud.
    Net,
    /// Never needs a replacement.
    Pool,
    /// Lives in a net; may come after another node, which the cloud does not enforce.
    Node,
    /// Belongs to a node for life, may use another pool any time.
    Rule,
    /// Points to a node, any time to another one.
    Alias,
}

impl Kind {
    /// All of them, each after those it may refer to.
    pub const ALL: [Self; 5] = [Self::Net, Self::Pool, Self::Node, Self::Rule, Self::Alias];

    /// The resource type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Net => "sim_net",
            Self::Pool => "sim_pool",
            Self::Node => "sim_node",
            Self::Rule => "sim_rule",
            Self::Alias => "sim_alias",
        }
    }

    /// The kind with a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The attributes that hold the identifier of another object, and whether the cloud refuses to
    /// delete that one meanwhile.
    pub fn references(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::Net | Self::Pool => &[],
            Self::Node => &[("net_id", true), ("after_id", false)],
            Self::Rule => &[("node_id", true), ("pool_id", true)],
            Self::Alias => &[("node_id", true)],
        }
    }

    /// The attributes that a stranger may change.
    pub fn editable(self) -> &'static [&'static str] {
        match self {
            Self::Net | Self::Pool => &["label"],
            Self::Node => &["size", "image", "tags"],
            Self::Rule => &["port"],
            Self::Alias => &["label"],
        }
    }

    fn attributes(self) -> serde_json::Value {
        match self {
            Self::Net => json!({
                "id": {"type": "string", "computed": true},
                "name": {"type": "string", "required": true, "force_new": true},
                "label": {"type": "string", "optional": true},
                "revision": {"type": "number", "computed": true, "recompute_on": ["*"]},
            }),
            Self::Pool => json!({
                "id": {"type": "string", "computed": true},
                "label": {"type": "string", "optional": true},
            }),
            Self::Node => json!({
                "id": {"type": "string", "computed": true},
                "net_id": {"type": "string", "required": true, "force_new": true},
                "after_id": {"type": "string", "optional": true},
                "size": {"type": "string", "optional": true, "default": "small"},
                "image": {"type": "string", "optional": true, "computed": true, "force_new": true},
                "tags": {"type": ["map", "string"], "optional": true},
                "address": {"type": "string", "computed": true},
            }),
            Self::Rule => json!({
                "id": {"type": "string", "computed": true},
                "node_id": {"type": "string", "required": true, "force_new": true},
                "pool_id": {"type": "string", "optional": true},
                "port": {"type": "number", "required": true},
                "key": {"type": "string", "optional": true, "write_only": true},
                "revision": {"type": "number", "computed": true, "recompute_on": ["*"]},
            }),
            Self::Alias => json!({
                "id": {"type": "string", "computed": true},
                "node_id": {"type": "string", "required": true},
                "label": {"type": "string", "optional": true},
            }),
        }
    }
}

/// What the cloud gives an attribute that is left to it.
pub fn computed(kind: Kind, id: &str, attribute: &str) -> Value {
    match (kind, attribute) {
        (_, "id") => Value::string(id),
        (_, "revision") => Value::number(1),
        (Kind::Node, "image") => Value::string("standard"),
        (Kind::Node, "address") => Value::string(format!("addr-{id}")),
        _ => Value::null(Type::String),
    }
}

/// What an ephemeral resource gives that is opened for something.
pub fn lease(subject: &str) -> String {
    format!("{LEASE}{subject}")
}

/// How everything begins that only ephemeral resources give, which nothing that is kept may hold.
pub const LEASE: &str = "key to ";

/// What the data source says.
pub fn echo(input: &str) -> String {
    format!("echo of {input}")
}

fn schema(name: &str, attributes: serde_json::Value) -> Schema {
    // Nets are taken to hold data, so that the governor has something to look after.
    let stateful = name == Kind::Net.name();
    let schema = json!({"type_name": name, "stateful": stateful, "block": {"attributes": attributes}});
    serde_json::from_value(schema).expect("the schemas above are well formed")
}

struct Resource(Schema);

impl ResourceSpec for Resource {
    fn schema(&self) -> &Schema {
        &self.0
    }
}

/// The pure half of the simulated provider, and a catalog with nothing else in it.
pub struct SimSpec {
    address: ProviderAddress,
    config: Schema,
    resources: BTreeMap<Arc<str>, Resource>,
    echo: Schema,
    lease: Schema,
}

impl Default for SimSpec {
    fn default() -> Self {
        let resources = Kind::ALL
            .into_iter()
            .map(|kind| (Arc::from(kind.name()), Resource(schema(kind.name(), kind.attributes()))));
        let echo = json!({
            "input": {"type": "string", "required": true},
            "output": {"type": "string", "computed": true},
        });
        let lease = json!({
            "subject": {"type": "string", "required": true},
            "key": {"type": "string", "computed": true},
        });
        Self {
            address: ProviderAddress::implied("sim"),
            config: schema("sim", json!({"region": {"type": "string", "optional": true}})),
            resources: resources.collect(),
            echo: schema("sim_echo", echo),
            lease: schema("sim_lease", lease),
        }
    }
}

impl ProviderSpec for SimSpec {
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
        self.resources.get(kind).map(|resource| resource as &dyn ResourceSpec)
    }

    fn data_source(&self, kind: &str) -> Option<&Schema> {
        (kind == "sim_echo").then_some(&self.echo)
    }

    fn ephemeral(&self, kind: &str) -> Option<&Schema> {
        (kind == "sim_lease").then_some(&self.lease)
    }

    fn ephemeral_kinds(&self) -> Vec<&str> {
        vec!["sim_lease"]
    }

    fn resource_kinds(&self) -> Vec<&str> {
        self.resources.keys().map(|name| &**name).collect()
    }

    fn data_kinds(&self) -> Vec<&str> {
        vec!["sim_echo"]
    }
}

impl Catalog for SimSpec {
    fn spec(&self, address: &ProviderAddress) -> Option<&dyn ProviderSpec> {
        (*address == self.address).then_some(self as &dyn ProviderSpec)
    }

    fn supported(&self) -> Vec<ProviderAddress> {
        vec![self.address.clone()]
    }
}
