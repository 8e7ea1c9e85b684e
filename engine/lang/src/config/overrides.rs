//! Override files: what `override.tf` and `*_override.tf` say takes the place of what other files
//! of the directory say about the same thing.
//!
//! Merging happens between syntax trees, before anything is read: arguments replace arguments of the
//! same name, nested blocks replace all nested blocks of the same type, and only `lifecycle` is
//! merged argument by argument.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{Diagnostics, SourceRange};

use super::block::place;
use crate::ast::{Attribute, Block, Body, Expr, ExprKind};

/// What the files of a directory say together.
pub(super) fn merged(primary: &[Body], overrides: &[Body], diagnostics: &mut Diagnostics) -> Body {
    let all =
        |files: &[Body]| files.iter().flat_map(|body| body.attributes.iter().cloned()).collect::<Vec<_>>();
    let mut attributes = all(primary);
    let mut merge = Merge::new(primary.iter().flat_map(|body| body.blocks.iter().cloned()));
    for file in overrides {
        attributes.extend(file.attributes.iter().cloned());
        refuse_second_backend(file, diagnostics);
        for block in file.blocks.iter() {
            merge.block(block, diagnostics);
        }
    }
    Body { attributes: attributes.into(), blocks: merge.blocks.into() }
}

/// What tells blocks of a module apart: type, labels, and for providers the alias.
type Key = (Arc<str>, Vec<Arc<str>>, Option<Arc<str>>);

struct Merge {
    blocks: Vec<Block>,
    places: BTreeMap<Key, usize>,
    locals: BTreeMap<Arc<str>, usize>,
}

impl Merge {
    fn new(blocks: impl Iterator<Item = Block>) -> Self {
        let blocks: Vec<Block> = blocks.collect();
        let mut places = BTreeMap::new();
        let mut locals = BTreeMap::new();
        for (i, block) in blocks.iter().enumerate() {
            if &*block.kind == "locals" {
                for attribute in block.body.attributes.iter() {
                    locals.entry(attribute.name.clone()).or_insert(i);
                }
            } else {
                places.entry(key_of(block)).or_insert(i);
            }
        }
        Self { blocks, places, locals }
    }

    fn block(&mut self, block: &Block, diagnostics: &mut Diagnostics) {
        match &*block.kind {
            "terraform" => self.terraform(block),
            "locals" => self.locals(block, diagnostics),
            "moved" | "import" | "removed" => diagnostics.error(
                format!("Cannot override '{}' blocks", block.kind),
                format!(
                    "Blocks of type \"{}\" stand in normal files only, not in override files.",
                    block.kind
                ),
                Some(block.range.clone()),
            ),
            "check" => refuse_rule(block, diagnostics),
            "provider" | "variable" | "output" | "module" | "resource" | "data" | "ephemeral" => {
                self.declaration(block, diagnostics);
            }
            // What this is, is said when it is read.
            _ => self.blocks.push(block.clone()),
        }
    }

    fn declaration(&mut self, block: &Block, diagnostics: &mut Diagnostics) {
        refuse_fixed(block, diagnostics);
        let key = key_of(block);
        let base = self.places.get(&key).and_then(|place| self.blocks.get_mut(*place));
        match base {
            Some(base) => base.body = merge(&base.body, &block.body),
            // A default provider configuration is there, and empty, where none is written.
            None if &*block.kind == "provider" && key.2.is_none() => {
                self.places.insert(key, self.blocks.len());
                self.blocks.push(block.clone());
            }
            None => diagnostics.error(
                missing(&block.kind),
                format!(
                    "There is no {} in the other files. An override file changes what is declared, and declares nothing.",
                    described(block, key.2.as_deref())
                ),
                Some(block.range.clone()),
            ),
        }
    }

    fn locals(&mut self, block: &Block, diagnostics: &mut Diagnostics) {
        for attribute in block.body.attributes.iter() {
            let base = self.locals.get(&attribute.name).and_then(|place| self.blocks.get_mut(*place));
            match base {
                Some(base) => base.body = with_attribute(&base.body, attribute),
                None => diagnostics.error(
                    "Missing base local value definition to override",
                    format!(
                        "There is no local value named \"{}\" in the other files. An override file changes what is \
                         declared, and declares nothing.",
                        attribute.name
                    ),
                    Some(attribute.name_range.clone()),
                ),
            }
        }
        if !block.body.blocks.is_empty() {
            let rest = Body { attributes: [].into(), blocks: block.body.blocks.clone() };
            self.blocks.push(Block { body: rest, ..block.clone() });
        }
    }

    /// Settings: versions replace all versions, a backend replaces the backend or cloud, and
    /// required providers are replaced one by one.
    fn terraform(&mut self, block: &Block) {
        let names: BTreeSet<&str> = block.body.attributes.iter().map(|attribute| &*attribute.name).collect();
        let has = |kind: &str| block.body.blocks.iter().any(|nested| &*nested.kind == kind);
        let stored = has("backend") || has("cloud");
        let mut required: Vec<Attribute> = blocks_of(&block.body, "required_providers")
            .flat_map(|nested| nested.body.attributes.to_vec())
            .collect();
        for base in self.blocks.iter_mut().filter(|base| &*base.kind == "terraform") {
            let attributes =
                base.body.attributes.iter().filter(|attribute| !names.contains(&*attribute.name)).cloned();
            let kept = base
                .body
                .blocks
                .iter()
                .filter(|nested| !(stored && matches!(&*nested.kind, "backend" | "cloud")));
            let blocks = kept.map(|nested| match &*nested.kind {
                "required_providers" => {
                    let body = required
                        .drain(..)
                        .fold(nested.body.clone(), |body, attribute| with_attribute(&body, &attribute));
                    Block { body, ..nested.clone() }
                }
                _ => nested.clone(),
            });
            base.body = Body { attributes: attributes.collect(), blocks: blocks.collect() };
        }
        let new = block
            .body
            .blocks
            .iter()
            .filter(|nested| &*nested.kind != "required_providers" || !required.is_empty());
        let body = Body { attributes: block.body.attributes.clone(), blocks: new.cloned().collect() };
        self.blocks.push(Block { body, ..block.clone() });
    }
}

fn blocks_of<'b>(body: &'b Body, kind: &'b str) -> impl Iterator<Item = &'b Block> {
    body.blocks.iter().filter(move |nested| &*nested.kind == kind)
}

fn key_of(block: &Block) -> Key {
    let alias = body_text(&block.body, "alias").filter(|_| &*block.kind == "provider");
    (block.kind.clone(), block.labels.clone(), alias)
}

fn body_text(body: &Body, name: &str) -> Option<Arc<str>> {
    match body.attribute(name)?.value.kind() {
        ExprKind::Literal(value) => value.as_str().map(Arc::from),
        _ => None,
    }
}

/// The names that a body sets: arguments, blocks, and blocks that are made dynamically.
fn names_of(body: &Body) -> BTreeSet<&str> {
    let blocks = body.blocks.iter().map(|block| match (&*block.kind, block.labels.first()) {
        ("dynamic", Some(label)) => &**label,
        (kind, _) => kind,
    });
    body.attributes.iter().map(|attribute| &*attribute.name).chain(blocks).collect()
}

/// A body with another one laid over it.
fn merge(base: &Body, over: &Body) -> Body {
    let mut names = names_of(over);
    // One of the two says how many instances there are.
    if names.contains("count") || names.contains("for_each") {
        names.extend(["count", "for_each"]);
    }
    let replaced = |name: &str| names.contains(name);
    let attributes = base.attributes.iter().filter(|attribute| !replaced(&attribute.name));
    let attributes = attributes.chain(over.attributes.iter()).cloned().collect();
    let kept = base.blocks.iter().filter_map(|block| match (&*block.kind, block.labels.first()) {
        ("lifecycle" | "_", None) => Some(merged_inside(block, over)),
        ("dynamic", Some(label)) => (!replaced(label)).then(|| block.clone()),
        (kind, _) => (!replaced(kind)).then(|| block.clone()),
    });
    let mut blocks: Vec<Block> = kept.collect();
    let inside: BTreeSet<Arc<str>> = blocks
        .iter()
        .map(|block| block.kind.clone())
        .filter(|kind| matches!(&**kind, "lifecycle" | "_"))
        .collect();
    blocks.extend(over.blocks.iter().filter(|block| !inside.contains(&block.kind)).cloned());
    Body { attributes, blocks: blocks.into() }
}

/// A block of which arguments are replaced one by one.
fn merged_inside(base: &Block, over: &Body) -> Block {
    let body = blocks_of(over, &base.kind).fold(base.body.clone(), |body, block| {
        block.body.attributes.iter().fold(body, |body, attribute| with_attribute(&body, attribute))
    });
    Block { body, ..base.clone() }
}

fn with_attribute(body: &Body, attribute: &Attribute) -> Body {
    let mut attributes: Vec<Attribute> = body.attributes.to_vec();
    match attributes.iter_mut().find(|other| other.name == attribute.name) {
        Some(same) => *same = attribute.clone(),
        None => attributes.push(attribute.clone()),
    }
    Body { attributes: attributes.into(), blocks: body.blocks.clone() }
}

fn missing(kind: &str) -> &'static str {
    match kind {
        "provider" => "Missing base provider configuration for override",
        "variable" => "Missing base variable declaration to override",
        "output" => "Missing base output definition to override",
        "module" => "Missing module call to override",
        "data" => "Missing data resource to override",
        _ => "Missing resource to override",
    }
}

fn described(block: &Block, alias: Option<&str>) -> String {
    let labels: Vec<String> = block.labels.iter().map(|label| format!("\"{label}\"")).collect();
    let alias = alias.map(|alias| format!(" with the alias \"{alias}\"")).unwrap_or_default();
    format!("{} {}{alias}", block.kind, labels.join(" "))
}

/// What a declaration says once and for all.
fn refuse_fixed(block: &Block, diagnostics: &mut Diagnostics) {
    let says_nothing = |expr: &Expr| matches!(expr.kind(), ExprKind::Tuple(elements) if elements.is_empty());
    if let Some(depends_on) = block.body.attribute("depends_on").filter(|one| !says_nothing(&one.value))
        && matches!(&*block.kind, "output" | "module" | "resource" | "data" | "ephemeral")
    {
        diagnostics.error(
            "Unsupported override",
            "The argument depends_on cannot be overridden.",
            Some(depends_on.name_range.clone()),
        );
    }
    let nested = match &*block.kind {
        "variable" | "output" => block.body.blocks.iter().collect(),
        "resource" | "data" | "ephemeral" => {
            blocks_of(&block.body, "lifecycle").flat_map(|nested| nested.body.blocks.iter()).collect()
        }
        _ => Vec::new(),
    };
    for rule in nested {
        if matches!(&*rule.kind, "validation" | "precondition" | "postcondition") {
            refuse_rule(rule, diagnostics);
        }
    }
}

fn refuse_rule(block: &Block, diagnostics: &mut Diagnostics) {
    diagnostics.error(
        format!("Can't override {} blocks", block.kind),
        format!("Override files cannot override \"{}\" blocks.", block.kind),
        Some(block.range.clone()),
    );
}

fn refuse_second_backend(file: &Body, diagnostics: &mut Diagnostics) {
    for (kind, summary) in
        [("backend", "Duplicate backend configuration"), ("cloud", "Duplicate HCP Terraform configurations")]
    {
        let mut first: Option<&SourceRange> = None;
        let settings = file.blocks.iter().filter(|block| &*block.kind == "terraform");
        for block in settings.flat_map(|block| blocks_of(&block.body, kind)) {
            if let Some(first) = first {
                let detail =
                    format!("Each override file may have only one; the first is at {}.", place(first));
                diagnostics.error(summary, detail, Some(block.range.clone()));
            }
            first = first.or(Some(&block.range));
        }
    }
}
