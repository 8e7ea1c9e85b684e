//! `provider_config` of a configuration: the provider configurations of all modules, each under the key that
//! resources name. What a module takes over from its caller has no entry of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::config::{Configuration, Module, ModuleCall, ProviderBlock, Resource};
use evenkeel_model::ProviderAddress;
use serde_json::{Map, Value as Json, json};

use super::configuration::expressions;

/// The provider configurations of a configuration.
pub(super) struct Providers(BTreeMap<String, Entry>);

struct Entry {
    json: Json,
    provider: ProviderAddress,
    /// The key of the configuration that it is, where a caller hands it over.
    source: Option<String>,
}

impl Providers {
    /// Finds all of them.
    pub(super) fn of(configuration: &Configuration) -> Self {
        let mut all = Self(BTreeMap::new());
        // Callers sort before what they call.
        for (path, module) in &configuration.modules {
            all.add(path, module);
            for call in module.calls.values() {
                all.pass(configuration, path, call);
            }
        }
        all
    }

    /// `provider_config`
    pub(super) fn document(self) -> Map<String, Json> {
        let own = self.0.into_iter().filter(|(_, entry)| entry.source.is_none());
        own.map(|(key, entry)| (key, entry.json)).collect()
    }

    /// The key of the configuration that manages a resource.
    pub(super) fn key_of(&self, path: &[Arc<str>], resource: &Resource) -> String {
        let alias = resource.provider.as_ref().and_then(|provider| provider.alias.as_deref());
        let key = key(path, &local(resource.provider_name(), alias));
        self.0.get(&key).and_then(|entry| entry.source.clone()).unwrap_or(key)
    }

    fn add(&mut self, path: &[Arc<str>], module: &Module) {
        for block in &module.providers {
            self.0.insert(
                key(path, &local(&block.name, block.alias.as_deref())),
                Entry {
                    json: of_block(path, module, block),
                    provider: module.provider_source(&block.name),
                    source: None,
                },
            );
        }
        for (name, required) in &module.required_providers {
            for alias in &required.aliases {
                self.declare(path, name, &local(name, Some(alias)), module, false);
            }
            self.declare(path, name, name, module, true);
        }
        for resource in module.resources.values() {
            let provider = module.provider_source(resource.provider_name());
            let name = provider.kind.clone();
            if module.provider_source(&name) == provider {
                self.declare(path, &name, &name, module, true);
            }
        }
    }

    /// A configuration that has no block: empty, or the caller's of the same name.
    fn declare(&mut self, path: &[Arc<str>], name: &str, local: &str, module: &Module, inherited: bool) {
        let key = key(path, local);
        if self.0.contains_key(&key) {
            return;
        }
        let provider = module.provider_source(name);
        let mut json = head(path, name, &provider);
        if let Some(constraint) = constraint(module, name) {
            json["version_constraint"] = json!(constraint);
        }
        let source = path
            .split_last()
            .filter(|_| inherited)
            .and_then(|(_, parent)| self.source(&self::key(parent, name), &provider));
        self.0.insert(key, Entry { json, provider, source });
    }

    /// What a call hands over.
    fn pass(&mut self, configuration: &Configuration, path: &[Arc<str>], call: &ModuleCall) {
        let mut inner = path.to_vec();
        inner.push(call.name.clone());
        let Some(callee) = configuration.module(&inner) else { return };
        for (name, given) in &call.providers {
            let provider = callee.provider_source(name.split('.').next().unwrap_or(name));
            let source = self.source(&key(path, &given.to_string()), &provider);
            self.0.insert(key(&inner, name), Entry { json: head(&inner, name, &provider), provider, source });
        }
    }

    /// Where a configuration comes from in the end.
    fn source(&self, key: &str, provider: &ProviderAddress) -> Option<String> {
        let entry = self.0.get(key).filter(|entry| entry.provider == *provider)?;
        Some(entry.source.clone().unwrap_or_else(|| key.to_owned()))
    }
}

fn key(path: &[Arc<str>], local: &str) -> String {
    if path.is_empty() { local.to_owned() } else { format!("{}:{local}", address(path)) }
}

fn local(name: &str, alias: Option<&str>) -> String {
    alias.map_or_else(|| name.to_owned(), |alias| format!("{name}.{alias}"))
}

fn address(path: &[Arc<str>]) -> String {
    path.iter().map(|name| format!("module.{name}")).collect::<Vec<_>>().join(".")
}

fn head(path: &[Arc<str>], name: &str, provider: &ProviderAddress) -> Json {
    let mut out = json!({ "name": name, "full_name": provider.to_string() });
    if !path.is_empty() {
        out["module_address"] = json!(address(path));
    }
    out
}

fn of_block(path: &[Arc<str>], module: &Module, block: &ProviderBlock) -> Json {
    let mut out = head(path, &block.name, &module.provider_source(&block.name));
    if let Some(alias) = &block.alias {
        out["alias"] = json!(&**alias);
    }
    if let Some(constraint) = constraint(module, &block.name) {
        out["version_constraint"] = json!(constraint);
    }
    let expressions = expressions(&block.body, None);
    if !expressions.is_empty() {
        out["expressions"] = Json::Object(expressions);
    }
    out
}

/// All that a module says about the version of a provider.
fn constraint(module: &Module, name: &str) -> Option<String> {
    let required = module.required_providers.get(name).and_then(|required| required.version.as_deref());
    let blocks = module.providers.iter().filter(|block| &*block.name == name);
    let all: Vec<&str> =
        required.into_iter().chain(blocks.filter_map(|block| block.version.as_deref())).collect();
    (!all.is_empty()).then(|| all.join(", "))
}
