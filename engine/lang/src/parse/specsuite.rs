//! The cases of HCL's specification suite, where a checkout of it is at hand.
//!
//! A case is a file to decode, a specification of what to read from it (`.hcldec`), and the value or
//! the places of the errors that must come out (`.t`). All three are HCL, so this reads them with the
//! parser under test; the files of other tests show that it reads simple files rightly.

#![allow(clippy::disallowed_methods, reason = "the suite lies where whoever runs the test says")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evenkeel_model::{Revision, Snapshot, SourceRange, Type, Value};

use super::{parse_file, parse_json_file};
use crate::ast::{Block, Body, Expr, ExprKind, ForExpr};
use crate::eval::evaluate;
use crate::eval::tests::Table;

/// What decoding found: a value, and where the errors are.
#[derive(Default)]
struct Decoder {
    variables: Vec<(String, Value)>,
    errors: Vec<SourceRange>,
}

impl Decoder {
    fn value(&mut self, expr: &Expr) -> Value {
        // A name alone is no reference in our language; `for` makes it one.
        let bound = self.variables.iter().fold(expr.clone(), |inner, (name, value)| bind(name, value, inner));
        let (mut value, problems) = evaluate(&bound, &Table::default());
        self.errors.extend(problems.iter().filter_map(|problem| problem.range.clone()));
        for _ in &self.variables {
            value = value.as_elements().and_then(|elements| elements.first().cloned()).unwrap_or(value);
        }
        value
    }

    fn object(&mut self, spec: &Body, body: &Body) -> Value {
        let name = |block: &Block| match block.labels.first() {
            Some(label) => label.to_string(),
            None => block.body.attribute("block_type").map(|a| text(&a.value)).unwrap_or_default(),
        };
        let names: Vec<String> = spec.blocks.iter().map(name).collect();
        for attribute in
            body.attributes.iter().filter(|attribute| !names.iter().any(|n| **n == *attribute.name))
        {
            self.errors.push(attribute.name_range.clone());
        }
        for block in body.blocks.iter().filter(|block| !names.iter().any(|n| **n == *block.kind)) {
            self.errors.push(block.range.clone());
        }
        let mut values = BTreeMap::new();
        for (inner, name) in spec.blocks.iter().zip(&names) {
            values.insert(name.clone(), self.spec(inner, name, body));
        }
        Value::object(values.into_iter().map(|(name, value)| (std::sync::Arc::<str>::from(name), value)))
    }

    fn spec(&mut self, spec: &Block, name: &str, body: &Body) -> Value {
        let inner = spec.body.blocks.first();
        let found = || body.blocks.iter().filter(|block| *block.kind == *name);
        let decode = |decoder: &mut Self, block: &Block| match inner {
            Some(inner) if &*inner.kind == "object" => decoder.object(&inner.body, &block.body),
            _ => Value::null(Type::Dynamic),
        };
        match &*spec.kind {
            "object" => self.object(&spec.body, body),
            "literal" => spec.body.attribute("value").map(|a| self.value(&a.value)).unwrap(),
            "attr" => match body.attribute(name) {
                Some(attribute) => self.value(&attribute.value),
                None => Value::null(Type::Dynamic),
            },
            "block" => match found().next() {
                Some(block) => decode(self, block),
                None => Value::null(Type::Dynamic),
            },
            "block_list" => {
                let blocks: Vec<&Block> = found().collect();
                Value::tuple(blocks.into_iter().map(|block| decode(self, block)).collect::<Vec<_>>())
            }
            "block_map" => {
                let blocks: Vec<&Block> = found().collect();
                Value::object(blocks.into_iter().map(|block| (block.labels[0].clone(), decode(self, block))))
            }
            other => panic!("{other} is no specification that this knows"),
        }
    }
}

fn bind(name: &str, value: &Value, inner: Expr) -> Expr {
    let range = inner.range().clone();
    let one = Expr::new(ExprKind::Literal(Value::tuple([value.clone()])), range.clone());
    let for_expr = ForExpr {
        key_name: None,
        value_name: name.into(),
        collection: one,
        key: None,
        value: inner,
        condition: None,
        grouping: false,
    };
    Expr::new(ExprKind::For(Box::new(for_expr)), range)
}

fn text(expr: &Expr) -> String {
    Decoder::default().value(expr).as_str().unwrap().to_owned()
}

/// The value as a type of the suite has it; the types are those of variables.
fn typed(value: &Value, ty: &str) -> String {
    let file = format!("variable \"v\" {{\n  type = {ty}\n}}\n");
    let snapshot = Snapshot::from_files(Revision::Directory("0".into()), [("main.tf", file.as_str())]);
    let (configuration, problems) = crate::config::load(&snapshot, "");
    assert!(!problems.has_errors(), "{ty}: {problems:?}");
    let value = configuration.root().variables["v"].convert(value).unwrap();
    evenkeel_model::json::to_plain(&value).to_string()
}

fn place(range: &SourceRange) -> [[u32; 3]; 2] {
    [range.start, range.end].map(|position| [position.line, position.column, position.byte])
}

fn expected_errors(test: &Body) -> Vec<[[u32; 3]; 2]> {
    let number = |block: &Block, name: &str| {
        let value = Decoder::default().value(&block.body.attribute(name).unwrap().value);
        u32::try_from(value.as_i64().unwrap()).unwrap()
    };
    let position = |block: &Block| ["line", "column", "byte"].map(|name| number(block, name));
    let diagnostics = test.blocks.iter().filter(|block| &*block.kind == "diagnostics");
    diagnostics
        .flat_map(|block| block.body.blocks.iter())
        .map(|error| [position(&error.body.blocks[0]), position(&error.body.blocks[1])])
        .collect()
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// What is wrong with a case.
fn run(test: &Path, input: &Path, json: bool) -> Result<(), String> {
    let parse = |path: &Path| {
        let text = read(path).unwrap_or_default();
        let (body, problems) = parse_file("t", text.as_bytes());
        assert!(!problems.has_errors(), "{}: {problems:?}", path.display());
        (body, text)
    };
    let ((test_body, test_text), (spec, _)) = (parse(test), parse(&test.with_extension("hcldec")));
    let mut decoder = Decoder::default();
    for block in spec.blocks.iter().filter(|block| &*block.kind == "variables") {
        for attribute in block.body.attributes.iter() {
            let value = Decoder::default().value(&attribute.value);
            decoder.variables.push((attribute.name.to_string(), value));
        }
    }
    let bytes = std::fs::read(input).unwrap();
    let (body, problems) = if json { parse_json_file("t", &bytes) } else { parse_file("t", &bytes) };
    decoder.errors.extend(problems.iter().filter_map(|problem| problem.range.clone()));
    let root = spec.blocks.iter().find(|block| &*block.kind != "variables").unwrap();
    let name = root.body.attribute("block_type").map(|a| text(&a.value)).unwrap_or_default();
    let value = if problems.has_errors() { None } else { Some(decoder.spec(root, &name, &body)) };
    let mut errors: Vec<_> = decoder.errors.iter().map(place).collect();
    let mut expected = expected_errors(&test_body);
    errors.sort();
    expected.sort();
    if errors != expected {
        return Err(format!("errors {errors:?}\nexpected {expected:?}"));
    }
    let (Some(result), Some(value)) = (test_body.attribute("result"), value) else { return Ok(()) };
    let ty = test_body.attribute("result_type").map_or("any", |attribute| {
        let range = attribute.value.range();
        &test_text[range.start.byte as usize..range.end.byte as usize]
    });
    let (found, wanted) = (typed(&value, ty), typed(&Decoder::default().value(&result.value), ty));
    if found == wanted { Ok(()) } else { Err(format!("found    {found}\nexpected {wanted}")) }
}

fn cases(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            cases(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "t") {
            found.push(path);
        }
    }
}

#[test]
fn the_specification_suite_passes() {
    let Ok(checkout) = std::env::var("HCL_SPECSUITE") else {
        println!("skipped: HCL_SPECSUITE does not name a checkout of hashicorp/hcl");
        return;
    };
    let mut tests = Vec::new();
    cases(&Path::new(&checkout).join("specsuite/tests"), &mut tests);
    let (mut count, mut failed) = (0, Vec::new());
    for test in tests {
        for (extension, json) in [("hcl", false), ("hcl.json", true)] {
            let input = test.with_extension(extension);
            if input.is_file() {
                count += 1;
                if let Err(why) = run(&test, &input, json) {
                    failed.push(format!("{}\n{why}", input.display()));
                }
            }
        }
    }
    println!("{count} cases, {} failed", failed.len());
    assert!(count > 0 && failed.is_empty(), "{}", failed.join("\n\n"));
}
