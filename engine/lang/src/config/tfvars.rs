//! Files of variable values: `.tfvars` and `.tfvars.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{Diagnostics, SourceRange, Value};

use super::constant::constant;
use crate::parse::{parse_file, parse_json_constants};

/// The values of a file, by variable name, and where they stand.
pub fn parse_tfvars(filename: &str, bytes: &[u8]) -> (BTreeMap<Arc<str>, (Value, SourceRange)>, Diagnostics) {
    let parse = if filename.ends_with(".json") { parse_json_constants } else { parse_file };
    let (body, mut diagnostics) = parse(filename, bytes);
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
