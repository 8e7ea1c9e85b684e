//! One value and one answer: error or not, known or not, marks, type, value.

use std::collections::BTreeSet;

use evenkeel_model::{Diagnostics, Marks, Number, Severity, Value, json};
use serde_json::Value as Json;

use super::terraform::{Answer, Theirs};

/// What differs between two answers.
#[derive(Default)]
pub struct Difference {
    /// For people.
    pub text: String,
    /// More is sensitive, known or not, and nothing else differs.
    pub more_sensitive: bool,
    /// Evenkeel knows what Terraform does not.
    pub more_known: bool,
    /// Terraform knows what Evenkeel does not.
    pub less_known: bool,
    /// Nothing but the last digits of numbers.
    pub only_digits: bool,
    /// Nothing but numbers, which are less than 10⁻¹⁵ apart.
    pub tiny: bool,
}

/// What differs, if anything does; the error says why the two cannot be compared.
pub fn difference(
    value: &Value,
    problems: &Diagnostics,
    answer: &Answer,
) -> Result<Option<Difference>, String> {
    let refused = problems.iter().find(|problem| problem.severity == Severity::Error);
    let plain = |text: String| {
        let nothing = Difference::default();
        Some(Difference { text, ..nothing })
    };
    Ok(match (refused, answer) {
        (_, Answer::None(why)) => return Err(why.clone()),
        (Some(_), Answer::Error(_)) => None,
        (Some(ours), Answer::Value(theirs)) => plain(format!(
            "Evenkeel refuses ({}: {}), Terraform says {} (unknown {})",
            ours.summary, ours.detail, theirs.value, theirs.unknown
        )),
        (None, Answer::Error(error)) => {
            plain(format!("Terraform refuses ({error}), Evenkeel says {}", show(value)))
        }
        (None, Answer::Value(theirs)) => between(theirs, value),
    })
}

fn between(theirs: &Theirs, value: &Value) -> Option<Difference> {
    let found = Found::new(value);
    let (unknown, sensitive) = (places(&theirs.unknown), places(&theirs.sensitive));
    let marks = same("sensitive", &sensitive, &found.sensitive);
    let digits = (!equal(&theirs.value, &found.value, None))
        .then(|| format!("value: Terraform {}, Evenkeel {}", theirs.value, found.value));
    let others = [
        same("unknown", &unknown, &found.unknown),
        theirs.ty.as_ref().and_then(|ty| same("type", ty, &ty_text(value))),
    ];
    let nothing_else = others.iter().all(Option::is_none);
    let difference = Difference {
        more_sensitive: nothing_else && digits.is_none() && sensitive.is_subset(&found.sensitive),
        more_known: !unknown.is_empty() && found.unknown.is_subset(&unknown) && found.unknown != unknown,
        less_known: unknown.is_subset(&found.unknown) && found.unknown != unknown,
        only_digits: nothing_else && marks.is_none() && equal(&theirs.value, &found.value, Some(relative)),
        tiny: nothing_else && marks.is_none() && equal(&theirs.value, &found.value, Some(|_| 1e-15)),
        text: others.into_iter().chain([marks, digits]).flatten().collect::<Vec<_>>().join("; "),
    };
    (!difference.text.is_empty()).then_some(difference)
}

/// A value as plan JSON shows it.
struct Found {
    value: Json,
    unknown: BTreeSet<String>,
    sensitive: BTreeSet<String>,
}

impl Found {
    fn new(value: &Value) -> Self {
        let (mut unknown, mut sensitive) = (BTreeSet::new(), BTreeSet::new());
        walk(value, "", &mut |value| value.is_unknown(), &mut unknown);
        walk(value, "", &mut |value| value.marks().contains(Marks::SENSITIVE), &mut sensitive);
        Self { value: plain(value), unknown, sensitive }
    }
}

fn plain(value: &Value) -> Json {
    if value.is_unknown() {
        return Json::Null;
    }
    if let Some(entries) = value.as_entries() {
        let known = entries.iter().filter(|(_, value)| value.is_known());
        return Json::Object(known.map(|(key, value)| (key.to_string(), plain(value))).collect());
    }
    match value.as_elements() {
        Some(elements) => Json::Array(elements.iter().map(plain).collect()),
        None => json::to_plain(value),
    }
}

fn show(value: &Value) -> String {
    format!("{} of type {}", plain(value), value.ty())
}

/// A whole answer in one line: the value, where it is unknown and sensitive, and its type.
pub fn render(value: &Value, problems: &Diagnostics) -> String {
    if problems.has_errors() {
        return "error".into();
    }
    let Found { value: plain, unknown, sensitive } = Found::new(value);
    let list = |places: BTreeSet<String>| {
        places.iter().map(|at| if at.is_empty() { "all" } else { at }).collect::<Vec<_>>().join(" ")
    };
    format!("{plain} unknown [{}] sensitive [{}] {}", list(unknown), list(sensitive), value.ty())
}

fn walk(value: &Value, at: &str, is: &mut impl FnMut(&Value) -> bool, out: &mut BTreeSet<String>) {
    if is(value) {
        out.insert(at.to_owned());
        return;
    }
    for (i, element) in value.as_elements().unwrap_or_default().iter().enumerate() {
        walk(element, &format!("{at}/{i}"), is, out);
    }
    for (key, element) in value.as_entries().into_iter().flatten() {
        walk(element, &format!("{at}/{key}"), is, out);
    }
}

/// The places that are true in JSON of the shape that plan JSON uses.
fn places(json: &Json) -> BTreeSet<String> {
    fn walk(json: &Json, at: &str, out: &mut BTreeSet<String>) {
        match json {
            Json::Bool(true) => {
                out.insert(at.to_owned());
            }
            Json::Array(elements) => {
                elements.iter().enumerate().for_each(|(i, element)| walk(element, &format!("{at}/{i}"), out));
            }
            Json::Object(entries) => {
                entries.iter().for_each(|(key, element)| walk(element, &format!("{at}/{key}"), out));
            }
            _ => {}
        }
    }
    let mut out = BTreeSet::new();
    walk(json, "", &mut out);
    out
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, theirs: &T, ours: &T) -> Option<String> {
    (theirs != ours).then(|| format!("{what}: Terraform {theirs:?}, Evenkeel {ours:?}"))
}

fn relative(number: f64) -> f64 {
    1e-15 * number.abs()
}

/// Plan JSON holds numbers that are not whole as 64-bit floating point. `near` is how far another number
/// may be from one.
fn equal(theirs: &Json, ours: &Json, near: Option<fn(f64) -> f64>) -> bool {
    match (theirs, ours) {
        (Json::Number(a), Json::Number(b)) => {
            let read = |number: &serde_json::Number| number.to_string().parse::<Number>();
            let (Ok(a), Ok(b)) = (read(a), read(b)) else { return false };
            let (x, y) = (a.to_f64(), b.to_f64());
            a == b || (!b.is_integer() && x == y) || near.is_some_and(|near| (x - y).abs() <= near(x))
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b, near))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b, near)))
        }
        (a, b) => a == b,
    }
}

/// The type as `type()` in the console prints it, without spaces.
fn ty_text(value: &Value) -> String {
    super::terraform::without_space(&console_type(&value.ty()))
}

fn console_type(ty: &evenkeel_model::Type) -> String {
    use evenkeel_model::Type;
    match ty {
        Type::Dynamic => "dynamic".into(),
        Type::Bool => "bool".into(),
        Type::Number => "number".into(),
        Type::String => "string".into(),
        Type::List(element) => format!("list({})", console_type(element)),
        Type::Set(element) => format!("set({})", console_type(element)),
        Type::Map(element) => format!("map({})", console_type(element)),
        Type::Tuple(elements) => {
            format!(
                "tuple([{}])",
                elements.iter().map(|ty| format!("{},", console_type(ty))).collect::<String>()
            )
        }
        Type::Object(object) => {
            let attribute =
                |(name, ty): (&std::sync::Arc<str>, &Type)| format!("{name}:{},", console_type(ty));
            format!("object({{{}}})", object.attributes.iter().map(attribute).collect::<String>())
        }
    }
}
