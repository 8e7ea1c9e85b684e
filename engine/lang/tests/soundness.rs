//! What evaluation promises holds: what is known with unknown inputs stays true when they become known,
//! and nothing that is not marked depends on a secret.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "shared with tests that have I/O")]
#![allow(dead_code, reason = "shared with other tests that use more of it")]

mod generate;
mod lab;

use std::collections::BTreeSet;

use evenkeel_lang::ast::ExprKind;
use evenkeel_lang::eval::{Scope, evaluate};
use evenkeel_lang::functions;
use evenkeel_lang::parse::parse_expression;
use evenkeel_model::{Type, Value};
use generate::Generator;
use lab::{Lab, evaluate_text};

const EXPRESSIONS: usize = 3_000;

/// The value, if there is one.
fn value_of(text: &str, scope: &dyn Scope) -> Option<Value> {
    let (value, problems) = evaluate_text(text, scope);
    (!problems.has_errors()).then_some(value)
}

#[test]
fn what_is_known_stays_true() {
    let (unknown, filled) = (Lab::new(), (0..12).map(Lab::filled).collect::<Vec<_>>());
    let (mut generator, mut broken) = (Generator::new(42), Vec::new());
    for _ in 0..EXPRESSIONS {
        let text = generator.expression();
        let Some(before) = value_of(&text, &unknown) else { continue };
        for after in filled.iter().filter_map(|lab| value_of(&text, lab)) {
            if let Err(why) = keeps(&before, &after)
                && !is_terraforms_rule(&text, &before, &after)
            {
                broken.push(format!("{text}\n  {why}: {before:?} became {after:?}"));
                break;
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Where Terraform promises too much, and Evenkeel as much as Terraform.
fn is_terraforms_rule(text: &str, before: &Value, after: &Value) -> bool {
    // The elements of a set with unknown ones are gone through in the order that they have then.
    let set = text.contains("toset([module.unk.string, \"a\"])");
    // The keys of an unknown object are known, and then it is null.
    let keys = text.contains("keys(module.unk.obj)") && text.contains("try(");
    // The branches of a condition meet in another type once that of both is known.
    let types = text.contains(" ? ") && as_texts(before) == as_texts(after);
    set || keys || types
}

fn as_texts(value: &Value) -> Option<Value> {
    let strings = Type::list(Type::String);
    evenkeel_model::convert::convert(&value.clone().unmark_deep().0, &strings).ok()
}

/// Whether a value is what was promised of it; else what is not.
fn keeps(before: &Value, after: &Value) -> Result<(), String> {
    if before.is_unknown() {
        return keeps_refinements(before, after);
    }
    match (before.as_entries(), after.as_entries()) {
        (Some(a), Some(b)) if a.keys().eq(b.keys()) => {
            return a.values().zip(b.values()).try_for_each(|(a, b)| keeps(a, b));
        }
        _ => {}
    }
    match (before.as_elements(), after.as_elements()) {
        (Some(a), Some(b)) if matches!(before.ty(), Type::Set(_)) && !before.is_wholly_known() => {
            let missing = a.iter().filter(|a| a.is_wholly_known()).any(|a| !b.contains(a));
            if missing || b.len() > a.len() { Err("a set with other elements".into()) } else { Ok(()) }
        }
        (Some(a), Some(b)) if a.len() == b.len() => a.iter().zip(b).try_for_each(|(a, b)| keeps(a, b)),
        _ if before.clone().unmark().0 == after.clone().unmark().0 => Ok(()),
        _ if before.is_null() && after.is_null() => Ok(()),
        _ => Err("a known value changed".into()),
    }
}

fn keeps_refinements(before: &Value, after: &Value) -> Result<(), String> {
    let Some(promised) = before.refinements() else { return Ok(()) };
    let broken = |what: &str| Err(format!("{what} was promised"));
    if after.is_null() {
        return if promised.not_null { broken("that it is not null") } else { Ok(()) };
    }
    if let (Some(prefix), Some(text)) = (&promised.prefix, after.as_str())
        && !text.starts_with(&**prefix)
    {
        return broken("another prefix");
    }
    if let Some(number) = after.as_number() {
        let low = promised.min.as_ref().is_some_and(|(min, _)| number < min);
        let high = promised.max.as_ref().is_some_and(|(max, _)| number > max);
        if low || high {
            return broken("another range");
        }
    }
    let length = match (after.as_elements(), after.as_entries()) {
        (Some(elements), _) => elements.len() as u64,
        (None, Some(entries)) => entries.len() as u64,
        (None, None) => return Ok(()),
    };
    let short = promised.length_min.is_some_and(|least| length < least);
    if short || promised.length_max.is_some_and(|most| length > most) {
        broken("another length")
    } else {
        Ok(())
    }
}

/// Evaluated with other secrets, an expression gives the same wherever its result is not marked.
#[test]
fn nothing_unmarked_depends_on_a_secret() {
    let (lab, mut other) = (Lab::new(), Lab::new());
    other.other_secrets = true;
    let mut generator = Generator::new(43);
    // These look at marks, or at whether something fails.
    let exempt = ["nonsensitive(", "issensitive(", "try(", "can("];
    for _ in 0..EXPRESSIONS {
        let text = generator.expression();
        if exempt.iter().any(|name| text.contains(name)) {
            continue;
        }
        if let (Some(a), Some(b)) = (value_of(&text, &lab), value_of(&text, &other)) {
            assert!(same_in_the_open(&a, &b), "{text}\n  {a:?} and {b:?}");
        }
    }
}

fn same_in_the_open(a: &Value, b: &Value) -> bool {
    if a.is_sensitive() && b.is_sensitive() {
        return true;
    }
    if let (Some(a), Some(b)) = (a.as_entries(), b.as_entries()) {
        return a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| same_in_the_open(a, b));
    }
    match (a.as_elements(), b.as_elements()) {
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_in_the_open(a, b)),
        _ => a == b,
    }
}

#[test]
fn evaluation_is_deterministic() {
    let mut generator = Generator::new(44);
    for _ in 0..EXPRESSIONS / 10 {
        let text = generator.expression();
        assert_eq!(evaluate_text(&text, &Lab::new()), evaluate_text(&text, &Lab::new()), "{text}");
    }
}

/// The calls of the recorded cases and of the functions' own examples: name and argument values.
fn recorded_calls(lab: &Lab) -> Vec<(String, Vec<Value>)> {
    let recorded = [
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded/edges.json"),
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance/functions.json"),
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance/functions_opentofu_only.json"),
    ];
    let mut texts: Vec<String> = functions::names()
        .filter_map(|name| Some(functions::lookup(name)?.example()?.0.to_owned()))
        .collect();
    for text in recorded.iter().filter_map(|path| std::fs::read_to_string(path).ok()) {
        let suite: serde_json::Value = serde_json::from_str(&text).unwrap();
        let cases = suite["cases"].as_array().unwrap().iter();
        texts.extend(cases.filter_map(|case| Some(case["expr"].as_str()?.to_owned())));
    }
    texts.iter().filter_map(|text| call_of(text, lab)).collect()
}

/// The call that an expression is, if its arguments have values here.
fn call_of(text: &str, lab: &Lab) -> Option<(String, Vec<Value>)> {
    let expr = parse_expression("case", text).0?;
    let ExprKind::Call { name, arguments, expand_last: false, .. } = expr.kind() else { return None };
    let values = arguments.iter().map(|argument| {
        let (value, problems) = evaluate(argument, lab);
        (!problems.has_errors()).then_some(value)
    });
    Some((name.to_string(), values.collect::<Option<_>>()?))
}

/// What a function gives for these arguments, if it takes them.
fn called(name: &str, arguments: Vec<Value>, lab: &mut Lab) -> Option<Value> {
    let given: Vec<String> = (0..arguments.len()).map(|i| format!("var.input[{i}]")).collect();
    lab.input = Some(Value::tuple(arguments));
    value_of(&format!("{name}({})", given.join(", ")), lab)
}

/// Whatever an argument that is not known turns out to be: what a function says without it stays true.
#[test]
fn functions_promise_nothing_of_unknown_arguments() {
    let mut lab = Lab::new();
    let (mut broken, mut seen) = (Vec::new(), BTreeSet::new());
    // What is said of marks is not said of values.
    let calls = recorded_calls(&lab).into_iter().filter(|(name, _)| name != "issensitive");
    for (name, arguments) in calls {
        let Some(after) = called(&name, arguments.clone(), &mut lab) else { continue };
        for place in 0..arguments.len() {
            let mut fewer = arguments.clone();
            let known = &arguments[place];
            fewer[place] = Value::unknown(known.ty()).with_marks(known.all_marks());
            seen.insert(name.clone());
            match called(&name, fewer, &mut lab) {
                Some(before) => {
                    if let Err(why) = keeps(&before, &after) {
                        broken.push(format!("{name}: {why} without argument {place} of {arguments:?}: {before:?} became {after:?}"));
                    }
                }
                None => broken.push(format!("{name}: refused without argument {place} of {arguments:?}")),
            }
        }
    }
    assert!(seen.len() > 100, "{} functions", seen.len());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
