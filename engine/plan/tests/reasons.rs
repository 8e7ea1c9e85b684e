//! Why objects change: which attribute, which expression, which other object.

mod common;

use std::collections::BTreeSet;

use common::Stack;
use evenkeel_model::{ResourceAddress, Type, Value};
use evenkeel_plan::Plan;
use evenkeel_plan::reasons::{Place, Reason, followers, reasons};
use evenkeel_state::ObjectStatus;

/// `WHY attributes @ file:line what, ... <- resources`: a place that the value is at has no `?`.
fn text_of(reason: &Reason) -> String {
    let names: Vec<&str> = reason.attributes.iter().map(|name| &**name).collect();
    let place = |place: &Place| {
        let sure = if place.leads_here { "" } else { "?" };
        format!(" {}:{}{sure} {}", place.range.filename, place.range.start.line, place.what)
            .trim_end()
            .to_owned()
    };
    let places: Vec<String> =
        reason.places.iter().map(place).map(|text| format!(" {}", text.trim())).collect();
    let variables: Vec<String> = reason.variables.keys().map(|name| format!(" var.{name}")).collect();
    let resources: Vec<String> =
        reason.why.resources().into_iter().flatten().map(|resource| format!(" <- {resource}")).collect();
    let words = [names.join(","), places.concat(), variables.concat(), resources.concat()];
    format!("{} {}", reason.why.as_str(), words.concat().trim()).trim_end().to_owned()
}

fn reasons_of(stack: &Stack, plan: &Plan, loaded: &common::Loaded) -> Vec<Vec<Reason>> {
    let settable = |_: &ResourceAddress, name: &str| !["id", "output", "stamp"].contains(&name);
    reasons(plan, &loaded.configuration, &stack.state, &settable)
}

fn texts(stack: &Stack, plan: &Plan, loaded: &common::Loaded) -> Vec<String> {
    let all = reasons_of(stack, plan, loaded);
    let changes = plan.changes.iter().zip(all);
    changes
        .map(|(change, reasons)| {
            let texts: Vec<String> = reasons.iter().map(text_of).collect();
            format!("{}: {}", change.address, texts.join("; "))
        })
        .collect()
}

#[track_caller]
fn check(before: &str, after: &str, expected: &[&str]) {
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", before)]);
    let (plan, loaded) = stack.plan(&[("main.tf", after)]).unwrap();
    assert_eq!(texts(&stack, &plan, &loaded), expected);
}

#[test]
fn an_attribute_leads_to_the_expression_that_it_is_made_of() {
    check(
        "resource \"test_thing\" \"a\" {\n  name = \"a\"\n  size = 1\n}",
        "resource \"test_thing\" \"a\" {\n  name = \"a\"\n  size = 2\n}",
        &["test_thing.a: configuration size main.tf:3"],
    );
}

#[test]
fn references_are_followed_to_where_the_value_is() {
    let text = |size: u32| {
        format!(
            "locals {{\n  size = {size}\n  twice = local.size * 2\n}}\n\
             resource \"test_thing\" \"a\" {{\n  name = \"a\"\n  size = local.size\n}}\n\
             resource \"test_thing\" \"b\" {{\n  name = \"b\"\n  size = local.twice\n}}\n"
        )
    };
    check(
        &text(1),
        &text(2),
        &[
            "test_thing.a: configuration size main.tf:7 main.tf:2 local.size",
            "test_thing.b: configuration size main.tf:11 main.tf:3 local.twice main.tf:2? local.size",
        ],
    );
}

#[test]
fn variables_are_followed_through_module_calls() {
    let root = |size: u32| {
        format!(
            "variable \"top\" {{ default = {size} }}\nmodule \"m\" {{\n  source = \"./m\"\n  n = var.top\n}}\n"
        )
    };
    let module = "variable \"n\" {}\nresource \"test_thing\" \"a\" {\n  name = \"a\"\n  size = var.n\n}\n";
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", &root(1)), ("m/main.tf", module)]);
    let (plan, loaded) = stack.plan(&[("main.tf", &root(2)), ("m/main.tf", module)]).unwrap();
    assert_eq!(
        texts(&stack, &plan, &loaded),
        ["module.m.test_thing.a: configuration size m/main.tf:4 main.tf:4 module.m.var.n var.top"]
    );
}

#[test]
fn what_follows_from_another_object_names_it() {
    let text = |name: &str| {
        format!(
            "resource \"test_thing\" \"a\" {{ name = \"{name}\" }}\n\
             resource \"test_thing\" \"b\" {{\n  name = test_thing.a.id\n}}\n"
        )
    };
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", &text("x"))]);
    let (plan, loaded) = stack.plan(&[("main.tf", &text("y"))]).unwrap();
    assert_eq!(
        texts(&stack, &plan, &loaded),
        [
            "test_thing.a: configuration name main.tf:1",
            "test_thing.b: dependency name main.tf:3 <- test_thing.a",
        ]
    );
    let all = reasons_of(&stack, &plan, &loaded);
    let following = followers(&plan, &all);
    assert_eq!(following.len(), 1);
    assert_eq!(following[&"test_thing.a".parse().unwrap()], ["test_thing.b".parse().unwrap()]);
}

#[test]
fn instances_come_and_go_with_count_and_for_each() {
    let text = |count: u32, keys: &str| {
        format!(
            "resource \"test_thing\" \"n\" {{\n  count = {count}\n  name = \"n\"\n}}\n\
             locals {{\n  keys = [{keys}]\n}}\n\
             resource \"test_thing\" \"k\" {{\n  for_each = toset(local.keys)\n  name = each.key\n}}\n"
        )
    };
    check(
        &text(1, r#""x", "y""#),
        &text(2, r#""y", "z""#),
        &[
            "test_thing.k[\"x\"]: configuration main.tf:9 main.tf:6? local.keys",
            "test_thing.k[\"z\"]: configuration main.tf:9 main.tf:6? local.keys",
            "test_thing.n[1]: configuration main.tf:2",
        ],
    );
}

#[test]
fn what_is_new_and_what_is_gone() {
    check(
        "resource \"test_thing\" \"a\" { name = \"a\" }\nresource \"test_thing\" \"f\" { name = \"f\" }\n",
        "\nresource \"test_thing\" \"b\" { name = \"b\" }\n\
         removed {\n  from = test_thing.f\n  lifecycle {\n    destroy = false\n  }\n}\n",
        &["test_thing.a: removed", "test_thing.b: added main.tf:2", "test_thing.f: removed main.tf:3"],
    );
}

#[test]
fn moves_and_moves_of_modules() {
    let module = ("m/main.tf", "resource \"test_thing\" \"a\" { name = \"a\" }\n");
    let mut stack = Stack::new();
    let root = "module \"old\" { source = \"./m\" }\nresource \"test_thing\" \"a\" { name = \"a\" }\n";
    stack.settles(&[("main.tf", root), module]);
    let root = "module \"new\" { source = \"./m\" }\nresource \"test_thing\" \"b\" { name = \"a\" }\n\
                moved {\n  from = module.old\n  to = module.new\n}\n\
                moved {\n  from = test_thing.a\n  to = test_thing.b\n}\n";
    let (plan, loaded) = stack.plan(&[("main.tf", root), module]).unwrap();
    assert_eq!(
        texts(&stack, &plan, &loaded),
        ["test_thing.b: moved main.tf:7", "module.new.test_thing.a: moved main.tf:3"]
    );
}

#[test]
fn wishes_taints_and_drift() {
    let files = [(
        "main.tf",
        "resource \"test_thing\" \"a\" {\n  name = \"a\"\n  size = 1\n}\n\
         resource \"test_thing\" \"b\" { name = \"b\" }\nresource \"test_thing\" \"c\" { name = \"c\" }\n\
         resource \"test_thing\" \"d\" { name = \"d\" }\n",
    )];
    let mut stack = Stack::new();
    stack.settles(&files);
    let drifted = stack.object("test_thing.a").with_attribute("size", Value::number(9));
    stack.tampered.insert("test_thing.a".parse().unwrap(), Some(drifted));
    stack.tampered.insert("test_thing.d".parse().unwrap(), None);
    stack.options.replace = BTreeSet::from(["test_thing.b".parse().unwrap()]);
    let tainted = stack.state.instances.get_mut(&"test_thing.c".parse().unwrap()).unwrap();
    tainted.current.as_mut().unwrap().status = ObjectStatus::Tainted;
    let (plan, loaded) = stack.plan(&files).unwrap();
    assert_eq!(
        texts(&stack, &plan, &loaded),
        [
            "test_thing.a: drift size main.tf:3",
            "test_thing.b: requested",
            "test_thing.c: tainted",
            "test_thing.d: deleted_outside",
        ]
    );
}

#[test]
fn an_attribute_that_is_not_set_any_more_and_one_inside_an_object() {
    let text = |n: u32| {
        format!("resource \"terraform_data\" \"a\" {{\n  input = {{\n    m = 1\n    n = [1, {n}]\n  }}\n}}")
    };
    let mut stack = Stack::builtin();
    stack.settles(&[("main.tf", &text(1))]);
    let (plan, loaded) = stack.plan(&[("main.tf", &text(2))]).unwrap();
    assert_eq!(texts(&stack, &plan, &loaded), ["terraform_data.a: configuration input main.tf:4"]);
    let without = [("main.tf", "resource \"terraform_data\" \"a\" {}")];
    let (plan, loaded) = stack.plan(&without).unwrap();
    assert_eq!(texts(&stack, &plan, &loaded), ["terraform_data.a: unset input main.tf:1"]);
}

/// The reasons of a change in which `tags_all` changes, as a provider decides that; `more` with `tags`, too.
fn gathered(before: &str, after: &str, more: bool) -> Vec<String> {
    let tags = |text: &str| Value::map(Type::String, [("a", Value::string(text))]);
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", before)]);
    let (mut plan, loaded) = stack.plan(&[("main.tf", after)]).unwrap();
    let change = &mut plan.changes[0];
    let with = |value: &Option<Value>, text: &str| {
        let value = value.clone().map(|value| value.with_attribute("tags_all", tags(text)));
        value.map(|value| if more { value } else { value.with_attribute("tags", tags("same")) })
    };
    (change.before, change.after) = (with(&change.before, "old"), with(&change.after, "new"));
    texts(&stack, &plan, &loaded)
}

#[test]
fn what_gathers_tags_changes_for_their_reasons() {
    let text = |size: u32, tag: &str| {
        format!(
            "provider \"test\" {{\n  default_tags = \"x\"\n}}\nresource \"test_thing\" \"a\" {{\n  name = \"a\"\n  size = {size}\n  tags = {{\n    a = \
             \"{tag}\"\n  }}\n}}\n"
        )
    };
    assert_eq!(
        gathered(&text(1, "x"), &text(1, "y"), true),
        ["test_thing.a: configuration tags,tags_all main.tf:8"]
    );
    assert_eq!(
        gathered(&text(1, "x"), &text(2, "x"), false),
        ["test_thing.a: configuration size main.tf:6; configuration tags_all main.tf:2"]
    );
}
