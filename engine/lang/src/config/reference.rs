//! What an expression refers to: the edges of the dependency graph.

use std::sync::Arc;

use evenkeel_model::{InstanceKey, ResourceMode, SourceRange};

use super::ResourceKey;
use crate::ast::{Attribute, Body, Expr, ExprKind, SplatStep, TemplatePart};
use crate::parse::json_dynamic;

/// Something that an expression can refer to inside its module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// `var.NAME`
    Variable(Arc<str>),
    /// `local.NAME`
    Local(Arc<str>),
    /// `TYPE.NAME`, `data.TYPE.NAME` or `ephemeral.TYPE.NAME`
    Resource(ResourceKey),
    /// `module.NAME`, and the output that is used, where only one is.
    Module {
        /// The name of the call.
        name: Arc<str>,
        /// The output.
        output: Option<Arc<str>>,
    },
    /// `each.key`
    EachKey,
    /// `each.value`
    EachValue,
    /// `count.index`
    Count,
    /// `path.*`
    Path,
    /// `terraform.*`
    Terraform,
    /// `self`
    SelfRef,
}

/// A reference and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referenced {
    /// What is referred to.
    pub reference: Reference,
    /// The text that names it.
    pub range: SourceRange,
    /// What is done with it.
    pub next: Next,
    /// When it is looked at.
    pub(super) reached: Reached,
}

/// When something in an expression or a body is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    /// Whenever what it stands in is.
    #[default]
    Always,
    /// In a branch, in a loop or in an argument of `try` or `can`: what fails may not count.
    Sometimes,
    /// In the content of a `dynamic` block: when that has elements.
    Expanded,
}

/// A name and the constant steps into it, as they are written: what a reference is before anybody asks
/// what it refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traversal {
    /// The name that it begins with.
    pub root: Arc<str>,
    /// The steps, up to the first that is computed.
    pub steps: Vec<TraversalStep>,
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraversalStep {
    /// `.name`
    Attribute(Arc<str>),
    /// `[key]`
    Key(InstanceKey),
}

impl Traversal {
    fn of(root: &Arc<str>, steps: &[&Expr]) -> Self {
        Self { root: root.clone(), steps: steps.iter().map_while(|step| TraversalStep::of(step)).collect() }
    }
}

impl TraversalStep {
    fn of(step: &Expr) -> Option<Self> {
        match step.kind() {
            ExprKind::Attribute(_, name) => Some(Self::Attribute(name.clone())),
            ExprKind::LegacyIndex(_, index) => Some(Self::Key(InstanceKey::Int(*index))),
            ExprKind::Index(_, key) => match key.kind() {
                ExprKind::Literal(key) => super::address::instance_key(key).map(Self::Key),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The references of an expression as they are written, in source order.
pub fn traversals(expr: &Expr) -> Vec<Traversal> {
    let mut collector = Collector { traversals: Some(Vec::new()), ..Collector::default() };
    collector.expr(expr);
    collector.traversals.unwrap_or_default()
}

/// The same for a body and all blocks inside.
pub fn body_traversals(body: &Body) -> Vec<Traversal> {
    let mut collector = Collector { traversals: Some(Vec::new()), ..Collector::default() };
    collector.body(body);
    collector.traversals.unwrap_or_default()
}

/// What follows a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing, a splat, or a key that is computed.
    Nothing,
    /// An attribute.
    Attribute,
    /// A constant key.
    Key,
}

impl Next {
    fn of(step: Option<&&Expr>) -> Self {
        match step.map(|step| step.kind()) {
            Some(ExprKind::Attribute(..)) => Self::Attribute,
            Some(ExprKind::LegacyIndex(..)) => Self::Key,
            Some(ExprKind::Index(_, key)) if matches!(key.kind(), ExprKind::Literal(_)) => Self::Key,
            _ => Self::Nothing,
        }
    }
}

/// A reference that names nothing, such as `var` alone or `local["x"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The summary of the diagnostic.
    pub summary: &'static str,
    /// What is missing, as a sentence.
    pub detail: String,
    /// The root name.
    pub range: SourceRange,
    /// When it is looked at.
    pub reached: Reached,
}

/// The references of an expression in source order. Names that `for` binds are none.
pub fn references(expr: &Expr) -> Vec<Referenced> {
    let mut collector = Collector::default();
    collector.expr(expr);
    collector.found
}

/// The references of a body and all blocks inside, in source order. The iterator of a `dynamic`
/// block is none inside its content.
pub fn body_references(body: &Body) -> Vec<Referenced> {
    let mut collector = Collector::default();
    collector.body(body);
    collector.found
}

/// References and what looks like one and is none.
pub(super) fn all_of_expr(expr: &Expr) -> (Vec<Referenced>, Vec<Malformed>) {
    let mut collector = Collector::default();
    collector.expr(expr);
    (collector.found, collector.malformed)
}

/// The same for a body.
pub(super) fn all_of_body(body: &Body) -> (Vec<Referenced>, Vec<Malformed>) {
    let mut collector = Collector::default();
    collector.body(body);
    (collector.found, collector.malformed)
}

/// The reference that a whole expression is, if it is one and nothing more than steps into it.
pub(super) fn whole(expr: &Expr) -> Option<Referenced> {
    let mut base = expr;
    while let ExprKind::Attribute(inner, _) | ExprKind::Index(inner, _) | ExprKind::LegacyIndex(inner, _) =
        base.kind()
    {
        base = inner;
    }
    match base.kind() {
        ExprKind::Name(_) => references(expr).into_iter().next(),
        _ => None,
    }
}

#[derive(Default)]
struct Collector {
    bound: Vec<Arc<str>>,
    reached: Reached,
    found: Vec<Referenced>,
    malformed: Vec<Malformed>,
    /// As they are written, where somebody wants them.
    traversals: Option<Vec<Traversal>>,
}

impl Collector {
    fn body(&mut self, body: &Body) {
        // Attributes and blocks are kept apart; the places put them into order again.
        let start = self.found.len();
        for attribute in body.attributes.iter() {
            match attribute.json {
                true => self.json(attribute),
                false => self.expr(&attribute.value),
            }
        }
        for block in body.blocks.iter() {
            match (&*block.kind, &block.labels[..]) {
                ("dynamic", [label]) => self.dynamic(label, &block.body),
                _ => self.body(&block.body),
            }
        }
        if let Some(new) = self.found.get_mut(start..) {
            new.sort_by_key(|referenced| referenced.range.start.byte);
        }
    }

    /// A property of a JSON body, which may be an argument or blocks: `dynamic` ones bind a name.
    fn json(&mut self, attribute: &Attribute) {
        let (blocks, _) =
            if &*attribute.name == "dynamic" { json_dynamic(attribute) } else { Default::default() };
        for block in &blocks {
            if let [label] = &block.labels[..] {
                self.dynamic(label, &block.body);
            }
        }
        if blocks.is_empty() {
            self.json_value(&attribute.value);
        }
    }

    fn json_value(&mut self, value: &Expr) {
        match value.kind() {
            ExprKind::Tuple(elements) => elements.iter().for_each(|element| self.json_value(element)),
            ExprKind::Object(items) => {
                for item in items {
                    self.expr(&item.key);
                    let name = match item.key.kind() {
                        ExprKind::JsonString(string) => string.text().into(),
                        _ => Arc::from(""),
                    };
                    let value = item.value.clone();
                    self.json(&Attribute { name, name_range: item.key.range().clone(), value, json: true });
                }
            }
            _ => self.expr(value),
        }
    }

    fn dynamic(&mut self, label: &Arc<str>, body: &Body) {
        let iterator = match body.attribute("iterator").map(|attribute| attribute.value.kind()) {
            Some(ExprKind::Name(name)) => name.clone(),
            _ => label.clone(),
        };
        for attribute in body.attributes.iter() {
            match &*attribute.name {
                "iterator" => {}
                "labels" => self.when(Reached::Expanded, |inner| {
                    inner.within(std::slice::from_ref(&iterator), |inner| inner.expr(&attribute.value));
                }),
                _ => self.expr(&attribute.value),
            }
        }
        for block in body.blocks.iter() {
            self.when(Reached::Expanded, |inner| {
                inner.within(std::slice::from_ref(&iterator), |inner| inner.body(&block.body));
            });
        }
    }

    fn when(&mut self, reached: Reached, inner: impl FnOnce(&mut Self)) {
        let before = self.reached;
        self.reached = before.max(reached);
        inner(self);
        self.reached = before;
    }

    fn within(&mut self, names: &[Arc<str>], inner: impl FnOnce(&mut Self)) {
        let before = self.bound.len();
        self.bound.extend_from_slice(names);
        inner(self);
        self.bound.truncate(before);
    }

    fn expr(&mut self, expr: &Expr) {
        match expr.kind() {
            ExprKind::Name(_) | ExprKind::Attribute(..) | ExprKind::Index(..) | ExprKind::LegacyIndex(..) => {
                self.chain(expr)
            }
            ExprKind::Splat { source, each } => {
                self.expr(source);
                for step in each {
                    if let SplatStep::Index(key) = step {
                        self.expr(key);
                    }
                }
            }
            ExprKind::For(f) => {
                self.expr(&f.collection);
                let names: Vec<Arc<str>> = f.key_name.iter().chain([&f.value_name]).cloned().collect();
                self.when(Reached::Sometimes, |inner| {
                    inner.within(&names, |inner| {
                        f.key.iter().chain([&f.value]).chain(&f.condition).for_each(|expr| inner.expr(expr));
                    });
                });
            }
            ExprKind::Conditional(condition, yes, no) => {
                self.expr(condition);
                self.when(Reached::Sometimes, |inner| {
                    [yes, no].into_iter().for_each(|expr| inner.expr(expr))
                });
            }
            ExprKind::Call { name, arguments, .. } if is_guard(name) => {
                self.when(Reached::Sometimes, |inner| arguments.iter().for_each(|expr| inner.expr(expr)));
            }
            ExprKind::Template(parts) => self.parts(parts),
            ExprKind::Binary(..) => self.operands(expr),
            ExprKind::Object(items) => {
                for item in items {
                    self.object_key(&item.key);
                    self.expr(&item.value);
                }
            }
            ExprKind::Literal(_)
            | ExprKind::Wrapped(_)
            | ExprKind::Tuple(_)
            | ExprKind::Call { .. }
            | ExprKind::Unary(..)
            | ExprKind::Parens(_)
            | ExprKind::JsonString(_) => children(expr, &mut |child| self.expr(child)),
        }
    }

    /// The operands of a chain of operators, from the left.
    fn operands(&mut self, expr: &Expr) {
        let mut leftmost = expr;
        let mut right = Vec::new();
        while let ExprKind::Binary(_, a, b) = leftmost.kind() {
            right.push(b);
            leftmost = a;
        }
        self.expr(leftmost);
        for operand in right.into_iter().rev() {
            self.expr(operand);
        }
    }

    fn object_key(&mut self, key: &Expr) {
        if matches!(key.kind(), ExprKind::Attribute(..) | ExprKind::Index(..) | ExprKind::LegacyIndex(..)) {
            self.malformed.push(Malformed {
                summary: "Ambiguous attribute key",
                detail:
                    "A reference as a key stands in parentheses, (key), and a literal key with dots in it in \
                         quotes, \"key\"."
                        .to_owned(),
                range: key.range().clone(),
                reached: self.reached,
            });
            return;
        }
        self.expr(key);
    }

    fn parts(&mut self, parts: &[TemplatePart]) {
        for part in parts {
            match part {
                TemplatePart::Text(_) => {}
                TemplatePart::Interpolation(expr) => self.expr(expr),
                TemplatePart::If { condition, yes, no } => {
                    self.expr(condition);
                    self.when(Reached::Sometimes, |inner| {
                        [yes, no].into_iter().for_each(|part| inner.parts(part))
                    });
                }
                TemplatePart::For { key_name, value_name, collection, body } => {
                    self.expr(collection);
                    let names: Vec<Arc<str>> = key_name.iter().chain([value_name]).cloned().collect();
                    self.when(Reached::Sometimes, |inner| inner.within(&names, |inner| inner.parts(body)));
                }
            }
        }
    }

    /// A name and steps into it.
    fn chain(&mut self, expr: &Expr) {
        let mut steps = Vec::new();
        let mut base = expr;
        while let ExprKind::Attribute(inner, _)
        | ExprKind::Index(inner, _)
        | ExprKind::LegacyIndex(inner, _) = base.kind()
        {
            steps.push(base);
            base = inner;
        }
        steps.reverse();
        match base.kind() {
            ExprKind::Name(name) if !self.bound.contains(name) => {
                if let Some(traversals) = &mut self.traversals {
                    traversals.push(Traversal::of(name, &steps));
                }
                self.root(name, base, &steps);
            }
            ExprKind::Name(_) => {}
            _ => self.expr(base),
        }
        for step in steps {
            if let ExprKind::Index(_, key) = step.kind() {
                self.expr(key);
            }
        }
    }

    fn root(&mut self, name: &Arc<str>, base: &Expr, steps: &[&Expr]) {
        let attribute = |i: usize| match steps.get(i).map(|step| step.kind()) {
            Some(ExprKind::Attribute(_, name)) => Some(name.clone()),
            _ => None,
        };
        let range_to =
            |i: usize| steps.get(i).map_or_else(|| base.range().clone(), |step| step.range().clone());
        let (reference, range) = match (&**name, attribute(0)) {
            ("var", Some(name)) => (Reference::Variable(name), range_to(0)),
            ("local", Some(name)) => (Reference::Local(name), range_to(0)),
            ("module", Some(name)) => {
                let indexed = matches!(
                    steps.get(1).map(|step| step.kind()),
                    Some(ExprKind::Index(..) | ExprKind::LegacyIndex(..))
                );
                let at = if indexed { 2 } else { 1 };
                let output = attribute(at);
                let range = if output.is_some() { range_to(at) } else { range_to(0) };
                (Reference::Module { name, output }, range)
            }
            ("data", Some(kind)) => match attribute(1) {
                Some(name) => {
                    (Reference::Resource(ResourceKey { mode: ResourceMode::Data, kind, name }), range_to(1))
                }
                None => {
                    return self.bad(
                        base,
                        "The \"data\" object must be followed by the type and the name of a data resource.",
                    );
                }
            },
            ("ephemeral", Some(kind)) => match attribute(1) {
                Some(name) => (
                    Reference::Resource(ResourceKey { mode: ResourceMode::Ephemeral, kind, name }),
                    range_to(1),
                ),
                None => {
                    return self.bad(
                        base,
                        "The \"ephemeral\" object must be followed by the type and the name of an ephemeral resource.",
                    );
                }
            },
            ("template" | "lazy" | "arg", _) => {
                return self.malformed.push(Malformed {
                    summary: "Reserved symbol name",
                    detail: format!(
                        "The name \"{name}\" is reserved by the language. If it is a resource type, write resource.{name}."
                    ),
                    range: base.range().clone(),
                    reached: self.reached,
                });
            }
            ("resource", Some(kind)) => {
                match attribute(1) {
                    Some(name) => (
                        Reference::Resource(ResourceKey { mode: ResourceMode::Managed, kind, name }),
                        range_to(1),
                    ),
                    None => return self.bad(
                        base,
                        "The \"resource\" object must be followed by the type and the name of a resource.",
                    ),
                }
            }
            ("each", Some(part)) if &*part == "key" => (Reference::EachKey, range_to(0)),
            ("each", Some(part)) if &*part == "value" => (Reference::EachValue, range_to(0)),
            ("each", _) => {
                return self.attribute(
                    base,
                    "Invalid \"each\" attribute",
                    "The \"each\" object has the attributes each.key and each.value.",
                );
            }
            ("count", Some(part)) if &*part == "index" => (Reference::Count, range_to(0)),
            ("count", _) => {
                return self.attribute(
                    base,
                    "Invalid \"count\" attribute",
                    "The \"count\" object has one attribute, count.index.",
                );
            }
            ("path", Some(part)) if matches!(&*part, "module" | "root" | "cwd") => {
                (Reference::Path, range_to(0))
            }
            ("path", _) => {
                return self.attribute(
                    base,
                    "Invalid \"path\" attribute",
                    "The \"path\" object has the attributes path.module, path.root and path.cwd.",
                );
            }
            ("terraform", Some(part)) if &*part == "workspace" => (Reference::Terraform, range_to(0)),
            ("terraform", Some(_)) => {
                return self.attribute(
                    base,
                    "Invalid \"terraform\" attribute",
                    "The \"terraform\" object has one attribute, terraform.workspace.",
                );
            }
            ("self", _) => (Reference::SelfRef, base.range().clone()),
            ("var" | "local" | "module" | "data" | "resource" | "ephemeral" | "terraform", None) => {
                let detail = format!(
                    "The \"{name}\" object cannot be used by itself; the name of what is meant follows it: {name}.NAME."
                );
                return self.bad(base, &detail);
            }
            (_, Some(second)) => {
                let key = ResourceKey { mode: ResourceMode::Managed, kind: name.clone(), name: second };
                (Reference::Resource(key), range_to(0))
            }
            (_, None) => {
                return self.bad(
                    base,
                    "A reference to a resource type must be followed by at least one attribute access, specifying the \
                     resource name.",
                );
            }
        };
        let used = steps.iter().take_while(|step| step.range().end.byte <= range.end.byte).count();
        let next = match &reference {
            Reference::SelfRef => Next::Nothing,
            // The output belongs to the reference, and the key before it is what counts.
            Reference::Module { .. } => Next::of(steps.get(1)),
            _ => Next::of(steps.get(used)),
        };
        self.found.push(Referenced { reference, range, next, reached: self.reached });
    }

    fn bad(&mut self, base: &Expr, detail: &str) {
        self.attribute(base, "Invalid reference", detail);
    }

    /// An object of the language that has no such attribute.
    fn attribute(&mut self, base: &Expr, summary: &'static str, detail: &str) {
        let (range, reached) = (base.range().clone(), self.reached);
        self.malformed.push(Malformed { summary, detail: detail.to_owned(), range, reached });
    }
}

/// Functions that take a failure of an argument for an answer.
fn is_guard(function: &str) -> bool {
    matches!(function.trim_start_matches("core::"), "try" | "can")
}

/// Calls `action` for an expression and every one inside, from the outside in.
pub(super) fn visit(expr: &Expr, action: &mut dyn FnMut(&Expr)) {
    let mut chain = vec![expr];
    action(expr);
    while let Some(inner) = chain.last().and_then(|expr| expr.chained()) {
        action(inner);
        chain.push(inner);
    }
    for expr in chain.into_iter().rev() {
        let chained = expr.chained();
        children(expr, &mut |child| {
            // Those of the chain were visited on the way in.
            if !chained.is_some_and(|chained| std::ptr::eq(chained, child)) {
                visit(child, action);
            }
        });
    }
}

/// Calls `action` for each expression directly inside another, in source order.
pub(super) fn children(expr: &Expr, action: &mut dyn FnMut(&Expr)) {
    match expr.kind() {
        ExprKind::Literal(_) | ExprKind::Name(_) => {}
        ExprKind::JsonString(string) => {
            if let Some(Ok(template)) = &string.template {
                action(template);
            }
        }
        ExprKind::Template(parts) => children_of_parts(parts, action),
        ExprKind::Wrapped(inner)
        | ExprKind::Attribute(inner, _)
        | ExprKind::LegacyIndex(inner, _)
        | ExprKind::Unary(_, inner)
        | ExprKind::Parens(inner) => action(inner),
        ExprKind::Index(a, b) | ExprKind::Binary(_, a, b) => {
            action(a);
            action(b);
        }
        ExprKind::Splat { source, each } => {
            action(source);
            for step in each {
                if let SplatStep::Index(key) = step {
                    action(key);
                }
            }
        }
        ExprKind::Tuple(elements) => elements.iter().for_each(action),
        ExprKind::Object(items) => {
            for item in items {
                action(&item.key);
                action(&item.value);
            }
        }
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(action),
        ExprKind::Conditional(a, b, c) => [a, b, c].into_iter().for_each(action),
        ExprKind::For(f) => {
            action(&f.collection);
            f.key.iter().chain([&f.value]).chain(&f.condition).for_each(action);
        }
    }
}

fn children_of_parts(parts: &[TemplatePart], action: &mut dyn FnMut(&Expr)) {
    for part in parts {
        match part {
            TemplatePart::Text(_) => {}
            TemplatePart::Interpolation(expr) => action(expr),
            TemplatePart::If { condition, yes, no } => {
                action(condition);
                children_of_parts(yes, action);
                children_of_parts(no, action);
            }
            TemplatePart::For { collection, body, .. } => {
                action(collection);
                children_of_parts(body, action);
            }
        }
    }
}
