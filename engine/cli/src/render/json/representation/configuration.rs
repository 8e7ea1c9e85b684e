//! `configuration` of a plan: what is declared, with the constants and references of its expressions.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::ast::{Body, Expr};
use evenkeel_lang::config::{
    Configuration, Module, ModuleCall, Output, Provisioner, Reference, Referenced, Resource, Variable,
    constant_value,
};
use evenkeel_model::schema::Block;
use evenkeel_model::{ModuleAddress, ResourceAddress, ResourceMode};
use serde_json::{Map, Value as Json, json};

use super::super::super::Schemas;
use super::providers::Providers;
use super::references::names;
use super::value::clear;

/// A deeper tree of modules is cut off here; the loader allows less.
const DEPTH_MAX: usize = 100;

/// The whole configuration.
pub(super) fn configuration(configuration: &Configuration, schemas: Schemas<'_>) -> Json {
    let mut out = Map::new();
    let subject = Subject { configuration, schemas, providers: Providers::of(configuration) };
    out.insert("root_module".into(), module(&subject, &mut Vec::new(), configuration.root()));
    let providers = subject.providers.document();
    if !providers.is_empty() {
        out.insert("provider_config".into(), Json::Object(providers));
    }
    Json::Object(out)
}

/// What is described, and what is needed for that.
struct Subject<'a> {
    configuration: &'a Configuration,
    schemas: Schemas<'a>,
    providers: Providers,
}

fn module(subject: &Subject<'_>, path: &mut Vec<Arc<str>>, module: &Module) -> Json {
    let mut out = Map::new();
    let mut put = |name: &str, entries: Map<String, Json>| {
        if !entries.is_empty() {
            out.insert(name.to_owned(), Json::Object(entries));
        }
    };
    put("outputs", module.outputs.iter().map(|(name, found)| (name.to_string(), output(found))).collect());
    put(
        "variables",
        module.variables.iter().map(|(name, found)| (name.to_string(), variable(found))).collect(),
    );
    put("module_calls", calls(subject, path, module));
    let resources: Vec<Json> =
        module.resources.values().map(|found| resource(subject, path, found)).collect();
    if !resources.is_empty() {
        out.insert("resources".into(), json!(resources));
    }
    Json::Object(out)
}

fn calls(subject: &Subject<'_>, path: &mut Vec<Arc<str>>, parent: &Module) -> Map<String, Json> {
    let mut out = Map::new();
    if path.len() >= DEPTH_MAX {
        return out;
    }
    for (name, call) in &parent.calls {
        path.push(name.clone());
        let inner = subject.configuration.module(path).map(|inner| module(subject, path, inner));
        path.pop();
        out.insert(name.to_string(), module_call(call, inner));
    }
    out
}

fn module_call(call: &ModuleCall, inner: Option<Json>) -> Json {
    let mut out = json!({ "module": inner.unwrap_or_else(|| json!({})) });
    if let Some(source) = &call.source {
        out["source"] = json!(source.to_string());
    }
    let inputs: Map<String, Json> =
        call.inputs.iter().map(|(name, value)| (name.to_string(), expression(value))).collect();
    if !inputs.is_empty() {
        out["expressions"] = Json::Object(inputs);
    }
    repetition(&mut out, call.count.as_ref(), call.for_each.as_ref(), &call.depends_on);
    out
}

fn output(output: &Output) -> Json {
    let mut out = json!({ "expression": expression(&output.value) });
    if output.sensitive {
        out["sensitive"] = json!(true);
    }
    if let Some(description) = &output.description {
        out["description"] = json!(&**description);
    }
    depends_on(&mut out, &output.depends_on);
    out
}

fn variable(variable: &Variable) -> Json {
    let mut out = json!({});
    if let Some(default) = &variable.default {
        // It stands in the files for everybody to read.
        out["default"] = clear(&default.clone().unmark_deep().0);
    }
    if let Some(description) = &variable.description {
        out["description"] = json!(&**description);
    }
    if variable.sensitive {
        out["sensitive"] = json!(true);
    }
    out
}

fn resource(subject: &Subject<'_>, path: &[Arc<str>], resource: &Resource) -> Json {
    let key = &resource.key;
    let address = ResourceAddress {
        module: ModuleAddress::root(),
        mode: key.mode,
        kind: key.kind.clone(),
        name: key.name.clone(),
    };
    let schema = (subject.schemas)(&address);
    let mut out = json!({
        "address": key.to_string(),
        "mode": match key.mode {
            ResourceMode::Managed => "managed",
            ResourceMode::Data => "data",
            ResourceMode::Ephemeral => "ephemeral",
        },
        "type": &*key.kind,
        "name": &*key.name,
        "provider_config_key": subject.providers.key_of(path, resource),
        "schema_version": schema.as_ref().map_or(0, |schema| schema.version),
    });
    let expressions = expressions(&resource.body, schema.as_ref().map(|schema| &schema.block));
    if !expressions.is_empty() {
        out["expressions"] = Json::Object(expressions);
    }
    let provisioners: Vec<Json> = resource.provisioners.iter().map(provisioner).collect();
    if !provisioners.is_empty() {
        out["provisioners"] = json!(provisioners);
    }
    repetition(&mut out, resource.count.as_ref(), resource.for_each.as_ref(), &resource.depends_on);
    out
}

fn provisioner(provisioner: &Provisioner) -> Json {
    let mut out = json!({ "type": &*provisioner.kind });
    let expressions = expressions(&provisioner.body, None);
    if !expressions.is_empty() {
        out["expressions"] = Json::Object(expressions);
    }
    out
}

fn repetition(out: &mut Json, count: Option<&Expr>, for_each: Option<&Expr>, needs: &[Referenced]) {
    if let Some(count) = count.and_then(expression_if_any) {
        out["count_expression"] = count;
    }
    if let Some(for_each) = for_each.and_then(expression_if_any) {
        out["for_each_expression"] = for_each;
    }
    depends_on(out, needs);
}

fn depends_on(out: &mut Json, needs: &[Referenced]) {
    if !needs.is_empty() {
        out["depends_on"] = needs.iter().filter_map(|found| name_of(&found.reference)).collect();
    }
}

/// The arguments of a body, and those of the blocks that the schema knows.
pub(super) fn expressions(body: &Body, schema: Option<&Block>) -> Map<String, Json> {
    let mut out: Map<String, Json> = body
        .attributes
        .iter()
        .map(|attribute| (attribute.name.to_string(), expression(&attribute.value)))
        .collect();
    let mut blocks: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
    for block in body.blocks.iter() {
        let nested = schema.and_then(|schema| schema.block_types.get(&block.kind));
        let inner = Json::Object(expressions(&block.body, nested.map(|nested| &nested.block)));
        blocks.entry(&block.kind).or_default().push(inner);
    }
    out.extend(blocks.into_iter().map(|(kind, blocks)| (kind.to_owned(), Json::Array(blocks))));
    out
}

/// What an expression is or refers to.
fn expression(expr: &Expr) -> Json {
    let names = names(expr);
    if !names.is_empty() {
        return json!({ "references": names });
    }
    match constant_value(expr) {
        Some(value) => json!({ "constant_value": clear(&value) }),
        None => json!({}),
    }
}

/// The same, where nothing can be said of some expressions.
fn expression_if_any(expr: &Expr) -> Option<Json> {
    Some(expression(expr)).filter(|said| *said != json!({}))
}

/// A name for what something depends on.
fn name_of(reference: &Reference) -> Option<String> {
    Some(match reference {
        Reference::Variable(name) => format!("var.{name}"),
        Reference::Local(name) => format!("local.{name}"),
        Reference::Resource(key) => key.to_string(),
        Reference::Module { name, output: Some(output) } => format!("module.{name}.{output}"),
        Reference::Module { name, output: None } => format!("module.{name}"),
        Reference::EachKey => "each.key".to_owned(),
        Reference::EachValue => "each.value".to_owned(),
        Reference::Count => "count.index".to_owned(),
        Reference::Path => "path.module".to_owned(),
        Reference::Terraform => "terraform.workspace".to_owned(),
        Reference::SelfRef => return None,
    })
}
