//! `providers schema -json` and `metadata functions -json`: what providers and the language know.

use std::collections::BTreeSet;

use evenkeel_lang::functions::{self, Function, Parameter};
use evenkeel_model::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use evenkeel_model::{ProviderAddress, Type};
use evenkeel_provider::{Catalog, ProviderSpec};
use serde_json::{Map, Value as Json, json};

/// What the functions of the built-in provider begin with.
const BUILTIN: &str = "provider::terraform::";

/// The schemas of some providers, format version 1.0.
pub fn provider_schemas(catalog: &dyn Catalog, wanted: &BTreeSet<ProviderAddress>) -> Json {
    let mut all = Map::new();
    for address in wanted {
        if let Some(spec) = catalog.spec(address) {
            all.insert(address.to_string(), of_provider(spec));
        }
    }
    let mut out = json!({ "format_version": "1.0" });
    if !all.is_empty() {
        out["provider_schemas"] = Json::Object(all);
    }
    out
}

fn of_provider(spec: &dyn ProviderSpec) -> Json {
    let resources = spec
        .resource_kinds()
        .into_iter()
        .filter_map(|kind| Some((kind.to_owned(), schema(spec.resource(kind)?.schema()))));
    let data = spec
        .data_kinds()
        .into_iter()
        .filter_map(|kind| Some((kind.to_owned(), schema(spec.data_source(kind)?))));
    let is_builtin = *spec.address() == ProviderAddress::implied("terraform");
    let mut out = json!({ "provider": schema(spec.config_schema()) });
    let functions = if is_builtin { signatures(|name| name.strip_prefix(BUILTIN)) } else { Map::default() };
    let parts = [
        ("resource_schemas", resources.collect::<Map<_, _>>()),
        ("data_source_schemas", data.collect()),
        ("functions", functions),
    ];
    for (name, part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
        out[name] = Json::Object(part);
    }
    out
}

fn schema(schema: &Schema) -> Json {
    let mut inner = block(&schema.block);
    if inner.as_object().is_some_and(Map::is_empty) {
        return json!({ "version": schema.version });
    }
    inner["description_kind"] = json!("plain");
    if !schema.description.is_empty() {
        inner["description"] = json!(schema.description);
    }
    json!({ "version": schema.version, "block": inner })
}

fn block(block: &Block) -> Json {
    let mut out = Map::new();
    let attributes: Map<String, Json> =
        block.attributes.iter().map(|(name, found)| (name.to_string(), attribute(found))).collect();
    let nested: Map<String, Json> =
        block.block_types.iter().map(|(name, found)| (name.to_string(), nested_block(found))).collect();
    for (name, part) in [("attributes", attributes), ("block_types", nested)] {
        if !part.is_empty() {
            out.insert(name.to_owned(), Json::Object(part));
        }
    }
    Json::Object(out)
}

fn attribute(attribute: &Attribute) -> Json {
    let mut out = json!({ "type": attribute.ty.to_json(), "description_kind": "plain" });
    if !attribute.description.is_empty() {
        out["description"] = json!(attribute.description);
    }
    let flags = [
        ("required", attribute.required),
        ("optional", attribute.optional),
        ("computed", attribute.computed),
        ("sensitive", attribute.sensitive),
        ("write_only", attribute.write_only),
        ("deprecated", attribute.deprecated.is_some()),
    ];
    for (name, _) in flags.into_iter().filter(|(_, holds)| *holds) {
        out[name] = json!(true);
    }
    out
}

fn nested_block(nested: &NestedBlock) -> Json {
    let mode = match nested.nesting_mode {
        Nesting::Single => "single",
        Nesting::Group => "group",
        Nesting::List => "list",
        Nesting::Set => "set",
        Nesting::Map => "map",
    };
    let mut inner = block(&nested.block);
    inner["description_kind"] = json!("plain");
    let mut out = json!({ "nesting_mode": mode, "block": inner });
    if nested.min_items > 0 {
        out["min_items"] = json!(nested.min_items);
    }
    if nested.max_items > 0 {
        out["max_items"] = json!(nested.max_items);
    }
    out
}

/// The functions of the language, each also under the name with its namespace, format version 1.0.
pub fn function_signatures() -> Json {
    let core = |name: &'static str| (!name.contains("::")).then_some(name);
    let mut all = signatures(core);
    let named: Vec<(String, Json)> =
        all.iter().map(|(name, signature)| (format!("core::{name}"), signature.clone())).collect();
    all.extend(named);
    json!({ "format_version": "1.0", "function_signatures": all })
}

/// The functions that have a name here.
fn signatures(name: impl Fn(&'static str) -> Option<&'static str>) -> Map<String, Json> {
    functions::names()
        .filter_map(|full| Some((name(full)?.to_owned(), signature(functions::lookup(full)?))))
        .collect()
}

fn signature(function: &Function) -> Json {
    let mut out = json!({
        "description": function.description,
        "return_type": type_of(&function.return_type()),
    });
    if !function.parameters.is_empty() {
        out["parameters"] = function.parameters.iter().map(parameter).collect();
    }
    if let Some(variadic) = &function.variadic {
        out["variadic_parameter"] = parameter(variadic);
    }
    out
}

fn parameter(parameter: &Parameter) -> Json {
    let mut out = json!({ "name": parameter.name, "type": type_of(&parameter.ty()) });
    if parameter.is_nullable() {
        out["is_nullable"] = json!(true);
    }
    out
}

fn type_of(ty: &Type) -> Json {
    ty.to_json()
}
