//! For any bytes: no panic, no hang, and places that lie inside the file.

use evenkeel_model::{Diagnostics, Revision, Snapshot};
use proptest::prelude::*;

use super::{load, parse_tfvars};
use crate::ast::Body;
use crate::parse::{parse_expression, parse_file, parse_template};

/// Pieces that mean something to the parser, in orders that it may never have seen.
const PIECES: [&str; 62] = [
    "resource",
    "\"aws_vpc\"",
    "\"main\"",
    "{",
    "}",
    "\n",
    "=",
    "variable",
    "\"x\"",
    "type",
    "default",
    "list(",
    "object({",
    "})",
    "optional(string, 1)",
    "any",
    "var.x",
    "local.a",
    "module.m.o",
    "[",
    "]",
    "(",
    ")",
    "*",
    ".",
    ",",
    "for",
    "in",
    ":",
    "=>",
    "...",
    "?",
    "if",
    "\"",
    "${",
    "%{",
    "%{ if",
    "endif }",
    "%{ for x in",
    "endfor }",
    "~}",
    "${~",
    "$${",
    "<<EOT\n",
    "<<-EOT\n",
    "\nEOT\n",
    "  EOT",
    "1e400",
    "0.5",
    "-",
    "!",
    "&&",
    "#",
    "/*",
    "*/",
    "//",
    "\r\n",
    "\\",
    "é",
    "\u{1F469}\u{200D}\u{1F467}",
    "locals",
    "a",
];

const VALID: &str = r#"
terraform {
  required_version = ">= 1.0"
}
variable "x" {
  type    = map(object({ a = optional(number, 1) }))
  default = {}
}
locals {
  a = { for k, v in var.x : k => v.a... if v.a > 0 }
  b = "%{ for x in [1, 2] ~} ${x} %{ endfor }${local.c[*].d}"
  c = [<<-EOT
      indented ${var.x["k"].a}
    EOT
  , { a = 1, "b" : -2.5e3 }]
}
resource "aws_vpc" "main" {
  for_each = var.x
  lifecycle {
    ignore_changes = [tags["Name"]]
  }
  dynamic "b" {
    for_each = [each.key]
    content { v = b.value }
  }
}
module "m" {
  source = "./m"
  in     = aws_vpc.main["k"].id
}
"#;

fn check_body(filename: &str, bytes: &[u8]) -> (Body, Diagnostics) {
    let (body, diagnostics) = parse_file(filename, bytes);
    let lines = 1 + bytes.iter().filter(|b| **b == b'\n').count();
    for range in diagnostics.iter().filter_map(|d| d.range.as_ref()) {
        assert!(range.start <= range.end && range.end.byte as usize <= bytes.len(), "{range:?}");
        assert!(range.end.line as usize <= lines && range.start.column > 0, "{range:?}");
    }
    (body, diagnostics)
}

fn load_text(text: &str) {
    let files = [("main.tf", text), ("m/m.tf", "variable \"in\" {}\n")];
    let _ = load(&Snapshot::from_files(Revision::Directory("0".into()), files), "");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_body("t.tf", &bytes);
        let _ = parse_tfvars("t.tfvars", &bytes);
        let _ = parse_tfvars("t.tfvars.json", &bytes);
    }

    #[test]
    fn any_pieces(pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..60), glue in " ?") {
        let text = pieces.join(&glue);
        check_body("t.tf", text.as_bytes());
        let _ = parse_expression("t.tf", &text);
        let _ = parse_template("t.tmpl", &text);
        load_text(&text);
    }

    #[test]
    fn any_damage(edits in proptest::collection::vec((0..VALID.len(), 0..6_usize, proptest::sample::select(&PIECES[..])), 1..4)) {
        let mut text = VALID.to_owned();
        for (at, length, piece) in edits {
            let end = (at + length).min(text.len());
            if text.is_char_boundary(at.min(end)) && text.is_char_boundary(end) {
                text.replace_range(at.min(end)..end, piece);
            }
        }
        check_body("t.tf", text.as_bytes());
        load_text(&text);
    }
}

#[test]
fn the_undamaged_text_is_valid() {
    let files = [("main.tf", VALID), ("m/m.tf", "variable \"in\" {}\n")];
    let (_, diagnostics) = load(&Snapshot::from_files(Revision::Directory("0".into()), files), "");
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
}
