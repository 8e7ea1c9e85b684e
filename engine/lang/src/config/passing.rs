//! Whether provider configurations are there where they are used: in the module itself, or handed
//! over by its caller.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, ProviderAddress, SourceRange};

use super::{Configuration, Module, ModuleCall, ProviderRef};

/// Reports provider configurations that are missing, cannot be handed over, or are of the wrong
/// provider.
pub(super) fn check_providers(configuration: &Configuration) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (path, module) in &configuration.modules {
        if seen.insert(&module.directory) {
            check_names(module, &mut diagnostics);
        }
        Passing::new(configuration, path, module).check(&mut diagnostics);
    }
    diagnostics
}

/// The local names of one module, whoever calls it.
fn check_names(module: &Module, diagnostics: &mut Diagnostics) {
    let mut first: BTreeMap<&ProviderAddress, &Arc<str>> = BTreeMap::new();
    for (name, required) in &module.required_providers {
        if let Some(other) = first.get(&required.source) {
            let detail = format!(
                "The provider {} is required as \"{name}\" and as \"{other}\". One local name is enough.",
                required.source
            );
            diagnostics
                .push(Diagnostic::warning("Duplicate required provider", detail).at(required.range.clone()));
            continue;
        }
        first.insert(&required.source, name);
    }
    for block in module.providers.iter().filter(|block| block.version.is_some()) {
        if module.provider_source(&block.name) == ProviderAddress::implied("terraform") {
            let detail = "This provider is built in, and has no versions of its own. Remove the constraint.";
            diagnostics.error("Invalid dependency on built-in provider", detail, Some(block.range.clone()));
        }
    }
    for resource in module.resources.values().filter(|resource| resource.provider.is_none()) {
        let name = resource.provider_name();
        if let Err(reason) = ProviderAddress::part(name) {
            let detail =
                format!("\"{name}\", with which the resource type begins, cannot name a provider: {reason}.");
            diagnostics.error("Invalid provider local name", detail, Some(resource.range.clone()));
        } else if !module.required_providers.contains_key(name)
            && let Some(other) = first.get(&ProviderAddress::implied(name))
        {
            let detail = format!(
                "{} means the provider \"{name}\", which is required as \"{other}\". Name it {name} there, or write \
                 provider = {other} here.",
                resource.key
            );
            diagnostics
                .push(Diagnostic::warning("Duplicate required provider", detail).at(resource.range.clone()));
        }
    }
}

/// One module where it is called.
struct Passing<'a> {
    module: &'a Module,
    path: &'a [Arc<str>],
    /// The module that calls it, and how; none for the root.
    caller: Option<(&'a Module, &'a ModuleCall)>,
    /// Why it may not have provider configurations of its own.
    repeated: Option<&'a SourceRange>,
    /// What has a configuration of its own, by name and alias.
    configured: BTreeSet<String>,
    /// Provider blocks that say nothing.
    empty: BTreeMap<String, &'a SourceRange>,
}

impl<'a> Passing<'a> {
    fn new(configuration: &'a Configuration, path: &'a [Arc<str>], module: &'a Module) -> Self {
        let calls: Vec<(&Module, &ModuleCall)> = (0..path.len())
            .filter_map(|depth| {
                let caller = configuration.module(path.get(..depth)?)?;
                Some((caller.as_ref(), caller.calls.get(path.get(depth)?)?))
            })
            .collect();
        let blocks = |empty: bool| module.providers.iter().filter(move |block| block.is_empty() == empty);
        Self {
            module,
            path,
            repeated: calls.iter().rev().find_map(|(_, call)| repeated(call)),
            caller: calls.last().copied(),
            configured: blocks(false).map(|block| block.reference().to_string()).collect(),
            empty: blocks(true).map(|block| (block.reference().to_string(), &block.range)).collect(),
        }
    }

    fn passed(&self) -> impl Iterator<Item = (&'a str, &'a ProviderRef)> + use<'a> {
        let call = self.caller.map(|(_, call)| call);
        call.into_iter().flat_map(|call| call.providers.iter().map(|(inside, outside)| (&**inside, outside)))
    }

    fn is_passed(&self, name: &str) -> bool {
        self.caller.is_some_and(|(_, call)| call.providers.contains_key(name))
    }

    fn check(&self, diagnostics: &mut Diagnostics) {
        self.used(diagnostics);
        self.handed_on(diagnostics);
        let Some((caller, call)) = self.caller else { return };
        self.own(call, diagnostics);
        self.wanted(call, diagnostics);
        for (inside, outside) in self.passed() {
            self.accepted(inside, outside, caller, diagnostics);
        }
        for (name, range) in &self.empty {
            let detail = format!(
                "An empty provider block said, in old versions of Terraform, that the caller hands over a \
                 configuration. Remove it and write an entry for \"{name}\" in required_providers, with \
                 configuration_aliases if it has an alias."
            );
            diagnostics
                .push(Diagnostic::warning("Redundant empty provider block", detail).at((*range).clone()));
        }
    }

    /// What is used by its alias and what is handed on is never inherited: it is here, or the caller
    /// hands it over.
    fn used(&self, diagnostics: &mut Diagnostics) {
        let resources = self.module.resources.values().filter_map(|resource| resource.provider.as_ref());
        let imports = self.module.imports.iter().filter_map(|import| import.provider.as_ref());
        let by_alias = resources.chain(imports).filter(|provider| provider.alias.is_some());
        let handed_on = self.module.calls.values().flat_map(|call| call.providers.values());
        for provider in by_alias.chain(handed_on) {
            let name = provider.to_string();
            // What the root module requires has a configuration, if only an empty one.
            let implied = self.caller.is_none() && self.module.required_providers.contains_key(&*name);
            let here = self.configured.contains(&name) || self.empty.contains_key(&name);
            if !here && !implied && !self.is_passed(&name) {
                self.not_present(provider, diagnostics);
            }
        }
    }

    fn not_present(&self, provider: &ProviderRef, diagnostics: &mut Diagnostics) {
        let detail = match (self.caller, &provider.alias) {
            (None, Some(alias)) => format!(
                "There is no provider block for {provider}. Add one: provider \"{}\" with alias = \"{alias}\".",
                provider.name
            ),
            (None, None) => format!(
                "There is no provider block for {provider}, and it is not in required_providers. Add one of both."
            ),
            (Some((_, call)), _) => format!(
                "{} has no provider block for {provider}, and the module \"{}\" block hands none over. Add {provider} to \
                 its providers argument.",
                self.title(),
                call.name
            ),
        };
        diagnostics.error("Provider configuration not present", detail, Some(provider.range.clone()));
    }

    /// What this module hands over to others must be known here.
    fn handed_on(&self, diagnostics: &mut Diagnostics) {
        let handed = self.module.calls.values().flat_map(|call| call.providers.values());
        for provider in handed.filter(|provider| provider.alias.is_none()) {
            let name = &*provider.name;
            let configured = self.configured.contains(name);
            if !configured && !self.module.required_providers.contains_key(name) {
                diagnostics.push(self.undefined(name, &self.module.provider_source(name), &provider.range));
            } else if !configured
                && !self.is_passed(name)
                && let Some((_, call)) = self.caller
            {
                let detail = format!(
                    "{} hands over the provider configuration \"{name}\", which it has not got. Add it to the providers \
                     argument of the module \"{}\" block.",
                    self.title(),
                    call.name
                );
                let problem = Diagnostic::warning("Missing required provider configuration", detail);
                diagnostics.push(problem.at(call.range.clone()));
            }
        }
    }

    /// What the module configures itself.
    fn own(&self, call: &ModuleCall, diagnostics: &mut Diagnostics) {
        if let (Some(range), Some(_)) = (self.repeated, self.configured.first()) {
            let detail = format!(
                "{} has provider configurations of its own. Such a module can be called once only, without count, \
                 for_each and depends_on. Let its caller hand the configurations over instead.",
                self.title()
            );
            diagnostics.error(
                "Module is incompatible with count, for_each, and depends_on",
                detail,
                Some(range.clone()),
            );
        }
        for name in self.configured.iter().filter(|name| self.is_passed(name)) {
            let detail = format!(
                "{} has its own configuration of {name}, and cannot take another one from the module \"{}\" block.",
                self.title(),
                call.name
            );
            let range = call.providers.get(name.as_str()).map_or(&call.range, |provider| &provider.range);
            diagnostics.error("Cannot override provider configuration", detail, Some(range.clone()));
        }
    }

    /// What the module says that it needs.
    fn wanted(&self, call: &ModuleCall, diagnostics: &mut Diagnostics) {
        for (name, required) in &self.module.required_providers {
            for alias in &required.aliases {
                let name = format!("{name}.{alias}");
                if !self.configured.contains(&name) && !self.is_passed(&name) {
                    let detail = format!(
                        "{} needs a configuration of the provider {} under the name {name}. Add an entry for {name} to \
                         the providers argument of this block.",
                        self.title(),
                        required.source
                    );
                    let summary = "Missing required provider configuration";
                    diagnostics.error(summary, detail, Some(call.range.clone()));
                }
            }
        }
    }

    /// What is handed over must be expected, and of the right provider.
    fn accepted(&self, inside: &str, outside: &ProviderRef, caller: &Module, diagnostics: &mut Diagnostics) {
        let (local_name, alias) =
            inside.split_once('.').map_or((inside, None), |(name, alias)| (name, Some(alias)));
        let source = self.module.provider_source(local_name);
        let expected = self.module.required_providers.get(local_name).is_some_and(|required| {
            alias.is_none_or(|alias| required.aliases.iter().any(|known| **known == *alias))
        });
        if !expected && !self.empty.contains_key(inside) {
            diagnostics.push(self.undefined(inside, &source, &outside.range));
        }
        let given = caller.provider_source(&outside.name);
        if given != source {
            let detail = format!(
                "{outside} is a configuration of the provider {given}, and {inside} in {} is one of {source}. Each \
                 provider has its own settings, so one cannot stand for the other.",
                self.title()
            );
            diagnostics.error("Provider type mismatch", detail, Some(outside.range.clone()));
        }
    }

    /// A name that nobody declares: guessed for providers of the default kind, refused for others.
    fn undefined(&self, name: &str, source: &ProviderAddress, range: &SourceRange) -> Diagnostic {
        let summary = "Reference to undefined provider";
        let required =
            name.split('.').next().is_some_and(|name| self.module.required_providers.contains_key(name));
        let problem = if !required || is_default(source) {
            let detail = format!(
                "{} does not declare \"{name}\", so it is taken for the provider {source}. Add an entry to its \
                 required_providers to make that sure.",
                self.title()
            );
            Diagnostic::warning(summary, detail)
        } else {
            let detail = format!(
                "{} does not declare a configuration \"{name}\" of {source}. Add it to its required_providers.",
                self.title()
            );
            Diagnostic::error(summary, detail)
        };
        problem.at(range.clone())
    }

    fn title(&self) -> String {
        match self.path {
            [] => "The root module".to_owned(),
            path => path.iter().map(|step| format!("module.{step}")).collect::<Vec<_>>().join("."),
        }
    }
}

/// Whether a provider is one of those that need not be declared.
fn is_default(source: &ProviderAddress) -> bool {
    *source.host == *ProviderAddress::DEFAULT_HOST && *source.namespace == *"hashicorp"
}

/// The argument that makes a module repeat or wait.
fn repeated(call: &ModuleCall) -> Option<&SourceRange> {
    let expr = call.count.as_ref().or(call.for_each.as_ref());
    expr.map(|expr| expr.range()).or((!call.depends_on.is_empty()).then_some(&call.range))
}
