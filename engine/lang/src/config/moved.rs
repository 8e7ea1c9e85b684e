//! `moved` blocks: an object keeps its place in the world and has a new address.

use std::fmt;

use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceAddress, ModuleAddress, ModuleStep, ResourceAddress, SourceRange,
};

use super::address::{WrittenAddress, address, constant_key, unquoted};
use super::block::{Content, labels};
use crate::ast::{Block, Expr};

/// A `moved` block.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Where the object was.
    pub from: MoveEndpoint,
    /// Where it is now.
    pub to: MoveEndpoint,
    /// The header.
    pub range: SourceRange,
}

/// One end of a move, relative to the module that holds the block. Without a key at its end it may
/// mean a whole resource or call as well as the one instance without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveEndpoint {
    /// A module call or one instance of it.
    Module(ModuleAddress),
    /// A resource or one instance of it.
    Resource(InstanceAddress),
}

impl fmt::Display for MoveEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module(module) => module.fmt(f),
            Self::Resource(resource) => resource.fmt(f),
        }
    }
}

/// Reads a `moved` block.
pub(super) fn moved(block: &Block, diagnostics: &mut Diagnostics) -> Option<Moved> {
    labels(block, [], diagnostics);
    let content = Content::exact(&block.body, &["from", "to"], &[], diagnostics);
    let from = content.required("from", &block.range, diagnostics);
    let to = content.required("to", &block.range, diagnostics);
    let from = from.and_then(|expr| endpoint(&expr, diagnostics));
    let to = to.and_then(|expr| endpoint(&expr, diagnostics));
    let (from, to) = (from?, to?);
    if matches!(from, MoveEndpoint::Module(_)) != matches!(to, MoveEndpoint::Module(_)) {
        diagnostics.error(
            "Invalid \"moved\" addresses",
            "\"from\" and \"to\" must both be the address of a resource, or both of a module.",
            Some(block.range.clone()),
        );
        return None;
    }
    Some(Moved { from, to, range: block.range.clone() })
}

fn endpoint(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<MoveEndpoint> {
    let written = address(&unquoted(expr, diagnostics)?, diagnostics)?;
    constant(&written).map_err(|problem| diagnostics.push(problem)).ok()
}

fn constant(written: &WrittenAddress) -> Result<MoveEndpoint, Diagnostic> {
    let key = |key: &Option<Expr>| key.as_ref().map(constant_key).transpose();
    let mut module = ModuleAddress::root();
    for step in &written.modules {
        module.0.push(ModuleStep { name: step.name.clone(), key: key(&step.key)? });
    }
    let Some((resource, instance)) = &written.resource else { return Ok(MoveEndpoint::Module(module)) };
    let resource = ResourceAddress {
        module,
        mode: resource.mode,
        kind: resource.kind.clone(),
        name: resource.name.clone(),
    };
    Ok(MoveEndpoint::Resource(InstanceAddress { resource, key: key(instance)? }))
}
