//! `moved`, `removed`, `import`, `check`, parts of a configuration, and provisioners: what Terraform's
//! recorded cases do not show.

mod common;

use common::{Stack, short};
use evenkeel_plan::{CheckStatus, Plan, Provisioners};

const THING: &str = "resource \"test_thing\" \"NAME\" {\n  name = \"n\"\n}\n";

fn thing(name: &str) -> String {
    THING.replace("NAME", name)
}

fn moved(from: &str, to: &str) -> String {
    format!("moved {{\n  from = {from}\n  to   = {to}\n}}\n")
}

fn plan(stack: &mut Stack, text: &str) -> Result<Plan, String> {
    stack.plan(&[("main.tf", text)]).map(|(plan, _)| plan)
}

/// Converges on the first text, then tells what the second one plans, and that it settles.
fn then(first: &str, second: &str) -> String {
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", first)]);
    stack.settles(&[("main.tf", second)])
}

fn refused(first: &str, second: &str) -> String {
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", first)]);
    plan(&mut stack, second).map(|plan| short(&plan)).unwrap_err();
    stack.diagnostics.0[0].summary.clone()
}

fn warnings(stack: &Stack) -> Vec<&str> {
    stack.diagnostics.iter().map(|diagnostic| &*diagnostic.summary).collect()
}

#[test]
fn an_object_follows_a_chain_of_moves() {
    let chain = moved("test_thing.a", "test_thing.b") + &moved("test_thing.b", "test_thing.c");
    assert_eq!(then(&thing("a"), &(thing("c") + &chain)), "no-op test_thing.c");
    // Written in another order, and from the middle of the chain.
    let chain = moved("test_thing.b", "test_thing.c") + &moved("test_thing.a", "test_thing.b");
    assert_eq!(then(&thing("a"), &(thing("c") + &chain)), "no-op test_thing.c");
    assert_eq!(then(&thing("b"), &(thing("c") + &chain)), "no-op test_thing.c");
}

#[test]
fn what_was_made_from_a_moved_object_still_goes_before_it() {
    for user in ["a", "z"] {
        let using = format!(
            "resource \"test_thing\" \"{user}\" {{\n  name = \"u\"\n  refs = [test_thing.m.id]\n}}\n"
        );
        let mut stack = Stack::new();
        stack.settles(&[("main.tf", &(thing("m") + &using))]);
        // The one that was made from it is not declared any more, and itself is replaced.
        let renamed = thing("n").replace("\"n\"\n}", "\"other\"\n}") + &moved("test_thing.m", "test_thing.n");
        let (plan, loaded) = stack.plan(&[("main.tf", &renamed)]).unwrap();
        stack.log.clear();
        stack.apply(plan, &loaded).unwrap();
        let place = |what: &str| stack.log.iter().position(|line| line == what);
        let (user, object) = (place(&format!("delete test_thing.{user}")), place("delete test_thing.n"));
        assert!(user.is_some() && user < object, "{:?}", stack.log);
    }
}

#[test]
fn what_stands_at_the_destination_stays_and_the_other_is_told_of() {
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", &(thing("a") + &thing("b")))]);
    let text = thing("b") + &moved("test_thing.a", "test_thing.b");
    assert_eq!(short(&plan(&mut stack, &text).unwrap()), "delete test_thing.a");
    assert_eq!(warnings(&stack), ["Unresolved resource instance address changes"]);
}

#[test]
fn moves_that_cannot_be_are_refused() {
    let circle = moved("test_thing.a", "test_thing.b") + &moved("test_thing.b", "test_thing.a");
    assert_eq!(refused(&thing("x"), &(thing("x") + &circle)), "Cyclic dependency in move statements");
    let same = thing("a") + &moved("test_thing.a", "test_thing.a");
    assert_eq!(refused(&thing("a"), &same), "Redundant move statement");
    let other = moved("test_thing.a", "test_other.a");
    assert_eq!(refused(&thing("a"), &other), "Unsupported `moved` across resource types");
    let two = thing("c") + &moved("test_thing.a", "test_thing.c") + &moved("test_thing.b", "test_thing.c");
    assert_eq!(refused(&thing("a"), &two), "Ambiguous move statements");
}

#[test]
fn count_that_comes_and_goes_keeps_the_object() {
    let counted =
        |count: u32| format!("resource \"test_thing\" \"a\" {{\n  count = {count}\n  name = \"n\"\n}}\n");
    assert_eq!(then(&thing("a"), &counted(2)), "no-op test_thing.a[0], create test_thing.a[1]");
    assert_eq!(then(&counted(2), &thing("a")), "no-op test_thing.a, delete test_thing.a[1]");
    let explicit = counted(2) + &moved("test_thing.a", "test_thing.a[1]");
    assert_eq!(then(&thing("a"), &explicit), "create test_thing.a[0], no-op test_thing.a[1]");
}

#[test]
fn a_module_that_gets_keys_takes_its_objects_along() {
    let child = ("m/main.tf", "resource \"test_thing\" \"x\" { name = \"n\" }\n");
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", "module \"a\" { source = \"./m\" }\n"), child]);
    let keyed = "module \"a\" {\n  source = \"./m\"\n  for_each = toset([\"k\", \"l\"])\n}\n".to_owned()
        + &moved("module.a", "module.a[\"k\"]");
    let planned = stack.settles(&[("main.tf", &keyed), child]);
    assert_eq!(planned, "no-op module.a[\"k\"].test_thing.x, create module.a[\"l\"].test_thing.x");
    // All instances of a call at once.
    let renamed = keyed.replace("\"a\" {", "\"b\" {").replace("from = module.a", "from = module.z")
        + &moved("module.a", "module.b");
    let planned =
        stack.settles(&[("main.tf", &renamed.replace("to   = module.a[\"k\"]", "to   = module.y")), child]);
    assert_eq!(planned, "no-op module.b[\"k\"].test_thing.x, no-op module.b[\"l\"].test_thing.x");
}

#[test]
fn what_moved_to_nowhere_is_destroyed_under_its_new_address() {
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", &thing("a"))]);
    let plan = plan(&mut stack, &moved("test_thing.a", "test_thing.b")).unwrap();
    assert_eq!(short(&plan), "delete test_thing.b");
    assert_eq!(plan.changes[0].reason.unwrap().as_str(), "delete_because_no_move_target");
    assert_eq!(plan.changes[0].previous_address.as_ref().unwrap().to_string(), "test_thing.a");
}

#[test]
fn a_removed_module_is_forgotten_with_all_its_objects() {
    let child = ("m/main.tf", "resource \"test_thing\" \"x\" { name = \"n\" }\n");
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", &(thing("a") + "module \"a\" { source = \"./m\" }\n")), child]);
    let forget = "removed {\n  from = module.a\n  lifecycle { destroy = false }\n}\n";
    assert_eq!(stack.settles(&[("main.tf", &(thing("a") + forget)), child]), "forget module.a.test_thing.x");
    assert_eq!(stack.state.instances.len(), 1);
    let destroy = "removed {\n  from = test_thing.a\n}\n";
    assert_eq!(stack.settles(&[("main.tf", destroy), child]), "delete test_thing.a");
}

#[test]
fn an_imported_object_is_changed_to_what_configuration_says() {
    let import = "import {\n  to = test_thing.a\n  id = \"i-1\"\n}\n";
    let mut stack = Stack::builtin();
    let text = "resource \"terraform_data\" \"a\" {\n  input = \"x\"\n}\n".to_owned()
        + &import.replace("test_thing", "terraform_data");
    assert_eq!(stack.settles(&[("main.tf", &text)]), "update terraform_data.a");
    let twice = text.clone() + &import.replace("test_thing", "terraform_data").replace("i-1", "i-2");
    let error = plan(&mut Stack::builtin(), &twice).unwrap_err();
    assert!(error.contains("Duplicate import configuration for \"terraform_data.a\""), "{error}");
    let lost = text.replace("input = \"x\"", "for_each = toset([])");
    let lost = lost.replace("to = terraform_data.a", "to = terraform_data.a[\"k\"]");
    let error = plan(&mut Stack::builtin(), &lost).unwrap_err();
    assert!(error.contains("Configuration for import target does not exist"), "{error}");
}

#[test]
fn a_check_warns_and_what_goes_wrong_in_it_stops_nothing() {
    let text = thing("a")
        + r#"
check "c" {
  data "test_info" "i" { query = "abc" }
  assert {
    condition     = data.test_info.i.answer == "abc"
    error_message = "said ${data.test_info.i.answer}"
  }
}
check "broken" {
  data "test_nothing" "i" {}
  assert {
    condition     = data.test_nothing.i.answer == "abc"
    error_message = "no"
  }
}
"#;
    let mut stack = Stack::new();
    let planned = plan(&mut stack, &text).unwrap();
    assert_eq!(short(&planned), "create test_thing.a");
    let status = |name: &str| planned.checks.iter().find(|check| &*check.address == name).unwrap().status();
    assert_eq!((status("check.c"), status("check.broken")), (CheckStatus::Fail, CheckStatus::Unknown));
    let mut said = warnings(&stack);
    said.sort_unstable();
    assert_eq!(
        said,
        ["Check block assertion failed", "Check block assertion known after apply", "Invalid data source"]
    );
}

#[test]
fn a_postcondition_that_waits_is_settled_by_apply() {
    let text = |want: &str| {
        thing("a")
            + &format!(
                "resource \"test_thing\" \"b\" {{\n  name = \"b\"\n  lifecycle {{\n    postcondition {{\n      condition = \
             test_thing.a.id == \"{want}\"\n      error_message = \"not so\"\n    }}\n  }}\n}}\n"
            )
    };
    Stack::new().settles(&[("main.tf", &text("made-1"))]);
    let mut stack = Stack::new();
    stack.converge(&[("main.tf", "resource \"test_thing\" \"b\" {\n  name = \"b\"\n}\n")]).unwrap();
    // The object with the condition has no step of its own.
    let error = stack.converge(&[("main.tf", &text("other"))]).unwrap_err();
    assert!(error.contains("Resource postcondition failed: not so"), "{error}");
}

#[test]
fn what_is_excluded_takes_along_what_needs_it() {
    let text = thing("a") + "resource \"test_thing\" \"b\" {\n  name = test_thing.a.id\n}\n" + &thing("c");
    let mut stack = Stack::new();
    stack.options.excludes = vec!["test_thing.a".parse().unwrap()];
    assert_eq!(short(&plan(&mut stack, &text).unwrap()), "create test_thing.c");
    assert_eq!(warnings(&stack), ["Resource targeting is in effect"]);
    stack.options = common::options();
    stack.settles(&[("main.tf", &text)]);
    stack.options.excludes = vec!["test_thing.b".parse().unwrap()];
    assert_eq!(stack.destroy(&[("main.tf", &text)]).unwrap(), "delete test_thing.c");
}

#[test]
fn a_plan_for_a_part_leaves_the_other_outputs_as_they_are() {
    let text = |size: u32| {
        format!(
            "{}resource \"test_thing\" \"b\" {{\n  name = \"b\"\n  size = {size}\n}}\noutput \"a\" {{ value = \
             test_thing.a.size }}\noutput \"b\" {{ value = test_thing.b.size }}\n",
            thing("a").replace("name", &format!("size = {size}\n  name"))
        )
    };
    let mut stack = Stack::new();
    stack.settles(&[("main.tf", &text(1))]);
    stack.options.targets = vec!["test_thing.b".parse().unwrap()];
    assert_eq!(stack.converge(&[("main.tf", &text(2))]).unwrap(), "update test_thing.b");
    let output = |name: &str| stack.state.outputs[name].value["?value"].to_string();
    assert_eq!((output("a"), output("b")), ("1".into(), "2".into()));
}

#[test]
fn a_provisioner_never_runs_in_silence() {
    let text = "resource \"test_thing\" \"a\" {\n  name = \"n\"\n  provisioner \"local-exec\" { command = \"true\" }\n}\n";
    let mut stack = Stack::new();
    stack.options.provisioners = Provisioners::Refuse;
    let error = plan(&mut stack, text).unwrap_err();
    assert!(error.contains("Provisioners do not run"), "{error}");
    stack.options.provisioners = Provisioners::Warn;
    plan(&mut stack, text).unwrap();
    assert_eq!(warnings(&stack), ["Provisioners do not run"]);
    assert_eq!(stack.settles(&[("main.tf", text)]), "create test_thing.a");
    stack.options.provisioners = Provisioners::Refuse;
    // What is there already needs no provisioner.
    assert_eq!(short(&plan(&mut stack, text).unwrap()), "nothing");
}
