//! Reading blocks against what the language allows in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, SourceRange};

use crate::ast::{Attribute, Block, Body, Expr};
use crate::eval::did_you_mean;

/// What a block may contain besides what is left over for others.
pub(super) struct Content<'a> {
    /// The known arguments.
    pub attributes: BTreeMap<&'a str, &'a Attribute>,
    /// The known nested blocks, in source order.
    pub blocks: Vec<&'a Block>,
    /// Everything else.
    pub rest: Body,
}

impl<'a> Content<'a> {
    /// Splits a body into what is known and the rest.
    pub fn split(body: &'a Body, attributes: &[&str], blocks: &[&str]) -> Self {
        let known = |attribute: &&Attribute| attributes.contains(&&*attribute.name);
        let known_block = |block: &&Block| blocks.contains(&&*block.kind);
        Self {
            attributes: body.attributes.iter().filter(known).map(|a| (&*a.name, a)).collect(),
            blocks: body.blocks.iter().filter(known_block).collect(),
            rest: Body {
                attributes: body.attributes.iter().filter(|a| !known(a)).cloned().collect(),
                blocks: body.blocks.iter().filter(|b| !known_block(b)).cloned().collect(),
            },
        }
    }

    /// Splits a body in which nothing else may stand; what does is reported.
    pub fn exact(
        body: &'a Body,
        attributes: &[&str],
        blocks: &[&str],
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let content = Self::split(body, attributes, blocks);
        for attribute in content.rest.attributes.iter() {
            diagnostics.push(unsupported_argument(
                &attribute.name,
                attributes.iter().copied(),
                blocks.contains(&&*attribute.name),
                &attribute.name_range,
            ));
        }
        for block in content.rest.blocks.iter() {
            diagnostics.push(unsupported_block(
                block,
                blocks.iter().copied(),
                attributes.contains(&&*block.kind),
            ));
        }
        content
    }

    /// The expression of an argument.
    pub fn expr(&self, name: &str) -> Option<Expr> {
        self.attributes.get(name).map(|attribute| attribute.value.clone())
    }

    /// The known blocks of one type, in source order.
    pub fn blocks_of(&self, kind: &str) -> Vec<&'a Block> {
        self.blocks.iter().copied().filter(|block| &*block.kind == kind).collect()
    }

    /// The expression of an argument that must be there.
    pub fn required(&self, name: &str, header: &SourceRange, diagnostics: &mut Diagnostics) -> Option<Expr> {
        let expr = self.expr(name);
        if expr.is_none() {
            diagnostics.error(
                "Missing required argument",
                format!("The argument \"{name}\" is required here, but there is no definition of it."),
                Some(header.clone()),
            );
        }
        expr
    }
}

/// How long a name, and how many candidates, suggestions are worth their time for.
const SUGGESTION_LENGTH_MAX: usize = 100;
const SUGGESTION_CANDIDATES_MAX: usize = 2_000;

/// The existing name that was probably meant.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if name.len() > SUGGESTION_LENGTH_MAX {
        return None;
    }
    did_you_mean(name, known.into_iter().take(SUGGESTION_CANDIDATES_MAX))
}

/// An argument that does not exist.
pub(super) fn unsupported_argument<'n>(
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
    is_block: bool,
    range: &SourceRange,
) -> Diagnostic {
    let hint = match nearest(name, known) {
        Some(near) => format!(" Did you mean \"{near}\"?"),
        None if is_block => {
            format!(" Did you mean to write a block, {name} {{ ... }}, without an equals sign?")
        }
        None => String::new(),
    };
    Diagnostic::error(
        "Unsupported argument",
        format!("An argument named \"{name}\" is not expected here.{hint}"),
    )
    .at(range.clone())
}

/// A block type that does not exist.
pub(super) fn unsupported_block<'n>(
    block: &Block,
    known: impl IntoIterator<Item = &'n str>,
    is_argument: bool,
) -> Diagnostic {
    let name = &block.kind;
    let hint = match nearest(name, known) {
        Some(near) => format!(" Did you mean \"{near}\"?"),
        None if is_argument => format!(" Did you mean to set the argument \"{name}\" with an equals sign?"),
        None => String::new(),
    };
    Diagnostic::error(
        "Unsupported block type",
        format!("Blocks of type \"{name}\" are not expected here.{hint}"),
    )
    .at(block.range.clone())
}

/// Whether a block has exactly the labels it needs; what they are is named in the message.
pub(super) fn labels<'a, const N: usize>(
    block: &'a Block,
    names: [&str; N],
    diagnostics: &mut Diagnostics,
) -> Option<[&'a Arc<str>; N]> {
    let count = block.labels.len();
    if let Some(missing) = names.get(count) {
        diagnostics.error(
            format!("Missing {missing} for {}", block.kind),
            format!("All {} blocks have {N} label(s): {}.", block.kind, names.join(", ")),
            Some(block.range.clone()),
        );
        return None;
    }
    if count > N {
        let allowed =
            if N == 0 { "no labels".to_owned() } else { format!("{N} label(s): {}", names.join(", ")) };
        diagnostics.error(
            format!("Extraneous label for {}", block.kind),
            format!("Blocks of type {} have {allowed}.", block.kind),
            Some(block.range.clone()),
        );
        return None;
    }
    let labels: Vec<&Arc<str>> = block.labels.iter().collect();
    labels.try_into().ok()
}

/// Whether a name is an identifier; reports it otherwise.
pub(super) fn check_name(name: &str, what: &str, range: &SourceRange, diagnostics: &mut Diagnostics) -> bool {
    if is_identifier(name) {
        return true;
    }
    diagnostics.error(
        format!("Invalid {what} name"),
        "A name starts with a letter or underscore and contains only letters, digits, underscores and dashes.",
        Some(range.clone()),
    );
    false
}

/// Whether text is an identifier of the language.
pub(super) fn is_identifier(name: &str) -> bool {
    crate::parse::is_identifier(name)
}

/// Reports every nested block after the first one.
pub(super) fn at_most_one<'a>(blocks: &[&'a Block], diagnostics: &mut Diagnostics) -> Option<&'a Block> {
    for block in blocks.iter().skip(1) {
        diagnostics.error(
            format!("Duplicate {} block", block.kind),
            format!("Only one \"{}\" block is allowed here.", block.kind),
            Some(block.range.clone()),
        );
    }
    blocks.first().copied()
}

/// Reports a block type that the language keeps for itself.
pub(super) fn reserved_block(block: &Block, around: &str, diagnostics: &mut Diagnostics) {
    diagnostics.error(
        format!("Reserved block type name in {around} block"),
        format!(
            "The block type name \"{}\" is reserved by the language and cannot be used here.",
            block.kind
        ),
        Some(block.range.clone()),
    );
}

/// Says that quotes around a keyword or reference are old.
pub(super) fn quoted(expr: &Expr, what: &str, diagnostics: &mut Diagnostics) {
    if expr.range().filename.ends_with(".json") {
        return;
    }
    diagnostics.push(
        Diagnostic::warning(
            format!("Quoted {what}s are deprecated"),
            format!("A {what} stands here without quotes. Remove them."),
        )
        .at(expr.range().clone()),
    );
}

/// What is left for others to read, and with it what stands in the block `_`: there every name
/// belongs to the resource type, also one that means something to the language.
pub(super) fn unescaped(content: &Content<'_>, diagnostics: &mut Diagnostics) -> Body {
    let escapes = content.blocks_of("_");
    let Some((first, more)) = escapes.split_first() else { return content.rest.clone() };
    for block in more {
        diagnostics.error(
            "Duplicate escaping block",
            format!("Only one block \"_\" is allowed here; the first one is at {}.", place(&first.range)),
            Some(block.range.clone()),
        );
    }
    labels(first, [], diagnostics);
    for attribute in first.body.attributes.iter() {
        if let Some(same) = content.rest.attribute(&attribute.name) {
            diagnostics.error(
                "Duplicate argument",
                format!("Argument \"{}\" was already set at {}.", attribute.name, place(&same.name_range)),
                Some(attribute.name_range.clone()),
            );
        }
    }
    Body {
        attributes: content.rest.attributes.iter().chain(first.body.attributes.iter()).cloned().collect(),
        blocks: content.rest.blocks.iter().chain(first.body.blocks.iter()).cloned().collect(),
    }
}

/// `file.tf:3,5`, as messages name a place.
pub(super) fn place(range: &SourceRange) -> String {
    format!("{}:{},{}", range.filename, range.start.line, range.start.column)
}
