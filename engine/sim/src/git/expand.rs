//! The objects a configuration stands for: the oracle that a converged cloud is compared with.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{
    InstanceAddress, InstanceKey, ModuleAddress, ResourceAddress, ResourceMode, Type, Value,
};

use super::model::{Argument, Block, Call, Config, Pick, Reference, Repeat, Through};
use crate::cloud::spec::Kind;

/// An object that must exist.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// Its instance.
    pub address: InstanceAddress,
    /// Its attributes; ones that are left out may be anything.
    pub attributes: BTreeMap<&'static str, Want>,
}

/// What an attribute must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// This.
    Is(Value),
    /// The identifier of that instance's object.
    IdOf(InstanceAddress),
    /// This map, with what the data source says of that instance's identifier under `echo`.
    Tags(BTreeMap<String, String>, InstanceAddress),
}

/// All objects that a configuration stands for.
pub fn objects(config: &Config) -> Vec<Expected> {
    let root = config.blocks.iter().flat_map(|block| {
        keys(&block.repeat).into_iter().map(|key| Expected {
            address: resource(block.kind, &block.name, &ModuleAddress::root()).instance(key.clone()),
            attributes: attributes(config, block, key.as_ref()),
        })
    });
    root.chain(config.calls.iter().flat_map(called)).collect()
}

fn keys(repeat: &Repeat) -> Vec<Option<InstanceKey>> {
    match repeat {
        Repeat::Single => vec![None],
        Repeat::Count(count) => (0..*count).map(|index| Some(InstanceKey::Int(index))).collect(),
        Repeat::Keys(keys) => keys.iter().map(|key| Some(InstanceKey::String(key.clone()))).collect(),
    }
}

fn resource(kind: Kind, name: &Arc<str>, module: &ModuleAddress) -> ResourceAddress {
    let mode = ResourceMode::Managed;
    ResourceAddress { module: module.clone(), mode, kind: kind.name().into(), name: name.clone() }
}

fn attributes(config: &Config, block: &Block, key: Option<&InstanceKey>) -> BTreeMap<&'static str, Want> {
    let mut wants: BTreeMap<&'static str, Want> = defaults(block.kind).collect();
    for (name, argument) in &block.arguments {
        let want = match argument {
            Argument::Text(text) | Argument::Local(text) | Argument::Secret(text) => {
                Want::Is(Value::string(text))
            }
            Argument::PerInstance(prefix) => Want::Is(Value::string(per_instance(prefix, key))),
            Argument::Number(number) => Want::Is(Value::number(*number)),
            Argument::Id(reference) => Want::IdOf(target(reference, key)),
            Argument::Tags(tags, None) => Want::Is(map(tags)),
            Argument::Tags(tags, Some(echo)) => match config.echoes.get(echo) {
                Some(reference) => Want::Tags(tags.clone(), target(reference, None)),
                None => Want::Is(map(tags)),
            },
        };
        wants.insert(name, want);
    }
    // It may be anything: what it was made with, or what somebody else made of it.
    block.ignored.map(|name| wants.remove(name));
    wants
}

fn defaults(kind: Kind) -> impl Iterator<Item = (&'static str, Want)> {
    let text = || Want::Is(Value::null(Type::String));
    let wants = match kind {
        Kind::Net | Kind::Pool | Kind::Alias => vec![("label", text())],
        Kind::Node => vec![
            ("after_id", text()),
            ("size", Want::Is(Value::string("small"))),
            ("tags", Want::Is(Value::null(Type::map(Type::String)))),
        ],
        Kind::Rule => vec![("pool_id", text())],
    };
    wants.into_iter()
}

fn map(tags: &BTreeMap<String, String>) -> Value {
    Value::map(Type::String, tags.iter().map(|(key, text)| (key.as_str(), Value::string(text))))
}

/// Text that differs from instance to instance.
fn per_instance(prefix: &str, key: Option<&InstanceKey>) -> String {
    match key {
        None => prefix.to_owned(),
        Some(InstanceKey::Int(index)) => format!("{prefix}-{index}"),
        Some(InstanceKey::String(key)) => format!("{prefix}-{key}"),
    }
}

/// The instance that a reference means, seen from the instance with a key.
fn target(reference: &Reference, own: Option<&InstanceKey>) -> InstanceAddress {
    let key = match &reference.pick {
        Pick::Only => None,
        Pick::Index(index) => Some(InstanceKey::Int(*index)),
        Pick::Key(key) => Some(InstanceKey::String(key.clone())),
        Pick::Same => own.cloned(),
    };
    match reference.through {
        Through::Resource => resource(reference.kind, &reference.name, &ModuleAddress::root()).instance(key),
        Through::Module => {
            let module = ModuleAddress::root().child(reference.name.clone(), key);
            resource(Kind::Node, &"this".into(), &module).instance(Some(InstanceKey::Int(0)))
        }
    }
}

/// The objects of a module call: see the module's text in [`super::render`].
fn called(call: &Call) -> impl Iterator<Item = Expected> + use<> {
    let mut found = Vec::new();
    for key in keys(&call.repeat) {
        let module = ModuleAddress::root().child(call.name.clone(), key.clone());
        let net = target(&call.net, key.as_ref());
        for index in 0..call.nodes {
            let instance = Some(InstanceKey::Int(index));
            let node = resource(Kind::Node, &"this".into(), &module).instance(instance.clone());
            let rule = resource(Kind::Rule, &"this".into(), &module).instance(instance);
            let mut wants: BTreeMap<&'static str, Want> = defaults(Kind::Node).collect();
            wants.insert("net_id", Want::IdOf(net.clone()));
            wants.insert("size", Want::Is(Value::string(&call.size)));
            found.push(Expected { address: node.clone(), attributes: wants });
            let mut wants: BTreeMap<&'static str, Want> = defaults(Kind::Rule).collect();
            wants.insert("node_id", Want::IdOf(node));
            wants.insert("port", Want::Is(Value::number(80 + index.cast_signed())));
            found.push(Expected { address: rule, attributes: wants });
        }
        let first = resource(Kind::Node, &"this".into(), &module).instance(Some(InstanceKey::Int(0)));
        for leaf in 0..call.leaves {
            let inner = module.child("leaf", Some(InstanceKey::Int(leaf)));
            let rule = resource(Kind::Rule, &"leaf".into(), &inner).instance(None);
            let mut wants: BTreeMap<&'static str, Want> = defaults(Kind::Rule).collect();
            wants.insert("node_id", Want::IdOf(first.clone()));
            wants.insert("port", Want::Is(Value::number(7)));
            found.push(Expected { address: rule, attributes: wants });
        }
    }
    found.into_iter()
}
