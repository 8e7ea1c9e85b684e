//! YAML: `yamldecode` through a parser of events, `yamlencode` by hand, byte for byte as Terraform
//! writes it (long texts are folded at column 80).

mod read;
mod scalar;
mod write;

use super::{CallError, Function, Parameter, Ty, failed, string, text};
use evenkeel_model::{Type, Value};
use saphyr_parser::Parser;
use std::collections::BTreeMap;

use read::{Reader, check_source};
use write::{Place, Writer};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "yamldecode",
        &[string("src")],
        Ty::Any,
        yamldecode,
        "The value that the YAML document stands for.",
    )
    .nullable(),
    Function::new(
        "yamlencode",
        &[Parameter::new("value", Ty::Any).null().unknown().dynamic()],
        Ty::String,
        yamlencode,
        "The value as a YAML document.",
    )
    .nullable(),
];

fn yamldecode(arguments: &[Value]) -> Result<Value, CallError> {
    let source = text(arguments, 0);
    check_source(source).or_else(failed)?;
    let open_end = (!source.ends_with('\n')).then(|| source.chars().count());
    let parser = Parser::new_from_str(source);
    let mut reader = Reader { parser, anchors: BTreeMap::new(), values: 0, open_end };
    reader.document().or_else(failed)
}

fn yamlencode(arguments: &[Value]) -> Result<Value, CallError> {
    let Some(value) = arguments.first() else { return failed("a value is required") };
    if !value.is_wholly_known() {
        return Ok(Value::unknown(Type::String));
    }
    let mut writer = Writer { out: String::new(), open: false };
    writer.node(value, 0, Place::Root);
    if !writer.out.ends_with('\n') {
        writer.out.push('\n');
    }
    if writer.open {
        writer.out.push_str("...\n");
    }
    Ok(Value::string(writer.out))
}

#[cfg(test)]
mod tests;
