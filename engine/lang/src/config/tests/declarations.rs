//! Rules of single blocks: what may stand in them and what they may refer to.

use super::*;

fn resource(inside: &str) -> String {
    format!("resource \"a_b\" \"c\" {{\n  {inside}\n}}\n")
}

fn lifecycle(inside: &str) -> String {
    resource(&format!("lifecycle {{\n    {inside}\n  }}"))
}

#[test]
fn variables() {
    for name in [
        "source",
        "version",
        "providers",
        "count",
        "for_each",
        "depends_on",
        "lifecycle",
        "locals",
        "provider",
    ] {
        check(&format!("variable \"{name}\" {{}}\n"), &["main.tf:1:1 ~ Invalid variable name ~ reserved"]);
    }
    check("variable \"a b\" {}\n", &["Invalid variable name"]);
    let typed =
        |ty: &str, expected: &[&str]| check(&format!("variable \"a\" {{\n  type = {ty}\n}}\n"), expected);
    typed("\"string\"", &["main.tf:2:10 ~ Invalid quoted type constraints"]);
    typed("\"number\"", &["main.tf:2:10 ~ Invalid legacy variable type hint"]);
    let validation = |condition: &str, expected: &[&str]| {
        let rule = format!("validation {{\n    condition = {condition}\n    error_message = \"x\"\n  }}");
        check(&format!("variable \"a\" {{\n  {rule}\n}}\nvariable \"b\" {{}}\n"), expected);
    };
    validation("var.a > var.b", &[]);
    validation("var.b", &["main.tf:3:17 ~ Invalid variable validation condition"]);
    validation("true", &["Invalid validation expression", "Invalid variable validation condition"]);
}

#[test]
fn outputs_and_locals() {
    check(
        "output \"a\" {\n  value = 1\n  postcondition {}\n}\n",
        &["main.tf:3:3 ~ Postconditions are not allowed"],
    );
    check("locals {\n  a = local.a\n}\n", &["main.tf:2:7 ~ Self-referencing local value"]);
    check("locals {\n  a {}\n}\n", &["Unexpected \"a\" block"]);
}

#[test]
fn blocks_of_resources() {
    check(&resource("locals {}"), &["main.tf:2:3 ~ Reserved block type name in resource block"]);
    check(
        "data \"a_b\" \"c\" {\n  provisioner \"x\" {}\n  locals {}\n}\n",
        &["Reserved block type name in data block"],
    );
    check(&lifecycle("prevent_destroy = var.x"), &["main.tf:3:23 ~ Variables not allowed"]);
    check(&lifecycle("prevent_destroy = \"maybe\""), &["Unsuitable value type"]);
    check(&lifecycle("ignore_changes = [\"tags\"]"), &["main.tf:3:23 ~ Quoted references are deprecated"]);
    check(&lifecycle("ignore_changes = [\"*\"]"), &["Invalid ignore_changes wildcard"]);
    check(&lifecycle("ignore_changes = \"all\""), &["Invalid expression"]);
    check(&lifecycle("ignore_changes = [x.y[0][\"z\"], w]"), &[]);
    check(&lifecycle("ignore_changes = [f(x)]"), &["main.tf:3:23 ~ Invalid expression"]);
    let condition = |condition: &str, expected: &[&str]| {
        let rule =
            format!("precondition {{\n      condition = {condition}\n      error_message = \"x\"\n    }}");
        check(&lifecycle(&rule), expected);
    };
    condition("a_b.c.x", &["main.tf:4:19 ~ Invalid reference in precondition"]);
    condition("true", &["main.tf:4:19 ~ Invalid precondition expression"]);
    condition("self.x", &["main.tf:4:19 ~ Invalid \"self\" reference"]);
}

#[test]
fn triggers_of_replacement() {
    let other = "resource \"a_b\" \"d\" {\n  count = 2\n}\n";
    let trigger = |element: &str, expected: &[&str]| {
        check(&(lifecycle(&format!("replace_triggered_by = [{element}]")) + other), expected);
    };
    trigger("a_b.d, a_b.d[0], a_b.d[1].x", &[]);
    trigger(
        "var.x",
        &["Invalid reference in replace_triggered_by", "Invalid replace_triggered_by", "undeclared input"],
    );
    trigger("a_b.d[a_b.d[0].x]", &["main.tf:3:29 ~ Invalid replace_triggered_by expression"]);
    trigger("1", &["main.tf:3:29 ~ Invalid replace_triggered_by expression"]);
    trigger(
        "a_b.d[each.value]",
        &["Invalid each reference in replace_triggered_by expression", "each.value cannot be used"],
    );
}

#[test]
fn dependencies() {
    let other = "resource \"a_b\" \"d\" {\n  count = 2\n}\n";
    let waits = |element: &str, expected: &[&str]| {
        check(&(resource(&format!("depends_on = [{element}]")) + other), expected);
    };
    waits("a_b.d, a_b.d[0]", &[]);
    waits("\"a_b.d\"", &["main.tf:2:17 ~ Quoted references are deprecated"]);
    waits("a_b.d[0].x", &["main.tf:2:17 ~ Invalid depends_on reference ~ not to an attribute"]);
    waits("a_b.e", &["Reference to undeclared resource"]);
    waits("each.key", &["Reference to \"each\""]);
}

#[test]
fn instances_are_reached_by_their_keys() {
    let one = "resource \"a_b\" \"one\" {}\n";
    let many = "resource \"a_b\" \"many\" {\n  for_each = {}\n}\n";
    let value = |expr: &str, expected: &[&str]| {
        check(&format!("{one}{many}output \"o\" {{\n  value = {expr}\n}}\n"), expected);
    };
    value("[a_b.one.x, a_b.many[\"k\"].x, a_b.many[*].x, a_b.many]", &[]);
    value("a_b.many.x", &["main.tf:6:11 ~ Missing resource instance key ~ a_b.many[each.key]"]);
    value("a_b.one[0].x", &["main.tf:6:11 ~ Unexpected resource instance key"]);
}

#[test]
fn targets_of_imports() {
    let import = |to: &str, expected: &[&str]| {
        let declared = "resource \"a_b\" \"one\" {}\nresource \"a_b\" \"many\" {\n  count = 2\n}\n";
        check(&format!("{declared}import {{\n  to = {to}\n  id = \"x\"\n}}\n"), expected);
    };
    import("a_b.one", &[]);
    import("a_b.many[1]", &[]);
    import("a_b.one[0]", &["main.tf:6:8 ~ Invalid import 'to' expression ~ does not use count"]);
    import("a_b.many", &["Invalid import 'to' expression ~ uses count"]);
    import("a_b.many[\"x\"]", &["Invalid import 'to' expression ~ does not use for_each"]);
    import("a_b.none", &["Configuration for import target does not exist"]);
    import("a_b.many[var.x]", &["main.tf:6:17 ~ Invalid expression", "undeclared input variable"]);
}
