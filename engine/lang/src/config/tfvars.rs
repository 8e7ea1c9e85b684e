//! Files of variable values: `.tfvars` and `.tfvars.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::json::from_plain_untyped;
use evenkeel_model::{Diagnostic, Diagnostics, Position, SourceRange, Value};

use super::constant::constant;
use crate::parse::{FILE_BYTES_MAX, parse_file};

/// The values of a file, by variable name, and where they stand.
pub fn parse_tfvars(filename: &str, bytes: &[u8]) -> (BTreeMap<Arc<str>, (Value, SourceRange)>, Diagnostics) {
    if filename.ends_with(".json") { parse_json(filename, bytes) } else { parse_native(filename, bytes) }
}

fn parse_native(filename: &str, bytes: &[u8]) -> (BTreeMap<Arc<str>, (Value, SourceRange)>, Diagnostics) {
    let (body, mut diagnostics) = parse_file(filename, bytes);
    for block in body.blocks.iter() {
        if &*block.kind == "variable" {
            diagnostics.error(
                "Variable declaration in .tfvars file",
                "This file gives values to variables that are declared elsewhere. Move the variable block into a .tf \
                 file and write NAME = VALUE here.",
                Some(block.range.clone()),
            );
        } else {
            diagnostics.error(
                format!("Unexpected \"{}\" block", block.kind),
                "Blocks are not allowed here; this file gives values to variables, NAME = VALUE.",
                Some(block.range.clone()),
            );
        }
    }
    let values = body
        .attributes
        .iter()
        .filter_map(|attribute| {
            let value = constant(&attribute.value, &mut diagnostics)?;
            Some((attribute.name.clone(), (value, attribute.value.range().clone())))
        })
        .collect();
    (values, diagnostics)
}

fn parse_json(filename: &str, bytes: &[u8]) -> (BTreeMap<Arc<str>, (Value, SourceRange)>, Diagnostics) {
    let start = |line: usize, column: usize| {
        let clip = |n: usize| u32::try_from(n.max(1)).unwrap_or(u32::MAX);
        let position = Position { line: clip(line), column: clip(column), byte: 0 };
        SourceRange { filename: filename.into(), start: position, end: position }
    };
    let fail = |detail: String, range: SourceRange| {
        (BTreeMap::new(), Diagnostic::error("Invalid JSON variables file", detail).at(range).into())
    };
    if bytes.len() > FILE_BYTES_MAX {
        return fail(format!("It has more than {FILE_BYTES_MAX} bytes."), start(1, 1));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let json: serde_json::Value = match serde_json::from_slice(bytes) {
        Ok(json) => json,
        Err(error) => {
            let range = start(error.line(), error.column());
            return fail(format!("This is not JSON: {error}."), range);
        }
    };
    let Some(entries) = json.as_object() else {
        return fail(
            "The file must hold one JSON object: variable names and their values.".into(),
            start(1, 1),
        );
    };
    let mut diagnostics = Diagnostics::new();
    let mut values = BTreeMap::new();
    for (name, json) in entries {
        match from_plain_untyped(json) {
            Ok(value) => {
                values.insert(Arc::from(name.as_str()), (value, start(1, 1)));
            }
            Err(error) => diagnostics.error(
                "Invalid JSON variables file",
                format!("The value of \"{name}\" cannot be used: {error}."),
                Some(start(1, 1)),
            ),
        }
    }
    (values, diagnostics)
}
