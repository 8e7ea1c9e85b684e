//! What the properties of the language's own blocks mean.
//!
//! Terraform reads some strings as templates, some as they are (where nothing is evaluated), and some
//! as the text of an expression. The tables say which; what they do not name is a template.

use std::collections::BTreeMap;

use evenkeel_model::Diagnostics;

use super::blocks::{duplicate, json_blocks, properties};
use super::{literal, syntax};
use crate::ast::{Attribute, Block, Body, Expr, ExprKind, ObjectItem};

/// What a body of the language has in it.
struct Contents {
    /// Arguments whose strings are as they are.
    literal: &'static [&'static str],
    /// Arguments whose strings are expressions.
    syntax: &'static [&'static str],
    /// Blocks: the type, the number of labels, and what is in them.
    blocks: &'static [(&'static str, usize, &'static Self)],
}

const NOTHING: Contents = Contents { literal: &[], syntax: &[], blocks: &[] };

const FILE: Contents = Contents {
    blocks: &[
        ("terraform", 0, &TERRAFORM),
        ("provider", 1, &Contents { literal: &["alias", "version"], ..NOTHING }),
        ("variable", 1, &VARIABLE),
        ("locals", 0, &NOTHING),
        ("output", 1, &OUTPUT),
        ("resource", 2, &RESOURCE),
        ("data", 2, &RESOURCE),
        ("ephemeral", 2, &RESOURCE),
        ("module", 1, &MODULE),
        ("moved", 0, &Contents { syntax: &["from", "to"], ..NOTHING }),
        ("removed", 0, &REMOVED),
        ("import", 0, &Contents { syntax: &["to", "provider"], ..NOTHING }),
        ("check", 1, &Contents { blocks: &[("data", 2, &RESOURCE), ("assert", 0, &NOTHING)], ..NOTHING }),
    ],
    ..NOTHING
};

const TERRAFORM: Contents = Contents {
    literal: &["required_version"],
    syntax: &["experiments", "language"],
    blocks: &[
        ("required_providers", 0, &REQUIRED_PROVIDERS),
        ("backend", 1, &NOTHING),
        ("cloud", 0, &Contents { blocks: &[("workspaces", 0, &NOTHING)], ..NOTHING }),
        ("provider_meta", 1, &NOTHING),
    ],
};

/// Its arguments are names of providers; see [`required_provider`].
const REQUIRED_PROVIDERS: Contents = NOTHING;

const VARIABLE: Contents = Contents {
    literal: &["default", "description", "sensitive", "nullable", "ephemeral"],
    syntax: &["type"],
    blocks: &[("validation", 0, &NOTHING)],
};

const OUTPUT: Contents = Contents {
    literal: &["description", "sensitive", "ephemeral"],
    syntax: &["depends_on"],
    blocks: &[("precondition", 0, &NOTHING)],
};

const RESOURCE: Contents = Contents {
    syntax: &["depends_on", "provider"],
    blocks: &[
        ("lifecycle", 0, &LIFECYCLE),
        ("provisioner", 1, &PROVISIONER),
        ("connection", 0, &NOTHING),
        ("_", 0, &NOTHING),
    ],
    ..NOTHING
};

const LIFECYCLE: Contents = Contents {
    literal: &["create_before_destroy", "prevent_destroy", "destroy"],
    syntax: &["ignore_changes", "replace_triggered_by"],
    blocks: &[("precondition", 0, &NOTHING), ("postcondition", 0, &NOTHING)],
};

const PROVISIONER: Contents = Contents {
    syntax: &["when", "on_failure"],
    blocks: &[("connection", 0, &NOTHING), ("_", 0, &NOTHING)],
    ..NOTHING
};

const MODULE: Contents =
    Contents { literal: &["source", "version"], syntax: &["depends_on", "providers"], blocks: &[] };

const REMOVED: Contents = Contents {
    syntax: &["from"],
    blocks: &[("lifecycle", 0, &LIFECYCLE), ("provisioner", 1, &PROVISIONER), ("connection", 0, &NOTHING)],
    ..NOTHING
};

const DYNAMIC: Contents = Contents { syntax: &["iterator"], blocks: &[("content", 0, &NOTHING)], ..NOTHING };

/// The `dynamic` blocks that an argument of that name in a JSON body stands for.
pub fn json_dynamic(attribute: &Attribute) -> (Vec<Block>, Diagnostics) {
    let (blocks, mut diagnostics) = json_blocks(attribute, 1);
    let blocks = blocks.into_iter().map(|block| contents_of(block, &DYNAMIC, &mut diagnostics)).collect();
    (blocks, diagnostics)
}

/// The body of a whole file.
pub(super) fn file(root: &Expr, diagnostics: &mut Diagnostics) -> Body {
    body(properties(root, diagnostics), &FILE, diagnostics)
}

fn body(properties: Vec<Attribute>, contents: &Contents, diagnostics: &mut Diagnostics) -> Body {
    let mut attributes = Vec::new();
    let mut blocks = Vec::new();
    let mut seen = BTreeMap::new();
    for property in properties {
        if let Some((_, labels, inside)) = contents.blocks.iter().find(|(kind, ..)| **kind == *property.name)
        {
            let (found, problems) = json_blocks(&property, *labels);
            diagnostics.extend(problems);
            blocks.extend(found.into_iter().map(|block| contents_of(block, inside, diagnostics)));
            continue;
        }
        // Of a resource the schema decides: blocks may be there more than once.
        let named = contents.literal.contains(&&*property.name) || contents.syntax.contains(&&*property.name);
        match seen.get(&property.name) {
            Some(first) if named => diagnostics.push(duplicate(&property, first)),
            _ => {
                seen.insert(property.name.clone(), property.name_range.clone());
                attributes.push(argument(property, contents, diagnostics));
            }
        }
    }
    Body { attributes: attributes.into(), blocks: blocks.into() }
}

fn contents_of(block: Block, contents: &Contents, diagnostics: &mut Diagnostics) -> Block {
    let properties = block.body.attributes.to_vec();
    let body = match &*block.kind {
        "required_providers" => Body {
            attributes: properties
                .into_iter()
                .map(|property| required_provider(property, diagnostics))
                .collect(),
            blocks: [].into(),
        },
        _ => body(properties, contents, diagnostics),
    };
    Block { body, ..block }
}

fn argument(property: Attribute, contents: &Contents, diagnostics: &mut Diagnostics) -> Attribute {
    let value = match &*property.name {
        name if contents.literal.contains(&name) => literal(&property.value, diagnostics),
        name if contents.syntax.contains(&name) => syntax(&property.value, diagnostics),
        _ => return property,
    };
    Attribute { value, ..property }
}

/// A provider that is required: constants, and references in `configuration_aliases`.
fn required_provider(property: Attribute, diagnostics: &mut Diagnostics) -> Attribute {
    let value = match property.value.kind() {
        ExprKind::Object(items) => {
            let item = |item: &ObjectItem| {
                let key = literal(&item.key, diagnostics);
                let aliases = matches!(key.kind(), ExprKind::Literal(name) if name.as_str() == Some("configuration_aliases"));
                let value = if aliases {
                    syntax(&item.value, diagnostics)
                } else {
                    literal(&item.value, diagnostics)
                };
                ObjectItem { key, value }
            };
            Expr::new(ExprKind::Object(items.iter().map(item).collect()), property.value.range().clone())
        }
        _ => literal(&property.value, diagnostics),
    };
    Attribute { value, ..property }
}
