//! The `terraform` block: versions, backend, and what belongs to no other block.

use std::sync::Arc;

use evenkeel_model::{Diagnostics, SourceRange};

use super::block::{Content, labels, place, unsupported_block};
use super::constant::{constant, text_or_null};
use super::required::{check_local_name, required_providers};
use super::version::{FOLLOWED_VERSION, Version, VersionConstraint};
use super::{Backend, Module};
use crate::ast::{Attribute, Block, Expr, ExprKind};

/// The one edition of the language that there is.
const EDITION: &str = "TF2021";

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
    if let Some(expr) = content.expr("language") {
        language(&expr, diagnostics);
    }
    if let Some(experiments) = content.attributes.get("experiments") {
        refuse_experiments(experiments, diagnostics);
    }
    for nested in content.blocks {
        match &*nested.kind {
            "required_providers" => required_providers(nested, module, diagnostics),
            "backend" => {
                if let Some([kind]) = labels(nested, ["type"], diagnostics) {
                    backend(kind.clone(), nested, module, diagnostics);
                }
            }
            "cloud" => {
                labels(nested, [], diagnostics);
                backend("cloud".into(), nested, module, diagnostics);
            }
            _ => provider_meta(nested, module, diagnostics),
        }
    }
}

fn required_version(expr: &Expr, module: &mut Module, diagnostics: &mut Diagnostics) {
    let Some(text) = text_or_null(expr, "required_version", diagnostics) else { return };
    let Some(constraint) = check_constraint(&text, expr, diagnostics) else { return };
    if constraint.names_prerelease() {
        diagnostics.error(
            "Invalid required_version constraint",
            format!(
                "Versions before a release are not supported here: {constraint}. Name the version itself."
            ),
            Some(expr.range().clone()),
        );
        return;
    }
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

/// Reads a version constraint; reports what is none.
pub(super) fn check_constraint(
    text: &str,
    expr: &Expr,
    diagnostics: &mut Diagnostics,
) -> Option<VersionConstraint> {
    match text.parse() {
        Ok(constraint) => Some(constraint),
        Err(error) => {
            diagnostics.error("Invalid version constraint", format!("{error}."), Some(expr.range().clone()));
            None
        }
    }
}

fn language(expr: &Expr, diagnostics: &mut Diagnostics) {
    let (summary, detail) = match expr.kind() {
        ExprKind::Name(edition) if **edition == *EDITION => return,
        ExprKind::Name(edition) => (
            "Unsupported language edition",
            format!("There is one edition of the language, {EDITION}, and not \"{edition}\"."),
        ),
        _ => (
            "Invalid language edition",
            format!("The edition of the language is a keyword; the only one, and the default, is {EDITION}."),
        ),
    };
    diagnostics.error(summary, detail, Some(expr.range().clone()));
}

fn refuse_experiments(attribute: &Attribute, diagnostics: &mut Diagnostics) {
    diagnostics.error(
        "Module uses experimental features",
        "Experiments of the language exist in early versions of Terraform only, and there is none of them here.",
        Some(attribute.name_range.clone()),
    );
}

fn backend(kind: Arc<str>, block: &Block, module: &mut Module, diagnostics: &mut Diagnostics) {
    let Some(first) = &module.backend else {
        let is_local = *kind == *"local";
        let [path, workspace_dir] = ["path", "workspace_dir"].map(|name| {
            let mut named =
                block.body.attributes.iter().filter(|attribute| is_local && &*attribute.name == name);
            text_or_null(&named.next()?.value, name, diagnostics).filter(|text| !text.is_empty())
        });
        module.backend = Some(Backend { kind, path, workspace_dir, range: block.range.clone() });
        return;
    };
    let summary = match (&*first.kind == "cloud", &*kind == "cloud") {
        (false, false) => "Duplicate backend configuration",
        (true, true) => "Duplicate HCP Terraform configurations",
        (true, false) | (false, true) => "Both a backend and cloud configuration are present",
    };
    let detail = format!(
        "A module may have only one backend or cloud block; the first is at {}.",
        place(&first.range)
    );
    diagnostics.error(summary, detail, Some(block.range.clone()));
}

/// What a module says to a provider about itself. It is checked, and nobody listens.
fn provider_meta(block: &Block, module: &mut Module, diagnostics: &mut Diagnostics) {
    let Some([name]) = labels(block, ["provider"], diagnostics) else { return };
    check_local_name(name, &block.range, diagnostics);
    for nested in block.body.blocks.iter() {
        diagnostics.push(unsupported_block(nested, [], true));
    }
    for attribute in block.body.attributes.iter() {
        constant(&attribute.value, diagnostics);
    }
    let first: Option<&SourceRange> = module.provider_metas.get(name);
    if let Some(first) = first {
        diagnostics.error(
            "Duplicate provider_meta block",
            format!("The first provider_meta block for \"{name}\" is at {}. One is allowed.", place(first)),
            Some(block.range.clone()),
        );
        return;
    }
    module.provider_metas.insert(name.clone(), block.range.clone());
}
