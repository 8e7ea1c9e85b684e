//! How fast files are parsed, and how time grows with their size; or, for files that are named, what is
//! wrong with their syntax.
//!
//! `cargo run --release -p evenkeel-lang --example parse [FILE...]`

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement takes the time and reads files"
)]

use std::time::Instant;

use evenkeel_lang::parse::{parse_file, parse_json_file};

fn main() {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        measure();
    }
    for file in files {
        let Ok(text) = std::fs::read(&file) else { continue };
        let parse = if file.ends_with(".json") { parse_json_file } else { parse_file };
        let (_, diagnostics) = parse(&file, &text);
        let shown: Vec<String> = diagnostics
            .iter()
            .map(|found| {
                let place =
                    found.range.as_ref().map(|range| format!("{}:{}", range.start.line, range.start.column));
                format!("{} {}", place.unwrap_or_default(), found.summary)
            })
            .collect();
        println!("{file}\t{}", shown.join("; "));
    }
}

/// Texts of different kinds, each in two sizes.
fn measure() {
    let resource = "resource \"aws_instance\" \"web\" {\n  count = var.n > 0 ? 1 : 0 # none, or one\n  ami = data.aws_ami.x[0].id\n  \
                    tags = { Name = \"web-${count.index}\", Team = upper(\"core\") }\n  ingress {\n    ports = [80, 443]\n  }\n}\n";
    println!("{:32} {:>10} {:>10} {:>8}", "text", "bytes", "ms", "MB/s");
    for (name, head, unit, tail) in [
        ("resources", "", resource, ""),
        ("one list", "a = [", "\"x\", ", "]\n"),
        ("one object", "a = {", "k = 1\n", "}\n"),
        ("one sum", "a = 1", " + 1", "\n"),
        ("one heredoc", "a = <<-E\n", "    some text\n", "  E\n"),
        ("letters that are no ASCII", "", "# \u{e4}\u{f6}\u{fc} \u{1f600}\n", ""),
        ("errors", "", "a = [1 2]\n", ""),
        ("brackets that do not match", "", "a = (\n", ""),
        ("unclosed quotes", "", "a = \"x\n", ""),
        ("closing braces", "", "}\n", ""),
        ("attributes of one name", "", "a = 1\n", ""),
    ] {
        for bytes in [1_000_000, 10_000_000] {
            let text = format!("{head}{}{tail}", unit.repeat(bytes / unit.len()));
            let start = Instant::now();
            let (body, diagnostics) = parse_file("t.tf", text.as_bytes());
            let parsed = start.elapsed().as_secs_f64();
            drop((body, diagnostics));
            println!(
                "{name:32} {:10} {:10.1} {:8.1}",
                text.len(),
                parsed * 1e3,
                text.len() as f64 / parsed / 1e6
            );
        }
    }
}
