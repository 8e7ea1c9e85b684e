//! `configuration` of a plan: what is declared, with the constants and references of its expressions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::ast::{Body, Expr};
use evenkeel_lang::config::{
    Configuration, Module, ModuleCall, Output, Reference, Referenced, Resource, Variable, constant_value,
    references,
};
use evenkeel_model::schema::Block;
use evenkeel_model::{ModuleAddress, ResourceAddress, ResourceMode};
use serde_json::{Map, Value as Json, json};

use super::super::super::Schemas;
use super::value::clear;

/// A deeper tree of modules is cut off here; the loader allows less.
const DEPTH_MAX: usize = 100;

/// The whole configuration.
pub(super) fn configuration(configuration: &Configuration, schemas: Schemas<'_>) -> Json {
    let mut providers = Map::new();
    for (path, module) in &configuration.modules {
        add_providers(path, module, &mut providers);
    }
    let mut out = Map::new();
    if !providers.is_empty() {
        out.insert("provider_config".into(), Json::Object(providers));
    }
    out.insert("root_module".into(), module(configuration, schemas, &mut Vec::new(), configuration.root()));
    Json::Object(out)
}

/// Every provider that a module uses, under the key that its resources name.
fn add_providers(path: &[Arc<str>], module: &Module, providers: &mut Map<String, Json>) {
    let address = path.iter().map(|name| format!("module.{name}")).collect::<Vec<_>>().join(".");
    let mut put = |name: &str, alias: Option<&str>| {
        let mut key = if path.is_empty() { name.to_owned() } else { format!("{address}:{name}") };
        let mut out = json!({ "name": name, "full_name": module.provider_source(name).to_string() });
        if let Some(alias) = alias {
            key = format!("{key}.{alias}");
            out["alias"] = json!(alias);
        }
        if !path.is_empty() {
            out["module_address"] = json!(address);
        }
        providers.entry(key).or_insert(out);
    };
    for block in &module.providers {
        put(&block.name, block.alias.as_deref());
    }
    // Modules below take the root's where they have no block of their own.
    if path.is_empty() {
        module.resources.values().for_each(|resource| put(resource.provider_name(), None));
    }
}

fn module(
    configuration: &Configuration,
    schemas: Schemas<'_>,
    path: &mut Vec<Arc<str>>,
    module: &Module,
) -> Json {
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
    put("module_calls", calls(configuration, schemas, path, module));
    let resources: Vec<Json> = module.resources.values().map(|found| resource(schemas, found)).collect();
    if !resources.is_empty() {
        out.insert("resources".into(), json!(resources));
    }
    Json::Object(out)
}

fn calls(
    configuration: &Configuration,
    schemas: Schemas<'_>,
    path: &mut Vec<Arc<str>>,
    parent: &Module,
) -> Map<String, Json> {
    let mut out = Map::new();
    if path.len() >= DEPTH_MAX {
        return out;
    }
    for (name, call) in &parent.calls {
        path.push(name.clone());
        let inner = configuration.module(path).map(|inner| module(configuration, schemas, path, inner));
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
    if output.ephemeral {
        out["ephemeral"] = json!(true);
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
        out["default"] = clear(default);
    }
    if let Some(description) = &variable.description {
        out["description"] = json!(&**description);
    }
    if variable.sensitive {
        out["sensitive"] = json!(true);
    }
    if variable.ephemeral {
        out["ephemeral"] = json!(true);
    }
    out
}

fn resource(schemas: Schemas<'_>, resource: &Resource) -> Json {
    let key = &resource.key;
    let address = ResourceAddress {
        module: ModuleAddress::root(),
        mode: key.mode,
        kind: key.kind.clone(),
        name: key.name.clone(),
    };
    let schema = schemas(&address);
    let mut provider = resource.provider_name().to_owned();
    if let Some(alias) = resource.provider.as_ref().and_then(|provider| provider.alias.as_ref()) {
        provider = format!("{provider}.{alias}");
    }
    let mut out = json!({
        "address": key.to_string(),
        "mode": if key.mode == ResourceMode::Managed { "managed" } else { "data" },
        "type": &*key.kind,
        "name": &*key.name,
        "provider_config_key": provider,
        "schema_version": schema.as_ref().map_or(0, |schema| schema.version),
    });
    let expressions = expressions(&resource.body, schema.as_ref().map(|schema| &schema.block));
    if !expressions.is_empty() {
        out["expressions"] = Json::Object(expressions);
    }
    repetition(&mut out, resource.count.as_ref(), resource.for_each.as_ref(), &resource.depends_on);
    out
}

fn repetition(out: &mut Json, count: Option<&Expr>, for_each: Option<&Expr>, needs: &[Referenced]) {
    if let Some(count) = count {
        out["count_expression"] = expression(count);
    }
    if let Some(for_each) = for_each {
        out["for_each_expression"] = expression(for_each);
    }
    depends_on(out, needs);
}

fn depends_on(out: &mut Json, needs: &[Referenced]) {
    if !needs.is_empty() {
        out["depends_on"] = needs.iter().filter_map(|found| name_of(&found.reference)).collect();
    }
}

/// The arguments of a body, and those of the blocks that the schema knows.
fn expressions(body: &Body, schema: Option<&Block>) -> Map<String, Json> {
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
    match constant(expr) {
        Some(value) => json!({ "constant_value": value }),
        None => json!({}),
    }
}

fn constant(expr: &Expr) -> Option<Json> {
    constant_value(expr).map(|value| clear(&value))
}

/// What an expression refers to, each once, in order.
fn names(expr: &Expr) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let found = references(expr).into_iter().filter_map(|found| name_of(&found.reference));
    found.filter(|name| seen.insert(name.clone())).collect()
}

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
