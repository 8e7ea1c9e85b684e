//! `removed` blocks: what is no longer declared, and whether its objects are deleted or forgotten.

use std::fmt;
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, ResourceMode, SourceRange};

use super::ResourceKey;
use super::address::{WrittenAddress, address, unquoted};
use super::block::{Content, at_most_one, labels};
use super::constant::flag;
use super::provisioner::{Connection, Provisioner, Provisioning, When};
use crate::ast::{Block, Expr};

/// A `removed` block.
#[derive(Clone, Debug)]
pub struct Removed {
    /// What is no longer declared.
    pub from: RemovedTarget,
    /// Whether its objects are deleted; otherwise they stay and are forgotten.
    pub destroy: bool,
    /// How provisioners reach the objects.
    pub connection: Option<Connection>,
    /// What runs when an object is deleted.
    pub provisioners: Vec<Provisioner>,
    /// The header.
    pub range: SourceRange,
}

/// What a `removed` block is about, relative to the module that holds it; all instances of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemovedTarget {
    /// A module call and everything in it.
    Module(Vec<Arc<str>>),
    /// A managed resource.
    Resource {
        /// The names of the calls that lead to its module.
        module: Vec<Arc<str>>,
        /// The resource in that module.
        key: ResourceKey,
    },
}

impl fmt::Display for RemovedTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, key) = match self {
            Self::Module(module) => (module, None),
            Self::Resource { module, key } => (module, Some(key)),
        };
        let steps = module.iter().map(|name| format!("module.{name}"));
        let steps: Vec<String> = steps.chain(key.map(ToString::to_string)).collect();
        f.write_str(&steps.join("."))
    }
}

/// Reads a `removed` block.
pub(super) fn removed(block: &Block, diagnostics: &mut Diagnostics) -> Option<Removed> {
    labels(block, [], diagnostics);
    let content =
        Content::exact(&block.body, &["from"], &["lifecycle", "connection", "provisioner"], diagnostics);
    let from = content.required("from", &block.range, diagnostics);
    let from = from.and_then(|expr| target(&expr, diagnostics));
    let managed = matches!(from, Some(RemovedTarget::Resource { .. }));
    let provisioning = Provisioning::read(&content.blocks, diagnostics);
    refuse_misplaced(&content.blocks, managed, &provisioning, diagnostics);
    Some(Removed {
        from: from?,
        destroy: destroy(&content.blocks_of("lifecycle"), diagnostics),
        connection: provisioning.connection,
        provisioners: provisioning.provisioners,
        range: block.range.clone(),
    })
}

fn destroy(lifecycles: &[&Block], diagnostics: &mut Diagnostics) -> bool {
    let Some(lifecycle) = at_most_one(lifecycles, diagnostics) else { return true };
    labels(lifecycle, [], diagnostics);
    let content = Content::exact(&lifecycle.body, &["destroy"], &[], diagnostics);
    content.expr("destroy").is_none_or(|expr| flag(Some(expr), "destroy", diagnostics))
}

fn refuse_misplaced(
    blocks: &[&Block],
    managed: bool,
    provisioning: &Provisioning,
    diagnostics: &mut Diagnostics,
) {
    if !managed {
        for block in blocks.iter().filter(|block| &*block.kind != "lifecycle") {
            diagnostics.error(
                format!("Invalid {} block", block.kind),
                format!("A {} belongs to a managed resource, and this block is about none.", block.kind),
                Some(block.range.clone()),
            );
        }
    }
    for provisioner in provisioning.provisioners.iter().filter(|one| one.when != When::Destroy) {
        diagnostics.error(
            "Invalid provisioner block",
            "What is removed is not made any more: only provisioners with when = destroy can stand here.",
            Some(provisioner.range.clone()),
        );
    }
}

fn target(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<RemovedTarget> {
    let written = address(&unquoted(expr, diagnostics)?, diagnostics)?;
    without_keys(written).map_err(|problem| diagnostics.push(problem)).ok()
}

fn without_keys(written: WrittenAddress) -> Result<RemovedTarget, Diagnostic> {
    if let Some(key) = written.modules.iter().find_map(|step| step.key.as_ref()) {
        return Err(Diagnostic::error(
            "Module instance keys not allowed",
            "A removed block is about a whole module such as module.net, not about one instance of it.",
        )
        .at(key.range().clone()));
    }
    let module = written.modules.into_iter().map(|step| step.name).collect();
    match written.resource {
        None => Ok(RemovedTarget::Module(module)),
        Some((_, Some(key))) => Err(Diagnostic::error(
            "Resource instance keys not allowed",
            "A removed block is about a whole resource such as aws_vpc.main, not about one instance of it.",
        )
        .at(key.range().clone())),
        Some((key, None)) => match key.mode {
            ResourceMode::Managed => Ok(RemovedTarget::Resource { module, key }),
            ResourceMode::Data => Err(Diagnostic::error(
                "Data source address not allowed",
                "Data sources have no objects that could be deleted. Removing the data block is enough.",
            )
            .at(written.range)),
            ResourceMode::Ephemeral => Err(Diagnostic::error(
                "Ephemeral resource address not allowed",
                "Ephemeral resources have no objects that could be deleted. Removing the block is enough.",
            )
            .at(written.range)),
        },
    }
}
