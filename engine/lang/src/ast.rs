//! The syntax tree of the language.
//!
//! Every node carries its source range. The tree is as deep as the source is nested, which the
//! parser bounds; chains (`1 + 1 + 1`, `a.b.c`) are the exception: each link is a node inside the
//! next one, so whoever walks the tree follows [`Expr::chained`] in a loop.

use std::sync::Arc;

use evenkeel_model::{SourceRange, Type, Value};

pub use crate::parse::JsonString;

/// An expression and where it stands. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Expr(pub Arc<Node>);

/// One node of an expression.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: ExprKind,
    /// The text it was parsed from.
    pub range: SourceRange,
}

impl Expr {
    /// A node at a place.
    pub fn new(kind: ExprKind, range: SourceRange) -> Self {
        Self(Arc::new(Node { kind, range }))
    }

    /// What it is.
    pub fn kind(&self) -> &ExprKind {
        &self.0.kind
    }

    /// The text it was parsed from.
    pub fn range(&self) -> &SourceRange {
        &self.0.range
    }

    /// What a chain goes on with: the left operand, or what a step is applied to.
    pub fn chained(&self) -> Option<&Self> {
        match self.kind() {
            ExprKind::Binary(_, inner, _)
            | ExprKind::Attribute(inner, _)
            | ExprKind::Index(inner, _)
            | ExprKind::LegacyIndex(inner, _) => Some(inner),
            _ => None,
        }
    }
}

/// Takes chains apart in a loop: dropping them link by link from the outside would recurse.
impl Drop for Node {
    fn drop(&mut self) {
        let mut chained = take_chained(&mut self.kind);
        while let Some(mut node) = chained.and_then(|expr| Arc::into_inner(expr.0)) {
            chained = take_chained(&mut node.kind);
        }
    }
}

fn take_chained(kind: &mut ExprKind) -> Option<Expr> {
    match kind {
        ExprKind::Binary(..) | ExprKind::Attribute(..) | ExprKind::Index(..) | ExprKind::LegacyIndex(..) => {}
        _ => return None,
    }
    match std::mem::replace(kind, ExprKind::Literal(Value::null(Type::Dynamic))) {
        ExprKind::Binary(_, inner, _)
        | ExprKind::Attribute(inner, _)
        | ExprKind::Index(inner, _)
        | ExprKind::LegacyIndex(inner, _) => Some(inner),
        _ => None,
    }
}

/// The kinds of expressions.
#[derive(Debug)]
pub enum ExprKind {
    /// A number, bool, null, or string without interpolation.
    Literal(Value),
    /// `"a ${b} %{ if c }d%{ endif }"`, quoted or heredoc; whitespace stripping is already done.
    Template(Vec<TemplatePart>),
    /// A template that is a single interpolation, `"${x}"`: the value itself, of any type.
    Wrapped(Expr),
    /// A bare root name: `var`, `local`, `each`, `aws_vpc`, or a `for` variable.
    Name(Arc<str>),
    /// `object.name`
    Attribute(Expr, Arc<str>),
    /// `collection[key]`
    Index(Expr, Expr),
    /// `collection.0`: the legacy way to index.
    LegacyIndex(Expr, u64),
    /// `source.*.rest` (attributes only) or `source[*].rest` (full).
    Splat {
        /// What is iterated; a value that is no list, set or tuple counts as a list of itself.
        source: Expr,
        /// Applied to each element, in order.
        each: Vec<SplatStep>,
    },
    /// `[a, b]`
    Tuple(Vec<Expr>),
    /// `{ a = b }`
    Object(Vec<ObjectItem>),
    /// `name(arguments...)`
    Call {
        /// The name, with its namespace: `core::upper` is `upper`; `provider::x::f` stays whole.
        name: Arc<str>,
        /// The range of the name alone.
        name_range: SourceRange,
        /// The arguments in order.
        arguments: Vec<Expr>,
        /// Whether the last argument is spread over the remaining parameters.
        expand_last: bool,
    },
    /// `a OP b`
    Binary(BinaryOp, Expr, Expr),
    /// `OP a`
    Unary(UnaryOp, Expr),
    /// `condition ? yes : no`
    Conditional(Expr, Expr, Expr),
    /// `[for ...]` or `{for ...}`
    For(Box<ForExpr>),
    /// `( a )`
    Parens(Expr),
    /// A string of the JSON syntax, which is a template.
    JsonString(JsonString),
}

/// One step that a splat applies to each element.
#[derive(Debug)]
pub enum SplatStep {
    /// `.name`
    Attribute(Arc<str>, SourceRange),
    /// `[key]`
    Index(Expr),
}

/// One `key = value` of an object constructor.
#[derive(Debug)]
pub struct ObjectItem {
    /// A bare name is a [`ExprKind::Literal`] string; `(expr)` is [`ExprKind::Parens`].
    pub key: Expr,
    /// The value.
    pub value: Expr,
}

/// A `for` expression.
#[derive(Debug)]
pub struct ForExpr {
    /// The name for keys or indexes, if given.
    pub key_name: Option<Arc<str>>,
    /// The name for elements.
    pub value_name: Arc<str>,
    /// What is iterated.
    pub collection: Expr,
    /// The key of the result: present for `{for ...}`.
    pub key: Option<Expr>,
    /// The value of the result.
    pub value: Expr,
    /// `if condition`
    pub condition: Option<Expr>,
    /// `...`: values with the same key are grouped.
    pub grouping: bool,
}

/// One part of a template.
#[derive(Debug)]
pub enum TemplatePart {
    /// Text as it is.
    Text(Arc<str>),
    /// `${ expression }`
    Interpolation(Expr),
    /// `%{ if condition }yes%{ else }no%{ endif }`
    If {
        /// The condition.
        condition: Expr,
        /// When true.
        yes: Vec<Self>,
        /// When false.
        no: Vec<Self>,
    },
    /// `%{ for key, value in collection }body%{ endfor }`
    For {
        /// The name for keys or indexes, if given.
        key_name: Option<Arc<str>>,
        /// The name for elements.
        value_name: Arc<str>,
        /// What is iterated.
        collection: Expr,
        /// Written once per element.
        body: Vec<Self>,
    },
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// The contents of a file or block, in source order. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Attributes (`name = value`), in source order.
    pub attributes: Arc<[Attribute]>,
    /// Blocks, in source order.
    pub blocks: Arc<[Block]>,
}

/// `name = value`
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name.
    pub name: Arc<str>,
    /// The range of the name.
    pub name_range: SourceRange,
    /// The value.
    pub value: Expr,
    /// Whether it is a property of a JSON object. Only the schema of the body says whether it is an
    /// argument at all: see [`crate::parse::json_blocks`].
    pub json: bool,
}

/// `type "label" { body }`
#[derive(Clone, Debug)]
pub struct Block {
    /// The block type.
    pub kind: Arc<str>,
    /// The labels, quoted or bare.
    pub labels: Vec<Arc<str>>,
    /// The range of the header: type and labels.
    pub range: SourceRange,
    /// The contents.
    pub body: Body,
}

impl Body {
    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name == name)
    }
}
