//! The reference page of the functions, written from their own data.

use super::{Family, Function, families};

const HEAD: &str = "\
# Functions

<!-- Generated from engine/lang/src/functions by its tests; change those. -->

All functions of the language: those of Terraform 1.11 and the sixteen that only OpenTofu has. `core::` may
stand before a name. A function of the built-in provider can be called where the module names the provider
`terraform.io/builtin/terraform` in `required_providers`. A parameter with `...` takes any number of arguments.
";

/// The page `docs/reference/functions.md`.
pub fn page() -> String {
    let sections: String = families().iter().map(section).collect();
    format!("{HEAD}{sections}")
}

fn section(family: &Family) -> String {
    let functions: String = family.functions.iter().map(entry).collect();
    format!("\n## {}\n{functions}", family.title)
}

fn entry(function: &Function) -> String {
    let example = match function.example() {
        Some((call, "")) => format!("\n```\n{call}\n```\n"),
        Some((call, result)) => format!("\n```\n{call}\n  = {result}\n```\n"),
        None => String::new(),
    };
    format!("\n### `{}`\n\n{}\n{example}", function.signature(), function.description)
}
