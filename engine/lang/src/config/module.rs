//! The blocks of one directory, gathered into a module.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use evenkeel_model::{Diagnostics, ResourceMode, SourceRange};

use super::block::{
    Content, check_name, labels, place, reserved_block, unescaped, unsupported_argument, unsupported_block,
};
use super::check_block::check;
use super::constant::{flag, text};
use super::import::{Import, import};
use super::moved::moved;
use super::provider::{provider, provider_ref};
use super::removed::removed;
use super::resource::{depends_on, repetition, resource};
use super::source::{ModuleSource, ModuleSourceError, parse_module_source, parse_registry_source};
use super::terraform::terraform;
use super::variable::{check_rule, variable};
use super::{Local, Module, ModuleCall, Output, ProviderRef, Resource, VersionConstraint};
use crate::ast::{Attribute, Block, Body, Expr, ExprKind};

const BLOCKS: [&str; 13] = [
    "terraform",
    "provider",
    "variable",
    "locals",
    "output",
    "resource",
    "data",
    "module",
    "moved",
    "removed",
    "import",
    "check",
    "ephemeral",
];

/// Adds what the files of a directory declare to its module.
pub(super) fn add_body(body: &Body, module: &mut Module, diagnostics: &mut Diagnostics) {
    for attribute in body.attributes.iter() {
        // In the JSON syntax, what is no block either is probably a misspelt one.
        let known: &[&str] = if attribute.json { &BLOCKS } else { &[] };
        diagnostics.push(unsupported_argument(
            &attribute.name,
            known.iter().copied(),
            BLOCKS.contains(&&*attribute.name),
            &attribute.name_range,
        ));
    }
    for block in body.blocks.iter() {
        add_block(block, module, diagnostics);
    }
}

fn add_block(block: &Block, module: &mut Module, diagnostics: &mut Diagnostics) {
    match &*block.kind {
        "terraform" => terraform(block, module, diagnostics),
        "provider" => provider(block, module, diagnostics),
        "locals" => locals(block, module, diagnostics),
        "variable" => {
            if let Some(variable) = variable(block, diagnostics) {
                let name = variable.name.clone();
                let what = Duplicate::new("variable declaration", format!("A variable named \"{name}\""));
                insert(&mut module.variables, name, variable, |v| &v.range, what, diagnostics);
            }
        }
        "output" => {
            if let Some(output) = output(block, diagnostics) {
                let name = output.name.clone();
                let what = Duplicate::new("output definition", format!("An output named \"{name}\""));
                insert(&mut module.outputs, name, output, |o| &o.range, what, diagnostics);
            }
        }
        "resource" => add_resource(resource(block, ResourceMode::Managed, diagnostics), module, diagnostics),
        "data" => add_resource(resource(block, ResourceMode::Data, diagnostics), module, diagnostics),
        "ephemeral" => {
            add_resource(resource(block, ResourceMode::Ephemeral, diagnostics), module, diagnostics);
        }
        "moved" => module.moved.extend(moved(block, diagnostics)),
        "removed" => module.removed.extend(removed(block, diagnostics)),
        "import" => add_import(import(block, diagnostics), module, diagnostics),
        "check" => {
            if let Some((check, data)) = check(block, diagnostics) {
                add_resource(data, module, diagnostics);
                let name = check.name.clone();
                let what = Duplicate::new(
                    format!("check \"{name}\" configuration"),
                    format!("A check block named \"{name}\""),
                );
                insert(&mut module.checks, name, check, |c| &c.range, what, diagnostics);
            }
        }
        "module" => {
            if let Some(call) = call(block, diagnostics) {
                let name = call.name.clone();
                let what = Duplicate::new("module call", format!("A module call named \"{name}\""));
                insert(&mut module.calls, name, call, |c| &c.range, what, diagnostics);
            }
        }
        "required_providers" => diagnostics.error(
            "Invalid required_providers block",
            "A required_providers block stands inside of a terraform block.",
            Some(block.range.clone()),
        ),
        _ => diagnostics.push(unsupported_block(block, BLOCKS, false)),
    }
}

fn add_resource(resource: Option<Resource>, module: &mut Module, diagnostics: &mut Diagnostics) {
    let Some(resource) = resource else { return };
    let key = resource.key.clone();
    let (summary, noun) = match key.mode {
        ResourceMode::Managed => ("resource", "resource"),
        ResourceMode::Data => ("data", "data resource"),
        ResourceMode::Ephemeral => ("ephemeral", "ephemeral resource"),
    };
    let what = Duplicate::new(
        format!("{summary} \"{}\" configuration", key.kind),
        format!("A {} {noun} named \"{}\"", key.kind, key.name),
    );
    insert(&mut module.resources, key, resource, |r| &r.range, what, diagnostics);
}

fn add_import(import: Option<Import>, module: &mut Module, diagnostics: &mut Diagnostics) {
    let Some(import) = import else { return };
    if let Some(to) = import.to.constant()
        && let Some(first) = module.imports.iter().find(|other| other.to.constant().as_ref() == Some(&to))
    {
        diagnostics.error(
            format!("Duplicate import configuration for \"{to}\""),
            format!(
                "An import block for {to} stands at {} already. One instance is imported once.",
                place(&first.range)
            ),
            Some(import.to.range.clone()),
        );
    }
    module.imports.push(import);
}

/// What is said about something that is declared twice.
struct Duplicate {
    what: String,
    subject: String,
}

impl Duplicate {
    fn new(what: impl Into<String>, subject: impl Into<String>) -> Self {
        Self { what: what.into(), subject: subject.into() }
    }
}

fn insert<K: Ord, V>(
    map: &mut BTreeMap<K, V>,
    key: K,
    value: V,
    range_of: impl Fn(&V) -> &SourceRange,
    duplicate: Duplicate,
    diagnostics: &mut Diagnostics,
) {
    match map.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(value);
        }
        Entry::Occupied(entry) => diagnostics.error(
            format!("Duplicate {}", duplicate.what),
            format!(
                "{} was already declared at {}. Names must be unique in a module.",
                duplicate.subject,
                place(range_of(entry.get()))
            ),
            Some(range_of(&value).clone()),
        ),
    }
}

fn locals(block: &Block, module: &mut Module, diagnostics: &mut Diagnostics) {
    labels(block, [], diagnostics);
    for nested in block.body.blocks.iter() {
        diagnostics.error(
            format!("Unexpected \"{}\" block", nested.kind),
            "Local values are written NAME = VALUE; there are no blocks among them.",
            Some(nested.range.clone()),
        );
    }
    for Attribute { name, name_range, value, .. } in block.body.attributes.iter() {
        check_name(name, "local value", name_range, diagnostics);
        let local = Local { name: name.clone(), value: value.clone(), range: name_range.clone() };
        let what = Duplicate::new("local value definition", format!("A local value named \"{name}\""));
        insert(&mut module.locals, name.clone(), local, |local| &local.range, what, diagnostics);
    }
}

fn output(block: &Block, diagnostics: &mut Diagnostics) -> Option<Output> {
    let [name] = labels(block, ["name"], diagnostics)?;
    check_name(name, "output", &block.range, diagnostics);
    let content = Content::exact(
        &block.body,
        &["value", "description", "sensitive", "ephemeral", "depends_on"],
        &["precondition", "postcondition"],
        diagnostics,
    );
    for nested in content.blocks_of("postcondition") {
        diagnostics.error(
            "Postconditions are not allowed",
            "Output values have preconditions only, not postconditions.",
            Some(nested.range.clone()),
        );
    }
    let value = content.required("value", &block.range, diagnostics);
    let output = Output {
        name: name.clone(),
        value: value?,
        description: text(content.expr("description"), "description", diagnostics),
        sensitive: flag(content.expr("sensitive"), "sensitive", diagnostics),
        ephemeral: flag(content.expr("ephemeral"), "ephemeral", diagnostics),
        depends_on: content.expr("depends_on").map(|expr| depends_on(&expr, diagnostics)).unwrap_or_default(),
        preconditions: content
            .blocks_of("precondition")
            .into_iter()
            .filter_map(|nested| check_rule(nested, diagnostics))
            .collect(),
        range: block.range.clone(),
    };
    Some(output)
}

fn call(block: &Block, diagnostics: &mut Diagnostics) -> Option<ModuleCall> {
    let [name] = labels(block, ["name"], diagnostics)?;
    check_name(name, "module instance", &block.range, diagnostics);
    let content = Content::split(
        &block.body,
        &["source", "version", "count", "for_each", "depends_on", "providers"],
        &["_", "lifecycle", "locals", "provider"],
    );
    for nested in content.blocks.iter().filter(|nested| &*nested.kind != "_") {
        reserved_block(nested, "module", diagnostics);
    }
    let arguments = unescaped(&content, diagnostics);
    for nested in arguments.blocks.iter() {
        diagnostics.push(unsupported_block(nested, [], true));
    }
    let source = content.required("source", &block.range, diagnostics);
    let version = content.expr("version");
    let (count, for_each) = repetition(&content, diagnostics);
    Some(ModuleCall {
        name: name.clone(),
        source: source.and_then(|source| module_source(&source, version.is_some(), diagnostics)),
        version: version.and_then(|version| module_version(&version, diagnostics)),
        inputs: arguments.attributes.iter().map(|a| (a.name.clone(), a.value.clone())).collect(),
        count,
        for_each,
        depends_on: content.expr("depends_on").map(|expr| depends_on(&expr, diagnostics)).unwrap_or_default(),
        providers: content.expr("providers").map(|expr| providers(&expr, diagnostics)).unwrap_or_default(),
        range: block.range.clone(),
    })
}

/// Where a module comes from. With a version it must come from a registry.
fn module_source(source: &Expr, versioned: bool, diagnostics: &mut Diagnostics) -> Option<ModuleSource> {
    let text = required_text(source, "source", diagnostics)?;
    let parsed = match versioned {
        true => parse_registry_source(&text).map(ModuleSource::Registry),
        false => parse_module_source(&text),
    };
    let error = match parsed {
        Ok(source) => return Some(source),
        Err(error) => error,
    };
    let (summary, detail) = match &error {
        ModuleSourceError::Unsupported(why) => ("Unsupported module source", why.clone()),
        error if versioned => (
            "Invalid registry module source address",
            format!(
                "Failed to parse module registry address: {error}.\n\nThe argument \"version\" is set, which only modules of a \
                 registry have, so the source was taken for an address of one."
            ),
        ),
        error => {
            ("Invalid module source address", format!("Failed to parse module source address: {error}."))
        }
    };
    diagnostics.error(summary, detail, Some(source.range().clone()));
    None
}

fn module_version(version: &Expr, diagnostics: &mut Diagnostics) -> Option<VersionConstraint> {
    let text = required_text(version, "version", diagnostics)?;
    match text.parse() {
        Ok(constraint) => Some(constraint),
        Err(error) => {
            diagnostics.error(
                "Invalid version constraint",
                format!("{error}."),
                Some(version.range().clone()),
            );
            None
        }
    }
}

/// A constant string that may not be null.
fn required_text(expr: &Expr, name: &str, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    let mut found = Diagnostics::new();
    let value = text(Some(expr.clone()), name, &mut found);
    if value.is_none() && !found.has_errors() {
        found.error(
            "Unsuitable value type",
            format!("The value of \"{name}\" is null; a string is required."),
            Some(expr.range().clone()),
        );
    }
    diagnostics.extend(found);
    value
}

fn providers(expr: &Expr, diagnostics: &mut Diagnostics) -> BTreeMap<Arc<str>, ProviderRef> {
    let ExprKind::Object(items) = expr.kind() else {
        diagnostics.error(
            "Invalid expression",
            "Provider configurations are handed over as a map: providers = { aws = aws.west }.",
            Some(expr.range().clone()),
        );
        return BTreeMap::new();
    };
    let mut found = BTreeMap::new();
    for item in items {
        let (Some(inside), Some(outside)) =
            (provider_ref(&name_of(&item.key), diagnostics), provider_ref(&item.value, diagnostics))
        else {
            continue;
        };
        if found.insert(Arc::from(inside.to_string()), outside).is_some() {
            diagnostics.error(
                "Duplicate provider address",
                format!("The provider configuration {inside} is handed over twice."),
                Some(item.key.range().clone()),
            );
        }
    }
    found
}

/// A bare key as a name again.
fn name_of(key: &Expr) -> Expr {
    match key.kind() {
        ExprKind::Literal(value) => match value.as_str() {
            Some(text) if super::block::is_identifier(text) => {
                Expr::new(ExprKind::Name(text.into()), key.range().clone())
            }
            _ => key.clone(),
        },
        _ => key.clone(),
    }
}
