//! A type as the console's `type()` writes it.

use evenkeel_model::Type;

/// The type; lines after the first are indented by `indent` steps.
pub fn type_name(ty: &Type, indent: usize) -> String {
    match ty {
        Type::Dynamic => "dynamic".to_owned(),
        Type::String => "string".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::List(element) => format!("list({})", type_name(element, indent)),
        Type::Set(element) => format!("set({})", type_name(element, indent)),
        Type::Map(element) => format!("map({})", type_name(element, indent)),
        Type::Tuple(elements) => {
            let lines = elements.iter().map(|element| type_name(element, indent + 1));
            format!("tuple([{}])", lines_inside(lines, indent))
        }
        Type::Object(object) => {
            let attributes = object.attributes.iter();
            let lines = attributes.map(|(name, ty)| format!("{name}: {}", type_name(ty, indent + 1)));
            format!("object({{{}}})", lines_inside(lines, indent))
        }
    }
}

fn lines_inside(lines: impl Iterator<Item = String>, indent: usize) -> String {
    let inside: String = lines.map(|line| format!("\n{}{line},", "    ".repeat(indent + 1))).collect();
    if inside.is_empty() { inside } else { format!("{inside}\n{}", "    ".repeat(indent)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_terraform_does() {
        let object = Type::object([("a", Type::Number), ("b", Type::tuple(vec![Type::list(Type::String)]))]);
        assert_eq!(
            type_name(&object, 0),
            "object({\n    a: number,\n    b: tuple([\n        list(string),\n    ]),\n})"
        );
        assert_eq!(type_name(&Type::tuple(vec![]), 0), "tuple([])");
    }
}
