//! `provisioner` and `connection` blocks: commands that somebody wants to run beside a change.
//!
//! They are read and checked here, whoever runs them or does not.

mod arguments;

use std::sync::Arc;

use evenkeel_model::{Diagnostics, SourceRange};

use super::address::unquoted;
use super::block::{Content, labels, place};
use super::reference::{Reference, all_of_body};
use crate::ast::{Block, Body, Expr, ExprKind};

/// A `provisioner` block.
#[derive(Clone, Debug)]
pub struct Provisioner {
    /// What runs: `local-exec`, `remote-exec`, `file` or another one.
    pub kind: Arc<str>,
    /// Beside which change.
    pub when: When,
    /// What follows from its failure.
    pub on_failure: OnFailure,
    /// Its own connection, in place of the resource's.
    pub connection: Option<Connection>,
    /// The provisioner's own arguments.
    pub body: Body,
    /// The header.
    pub range: SourceRange,
}

/// A `connection` block.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The arguments.
    pub body: Body,
    /// The header.
    pub range: SourceRange,
}

/// Beside which change a provisioner runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// After the object was made.
    #[default]
    Create,
    /// Before the object is deleted.
    Destroy,
}

/// What follows from the failure of a provisioner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// The change has failed.
    #[default]
    Fail,
    /// Nothing.
    Continue,
}

/// Provisioners that are no longer part of Terraform.
const GONE: [&str; 4] = ["chef", "habitat", "puppet", "salt-masterless"];

/// What the blocks of a resource say about provisioning.
#[derive(Default)]
pub(super) struct Provisioning {
    pub connection: Option<Connection>,
    pub provisioners: Vec<Provisioner>,
}

impl Provisioning {
    /// Reads the `connection` and `provisioner` blocks among others.
    pub fn read(blocks: &[&Block], diagnostics: &mut Diagnostics) -> Self {
        let of = |kind: &str| blocks.iter().copied().filter(|b| &*b.kind == kind).collect::<Vec<_>>();
        let connection = connection(&of("connection"), "block", diagnostics);
        let provisioners: Vec<Provisioner> =
            of("provisioner").into_iter().filter_map(|block| provisioner(block, diagnostics)).collect();
        if let Some(connection) = &connection
            && provisioners.iter().any(|provisioner| provisioner.when == When::Destroy)
        {
            only_own_references(&connection.body, diagnostics);
        }
        for provisioner in &provisioners {
            arguments::check(provisioner, connection.as_ref(), diagnostics);
        }
        Self { connection, provisioners }
    }
}

fn provisioner(block: &Block, diagnostics: &mut Diagnostics) -> Option<Provisioner> {
    let [kind] = labels(block, ["type"], diagnostics)?;
    if GONE.contains(&&**kind) {
        diagnostics.error(
            format!("The \"{kind}\" provisioner has been removed"),
            format!("Terraform has no \"{kind}\" provisioner since version 1.0. Prepare machines by an image or by user data."),
            Some(block.range.clone()),
        );
        return None;
    }
    let content = Content::split(&block.body, &["when", "on_failure"], &["_", "connection", "lifecycle"]);
    for reserved in content.blocks_of("lifecycle") {
        super::block::reserved_block(reserved, "provisioner", diagnostics);
    }
    let body = super::block::unescaped(&content, diagnostics);
    let when = keyword(&content, "when", [("create", When::Create), ("destroy", When::Destroy)], diagnostics);
    let on_failure = keyword(
        &content,
        "on_failure",
        [("continue", OnFailure::Continue), ("fail", OnFailure::Fail)],
        diagnostics,
    );
    let connection = connection(&content.blocks_of("connection"), "provisioner", diagnostics);
    if when == When::Destroy {
        only_own_references(&body, diagnostics);
        if let Some(connection) = &connection {
            only_own_references(&connection.body, diagnostics);
        }
    }
    Some(Provisioner { kind: kind.clone(), when, on_failure, connection, body, range: block.range.clone() })
}

fn connection(blocks: &[&Block], around: &str, diagnostics: &mut Diagnostics) -> Option<Connection> {
    let (first, more) = blocks.split_first()?;
    for block in more {
        diagnostics.error(
            "Duplicate connection block",
            format!("This {around} has a connection block already, at {}.", place(&first.range)),
            Some(block.range.clone()),
        );
    }
    labels(first, [], diagnostics);
    Some(Connection { body: first.body.clone(), range: first.range.clone() })
}

/// One of two keywords, the default where there is none.
fn keyword<T: Copy + Default>(
    content: &Content<'_>,
    argument: &str,
    words: [(&str, T); 2],
    diagnostics: &mut Diagnostics,
) -> T {
    let Some(expr) = content.expr(argument) else { return T::default() };
    let found = spelled(&expr, diagnostics)
        .and_then(|word| words.iter().find(|(known, _)| **known == *word).map(|(_, meaning)| *meaning));
    found.unwrap_or_else(|| {
        let [(first, _), (second, _)] = words;
        diagnostics.error(
            format!("Invalid \"{argument}\" keyword"),
            format!("The argument \"{argument}\" is one of two keywords, {first} or {second}."),
            Some(expr.range().clone()),
        );
        T::default()
    })
}

/// The keyword that an expression is; quotes around it are old, and still understood.
fn spelled(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    let expr = unquoted(expr, diagnostics)?;
    match expr.kind() {
        ExprKind::Name(word) => Some(word.clone()),
        ExprKind::Literal(value) => {
            let word = value.as_str()?;
            super::block::quoted(&expr, "keyword", diagnostics);
            Some(word.into())
        }
        _ => None,
    }
}

/// While an object is deleted nothing else can be asked: what it depends on may be gone as well.
fn only_own_references(body: &Body, diagnostics: &mut Diagnostics) {
    let (found, _) = all_of_body(body);
    for referenced in found {
        let own = matches!(
            referenced.reference,
            Reference::SelfRef
                | Reference::Count
                | Reference::EachKey
                | Reference::Path
                | Reference::Terraform
        );
        if !own {
            diagnostics.error(
                "Invalid reference from destroy provisioner",
                "Provisioners with when = destroy and their connections may refer to self, count.index and each.key \
                 only: while the object is deleted, other objects may not be there any more.",
                Some(referenced.range),
            );
        }
    }
}
