//! Files in, rendering of diagnostics or of what was declared out.

use evenkeel_model::{Revision, Severity, Snapshot};

mod declarations;
mod inputs;
mod overriding;
mod providers;
mod refactoring;

use super::*;
use crate::parse::parse_expression;

fn load_files<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> (Configuration, evenkeel_model::Diagnostics) {
    let snapshot = Snapshot::from_files(Revision::Directory("0".into()), files);
    load(&snapshot, "")
}

fn show(diagnostics: &evenkeel_model::Diagnostics) -> String {
    let lines: Vec<String> = diagnostics
        .iter()
        .map(|d| {
            let place =
                d.range.as_ref().map(|r| format!("{}:{}:{}", r.filename, r.start.line, r.start.column));
            format!("{} | {} | {}", place.unwrap_or_default(), d.summary, d.detail)
        })
        .collect();
    lines.join("\n")
}

/// Loads one file; each expected line must be part of the diagnostic with the same position in the
/// list, and there are no others.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    check_files(&[("main.tf", text)], expected);
}

#[track_caller]
fn check_files(files: &[(&str, &str)], expected: &[&str]) {
    let (_, diagnostics) = load_files(files.iter().copied());
    let shown = show(&diagnostics);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{shown}");
    for (line, expected) in lines.iter().zip(expected) {
        let parts: Vec<&str> = expected.split(" ~ ").collect();
        assert!(parts.iter().all(|part| line.contains(part)), "{shown}\nexpected {expected}");
    }
}

#[track_caller]
fn module(text: &str) -> Arc<Module> {
    let (configuration, diagnostics) = load_files([("main.tf", text)]);
    assert!(!diagnostics.has_errors(), "{}", show(&diagnostics));
    configuration.root().clone()
}

fn key(kind: &str, name: &str) -> ResourceKey {
    ResourceKey { mode: ResourceMode::Managed, kind: kind.into(), name: name.into() }
}

const WHOLE: &str = r#"
terraform {
  required_version = "~> 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
    other = "~> 1.0"
  }
}
provider "aws" {
  region = var.region
}
provider "aws" {
  alias  = "west"
  region = "us-west-2"
}
variable "region" {
  type        = string
  default     = "eu-central-1"
  description = "Where."
  validation {
    condition     = length(var.region) > 3
    error_message = "Too short: ${var.region}."
  }
}
variable "ports" {
  type = list(object({ port = number, name = optional(string, "http"), open = optional(bool) }))
  default = [{ port = "80" }]
  sensitive = true
}
locals {
  names = [for port in var.ports : port.name]
  count = length(local.names)
}
data "aws_ami" "a" {
  most_recent = true
}
resource "aws_instance" "web" {
  count      = local.count
  provider   = aws.west
  ami        = data.aws_ami.a.id
  depends_on = [aws_vpc.main, module.net]
  dynamic "ebs" {
    for_each = var.ports
    content {
      size = ebs.value.port + count.index
    }
  }
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [tags["Name"], ebs[0].size]
    replace_triggered_by  = [aws_vpc.main.id]
    postcondition {
      condition     = self.id != ""
      error_message = "No id."
    }
  }
}
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
  lifecycle {
    ignore_changes = all
  }
}
module "net" {
  source    = "./modules/net"
  for_each  = toset(["a"])
  vpc       = aws_vpc.main.id
  providers = { aws = aws.west, aws.x = aws }
}
output "ids" {
  value      = [module.net["a"].id, module.net]
  sensitive  = true
  depends_on = [aws_instance.web]
}
"#;

const NET: &str = r#"
terraform {
  required_providers {
    aws = {
      configuration_aliases = [aws.x]
    }
  }
}
variable "vpc" {}
variable "more" { default = null }
output "id" { value = var.vpc }
"#;

#[test]
fn a_whole_configuration() {
    let (configuration, diagnostics) = load_files([("main.tf", WHOLE), ("modules/net/net.tf", NET)]);
    assert!(diagnostics.is_empty(), "{}", show(&diagnostics));
    let root = configuration.root();
    assert_eq!(root.required_version[0].to_string(), "~> 1.5");
    assert_eq!(root.provider_source("aws").to_string(), "registry.terraform.io/hashicorp/aws");
    assert_eq!(root.required_providers["other"].version.as_deref(), Some("~> 1.0"));
    assert_eq!(root.providers[1].alias.as_deref(), Some("west"));
    assert_eq!(root.providers[1].body.attributes.len(), 1);
    assert_eq!(root.variables["region"].default, Some(Value::string("eu-central-1")));
    let ports = root.variables["ports"].default.clone().unwrap().unmark_deep().0;
    assert_eq!(format!("{ports:?}"), r#"[{"name": "http", "open": null(bool), "port": 80}]"#);
    let web = &root.resources[&key("aws_instance", "web")];
    assert_eq!(web.provider_name(), "aws");
    assert_eq!(web.provider.as_ref().unwrap().to_string(), "aws.west");
    assert_eq!(web.body.attributes.len(), 1);
    assert_eq!(web.body.blocks.len(), 1);
    assert_eq!(web.depends_on.len(), 2);
    let IgnoreChanges::Paths(paths) = &web.lifecycle.ignore_changes else { panic!() };
    let paths: Vec<String> = paths.iter().map(|ignored| ignored.path.to_string()).collect();
    assert_eq!(paths, [r#"tags["Name"]"#, "ebs[0].size"]);
    assert!(web.lifecycle.create_before_destroy && !web.lifecycle.prevent_destroy);
    assert_eq!(root.resources[&key("aws_vpc", "main")].lifecycle.ignore_changes, IgnoreChanges::All);
    let net = &root.calls["net"];
    assert_eq!(net.source.as_ref().map(ToString::to_string).as_deref(), Some("./modules/net"));
    assert_eq!(net.inputs.keys().map(|k| &**k).collect::<Vec<_>>(), ["vpc"]);
    assert_eq!(net.providers["aws.x"].to_string(), "aws");
    let path: Vec<Arc<str>> = vec!["net".into()];
    assert!(configuration.module(&path).unwrap().variables["more"].default.as_ref().unwrap().is_null());
}

#[test]
fn references_in_source_order() {
    for (text, expected) in [
        ("var.a.b + local.c[var.d]", "var.a@1 local.c@11 var.d@19"),
        ("aws_x.y[0].z", "aws_x.y@1"),
        ("data.aws_x.y[*].z", "data.aws_x.y@1"),
        ("module.m.o.p", "module.m.o@1"),
        ("module.m[each.key].o", "module.m.o@1 each.key@10"),
        ("module.m[\"k\"]", "module.m@1"),
        ("[for x, y in var.xs : x.z + y + z.w if x]", "var.xs@14 z.w@33"),
        ("\"${var.a}%{ for x in local.b }${x}${path.module}%{ endfor }\"", "var.a@4 local.b@22 path@37"),
        ("{ (var.k) = self.id, var = terraform.workspace }", "var.k@4 self@13 terraform@28"),
        ("f(count.index)...", ""),
    ] {
        let (expr, _) = parse_expression("t", text);
        let found: Vec<String> = expr
            .iter()
            .flat_map(references)
            .map(|referenced| {
                let name = match &referenced.reference {
                    Reference::Variable(name) => format!("var.{name}"),
                    Reference::Local(name) => format!("local.{name}"),
                    Reference::Resource(key) => key.to_string(),
                    Reference::Module { name, output: Some(output) } => format!("module.{name}.{output}"),
                    Reference::Module { name, output: None } => format!("module.{name}"),
                    Reference::EachKey => "each.key".into(),
                    Reference::EachValue => "each.value".into(),
                    Reference::Count => "count".into(),
                    Reference::Path => "path".into(),
                    Reference::Terraform => "terraform".into(),
                    Reference::SelfRef => "self".into(),
                };
                format!("{name}@{}", referenced.range.start.column)
            })
            .collect();
        assert_eq!(found.join(" "), expected, "{text}");
    }
}

#[test]
fn iterators_of_dynamic_blocks_are_no_references() {
    let text = r#"
resource "a_b" "c" {
  x = var.x
  dynamic "rule" {
    for_each = var.rules
    iterator = it
    labels   = [it.key]
    content {
      v = it.value + rule.value
      dynamic "inner" {
        for_each = it.value.inners
        content { w = inner.value + it.value }
      }
    }
  }
  y = var.y
}
"#;
    let (configuration, _) = load_files([("main.tf", text)]);
    let resource = &configuration.root().resources[&key("a_b", "c")];
    let found: Vec<String> =
        body_references(&resource.body).iter().map(|r| format!("{:?}", r.reference)).collect();
    assert_eq!(
        found,
        [
            r#"Variable("x")"#,
            r#"Variable("rules")"#,
            r#"Resource(ResourceKey { mode: Managed, kind: "rule", name: "value" })"#,
            r#"Variable("y")"#
        ]
    );
}

#[test]
fn declarations_that_are_wrong() {
    check("resource \"a_b\" {}\n", &["main.tf:1:1 ~ Missing name for resource"]);
    check("variable \"a\" \"b\" {}\n", &["Extraneous label for variable"]);
    check("variable \"1a\" {}\n", &["Invalid variable name"]);
    check("variable \"count\" {}\n", &["Invalid variable name ~ reserved"]);
    check(
        "variable \"a\" {}\nvariable \"a\" {}\n",
        &["main.tf:2:1 ~ Duplicate variable declaration ~ main.tf:1,1"],
    );
    check(
        "resource \"a_b\" \"c\" {}\nresource \"a_b\" \"c\" {}\n",
        &[
            "Duplicate resource \"a_b\" configuration ~ A a_b resource named \"c\" was already declared at main.tf:1,1",
        ],
    );
    check(
        "locals {\n  a = 1\n}\nlocals {\n  a = 2\n}\n",
        &["Duplicate local value definition ~ main.tf:2,3"],
    );
    check("output \"a\" {}\n", &["Missing required argument ~ \"value\""]);
    check(
        "output \"a\" {\n  value = 1\n  sensitve = true\n}\n",
        &["Unsupported argument ~ Did you mean \"sensitive\"?"],
    );
    check("resorce \"a\" \"b\" {}\n", &["Unsupported block type ~ Did you mean \"resource\"?"]);
    check("a = 1\n", &["Unsupported argument"]);
    check(
        "resource \"a_b\" \"c\" {\n  count = 1\n  for_each = {}\n}\n",
        &["main.tf:3:3 ~ Invalid combination of \"count\" and \"for_each\""],
    );
    check(
        "resource \"a_b\" \"c\" {\n  depends_on = [a_b.d.id, each.key, 1 + 1]\n}\nresource \"a_b\" \"d\" {}\n",
        &[
            "main.tf:2:17 ~ Invalid depends_on reference",
            "main.tf:2:37",
            "main.tf:2:27 ~ \"each\" in context",
        ],
    );
    check(
        "resource \"a_b\" \"c\" {\n  lifecycle {\n    ignore_changes = tags\n  }\n}\n",
        &["Invalid expression"],
    );
    check(
        "resource \"a_b\" \"c\" {\n  lifecycle {\n    prevent_destroy = var.x\n  }\n}\nvariable \"x\" {}\n",
        &["main.tf:3:23 ~ Variables not allowed"],
    );
    check("provider \"a\" {}\nprovider \"a\" {}\n", &["Duplicate provider configuration ~ main.tf:1,1"]);
    check("locals {", &["main.tf:1:8 ~ Unclosed configuration block"]);
}

#[test]
fn types_and_defaults_that_are_wrong() {
    check(
        "variable \"a\" {\n  type = strin\n}\n",
        &["Invalid type specification ~ Did you mean \"string\"?"],
    );
    check("variable \"a\" {\n  type = \"string\"\n}\n", &["Invalid quoted type constraint"]);
    check("variable \"a\" {\n  type = list(string, 1)\n}\n", &["exactly one argument"]);
    check("variable \"a\" {\n  type = optional(string)\n}\n", &["only valid for an attribute"]);
    check(
        "variable \"a\" {\n  type = number\n  default = \"x\"\n}\n",
        &["main.tf:3:13 ~ Invalid default value for variable ~ a number is required"],
    );
    check(
        "variable \"a\" {\n  type = object({ b = optional(number, \"x\") })\n}\n",
        &["Invalid default value for optional attribute"],
    );
    check("variable \"a\" {\n  default = upper(\"x\")\n}\n", &["Function calls not allowed"]);
    check(
        "variable \"a\" {\n  nullable = false\n  default = null\n}\n",
        &["Invalid default value for variable"],
    );
    check(
        "variable \"a\" {\n  validation {\n    condition = true\n    error_message = \"x\"\n  }\n}\n",
        &["Invalid validation expression", "Invalid variable validation condition"],
    );
}

#[test]
fn constants_that_take_too_long() {
    let numbers = "1, ".repeat(1_000);
    let text = format!(
        "variable \"a\" {{\n  default = [for x in [[{numbers}]] : [for a in x : [for b in x : [for c in x : c]]]]\n}}\n"
    );
    check(&text, &["Expression too complex"]);
    let deep = format!(
        "variable \"a\" {{\n  type = {}any{}\n  default = {}1{}\n}}\n",
        "list(".repeat(50),
        ")".repeat(50),
        "[".repeat(50),
        "]".repeat(50)
    );
    check(&deep, &[]);
    let many: String = (0..20_000).map(|i| format!("  a{i} = local.b{i}.c\n")).collect();
    let (_, diagnostics) = load_files([("main.tf", format!("locals {{\n{many}}}\n").as_str())]);
    assert!(diagnostics.0.len() <= 1_001);
    let blocks: String = (0..200_000).map(|i| format!("b{i} {{}}\n")).collect();
    let (_, diagnostics) = load_files([("main.tf", blocks.as_str())]);
    assert!(diagnostics.has_errors());
}

#[test]
fn references_that_are_wrong() {
    check(
        "locals {\n  a = var.regon\n  b = var.x\n}\nvariable \"region\" {}\n",
        &[
            "main.tf:2:7 ~ Reference to undeclared input variable ~ Did you mean \"region\"?",
            "variable \"x\" {} block",
        ],
    );
    check("locals {\n  a = local.b\n}\n", &["Reference to undeclared local value"]);
    check(
        "locals {\n  a = aws_vpc.man.id\n}\nresource \"aws_vpc\" \"main\" {}\n",
        &[
            "A managed resource \"aws_vpc\" \"man\" has not been declared in the root module. Did you mean aws_vpc.main?",
        ],
    );
    check("locals {\n  a = aws_ami.a.id\n}\ndata \"aws_ami\" \"a\" {}\n", &["Did you mean data.aws_ami.a?"]);
    check("locals {\n  a = data.aws_ami.a.id\n}\n", &["A data resource \"aws_ami\" \"a\""]);
    check("locals {\n  a = module.m\n}\n", &["Reference to undeclared module ~ \"m\""]);
    check("locals {\n  a = foo\n}\n", &["Invalid reference ~ at least one attribute access"]);
    check("locals {\n  a = var\n}\n", &["Invalid reference ~ cannot be used by itself"]);
    check(
        "locals {\n  a = each.key\n  b = count.index\n  c = self.id\n}\n",
        &[
            "Reference to \"each\" in context without for_each",
            "Reference to \"count\" in non-counted context",
            "Invalid \"self\" reference",
        ],
    );
    check("resource \"a_b\" \"c\" {\n  d = a_b.c.id\n}\n", &["Self-referential block ~ a_b.c"]);
    check("locals {\n  a = { b.c = 1 }\n}\n", &["Ambiguous attribute key"]);
    check(
        "resource \"a_b\" \"c\" {\n  provider = a.west\n}\n",
        &["Provider configuration not present ~ a.west"],
    );
}

#[test]
fn what_only_a_dynamic_block_with_elements_evaluates_is_a_warning() {
    let (_, diagnostics) = load_files([(
        "main.tf",
        "resource \"a_b\" \"c\" {\n  dynamic \"d\" {\n    for_each = []\n    content {\n      e = var.nope\n      f = other.value\n      \
         g = each.value\n      h = lone\n      dynamic \"i\" {\n        for_each = local.nope\n        content {}\n      }\n    }\n  }\n}\n",
    )]);
    let found: Vec<_> = diagnostics.iter().map(|found| (found.severity, &*found.summary)).collect();
    let warned = |summary| (Severity::Warning, summary);
    assert_eq!(
        found,
        [
            warned("Invalid reference"),
            warned("Reference to undeclared input variable"),
            warned("Reference to undeclared resource"),
            warned("each.value cannot be used in this context"),
            warned("Reference to undeclared local value"),
        ]
    );
    check(
        "resource \"a_b\" \"c\" {\n  dynamic \"d\" {\n    for_each = var.nope\n    content {\n      e = a_b.c.f\n    }\n  }\n}\n",
        &["Reference to undeclared input variable", "Self-referential block"],
    );
}

#[test]
fn modules() {
    let net = ("net/net.tf", "variable \"vpc\" {}\noutput \"id\" { value = local.x }\n");
    check_files(
        &[
            (
                "main.tf",
                "module \"n\" {\n  source = \"./net\"\n  vcp = 1\n}\nlocals {\n  a = module.n.idd\n}\n",
            ),
            net,
        ],
        &[
            "Unsupported attribute ~ \"idd\" ~ Did you mean \"id\"?",
            "main.tf:3:9 ~ Unsupported argument ~ Did you mean \"vpc\"?",
            "main.tf:1:1 ~ Missing required argument ~ \"vpc\"",
            "net/net.tf:2:23 ~ Reference to undeclared local value",
        ],
    );
    check(
        "module \"n\" {\n  source = \"hashicorp/x/aws\"\n}\n",
        &["Module not installed ~ registry.terraform.io/hashicorp/x/aws"],
    );
    check("module \"n\" {\n  source = \"../x\"\n}\n", &["Invalid module source address ~ leads out"]);
    check("module \"n\" {\n  source = \"./x\"\n}\n", &["Unreadable module directory ~ \"x\""]);
    check("module \"n\" {\n}\n", &["Missing required argument ~ \"source\""]);
    check("module \"n\" {\n  source = \"./\"\n}\n", &["Module call cycle"]);
    check_files(
        &[
            ("main.tf", "module \"a\" {\n  source = \"./a\"\n}\n"),
            ("a/a.tf", "module \"b\" {\n  source = \"../b\"\n}\n"),
            ("b/b.tf", "module \"a\" {\n  source = \"../a\"\n}\n"),
        ],
        &["b/b.tf:1:1 ~ Module call cycle"],
    );
}

#[test]
fn many_calls_do_not_explode() {
    let files: Vec<(String, String)> = (0..40)
        .map(|i| {
            let call = |name| format!("module \"{name}\" {{\n  source = \"../m{}\"\n}}\n", i + 1);
            (format!("m{i}/main.tf"), if i == 39 { "locals {}\n".into() } else { call("a") + &call("b") })
        })
        .collect();
    let snapshot = Snapshot::from_files(
        Revision::Directory("0".into()),
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())),
    );
    let (configuration, diagnostics) = load(&snapshot, "m0");
    assert_eq!(diagnostics.0.len(), 1, "{}", show(&diagnostics));
    assert_eq!(diagnostics.0[0].summary, "Too many modules");
    assert!(configuration.modules.len() <= 10_001);
}

#[test]
fn json_files_declare_what_native_ones_do() {
    let json = r#"{
      "terraform": {"required_providers": {"p": {"source": "x/p"}}},
      "provider": {"p": {"alias": "other", "region": "${var.v[0]}"}},
      "variable": {"v": {"type": "list(number)", "default": ["1"]}},
      "locals": {"l": "${var.v[0]}"},
      "resource": {"p_thing": {
        "a": {"count": 2, "provider": "p.other", "depends_on": ["p_thing.b"], "lifecycle": {"ignore_changes": "all"}},
        "b": [{"name": "${local.l}", "nested": [{"x": "${p_other.c.id}"}]}]
      }},
      "output": {"o": {"value": "${p_thing.a[0].id}", "sensitive": true}},
      "//": "a comment"
    }"#;
    let (configuration, diagnostics) = load_files([("main.tf.json", json)]);
    assert_eq!(
        show(&diagnostics).split(" | ").take(2).collect::<Vec<_>>(),
        ["main.tf.json:8:58", "Reference to undeclared resource"]
    );
    let module = configuration.root();
    assert_eq!(module.variables["v"].ty.friendly_name(), "list of number");
    assert_eq!(
        module.variables["v"].default.as_ref().map(evenkeel_model::json::to_plain).unwrap().to_string(),
        "[1]"
    );
    let a = module.resources.values().find(|resource| &*resource.key.name == "a").unwrap();
    assert_eq!(a.provider.as_ref().unwrap().to_string(), "p.other");
    assert_eq!(a.depends_on.len(), 1);
    assert_eq!(a.lifecycle.ignore_changes, super::IgnoreChanges::All);
    assert!(a.body.attributes.is_empty() && module.outputs["o"].sensitive);
}

#[test]
fn files_of_a_directory() {
    check_files(&[("README.md", "")], &["No configuration files"]);
    check_files(
        &[
            ("a.tf", ""),
            ("b.tf.json", "{\"resorce\": {}}"),
            ("c_override.tf.json", "{\"locals\": {}"),
            ("b_override.tf", ""),
            (".c.tf", "}"),
            ("d.tf~", "}"),
            ("#e.tf#", "}"),
        ],
        &["c_override.tf.json:1:1 ~ Unclosed object", "b.tf.json:1:2 ~ Unsupported argument ~ Did you mean"],
    );
    check(
        "terraform {\n  required_version = \">= 2.0\"\n  backend \"s3\" {}\n}\n",
        &["Unsupported Terraform Core version"],
    );
    check("terraform {\n  required_version = \"x\"\n}\n", &["Invalid version constraint"]);
}

#[test]
fn values_of_variables() {
    let module = module(
        r#"
variable "s" { type = string }
variable "n" { type = number }
variable "u" {}
variable "a" { type = any }
variable "l" { type = list(string) }
variable "o" {
  type      = map(object({ a = optional(object({ b = optional(number, 1) }), {}), c = string }))
  sensitive = true
}
"#,
    );
    let parse = |name: &str, text: &str| {
        parse_variable_value(module.variables.get(name), text, "-var").map(|value| format!("{value:?}"))
    };
    assert_eq!(parse("s", "[x]").unwrap(), "\"[x]\"");
    assert_eq!(parse("n", "1").unwrap(), "\"1\"");
    assert_eq!(parse("u", "[1]").unwrap(), "\"[1]\"");
    assert_eq!(parse("a", "[1]").unwrap(), "[1]");
    assert_eq!(parse("l", "[\"a\", 1]").unwrap(), "[\"a\", 1]");
    assert_eq!(parse("l", "[a]").unwrap_err().0[0].summary, "Variables not allowed");
    assert_eq!(parse("l", "[").unwrap_err().0[0].summary, "Unterminated tuple constructor expression");
    let o = &module.variables["o"];
    let given = Value::object([("k", Value::object([("c", Value::number(7))]))]);
    let converted = o.convert(&given).unwrap();
    assert!(converted.is_sensitive());
    assert_eq!(format!("{:?}", converted.unmark_deep().0), r#"{"k": {"a": {"b": 1}, "c": "7"}}"#);
    let error = o.convert(&Value::object([("k", Value::empty_object())])).unwrap_err();
    assert_eq!(error.to_string(), "element [\"k\"]: attribute \"c\" is required");
}

#[test]
fn files_of_values() {
    let (values, diagnostics) = parse_tfvars("a.tfvars", b"a = 1\nb = { c = [true, null] }\n");
    assert!(diagnostics.is_empty());
    assert_eq!(format!("{:?}", values["b"].0), "{\"c\": [true, null(any)]}");
    assert_eq!(values["b"].1.start.line, 2);
    let (_, diagnostics) = parse_tfvars("a.tfvars", b"a = b\nvariable \"x\" {}\n");
    assert!(show(&diagnostics).contains("Variable declaration in .tfvars file"), "{}", show(&diagnostics));
    assert!(show(&diagnostics).contains("Variables not allowed"));
    let (values, diagnostics) = parse_tfvars("a.tfvars.json", br#"{"a": 1.10, "b": ["x"]}"#);
    assert!(diagnostics.is_empty());
    assert_eq!(format!("{:?} {:?}", values["a"].0, values["b"].0), "1.1 [\"x\"]");
    let (_, diagnostics) = parse_tfvars("a.tfvars.json", b"{\n  x\n}");
    assert!(
        show(&diagnostics).starts_with("a.tfvars.json:2:3 | Invalid object property name"),
        "{}",
        show(&diagnostics)
    );
}

/// Every recorded conversion through a variable, defaults of optional attributes included.
#[test]
#[allow(clippy::disallowed_methods, reason = "a test looks for data that lies outside of the repository")]
fn recorded_conversions() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var("EVENKEEL_SHARED").unwrap_or_else(|_| beside.to_owned());
    let Ok(bytes) = std::fs::read(format!("{shared}/conformance/type_conversions.json")) else {
        println!("skipped: no conformance data (type_conversions.json)");
        return;
    };
    let data: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let (mut passed, mut failed) = (0, Vec::new());
    for case in data["cases"].as_array().unwrap() {
        let constraint = case["type_constraint"].as_str().unwrap();
        let given = case["value_expr"].as_str().unwrap();
        let (configuration, diagnostics) =
            load_files([("main.tf", format!("variable \"v\" {{\n  type = {constraint}\n}}\n").as_str())]);
        assert!(diagnostics.is_empty(), "{constraint} {}", show(&diagnostics));
        let (value, problems) =
            crate::eval::evaluate(&parse_expression("v", given).0.unwrap(), &constant::NoReferences);
        if problems.has_errors() {
            continue;
        }
        let result = configuration.root().variables["v"].convert(&value);
        let found = match &result {
            Ok(value) => {
                let ty = serde_json::to_value(value.ty()).unwrap();
                format!("{} {ty}", evenkeel_model::json::to_plain(value))
            }
            Err(_) => "error".to_owned(),
        };
        let wanted = match case.get("error") {
            Some(_) => "error".to_owned(),
            None => format!("{} {}", case["value"], case["type"]),
        };
        if found == wanted {
            passed += 1;
        } else {
            failed.push(format!("{constraint} <- {given}: {found}, recorded {wanted}"));
        }
    }
    println!("{passed} passed, {} failed\n{}", failed.len(), failed.join("\n"));
    assert!(failed.is_empty(), "{} failed", failed.len());
}

#[test]
fn what_follows_from_a_block_without_an_end_is_not_reported() {
    check_files(
        &[(
            "main.tf",
            "terraform {\n  required_providers {\n\nvariable \"a\" {}\nresource \"a_b\" \"c\" {}\n",
        )],
        &["main.tf:2:22 | Unclosed configuration block"],
    );
    check_files(
        &[("main.tf", "output \"a\" {\n  value = <<EOT\nabc\n}\n")],
        &["main.tf:2:11 | Unterminated template string"],
    );
    // Other files are none of its business.
    check_files(
        &[("a.tf", "output \"a\" {\n"), ("b.tf", "output \"b\" {}\nresorce \"c\" {}\n")],
        &[
            "a.tf:1:12 | Unclosed configuration block",
            "b.tf:1:1 | Missing required argument",
            "b.tf:2:1 | Unsupported block type",
        ],
    );
}

#[test]
fn what_a_syntax_error_hides_is_not_called_undeclared() {
    let broken =
        "variable \"a\" {\n  default = )\n}\nvariable \"b\" {\n  type = \n}\noutput \"o\" { value = 1 }\n";
    let root =
        "module \"m\" {\n  source = \"./m\"\n  c = 1\n}\noutput \"o\" {\n  value = module.m.hidden\n}\n";
    check_files(
        &[("main.tf", root), ("m/main.tf", broken)],
        &["m/main.tf:2:13 | Invalid expression", "m/main.tf:5:10 | Invalid expression"],
    );
}
