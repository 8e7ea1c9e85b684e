//! Blocks beside resources: moved, removed, import, check, ephemeral, provisioner, connection.

use super::*;

const ALL: &str = r#"
resource "a_b" "c" {
  for_each = toset(["x"])
  connection {
    host = self.ip
  }
  provisioner "local-exec" {
    command = "echo ${self.id} ${each.key}"
  }
  provisioner "remote-exec" {
    when       = destroy
    on_failure = continue
    inline     = [self.id, each.key]
    connection {
      host = self.ip
    }
    _ {
      script = 1
    }
  }
}
module "m" {
  source   = "./m"
  for_each = toset(["k"])
}
ephemeral "a_secret" "s" {
  name = "n"
  lifecycle {
    precondition {
      condition     = a_b.c["x"].id != ""
      error_message = "no"
    }
  }
}
provider "a" {
  token = ephemeral.a_secret.s.value
}
moved {
  from = a_b.old
  to   = a_b.c["x"]
}
moved {
  from = module.a[0]
  to   = module.m["k"]
}
moved {
  from = module.a[0].data.a_b.x[1]
  to   = module.m["k"].resource.a_b.y
}
removed {
  from = module.gone.a_b.c
  lifecycle {
    destroy = false
  }
  provisioner "local-exec" {
    when    = destroy
    command = self.id
  }
}
removed {
  from = module.gone
}
import {
  to = a_b.c["x"]
  id = "i-1"
}
import {
  for_each = { k = "y" }
  to       = module.m[each.key].a_b.d[each.value]
  id       = each.value
}
check "health" {
  data "a_http" "h" {
    url = a_b.c["x"].url
  }
  assert {
    condition     = data.a_http.h.status == 200
    error_message = "Down: ${data.a_http.h.status}"
  }
}
"#;

fn all() -> Arc<Module> {
    let files = [("main.tf", ALL), ("m/main.tf", "resource \"a_b\" \"d\" {\n  for_each = {}\n}\n")];
    let (configuration, diagnostics) = load_files(files);
    assert!(diagnostics.is_empty(), "{}", show(&diagnostics));
    configuration.root().clone()
}

#[test]
fn moves_and_removals() {
    let module = all();
    let moves: Vec<String> = module.moved.iter().map(|one| format!("{} -> {}", one.from, one.to)).collect();
    assert_eq!(
        moves,
        [
            "a_b.old -> a_b.c[\"x\"]",
            "module.a[0] -> module.m[\"k\"]",
            "module.a[0].data.a_b.x[1] -> module.m[\"k\"].a_b.y"
        ]
    );
    let removed: Vec<String> = module
        .removed
        .iter()
        .map(|one| format!("{} {} {}", one.from, one.destroy, one.provisioners.len()))
        .collect();
    assert_eq!(removed, ["module.gone.a_b.c false 1", "module.gone true 0"]);
}

#[test]
fn imports() {
    let module = all();
    let shown: Vec<String> = module
        .imports
        .iter()
        .map(|one| {
            let constant = one.to.constant().map(|address| address.to_string());
            format!("{} {} {constant:?}", one.to, one.for_each.is_some())
        })
        .collect();
    assert_eq!(shown, ["a_b.c false Some(\"a_b.c[\\\"x\\\"]\")", "module.m.a_b.d true None"]);
    let keyed = module.imports[1].to.address(|key| match key.kind() {
        crate::ast::ExprKind::Attribute(_, name) if &**name == "key" => {
            instance_key(&Value::string("k")).ok_or(())
        }
        _ => instance_key(&Value::number(3_u64)).ok_or(()),
    });
    assert_eq!(keyed.unwrap().to_string(), "module.m[\"k\"].a_b.d[3]");
}

#[test]
fn provisioners_and_checks() {
    let module = all();
    let resource = &module.resources[&key("a_b", "c")];
    assert!(resource.connection.is_some());
    let shown: Vec<String> = resource
        .provisioners
        .iter()
        .map(|one| {
            let names: Vec<&str> = one.body.attributes.iter().map(|a| &*a.name).collect();
            format!("{} {:?} {:?} {} {names:?}", one.kind, one.when, one.on_failure, one.connection.is_some())
        })
        .collect();
    assert_eq!(
        shown,
        [
            "local-exec Create Fail false [\"command\"]",
            "remote-exec Destroy Continue true [\"inline\", \"script\"]"
        ]
    );
    let check = &module.checks["health"];
    let data = check.data.clone().unwrap();
    assert_eq!(data.to_string(), "data.a_http.h");
    assert_eq!(module.resources[&data].check.as_deref(), Some("health"));
    assert_eq!(check.asserts.len(), 1);
    let secret = ResourceKey { mode: ResourceMode::Ephemeral, ..key("a_secret", "s") };
    assert_eq!(secret.to_string(), "ephemeral.a_secret.s");
    assert_eq!(module.resources[&secret].lifecycle.preconditions.len(), 1);
}

#[test]
fn mistakes_in_addresses() {
    let wrong = |text: &str, expected: &str| check(text, &[expected]);
    wrong("moved {\n  from = a_b.c\n}\n", "main.tf:1:1 ~ Missing required argument ~ \"to\"");
    wrong("moved {\n  from = a_b.c\n  to = module.m\n}\n", "main.tf:1:1 ~ Invalid \"moved\" addresses");
    wrong("moved {\n  from = a_b\n  to = a_b.c\n}\n", "main.tf:2:10 ~ Invalid address ~ TYPE.NAME");
    wrong("moved {\n  from = a_b.c.d\n  to = a_b.c\n}\n", "Invalid address ~ Something follows");
    wrong(
        "moved {\n  from = var.x\n  to = a_b.c\n}\n",
        "main.tf:2:10 ~ Invalid address ~ \"var\" is reserved",
    );
    wrong("moved {\n  from = a_b.c[var.x]\n  to = a_b.c\n}\n", "main.tf:2:16 ~ Invalid expression");
    wrong("moved {\n  from = a_b.c[1.5]\n  to = a_b.c\n}\n", "main.tf:2:16 ~ Invalid address ~ whole number");
    wrong("moved {\n  from = a_b.c[*]\n  to = a_b.c\n}\n", "main.tf:2:10 ~ Invalid expression");
    wrong("moved {\n  from = module\n  to = a_b.c\n}\n", "main.tf:2:10 ~ Invalid address operator");
    wrong("removed {\n  from = a_b.c[0]\n}\n", "main.tf:2:16 ~ Resource instance keys not allowed");
    wrong("removed {\n  from = module.a[0].a_b.c\n}\n", "Module instance keys not allowed");
    wrong("removed {\n  from = data.a_b.c\n}\n", "Data source address not allowed");
    wrong("removed {\n  from = module.a\n  connection {}\n}\n", "main.tf:3:3 ~ Invalid connection block");
    wrong(
        "removed {\n  from = a_b.c\n  provisioner \"local-exec\" {\n    command = \"x\"\n  }\n}\n",
        "main.tf:3:3 ~ Invalid provisioner block ~ when = destroy",
    );
    wrong("import {\n  to = data.a_b.c\n  id = \"x\"\n}\n", "main.tf:2:8 ~ Invalid import address");
    wrong(
        "removed {\n  from = a_b.c\n  lifecycle {\n    destroy = var.x\n  }\n}\n",
        "main.tf:4:15 ~ Variables not allowed",
    );
    check(
        "import {\n  to = module.m.a_b.c\n  id = \"x\"\n  provider = a\n}\n",
        &[
            "main.tf:4:14 ~ Invalid import provider argument",
            "Configuration for import target does not exist",
        ],
    );
    wrong(
        "resource \"a_b\" \"c\" {}\nimport {\n  to = a_b.c\n  id = \"x\"\n}\nimport {\n  to = a_b.c\n  id = \"y\"\n}\n",
        "main.tf:7:8 ~ Duplicate import configuration for \"a_b.c\" ~ main.tf:2,1",
    );
    wrong(
        "import {\n  to = a_b.c\n  id = each.key\n}\nresource \"a_b\" \"c\" {}\n",
        "main.tf:3:8 ~ Reference to \"each\" in context without for_each",
    );
}

#[test]
fn mistakes_in_checks_and_provisioners() {
    let wrong = |text: &str, expected: &[&str]| check(text, expected);
    wrong("check \"a\" {}\n", &["main.tf:1:1 ~ Zero assert blocks"]);
    let assert = "  assert {\n    condition = data.a_b.c.x\n    error_message = \"x\"\n  }\n";
    wrong(
        &format!("check \"a\" {{\n  data \"a_b\" \"c\" {{\n    count = 1\n  }}\n{assert}}}\n"),
        &["main.tf:3:5 ~ Invalid \"count\" attribute"],
    );
    wrong(
        &format!(
            "check \"a\" {{\n  data \"a_b\" \"c\" {{}}\n{assert}}}\noutput \"x\" {{\n  value = data.a_b.c.x\n}}\n"
        ),
        &["main.tf:9:11 ~ Reference to scoped resource"],
    );
    let provisioner = |inside: &str| {
        format!("resource \"a_b\" \"c\" {{\n  provisioner \"remote-exec\" {{\n{inside}\n  }}\n}}\n")
    };
    wrong(&provisioner("    when = never"), &["main.tf:3:12 ~ Invalid \"when\" keyword ~ create or destroy"]);
    wrong(&provisioner("    when = \"destroy\""), &["main.tf:3:12 ~ Quoted keywords are deprecated"]);
    wrong(
        &provisioner("    when = destroy\n    script = var.y"),
        &["main.tf:4:14 ~ Invalid reference from destroy provisioner", "undeclared input variable"],
    );
    wrong(
        &provisioner("    connection {}\n    connection {}"),
        &["Duplicate connection block ~ main.tf:3,5", "main.tf:3:5 ~ Missing required argument ~ \"host\""],
    );
    wrong(&provisioner("    inlin = []"), &["main.tf:3:5 ~ Unsupported argument ~ Did you mean \"inline\"?"]);
    wrong(&provisioner("    inline {}"), &["main.tf:3:5 ~ Unsupported block type"]);
    wrong(
        "resource \"a_b\" \"c\" {\n  connection {\n    host = 1\n  }\n  provisioner \"file\" {\n    connection {\n      usr = 1\n    }\n  }\n}\n",
        &[
            "main.tf:5:3 ~ Missing required argument ~ \"destination\"",
            "main.tf:7:7 ~ Unsupported argument ~ \"user\"",
        ],
    );
    wrong(
        "resource \"a_b\" \"c\" {\n  provisioner \"local_exec\" {}\n}\n",
        &["main.tf:2:3 ~ Missing required provisioner plugin ~ \"local-exec\""],
    );
    wrong(&provisioner("    lifecycle {}"), &["Reserved block type name in provisioner block"]);
    wrong(
        "resource \"a_b\" \"c\" {\n  provisioner \"chef\" {}\n}\n",
        &["main.tf:2:3 ~ The \"chef\" provisioner has been removed"],
    );
    wrong(
        "ephemeral \"a_b\" \"c\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n",
        &["main.tf:3:5 ~ Invalid ephemeral resource lifecycle argument"],
    );
    wrong("output \"a\" {\n  value = lazy.x\n}\n", &["main.tf:2:11 ~ Reserved symbol name"]);
}
