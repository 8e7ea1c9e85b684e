//! The `terraform` block: versions, required providers, backend.

use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, ProviderAddress};

use super::block::{Content, check_name, labels};
use super::constant::text;
use super::version::{FOLLOWED_VERSION, Version, VersionConstraint};
use super::{Backend, Module, RequiredProvider, block};
use crate::ast::{Attribute, Block, Expr, ExprKind};

/// Reads a `terraform` block into a module.
pub(super) fn terraform(block: &Block, module: &mut Module, diagnostics: &mut Diagnostics) {
    labels(block, [], diagnostics);
    let content = Content::exact(
        &block.body,
        &["required_version", "experiments", "language"],
        &["required_providers", "backend", "cloud", "provider_meta"],
        diagnostics,
    );
    if let Some(expr) = content.expr("required_version") {
        required_version(&expr, module, diagnostics);
    }
    for nested in content.blocks {
        match &*nested.kind {
            "required_providers" => required_providers(nested, module, diagnostics),
            "backend" => {
                if let Some([kind]) = labels(nested, ["type"], diagnostics) {
                    backend(kind.clone(), nested, module, diagnostics);
                }
            }
            "cloud" => backend("cloud".into(), nested, module, diagnostics),
            _ => {}
        }
    }
}

fn required_version(expr: &Expr, module: &mut Module, diagnostics: &mut Diagnostics) {
    let Some(text) = text(Some(expr.clone()), "required_version", diagnostics) else { return };
    let constraint: VersionConstraint = match text.parse() {
        Ok(constraint) => constraint,
        Err(error) => {
            diagnostics.error("Invalid version constraint", format!("{error}."), Some(expr.range().clone()));
            return;
        }
    };
    let followed: Result<Version, _> = FOLLOWED_VERSION.parse();
    if followed.is_ok_and(|followed| !constraint.allows(&followed)) {
        diagnostics.error(
            "Unsupported Terraform Core version",
            format!(
                "This configuration requires Terraform {constraint}. Evenkeel follows the language of Terraform \
                 {FOLLOWED_VERSION}, which that does not allow. Widen the constraint if the configuration works with it."
            ),
            Some(expr.range().clone()),
        );
    }
    module.required_version.push(constraint);
}

fn backend(kind: Arc<str>, block: &Block, module: &mut Module, diagnostics: &mut Diagnostics) {
    if let Some(first) = &module.backend {
        diagnostics.error(
            "Duplicate backend configuration",
            format!("A module may have only one backend; the first is at {}.", block::place(&first.range)),
            Some(block.range.clone()),
        );
        return;
    }
    diagnostics.push(
        Diagnostic::warning(
            "Backend configuration ignored",
            format!(
                "Evenkeel keeps state in its own store and does not use the \"{kind}\" backend. State that is there \
                 already is not read, and cannot be taken over yet."
            ),
        )
        .at(block.range.clone()),
    );
    module.backend = Some(Backend { kind, range: block.range.clone() });
}

fn required_providers(block: &Block, module: &mut Module, diagnostics: &mut Diagnostics) {
    labels(block, [], diagnostics);
    for nested in block.body.blocks.iter() {
        diagnostics.push(block::unsupported_block(nested, [], true));
    }
    for attribute in block.body.attributes.iter() {
        check_name(&attribute.name, "provider local", &attribute.name_range, diagnostics);
        let Some(required) = required_provider(attribute, diagnostics) else { continue };
        if let Some(first) = module.required_providers.get(&attribute.name) {
            diagnostics.error(
                "Duplicate required provider",
                format!(
                    "The provider \"{}\" is required at {} already. Each is required once per module.",
                    attribute.name,
                    block::place(&first.range)
                ),
                Some(attribute.name_range.clone()),
            );
            continue;
        }
        module.required_providers.insert(attribute.name.clone(), required);
    }
}

fn required_provider(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<RequiredProvider> {
    let range = attribute.name_range.clone();
    let implied = || ProviderAddress::implied(&attribute.name.to_lowercase());
    let ExprKind::Object(items) = attribute.value.kind() else {
        // Before Terraform 0.13 the version stood alone.
        let version = text(Some(attribute.value.clone()), &attribute.name, diagnostics)?;
        check_constraint(&version, &attribute.value, diagnostics);
        return Some(RequiredProvider { source: implied(), version: Some(version), range });
    };
    let mut source = implied();
    let mut version = None;
    for item in items {
        let key = match item.key.kind() {
            ExprKind::Literal(key) => key.as_str().unwrap_or_default(),
            _ => "",
        };
        match key {
            "source" => {
                let given = text(Some(item.value.clone()), "source", diagnostics)?;
                match given.parse() {
                    Ok(address) => source = address,
                    Err(error) => {
                        diagnostics.error(
                            "Invalid provider source string",
                            format!("{error}."),
                            Some(item.value.range().clone()),
                        );
                    }
                }
            }
            "version" => {
                version = text(Some(item.value.clone()), "version", diagnostics);
                if let Some(version) = &version {
                    check_constraint(version, &item.value, diagnostics);
                }
            }
            "configuration_aliases" => {}
            other => diagnostics.error(
                "Invalid required_providers object",
                format!(
                    "\"{other}\" is not an attribute of a required provider; these are source, version and \
                     configuration_aliases."
                ),
                Some(item.key.range().clone()),
            ),
        }
    }
    Some(RequiredProvider { source, version, range })
}

fn check_constraint(version: &str, expr: &Expr, diagnostics: &mut Diagnostics) {
    if let Err(error) = version.parse::<VersionConstraint>() {
        diagnostics.error("Invalid version constraint", format!("{error}."), Some(expr.range().clone()));
    }
}
