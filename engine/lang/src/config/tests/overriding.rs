//! Override files: what replaces what, and what cannot be replaced.

use super::*;

#[track_caller]
fn overridden(base: &str, over: &str) -> Arc<Module> {
    let files =
        [("main.tf", base), ("override.tf", over), ("m/main.tf", "variable \"x\" {\n  default = 0\n}\n")];
    let (configuration, diagnostics) = load_files(files);
    assert!(diagnostics.is_empty(), "{}", show(&diagnostics));
    configuration.root().clone()
}

#[track_caller]
fn wrong(base: &str, over: &str, expected: &[&str]) {
    check_files(&[("main.tf", base), ("x_override.tf", over)], expected);
}

fn arguments(body: &Body) -> Vec<String> {
    let value = |attribute: &crate::ast::Attribute| attribute.value.range().filename.to_string();
    let own = body.attributes.iter().map(|attribute| format!("{}@{}", attribute.name, value(attribute)));
    own.chain(body.blocks.iter().map(|block| format!("{} {}", block.kind, block.range.filename))).collect()
}

#[test]
fn resources() {
    let base = r#"
resource "a_b" "c" {
  x = 1
  y = 1
  disk {}
  disk {}
  nic {}
  dynamic "port" {
    for_each = []
    content {}
  }
  lifecycle {
    create_before_destroy = true
    prevent_destroy       = true
  }
  provisioner "local-exec" {
    command = "x"
  }
}
"#;
    let over = r#"
resource "a_b" "c" {
  y = 2
  z = 2
  disk {}
  port {}
  provider = a.other
  lifecycle {
    prevent_destroy = false
    ignore_changes  = [x]
  }
  provisioner "file" {
    destination = "x"
  }
}
provider "a" {
  x = 1
}
"#;
    let module = overridden(&format!("{base}provider \"a\" {{\n  alias = \"other\"\n  x = 1\n}}\n"), over);
    let resource = &module.resources[&key("a_b", "c")];
    assert_eq!(
        arguments(&resource.body),
        [
            "x@main.tf",
            "y@override.tf",
            "z@override.tf",
            "nic main.tf",
            "disk override.tf",
            "port override.tf"
        ]
    );
    assert_eq!(resource.provider.as_ref().map(ToString::to_string).as_deref(), Some("a.other"));
    assert!(resource.lifecycle.create_before_destroy && !resource.lifecycle.prevent_destroy);
    let IgnoreChanges::Paths(ignored) = &resource.lifecycle.ignore_changes else { panic!() };
    assert_eq!(ignored.iter().map(|one| one.path.to_string()).collect::<Vec<_>>(), ["x"]);
    let provisioners: Vec<&str> = resource.provisioners.iter().map(|one| &*one.kind).collect();
    assert_eq!(provisioners, ["file"]);
    assert_eq!(module.providers.len(), 2, "a default configuration needs no base");
}

#[test]
fn values_and_modules() {
    let base = "variable \"v\" {\n  type = string\n  default = \"a\"\n  description = \"d\"\n}\n\
                locals {\n  a = 1\n  b = 1\n}\n\
                output \"o\" {\n  value = 1\n  description = \"d\"\n}\n\
                module \"m\" {\n  source = \"./n\"\n  x = 1\n  count = 1\n}\n\
                terraform {\n  required_version = \">= 99\"\n  backend \"s3\" {}\n  required_providers {\n    \
                a = {\n      source = \"x/a\"\n    }\n    b = {\n      source = \"x/b\"\n    }\n  }\n}\n";
    let over = "variable \"v\" {\n  type = number\n  default = 7\n}\n\
                locals {\n  b = 2\n}\n\
                output \"o\" {\n  value = 2\n  sensitive = true\n}\n\
                module \"m\" {\n  source = \"./m\"\n  for_each = {}\n}\n\
                terraform {\n  required_version = \">= 1.0\"\n  cloud {}\n  required_providers {\n    \
                a = {\n      source = \"y/a\"\n    }\n    c = {\n      source = \"y/c\"\n    }\n  }\n}\n";
    let module = overridden(base, over);
    let variable = &module.variables["v"];
    assert_eq!(variable.default, Some(Value::number(7_u64)));
    assert_eq!((&variable.ty, variable.description.as_deref()), (&Type::Number, Some("d")));
    let place = |name: &str| module.locals[name].value.range().filename.to_string();
    assert_eq!((place("a"), place("b")), ("main.tf".into(), "override.tf".into()));
    assert!(module.outputs["o"].sensitive);
    let call = &module.calls["m"];
    assert!(call.count.is_none() && call.for_each.is_some() && call.inputs.contains_key("x"));
    assert_eq!(module.backend.as_ref().map(|backend| &*backend.kind), Some("cloud"));
    let sources: Vec<String> = module
        .required_providers
        .iter()
        .map(|(name, one)| format!("{name} {}", one.source.namespace))
        .collect();
    assert_eq!(sources, ["a y", "b x", "c y"]);
}

#[test]
fn several_files_one_after_the_other() {
    let (configuration, diagnostics) = load_files([
        ("a_override.tf", "locals {\n  a = 2\n}\n"),
        ("main.tf", "locals {\n  a = 1\n}\n"),
        ("override.tf", "locals {\n  a = 3\n}\n"),
    ]);
    assert!(diagnostics.is_empty(), "{}", show(&diagnostics));
    assert_eq!(&*configuration.root().locals["a"].value.range().filename, "override.tf");
}

#[test]
fn what_cannot_be_overridden() {
    let none = "locals {\n  a = 1\n}\n";
    wrong(
        none,
        "variable \"v\" {}\n",
        &["x_override.tf:1:1 ~ Missing base variable declaration to override"],
    );
    wrong(
        none,
        "locals {\n  b = 1\n}\n",
        &["x_override.tf:2:3 ~ Missing base local value definition to override"],
    );
    wrong(none, "output \"o\" {\n  value = 1\n}\n", &["Missing base output definition to override"]);
    wrong(none, "module \"m\" {}\n", &["Missing module call to override"]);
    wrong(none, "resource \"a_b\" \"c\" {}\n", &["Missing resource to override ~ resource \"a_b\" \"c\""]);
    wrong(none, "data \"a_b\" \"c\" {}\n", &["Missing data resource to override"]);
    wrong(
        none,
        "provider \"a\" {\n  alias = \"b\"\n}\n",
        &["Missing base provider configuration for override ~ alias \"b\""],
    );
    wrong(none, "moved {\n  from = a_b.c\n  to = a_b.d\n}\n", &["Cannot override 'moved' blocks"]);
    wrong(none, "import {\n  to = a_b.c\n  id = \"\"\n}\n", &["Cannot override 'import' blocks"]);
    wrong(none, "check \"a\" {}\n", &["Can't override check blocks"]);
    wrong(
        "output \"o\" {\n  value = 1\n}\n",
        "output \"o\" {\n  depends_on = [a_b.c]\n}\n",
        &["Unsupported override", "Reference to undeclared resource"],
    );
    wrong(
        "variable \"v\" {}\n",
        "variable \"v\" {\n  validation {\n    condition = var.v\n    error_message = \"\"\n  }\n}\n",
        &["x_override.tf:2:3 ~ Can't override validation blocks"],
    );
    wrong(
        "terraform {\n}\n",
        "terraform {\n  backend \"a\" {}\n  backend \"b\" {}\n}\n",
        &["x_override.tf:3:3 ~ Duplicate backend configuration", "Duplicate backend configuration"],
    );
    wrong(
        "variable \"v\" {\n  type = number\n  default = 1\n}\n",
        "variable \"v\" {\n  default = \"x\"\n}\n",
        &["x_override.tf:2:13 ~ Invalid default value for variable"],
    );
}
