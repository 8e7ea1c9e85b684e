//! Function calls: finding the function, its arguments, and what to say when it fails.

use evenkeel_model::convert::convert;
use evenkeel_model::{Diagnostics, Marks, SourceRange, Type, Value};

use super::{Evaluator, did_you_mean};
use crate::ast::{Expr, ExprKind};
use crate::functions::{self, CallError, Function, Parameter};

/// A call taken apart.
struct Call<'e> {
    name: &'e str,
    name_range: &'e SourceRange,
    arguments: &'e [Expr],
    expand_last: bool,
    range: &'e SourceRange,
}

/// A value and the range of the expression it came from.
type Argument<'e> = (Value, &'e SourceRange);

impl Evaluator<'_> {
    #[inline(never)]
    pub(super) fn eval_call(&mut self, expr: &Expr) -> Value {
        let ExprKind::Call { name, name_range, arguments, expand_last } = expr.kind() else {
            return Value::unknown(Type::Dynamic);
        };
        let call = Call { name, name_range, arguments, expand_last: *expand_last, range: expr.range() };
        match &**name {
            "try" if !call.expand_last => return self.eval_try(&call),
            "can" if !call.expand_last && arguments.len() == 1 => return self.eval_can(&call),
            "templatestring" => return self.eval_templatestring(&call),
            "convert" => return self.eval_convert(&call),
            _ => {}
        }
        match self.resolve(name) {
            Some(function) => self.eval_function(function, &call),
            None => self.unknown_function(&call),
        }
    }

    #[inline(never)]
    fn unknown_function(&mut self, call: &Call) -> Value {
        let mut parts = call.name.split("::");
        let (namespace, local, name) = (parts.next(), parts.next(), parts.next());
        let detail = match (namespace, local, name) {
            (Some("provider"), Some(local), Some(name)) if self.scope.is_built_in_provider(local) => {
                format!("The function {name:?} is not available from the provider {local:?}.")
            }
            (Some("provider"), Some(local), Some(name)) => format!(
                "There is no function named {:?}. Ensure that provider name {local:?} is declared in this module's required_providers block, and that this provider offers a function named {name:?}.",
                call.name
            ),
            (Some(namespace), Some(_), _) => format!(
                "The function namespace {namespace:?} is not valid. Provider function calls must use the \"provider::\" namespace prefix."
            ),
            _ => {
                let plain = functions::names().filter(|name| !name.contains("::"));
                let hint = did_you_mean(call.name, plain)
                    .map(|near| format!(" Did you mean {near:?}?"))
                    .unwrap_or_default();
                let detail = format!("There is no function named {:?}.{hint}", call.name);
                return self.fail("Call to unknown function", detail, call.name_range);
            }
        };
        self.fail("Unknown provider function", detail, call.name_range)
    }

    /// The function that a name means here.
    fn resolve(&self, name: &str) -> Option<&'static Function> {
        let Some(path) = name.strip_prefix("provider::") else { return functions::lookup(name) };
        let (local, function) = path.split_once("::")?;
        self.scope.is_built_in_provider(local).then(|| functions::lookup_provider(function)).flatten()
    }

    #[inline(never)]
    fn eval_function(&mut self, function: &'static Function, call: &Call) -> Value {
        let (arguments, problems) = self.aside(|inner| inner.arguments(call));
        let failed = problems.has_errors();
        self.diagnostics.extend(problems);
        let Some(arguments) = arguments else { return Value::unknown(Type::Dynamic) };
        if !self.check_arity(function, &arguments, call) {
            return Value::unknown(Type::Dynamic);
        }
        let Some(values) = self.convert_arguments(function, &arguments, failed) else {
            return Value::unknown(Type::Dynamic);
        };
        match functions::call(function, values, self, call.name_range) {
            Ok(value) => self.returned(value, call.range),
            Err(error) => {
                self.call_failed(function, error, &arguments, call);
                Value::unknown(Type::Dynamic)
            }
        }
    }

    /// The arguments in order, the last one spread; `None` where they cannot even be counted.
    #[inline(never)]
    fn arguments<'e>(&mut self, call: &Call<'e>) -> Option<Vec<Argument<'e>>> {
        let mut values: Vec<Argument> =
            call.arguments.iter().map(|argument| (self.eval(argument), argument.range())).collect();
        if !call.expand_last {
            return Some(values);
        }
        let (last, range) = values.pop()?;
        if self.diagnostics.has_errors() {
            return None;
        }
        let sequence = matches!(last.ty(), Type::Tuple(_) | Type::List(_) | Type::Set(_) | Type::Dynamic);
        if !sequence || last.is_null() {
            let detail = match sequence {
                true => "The expanding argument (indicated by ...) must not be null.",
                false => "The expanding argument (indicated by ...) must be of a tuple, list, or set type.",
            };
            self.fail("Invalid expanding argument value", detail, range);
            return None;
        }
        let (last, marks) = last.unmark();
        let spread = last.as_elements()?;
        values.extend(spread.iter().map(|value| (value.clone().with_marks(marks), range)));
        Some(values)
    }

    #[inline(never)]
    fn check_arity(&mut self, function: &Function, arguments: &[Argument], call: &Call) -> bool {
        let (given, wanted) = (arguments.len(), function.parameters.len());
        if let Some(missing) = function.parameters.get(given) {
            let at_least = if function.variadic.is_some() { " at least" } else { "" };
            let detail = format!(
                "Function {:?} expects{at_least} {wanted} argument(s). Missing value for {:?}.",
                call.name, missing.name
            );
            self.fail("Not enough function arguments", detail, call.range);
            return false;
        }
        if function.variadic.is_none() && given > wanted {
            let detail = format!("Function {:?} expects only {wanted} argument(s).", call.name);
            let range = arguments.get(wanted).map_or(call.range, |(_, range)| range);
            self.fail("Too many function arguments", detail, range);
            return false;
        }
        true
    }

    #[inline(never)]
    fn convert_arguments(
        &mut self,
        function: &Function,
        arguments: &[Argument],
        failed: bool,
    ) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(arguments.len());
        let mut failed = failed;
        for (i, (value, range)) in arguments.iter().enumerate() {
            let Some(parameter) = function.parameter(i) else { continue };
            match convert(value, &parameter.ty()) {
                Ok(value) => values.push(value),
                Err(error) => {
                    failed = true;
                    self.invalid_argument(parameter, &error.to_string(), range);
                }
            }
        }
        (!failed).then_some(values)
    }

    fn invalid_argument(&mut self, parameter: &Parameter, why: &str, range: &SourceRange) {
        let detail = format!("Invalid value for {:?} parameter: {why}.", parameter.name);
        self.fail("Invalid function argument", detail, range);
    }

    #[inline(never)]
    fn call_failed(&mut self, function: &Function, error: CallError, arguments: &[Argument], call: &Call) {
        match error.argument.and_then(|i| Some((function.parameter(i)?, arguments.get(i)?.1))) {
            Some((parameter, range)) => self.invalid_argument(parameter, &error.message, range),
            None => {
                let detail = format!("Call to function {:?} failed: {}.", call.name, error.message);
                self.fail("Error in function call", detail, call.range);
            }
        }
    }

    #[inline(never)]
    fn eval_try(&mut self, call: &Call) -> Value {
        let mut problems = Diagnostics::new();
        for argument in call.arguments {
            let (value, found) = self.aside(|inner| inner.eval(argument));
            if !found.has_errors() {
                return if value.is_wholly_known() { value } else { undecided(&value) };
            }
            problems.extend(found);
        }
        if call.arguments.is_empty() {
            return self.fail(
                "Error in function call",
                "Call to function \"try\" failed: at least one argument is required.",
                call.range,
            );
        }
        let why: Vec<String> =
            problems.iter().map(|problem| format!("- {}: {}", problem.summary, problem.detail)).collect();
        let detail = format!(
            "Call to function \"try\" failed: no expression succeeded:\n{}\n\nAt least one expression must produce a successful result.",
            why.join("\n")
        );
        self.fail("Error in function call", detail, call.range)
    }

    #[inline(never)]
    fn eval_can(&mut self, call: &Call) -> Value {
        let Some(argument) = call.arguments.first() else { return Value::bool(false) };
        let (value, found) = self.aside(|inner| inner.eval(argument));
        match found.has_errors() {
            false if !value.is_wholly_known() => Value::unknown(Type::Bool),
            failed => Value::bool(!failed),
        }
    }

    /// `convert(value, type)`: the second argument is a type constraint and no value.
    #[inline(never)]
    fn eval_convert(&mut self, call: &Call) -> Value {
        let [value, constraint] = call.arguments else {
            let summary = if call.arguments.len() < 2 {
                "Not enough function arguments"
            } else {
                "Too many function arguments"
            };
            let detail = "Function \"convert\" expects 2 arguments: a value and a type constraint.";
            return self.fail(summary, detail, call.range);
        };
        let (given, problems) = self.aside(|inner| inner.eval(value));
        let failed = problems.has_errors();
        self.diagnostics.extend(problems);
        let mut problems = Diagnostics::new();
        let ty = crate::config::type_of_constraint(constraint, &mut problems);
        if failed || problems.has_errors() {
            self.diagnostics.extend(problems);
            return Value::unknown(Type::Dynamic);
        }
        match convert(&given, &ty) {
            Ok(value) => value,
            Err(error) => {
                let detail = format!("Call to function \"convert\" failed: {error}.");
                self.fail("Error in function call", detail, call.range)
            }
        }
    }

    /// `templatestring(template, vars)`: the first argument must be a plain reference, so that
    /// nobody builds templates from pieces.
    #[inline(never)]
    fn eval_templatestring(&mut self, call: &Call) -> Value {
        let Some(function) = functions::lookup("templatestring") else {
            return self.unknown_function(call);
        };
        if let Some(first) = call.arguments.first()
            && !call.expand_last
            && call.arguments.len() == 2
            && !is_reference(first)
        {
            let detail = match first.kind() {
                ExprKind::Literal(_) | ExprKind::Template(_) => {
                    "invalid template expression: templatestring is only needed for dynamically loaded templates; a template that is written here can be used as it is"
                }
                _ => {
                    "invalid template expression: must be a direct reference to a single string from elsewhere, containing valid Terraform template syntax; put the result of a more complex expression into a local value first"
                }
            };
            if let Some(parameter) = function.parameters.first() {
                self.invalid_argument(parameter, detail, first.range());
            }
            return Value::unknown(Type::Dynamic);
        }
        if let (Some(first), Some(parameter)) = (call.arguments.first(), function.parameters.first()) {
            let (template, problems) = self.aside(|inner| inner.eval(first));
            let is_text = matches!(template.ty(), Type::String | Type::Dynamic);
            if !problems.has_errors() && template.is_unknown() && !is_text && call.arguments.len() == 2 {
                return self.unread_template(call);
            }
            if !problems.has_errors() && !is_text {
                self.invalid_argument(
                    parameter,
                    "invalid template value: a string is required",
                    first.range(),
                );
                return Value::unknown(Type::Dynamic);
            }
        }
        self.eval_function(function, call)
    }

    /// The text of a template that is not known. Which type it has matters once it is.
    fn unread_template(&mut self, call: &Call) -> Value {
        let marks = call
            .arguments
            .iter()
            .fold(Marks::NONE, |marks, argument| marks.union(self.eval(argument).all_marks()));
        Value::unknown_not_null(Type::String).with_marks(marks)
    }
}

/// What `try` gives for a value that is not wholly known: it may fail once it is, and then another
/// one is chosen, of any type. What fails now fails for good.
fn undecided(value: &Value) -> Value {
    Value::unknown(Type::Dynamic).with_marks(value.all_marks())
}

/// Whether an expression is a name followed by attributes and indexes.
fn is_reference(expr: &Expr) -> bool {
    let mut expr = expr;
    let mut steps = 0;
    loop {
        match expr.kind() {
            ExprKind::Attribute(inner, _) | ExprKind::LegacyIndex(inner, _) | ExprKind::Index(inner, _) => {
                expr = inner;
                steps += 1;
            }
            ExprKind::Name(_) => return steps > 0,
            _ => return false,
        }
    }
}
