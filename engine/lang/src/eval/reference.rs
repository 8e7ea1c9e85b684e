//! References: what a chain like `module.net[0].ids["a"]` starts with is asked of the scope, and
//! the rest is applied to the answer.

use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostic, InstanceKey, ResourceMode, SourceRange, Type, Value};

use super::access::{get_attribute, index};
use super::{Evaluator, PathKind, did_you_mean};
use crate::ast::{Expr, ExprKind};

const INVALID: &str = "Invalid reference";

/// The steps of a chain that have not been used yet, in order.
struct Steps<'e> {
    steps: Vec<&'e Expr>,
    used: usize,
}

impl<'e> Steps<'e> {
    fn peek(&self) -> Option<&'e Expr> {
        self.steps.get(self.used).copied()
    }

    /// Uses the next step if it is `.name`.
    fn attribute(&mut self) -> Option<(&'e str, &'e SourceRange)> {
        let step = self.peek()?;
        match step.kind() {
            ExprKind::Attribute(_, name) => {
                self.used += 1;
                Some((name, step.range()))
            }
            _ => None,
        }
    }
}

impl Evaluator<'_> {
    /// Evaluates names, attributes and indexes: the chain is taken apart in a loop and applied from
    /// its start.
    #[inline(never)]
    pub(super) fn eval_chain(&mut self, expr: &Expr) -> Value {
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
        let mut steps = Steps { steps, used: 0 };
        let mut value = match base.kind() {
            ExprKind::Name(name) => match self.bound(name) {
                Some(value) => value.clone(),
                None => self.eval_root(name, base.range(), &mut steps),
            },
            _ => self.eval(base),
        };
        while let Some(step) = steps.peek() {
            steps.used += 1;
            value = self.apply_step(value, step);
        }
        value
    }

    #[inline(never)]
    fn apply_step(&mut self, value: Value, step: &Expr) -> Value {
        let result = match step.kind() {
            ExprKind::Attribute(_, name) => get_attribute(&value, name, step.range()),
            ExprKind::Index(_, key) => {
                let key = self.eval(key);
                index(&value, &key, step.range())
            }
            ExprKind::LegacyIndex(_, position) => index(&value, &Value::number(*position), step.range()),
            _ => Ok(value),
        };
        self.settle(result)
    }

    /// The value of what a reference starts with; uses as many steps as belong to it.
    #[inline(never)]
    fn eval_root(&mut self, name: &str, range: &SourceRange, steps: &mut Steps) -> Value {
        let result = self.root(name, range, steps);
        match result {
            Ok(value) => value,
            Err(diagnostic) => {
                let problems = if self.closed { &mut self.diagnostics } else { &mut self.references };
                problems.push(diagnostic.at(range.clone()));
                steps.used = steps.steps.len();
                Value::unknown(Type::Dynamic)
            }
        }
    }

    fn root(&mut self, name: &str, range: &SourceRange, steps: &mut Steps) -> Result<Value, Diagnostic> {
        if self.closed {
            return Err(self.unknown_name(name));
        }
        match name {
            "var" => self.single(name, steps, |inner, name, range| inner.scope.variable(name, range)),
            "local" => self.single(name, steps, |inner, name, range| inner.scope.local(name, range)),
            "each" => self.single(name, steps, |inner, name, range| match name {
                "key" => inner.scope.each_key(range),
                "value" => inner.scope.each_value(range),
                _ => Err(no_such("each", name, "The supported attributes are each.key and each.value, the current key and value pair of the \"for_each\" attribute set.")),
            }),
            "count" => self.single(name, steps, |inner, name, range| match name {
                "index" => inner.scope.count_index(range),
                _ => Err(no_such("count", name, "The only supported attribute is count.index, which is the index of each instance of a resource block that has the \"count\" argument set.")),
            }),
            "path" => self.single(name, steps, Self::path),
            "terraform" => self.single(name, steps, |inner, name, range| inner.scope.terraform(name, range)),
            "self" => self.scope.self_value(range),
            "module" => self.module(range, steps),
            "data" => self.resource(ResourceMode::Data, steps),
            "resource" => self.resource(ResourceMode::Managed, steps),
            "ephemeral" => self.resource(ResourceMode::Ephemeral, steps),
            "template" | "lazy" | "arg" | "run" | "provider" => Err(Diagnostic::error(
                INVALID,
                format!("The symbol name {name:?} is reserved by the language and cannot be used here."),
            )),
            kind => self.managed(kind, range, steps),
        }
    }

    fn unknown_name(&self, name: &str) -> Diagnostic {
        let detail = format!("There is no variable named {name:?} in the template's variables.");
        match did_you_mean(name, self.names.iter().map(|(name, _)| &**name)) {
            Some(near) => Diagnostic::error(INVALID, format!("{detail} Did you mean {near:?}?")),
            None => Diagnostic::error(INVALID, detail),
        }
    }

    /// `root.name`, for the roots that have exactly one level of names.
    fn single(
        &self,
        root: &str,
        steps: &mut Steps,
        get: impl FnOnce(&Self, &str, &SourceRange) -> Result<Value, Diagnostic>,
    ) -> Result<Value, Diagnostic> {
        let given = steps.peek().is_some();
        let Some((name, range)) = steps.attribute() else {
            return Err(Diagnostic::error(
                INVALID,
                match given {
                    true => format!("The {root:?} object does not support this operation."),
                    false => format!(
                        "The {root:?} object cannot be accessed directly. Instead, access one of its attributes."
                    ),
                },
            ));
        };
        get(self, name, range).map_err(|diagnostic| diagnostic.at(range.clone()))
    }

    fn path(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        match name {
            "module" => self.scope.path(PathKind::Module, range),
            "root" => self.scope.path(PathKind::Root, range),
            "cwd" => self.scope.path(PathKind::Cwd, range),
            _ => Err(no_such(
                "path",
                name,
                "The supported attributes are path.module, path.root and path.cwd.",
            )),
        }
    }

    fn managed(&mut self, kind: &str, range: &SourceRange, steps: &mut Steps) -> Result<Value, Diagnostic> {
        if steps.peek().is_none() {
            let roots = ["var", "local", "each", "count", "path", "terraform", "module", "data", "self"];
            let hint =
                did_you_mean(kind, roots.into_iter().chain(self.names.iter().map(|(name, _)| &**name)))
                    .map(|near| format!(" Did you mean {near:?}?"))
                    .unwrap_or_default();
            return Err(Diagnostic::error(
                INVALID,
                format!("A reference to a resource type must be followed by at least one attribute access, specifying the resource name.{hint}"),
            ).at(range.clone()));
        }
        self.named_resource(ResourceMode::Managed, kind, steps)
    }

    fn resource(&mut self, mode: ResourceMode, steps: &mut Steps) -> Result<Value, Diagnostic> {
        let Some((kind, _)) = steps.attribute() else {
            return Err(Diagnostic::error(
                INVALID,
                match mode {
                    ResourceMode::Data => {
                        "The \"data\" object must be followed by two attribute names: the data source type and the resource name."
                    }
                    ResourceMode::Ephemeral => {
                        "The \"ephemeral\" object must be followed by two attribute names: the ephemeral resource type and the resource name."
                    }
                    ResourceMode::Managed => {
                        "The \"resource\" object must be followed by two attribute names: the resource type and the resource name."
                    }
                },
            ));
        };
        self.named_resource(mode, kind, steps)
    }

    fn named_resource(
        &mut self,
        mode: ResourceMode,
        kind: &str,
        steps: &mut Steps,
    ) -> Result<Value, Diagnostic> {
        let Some((name, range)) = steps.attribute() else {
            return Err(Diagnostic::error(
                INVALID,
                "A reference to a resource type must be followed by at least one attribute access, specifying the resource name.",
            ));
        };
        let key = self.step_key(steps);
        if let Some((key_value, key_range)) = key {
            steps.used += 1;
            if let Some(key) = instance_key(&key_value)
                && let Some(value) = self.scope.resource_instance(mode, kind, name, &key, range)?
            {
                return Ok(value.with_marks(key_value.marks()));
            }
            let whole = self.scope.resource(mode, kind, name, range)?;
            // The reference is right; that there is no such element is an error like any other.
            return Ok(self.settle(index(&whole, &key_value, key_range)));
        }
        self.scope.resource(mode, kind, name, range)
    }

    /// The evaluated key of the next step, if it indexes.
    fn step_key<'e>(&mut self, steps: &Steps<'e>) -> Option<(Value, &'e SourceRange)> {
        let step = steps.peek()?;
        match step.kind() {
            ExprKind::Index(_, key) => Some((self.eval(key), step.range())),
            ExprKind::LegacyIndex(_, position) => Some((Value::number(*position), step.range())),
            _ => None,
        }
    }

    fn module(&mut self, range: &SourceRange, steps: &mut Steps) -> Result<Value, Diagnostic> {
        let Some((name, name_range)) = steps.attribute() else {
            return Err(Diagnostic::error(
                INVALID,
                "The \"module\" object cannot be accessed directly. Instead, access one of its attributes.",
            )
            .at(range.clone()));
        };
        let key = self.step_key(steps);
        if key.is_some() {
            steps.used += 1;
        }
        let key_name = key.as_ref().and_then(|(value, _)| instance_key(value));
        if key.is_none() || key_name.is_some() {
            let before = steps.used;
            if let Some((output, range)) = steps.attribute() {
                if let Some(value) = self.scope.module_output(name, key_name.as_ref(), output, range)? {
                    let marks = key.map(|(value, _)| value.marks()).unwrap_or_default();
                    return Ok(value.with_marks(marks));
                }
                steps.used = before;
            }
        }
        let whole = self.scope.module(name, name_range)?;
        match key {
            Some((key, range)) => Ok(self.settle(index(&whole, &key, range))),
            None => Ok(whole),
        }
    }
}

fn no_such(object: &str, name: &str, supported: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Invalid {object:?} attribute"),
        format!("The {object:?} object does not have an attribute named {name:?}. {supported}"),
    )
}

/// The instance that a known key names.
fn instance_key(key: &Value) -> Option<InstanceKey> {
    match key.kind() {
        Kind::String(text) => Some(InstanceKey::String(text.clone())),
        Kind::Number(number) => number.to_u64().map(InstanceKey::Int),
        _ => None,
    }
}
