//! The functions of the built-in provider: `provider::terraform::encode_tfvars` and its kin. A module
//! can call them once it names the provider in `required_providers`.

use std::sync::{Arc, LazyLock};

use evenkeel_model::diag::Severity;
use evenkeel_model::value::{Entries, Kind, Refinements};
use evenkeel_model::{Type, Value};

use super::filesystem::is_identifier;
use super::{CallError, Function, Parameter, Ty, any, bad, failed, string, text};

/// What stands before the names where the provider has its usual local name.
pub(super) const PREFIX: &str = "provider::terraform::";

const VALUE: Parameter = any("value");

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "provider::terraform::decode_tfvars",
        &[string("src")],
        Ty::Any,
        decode_tfvars,
        "An object of the variables that the text of a variable file sets.",
    ),
    Function::new(
        "provider::terraform::encode_expr",
        &[VALUE.unknown().dynamic()],
        Ty::String,
        encode_expr,
        "The value as an expression of the language.",
    ),
    Function::new(
        "provider::terraform::encode_tfvars",
        &[VALUE],
        Ty::String,
        encode_tfvars,
        "The text of a variable file that sets the attributes of the object.",
    ),
];

fn decode_tfvars(arguments: &[Value]) -> Result<Value, CallError> {
    let (variables, problems) =
        crate::config::parse_tfvars("<decode_tfvars argument>", text(arguments, 0).as_bytes());
    if let Some(problem) = problems.iter().find(|problem| problem.severity == Severity::Error) {
        return failed(format!("invalid tfvars syntax: {}; {}", problem.summary, problem.detail));
    }
    Ok(Value::object(variables.into_iter().map(|(name, (value, _))| (name, value))))
}

/// A value that is wholly known as an expression, laid out as the formatter does; marks are not written.
pub fn expression(value: &Value) -> String {
    let mut writer = Writer { lines: vec![Line::default()] };
    writer.value(value);
    writer.finish()
}

fn encode_expr(arguments: &[Value]) -> Result<Value, CallError> {
    let Some(value) = arguments.first() else { return failed("a value is required") };
    if !value.is_wholly_known() {
        let prefix = match value.ty() {
            _ if !value.is_definitely_not_null() => None,
            Type::Object(_) | Type::Map(_) => Some("{"),
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => Some("["),
            Type::String => Some("\""),
            _ => None,
        };
        let refinements =
            Refinements { not_null: true, prefix: prefix.map(Arc::from), ..Refinements::default() };
        return Ok(Value::unknown_refined(Type::String, refinements));
    }
    Ok(Value::string(expression(value)))
}

fn encode_tfvars(arguments: &[Value]) -> Result<Value, CallError> {
    let Some(value) = arguments.first() else { return failed("a value is required") };
    let Some(entries) = value.as_entries() else {
        return bad(
            0,
            "invalid value to encode: must be an object whose attribute names will become the encoded variable names",
        );
    };
    if !value.is_wholly_known() {
        return Ok(Value::unknown(Type::String));
    }
    if let Some(name) = entries.keys().find(|name| !is_identifier(name)) {
        return bad(0, format!("invalid variable name {name:?}: must be a valid identifier"));
    }
    let mut writer = Writer { lines: Vec::new() };
    writer.entries(entries);
    let end = if entries.is_empty() { "" } else { "\n" };
    Ok(Value::string(writer.finish() + end))
}

/// A line that is being written: what stands before a sign of equality that is aligned with those of
/// its neighbours, the rest, and how many brackets it opens more than it closes.
#[derive(Default)]
struct Line {
    lead: String,
    rest: String,
    aligned: bool,
    brackets: i64,
}

/// Writes values in the layout that the formatter gives them.
struct Writer {
    lines: Vec<Line>,
}

impl Writer {
    fn line(&mut self) -> Option<&mut Line> {
        self.lines.last_mut()
    }

    fn push(&mut self, text: &str) {
        if let Some(line) = self.line() {
            line.rest.push_str(text);
        }
    }

    fn bracket(&mut self, text: &str, change: i64) {
        self.push(text);
        if let Some(line) = self.line() {
            line.brackets += change;
        }
    }

    fn entries(&mut self, entries: &Entries) {
        for (name, value) in entries {
            self.lines.push(Line { lead: key(name), ..Line::default() });
            let first = self.lines.len();
            self.push(" = ");
            self.value(value);
            // An expression of several lines is not aligned with its neighbours.
            let whole = self.lines.len() == first;
            if let Some(line) = self.lines.get_mut(first - 1) {
                line.aligned = whole;
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value.kind() {
            Kind::Unknown(..) | Kind::Null(_) => self.push("null"),
            Kind::Bool(value) => self.push(if *value { "true" } else { "false" }),
            Kind::Number(number) => self.push(&number.to_string()),
            Kind::String(text) => self.push(&quote(text)),
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                self.bracket("[", 1);
                for (i, element) in elements.iter().enumerate() {
                    self.push(if i > 0 { ", " } else { "" });
                    self.value(element);
                }
                self.bracket("]", -1);
            }
            Kind::Map(_, entries) | Kind::Object(entries) => {
                self.bracket("{", 1);
                if !entries.is_empty() {
                    self.entries(entries);
                    self.lines.push(Line::default());
                }
                self.bracket("}", -1);
            }
        }
    }

    fn finish(&self) -> String {
        let mut out = Vec::new();
        let mut open: Vec<i64> = Vec::new();
        let mut from = 0;
        while let Some(line) = self.lines.get(from) {
            let chain = self.lines.get(from..).unwrap_or_default();
            let length = chain.iter().take_while(|line| line.aligned).count().max(1);
            let chain = chain.get(..length).unwrap_or_default();
            let width = chain.iter().map(|line| line.lead.chars().count()).max().unwrap_or(0);
            close(&mut open, -line.brackets);
            for line in chain {
                let pad = if line.aligned { width - line.lead.chars().count() } else { 0 };
                let (indent, pad) = (" ".repeat(2 * open.len()), " ".repeat(pad));
                out.push(format!("{indent}{}{pad}{}", line.lead, line.rest));
            }
            open.extend(Some(line.brackets).filter(|brackets| *brackets > 0));
            from += length;
        }
        out.join("\n")
    }
}

/// Takes brackets that are closed off those that are open.
fn close(open: &mut Vec<i64>, mut closed: i64) {
    while closed > 0
        && let Some(last) = open.pop()
    {
        if last > closed {
            open.push(last - closed);
        }
        closed -= last;
    }
}

fn key(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { quote(name) }
}

/// Text in quotes, with what would start a template doubled.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => {
                out.push(character);
                out.push(character);
            }
            other if is_printable(other) => out.push(other),
            other => out.push_str(&escape(other)),
        }
    }
    out.push('"');
    out
}

/// Whether a character can stand in source text as it is: a letter, mark, number, sign or plain space.
fn is_printable(character: char) -> bool {
    static PRINTABLE: LazyLock<Option<regex::Regex>> =
        LazyLock::new(|| regex::Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$").ok());
    let mut buffer = [0; 4];
    let text: &str = character.encode_utf8(&mut buffer);
    (' '..='~').contains(&character) || PRINTABLE.as_ref().is_some_and(|class| class.is_match(text))
}

fn escape(character: char) -> String {
    let code = u32::from(character);
    if code <= 0xffff { format!("\\u{code:04x}") } else { format!("\\U{code:08x}") }
}
