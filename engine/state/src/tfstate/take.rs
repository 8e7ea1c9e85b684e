//! What a state file means here: the journal entries that take it over.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, InstanceKey, ProviderAddress, ResourceAddress, Type};
use serde_json::Value as Json;

use super::format::{Instance, Output, Resource, TfState};
use super::{Schemas, attributes, paths};
use crate::entry::Entry;
use crate::object::{DeposedKey, Object, ObjectStatus, ProviderConfigAddress};
use crate::snapshot::{OutputValue, Serial};

/// Deeper values cannot be kept.
const DEPTH_MAX: usize = 100;

/// There has to be room for more.
const SERIAL_MAX: u64 = 1 << 53;

/// OpenTofu's registry serves what Terraform's does, and configuration names neither.
const OPENTOFU_HOST: &str = "registry.opentofu.org";

/// The entries that make an empty stack what a state file says.
pub fn entries(file: &TfState, schemas: Schemas<'_, '_>) -> Result<Vec<Entry>, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    if file.serial > SERIAL_MAX {
        diagnostics.push(wrong("serial", "no state is changed so often"));
    }
    let lineage = Arc::from(file.lineage.as_str());
    let mut entries = vec![Entry::TakenOver { lineage, serial: Serial(file.serial) }];
    for (place, resource) in file.resources.iter().enumerate() {
        if resource.mode == "data" {
            continue;
        }
        match objects(resource, schemas) {
            Ok(found) => entries.extend(found),
            Err(Wrong { path, detail }) => {
                diagnostics.push(wrong(&format!("resources[{place}]{path}"), &detail));
            }
        }
    }
    let outputs: BTreeMap<Arc<str>, OutputValue> = file
        .outputs
        .iter()
        .filter_map(|(name, output)| match value(output) {
            Ok(value) => Some((Arc::from(name.as_str()), value)),
            Err(detail) => {
                diagnostics.push(wrong(&format!("outputs.{name}"), &detail));
                None
            }
        })
        .collect();
    entries.push(Entry::Outputs { outputs });
    match diagnostics.has_errors() {
        true => Err(diagnostics),
        false => Ok(entries),
    }
}

/// What is wrong inside of a resource, and where.
struct Wrong {
    path: String,
    detail: String,
}

fn wrong(path: &str, detail: &str) -> Diagnostic {
    Diagnostic::error("Invalid state file", format!("At {path}: {detail}."))
}

fn value(output: &Output) -> Result<OutputValue, String> {
    let ty = Type::from_json(&output.ty).map_err(|error| format!("the type cannot be read: {error}"))?;
    let value = attributes::typed(&output.value, &ty);
    check(&value, &Type::Dynamic)?;
    Ok(OutputValue { value: Arc::new(value), sensitive: output.sensitive })
}

fn objects(resource: &Resource, schemas: Schemas<'_, '_>) -> Result<Vec<Entry>, Wrong> {
    let at = |path: &str, detail: String| Wrong { path: path.to_owned(), detail };
    if resource.mode != "managed" {
        return Err(at(".mode", format!("\"{}\" is neither managed nor data", resource.mode)));
    }
    let address = address(resource).map_err(|detail| at("", detail))?;
    let provider = provider(&resource.provider).map_err(|detail| at(".provider", detail))?;
    let schema = schemas(&provider.provider, &resource.kind);
    let entries = resource.instances.iter().enumerate().map(|(place, instance)| {
        let at = |path: &str, detail: String| at(&format!(".instances[{place}]{path}"), detail);
        let key = key(&instance.index_key).map_err(|detail| at(".index_key", detail))?;
        let deposed = deposed(&instance.deposed).map_err(|detail| at(".deposed", detail))?;
        let same =
            schema.filter(|schema| schema.version == instance.schema_version).map(|schema| schema.ty());
        let object = object(instance, &provider, same.as_ref()).map_err(|detail| at("", detail))?;
        Ok(Entry::Observed { address: address.instance(key), deposed, object: Some(Box::new(object)) })
    });
    entries.collect()
}

fn address(resource: &Resource) -> Result<ResourceAddress, String> {
    let dot = if resource.module.is_empty() { "" } else { "." };
    let text = format!("{}{dot}{}.{}", resource.module, resource.kind, resource.name);
    text.parse().map_err(|error| format!("{error}"))
}

/// The provider configuration, whose provider may come from another registry of the same things.
fn provider(text: &str) -> Result<ProviderConfigAddress, String> {
    let mut found: ProviderConfigAddress = text.parse().map_err(|error| format!("{error}"))?;
    if &*found.provider.host == OPENTOFU_HOST {
        found.provider.host = ProviderAddress::DEFAULT_HOST.into();
    }
    Ok(found)
}

fn key(key: &Json) -> Result<Option<InstanceKey>, String> {
    let wrong = || format!("{key} is no key of an instance: a whole number or a string is one");
    match key {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(InstanceKey::String(text.as_str().into()))),
        Json::Number(number) => Ok(Some(InstanceKey::Int(number.as_u64().ok_or_else(wrong)?))),
        _ => Err(wrong()),
    }
}

fn deposed(key: &str) -> Result<Option<DeposedKey>, String> {
    if key.is_empty() {
        return Ok(None);
    }
    let wrong = |_| format!("\"{key}\" is no key of a deposed object: eight hexadecimal digits are one");
    key.parse().map(Some).map_err(wrong)
}

fn object(
    instance: &Instance,
    provider: &ProviderConfigAddress,
    ty: Option<&Type>,
) -> Result<Object, String> {
    if !instance.attributes.is_object() {
        return Err(no_attributes(instance));
    }
    let mut attributes = attributes::encoded(&instance.attributes, ty);
    instance.sensitive_attributes.iter().for_each(|path| paths::mark(&mut attributes, path));
    check(&attributes, ty.unwrap_or(&Type::Dynamic))?;
    let status = match instance.status.as_str() {
        "" => ObjectStatus::Ready,
        "tainted" => ObjectStatus::Tainted,
        other => return Err(format!("the status \"{other}\" is not known")),
    };
    let dependency = |text: &String| {
        text.parse::<ResourceAddress>().map_err(|error| format!("the dependency \"{text}\": {error}"))
    };
    Ok(Object {
        status,
        provider: provider.clone(),
        schema_version: instance.schema_version,
        attributes: attributes.into(),
        dependencies: instance.dependencies.iter().map(dependency).collect::<Result<_, _>>()?,
        create_before_destroy: instance.create_before_destroy,
        token: None,
        private: Some(instance.private.as_str()).filter(|private| !private.is_empty()).map(Arc::from),
    })
}

fn no_attributes(instance: &Instance) -> String {
    match instance.attributes_flat.is_null() {
        true => "the object has no attributes".to_owned(),
        false => {
            "the attributes are in the form of Terraform 0.11 and before, which only the provider can read; \
                  `terraform apply -refresh-only` of Terraform 0.12 or later writes them anew"
                .to_owned()
        }
    }
}

/// Values are only kept that can be read again.
fn check(encoded: &Json, ty: &Type) -> Result<(), String> {
    if depth(encoded) > DEPTH_MAX {
        return Err(format!("the values nest in more than {DEPTH_MAX} levels"));
    }
    let decoded = evenkeel_model::json::decode(encoded, ty);
    decoded.map(drop).map_err(|error| format!("the attributes do not fit their type: {error}"))
}

/// How deep a value nests; what was parsed has an end.
fn depth(json: &Json) -> usize {
    let inside: usize = match json {
        Json::Array(elements) => elements.iter().map(depth).max().unwrap_or(0),
        Json::Object(entries) => entries.values().map(depth).max().unwrap_or(0),
        _ => return 0,
    };
    inside + 1
}
