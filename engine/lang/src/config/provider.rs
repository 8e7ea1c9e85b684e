//! `provider` blocks, and references to the configurations that they make.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, SourceRange};

use super::Module;
use super::block::{Content, check_name, is_identifier, labels, place, quoted, reserved_block, unescaped};
use super::constant::text;
use super::required::check_local_name;
use super::terraform::check_constraint;
use crate::ast::{Block, Body, Expr, ExprKind};

/// A `provider` block.
#[derive(Clone, Debug)]
pub struct ProviderBlock {
    /// The local name.
    pub name: Arc<str>,
    /// The alias, for an additional configuration.
    pub alias: Option<Arc<str>>,
    /// A version constraint, which belongs into `required_providers`.
    pub version: Option<Arc<str>>,
    /// The provider's own arguments: without `alias` and `version`.
    pub body: Body,
    /// The header.
    pub range: SourceRange,
}

impl ProviderBlock {
    /// Whether it says nothing. In a called module it then stands for a configuration that the
    /// caller hands over, as was usual before `configuration_aliases`.
    pub fn is_empty(&self) -> bool {
        self.version.is_none() && self.body.attributes.is_empty() && self.body.blocks.is_empty()
    }

    /// `aws` or `aws.west`
    pub fn reference(&self) -> ProviderRef {
        ProviderRef { name: self.name.clone(), alias: self.alias.clone(), range: self.range.clone() }
    }
}

/// A provider configuration by local name and alias: `aws` or `aws.west`.
#[derive(Clone, Debug)]
pub struct ProviderRef {
    /// The local name.
    pub name: Arc<str>,
    /// The alias.
    pub alias: Option<Arc<str>>,
    /// Where it stands.
    pub range: SourceRange,
}

impl fmt::Display for ProviderRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.alias {
            Some(alias) => write!(f, "{}.{alias}", self.name),
            None => write!(f, "{}", self.name),
        }
    }
}

const RESERVED: [&str; 4] = ["count", "for_each", "depends_on", "source"];

/// Reads a `provider` block into a module.
pub(super) fn provider(block: &Block, module: &mut Module, diagnostics: &mut Diagnostics) {
    let Some([name]) = labels(block, ["name"], diagnostics) else { return };
    if !check_local_name(name, &block.range, diagnostics) {
        return;
    }
    let known = ["alias", "version", "count", "for_each", "depends_on", "source"];
    let content = Content::split(&block.body, &known, &["_", "lifecycle", "locals"]);
    for nested in content.blocks.iter().filter(|nested| &*nested.kind != "_") {
        reserved_block(nested, "provider", diagnostics);
    }
    for attribute in RESERVED.iter().filter_map(|reserved| content.attributes.get(reserved)) {
        diagnostics.error(
            "Reserved argument name in provider block",
            format!(
                "The argument name \"{}\" is reserved by the language in provider blocks.",
                attribute.name
            ),
            Some(attribute.name_range.clone()),
        );
    }
    module.providers.push(ProviderBlock {
        name: name.clone(),
        alias: alias(&content, diagnostics),
        version: version(&content, diagnostics),
        body: unescaped(&content, diagnostics),
        range: block.range.clone(),
    });
}

fn alias(content: &Content<'_>, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    let expr = content.expr("alias")?;
    let alias = text(Some(expr.clone()), "alias", diagnostics)?;
    check_name(&alias, "provider configuration alias", expr.range(), diagnostics);
    Some(alias)
}

fn version(content: &Content<'_>, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    let expr = content.expr("version")?;
    diagnostics.push(
        Diagnostic::warning(
            "Version constraints inside provider configuration blocks are deprecated",
            "Move the version constraint into the required_providers block, where it holds for all configurations of \
             the provider.",
        )
        .at(expr.range().clone()),
    );
    let version = text(Some(expr.clone()), "version", diagnostics)?;
    check_constraint(&version, &expr, diagnostics);
    Some(version)
}

/// Drops provider configurations that were given before, once all files are read.
pub(super) fn drop_duplicate_providers(module: &mut Module, diagnostics: &mut Diagnostics) {
    let mut first: BTreeMap<(Arc<str>, Option<Arc<str>>), SourceRange> = BTreeMap::new();
    module.providers.retain(|ProviderBlock { name, alias, range, .. }| {
        let Some(given) = first.get(&(name.clone(), alias.clone())) else {
            first.insert((name.clone(), alias.clone()), range.clone());
            return true;
        };
        let which = match alias {
            Some(alias) => format!("with alias \"{alias}\""),
            None => "without an alias".to_owned(),
        };
        diagnostics.error(
            "Duplicate provider configuration",
            format!(
                "A configuration {which} for provider \"{name}\" was already given at {}. Further ones need an alias of \
                 their own.",
                place(given)
            ),
            Some(range.clone()),
        );
        false
    });
}

/// `aws`, `aws.west`, or either in quotes.
pub(super) fn provider_ref(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<ProviderRef> {
    let range = expr.range().clone();
    let Some((name, alias)) = names(expr).or_else(|| quoted_names(expr, diagnostics)) else {
        diagnostics.error(
            "Invalid provider configuration reference",
            "A provider configuration is named by the provider's local name and, where there is one, its alias: aws or \
             aws.west.",
            Some(range),
        );
        return None;
    };
    check_local_name(&name, &range, diagnostics).then_some(ProviderRef { name, alias, range })
}

fn names(expr: &Expr) -> Option<(Arc<str>, Option<Arc<str>>)> {
    match expr.kind() {
        ExprKind::Attribute(base, alias) => Some((name(base)?, Some(alias.clone()))),
        _ => Some((name(expr)?, None)),
    }
}

/// A name; also one that means a value elsewhere, for there is a provider called `null`.
fn name(expr: &Expr) -> Option<Arc<str>> {
    match expr.kind() {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Literal(value) if value.is_null() => Some("null".into()),
        ExprKind::Literal(value) => match value.as_bool()? {
            true => Some("true".into()),
            false => Some("false".into()),
        },
        _ => None,
    }
}

fn quoted_names(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<(Arc<str>, Option<Arc<str>>)> {
    let ExprKind::Literal(value) = expr.kind() else { return None };
    let text = value.as_str()?;
    let (name, alias) = text.split_once('.').map_or((text, None), |(name, alias)| (name, Some(alias)));
    if !is_identifier(name) || !alias.is_none_or(is_identifier) {
        return None;
    }
    quoted(expr, "reference", diagnostics);
    Some((name.into(), alias.map(Arc::from)))
}
