//! Plans of small configurations, carried out and planned again.

mod common;

use common::{Stack, short};
use evenkeel_model::{InstanceAddress, Value};
use evenkeel_plan::{Finisher, StepKind};

fn main_tf(text: &str) -> Vec<(&str, &str)> {
    vec![("main.tf", text)]
}

fn address(text: &str) -> InstanceAddress {
    text.parse().unwrap()
}

const CHAIN: &str = r#"
resource "test_thing" "a" { name = "a" }
resource "test_thing" "b" {
  name = "b"
  refs = [test_thing.a.id]
}
resource "test_thing" "c" {
  name = "c"
  refs = [test_thing.b.id]
}
"#;

#[test]
fn a_chain_is_made_in_order_and_destroyed_in_reverse() {
    let mut stack = Stack::new();
    let files = main_tf(CHAIN);
    assert_eq!(stack.settles(&files), "create test_thing.a, create test_thing.b, create test_thing.c");
    assert_eq!(stack.log, ["create test_thing.a", "create test_thing.b", "create test_thing.c"]);
    assert_eq!(
        stack.object("test_thing.b").get("refs").unwrap().as_elements().unwrap()[0],
        Value::string("made-1")
    );
    stack.destroy(&files).unwrap();
    assert_eq!(stack.log, ["delete test_thing.c", "delete test_thing.b", "delete test_thing.a"]);
    assert!(stack.state.is_empty());
}

#[test]
fn everything_is_observed_in_one_round() {
    let mut stack = Stack::new();
    let files = main_tf(CHAIN);
    stack.converge(&files).unwrap();
    stack.plan(&files).unwrap();
    assert_eq!((stack.rounds, stack.observed), (2, 3));
}

#[test]
fn updates_happen_in_place_and_recompute_what_follows() {
    let mut stack = Stack::new();
    stack.settles(&main_tf(r#"resource "test_thing" "a" { name = "a" }"#));
    let files = main_tf("resource \"test_thing\" \"a\" {\n  name = \"a\"\n  size = 2\n}");
    let (plan, _) = stack.plan(&files).unwrap();
    let after = plan.changes[0].after.clone().unwrap();
    assert!(after.get("stamp").unwrap().is_unknown());
    assert_eq!(after.get_str("id"), Some("made-1"));
    assert_eq!(stack.settles(&files), "update test_thing.a");
}

#[test]
fn a_replacement_takes_its_dependents_along() {
    let mut stack = Stack::new();
    stack.settles(&main_tf(CHAIN));
    let changed = CHAIN.replace(r#"name = "a""#, r#"name = "a2""#);
    assert_eq!(stack.settles(&main_tf(&changed)), "delete+create test_thing.a, update test_thing.b");
    assert_eq!(stack.log, ["delete test_thing.a", "create test_thing.a", "update test_thing.b"]);
}

#[test]
fn create_before_destroy_spreads_to_what_is_needed() {
    let text = |name: &str| {
        format!(
            r#"
resource "test_thing" "a" {{ name = "a{name}" }}
resource "test_thing" "b" {{
  name = "b{name}"
  refs = [test_thing.a.id]
  lifecycle {{ create_before_destroy = true }}
}}"#
        )
    };
    let mut stack = Stack::new();
    stack.settles(&main_tf(&text("1")));
    assert_eq!(stack.settles(&main_tf(&text("2"))), "create+delete test_thing.a, create+delete test_thing.b");
    assert_eq!(
        stack.log,
        ["create test_thing.a", "create test_thing.b", "delete test_thing.b", "delete test_thing.a"]
    );
}

#[test]
fn what_no_longer_needs_an_object_is_changed_before_it_is_destroyed() {
    let mut stack = Stack::new();
    stack.settles(&main_tf(CHAIN));
    let text = r#"
resource "test_thing" "b" { name = "b" }
resource "test_thing" "c" {
  name = "c"
  refs = [test_thing.b.id]
}"#;
    assert_eq!(stack.settles(&main_tf(text)), "delete test_thing.a, update test_thing.b");
    assert_eq!(stack.log, ["update test_thing.b", "delete test_thing.a"]);
}

#[test]
fn count_and_for_each_expand_and_shrink() {
    let mut stack = Stack::new();
    let text = |count: usize, keys: &str| {
        format!(
            r#"
resource "test_thing" "n" {{
  count = {count}
  name  = "n${{count.index}}"
}}
resource "test_thing" "k" {{
  for_each = toset([{keys}])
  name     = each.key
  refs     = [test_thing.n[0].id, length(test_thing.n)]
}}
output "ids" {{ value = {{ for key, thing in test_thing.k : key => thing.name }} }}"#
        )
    };
    assert_eq!(
        stack.settles(&main_tf(&text(2, r#""x", "y""#))),
        r#"create test_thing.k["x"], create test_thing.k["y"], create test_thing.n[0], create test_thing.n[1]"#
    );
    assert_eq!(
        stack.settles(&main_tf(&text(1, r#""y""#))),
        r#"delete test_thing.k["x"], update test_thing.k["y"], delete test_thing.n[1]"#
    );
}

#[test]
fn modules_pass_values_in_and_out() {
    let mut stack = Stack::new();
    let root = r#"
module "m" {
  source   = "./m"
  for_each = { one = "1", two = "2" }
  name     = "${each.key}-${each.value}"
}
resource "test_thing" "last" {
  name = "last"
  refs = [for m in module.m : m.id]
}
module "again" {
  source = "./m"
  name   = module.m["one"].id
}
output "first" { value = module.m["one"].id }
"#;
    let child = r#"
variable "name" { type = string }
resource "test_thing" "inner" { name = var.name }
output "id" { value = test_thing.inner.id }
"#;
    let files = vec![("main.tf", root), ("m/main.tf", child)];
    assert_eq!(
        stack.settles(&files),
        r#"create test_thing.last, create module.again.test_thing.inner, create module.m["one"].test_thing.inner, create module.m["two"].test_thing.inner"#
    );
    let inner = stack.object("module.again.test_thing.inner");
    let one = stack.object(r#"module.m["one"].test_thing.inner"#);
    assert_eq!(inner.get_str("name"), one.get_str("id"));
    stack.destroy(&files).unwrap();
    assert!(stack.state.is_empty());
}

#[test]
fn a_change_can_refer_to_a_module_in_which_nothing_changes() {
    let mut stack = Stack::new();
    let module = "module \"m\" { source = \"./m\" }\n";
    let child = r#"
resource "test_thing" "inner" { name = "inner" }
output "id" { value = test_thing.inner.id }
"#;
    stack.settles(&[("main.tf", module), ("m/main.tf", child)]);
    let last = format!("{module}resource \"test_thing\" \"last\" {{\n  name = module.m.id\n}}");
    assert_eq!(stack.settles(&[("main.tf", &last), ("m/main.tf", child)]), "create test_thing.last");
}

#[test]
fn a_replaced_object_lets_go_of_what_it_used_by_being_destroyed() {
    let mut stack = Stack::new();
    let text = |net: &str, node: &str, rule: &str| {
        format!(
            r#"
resource "test_thing" "net" {{ name = "{net}" }}
resource "test_thing" "{node}" {{
  name = "{node}-${{test_thing.net.id}}"
}}
resource "test_thing" "rule" {{
  name = "{rule}"
  refs = [test_thing.{node}.id]
}}"#
        )
    };
    stack.settles(&main_tf(&text("net", "old", "rule")));
    stack.settles(&main_tf(&text("net2", "new", "rule2")));
    let place = |step: &str| stack.log.iter().position(|done| done == step).unwrap();
    assert!(place("delete test_thing.rule") < place("delete test_thing.old"));
    assert!(place("delete test_thing.old") < place("delete test_thing.net"));
}

#[test]
fn dependencies_that_change_nothing_else_are_written_down() {
    let mut stack = Stack::new();
    let text = |depends_on: &str| {
        format!(
            r#"
resource "test_thing" "a" {{ name = "a" }}
resource "test_thing" "b" {{
  name       = "b"
  depends_on = [{depends_on}]
}}"#
        )
    };
    stack.settles(&main_tf(&text("")));
    let (plan, _) = stack.plan(&main_tf(&text("test_thing.a"))).unwrap();
    assert!(!plan.has_changes() && plan.has_effects());
    let remembered = plan.refreshed[0].object.as_ref().unwrap();
    assert_eq!(remembered.dependencies, [address("test_thing.a").resource]);
}

#[test]
fn drift_is_told_apart_from_configuration() {
    let mut stack = Stack::new();
    let text = "resource \"test_thing\" \"a\" {\n  name = \"a\"\n  size = 5\n  tags = { x = \"1\" }\n}";
    stack.settles(&main_tf(text));
    let seen = stack.object("test_thing.a").with_attribute("size", Value::number(7));
    stack.tampered.insert(address("test_thing.a"), Some(seen));
    let (plan, _) = stack.plan(&main_tf(text)).unwrap();
    assert_eq!(short(&plan), "update test_thing.a (drift)");
    assert_eq!(plan.drift[0].paths[0].to_string(), "size");
    // The same with a pending change of configuration: not only a correction any more.
    let (plan, _) = stack.plan(&main_tf(&text.replace("\"1\"", "\"2\""))).unwrap();
    assert_eq!(short(&plan), "update test_thing.a");
    let causes: Vec<String> =
        plan.causes(&plan.changes[0]).iter().map(|c| format!("{}: {:?}", c.path, c.cause)).collect();
    assert!(causes.contains(&"size: Drift".to_owned()), "{causes:?}");
    assert!(causes.contains(&"tags[\"x\"]: Configuration".to_owned()), "{causes:?}");
    assert_eq!(stack.settles(&main_tf(text)), "update test_thing.a (drift)");
}

#[test]
fn an_object_that_is_gone_is_made_again() {
    let mut stack = Stack::new();
    stack.settles(&main_tf(CHAIN));
    stack.tampered.insert(address("test_thing.b"), None);
    assert_eq!(stack.settles(&main_tf(CHAIN)), "create test_thing.b (drift), update test_thing.c");
}

#[test]
fn instances_are_counted_together() {
    let mut stack = Stack::new();
    stack.options.instances_max = 30;
    let thing =
        |count: u32| format!("resource \"test_thing\" \"a\" {{\n  count = {count}\n  name = \"a\"\n}}\n");
    let call = |count: u32| format!("module \"m\" {{\n  count = {count}\n  source = \"./m\"\n}}\n");
    let mut planned = |modules: u32, things: u32| {
        let (root, inside) = (call(modules), thing(things));
        stack.plan(&[("main.tf", &root), ("m/main.tf", &inside)]).map(|(plan, _)| plan.changes.len())
    };
    assert_eq!(planned(5, 5), Ok(25));
    for (modules, things) in [(5, 6), (31, 0), (1, 30)] {
        let error = planned(modules, things).unwrap_err();
        assert!(error.contains("Too many instances"), "{modules} {things}: {error}");
        assert_eq!(error.matches("more than 30 instances").count(), 1, "told once: {error}");
    }
}

#[test]
fn steps_are_counted_together() {
    let mut stack = Stack::new();
    stack.options.steps_max = 20_000;
    let text = |count: u32| {
        format!(
            "resource \"test_thing\" \"a\" {{\n  count = {count}\n  name = join(\"\", [for i in range(1000) : \"a\"])\n}}\n"
        )
    };
    assert!(stack.plan(&main_tf(&text(2))).is_ok());
    let error = stack.plan(&main_tf(&text(2000))).unwrap_err();
    assert!(error.contains("Evaluation too large: All values of the configuration together"), "{error}");
}

#[test]
fn what_a_deferred_read_is_given_keeps_its_marks() {
    let mut stack = Stack::new();
    let files = main_tf(
        r#"
variable "secret" {
  sensitive = true
  default   = "hushhush"
}
resource "test_thing" "a" { name = "a" }
data "test_info" "late" { query = "${test_thing.a.id}/${var.secret}" }
"#,
    );
    let (plan, loaded) = stack.plan(&files).unwrap();
    let read = plan.steps.iter().find(|step| matches!(step.kind, StepKind::Read { .. })).unwrap().id;
    let common::Loaded { snapshot, configuration } = loaded;
    let mut finisher =
        Finisher::new(plan.into(), snapshot, configuration, stack.catalog.clone(), &stack.options);
    let made = Value::object([("id", Value::string("i")), ("name", Value::string("a"))]);
    finisher.record(&address("test_thing.a"), made);
    let finished = finisher.finish(read).unwrap();
    assert_eq!(finished.config.get_str("query"), Some("i/hushhush"));
    assert!(finished.marked.get("query").unwrap().is_sensitive());
}

#[test]
fn data_sources_are_read_while_planning_or_deferred() {
    let mut stack = Stack::new();
    let text = r#"
data "test_info" "early" { query = "abc" }
resource "test_thing" "a" { name = data.test_info.early.answer }
data "test_info" "late" { query = test_thing.a.id }
resource "test_thing" "b" { name = data.test_info.late.answer }
"#;
    let (plan, loaded) = stack.plan(&main_tf(text)).unwrap();
    assert_eq!(short(&plan), "create test_thing.a, create test_thing.b, read data.test_info.late");
    stack.apply(plan, &loaded).unwrap();
    assert_eq!(stack.object("test_thing.a").get_str("name"), Some("cba"));
    assert_eq!(stack.object("test_thing.b").get_str("name"), Some("1-edam"));
    let (again, _) = stack.plan(&main_tf(text)).unwrap();
    assert!(!again.has_effects());
}

#[test]
fn sensitive_values_stay_marked_in_plan_and_state() {
    let mut stack = Stack::new();
    let text = r#"
variable "password" {
  sensitive = true
  default   = "hunter2"
}
resource "test_thing" "a" {
  name = "a"
  tags = { p = var.password }
  secret = "s"
}
output "p" {
  value     = test_thing.a.tags.p
  sensitive = true
}
"#;
    let (plan, loaded) = stack.plan(&main_tf(text)).unwrap();
    let after = plan.changes[0].after.clone().unwrap();
    assert!(after.get("secret").unwrap().is_sensitive());
    assert!(!after.get("tags").unwrap().all_marks().is_empty());
    assert!(!format!("{plan:?}").contains("hunter2"));
    stack.apply(plan, &loaded).unwrap();
    assert!(stack.object("test_thing.a").get("secret").unwrap().is_sensitive());
    // What repeats a sensitive value is sensitive too.
    let echo = text.replace("name = \"a\"", "name = \"a\"\n  refs = [nonsensitive(var.password)]");
    let (plan, _) = stack.plan(&main_tf(&echo)).unwrap();
    assert!(!format!("{plan:?}").contains("hunter2"));
    let open = "variable \"v\" {\n  sensitive = true\n  default = 1\n}\noutput \"p\" { value = var.v }";
    assert!(stack.plan(&main_tf(open)).unwrap_err().contains("Output refers to sensitive values"));
}

#[test]
fn ignored_changes_stay_as_they_are() {
    let mut stack = Stack::new();
    let text = |size: usize| {
        format!(
            "resource \"test_thing\" \"a\" {{\n  name = \"a\"\n  size = {size}\n  tags = {{ a = \"1\" }}\n  lifecycle {{\n    ignore_changes = [size, tags[\"b\"]]\n  }}\n}}"
        )
    };
    stack.settles(&main_tf(&text(1)));
    let tags =
        Value::map(evenkeel_model::Type::String, [("a", Value::string("1")), ("b", Value::string("x"))]);
    let seen = stack.object("test_thing.a").with_attribute("tags", tags);
    stack.tampered.insert(address("test_thing.a"), Some(seen));
    let (plan, _) = stack.plan(&main_tf(&text(2))).unwrap();
    assert_eq!(short(&plan), "nothing");
}

#[test]
fn prevent_destroy_stops_the_plan() {
    let text = |name: &str| {
        format!(
            "resource \"test_thing\" \"a\" {{\n  name = \"{name}\"\n  lifecycle {{ prevent_destroy = true }}\n}}"
        )
    };
    let mut stack = Stack::new();
    stack.settles(&main_tf(&text("a")));
    assert!(stack.plan(&main_tf(&text("b"))).unwrap_err().contains("Instance cannot be destroyed"));
    assert!(stack.destroy(&main_tf(&text("a"))).unwrap_err().contains("Instance cannot be destroyed"));
}

#[test]
fn conditions_are_checked_when_they_can_be() {
    let text = |want: &str| {
        format!(
            r#"
resource "test_thing" "a" {{
  name = "a"
  lifecycle {{
    postcondition {{
      condition     = self.id == "{want}"
      error_message = "Wrong id."
    }}
    precondition {{
      condition     = path.root == path.module
      error_message = "Never."
    }}
  }}
}}"#
        )
    };
    let mut stack = Stack::new();
    stack.settles(&main_tf(&text("made-1")));
    assert!(stack.plan(&main_tf(&text("other"))).unwrap_err().contains("Wrong id."));
}

#[test]
fn triggers_replace() {
    let text = |size: usize| {
        format!(
            r#"
resource "test_thing" "a" {{
  name = "a"
  size = {size}
}}
resource "test_thing" "b" {{
  name = "b"
  lifecycle {{ replace_triggered_by = [test_thing.a.size] }}
}}"#
        )
    };
    let mut stack = Stack::new();
    stack.settles(&main_tf(&text(1)));
    assert_eq!(stack.settles(&main_tf(&text(2))), "update test_thing.a, delete+create test_thing.b");
}

#[test]
fn mistakes_are_named_with_their_place() {
    let cases = [
        ("resource \"test_thing\" \"a\" {}", "main.tf:1: Missing required argument"),
        ("resource \"test_thong\" \"a\" {}", "Did you mean \"test_thing\"?"),
        ("resource \"other_thing\" \"a\" {}", "Provider not supported"),
        ("resource \"test_thing\" \"a\" {\n  name = \"x\"\n  sice = 1\n}", "main.tf:3: Unsupported argument"),
        (
            "resource \"test_thing\" \"a\" {\n  name = test_thing.b.id\n}\nresource \"test_thing\" \"b\" {\n  name = test_thing.a.id\n}",
            "Cycle: test_thing.a, test_thing.b",
        ),
        (
            "resource \"test_thing\" \"a\" {\n  count = -1\n  name = \"x\"\n}",
            "main.tf:2: Invalid count argument",
        ),
        (
            "resource \"test_thing\" \"a\" {\n  for_each = [\"x\"]\n  name = \"x\"\n}",
            "main.tf:2: Invalid for_each argument",
        ),
        (
            "variable \"v\" {}\nresource \"test_thing\" \"a\" { name = var.v }",
            "main.tf:1: No value for required variable",
        ),
        (
            "variable \"v\" {\n  default = 1\n  validation {\n    condition = var.v > 1\n    error_message = \"Too small.\"\n  }\n}",
            "main.tf:4: Invalid value for variable: Too small.",
        ),
    ];
    for (source, expected) in cases {
        let error = Stack::new().plan(&main_tf(source)).map(|(plan, _)| short(&plan)).unwrap_err();
        assert!(error.contains(expected), "{source}\n{error}");
    }
}

#[test]
fn unknown_types_matter_only_where_an_instance_would_exist() {
    let mut stack = Stack::new();
    let text = "resource \"test_unknown\" \"a\" {\n  count = 0\n  whatever = 1\n}\nresource \"strange_thing\" \"b\" {\n  count = 0\n}";
    let (plan, _) = stack.plan(&main_tf(text)).unwrap();
    assert_eq!(short(&plan), "nothing");
}

#[test]
fn what_is_never_valid_is_refused_without_instances() {
    for (argument, expected) in [
        ("name = 1 + \"x\"", "Invalid operand"),
        ("name = true ? tonumber(\"x\") : 1", "Invalid function argument"),
        ("nme = 1", "Unsupported argument"),
    ] {
        let text = format!("resource \"test_thing\" \"a\" {{\n  count = 0\n  {argument}\n}}\n");
        let error = Stack::new().plan(&main_tf(&text)).map(|(plan, _)| short(&plan)).unwrap_err();
        assert!(error.contains(expected), "{argument}\n{error}");
    }
}

#[test]
fn what_a_module_is_given_matters_only_where_an_instance_would_exist() {
    let module = concat!(
        "variable \"x\" {\n  type = any\n}\nvariable \"n\" {\n  type    = string\n  default = null\n}\n",
        "resource \"test_thing\" \"a\" {\n  count = 0\n  name = var.x[\"role\"]\n}\n",
        "resource \"test_thing\" \"b\" {\n  count = 0\n  name = lower(var.n)\n}\n",
    );
    let call = "module \"m\" {\n  source = \"./m\"\n  x = {}\n}\n";
    let (plan, _) = Stack::new().plan(&[("main.tf", call), ("m/main.tf", module)]).unwrap();
    assert_eq!(short(&plan), "nothing");
}

#[test]
fn outputs_change_by_themselves() {
    let mut stack = Stack::new();
    stack.settles(&main_tf("output \"o\" { value = 1 }"));
    let (plan, _) = stack.plan(&main_tf("output \"o\" { value = 2 }")).unwrap();
    assert!(plan.has_changes() && plan.changes.is_empty());
    stack.settles(&main_tf("output \"o\" { value = 2 }"));
    stack.settles(&main_tf("locals {}\n"));
    assert!(stack.state.outputs.is_empty());
}

#[test]
fn the_same_input_gives_the_same_plan_to_the_byte() {
    let mut stack = Stack::new();
    stack.settles(&main_tf(CHAIN));
    let changed = CHAIN.replace(r#"name = "a""#, r#"name = "a2""#);
    let (one, _) = stack.plan(&main_tf(&changed)).unwrap();
    let (two, _) = stack.plan(&main_tf(&changed)).unwrap();
    assert_eq!(one.digest(), two.digest());
    assert_eq!(format!("{one:?}"), format!("{two:?}"));
}

#[test]
fn refresh_only_changes_nothing() {
    let mut stack = Stack::new();
    stack.settles(&main_tf(CHAIN));
    let seen = stack.object("test_thing.a").with_attribute("size", Value::number(9));
    stack.tampered.insert(address("test_thing.a"), Some(seen));
    stack.options.mode = evenkeel_plan::Mode::RefreshOnly;
    let (plan, loaded) = stack.plan(&main_tf(CHAIN)).unwrap();
    assert!(plan.changes.is_empty() && plan.drift.len() == 1);
    stack.apply(plan, &loaded).unwrap();
    assert_eq!(stack.object("test_thing.a").get_i64("size"), Some(9));
}

#[test]
fn a_circle_through_a_change_that_need_not_come_first_is_no_circle() {
    // `a` used `x` and will use the new `b`; `b` needs `net`, which is replaced; `x` was made from
    // `net` and goes. `a` cannot change before `net` is new, and `net` cannot go before `x`.
    let before = r#"
resource "test_thing" "net" { name = "net1" }
resource "test_thing" "x" {
  name = "x"
  refs = [test_thing.net.id]
}
resource "test_thing" "a" {
  name = "a"
  refs = [test_thing.x.id]
}"#;
    let after = r#"
resource "test_thing" "net" { name = "net2" }
resource "test_thing" "b" {
  name = "b"
  refs = [test_thing.net.id]
}
resource "test_thing" "a" {
  name = "a"
  refs = [test_thing.b.id]
}"#;
    let mut stack = Stack::new();
    stack.settles(&main_tf(before));
    stack.settles(&main_tf(after));
    assert_eq!(
        stack.log,
        [
            "delete test_thing.x",
            "delete test_thing.net",
            "create test_thing.net",
            "create test_thing.b",
            "update test_thing.a"
        ]
    );
}

#[test]
fn the_current_time_is_known_when_it_is_applied() {
    let text = "resource \"test_thing\" \"a\" {\n  name = \"a\"\n  tags = { at = timestamp() }\n  lifecycle { ignore_changes = [tags] }\n}";
    let mut stack = Stack::new();
    let (plan, loaded) = stack.plan(&main_tf(text)).unwrap();
    assert!(!plan.changes[0].after.as_ref().unwrap().is_wholly_known());
    stack.options.apply_time = Some("2026-02-03T04:05:06Z".into());
    stack.apply(plan, &loaded).unwrap();
    let tags = stack.object("test_thing.a").get("tags").cloned().unwrap();
    assert_eq!(tags.get_str("at"), Some("2026-02-03T04:05:06Z"));
}

#[test]
fn what_needs_all_instances_of_a_module_says_so_once() {
    let child = (
        "child/main.tf",
        "variable \"name\" {}\nresource \"test_thing\" \"c\" { name = var.name }\noutput \"id\" { value = test_thing.c.id }\n",
    );
    let root = r#"
        module "m" {
          source   = "./child"
          for_each = toset(["x", "y"])
          name     = each.key
        }
        resource "test_thing" "r" {
          name = "r"
          refs = [for m in module.m : m.id]
        }
    "#;
    let mut stack = Stack::new();
    let files = [("main.tf", root), child];
    stack.settles(&files);
    let remembered = stack.state.instances[&address("test_thing.r")].current.clone().unwrap();
    assert_eq!(remembered.dependencies, [address("module.m.test_thing.c").resource]);
    assert_eq!(stack.log.last().unwrap(), "create test_thing.r");
    stack.destroy(&files).unwrap();
    assert_eq!(stack.log.first().unwrap(), "delete test_thing.r");
}

#[test]
fn a_circle_may_be_as_long_as_the_text() {
    let length = 20_000;
    let lines: Vec<String> =
        (0..length).map(|i| format!("  l{i} = local.l{} + 1", (i + 1) % length)).collect();
    let text = format!("locals {{\n{}\n}}\n", lines.join("\n"));
    let error = Stack::new().plan(&main_tf(&text)).unwrap_err();
    assert!(error.starts_with("Cycle: local.l0, "), "{}", &error[..80]);
}

#[test]
fn a_sensitive_attribute_that_turns_out_to_be_null_is_no_change() {
    let text = "resource \"test_thing\" \"a\" {\n  name = \"a\"\n}\n";
    let mut stack = Stack::new();
    stack.converge(&[("main.tf", text)]).unwrap();
    let object = stack.state.instances.values().next().unwrap().current.as_ref().unwrap();
    assert!(object.attributes["code"].to_string().contains("sensitive"), "{:?}", object.attributes);
    let (plan, _) = stack.plan(&[("main.tf", text)]).unwrap();
    assert!(!plan.has_effects(), "{}", common::short(&plan));
}

#[test]
fn a_refresh_only_plan_is_applicable_when_something_was_seen() {
    let text = "resource \"test_thing\" \"a\" {\n  name = \"a\"\n}\n";
    let mut stack = Stack::new();
    stack.converge(&[("main.tf", text)]).unwrap();
    stack.options.mode = evenkeel_plan::Mode::RefreshOnly;
    let (plan, _) = stack.plan(&[("main.tf", text)]).unwrap();
    assert!(!plan.is_applicable());
    stack.tampered.insert("test_thing.a".parse().unwrap(), None);
    let (plan, _) = stack.plan(&[("main.tf", text)]).unwrap();
    assert!(plan.is_applicable() && !plan.has_changes());
}
