//! The plan for people: what was changed outside, what will be done to every object and why, what
//! becomes of the outputs, and the line that counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceAddress, InstanceKey, ModuleAddress, Path, ResourceMode, Value};
use evenkeel_plan::drift::Cause;
use evenkeel_plan::{
    ActionReason, Change, ChangeAction, Drift, Importing, Mode, OutputChange, Plan, Summary,
};
use evenkeel_state::drift::DriftKind;

use super::compare::{self, Noted};
use super::node::{Action, Node, Shape};
use super::style::{Paint, Style};
use super::write::Writer;
use super::{Schemas, Whys, hide, text, why};

/// Rulers are as long as lines, and so long where lines are not limited.
const RULER_WIDTH: usize = 77;

/// The whole plan.
pub fn plan(plan: &Plan, whys: &Whys, schemas: Schemas<'_>, style: Style) -> String {
    let mut out = String::new();
    if !plan.drift.is_empty() {
        out.push_str(&outside_changes(plan, schemas, style));
    }
    if plan.changes.is_empty() && plan.outputs.is_empty() {
        out.push_str(&no_changes(plan, style));
        return out;
    }
    if !plan.drift.is_empty() {
        let _ = writeln!(out, "\n{}", ruler(style));
    }
    if !plan.changes.is_empty() {
        out.push_str(&legend(plan, style));
        out.push_str(&changes(plan, whys, schemas, style));
        let hidden = unchanged(plan);
        if hidden > 0 {
            let text = format!("# ({} hidden)", text::count(hidden, "unchanged object"));
            let _ = writeln!(out, "\n  {}", style.paint(Paint::Gray, text));
        }
        let counts = plan_summary(plan);
        let line = match counts.split_once(':') {
            Some((word, rest)) => format!("{}{rest}", style.paint(Paint::Bold, format!("{word}:"))),
            None => counts,
        };
        let _ = writeln!(out, "\n{line}");
    }
    if !plan.outputs.is_empty() {
        out.push_str(&output_changes(&plan.outputs, style));
        if plan.changes.is_empty() {
            let remark = "You can apply this plan to save these new output values to the Evenkeel state, without changing \
                          any real infrastructure.";
            let _ = writeln!(out, "\n{}", text::wrap(remark, style.width));
        }
    }
    out
}

/// A line between parts.
pub fn ruler(style: Style) -> String {
    let width = if style.width == 0 { RULER_WIDTH } else { style.width };
    style.paint(Paint::Gray, "─".repeat(width))
}

/// That the plan above is in no file.
pub fn not_saved(style: Style) -> String {
    let note = "Note: You didn't use the -out option to save this plan, so Evenkeel can't guarantee to take exactly \
                these actions if you run \"evenkeel apply\" now.";
    format!("\n{}", text::wrap(note, style.width))
}

/// `Plan: 1 to add, 0 to change, 0 to destroy.`
pub fn plan_summary(plan: &Plan) -> String {
    let summary = plan.summary();
    let imports = match summary.import {
        0 => String::new(),
        number => format!("{number} to import, "),
    };
    let (add, change, destroy) = (summary.add, summary.change, summary.destroy);
    format!("Plan: {imports}{add} to add, {change} to change, {destroy} to destroy.")
}

fn no_changes(plan: &Plan, style: Style) -> String {
    if plan.errored {
        let start = style.paint(Paint::BoldRed, "Planning failed.");
        return format!("\n{start} Evenkeel encountered an error while generating this plan.\n");
    }
    let (title, remark) = match (plan.mode, plan.drift.is_empty() && plan.refreshed.is_empty()) {
        (Mode::Destroy, _) => (
            "No objects need to be destroyed.",
            "Either you have not created any objects yet or the existing objects were already deleted outside of \
             Evenkeel.",
        ),
        (Mode::RefreshOnly, true) => (
            "Your infrastructure still matches the configuration.",
            "Evenkeel has checked that the real remote objects still match the result of your most recent changes, \
             and found no differences.",
        ),
        (Mode::RefreshOnly, false) => (
            "No object will be touched.",
            "This is a refresh-only plan: applying it writes down what was seen and changes nothing else.",
        ),
        (Mode::Normal, true) => (
            "Your infrastructure matches the configuration.",
            "Evenkeel has compared your real infrastructure against your configuration and found no \
             differences, so no changes are needed.",
        ),
        (Mode::Normal, false) => (
            "Your infrastructure matches the configuration.",
            "What was seen differs in parts from what was remembered; applying this plan writes it down and \
             changes nothing else.",
        ),
    };
    let start = style.paint(Paint::BoldGreen, "No changes.");
    let title = style.paint(Paint::Bold, format!(" {title}"));
    format!("\n{start}{title}\n\n{}\n", text::wrap(remark, style.width))
}

fn legend(plan: &Plan, style: Style) -> String {
    let head = "Evenkeel used the selected providers to generate the following execution plan. Resource actions \
                are indicated with the following symbols:";
    let mut out = format!("\n{}\n", text::wrap(head, style.width));
    let used: BTreeSet<ChangeAction> = plan.changes.iter().map(|change| change.action).collect();
    for (action, words) in [
        (ChangeAction::Create, "create"),
        (ChangeAction::Update, "update in-place"),
        (ChangeAction::Delete, "destroy"),
        (ChangeAction::DeleteThenCreate, "destroy and then create replacement"),
        (ChangeAction::CreateThenDelete, "create replacement and then destroy"),
        (ChangeAction::Read, "read (data resources)"),
        (ChangeAction::Forget, "forget (no longer managed, not destroyed)"),
    ] {
        if used.contains(&action) {
            let _ = writeln!(out, "{} {words}", symbol(action, style));
        }
    }
    out.push_str(match plan.errored {
        true => "\nEvenkeel planned the following actions, but then encountered a problem:\n",
        false => "\nEvenkeel will perform the following actions:\n",
    });
    out
}

/// Three columns that say what happens to an object.
fn symbol(action: ChangeAction, style: Style) -> String {
    let (plus, minus) = (style.paint(Paint::Green, "+"), style.paint(Paint::Red, "-"));
    match action {
        ChangeAction::Create => format!("  {plus}"),
        ChangeAction::Update => format!("  {}", style.paint(Paint::Yellow, "~")),
        ChangeAction::Delete => format!("  {minus}"),
        ChangeAction::DeleteThenCreate => format!("{minus}/{plus}"),
        ChangeAction::CreateThenDelete => format!("{plus}/{minus}"),
        ChangeAction::Read => format!(" {}", style.paint(Paint::Cyan, "<=")),
        ChangeAction::Forget => format!("  {}", style.paint(Paint::Red, ".")),
        ChangeAction::NoOp => "   ".to_owned(),
    }
}

/// From so many changes on, another thread helps to write them, and so many do at most.
const PER_THREAD: usize = 1000;
const THREADS_MAX: usize = 4;

/// What the texts of all changes have in common.
struct Changes<'a> {
    plan: &'a Plan,
    /// The changes as they are shown, each with its place in the plan.
    in_order: Vec<(usize, &'a Change)>,
    whys: &'a Whys,
    style: Style,
    drifted: BTreeSet<&'a InstanceAddress>,
    /// How much happens in each module.
    groups: BTreeMap<&'a ModuleAddress, Summary>,
    /// The schema of each change, in the same order.
    schemas: Vec<Option<Arc<Schema>>>,
}

fn changes(plan: &Plan, whys: &Whys, schemas: Schemas<'_>, style: Style) -> String {
    let in_order = in_order(plan);
    let schemas = in_order.iter().map(|(_, change)| schemas(&change.address.resource)).collect();
    let all = Changes {
        plan,
        in_order,
        whys,
        style,
        drifted: plan.drift.iter().map(|drift| &drift.address).collect(),
        groups: groups(plan),
        schemas,
    };
    let total = plan.changes.len();
    let threads = (total / PER_THREAD).clamp(1, THREADS_MAX);
    let part = total.div_ceil(threads);
    if threads == 1 {
        return all.texts(0..total);
    }
    // Each change is written by itself, so the text is the same with any number of threads.
    let shared = &all;
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|n| (n * part).min(total)..((n + 1) * part).min(total))
            .map(|range| scope.spawn(move || shared.texts(range)))
            .collect();
        let mut out = shared.texts(0..part);
        for other in others {
            match other.join() {
                Ok(text) => out.push_str(&text),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        out
    })
}

/// What is read comes before what is made of it.
fn in_order(plan: &Plan) -> Vec<(usize, &Change)> {
    let mut in_order: Vec<(usize, &Change)> = plan.changes.iter().enumerate().collect();
    in_order.sort_by_key(|(_, change)| {
        let resource = &change.address.resource;
        (&resource.module, resource.mode != ResourceMode::Data)
    });
    in_order
}

fn groups(plan: &Plan) -> BTreeMap<&ModuleAddress, Summary> {
    let same = |a: &Change, b: &Change| a.address.resource.module == b.address.resource.module;
    // Changes are in the order of their addresses, so those of a module stand together.
    let groups = plan.changes.chunk_by(same);
    groups.filter_map(|group| Some((&group.first()?.address.resource.module, Summary::of(group)))).collect()
}

impl Changes<'_> {
    fn texts(&self, range: Range<usize>) -> String {
        let mut out = String::new();
        let before = range.start.checked_sub(1).and_then(|place| self.in_order.get(place));
        let mut module = before.map(|(_, change)| &change.address.resource.module);
        for place in range {
            let (Some((number, change)), Some(schema)) = (self.in_order.get(place), self.schemas.get(place))
            else {
                continue;
            };
            let own = &change.address.resource.module;
            if self.groups.len() > 1 && module != Some(own) {
                out.push_str(&self.group(own));
                module = Some(own);
            }
            out.push('\n');
            self.change(&mut out, change, *number, schema.as_deref());
        }
        out
    }

    /// The line above the changes of one module, which tells how much happens there.
    fn group(&self, module: &ModuleAddress) -> String {
        let Some(Summary { import: _, add, change, destroy }) = self.groups.get(module) else {
            return String::new();
        };
        if module.is_root() {
            return String::new();
        }
        let name = self.style.paint(Paint::Bold, text::line(&module.to_string()));
        format!("\n  ── {name}: {add} to add, {change} to change, {destroy} to destroy\n")
    }

    fn change(&self, out: &mut String, change: &Change, number: usize, schema: Option<&Schema>) {
        let is_drifted = change.deposed.is_none() && self.drifted.contains(&change.address);
        let put_back: BTreeSet<Path> = match is_drifted {
            true => {
                let causes = self.plan.causes(change).into_iter();
                causes.filter(|cause| cause.cause == Cause::Drift).map(|cause| cause.path).collect()
            }
            false => BTreeSet::new(),
        };
        let is_correction = is_drifted && self.plan.is_correction(change);
        out.push_str(&heading(change, self.style));
        out.push_str(&remarks(change, number, self.whys, is_correction, self.style));
        change_text(out, change, put_back, schema, self.style);
    }
}

/// How many managed objects stay as they are.
fn unchanged(plan: &Plan) -> usize {
    let managed = plan.resources.iter().filter(|(resource, _)| resource.mode == ResourceMode::Managed);
    let all: usize = managed.map(|(_, values)| values.instances.len()).sum();
    // Changes of one instance stand together: that of its object and those of what it left behind.
    let changed = plan.changes.chunk_by(|a, b| a.address == b.address).filter_map(|group| group.first());
    let is_there = |change: &&Change| {
        let InstanceAddress { resource, key } = &change.address;
        let values = plan.resources.get(resource).filter(|_| resource.mode == ResourceMode::Managed);
        values.is_some_and(|values| values.instances.contains_key(key))
    };
    all.saturating_sub(changed.filter(is_there).count())
}

fn change_text(
    out: &mut String,
    change: &Change,
    put_back: BTreeSet<Path>,
    schema: Option<&Schema>,
    style: Style,
) {
    let noted = Noted { replace: change.replace_paths.iter().cloned().collect(), drift: put_back };
    let after = match change.action {
        // The object goes on to exist as it is.
        ChangeAction::Forget => change.before.as_ref(),
        _ => change.after.as_ref(),
    };
    let node = compare::objects(change.before.as_ref(), after, schema, &noted);
    out.push_str(&symbol(change.action, style));
    out.push(' ');
    resource(out, &change.address, &node, style);
    out.push('\n');
}

/// The quiet lines below a heading: where the change comes from, and what follows from it.
fn remarks(change: &Change, number: usize, whys: &Whys, is_correction: bool, style: Style) -> String {
    let mut lines = Vec::new();
    if is_correction {
        lines.push("(drift: put back as declared)".to_owned());
    } else if let Some(line) = why::line(whys.of(number)) {
        lines.push(format!("why: {line}"));
    }
    if change.action.is_replace()
        && let Some(followers) = whys.followers.get(&change.address.resource)
    {
        lines.push(format!("({})", why::following(followers)));
    }
    lines.iter().map(|line| format!("  {}\n", style.paint(Paint::Gray, format!("# {line}")))).collect()
}

/// Writes `resource "aws_vpc" "main" {...}`.
fn resource(out: &mut String, address: &InstanceAddress, node: &Node, style: Style) {
    let keyword = match address.resource.mode {
        ResourceMode::Managed => "resource",
        ResourceMode::Data => "data",
        ResourceMode::Ephemeral => "ephemeral",
    };
    let (kind, name) = (text::quote(&address.resource.kind), text::quote(&address.resource.name));
    out.extend([keyword, " ", &kind, " ", &name, " "]);
    Writer::changes(style).write(out, node, 0);
}

/// The address of what a change is about.
fn subject(change: &Change) -> String {
    let address = text::line(&change.address.to_string());
    match change.deposed {
        Some(key) => format!("{address} (deposed object {key})"),
        None => address,
    }
}

/// The comments above a change: what happens, and why.
fn heading(change: &Change, style: Style) -> String {
    let bold = |text: &str| style.paint(Paint::Bold, text);
    let red = |text: &str| style.paint(Paint::BoldRed, text);
    let start = bold(&format!("  # {}", subject(change)));
    let replaced = red("replaced");
    let what = match (change.action, change.reason) {
        (ChangeAction::Create, _) => bold(" will be created"),
        (ChangeAction::Read, _) => bold(" will be read during apply"),
        (ChangeAction::Update, _) => bold(" will be updated in-place"),
        (ChangeAction::Delete, _) => format!("{}{}", bold(" will be "), red("destroyed")),
        (ChangeAction::Forget, _) => {
            bold(" will no longer be managed by Evenkeel, but will not be destroyed")
        }
        (ChangeAction::NoOp, _) if change.importing.is_some() => bold(" will be imported"),
        (ChangeAction::NoOp, _) => match &change.previous_address {
            Some(from) => {
                return format!(
                    "{}\n",
                    bold(&format!("  # {} has moved to {}", text::line(&from.to_string()), subject(change)))
                );
            }
            None => bold(" stays as it is"),
        },
        (_, Some(ActionReason::ReplaceBecauseTainted)) => {
            format!("{}{replaced}", bold(" is tainted, so must be "))
        }
        (_, Some(ActionReason::ReplaceByRequest)) => {
            format!("{}{replaced}{}", bold(" will be "), bold(", as requested"))
        }
        (_, Some(ActionReason::ReplaceByTriggers)) => {
            format!("{}{replaced}{}", bold(" will be "), bold(" due to changes in replace_triggered_by"))
        }
        _ => format!("{}{replaced}", bold(" must be ")),
    };
    let mut why = reason(change).map(|why| format!("  # ({why})\n")).unwrap_or_default();
    if let Some(previous) = &change.previous_address
        && change.action != ChangeAction::NoOp
    {
        let _ = writeln!(why, "  # (moved from {})", text::line(&previous.to_string()));
    }
    if let Some(Importing { id, configuration }) = &change.importing {
        let _ = writeln!(why, "  # (imported from {})", text::line(&format!("{id:?}")));
        if configuration.is_some() {
            why.push_str("  # (config will be generated)\n");
        }
    }
    format!("{start}{what}\n{why}")
}

/// Why an object goes or a data source is read late.
fn reason(change: &Change) -> Option<String> {
    if change.deposed.is_some() {
        return Some("left over from a partially-failed replacement of this instance".to_owned());
    }
    let resource = &change.address.resource;
    let key = change.address.key.as_ref();
    let shown_key = key.map(|key| text::line(&key.to_string())).unwrap_or_default();
    if change.action == ChangeAction::Forget {
        return Some("destroy = false is set in the configuration".to_owned());
    }
    Some(match change.reason? {
        ActionReason::DeleteBecauseNoResourceConfig => {
            format!("because {} is not in configuration", text::line(&resource.to_string()))
        }
        ActionReason::DeleteBecauseNoModule => {
            format!("because {} is not in configuration", text::line(&resource.module.to_string()))
        }
        ActionReason::DeleteBecauseWrongRepetition => match key {
            None => "because resource uses count or for_each".to_owned(),
            Some(InstanceKey::Int(_)) => "because resource does not use count".to_owned(),
            Some(InstanceKey::String(_)) => "because resource does not use for_each".to_owned(),
        },
        ActionReason::DeleteBecauseCountIndex => {
            format!("because index {shown_key} is out of range for count")
        }
        ActionReason::DeleteBecauseEachKey => format!("because key {shown_key} is not in for_each map"),
        ActionReason::DeleteBecauseNoMoveTarget => {
            "because it was moved to an address that is not in configuration".to_owned()
        }
        ActionReason::ReadBecauseCheckNested => "a check looks when everything else is done".to_owned(),
        ActionReason::ReadBecauseConfigUnknown => "config refers to values not yet known".to_owned(),
        ActionReason::ReadBecauseDependencyPending => {
            "depends on a resource or a module with changes pending".to_owned()
        }
        ActionReason::ReplaceBecauseCannotUpdate
        | ActionReason::ReplaceBecauseTainted
        | ActionReason::ReplaceByRequest
        | ActionReason::ReplaceByTriggers => return None,
    })
}

/// `Changes to Outputs:` and a line for each.
pub(super) fn output_changes(outputs: &BTreeMap<std::sync::Arc<str>, OutputChange>, style: Style) -> String {
    let mut out = String::from("\nChanges to Outputs:\n");
    let width = outputs.keys().map(|name| text::width(&text::name(name))).max().unwrap_or_default();
    let writer = Writer::changes(style);
    for (name, change) in outputs {
        let node = output_node(change);
        let name = text::pad(&text::name(name), width);
        let _ = writeln!(out, "{}{name} = {}", writer.symbol(node.action), writer.node(&node, 0));
    }
    out
}

fn output_node(change: &OutputChange) -> Node {
    let shown = |value: &Option<Value>| match (value, change.sensitive) {
        (Some(value), true) => Some(value.clone().sensitive()),
        // An output that is null is none.
        (value, _) => value.clone().filter(|value| !value.is_null() || !value.marks().is_empty()),
    };
    let mut node = compare::values(shown(&change.before).as_ref(), shown(&change.after).as_ref());
    if node.action == Action::None && matches!(node.shape, Shape::Hidden(_)) {
        // It is listed, so something about it changes, if only whether it may be shown.
        node.action = Action::Update;
    }
    node
}

/// The section about what was changed outside, before what will be done.
fn outside_changes(plan: &Plan, schemas: Schemas<'_>, style: Style) -> String {
    let title = style.paint(Paint::Bold, "Objects have changed outside of Evenkeel");
    let note = style.paint(Paint::Cyan, "Note:");
    let head = "Evenkeel found that these objects are not as it left them:";
    let mut out = format!("\n{note} {title}\n\n{}\n", text::wrap(head, style.width));
    for drift in &plan.drift {
        out.push('\n');
        out.push_str(&drifted_object(drift, schemas, style));
    }
    let remark = match plan.mode {
        Mode::Normal => {
            "Unless the configuration was changed in the same way, or ignores these attributes with \
             ignore_changes, the plan below puts them back as declared."
        }
        Mode::Destroy => "They will be destroyed as they are now.",
        Mode::RefreshOnly => {
            "This is a refresh-only plan: nothing will be put back. Applying it makes Evenkeel remember the \
             objects as they are now."
        }
    };
    let _ = writeln!(out, "\n{}", text::wrap(remark, style.width));
    out
}

fn drifted_object(drift: &Drift, schemas: Schemas<'_>, style: Style) -> String {
    let (what, action) = match drift.kind {
        DriftKind::Deleted => ("has been deleted", ChangeAction::Delete),
        DriftKind::Changed => ("has changed", ChangeAction::Update),
    };
    let address = text::line(&drift.address.to_string());
    let heading = style.paint(Paint::Bold, format!("  # {address} {what}"));
    let schema = schemas(&drift.address.resource);
    let marked = |value: &Value| hide::by_schema(schema.as_deref(), value);
    let observed = drift.observed.as_ref().map(marked);
    let (expected, observed) = hide::together(Some(&marked(&drift.expected)), observed.as_ref());
    let now = observed.map(|observed| only_drifted(drift, expected.as_ref(), observed));
    let node = compare::objects(expected.as_ref(), now.as_ref(), schema.as_deref(), &Noted::default());
    let mut out = format!("{heading}\n{} ", symbol(action, style));
    resource(&mut out, &drift.address, &node, style);
    out + "\n"
}

/// The object as it was seen, without the differences that do not matter.
fn only_drifted(drift: &Drift, expected: Option<&Value>, observed: Value) -> Value {
    let drifted: BTreeSet<&str> = drift.paths.iter().filter_map(Path::first_attribute).collect();
    let Some(expected) = expected.and_then(Value::as_entries) else { return observed };
    let others = expected.iter().filter(|(name, _)| !drifted.contains(&***name));
    others.fold(observed, |observed, (name, value)| observed.with_attribute(name, value.clone()))
}
