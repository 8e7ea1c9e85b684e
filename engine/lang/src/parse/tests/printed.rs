//! What is parsed, printed and parsed again is the same tree.

use proptest::prelude::*;

use super::{parse_expression, show};
use crate::ast::{BinaryOp, Expr, ExprKind, SplatStep, TemplatePart, UnaryOp};

/// The source text of a tree, with as few parentheses as the tree says.
fn print(expr: &Expr) -> String {
    let list = |exprs: &[Expr]| exprs.iter().map(print).collect::<Vec<_>>().join(", ");
    match expr.kind() {
        ExprKind::Literal(value) => match value.as_str() {
            Some(text) => format!("\"{}\"", escaped(text)),
            None if value.is_null() => "null".to_owned(),
            None => format!("{value:?}"),
        },
        ExprKind::Template(parts) => format!("\"{}\"", print_parts(parts)),
        ExprKind::Wrapped(inner) => format!("\"${{{}}}\"", print(inner)),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Attribute(object, name) => format!("{}.{name}", print(object)),
        ExprKind::Index(object, key) => format!("{}[{}]", print(object), print(key)),
        ExprKind::LegacyIndex(object, index) => format!("{}.{index}", print(object)),
        ExprKind::Splat { source, each } => {
            let steps: Vec<String> = each
                .iter()
                .map(|step| match step {
                    SplatStep::Attribute(name, _) => format!(".{name}"),
                    SplatStep::Index(key) => format!("[{}]", print(key)),
                })
                .collect();
            format!("{}[*]{}", print(source), steps.concat())
        }
        ExprKind::Tuple(elements) => format!("[{}]", list(elements)),
        ExprKind::Object(items) => {
            let items = items.iter().map(|item| format!("{} = {}", print(&item.key), print(&item.value)));
            format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
        }
        ExprKind::Call { name, arguments, expand_last, .. } => {
            format!("{name}({}{})", list(arguments), if *expand_last { "..." } else { "" })
        }
        ExprKind::Binary(op, a, b) => format!("{} {} {}", print(a), sign(*op), print(b)),
        ExprKind::Unary(UnaryOp::Negate, a) => format!("-{}", print(a)),
        ExprKind::Unary(UnaryOp::Not, a) => format!("!{}", print(a)),
        ExprKind::Conditional(a, b, c) => format!("{} ? {} : {}", print(a), print(b), print(c)),
        ExprKind::For(f) => {
            let names =
                f.key_name.iter().chain([&f.value_name]).map(|name| &**name).collect::<Vec<_>>().join(", ");
            let key = f.key.as_ref().map(|key| format!("{} => ", print(key))).unwrap_or_default();
            let dots = if f.grouping { "..." } else { "" };
            let condition = f.condition.as_ref().map(|c| format!(" if {}", print(c))).unwrap_or_default();
            let inner = format!(
                "for {names} in {} : {key}{}{dots}{condition}",
                print(&f.collection),
                print(&f.value)
            );
            if f.key.is_some() { format!("{{{inner}}}") } else { format!("[{inner}]") }
        }
        ExprKind::Parens(inner) => format!("({})", print(inner)),
        ExprKind::JsonString(string) => format!("\"{}\"", escaped(string.text())),
    }
}

fn print_parts(parts: &[TemplatePart]) -> String {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => escaped(text),
        TemplatePart::Interpolation(expr) => format!("${{{}}}", print(expr)),
        TemplatePart::If { condition, yes, no } => {
            format!("%{{if {}}}{}%{{else}}{}%{{endif}}", print(condition), print_parts(yes), print_parts(no))
        }
        TemplatePart::For { key_name, value_name, collection, body } => format!(
            "%{{for {}{value_name} in {}}}{}%{{endfor}}",
            key_name.as_ref().map(|key| format!("{key}, ")).unwrap_or_default(),
            print(collection),
            print_parts(body)
        ),
    };
    parts.iter().map(part).collect()
}

fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '\\' => "\\\\".to_owned(),
        '"' => "\\\"".to_owned(),
        '$' | '%' | '\u{0}'..='\u{1f}' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "||",
        BinaryOp::And => "&&",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
    }
}

/// Source texts of expressions.
fn source() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "1",
        "2.50",
        "1e3",
        "null",
        "true",
        "\"x\"",
        "\"\"",
        "\"\\n\\\"\\u00e4$${}%%{\"",
        "b.c",
        "d[0].e",
        "f.0",
        "g[*].h",
        "i.*.j",
        "<<E\n t\nE\n",
        "<<-E\n  t\n    ${a}\n  E\n",
        "k_l-m",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let pair = (inner.clone(), inner.clone());
        let ops =
            prop::sample::select(vec!["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||"]);
        prop_oneof![
            (pair.clone(), ops).prop_map(|((a, b), op)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("-{a}")),
            inner.clone().prop_map(|a| format!("!{a}")),
            inner.clone().prop_map(|a| format!("f({a}, {a}...)")),
            inner.clone().prop_map(|a| format!("ns::f({a},\n)")),
            inner.clone().prop_map(|a| format!("[{a},\n{a}]")),
            inner.clone().prop_map(|a| format!("({a})[{a}].b[*].c[*].d")),
            inner.clone().prop_map(|a| format!("\"x${{{a}}} ${{~ {a} ~}} y\"")),
            inner.prop_map(|a| format!("\"${{{a}}}\"")),
            pair.clone().prop_map(|(a, b)| format!("{{a = {a}\n(b) : {b}, \"c\" = 1}}")),
            pair.clone().prop_map(|(a, b)| format!("{a} ? {b} : {a}")),
            pair.clone().prop_map(|(a, b)| format!("[for x in {a} : {b} if {a}]")),
            pair.clone().prop_map(|(a, b)| format!("{{for k, v in {a} : k => {b}...}}")),
            pair.clone().prop_map(|(a, b)| format!("\"%{{ if {a} ~}} x %{{ else }}{{%{{ endif }}${{{b}}}\"")),
            pair.prop_map(|(a, b)| format!("\"%{{ for k, v in {a} }} ${{{b}}} %{{~ endfor }}\"")),
        ]
    })
}

proptest! {
    #[test]
    fn a_printed_tree_is_parsed_as_itself(text in source()) {
        let (Some(expr), _) = parse_expression("t.tf", &text) else { return Err(TestCaseError::reject("no expression")) };
        let tree = show(&expr);
        // The elements of nested splats have a name that cannot be written.
        prop_assume!(!tree.contains("(element)"));
        let printed = print(&expr);
        let (again, problems) = parse_expression("t.tf", &printed);
        prop_assert!(again.is_some(), "{text}\n{printed}\n{problems:?}");
        prop_assert_eq!(show(&again.unwrap()), tree, "{}\n{}", text, printed);
    }
}
