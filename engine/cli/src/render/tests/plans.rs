//! Whole plans, against what Terraform shows for the same ones.

use evenkeel_plan::OutputChange;
use evenkeel_state::DeposedKey;

use super::*;

#[track_caller]
fn check(plan: &Plan, expected: &str) {
    let text = super::super::plan(plan, &Whys::default(), &no_schemas, PLAIN);
    assert_eq!(text.trim_matches('\n'), expected.trim_matches('\n'), "\n{text}");
}

/// The part of the text that is about objects.
#[track_caller]
fn check_objects(plan: &Plan, expected: &str) {
    let text = super::super::plan(plan, &Whys::default(), &no_schemas, PLAIN);
    let (_, objects) = text.split_once("following actions:\n\n").expect("there are changes");
    let (objects, _) = objects.split_once("\nPlan: ").expect("there is a summary");
    assert_eq!(objects.trim_matches('\n'), expected.trim_matches('\n'), "\n{text}");
}

fn data(id: Value, input: Value, output: Value, triggers: Value) -> Value {
    Value::object([("id", id), ("input", input), ("output", output), ("triggers_replace", triggers)])
}

fn input(n: i64) -> Value {
    Value::object([("n", Value::number(n)), ("pass", s("secret").sensitive())])
}

fn output(n: i64) -> Value {
    Value::object([("n", Value::number(n)), ("pass", s("a"))])
}

fn null() -> Value {
    Value::null(Type::String)
}

#[test]
fn the_same_plan_as_terraform_shows_it() {
    let replaced = forced_by(
        change(
            r#"terraform_data.a["x"]"#,
            ChangeAction::CreateThenDelete,
            Some(data(s("6212"), input(1), output(1), s("t1"))),
            Some(data(unknown(), input(1), unknown(), s("t2"))),
        ),
        "triggers_replace",
    );
    let deleted = because(
        change(
            r#"terraform_data.a["y"]"#,
            ChangeAction::Delete,
            Some(data(s("c375"), input(2), output(2), s("t1"))),
            None,
        ),
        ActionReason::DeleteBecauseEachKey,
    );
    let created = change(
        r#"terraform_data.a["z"]"#,
        ChangeAction::Create,
        None,
        Some(data(unknown(), input(3), unknown(), s("t2"))),
    );
    let updated = change(
        "module.m.terraform_data.in",
        ChangeAction::Update,
        Some(data(s("9db3"), s("6212"), s("6212"), null())),
        Some(data(s("9db3"), unknown(), unknown(), null())),
    );
    let outputs = BTreeMap::from([(
        Arc::from("o"),
        OutputChange { before: Some(s("6212")), after: Some(unknown()), sensitive: false },
    )]);
    let plan = Plan { changes: vec![replaced, deleted, created, updated], outputs, ..empty_plan() };
    check(
        &plan,
        r#"
Evenkeel used the selected providers to generate the following execution plan.
Resource actions are indicated with the following symbols:
  + create
  ~ update in-place
  - destroy
+/- create replacement and then destroy

Evenkeel will perform the following actions:

  # terraform_data.a["x"] must be replaced
+/- resource "terraform_data" "a" {
      ~ id               = "6212" -> (known after apply)
      ~ output           = {
          - n    = 1
          - pass = "a"
        } -> (known after apply)
      ~ triggers_replace = "t1" -> "t2" # forces replacement
        # (1 unchanged attribute hidden)
    }

  # terraform_data.a["y"] will be destroyed
  # (because key ["y"] is not in for_each map)
  - resource "terraform_data" "a" {
      - id               = "c375" -> null
      - input            = {
          - n    = 2
          - pass = (sensitive value)
        } -> null
      - output           = {
          - n    = 2
          - pass = "a"
        } -> null
      - triggers_replace = "t1" -> null
    }

  # terraform_data.a["z"] will be created
  + resource "terraform_data" "a" {
      + id               = (known after apply)
      + input            = {
          + n    = 3
          + pass = (sensitive value)
        }
      + output           = (known after apply)
      + triggers_replace = "t2"
    }

  ── module.m: 0 to add, 1 to change, 0 to destroy

  # module.m.terraform_data.in will be updated in-place
  ~ resource "terraform_data" "in" {
        id     = "9db3"
      ~ input  = "6212" -> (known after apply)
      ~ output = "6212" -> (known after apply)
    }

Plan: 2 to add, 1 to change, 2 to destroy.

Changes to Outputs:
  ~ o = "6212" -> (known after apply)
"#,
    );
}

#[test]
fn every_reason_has_its_words() {
    let object = || Some(Value::object([("id", s("i"))]));
    let delete = |at: &str, reason| because(change(at, ChangeAction::Delete, object(), None), reason);
    let replace = |reason| {
        let after = Some(Value::object([("id", unknown())]));
        because(change("a.b", ChangeAction::DeleteThenCreate, object(), after), reason)
    };
    let read =
        |reason| because(change("data.a.b", ChangeAction::Read, None, Some(Value::empty_object())), reason);
    let deposed =
        Change { deposed: Some(DeposedKey(0xab)), ..change("a.b", ChangeAction::Delete, object(), None) };
    for (change, words) in [
        (delete("a.b", ActionReason::DeleteBecauseNoResourceConfig), "(because a.b is not in configuration)"),
        (
            delete("module.m.a.b", ActionReason::DeleteBecauseNoModule),
            "(because module.m is not in configuration)",
        ),
        (
            delete("a.b[3]", ActionReason::DeleteBecauseCountIndex),
            "(because index [3] is out of range for count)",
        ),
        (
            delete("a.b", ActionReason::DeleteBecauseWrongRepetition),
            "(because resource uses count or for_each)",
        ),
        (
            delete("a.b[0]", ActionReason::DeleteBecauseWrongRepetition),
            "(because resource does not use count)",
        ),
        (
            delete("a.b[\"k\"]", ActionReason::DeleteBecauseWrongRepetition),
            "(because resource does not use for_each)",
        ),
        (replace(ActionReason::ReplaceBecauseTainted), "# a.b is tainted, so must be replaced"),
        (replace(ActionReason::ReplaceByRequest), "# a.b will be replaced, as requested"),
        (
            replace(ActionReason::ReplaceByTriggers),
            "# a.b will be replaced due to changes in replace_triggered_by",
        ),
        (replace(ActionReason::ReplaceBecauseCannotUpdate), "# a.b must be replaced"),
        (read(ActionReason::ReadBecauseConfigUnknown), "# (config refers to values not yet known)"),
        (read(ActionReason::ReadBecauseDependencyPending), " <= data \"a\" \"b\" {}"),
        (deposed, "# a.b (deposed object 000000ab) will be destroyed\n  # (left over from"),
    ] {
        let text = super::super::plan(
            &Plan { changes: vec![change], ..empty_plan() },
            &Whys::default(),
            &no_schemas,
            PLAIN,
        );
        assert!(text.contains(words), "{words} is not in {text}");
    }
}

#[test]
fn a_correction_shows_what_it_puts_back() {
    let object = |size: i64, name: &str| {
        let tags = Value::map(Type::String, [("Name", s(name)), ("Team", s("x"))]);
        Value::object([("id", s("i-1")), ("size", Value::number(size)), ("tags", tags), ("zone", s("a"))])
    };
    let (declared, found) = (object(5, "web"), object(7, "hacked"));
    let paths = vec![Path::attribute("size"), Path::attribute("tags")];
    let plan = Plan {
        changes: vec![
            change("aws_x.gone", ChangeAction::Create, None, Some(Value::object([("id", unknown())]))),
            change("aws_x.y", ChangeAction::Update, Some(found.clone()), Some(declared.clone())),
        ],
        drift: vec![
            drifted("aws_x.gone", Value::object([("id", s("i-0"))]), None, Vec::new()),
            drifted("aws_x.y", declared, Some(found), paths),
        ],
        ..empty_plan()
    };
    check(
        &plan,
        r#"
Note: Objects have changed outside of Evenkeel

Evenkeel found that these objects are not as it left them:

  # aws_x.gone has been deleted
  - resource "aws_x" "gone" {
      - id = "i-0" -> null
    }

  # aws_x.y has changed
  ~ resource "aws_x" "y" {
        id   = "i-1"
      ~ size = 5 -> 7
      ~ tags = {
          ~ "Name" = "web" -> "hacked"
            "Team" = "x"
        }
        # (1 unchanged attribute hidden)
    }

Unless the configuration was changed in the same way, or ignores these
attributes with ignore_changes, the plan below puts them back as declared.

──────────────────────────────────────────────────────────────────────────────

Evenkeel used the selected providers to generate the following execution plan.
Resource actions are indicated with the following symbols:
  + create
  ~ update in-place

Evenkeel will perform the following actions:

  # aws_x.gone will be created
  # (drift: put back as declared)
  + resource "aws_x" "gone" {
      + id = (known after apply)
    }

  # aws_x.y will be updated in-place
  # (drift: put back as declared)
  ~ resource "aws_x" "y" {
        id   = "i-1"
      ~ size = 7 -> 5 # drift
      ~ tags = {
          ~ "Name" = "hacked" -> "web" # drift
            "Team" = "x"
        }
        # (1 unchanged attribute hidden)
    }

Plan: 1 to add, 1 to change, 0 to destroy.
"#,
    );
}

#[test]
fn what_is_drift_and_what_is_configuration_is_told_apart() {
    let object = |size: i64, name: &str| Value::object([("size", Value::number(size)), ("label", s(name))]);
    let (remembered, found, wanted) = (object(5, "old"), object(7, "old"), object(5, "new"));
    let plan = Plan {
        changes: vec![change("aws_x.y", ChangeAction::Update, Some(found.clone()), Some(wanted))],
        drift: vec![drifted("aws_x.y", remembered, Some(found), vec![Path::attribute("size")])],
        ..empty_plan()
    };
    check_objects(
        &plan,
        r#"
  # aws_x.y will be updated in-place
  ~ resource "aws_x" "y" {
      ~ label = "old" -> "new"
      ~ size  = 7 -> 5 # drift
    }
"#,
    );
    let text = super::super::drift(
        &Plan {
            changes: vec![change(
                "aws_x.y",
                ChangeAction::Update,
                Some(object(7, "old")),
                Some(object(6, "old")),
            )],
            ..plan.clone()
        },
        PLAIN,
    );
    assert!(text.contains("the configuration changes it as well"), "{text}");
    assert_eq!(
        super::super::drift(&plan, PLAIN),
        "aws_x.y has changed\n  ~ size\n      expected: 5\n      observed: 7\n      will be set back\n\n\
         Drift: 1 object (1 changed, 0 deleted).\nApart from that, 1 configuration change is pending.\n"
    );
}

#[test]
fn nothing_to_do_is_said_in_one_line() {
    check(
        &empty_plan(),
        "No changes. Your infrastructure matches the configuration.\n\nEvenkeel has compared your real \
         infrastructure against your configuration and\nfound no differences, so no changes are needed.",
    );
    let text = super::super::plan(
        &Plan { mode: Mode::Destroy, ..empty_plan() },
        &Whys::default(),
        &no_schemas,
        PLAIN,
    );
    assert!(text.contains("No changes. No objects need to be destroyed."), "{text}");
    assert_eq!(super::super::plan_summary(&empty_plan()), "Plan: 0 to add, 0 to change, 0 to destroy.");
    assert_eq!(
        super::super::drift(&empty_plan(), PLAIN),
        "No drift. Every managed object is as it was left.\n"
    );
}

#[test]
fn outputs_alone_can_be_applied() {
    let output =
        |before: Option<Value>, after: Option<Value>, sensitive| OutputChange { before, after, sensitive };
    let outputs = BTreeMap::from([
        (Arc::from("a"), output(None, Some(Value::tuple([Value::number(1)])), false)),
        (Arc::from("gone"), output(Some(s("x")), None, false)),
        (Arc::from("long_name"), output(Some(s("x")), Some(s("y")), true)),
        (Arc::from("now_secret"), output(Some(s("same")), Some(s("same")), true)),
    ]);
    check(
        &Plan { outputs, ..empty_plan() },
        r#"
Changes to Outputs:
  + a          = [
      + 1,
    ]
  - gone       = "x" -> null
  ~ long_name  = (sensitive value)
  ~ now_secret = (sensitive value)

You can apply this plan to save these new output values to the Evenkeel state,
without changing any real infrastructure.
"#,
    );
}

#[test]
fn many_changes_are_written_in_order_by_any_number_of_threads() {
    let new = |number: usize| {
        let module = number / 700;
        change(&format!("module.m{module}.t.r[{number}]"), ChangeAction::Create, None, Some(s("x")))
    };
    let plan = Plan { changes: (0..3500).map(new).collect(), ..empty_plan() };
    let text = super::super::plan(&plan, &Whys::default(), &no_schemas, PLAIN);
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  # ")).collect();
    let wanted: Vec<String> =
        plan.changes.iter().map(|change| format!("{} will be created", change.address)).collect();
    assert_eq!(headings, wanted);
    for module in 0..5 {
        let group = format!("── module.m{module}: 700 to add, 0 to change, 0 to destroy");
        assert_eq!(text.matches(&group).count(), 1, "{group}");
    }
}
