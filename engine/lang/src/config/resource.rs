//! `resource` and `data` blocks: what the language itself reads of them.

use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostics, Path, PathStep, ResourceMode, Value};

use super::block::{Content, at_most_one, check_name, labels, reserved_block, unescaped};
use super::constant::flag;
use super::provisioner::Provisioning;
use super::reference::{Reference, references, whole};
use super::variable::check_rule;
use super::{IgnoreChanges, Lifecycle, ProviderRef, Resource, ResourceKey};
use crate::ast::{Block, Expr, ExprKind};

const ARGUMENTS: [&str; 4] = ["count", "for_each", "depends_on", "provider"];

/// Which blocks the language reads in a resource; `locals` is kept for later.
fn known_blocks(mode: ResourceMode) -> &'static [&'static str] {
    match mode {
        ResourceMode::Managed => &["lifecycle", "locals", "_", "provisioner", "connection"],
        ResourceMode::Data | ResourceMode::Ephemeral => &["lifecycle", "locals", "_"],
    }
}

fn check_labels(kind: &str, name: &str, mode: ResourceMode, block: &Block, diagnostics: &mut Diagnostics) {
    let (of_kind, of_name) = match mode {
        ResourceMode::Managed => ("resource type", "resource"),
        ResourceMode::Data => ("data source", "data resource"),
        ResourceMode::Ephemeral => ("ephemeral resource type", "ephemeral resource"),
    };
    check_name(kind, of_kind, &block.range, diagnostics);
    check_name(name, of_name, &block.range, diagnostics);
}

/// Reads a `resource`, `data` or `ephemeral` block.
pub(super) fn resource(block: &Block, mode: ResourceMode, diagnostics: &mut Diagnostics) -> Option<Resource> {
    let [kind, name] = labels(block, ["type", "name"], diagnostics)?;
    check_labels(kind, name, mode, block, diagnostics);
    let content = Content::split(&block.body, &ARGUMENTS, known_blocks(mode));
    for nested in content.blocks_of("locals") {
        reserved_block(nested, &block.kind, diagnostics);
    }
    let key = ResourceKey { mode, kind: kind.clone(), name: name.clone() };
    let lifecycle = at_most_one(&content.blocks_of("lifecycle"), diagnostics)
        .map(|nested| lifecycle(nested, &key, diagnostics))
        .unwrap_or_default();
    let (count, for_each) = repetition(&content, diagnostics);
    let Provisioning { connection, provisioners } = Provisioning::read(&content.blocks, diagnostics);
    Some(Resource {
        key,
        count,
        for_each,
        depends_on: content.expr("depends_on").map(|expr| depends_on(&expr, diagnostics)).unwrap_or_default(),
        provider: content.expr("provider").and_then(|expr| provider_ref(&expr, diagnostics)),
        lifecycle,
        connection,
        provisioners,
        check: None,
        body: unescaped(&content, diagnostics),
        range: block.range.clone(),
    })
}

/// `count` and `for_each`, of which only one may be there.
pub(super) fn repetition(
    content: &Content<'_>,
    diagnostics: &mut Diagnostics,
) -> (Option<Expr>, Option<Expr>) {
    if let (Some(_), Some(for_each)) = (content.attributes.get("count"), content.attributes.get("for_each")) {
        diagnostics.error(
            "Invalid combination of \"count\" and \"for_each\"",
            "\"count\" and \"for_each\" cannot be set together: only one of them can say how many instances there are.",
            Some(for_each.name_range.clone()),
        );
    }
    (content.expr("count"), content.expr("for_each"))
}

/// A list of references to whole objects.
pub(super) fn depends_on(expr: &Expr, diagnostics: &mut Diagnostics) -> Vec<Reference> {
    let ExprKind::Tuple(elements) = expr.kind() else {
        diagnostics.error(
            "Invalid expression",
            "A static list of references is required: depends_on = [aws_vpc.main].",
            Some(expr.range().clone()),
        );
        return Vec::new();
    };
    elements.iter().filter_map(|element| dependency(element, diagnostics)).collect()
}

fn dependency(element: &Expr, diagnostics: &mut Diagnostics) -> Option<Reference> {
    // Quoted references are old, but still understood.
    let parsed;
    let element = match element.kind() {
        ExprKind::Literal(value) if value.as_str().is_some() => {
            parsed = crate::parse::parse_expression("depends_on", value.as_str().unwrap_or_default()).0;
            parsed.as_ref().unwrap_or(element)
        }
        _ => element,
    };
    let mut invalid = |detail: &str| {
        diagnostics.error("Invalid depends_on reference", detail, Some(element.range().clone()));
        None
    };
    let Some(referenced) = whole(element) else {
        return invalid("Each element must be a reference such as aws_vpc.main or module.network.");
    };
    let whole_object = referenced.range == *element.range();
    match referenced.reference {
        Reference::Module { name, output: None } if whole_object => {
            Some(Reference::Module { name, output: None })
        }
        reference @ (Reference::Resource(_) | Reference::Variable(_) | Reference::Local(_))
            if whole_object =>
        {
            Some(reference)
        }
        Reference::Module { .. } | Reference::Resource(_) | Reference::Variable(_) | Reference::Local(_) => {
            invalid(
                "References in depends_on must be to a whole object (resource, module), not to an attribute or \
                     one instance of it.",
            )
        }
        Reference::EachKey
        | Reference::EachValue
        | Reference::Count
        | Reference::Path
        | Reference::Terraform
        | Reference::SelfRef => invalid("This is not an object that something else can wait for."),
    }
}

/// `aws`, `aws.west`, or either in quotes.
pub(super) fn provider_ref(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<ProviderRef> {
    let range = expr.range().clone();
    match expr.kind() {
        ExprKind::Name(name) => return Some(ProviderRef { name: name.clone(), alias: None, range }),
        ExprKind::Attribute(base, alias) => {
            if let ExprKind::Name(name) = base.kind() {
                return Some(ProviderRef { name: name.clone(), alias: Some(alias.clone()), range });
            }
        }
        ExprKind::Literal(value) => {
            if let Some(inner) =
                value.as_str().and_then(|text| crate::parse::parse_expression("provider", text).0)
                && !matches!(inner.kind(), ExprKind::Literal(_))
            {
                return provider_ref(&inner, diagnostics).map(|provider| ProviderRef { range, ..provider });
            }
        }
        _ => {}
    }
    diagnostics.error(
        "Invalid provider configuration reference",
        "A provider configuration is named by the provider's local name and, where there is one, its alias: aws or \
         aws.west.",
        Some(range),
    );
    None
}

const LIFECYCLE: [&str; 4] =
    ["create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by"];

fn lifecycle(block: &Block, key: &ResourceKey, diagnostics: &mut Diagnostics) -> Lifecycle {
    labels(block, [], diagnostics);
    let content = Content::exact(&block.body, &LIFECYCLE, &["precondition", "postcondition"], diagnostics);
    let mut rules = |kind: &str| {
        content.blocks_of(kind).into_iter().filter_map(|nested| check_rule(nested, diagnostics)).collect()
    };
    let conditions = Lifecycle {
        preconditions: rules("precondition"),
        postconditions: rules("postcondition"),
        ..Lifecycle::default()
    };
    match key.mode {
        ResourceMode::Managed => managed_lifecycle(&content, conditions, diagnostics),
        ResourceMode::Data => refuse_arguments(&content, "data", conditions, diagnostics),
        ResourceMode::Ephemeral => refuse_arguments(&content, "ephemeral", conditions, diagnostics),
    }
}

fn refuse_arguments(
    content: &Content<'_>,
    what: &str,
    conditions: Lifecycle,
    diagnostics: &mut Diagnostics,
) -> Lifecycle {
    for (name, attribute) in &content.attributes {
        diagnostics.error(
            format!("Invalid {what} resource lifecycle argument"),
            format!(
                "The argument \"{name}\" is for managed resources only: {what} resources are never changed."
            ),
            Some(attribute.name_range.clone()),
        );
    }
    conditions
}

fn managed_lifecycle(
    content: &Content<'_>,
    conditions: Lifecycle,
    diagnostics: &mut Diagnostics,
) -> Lifecycle {
    let mut switch = |name: &str| flag(content.expr(name), name, diagnostics);
    let create_before_destroy = switch("create_before_destroy");
    let prevent_destroy = switch("prevent_destroy");
    Lifecycle {
        create_before_destroy,
        prevent_destroy,
        ignore_changes: content
            .expr("ignore_changes")
            .map(|expr| ignore_changes(&expr, diagnostics))
            .unwrap_or_default(),
        replace_triggered_by: content
            .expr("replace_triggered_by")
            .map(|expr| replace_triggered_by(&expr, diagnostics))
            .unwrap_or_default(),
        ..conditions
    }
}

fn ignore_changes(expr: &Expr, diagnostics: &mut Diagnostics) -> IgnoreChanges {
    match expr.kind() {
        ExprKind::Name(name) if &**name == "all" => IgnoreChanges::All,
        ExprKind::Literal(value) if value.as_str() == Some("all") => IgnoreChanges::All,
        ExprKind::Tuple(elements) => {
            let paths: Vec<Path> =
                elements.iter().filter_map(|element| ignored_path(element, diagnostics)).collect();
            if paths.is_empty() { IgnoreChanges::None } else { IgnoreChanges::Paths(paths) }
        }
        _ => {
            diagnostics.error(
                "Invalid ignore_changes",
                "Give the keyword all, or a list of attributes of this resource: ignore_changes = [tags].",
                Some(expr.range().clone()),
            );
            IgnoreChanges::None
        }
    }
}

fn ignored_path(element: &Expr, diagnostics: &mut Diagnostics) -> Option<Path> {
    let parsed = match element.kind() {
        ExprKind::Literal(value) => {
            value.as_str().and_then(|text| crate::parse::parse_expression("ignore_changes", text).0)
        }
        _ => None,
    };
    let path = path_of(parsed.as_ref().unwrap_or(element));
    if path.is_none() {
        diagnostics.error(
            "Invalid ignore_changes",
            "Each element names an attribute of this resource and may step into it with constant keys: tags, \
             tags[\"Name\"].",
            Some(element.range().clone()),
        );
    }
    path
}

/// The path that names and constant keys make.
fn path_of(expr: &Expr) -> Option<Path> {
    match expr.kind() {
        ExprKind::Name(name) => Some(Path(vec![PathStep::Attribute(name.clone())])),
        ExprKind::Attribute(base, name) => Some(path_of(base)?.then(PathStep::Attribute(name.clone()))),
        ExprKind::LegacyIndex(base, index) => {
            Some(path_of(base)?.then(PathStep::Index(usize::try_from(*index).ok()?)))
        }
        ExprKind::Index(base, key) => Some(path_of(base)?.then(constant_key(key)?)),
        _ => None,
    }
}

fn constant_key(key: &Expr) -> Option<PathStep> {
    let ExprKind::Literal(value) = key.kind() else { return None };
    match Value::kind(value) {
        Kind::String(text) => Some(PathStep::Key(text.clone())),
        Kind::Number(number) => Some(PathStep::Index(number.to_usize()?)),
        _ => None,
    }
}

fn replace_triggered_by(expr: &Expr, diagnostics: &mut Diagnostics) -> Vec<Expr> {
    let ExprKind::Tuple(elements) = expr.kind() else {
        diagnostics.error(
            "Invalid replace_triggered_by expression",
            "A list of references to resources of the same module is required.",
            Some(expr.range().clone()),
        );
        return Vec::new();
    };
    for element in elements {
        let managed = |reference: &Reference| matches!(reference, Reference::Resource(key) if key.mode == ResourceMode::Managed);
        if whole(element).is_none() || !references(element).first().is_some_and(|r| managed(&r.reference)) {
            diagnostics.error(
                "Invalid replace_triggered_by expression",
                "Each element must be a reference to a managed resource of the same module, or to an attribute of one.",
                Some(element.range().clone()),
            );
        }
    }
    elements.clone()
}
