//! Everything else for people: diagnostics, progress, outputs, objects, history.

use evenkeel_apply::{Activity, Counts, Progress, Report, Subject};
use evenkeel_model::{Diagnostic, Diagnostics, Position, Snapshot, SourceRange, Timestamp};
use evenkeel_state::{Object, ObjectStatus, RunId, RunKind, RunStatus, StepId};
use evenkeel_store::{RunCounts, RunRow, Seq, VersionRow};

use super::*;

fn snapshot() -> Snapshot {
    Snapshot::from_files(
        Revision::Directory("0".into()),
        [("bad.tf", "output \"x\" {\n value = var.nope\n}\nlocals {\n  a = 1\n}\n")],
    )
}

fn range(line: u32, from: u32, to: u32) -> SourceRange {
    // The second line begins behind thirteen bytes; of the others nothing is shown.
    let before: u32 = if line == 2 { 12 } else { 0 };
    let at = |column: u32| Position { line, column, byte: before.saturating_add(column) };
    SourceRange { filename: "bad.tf".into(), start: at(from), end: at(to) }
}

fn problem() -> Diagnostic {
    Diagnostic::error(
        "Reference to undeclared input variable",
        "An input variable with the name \"nope\" has not been declared. This variable can be declared with \
         a variable \"nope\" {} block.",
    )
    .at(range(2, 10, 18))
}

#[test]
fn diagnostics_show_the_source() {
    let text = super::super::diagnostics(&problem().into(), Some(&snapshot()), PLAIN);
    assert_eq!(
        text,
        r#"
Error: Reference to undeclared input variable

  on bad.tf line 2, in output "x":
   2:  value = var.nope

An input variable with the name "nope" has not been declared. This variable
can be declared with a variable "nope" {} block.
"#
    );
}

#[test]
fn diagnostics_do_without_source_and_name_the_object() {
    let warning = Diagnostic::warning("Careful\u{1b}[0m", "").about("aws_vpc.a").at(range(99, 1, 2));
    let text = super::super::diagnostics(&warning.into(), Some(&snapshot()), PLAIN);
    assert_eq!(
        text,
        "\nWarning: Careful\\u001b[0m\n\n  with aws_vpc.a,\n  on bad.tf line 99:\n  (source code not available)\n"
    );
}

#[test]
fn diagnostics_underline_in_colour() {
    let text =
        super::super::diagnostics(&problem().into(), Some(&snapshot()), Style { color: true, width: 0 });
    assert!(text.contains("   2:  value = \u{1b}[4mvar.nope\u{1b}[0m\n"), "{text:?}");
    assert!(text.starts_with("\u{1b}[31m╷\u{1b}[0m\n"), "{text:?}");
}

#[test]
fn underlining_follows_bytes_where_columns_count_other_things() {
    let source = "a = \"e\u{301}\" + nope\r\nb = 1\n";
    let snapshot = Snapshot::from_files(Revision::Directory("0".into()), [("bad.tf", source)]);
    let at = |column, byte| Position { line: 1, column, byte };
    let range = SourceRange { filename: "bad.tf".into(), start: at(11, 12), end: at(15, 16) };
    let diagnostics: Diagnostics = Diagnostic::error("x", "").at(range).into();
    let text = super::super::diagnostics(&diagnostics, Some(&snapshot), Style { color: true, width: 0 });
    assert!(text.contains("+ \u{1b}[4mnope\u{1b}[0m\n"), "{text:?}");
}

#[test]
fn ranges_that_lead_nowhere_do_no_harm() {
    for (line, from, to) in [(0, 0, 0), (2, 0, u32::MAX), (2, 18, 3), (u32::MAX, 1, 1), (8, 1, 1)] {
        let diagnostics: Diagnostics = Diagnostic::error("x", "y").at(range(line, from, to)).into();
        for color in [false, true] {
            let text = super::super::diagnostics(&diagnostics, Some(&snapshot()), Style { color, width: 20 });
            assert!(text.contains("bad.tf"));
        }
        super::super::json::diagnostic(&diagnostics.0[0], Some(&snapshot()));
    }
}

fn subject(activity: Activity, id: Option<&str>) -> Subject {
    Subject {
        step: StepId(0),
        address: address("aws_vpc.main"),
        deposed: None,
        activity,
        id: id.map(Arc::from),
    }
}

#[test]
fn progress_reads_as_in_terraform() {
    let with_id = |activity| subject(activity, Some("vpc-1"));
    for (progress, text) in [
        (Progress::Started(subject(Activity::Create, None)), "aws_vpc.main: Creating..."),
        (Progress::Started(with_id(Activity::Update)), "aws_vpc.main: Modifying... [id=vpc-1]"),
        (Progress::Started(with_id(Activity::Delete)), "aws_vpc.main: Destroying... [id=vpc-1]"),
        (
            Progress::Still { subject: subject(Activity::Create, None), elapsed_ms: 10_020 },
            "aws_vpc.main: Still creating... [00m10s elapsed]",
        ),
        (
            Progress::Still { subject: with_id(Activity::Delete), elapsed_ms: 70_000 },
            "aws_vpc.main: Still destroying... [id=vpc-1, 01m10s elapsed]",
        ),
        (
            Progress::Done { subject: with_id(Activity::Create), elapsed_ms: 1_200 },
            "aws_vpc.main: Creation complete after 1s [id=vpc-1]",
        ),
        (
            Progress::Done { subject: with_id(Activity::Delete), elapsed_ms: 0 },
            "aws_vpc.main: Destruction complete after 0s",
        ),
        (
            Progress::Failed { subject: with_id(Activity::Update), elapsed_ms: 2_000 },
            "aws_vpc.main: Modifications errored after 2s",
        ),
        (
            Progress::Skipped { subject: with_id(Activity::Create), because: address("aws_x.y") },
            "aws_vpc.main: Skipped, because aws_x.y failed",
        ),
    ] {
        assert_eq!(super::super::progress(&progress, PLAIN).as_deref(), Some(text));
    }
}

#[test]
fn a_run_ends_with_its_counts() {
    let report = |status, counts| Report {
        run: RunId(1),
        status,
        steps: Vec::new(),
        counts,
        diagnostics: Diagnostics::new(),
        outputs: None,
        serial: None,
    };
    let counts = |added, destroyed| Counts { added, destroyed, ..Counts::default() };
    let failed = Counts { failed: 1, skipped: 2, ..counts(1, 0) };
    for (report, destroy, text) in [
        (
            report(RunStatus::Succeeded, counts(3, 0)),
            false,
            "Apply complete! Resources: 3 added, 0 changed, 0 destroyed.\n",
        ),
        (report(RunStatus::Succeeded, counts(0, 9)), true, "Destroy complete! Resources: 9 destroyed.\n"),
        (
            report(RunStatus::Failed, failed),
            false,
            "Apply incomplete. Resources: 1 added, 0 changed, 0 destroyed; 1 failed, 2 not attempted.\n",
        ),
    ] {
        assert_eq!(super::super::apply_summary(&report, 0, destroy, PLAIN), text);
    }
}

#[test]
fn outputs_are_written_as_expressions() {
    let text = Value::object([
        ("list", Value::list(Type::String, [s("a")])),
        ("none", Value::null(Type::String)),
        ("text", s("one\ntwo")),
    ]);
    let outputs = BTreeMap::from([
        (Arc::from("a"), (text, false)),
        (Arc::from("b"), (s("hidden"), true)),
        (Arc::from("c"), (Value::set(Type::Number, [Value::number(1)]), false)),
    ]);
    assert_eq!(
        super::super::outputs(&outputs, PLAIN),
        r#"Outputs:

a = {
  "list" = tolist([
    "a",
  ])
  "none" = tostring(null)
  "text" = <<-EOT
  one
  two
  EOT
}
b = <sensitive>
c = toset([
  1,
])
"#
    );
    assert_eq!(super::super::outputs(&BTreeMap::new(), PLAIN), "");
}

#[test]
fn an_object_reads_like_its_block() {
    let inner = block(&[("size", Type::Number)], &[], &[]);
    let schema = schema(block(
        &[("id", Type::String), ("password", Type::String), ("tags", Type::map(Type::String))],
        &["password"],
        &[("disk", Nesting::List, inner.clone())],
    ));
    let disk = Value::object([("size", Value::number(8))]);
    let value = Value::object([
        ("id", s("i-1")),
        ("password", s("x")),
        ("tags", Value::map(Type::String, [("Name", s("web"))])),
        ("disk", Value::list(inner.implied_type(), [disk])),
    ]);
    assert_eq!(
        super::super::object(&address("aws_instance.web[0]"), &value, Some(&schema), true, PLAIN),
        r#"# aws_instance.web[0]: (tainted)
resource "aws_instance" "web" {
    id       = "i-1"
    password = (sensitive value)
    tags     = {
        "Name" = "web"
    }

    disk {
        size = 8
    }
}
"#
    );
}

pub(super) fn run_row(id: u64, status: Option<RunStatus>) -> RunRow {
    RunRow {
        id: RunId(id),
        kind: RunKind::Apply,
        revision: Revision::Commit("0123456789abcdef0123456789abcdef01234567".into()),
        plan_digest: "digest".into(),
        started: Timestamp(1_763_700_785_000),
        status,
        finished: status.map(|_| Timestamp(1_763_700_797_000)),
        counts: RunCounts { created: 3, updated: 0, deleted: 0, failed: u64::from(id == 2) },
        error: (id == 2).then(|| "no quota\nleft".to_owned()),
    }
}

#[test]
fn runs_are_a_table() {
    let rows =
        [run_row(1, Some(RunStatus::Succeeded)), run_row(2, Some(RunStatus::Failed)), run_row(3, None)];
    assert_eq!(
        super::super::runs(&rows, PLAIN),
        "\
RUN  KIND   STATUS      STARTED (UTC)        TOOK  REVISION      CHANGES
1    apply  succeeded   2025-11-21 04:53:05  12s   0123456789ab  3 added, 0 changed, 0 destroyed
2    apply  failed      2025-11-21 04:53:05  12s   0123456789ab  3 added, 0 changed, 0 destroyed, 1 failed
    no quota
    left
3    apply  unfinished  2025-11-21 04:53:05  -     0123456789ab  3 added, 0 changed, 0 destroyed
"
    );
}

pub(super) fn version_row(serial: u64, value: Option<Value>) -> VersionRow {
    VersionRow {
        seq: Seq(serial),
        at: Timestamp(1_763_700_785_000),
        run: Some(RunId(1)),
        revision: Some(Revision::Commit("0123456789abcdef0123456789abcdef01234567".into())),
        actor: None,
        serial: Serial(serial),
        deposed: None,
        object: value.map(|value| Object {
            status: ObjectStatus::Ready,
            provider: provider(),
            schema_version: 0,
            attributes: evenkeel_model::json::encode(&value).into(),
            dependencies: Vec::new(),
            create_before_destroy: false,
            token: None,
            private: None,
        }),
    }
}

#[test]
fn versions_show_what_changed_between_them() {
    let value = |size: i64| {
        Value::object([("id", s("i-1")), ("password", s("x").sensitive()), ("size", Value::number(size))])
    };
    let rows = [version_row(3, Some(value(1))), version_row(5, Some(value(2))), version_row(9, None)];
    let when = "2025-11-21 04:53:05 (serial";
    assert_eq!(
        super::super::versions(&address("aws_x.y"), &rows, None, PLAIN),
        format!(
            r#"  # aws_x.y appeared at {when} 3, run 1, revision 0123456789ab)
  + resource "aws_x" "y" {{
      + id       = "i-1"
      + password = (sensitive value)
      + size     = 1
    }}

  # aws_x.y changed at {when} 5, run 1, revision 0123456789ab)
  ~ resource "aws_x" "y" {{
        id       = "i-1"
      ~ size     = 1 -> 2
        # (1 unchanged attribute hidden)
    }}

  # aws_x.y gone at {when} 9, run 1, revision 0123456789ab)
  - resource "aws_x" "y" {{
      - id       = "i-1" -> null
      - password = (sensitive value) -> null
      - size     = 2 -> null
    }}

"#
        )
    );
}
