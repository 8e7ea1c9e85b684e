//! Addresses as configuration writes them: expressions that name a module or a resource relative to
//! the module they stand in. Instance keys stay expressions here; who may compute them decides.

use std::sync::Arc;

use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostic, Diagnostics, InstanceKey, ResourceMode, SourceRange, Value};

use super::ResourceKey;
use crate::ast::{Expr, ExprKind};
use crate::parse::parse_expression;

const INVALID: &str = "Invalid address";
const OPERATOR: &str = "Invalid address operator";

/// Roots that mean something else than a resource type.
const RESERVED: [&str; 10] =
    ["count", "each", "local", "path", "self", "terraform", "var", "template", "lazy", "arg"];

/// One step of an address into a module: the name of the call, and the key of its instance.
#[derive(Clone, Debug)]
pub struct AddressStep {
    /// The label of the `module` block.
    pub name: Arc<str>,
    /// The key in brackets.
    pub key: Option<Expr>,
}

/// A module or a resource, and the instance keys with it.
#[derive(Clone, Debug)]
pub(super) struct WrittenAddress {
    pub modules: Vec<AddressStep>,
    pub resource: Option<(ResourceKey, Option<Expr>)>,
    pub range: SourceRange,
}

enum Step {
    Name(Arc<str>, SourceRange),
    Key(Expr),
}

impl Step {
    fn range(&self) -> &SourceRange {
        match self {
            Self::Name(_, range) => range,
            Self::Key(key) => key.range(),
        }
    }
}

/// Reads an address; what is wrong with it is reported.
pub(super) fn address(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<WrittenAddress> {
    let read = steps(expr).ok_or_else(|| not_static(expr)).and_then(|steps| Reader::new(expr, steps).read());
    read.map_err(|problem| diagnostics.push(problem)).ok()
}

/// The problem of an expression that is more than names and keys.
pub(super) fn not_static(expr: &Expr) -> Diagnostic {
    Diagnostic::error(
        "Invalid expression",
        "A single static reference is required here: names, and constant keys in brackets, without \
         calculations, functions or templates.",
    )
    .at(expr.range().clone())
}

/// A reference in JSON syntax is a string that holds it; anything else is what it is.
pub(super) fn unquoted(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Expr> {
    let json = expr.range().filename.ends_with(".json");
    let ExprKind::Literal(value) = expr.kind() else { return Some(expr.clone()) };
    let Some(text) = value.as_str().filter(|_| json) else { return Some(expr.clone()) };
    let (inner, problems) = parse_expression(&expr.range().filename, text);
    for problem in problems {
        diagnostics.push(Diagnostic { range: Some(expr.range().clone()), ..problem });
    }
    inner
}

fn steps(expr: &Expr) -> Option<Vec<Step>> {
    let mut found = Vec::new();
    let mut base = expr;
    loop {
        match base.kind() {
            ExprKind::Name(name) => {
                found.push(Step::Name(name.clone(), base.range().clone()));
                found.reverse();
                return Some(found);
            }
            ExprKind::Attribute(inner, name) => {
                found.push(Step::Name(name.clone(), base.range().clone()));
                base = inner;
            }
            ExprKind::Index(inner, key) => {
                found.push(Step::Key(key.clone()));
                base = inner;
            }
            ExprKind::LegacyIndex(inner, index) => {
                let key = Expr::new(ExprKind::Literal(Value::number(*index)), base.range().clone());
                found.push(Step::Key(key));
                base = inner;
            }
            _ => return None,
        }
    }
}

struct Reader {
    steps: std::iter::Peekable<std::vec::IntoIter<Step>>,
    range: SourceRange,
}

impl Reader {
    fn new(expr: &Expr, steps: Vec<Step>) -> Self {
        Self { steps: steps.into_iter().peekable(), range: expr.range().clone() }
    }

    fn problem(&self, summary: &str, detail: impl Into<String>) -> Diagnostic {
        Diagnostic::error(summary, detail).at(self.range.clone())
    }

    fn read(mut self) -> Result<WrittenAddress, Diagnostic> {
        let mut modules = Vec::new();
        while self.is_next("module") {
            let missing = "The prefix \"module.\" must be followed by the name of a module call.";
            let name = self.name().ok_or_else(|| self.problem(OPERATOR, missing))?;
            modules.push(AddressStep { name, key: self.key() });
        }
        let resource = if self.steps.peek().is_some() { Some(self.resource()?) } else { None };
        Ok(WrittenAddress { modules, resource, range: self.range })
    }

    fn resource(&mut self) -> Result<(ResourceKey, Option<Expr>), Diagnostic> {
        let mode = if self.is_next("data") {
            ResourceMode::Data
        } else if self.is_next("ephemeral") {
            ResourceMode::Ephemeral
        } else {
            if !self.is_next("resource") {
                self.refuse_reserved()?;
            }
            ResourceMode::Managed
        };
        let missing = "The address of a resource consists of its type and its name: TYPE.NAME.";
        let kind = self.name().ok_or_else(|| self.problem(INVALID, missing))?;
        let name = self.name().ok_or_else(|| self.problem(INVALID, missing))?;
        let key = self.key();
        match self.steps.peek() {
            None => Ok((ResourceKey { mode, kind, name }, key)),
            Some(extra) => {
                let detail = "Something follows the address. It ends with the name of the resource or the key of one instance.";
                Err(Diagnostic::error(INVALID, detail).at(extra.range().clone()))
            }
        }
    }

    fn refuse_reserved(&mut self) -> Result<(), Diagnostic> {
        let Some(Step::Name(name, range)) = self.steps.peek() else { return Ok(()) };
        if !RESERVED.contains(&&**name) {
            return Ok(());
        }
        let detail = format!(
            "The keyword \"{name}\" is reserved and no resource type. If there is a resource type of that name, put \
             \"resource.\" before the address."
        );
        Err(Diagnostic::error(INVALID, detail).at(range.clone()))
    }

    /// Uses the next step if it is this name.
    fn is_next(&mut self, wanted: &str) -> bool {
        self.steps.next_if(|step| matches!(step, Step::Name(name, _) if **name == *wanted)).is_some()
    }

    fn name(&mut self) -> Option<Arc<str>> {
        match self.steps.next_if(|step| matches!(step, Step::Name(..))) {
            Some(Step::Name(name, _)) => Some(name),
            _ => None,
        }
    }

    fn key(&mut self) -> Option<Expr> {
        match self.steps.next_if(|step| matches!(step, Step::Key(_))) {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }
}

/// The key that a constant stands for.
pub(super) fn constant_key(key: &Expr) -> Result<InstanceKey, Diagnostic> {
    let ExprKind::Literal(value) = key.kind() else { return Err(not_static(key)) };
    instance_key(value).ok_or_else(|| {
        Diagnostic::error(
            INVALID,
            "The key of an instance is a string or a whole number that is not negative.",
        )
        .at(key.range().clone())
    })
}

/// The key of an instance that a value stands for: a known string, or a whole number.
pub fn instance_key(value: &Value) -> Option<InstanceKey> {
    match value.kind() {
        Kind::String(text) => Some(InstanceKey::String(text.clone())),
        Kind::Number(number) => Some(InstanceKey::Int(number.to_usize()? as u64)),
        _ => None,
    }
}
