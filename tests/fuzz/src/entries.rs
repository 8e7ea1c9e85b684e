//! One function per fuzz target, from any bytes to nothing: it may not panic, and where decoding has
//! an opposite, going there and back must not change anything.
//!
//! The fuzz targets call these with what libFuzzer makes up, and a test of the language crate calls
//! them with the committed corpora.

use evenkeel_lang::config::{load, parse_tfvars};
use evenkeel_lang::fmt::format;
use evenkeel_lang::parse::{parse_expression, parse_file, parse_json_file, parse_template};
use evenkeel_model::{Diagnostics, Revision, Snapshot, Value};

use super::lab::{Lab, evaluate_text};

/// What a target does with its input.
pub type Entry = fn(&[u8]);

/// Every target by name.
pub const TARGETS: [(&str, Entry); 22] = [
    ("base64decode", base64decode),
    ("base64gunzip", base64gunzip),
    ("cidr", cidr),
    ("configuration", configuration),
    ("csvdecode", csvdecode),
    ("decode_tfvars", decode_tfvars),
    ("evaluator", evaluator),
    ("fmt", fmt),
    ("formatdate", formatdate),
    ("formatting", formatting),
    ("jsondecode", jsondecode),
    ("number", number),
    ("parser", parser),
    ("parser_json", parser_json),
    ("regex", regex),
    ("template", template),
    ("textdecode", textdecode),
    ("tfvars", tfvars),
    ("tfvars_json", tfvars_json),
    ("timeadd", timeadd),
    ("urldecode", urldecode),
    ("yamldecode", yamldecode),
];

thread_local! {
    static LAB: std::cell::RefCell<Lab> = std::cell::RefCell::new(Lab::new());
}

/// Evaluates with `var.input` as given; `None` where it fails.
fn evaluate(text: &str, input: Value) -> Option<Value> {
    LAB.with_borrow_mut(|lab| {
        lab.input = Some(input);
        let (value, problems) = evaluate_text(text, lab);
        look_at(&problems);
        (!problems.has_errors()).then_some(value)
    })
}

/// Diagnostics are made for people: taking their texts apart must work.
fn look_at(problems: &Diagnostics) {
    for problem in problems.iter() {
        assert!(!problem.summary.is_empty());
        std::hint::black_box(format!("{problem:?}"));
    }
}

fn text(bytes: &[u8]) -> Value {
    Value::string(String::from_utf8_lossy(bytes))
}

/// The input as a list of lines, for functions of several arguments.
fn fields(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(bytes);
    let fields: Vec<Value> = text.splitn(4, '\n').map(Value::string).collect();
    Value::tuple(fields)
}

/// What was decoded is encoded and decoded again: nothing may change.
fn there_and_back(encode: &str, decode: &str, value: Value) {
    let Some(encoded) = evaluate(&format!("{encode}(var.input)"), value.clone()) else { return };
    // As in Terraform, infinity is written as a word that is read as text.
    if encoded.as_str().is_some_and(|text| text.contains("Inf")) {
        return;
    }
    let again = evaluate(&format!("{decode}(var.input)"), encoded.clone());
    assert_eq!(again.as_ref(), Some(&value), "{decode}({encoded:?})");
}

/// `jsondecode`
pub fn jsondecode(bytes: &[u8]) {
    if let Some(value) = evaluate("jsondecode(var.input)", text(bytes)) {
        there_and_back("jsonencode", "jsondecode", value);
    }
}

/// `yamldecode`
pub fn yamldecode(bytes: &[u8]) {
    if let Some(value) = evaluate("yamldecode(var.input)", text(bytes)) {
        there_and_back("yamlencode", "yamldecode", value);
    }
}

/// `csvdecode`
pub fn csvdecode(bytes: &[u8]) {
    evaluate("csvdecode(var.input)", text(bytes));
}

/// `base64decode`
pub fn base64decode(bytes: &[u8]) {
    if let Some(value) = evaluate("base64decode(var.input)", text(bytes)) {
        there_and_back("base64encode", "base64decode", value);
    }
}

/// `base64gunzip`, and what `base64gzip` made of anything
pub fn base64gunzip(bytes: &[u8]) {
    evaluate("base64gunzip(var.input)", text(bytes));
    evaluate("base64gzip(var.input)", text(bytes));
}

/// `textdecodebase64` and `textencodebase64`; the first line names the encoding
pub fn textdecode(bytes: &[u8]) {
    evaluate("textdecodebase64(var.input[1], var.input[0])", fields(bytes));
    evaluate("textencodebase64(var.input[1], var.input[0])", fields(bytes));
}

/// `urldecode` and `urlencode`
pub fn urldecode(bytes: &[u8]) {
    evaluate("urldecode(var.input)", text(bytes));
    evaluate("urlencode(var.input)", text(bytes));
}

/// `provider::terraform::decode_tfvars`
pub fn decode_tfvars(bytes: &[u8]) {
    evaluate("provider::terraform::decode_tfvars(var.input)", text(bytes));
    evaluate("provider::terraform::encode_expr(var.input)", text(bytes));
}

/// `regex`, `regexall` and `replace`: a pattern, a text, a replacement
pub fn regex(bytes: &[u8]) {
    evaluate("regex(var.input[0], var.input[1])", fields(bytes));
    evaluate("regexall(var.input[0], var.input[1])", fields(bytes));
    evaluate("replace(var.input[1], \"/${var.input[0]}/\", var.input[2])", fields(bytes));
}

/// `formatdate`: a format and a time
pub fn formatdate(bytes: &[u8]) {
    evaluate("formatdate(var.input[0], var.input[1])", fields(bytes));
    evaluate("formatdate(var.input[0], \"2024-02-29T23:59:58Z\")", fields(bytes));
}

/// `timeadd` and `timecmp`
pub fn timeadd(bytes: &[u8]) {
    evaluate("timeadd(var.input[0], var.input[1])", fields(bytes));
    evaluate("timeadd(\"2024-02-29T23:59:58Z\", var.input[0])", fields(bytes));
    evaluate("timecmp(var.input[0], var.input[1])", fields(bytes));
}

/// The functions on network addresses
pub fn cidr(bytes: &[u8]) {
    evaluate("cidrsubnet(var.input[0], var.input[1], var.input[2])", fields(bytes));
    evaluate("cidrhost(var.input[0], var.input[1])", fields(bytes));
    evaluate("cidrnetmask(var.input[0])", fields(bytes));
    evaluate("cidrsubnets(var.input[0], var.input[1], var.input[2])", fields(bytes));
    evaluate(
        "cidrsubnets(var.input[0], [for n in slice(var.input, 1, length(var.input)) : n]...)",
        fields(bytes),
    );
}

/// `format` and `formatlist`
pub fn formatting(bytes: &[u8]) {
    evaluate("format(var.input[0], slice(var.input, 1, length(var.input))...)", fields(bytes));
    evaluate("format(var.input[0], 12.5, -3, true, null, [1])", fields(bytes));
    evaluate("formatlist(var.input[0], var.input, 7)", fields(bytes));
}

/// Numbers in text and arithmetic with them
pub fn number(bytes: &[u8]) {
    evaluate("[for n in var.input : tonumber(n)]", fields(bytes));
    evaluate("parseint(var.input[0], var.input[1])", fields(bytes));
    evaluate("tostring(tonumber(var.input[0]) / tonumber(var.input[1]))", fields(bytes));
    evaluate("tostring(tonumber(var.input[0]) % tonumber(var.input[1]))", fields(bytes));
    evaluate("pow(var.input[0], var.input[1])", fields(bytes));
    evaluate("log(var.input[0], var.input[1])", fields(bytes));
    evaluate("jsonencode([ceil(var.input[0]), floor(var.input[0]), -var.input[0]])", fields(bytes));
    if let Some(value) = evaluate("tonumber(var.input)", text(bytes)) {
        there_and_back("tostring", "tonumber", value);
    }
}

/// An expression of any kind, evaluated where all kinds of values can be referred to
pub fn evaluator(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(value) = evaluate(text, Value::string("input")) {
        let again = evaluate(text, Value::string("input"));
        assert_eq!(again, Some(value), "{text}");
    }
}

/// The text of a template file
pub fn template(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    look_at(&parse_template("template", &text).1);
    evaluate(
        "templatestring(var.input, { x = \"v\", l = [1, 2], m = { a = true }, u = local.unk })",
        Value::string(text),
    );
}

/// A file of configuration
pub fn parser(bytes: &[u8]) {
    look_at(&parse_file("main.tf", bytes).1);
    if let Ok(text) = std::str::from_utf8(bytes) {
        look_at(&parse_expression("expression", text).1);
    }
}

/// A module of one file, loaded
pub fn configuration(bytes: &[u8]) {
    let mut snapshot = Snapshot::from_files(Revision::Commit("0".into()), [("m/main.tf", "")]);
    snapshot.files.insert("main.tf".into(), bytes.into());
    look_at(&load(&snapshot, "").1);
}

/// A file of values in native syntax
pub fn tfvars(bytes: &[u8]) {
    look_at(&parse_tfvars("terraform.tfvars", bytes).1);
}

/// A file of values in JSON
pub fn tfvars_json(bytes: &[u8]) {
    look_at(&parse_tfvars("terraform.tfvars.json", bytes).1);
}

/// What was laid out can be read and laid out again. It need not stay as it is: of interpolations in
/// one another each run unwraps one, as with Terraform.
pub fn fmt(bytes: &[u8]) {
    match format("main.tf", bytes) {
        Ok(text) => {
            let again = format("main.tf", text.as_bytes());
            assert!(again.is_ok(), "{text:?} cannot be read: {again:?}");
        }
        Err(problems) => look_at(&problems),
    }
}

/// A configuration file in JSON
pub fn parser_json(bytes: &[u8]) {
    look_at(&parse_json_file("main.tf.json", bytes).1);
}
