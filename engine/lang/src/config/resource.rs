//! `resource` and `data` blocks: what the language itself reads of them.

use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostics, Path, PathStep, ResourceMode, Value};

use super::address::unquoted;
use super::block::{Content, at_most_one, check_name, labels, quoted, reserved_block, unescaped};
use super::constant::flag;
use super::provider::provider_ref;
use super::provisioner::Provisioning;
use super::reference::{Reference, Referenced, all_of_expr, references, whole};
use super::variable::check_rule;
use super::{CheckRule, IgnoreChanges, IgnoredPath, Lifecycle, Resource, ResourceKey};
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
pub(super) fn depends_on(expr: &Expr, diagnostics: &mut Diagnostics) -> Vec<Referenced> {
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

fn dependency(element: &Expr, diagnostics: &mut Diagnostics) -> Option<Referenced> {
    let inner = bare(element, diagnostics);
    let Some(referenced) = whole(&inner) else {
        diagnostics.error(
            "Invalid expression",
            "Each element of depends_on must be a reference such as aws_vpc.main or module.network.",
            Some(element.range().clone()),
        );
        return None;
    };
    // One key may follow: which instance is meant makes no difference.
    let object = match inner.kind() {
        ExprKind::Index(object, _) | ExprKind::LegacyIndex(object, _) => object,
        _ => &inner,
    };
    if referenced.range != *object.range() && referenced.range != *inner.range() {
        diagnostics.error(
            "Invalid depends_on reference",
            "References in depends_on must be to a whole object such as a resource or a module, not to an attribute of it.",
            Some(element.range().clone()),
        );
        return None;
    }
    Some(Referenced { range: element.range().clone(), ..referenced })
}

/// The expression without quotes around it, which are old and still understood.
fn bare(expr: &Expr, diagnostics: &mut Diagnostics) -> Expr {
    let ExprKind::Literal(value) = expr.kind() else { return expr.clone() };
    let Some(text) = value.as_str() else { return expr.clone() };
    let (inner, _) = crate::parse::parse_expression(&expr.range().filename, text);
    let Some(inner) = inner.filter(|inner| whole(inner).is_some() || path_of(inner).is_some()) else {
        return expr.clone();
    };
    quoted(expr, "reference", diagnostics);
    inner
}

const LIFECYCLE: [&str; 4] =
    ["create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by"];

fn lifecycle(block: &Block, key: &ResourceKey, diagnostics: &mut Diagnostics) -> Lifecycle {
    labels(block, [], diagnostics);
    let content = Content::exact(&block.body, &LIFECYCLE, &["precondition", "postcondition"], diagnostics);
    let mut rules = |kind: &str| {
        let found: Vec<CheckRule> = content
            .blocks_of(kind)
            .into_iter()
            .filter_map(|nested| check_rule(nested, diagnostics))
            .collect();
        found.iter().for_each(|rule| refuse_own(rule, kind, key, diagnostics));
        found
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

/// A condition of a resource refers to it as `self`, if at all.
fn refuse_own(rule: &CheckRule, kind: &str, key: &ResourceKey, diagnostics: &mut Diagnostics) {
    let own = Reference::Resource(key.clone());
    for expr in [&rule.condition, &rule.error_message] {
        if references(expr).iter().any(|referenced| referenced.reference == own) {
            diagnostics.error(
                format!("Invalid reference in {kind}"),
                format!("{key} may not refer to itself by its name. In a postcondition it is called self."),
                Some(expr.range().clone()),
            );
        }
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
    let Some(expr) = unquoted(expr, diagnostics) else { return IgnoreChanges::None };
    match expr.kind() {
        ExprKind::Name(name) if &**name == "all" => IgnoreChanges::All,
        ExprKind::Tuple(elements) => {
            let paths: Vec<IgnoredPath> =
                elements.iter().filter_map(|element| ignored_path(element, diagnostics)).collect();
            if paths.is_empty() { IgnoreChanges::None } else { IgnoreChanges::Paths(paths) }
        }
        _ => {
            diagnostics.error(
                "Invalid expression",
                "Give the keyword all, or a list of attributes of this resource: ignore_changes = [tags].",
                Some(expr.range().clone()),
            );
            IgnoreChanges::None
        }
    }
}

fn ignored_path(element: &Expr, diagnostics: &mut Diagnostics) -> Option<IgnoredPath> {
    if matches!(element.kind(), ExprKind::Literal(value) if value.as_str() == Some("*")) {
        diagnostics.error(
            "Invalid ignore_changes wildcard",
            "The list [\"*\"] is an old spelling that is not understood any more. Write ignore_changes = all.",
            Some(element.range().clone()),
        );
        return None;
    }
    let path = path_of(&bare(element, diagnostics));
    if path.is_none() {
        diagnostics.error(
            "Invalid expression",
            "Each element names an attribute of this resource and may step into it with constant keys: tags, \
             tags[\"Name\"].",
            Some(element.range().clone()),
        );
    }
    Some(IgnoredPath { path: path?, range: element.range().clone() })
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
            "Invalid expression",
            "A list of references to resources of the same module is required.",
            Some(expr.range().clone()),
        );
        return Vec::new();
    };
    elements
        .iter()
        .filter_map(|element| {
            let element = unquoted(element, diagnostics)?;
            check_trigger(&element, diagnostics);
            Some(element)
        })
        .collect()
}

/// A trigger is one resource, chosen by `each.key` or `count.index` where it has instances.
fn check_trigger(element: &Expr, diagnostics: &mut Diagnostics) {
    let (found, malformed) = all_of_expr(element);
    let mut problem = |what: &str, detail: &str| {
        diagnostics.error(
            format!("Invalid {what}replace_triggered_by expression"),
            detail,
            Some(element.range().clone()),
        );
    };
    let mut resources = 0;
    for referenced in &found {
        match &referenced.reference {
            Reference::Resource(_) => resources += 1,
            Reference::EachKey | Reference::Count => {}
            Reference::EachValue => {
                problem("each reference in ", "Only each.key may choose the instance, not each.value.");
            }
            Reference::Variable(_)
            | Reference::Local(_)
            | Reference::Module { .. }
            | Reference::Path
            | Reference::Terraform
            | Reference::SelfRef => problem(
                "reference in ",
                "Only resources of the same module can trigger a replacement, with each.key or count.index as the key.",
            ),
        }
    }
    let detail = "Each element must be one reference to a managed resource of the same module, or to an attribute of one.";
    if malformed.is_empty() && (resources != 1 || whole(element).is_none()) {
        problem("", detail);
    }
}
