//! Ephemeral values: where they may go, and that they are kept nowhere.

#![allow(clippy::result_large_err, reason = "the contract wants it so")]

mod common;

use common::Stack;
use evenkeel_model::{Marks, Value};

const VARIABLE: &str = "variable \"v\" {\n  ephemeral = true\n  default = \"passing\"\n}\n";

fn planned(text: &str) -> Result<evenkeel_plan::Plan, String> {
    with_module(text, "")
}

fn with_module(text: &str, module: &str) -> Result<evenkeel_plan::Plan, String> {
    let mut stack = Stack::new();
    stack.variables.insert("v".into(), Value::string("passing"));
    let text = format!("{VARIABLE}{text}");
    stack.plan(&[("main.tf", &text), ("m/main.tf", module)]).map(|(plan, _)| plan)
}

fn refused(text: &str, summary: &str) {
    let error = planned(text).expect_err("an ephemeral value is not kept");
    assert!(error.contains(summary), "{error}");
}

#[test]
fn what_is_kept_takes_no_ephemeral_value() {
    let thing = |argument: &str| format!("resource \"test_thing\" \"a\" {{\n  {argument}\n}}\n");
    refused(&thing("name = var.v"), "Invalid use of ephemeral value");
    refused(
        &thing("name = \"n\"\n  tags = { a = \"x-${var.v}\" }"),
        "Ephemeral values are not valid for \"tags\"",
    );
    refused(&thing("name = \"n\"\n  count = length(var.v)"), "Invalid count argument");
    refused(&thing("name = \"n\"\n  for_each = toset([var.v])"), "Invalid for_each argument");
    refused("data \"test_info\" \"a\" {\n  query = var.v\n}\n", "Invalid use of ephemeral value");
    refused("output \"o\" {\n  value = var.v\n}\n", "phemeral");
    refused("output \"o\" {\n  value = var.v\n  ephemeral = true\n}\n", "Ephemeral output not allowed");
}

#[test]
fn modules_say_what_they_take_and_give() {
    let call = "module \"m\" {\n  source = \"./m\"\n  v = var.v\n}\n";
    let module = |takes: &str, gives: &str| {
        format!("variable \"v\" {{\n  {takes}\n}}\noutput \"o\" {{\n  value = var.v\n  {gives}\n}}\n")
    };
    let ephemeral = "ephemeral = true";
    let error = with_module(call, &module("", "")).unwrap_err();
    assert!(
        error.contains("The input variable \"v\" is not declared as accepting ephemeral values"),
        "{error}"
    );
    let error = with_module(call, &module(ephemeral, "")).unwrap_err();
    assert!(error.contains("The output \"o\" is not declared as returning an ephemeral value"), "{error}");
    with_module(call, &module(ephemeral, ephemeral)).unwrap();
    let kept = format!("{call}resource \"test_thing\" \"a\" {{\n  name = module.m.o\n}}\n");
    let error = with_module(&kept, &module(ephemeral, ephemeral)).unwrap_err();
    assert!(error.contains("Invalid use of ephemeral value"), "{error}");
}

#[test]
fn what_is_not_kept_takes_them() {
    let plan = planned(
        "provider \"test\" {\n  region = var.v\n}\nlocals {\n  l = \"x-${var.v}\"\n}\nresource \"test_thing\" \"a\" {\n  name = \
         \"n\"\n  secret = ephemeralasnull(local.l)\n  lifecycle {\n    precondition {\n      condition = local.l == \
         \"x-passing\"\n      error_message = \"no\"\n    }\n  }\n}\n",
    )
    .unwrap();
    assert!(!format!("{:?}", plan.changes).contains("passing"));
}

#[test]
fn a_write_only_argument_is_handed_over_and_kept_nowhere() {
    let text =
        format!("{VARIABLE}resource \"test_thing\" \"a\" {{\n  name = \"n\"\n  password = var.v\n}}\n");
    let mut stack = Stack::new();
    stack.variables.insert("v".into(), Value::string("passing"));
    let (plan, _) = stack.plan(&[("main.tf", &text)]).unwrap();
    let after = plan.changes[0].after.as_ref().unwrap();
    assert!(after.get("password").unwrap().is_null());
    assert!(!after.all_marks().contains(Marks::EPHEMERAL));
    stack.converge(&[("main.tf", &text)]).unwrap();
    assert_eq!(stack.handed_over, ["passing"]);
    assert!(!format!("{:?}", stack.state).contains("passing"));
    // Another value is no change: nobody knows what it was.
    stack.variables.insert("v".into(), Value::string("other"));
    assert_eq!(stack.converge(&[("main.tf", &text)]).unwrap(), "nothing");
}

#[test]
fn the_digest_does_not_depend_on_them() {
    let text =
        format!("{VARIABLE}resource \"test_thing\" \"a\" {{\n  name = \"n\"\n  password = var.v\n}}\n");
    let digest = |value: &str| {
        let mut stack = Stack::new();
        stack.variables.insert("v".into(), Value::string(value));
        stack.plan(&[("main.tf", &text)]).unwrap().0.digest
    };
    assert_eq!(digest("a"), digest("b"));
}

const LEASE: &str = "ephemeral \"test_lease\" \"l\" {\n  role = \"admin\"\n}\n";

#[test]
fn an_ephemeral_resource_is_opened_to_plan_and_again_to_apply() {
    let text = format!(
        "{LEASE}provider \"test\" {{\n  alias = \"held\"\n  region = ephemeral.test_lease.l.token\n}}\nresource \"test_thing\" \
         \"a\" {{\n  provider = test.held\n  name = \"n\"\n  password = ephemeral.test_lease.l.token\n}}\n"
    );
    let mut stack = Stack::new();
    let (plan, _) = stack.plan(&[("main.tf", &text)]).unwrap();
    assert!(!format!("{plan:?}").contains("admin-planning"), "no plan has what it gives");
    assert_eq!(plan.changes.len(), 1);
    assert!(plan.changes[0].dependencies.is_empty());
    stack.converge(&[("main.tf", &text)]).unwrap();
    assert_eq!(stack.handed_over, ["admin-applying"]);
    assert_eq!(stack.regions, ["admin-applying"]);
    assert!(!format!("{:?}", stack.state).contains("admin"));
    // What is destroyed is destroyed with it, too.
    stack.options.mode = evenkeel_plan::Mode::Destroy;
    stack.converge(&[("main.tf", &text)]).unwrap();
    assert_eq!(stack.regions.last().unwrap(), "admin-applying");
}

#[test]
fn ephemeral_resources_repeat_and_have_conditions() {
    let lease = |condition: &str| {
        format!(
            "ephemeral \"test_lease\" \"l\" {{\n  for_each = toset([\"x\", \"y\"])\n  role = each.key\n  lifecycle {{\n    postcondition \
             {{\n      condition = {condition}\n      error_message = \"not so\"\n    }}\n  }}\n}}\nresource \"test_thing\" \"a\" {{\n  \
             name = \"n\"\n  password = ephemeral.test_lease.l[\"y\"].token\n}}\n"
        )
    };
    let mut stack = Stack::new();
    stack.converge(&[("main.tf", &lease("self.role == each.key"))]).unwrap();
    assert_eq!(stack.handed_over, ["y-applying"]);
    assert_eq!(stack.leases.len(), 2);
    let error = Stack::new().plan(&[("main.tf", &lease("self.role == \"x\""))]).unwrap_err();
    assert!(error.contains("not so"), "{error}");
}

#[test]
fn what_an_ephemeral_resource_gives_is_kept_nowhere() {
    let kept = |argument: &str| format!("{LEASE}resource \"test_thing\" \"a\" {{\n  {argument}\n}}\n");
    refused(&kept("name = ephemeral.test_lease.l.token"), "Invalid use of ephemeral value");
    refused(
        &kept("name = \"n\"\n  tags = { a = ephemeral.test_lease.l.role }"),
        "Invalid use of ephemeral value",
    );
    refused("ephemeral \"test_leese\" \"l\" {\n}\n", "Did you mean \"test_lease\"?");
}

#[test]
fn one_that_is_made_from_something_to_come_cannot_be_opened_yet() {
    let text = "resource \"test_thing\" \"a\" {\n  name = \"n\"\n}\nephemeral \"test_lease\" \"l\" {\n  role = test_thing.a.id\n}\n";
    refused(text, "Ephemeral resource cannot be opened yet");
}
