//! `required_providers`: which providers a module uses, and under which local names.

use std::sync::Arc;

use evenkeel_model::{Diagnostics, ProviderAddress, SourceRange};

use super::block::{labels, place, unsupported_block};
use super::constant::{text, text_or_null};
use super::provider::provider_ref;
use super::terraform::check_constraint;
use super::{Module, ProviderRef};
use crate::ast::{Attribute, Block, Expr, ExprKind, ObjectItem};

const INVALID: &str = "Invalid required_providers object";

/// One entry of `required_providers`.
#[derive(Clone, Debug)]
pub struct RequiredProvider {
    /// Where the provider comes from.
    pub source: ProviderAddress,
    /// The version constraint as written.
    pub version: Option<Arc<str>>,
    /// The aliases of the configurations that callers must hand over.
    pub aliases: Vec<Arc<str>>,
    /// Where it stands.
    pub range: SourceRange,
}

/// Reads a `required_providers` block into a module.
pub(super) fn required_providers(block: &Block, module: &mut Module, diagnostics: &mut Diagnostics) {
    labels(block, [], diagnostics);
    if let Some(first) = &module.requirements {
        diagnostics.error(
            "Duplicate required providers configuration",
            format!("A module has one required_providers block; the first is at {}.", place(first)),
            Some(block.range.clone()),
        );
        return;
    }
    module.requirements = Some(block.range.clone());
    for nested in block.body.blocks.iter() {
        diagnostics.push(unsupported_block(nested, [], true));
    }
    for attribute in block.body.attributes.iter() {
        if let Some(required) = required_provider(attribute, diagnostics) {
            module.required_providers.insert(attribute.name.clone(), required);
        }
    }
}

/// Whether a name can be the local name of a provider; reports it otherwise.
pub(super) fn check_local_name(name: &str, range: &SourceRange, diagnostics: &mut Diagnostics) -> bool {
    let problem = match ProviderAddress::part(name) {
        Ok(normal) if normal == name => return true,
        Ok(normal) => {
            format!("The names of providers are written in lower case. Replace \"{name}\" by \"{normal}\".")
        }
        Err(reason) => format!("\"{name}\" cannot be the local name of a provider: {reason}."),
    };
    diagnostics.error("Invalid provider local name", problem, Some(range.clone()));
    false
}

fn required_provider(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<RequiredProvider> {
    let range = attribute.name_range.clone();
    let implied = || ProviderAddress::implied(&attribute.name.to_lowercase());
    match attribute.value.kind() {
        ExprKind::Object(items) => {
            if !check_local_name(&attribute.name, &range, diagnostics) {
                return None;
            }
            let empty = RequiredProvider { source: implied(), version: None, aliases: Vec::new(), range };
            let required = items
                .iter()
                .fold(empty, |required, item| entry(required, item, &attribute.name, diagnostics));
            check_builtin(&required, diagnostics);
            Some(required)
        }
        ExprKind::Tuple(_) | ExprKind::For(_) => {
            diagnostics.error(
                INVALID,
                "A required provider is an object with source and version.",
                Some(attribute.value.range().clone()),
            );
            None
        }
        // Before Terraform 0.13 the version stood alone.
        _ => {
            let version = text_or_null(&attribute.value, &attribute.name, diagnostics)?;
            check_constraint(&version, &attribute.value, diagnostics);
            if let Err(reason) = ProviderAddress::part(&attribute.name) {
                let detail = format!("\"{}\" cannot be the name of a provider: {reason}.", attribute.name);
                diagnostics.error("Invalid provider name", detail, Some(range));
                return None;
            }
            Some(RequiredProvider { source: implied(), version: Some(version), aliases: Vec::new(), range })
        }
    }
}

/// What is built in has the version of the whole.
fn check_builtin(required: &RequiredProvider, diagnostics: &mut Diagnostics) {
    if required.version.is_some() && required.source == ProviderAddress::implied("terraform") {
        diagnostics.error(
            "Invalid dependency on built-in provider",
            format!(
                "The provider {} is built in, and has no versions of its own. Remove the constraint.",
                required.source
            ),
            Some(required.range.clone()),
        );
    }
}

fn entry(
    mut required: RequiredProvider,
    item: &ObjectItem,
    local_name: &str,
    diagnostics: &mut Diagnostics,
) -> RequiredProvider {
    let key = match item.key.kind() {
        ExprKind::Literal(key) => key.as_str().unwrap_or_default(),
        _ => "",
    };
    match key {
        "source" => {
            if let Some(source) = source(&item.value, diagnostics) {
                required.source = source;
            }
        }
        "version" => {
            required.version = exact_text(&item.value, "Invalid version constraint", "version", diagnostics);
            if let Some(version) = &required.version {
                check_constraint(version, &item.value, diagnostics);
            }
        }
        "configuration_aliases" => required.aliases = aliases(&item.value, local_name, diagnostics),
        other => diagnostics.error(
            INVALID,
            format!(
                "\"{other}\" is not an attribute of a required provider; these are source, version and \
                 configuration_aliases. A provider is configured in a provider block."
            ),
            Some(item.key.range().clone()),
        ),
    }
    required
}

/// A string that is written as one.
fn exact_text(expr: &Expr, summary: &str, name: &str, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    match expr.kind() {
        ExprKind::Literal(value) if value.as_str().is_some() => value.as_str().map(Arc::from),
        ExprKind::Template(_) | ExprKind::Wrapped(_) | ExprKind::Parens(_) => {
            text(Some(expr.clone()), name, diagnostics)
        }
        _ => {
            let detail = format!("The {name} of a provider is a string in quotes.");
            diagnostics.error(summary, detail, Some(expr.range().clone()));
            None
        }
    }
}

fn source(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<ProviderAddress> {
    let given = exact_text(expr, "Invalid source", "source", diagnostics)?;
    match given.parse() {
        Ok(address) => Some(address),
        Err(error) => {
            let summary = match error.reason.contains("prefix") {
                true => "Invalid provider type",
                false => "Invalid provider source string",
            };
            diagnostics.error(summary, format!("{error}."), Some(expr.range().clone()));
            None
        }
    }
}

fn aliases(expr: &Expr, local_name: &str, diagnostics: &mut Diagnostics) -> Vec<Arc<str>> {
    let ExprKind::Tuple(elements) = expr.kind() else {
        diagnostics.error(
            "Invalid expression",
            "A static list of provider configurations is required: configuration_aliases = [aws.west].",
            Some(expr.range().clone()),
        );
        return Vec::new();
    };
    let mut found = Vec::new();
    for element in elements {
        match provider_ref(element, diagnostics) {
            Some(ProviderRef { name, alias: Some(alias), .. }) if *name == *local_name => found.push(alias),
            Some(ProviderRef { name, range, .. }) => diagnostics.error(
                "Invalid configuration_aliases value",
                format!(
                    "Each element is the local name of this provider with an alias after it: {local_name}.ALIAS, not \
                     {name}."
                ),
                Some(range),
            ),
            None => {}
        }
    }
    found
}
