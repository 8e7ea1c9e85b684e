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
        stack.plan(&[("main.tf", &text)]).unwrap().0.digest().clone()
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

const LATE: &str = "resource \"test_thing\" \"a\" {\n  name = \"n\"\n}\nephemeral \"test_lease\" \"l\" {\n  role = test_thing.a.id\n}\n";

fn using(argument: &str) -> String {
    format!("{LATE}resource \"test_thing\" \"b\" {{\n  name = \"b\"\n  {argument}\n}}\n")
}

#[test]
fn one_that_is_made_from_something_to_come_is_opened_during_apply() {
    let text = using("password = ephemeral.test_lease.l.token");
    let mut stack = Stack::new();
    let (plan, _) = stack.plan(&[("main.tf", &text)]).unwrap();
    assert!(stack.leases.is_empty(), "nothing is opened to plan");
    assert!(plan.changes.iter().all(|change| !format!("{change:?}").contains("EPHEMERAL")));
    assert_eq!(plan.changes[1].dependencies, ["test_thing.a".parse().unwrap()]);
    stack.converge(&[("main.tf", &text)]).unwrap();
    assert_eq!(stack.opened_late, ["ephemeral.test_lease.l made-1"]);
    assert_eq!(stack.handed_over, ["made-1-late"]);
    assert!(!format!("{:?}", stack.state).contains("late"));
    // What it is made from is known the next time.
    assert_eq!(stack.converge(&[("main.tf", &text)]).unwrap(), "nothing");
    assert_eq!(stack.leases.len(), 1);
    assert_eq!(stack.opened_late.len(), 1);
}

#[test]
fn provider_blocks_and_other_ephemeral_resources_use_what_is_opened_late() {
    let text = format!(
        "{LATE}ephemeral \"test_lease\" \"m\" {{\n  role = ephemeral.test_lease.l.token\n}}\nprovider \"test\" {{\n  alias = \
         \"late\"\n  region = ephemeral.test_lease.m.token\n}}\nresource \"test_thing\" \"b\" {{\n  provider = test.late\n  name = \
         \"b\"\n}}\n"
    );
    let mut stack = Stack::new();
    stack.converge(&[("main.tf", &text)]).unwrap();
    assert_eq!(stack.opened_late, ["ephemeral.test_lease.l made-1", "ephemeral.test_lease.m made-1-late"]);
    assert_eq!(stack.regions, ["made-1-late-late"]);
    assert!(!format!("{:?}", stack.state).contains("late-late"));
}

#[test]
fn one_that_depends_on_changes_to_come_waits_for_them() {
    let text = "resource \"test_thing\" \"a\" {\n  name = \"n\"\n}\nephemeral \"test_lease\" \"l\" {\n  role = \"admin\"\n  depends_on = \
                [test_thing.a]\n}\nresource \"test_thing\" \"b\" {\n  name = \"b\"\n  password = ephemeral.test_lease.l.token\n}\n";
    let mut stack = Stack::new();
    stack.converge(&[("main.tf", text)]).unwrap();
    assert_eq!(stack.opened_late, ["ephemeral.test_lease.l admin"]);
    assert_eq!(stack.handed_over, ["admin-late"]);
}

#[test]
fn conditions_hold_for_what_is_opened_late() {
    let with = |condition: &str| {
        let lifecycle = format!(
            "  lifecycle {{\n    postcondition {{\n      condition = {condition}\n      error_message = \"not so\"\n    }}\n  }}\n}}\n"
        );
        let lease = LATE.strip_suffix("}\n").unwrap();
        format!(
            "{lease}{lifecycle}resource \"test_thing\" \"b\" {{\n  name = \"b\"\n  password = ephemeral.test_lease.l.token\n}}\n"
        )
    };
    Stack::new().converge(&[("main.tf", &with("self.token == \"made-1-late\""))]).unwrap();
    let mut stack = Stack::new();
    let error = stack.converge(&[("main.tf", &with("self.token == \"x\""))]).unwrap_err();
    assert!(error.contains("not so"), "{error}");
    assert_eq!(stack.handed_over, [""; 0]);
}

#[test]
fn what_looks_at_the_end_opens_what_no_step_needed() {
    let text = format!(
        "{LATE}check \"c\" {{\n  assert {{\n    condition = ephemeral.test_lease.l.token == \"x\"\n    error_message = \"not so\"\n  }}\n}}\n"
    );
    let mut stack = Stack::new();
    stack.converge(&[("main.tf", &text)]).unwrap();
    assert_eq!(stack.opened_late, ["ephemeral.test_lease.l made-1"]);
    // Nothing needs it.
    let mut stack = Stack::new();
    stack.converge(&[("main.tf", LATE)]).unwrap();
    assert_eq!(stack.opened_late, [""; 0]);
}
