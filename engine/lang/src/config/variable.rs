//! `variable` blocks, and values for them.

use std::sync::Arc;

use evenkeel_model::convert::{ConvertError, convert};
use evenkeel_model::{Diagnostics, Marks, Type, Value};

use super::block::{Content, check_name, labels};
use super::constant::{constant, flag, text};
use super::reference::{Reference, all_of_expr, references};
use super::typexpr::{TypeDefaults, variable_type};
use super::{CheckRule, ParsingMode, Variable};
use crate::ast::{Block, Expr, ExprKind};
use crate::parse::parse_expression;

/// Names that mean something else in a `module` block.
const RESERVED: [&str; 10] = [
    "source",
    "version",
    "providers",
    "count",
    "for_each",
    "lifecycle",
    "depends_on",
    "locals",
    "provider",
    "_",
];

impl Variable {
    /// The value as this variable has it: attribute defaults filled in, of its type, and marked.
    /// Null stays null; whether that means the default is for the caller to say.
    pub fn convert(&self, value: &Value) -> Result<Value, ConvertError> {
        let value = convert(&self.defaults.apply(value), &self.ty)?;
        Ok(value.with_marks(self.marks()))
    }

    fn marks(&self) -> Marks {
        let mark = |on, mark| if on { mark } else { Marks::NONE };
        mark(self.sensitive, Marks::SENSITIVE).union(mark(self.ephemeral, Marks::EPHEMERAL))
    }
}

/// Reads a `variable` block.
pub(super) fn variable(block: &Block, diagnostics: &mut Diagnostics) -> Option<Variable> {
    let [name] = labels(block, ["name"], diagnostics)?;
    check_name(name, "variable", &block.range, diagnostics);
    if RESERVED.contains(&&**name) {
        diagnostics.error(
            "Invalid variable name",
            format!("The variable name \"{name}\" is reserved: it means something else in a module block."),
            Some(block.range.clone()),
        );
    }
    let content = Content::exact(
        &block.body,
        &["description", "type", "default", "nullable", "sensitive", "ephemeral"],
        &["validation"],
        diagnostics,
    );
    let parsing_mode = match content.expr("type").as_ref().map(Expr::kind) {
        None => ParsingMode::Literal,
        Some(ExprKind::Name(keyword)) if matches!(&**keyword, "string" | "number" | "bool") => {
            ParsingMode::Literal
        }
        Some(_) => ParsingMode::Expression,
    };
    let (ty, defaults) = content
        .expr("type")
        .map_or((Type::Dynamic, TypeDefaults::default()), |expr| variable_type(&expr, diagnostics));
    let mut variable = Variable {
        name: name.clone(),
        ty,
        parsing_mode,
        defaults,
        default: None,
        has_default: content.attributes.contains_key("default"),
        default_range: content.expr("default").map(|expr| expr.range().clone()),
        nullable: content.expr("nullable").is_none_or(|expr| flag(Some(expr), "nullable", diagnostics)),
        sensitive: flag(content.expr("sensitive"), "sensitive", diagnostics),
        ephemeral: flag(content.expr("ephemeral"), "ephemeral", diagnostics),
        description: text(content.expr("description"), "description", diagnostics),
        validations: Vec::new(),
        range: block.range.clone(),
    };
    variable.default = content.expr("default").and_then(|expr| default(&variable, &expr, diagnostics));
    variable.validations = content.blocks.iter().filter_map(|block| check_rule(block, diagnostics)).collect();
    for rule in &variable.validations {
        check_validation(&variable.name, rule, diagnostics);
    }
    Some(variable)
}

fn default(variable: &Variable, expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Value> {
    let value = constant(expr, diagnostics)?;
    let problem = match variable.convert(&value) {
        Ok(value) if value.is_null() && !variable.nullable => {
            "the variable cannot be null, as its nullable argument says".to_owned()
        }
        Ok(value) => return Some(value),
        Err(error) => error.to_string(),
    };
    diagnostics.error(
        "Invalid default value for variable",
        format!("This default value is not compatible with the variable's type constraint: {problem}."),
        Some(expr.range().clone()),
    );
    None
}

fn check_validation(name: &Arc<str>, rule: &CheckRule, diagnostics: &mut Diagnostics) {
    let own = Reference::Variable(name.clone());
    if !references(&rule.condition).iter().any(|referenced| referenced.reference == own) {
        diagnostics.error(
            "Invalid variable validation condition",
            format!(
                "The condition for variable \"{name}\" must refer to var.{name}, for that is what it checks."
            ),
            Some(rule.condition.range().clone()),
        );
    }
}

/// Reads a `validation`, `precondition` or `postcondition` block.
pub(super) fn check_rule(block: &Block, diagnostics: &mut Diagnostics) -> Option<CheckRule> {
    labels(block, [], diagnostics)?;
    let content = Content::exact(&block.body, &["condition", "error_message"], &[], diagnostics);
    let condition = content.required("condition", &block.range, diagnostics);
    let error_message = content.required("error_message", &block.range, diagnostics);
    let empty = |condition: &Expr| {
        let (found, malformed) = all_of_expr(condition);
        found.is_empty() && malformed.is_empty()
    };
    if let Some(condition) = condition.as_ref().filter(|condition| empty(condition)) {
        diagnostics.error(
            format!("Invalid {} expression", block.kind),
            "The condition refers to nothing, so it is always the same and checks nothing.",
            Some(condition.range().clone()),
        );
    }
    Some(CheckRule { condition: condition?, error_message: error_message?, range: block.range.clone() })
}

/// The value that text from outside (`-var`, `TF_VAR_...`) stands for. Text for a string, number or
/// bool, or for a variable without a type, is taken as it is; for other types it is an expression of
/// constants. `origin` names the place in diagnostics. The value is not converted yet.
pub fn parse_variable_value(
    variable: Option<&Variable>,
    text: &str,
    origin: &str,
) -> Result<Value, Diagnostics> {
    match variable.map(|variable| variable.parsing_mode) {
        None | Some(ParsingMode::Literal) => Ok(Value::string(text)),
        Some(ParsingMode::Expression) => {
            let (expr, mut diagnostics) = parse_expression(origin, text);
            let value = expr.and_then(|expr| constant(&expr, &mut diagnostics));
            value.filter(|_| !diagnostics.has_errors()).ok_or(diagnostics)
        }
    }
}
