//! A scope with values of every kind (known, null, unknown, sensitive) for generated expressions.
//!
//! The configuration in `context/` is the source: Terraform plans it as it is, and here it is loaded
//! through the ordinary loader. Used by the differential test, the property tests and the fuzz
//! targets, so it has no I/O.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::config::{Module, load};
use evenkeel_lang::eval::{PathKind, Scope, evaluate};
use evenkeel_lang::parse::parse_expression;
use evenkeel_model::convert::concrete;
use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceKey, ResourceMode, Revision, Snapshot, SourceRange, Type, Value,
};

/// The files that Terraform is given too.
pub const CONTEXT: [(&str, &str); 2] =
    [("main.tf", include_str!("context/main.tf")), ("unk/main.tf", include_str!("context/unk/main.tf"))];

/// The scope.
pub struct Lab {
    root: Arc<Module>,
    /// What `var.input` is: the text that a fuzz target decodes.
    pub input: Option<Value>,
    /// Sensitive variables have other values than usual.
    pub other_secrets: bool,
    /// No variable of the root module has a value, as while Terraform validates.
    pub unknown_variables: bool,
    unknown: BTreeMap<Arc<str>, Value>,
    open: Value,
    locals: RefCell<BTreeMap<Arc<str>, Value>>,
}

impl Lab {
    /// The scope with everything unknown that Terraform does not know while planning.
    pub fn new() -> Self {
        let snapshot = Snapshot::from_files(Revision::Commit("lab".into()), CONTEXT);
        let (configuration, problems) = load(&snapshot, "");
        assert!(!problems.has_errors(), "{problems:?}");
        let child = configuration.module(&["unk".into()]).expect("the context calls it");
        let unknown =
            child.variables.values().map(|v| (v.name.clone(), Value::unknown(v.ty.clone()))).collect();
        Self {
            root: configuration.root().clone(),
            input: None,
            other_secrets: false,
            unknown_variables: false,
            unknown,
            open: Value::unknown(Type::Dynamic),
            locals: RefCell::default(),
        }
    }

    /// The same scope with one answer for each unknown value; `variant` chooses which.
    pub fn filled(variant: usize) -> Self {
        let (mut lab, plain) = (Self::new(), Self::new());
        for (name, value) in &mut lab.unknown {
            let choices = answers(name);
            let text = choices[variant % choices.len()];
            let (answer, problems) = evaluate_text(text, &plain);
            assert!(!problems.has_errors(), "{name} = {text}: {problems:?}");
            let answer = evenkeel_model::convert::convert(&answer, &value.ty());
            *value = answer.expect("an answer has the type of what it answers");
        }
        let choices = answers("open");
        lab.open = evaluate_text(choices[variant % choices.len()], &plain).0;
        lab
    }
}

/// Another secret of the same type.
fn other_secret(ty: &Type) -> Value {
    match ty {
        Type::Bool => Value::bool(false),
        Type::Number => Value::number(-11),
        Type::List(_) => Value::list(Type::String, [Value::string("other")]),
        Type::Map(_) => Value::map(Type::String, [("z", Value::string("other"))]),
        _ => Value::string("another one"),
    }
}

/// What may become of an unknown value.
fn answers(name: &str) -> &'static [&'static str] {
    match name {
        "bool" => &["true", "false", "null"],
        "number" => &["0", "-3.5", "7", "null"],
        "string" => &["\"\"", "\"\\u0301x\"", "\"42\"", "null", "\"true\""],
        "list_string" => &["[]", "[\"a\"]", "[null, \"b\"]", "null"],
        "list_number" => &["[]", "[1]", "[3, 1, 2]", "null"],
        "set_string" => &["[]", "[\"a\"]", "[\"b\", \"a\"]", "null"],
        "map_string" => &["{}", "{ a = \"1\" }", "{ b = null }", "null"],
        "obj" => &["{ a = \"x\", b = 1 }", "{ a = null, b = null }", "null"],
        "objs" => &["[]", "[{ a = \"x\", b = 1 }]", "null"],
        "tup" => &["[\"t\", 1]", "[null, null]", "null"],
        _ => &["null", "{}", "[1]", "\"text\"", "5", "true", "{ a = 1 }"],
    }
}

/// Parses and evaluates; without a value the problems say why.
pub fn evaluate_text(text: &str, scope: &dyn Scope) -> (Value, Diagnostics) {
    match parse_expression("lab", text) {
        (Some(expr), problems) if !problems.has_errors() => evaluate(&expr, scope),
        (_, problems) => (Value::unknown(Type::Dynamic), problems),
    }
}

fn undeclared<T>(what: &str, range: &SourceRange) -> Result<T, Diagnostic> {
    Err(Diagnostic::error("Reference to undeclared name", what).at(range.clone()))
}

impl Scope for Lab {
    fn variable(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        if let Some(input) = self.input.as_ref().filter(|_| name == "input") {
            return Ok(input.clone());
        }
        let Some(variable) = self.root.variables.get(name) else { return undeclared(name, range) };
        let value = match &variable.default {
            Some(value) if !self.unknown_variables => value.clone(),
            None if !self.unknown_variables => Value::null(variable.ty.clone()),
            _ => Value::unknown(concrete(&variable.ty)),
        };
        Ok(match variable.sensitive {
            true if self.other_secrets => other_secret(&variable.ty).sensitive(),
            true => value.sensitive(),
            false => value,
        })
    }

    fn local(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        if name == "unk" {
            return Ok(self.open.clone());
        }
        if let Some(value) = self.locals.borrow().get(name) {
            return Ok(value.clone());
        }
        let Some(local) = self.root.locals.get(name) else { return undeclared(name, range) };
        let (value, problems) = evaluate(&local.value, self);
        if let Some(problem) = problems.iter().find(|_| problems.has_errors()) {
            return Err(problem.clone());
        }
        self.locals.borrow_mut().insert(name.into(), value.clone());
        Ok(value)
    }

    fn resource(
        &self,
        _: ResourceMode,
        _: &str,
        name: &str,
        range: &SourceRange,
    ) -> Result<Value, Diagnostic> {
        undeclared(name, range)
    }

    fn resource_instance(
        &self,
        _: ResourceMode,
        _: &str,
        _: &str,
        _: &InstanceKey,
        _: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        Ok(None)
    }

    fn module(&self, name: &str, range: &SourceRange) -> Result<Value, Diagnostic> {
        match name {
            "unk" => Ok(Value::object(self.unknown.clone())),
            _ => undeclared(name, range),
        }
    }

    fn module_output(
        &self,
        name: &str,
        key: Option<&InstanceKey>,
        output: &str,
        range: &SourceRange,
    ) -> Result<Option<Value>, Diagnostic> {
        match (name, key, self.unknown.get(output)) {
            ("unk", None, Some(value)) => Ok(Some(value.clone())),
            ("unk", None, None) => undeclared(output, range),
            _ => Ok(None),
        }
    }

    fn each_key(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        undeclared("each.key", range)
    }

    fn each_value(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        undeclared("each.value", range)
    }

    fn count_index(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        undeclared("count.index", range)
    }

    fn path(&self, _: PathKind, _: &SourceRange) -> Result<Value, Diagnostic> {
        Ok(Value::string("."))
    }

    fn terraform(&self, _: &str, _: &SourceRange) -> Result<Value, Diagnostic> {
        Ok(Value::string("default"))
    }

    fn self_value(&self, range: &SourceRange) -> Result<Value, Diagnostic> {
        undeclared("self", range)
    }

    fn file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        Err(format!("there is no file {path}"))
    }

    fn files_below(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn plan_time(&self) -> Option<String> {
        Some("2026-11-21T01:20:40Z".into())
    }
}
