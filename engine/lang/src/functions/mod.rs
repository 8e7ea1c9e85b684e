//! The functions of the language: one file per family, all in one table with what their
//! documentation needs.
//!
//! A function says which arguments it takes and how it treats null, unknown and marked ones; the
//! caller here does the rest, so that an implementation sees plain known values only unless it asked
//! for more. Functions are pure: files come from the scope, and time is handed in.

mod assume;
mod charset;
mod collection;
mod crypto;
mod date;
mod encoding;
mod examples;
mod filesystem;
mod format;
mod glob;
mod hash;
mod ip_network;
mod numeric;
mod re2;
mod reference;
mod set;
mod string;
mod terraform_provider;
mod type_conversion;
mod yaml;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use evenkeel_model::value::{Kind, Refinements};
use evenkeel_model::{Marks, SourceRange, Type, Value};

use crate::eval::Evaluator;

pub use reference::page;
pub use terraform_provider::expression;

/// The type of a result, as the arguments decide it.
type TypeOf = fn(&[Value]) -> Result<Type, CallError>;

/// A function of the language.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub description: &'static str,
    /// The parameters that must be given.
    pub parameters: &'static [Parameter],
    /// The parameter that takes all further arguments.
    pub variadic: Option<Parameter>,
    returns: Ty,
    computes: Option<TypeOf>,
    run: Run,
    nullable: bool,
}

/// One parameter of a function.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    kind: Ty,
    null: bool,
    unknown: bool,
    marked: bool,
    dynamic: bool,
}

/// The types that parameters and results have.
#[derive(Clone, Copy)]
enum Ty {
    Any,
    Bool,
    Number,
    String,
    ListAny,
    ListBool,
    ListListAny,
    ListNumber,
    ListString,
    MapAny,
    MapListString,
    SetAny,
    SetString,
}

impl Ty {
    fn to_type(self) -> Type {
        match self {
            Self::Any => Type::Dynamic,
            Self::Bool => Type::Bool,
            Self::Number => Type::Number,
            Self::String => Type::String,
            Self::ListAny => Type::list(Type::Dynamic),
            Self::ListBool => Type::list(Type::Bool),
            Self::ListListAny => Type::list(Type::list(Type::Dynamic)),
            Self::ListNumber => Type::list(Type::Number),
            Self::ListString => Type::list(Type::String),
            Self::MapAny => Type::map(Type::Dynamic),
            Self::MapListString => Type::map(Type::list(Type::String)),
            Self::SetAny => Type::set(Type::Dynamic),
            Self::SetString => Type::set(Type::String),
        }
    }
}

#[derive(Clone, Copy)]
enum Run {
    Pure(fn(&[Value]) -> Result<Value, CallError>),
    Scoped(fn(&[Value], &mut Evaluator) -> Result<Value, CallError>),
    Random(fn(&[Value], &[u8; 32]) -> Result<Value, CallError>),
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// The argument that is wrong, if one is.
    pub argument: Option<usize>,
    /// What is wrong, as a clause.
    pub message: String,
}

/// An error about the whole call.
fn failed<T>(message: impl Into<String>) -> Result<T, CallError> {
    Err(CallError { argument: None, message: message.into() })
}

/// Texts longer than this are not made.
pub(crate) const TEXT_BYTES_MAX: usize = 16 << 20;

/// An error where a text would be too long.
fn room(bytes: usize) -> Result<(), CallError> {
    match bytes <= TEXT_BYTES_MAX {
        true => Ok(()),
        false => failed(format!("the text would have more than {TEXT_BYTES_MAX} bytes")),
    }
}

/// An error about one argument.
fn bad<T>(argument: usize, message: impl Into<String>) -> Result<T, CallError> {
    Err(CallError { argument: Some(argument), message: message.into() })
}

impl Parameter {
    const fn new(name: &'static str, kind: Ty) -> Self {
        Self { name, kind, null: false, unknown: false, marked: false, dynamic: false }
    }

    /// The same under another name.
    const fn rename(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Null may be given.
    const fn null(mut self) -> Self {
        self.null = true;
        self
    }

    /// The implementation treats unknown values itself.
    const fn unknown(mut self) -> Self {
        self.unknown = true;
        self
    }

    /// The implementation treats marks itself.
    const fn marked(mut self) -> Self {
        self.marked = true;
        self
    }

    /// The implementation treats values of unknown type itself.
    const fn dynamic(mut self) -> Self {
        self.dynamic = true;
        self
    }

    /// Whether null may be given.
    pub fn is_nullable(&self) -> bool {
        self.null
    }

    /// The type that arguments are converted to.
    pub fn ty(&self) -> Type {
        self.kind.to_type()
    }
}

const fn any(name: &'static str) -> Parameter {
    Parameter::new(name, Ty::Any)
}

const fn string(name: &'static str) -> Parameter {
    Parameter::new(name, Ty::String)
}

const fn number(name: &'static str) -> Parameter {
    Parameter::new(name, Ty::Number)
}

impl Function {
    const fn new(
        name: &'static str,
        parameters: &'static [Parameter],
        returns: Ty,
        run: fn(&[Value]) -> Result<Value, CallError>,
        description: &'static str,
    ) -> Self {
        Self::plain(name, parameters, returns, Run::Pure(run), description)
    }

    const fn plain(
        name: &'static str,
        parameters: &'static [Parameter],
        returns: Ty,
        run: Run,
        description: &'static str,
    ) -> Self {
        Self { name, description, parameters, variadic: None, returns, computes: None, run, nullable: false }
    }

    const fn scoped(
        name: &'static str,
        parameters: &'static [Parameter],
        returns: Ty,
        run: fn(&[Value], &mut Evaluator) -> Result<Value, CallError>,
        description: &'static str,
    ) -> Self {
        Self::plain(name, parameters, returns, Run::Scoped(run), description)
    }

    /// A function whose result differs from call to call.
    const fn random(
        name: &'static str,
        parameters: &'static [Parameter],
        returns: Ty,
        run: fn(&[Value], &[u8; 32]) -> Result<Value, CallError>,
        description: &'static str,
    ) -> Self {
        Self::plain(name, parameters, returns, Run::Random(run), description)
    }

    const fn variadic(mut self, parameter: Parameter) -> Self {
        self.variadic = Some(parameter);
        self
    }

    /// The type of the result where an argument is unknown, if it depends on the arguments.
    const fn returning(mut self, computes: TypeOf) -> Self {
        self.computes = Some(computes);
        self
    }

    /// The result may be null.
    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The parameter that the argument at a position is for.
    pub fn parameter(&self, position: usize) -> Option<&Parameter> {
        self.parameters.get(position).or(self.variadic.as_ref())
    }

    /// The call as documentation writes it: `join(separator string, lists list of string...) string`.
    pub fn signature(&self) -> String {
        let one = |parameter: &Parameter| format!("{} {}", parameter.name, parameter.ty());
        let mut parameters: Vec<String> = self.parameters.iter().map(one).collect();
        parameters.extend(self.variadic.iter().map(|parameter| format!("{}...", one(parameter))));
        format!("{}({}) {}", self.name, parameters.join(", "), self.return_type())
    }

    /// A call as source text, and what it gives; the latter is empty where nobody can say.
    pub fn example(&self) -> Option<(&'static str, &'static str)> {
        let found = examples::EXAMPLES.binary_search_by(|(name, ..)| name.cmp(&self.name)).ok()?;
        examples::EXAMPLES.get(found).map(|(_, call, result)| (*call, *result))
    }

    /// The type of the result, as far as it is the same for all arguments.
    pub fn return_type(&self) -> Type {
        self.returns.to_type()
    }

    fn return_type_for(&self, arguments: &[Value]) -> Result<Type, CallError> {
        match self.computes {
            None => Ok(self.returns.to_type()),
            Some(computes) => computes(arguments),
        }
    }
}

/// A family of functions, as the reference groups them.
pub struct Family {
    /// What its functions are about.
    pub title: &'static str,
    /// The functions, in the order of their names.
    pub functions: &'static [Function],
}

static FAMILIES: &[Family] = &[
    Family { title: "Assumptions", functions: assume::FUNCTIONS },
    Family { title: "Character sets", functions: charset::FUNCTIONS },
    Family { title: "Collections", functions: collection::FUNCTIONS },
    Family { title: "Cryptography and random values", functions: crypto::FUNCTIONS },
    Family { title: "Dates and times", functions: date::FUNCTIONS },
    Family { title: "Encoding", functions: encoding::FUNCTIONS },
    Family { title: "Files and templates", functions: filesystem::FUNCTIONS },
    Family { title: "Formatting", functions: format::FUNCTIONS },
    Family { title: "Hashes", functions: hash::FUNCTIONS },
    Family { title: "IP networks", functions: ip_network::FUNCTIONS },
    Family { title: "Numbers", functions: numeric::FUNCTIONS },
    Family { title: "Sets", functions: set::FUNCTIONS },
    Family { title: "Text", functions: string::FUNCTIONS },
    Family { title: "The built-in provider", functions: terraform_provider::FUNCTIONS },
    Family { title: "Types and marks", functions: type_conversion::FUNCTIONS },
    Family { title: "YAML", functions: yaml::FUNCTIONS },
];

/// All families, in the order of the reference.
pub fn families() -> &'static [Family] {
    FAMILIES
}

static TABLE: LazyLock<BTreeMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let all = FAMILIES.iter().flat_map(|family| family.functions);
    all.map(|function| (function.name, function)).collect()
});

/// The function of that name; `core::` before it changes nothing.
pub fn lookup(name: &str) -> Option<&'static Function> {
    TABLE.get(name.strip_prefix("core::").unwrap_or(name)).copied()
}

/// A function of the built-in provider, by its own name.
pub(crate) fn lookup_provider(name: &str) -> Option<&'static Function> {
    TABLE.get(format!("{}{name}", terraform_provider::PREFIX).as_str()).copied()
}

/// The names of all functions, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.keys().copied()
}

/// Calls a function with arguments that have the types of its parameters.
pub(crate) fn call(
    function: &'static Function,
    mut arguments: Vec<Value>,
    evaluator: &mut Evaluator,
    range: &SourceRange,
) -> Result<Value, CallError> {
    let mut marks = Marks::NONE;
    let mut unknown = false;
    let mut untyped = false;
    for (i, argument) in arguments.iter_mut().enumerate() {
        let Some(parameter) = function.parameter(i) else { continue };
        if !parameter.marked {
            let (plain, found) = argument.clone().unmark_deep();
            marks = marks.union(found);
            *argument = plain;
        }
        if argument.is_null() && !parameter.null && !untyped {
            return bad(i, "argument must not be null");
        }
        unknown |= argument.is_unknown() && !parameter.unknown;
        untyped |= !parameter.dynamic
            && matches!(argument.kind(), Kind::Unknown(Type::Dynamic, _) | Kind::Null(Type::Dynamic));
    }
    if untyped {
        return Ok(Value::unknown(Type::Dynamic).with_marks(marks));
    }
    let result = match (unknown, function.run) {
        (true, _) => {
            marks = arguments.iter().fold(marks, |marks, argument| marks.union(argument.all_marks()));
            function.return_type_for(&arguments).map(Value::unknown)
        }
        (false, Run::Pure(run)) => run(&arguments),
        (false, Run::Scoped(run)) => run(&arguments, evaluator),
        (false, Run::Random(run)) => match evaluator.entropy(range) {
            Some(entropy) => run(&arguments, &entropy),
            None => function.return_type_for(&arguments).map(Value::unknown),
        },
    };
    let value = result.map_err(|error| {
        let inside = arguments.iter().fold(marks, |marks, argument| marks.union(argument.all_marks()));
        hide(error, inside)
    })?;
    let value = if function.nullable { value } else { refine_not_null(value) };
    Ok(value.with_marks(marks))
}

/// A message may quote its arguments, so it is not shown where one of them is sensitive.
fn hide(error: CallError, secret: Marks) -> CallError {
    match !secret.without(Marks::EPHEMERAL).is_empty() {
        true => CallError {
            message: "the argument is not acceptable; details are not shown because an argument is sensitive"
                .into(),
            ..error
        },
        false => error,
    }
}

/// The value, known not to be null where that says anything.
fn refine_not_null(value: Value) -> Value {
    let marks = value.marks();
    match value.kind() {
        Kind::Unknown(Type::Dynamic, _) => value,
        Kind::Unknown(ty, refinements) => {
            let refinements = refinements.as_deref().cloned().unwrap_or_default();
            let refinements = Refinements { not_null: true, ..refinements };
            Value::from(Kind::Unknown(ty.clone(), Some(Arc::new(refinements)))).with_marks(marks)
        }
        _ => value,
    }
}

/// The text of an argument that is known to be a string.
fn text(arguments: &[Value], position: usize) -> &str {
    arguments.get(position).and_then(Value::as_str).unwrap_or_default()
}

/// The number of an argument that is known to be one.
fn num(arguments: &[Value], position: usize) -> evenkeel_model::Number {
    arguments.get(position).and_then(Value::as_number).cloned().unwrap_or(evenkeel_model::Number::ZERO)
}

/// A whole number argument in range of `i64`.
fn whole(arguments: &[Value], position: usize) -> Result<i64, CallError> {
    match num(arguments, position).to_i64() {
        Some(number) => Ok(number),
        None => bad(position, "a whole number is required"),
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
