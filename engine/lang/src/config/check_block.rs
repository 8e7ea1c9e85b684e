//! `check` blocks: assertions about the whole that warn and stop nothing.

use std::sync::Arc;

use evenkeel_model::{Diagnostics, ResourceMode, SourceRange};

use super::block::{Content, check_name, labels, place};
use super::resource::resource;
use super::variable::check_rule;
use super::{CheckRule, Resource, ResourceKey};
use crate::ast::Block;

/// A `check` block.
#[derive(Clone, Debug)]
pub struct Check {
    /// The name.
    pub name: Arc<str>,
    /// The data resource inside, which only this block may refer to. It is kept with the other
    /// resources of its module, where [`Resource::check`] leads back here.
    pub data: Option<ResourceKey>,
    /// `assert` blocks.
    pub asserts: Vec<CheckRule>,
    /// The header.
    pub range: SourceRange,
}

/// Reads a `check` block and the data resource in it.
pub(super) fn check(block: &Block, diagnostics: &mut Diagnostics) -> Option<(Check, Option<Resource>)> {
    let [name] = labels(block, ["name"], diagnostics)?;
    check_name(name, "check block", &block.range, diagnostics);
    let content = Content::exact(&block.body, &[], &["data", "assert"], diagnostics);
    let data = scoped(name, &content.blocks_of("data"), diagnostics);
    let asserts = content.blocks_of("assert");
    if asserts.is_empty() {
        diagnostics.error(
            "Zero assert blocks",
            "A check block needs at least one assert block, for otherwise it checks nothing.",
            Some(block.range.clone()),
        );
    }
    let check = Check {
        name: name.clone(),
        data: data.as_ref().map(|data| data.key.clone()),
        asserts: asserts.into_iter().filter_map(|nested| check_rule(nested, diagnostics)).collect(),
        range: block.range.clone(),
    };
    Some((check, data))
}

fn scoped(check: &Arc<str>, blocks: &[&Block], diagnostics: &mut Diagnostics) -> Option<Resource> {
    let (first, more) = blocks.split_first()?;
    for block in more {
        diagnostics.error(
            "Multiple data resource blocks",
            format!("This check block has a data resource already, at {}.", place(&first.range)),
            Some(block.range.clone()),
        );
    }
    for name in ["count", "for_each"] {
        if let Some(attribute) = first.body.attribute(name) {
            diagnostics.error(
                format!("Invalid \"{name}\" attribute"),
                "A data block inside a check has one instance: count and for_each are not supported there.",
                Some(attribute.name_range.clone()),
            );
        }
    }
    if let Some(lifecycle) = first.body.blocks.iter().find(|nested| &*nested.kind == "lifecycle") {
        diagnostics.error(
            "Invalid lifecycle block",
            "A data block inside a check has no lifecycle of its own; write assert blocks instead of conditions.",
            Some(lifecycle.range.clone()),
        );
    }
    let data = resource(first, ResourceMode::Data, diagnostics)?;
    Some(Resource { check: Some(check.clone()), count: None, for_each: None, ..data })
}
