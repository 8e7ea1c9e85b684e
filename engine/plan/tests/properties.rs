//! Random configurations, one after the other on the same state: what must hold whatever they say.
//!
//! Everything is drawn from the seed; a seed that fails is named in the message.

mod common;

use std::fmt::Write as _;

use common::draw::Draw;
use common::{Stack, short};
use evenkeel_plan::{Plan, Question, StepKind, verify};

/// A configuration of some resources; each may refer to earlier ones, repeat, and stand in a module.
fn configuration(draw: &mut Draw) -> Vec<(String, String)> {
    let (mut root, mut child) = (String::new(), String::new());
    let mut made: Vec<(u64, u64)> = Vec::new();
    for number in 0..8 {
        if draw.chance(3) {
            continue;
        }
        let repetition = draw.below(3);
        let mut block = format!("resource \"test_thing\" \"r{number}\" {{\n");
        match repetition {
            1 => drop(writeln!(block, "  count = {}", draw.below(3))),
            2 => drop(writeln!(block, "  for_each = toset([\"a\", \"b\"])")),
            _ => {}
        }
        let _ = writeln!(block, "  name = \"n{}\"\n  size = {}", draw.below(3), draw.below(3));
        let picked: Vec<String> =
            made.iter().filter(|_| draw.0.count_ones().is_multiple_of(2)).map(ids).collect();
        let _ = writeln!(
            block,
            "  refs = concat({})",
            picked.iter().map(String::as_str).chain(["[]"]).collect::<Vec<_>>().join(", ")
        );
        if draw.chance(3) {
            block.push_str("  lifecycle { create_before_destroy = true }\n");
        }
        root.push_str(&block);
        root.push_str("}\n");
        made.push((number, repetition));
    }
    let _ = write!(
        child,
        "variable \"name\" {{}}\nresource \"test_thing\" \"c\" {{\n  name = var.name\n  size = {}\n}}\n",
        draw.below(2)
    );
    if draw.chance(5) {
        let keys = ["[\"x\"]", "[\"x\", \"y\"]"][usize::from(draw.chance(5))];
        let name = if draw.chance(5) { "m" } else { "n" };
        let _ = write!(
            root,
            "module \"{name}\" {{\n  source = \"./m\"\n  for_each = toset({keys})\n  name = each.key\n}}\n"
        );
        if draw.chance(5) && name == "n" {
            root.push_str("moved {\n  from = module.m\n  to = module.n\n}\n");
        }
    }
    if root.is_empty() {
        root.push_str("locals {}\n");
    }
    vec![("main.tf".into(), root), ("m/main.tf".into(), child)]
}

fn ids((number, repetition): &(u64, u64)) -> String {
    match repetition {
        0 => format!("[test_thing.r{number}.id]"),
        1 => format!("test_thing.r{number}[*].id"),
        _ => format!("[for one in test_thing.r{number} : one.id]"),
    }
}

/// Some of the questions, at least one, in another order: however answers arrive, the plan is the same.
fn some(questions: Vec<Question>, draw: &mut Draw) -> Vec<Question> {
    let mut kept = Vec::new();
    for question in questions {
        if kept.is_empty() || draw.chance(6) {
            let place = draw.below(kept.len() as u64 + 1);
            kept.insert(place as usize, question);
        }
    }
    kept
}

/// Every object is made after what its configuration refers to.
fn assert_ordered(plan: &Plan, seed: u64) {
    let made = |step: &evenkeel_plan::Step| match step.kind {
        StepKind::Create { .. } | StepKind::Update { .. } => plan.change_of(step),
        StepKind::Delete { .. }
        | StepKind::Read { .. }
        | StepKind::Provision { .. }
        | StepKind::Join { .. } => None,
    };
    for later in &plan.steps {
        let Some(change) = made(later) else { continue };
        for earlier in plan.steps.iter().filter(|earlier| earlier.id > later.id) {
            let Some(other) = made(earlier) else { continue };
            let needed = change.dependencies.iter().any(|needed| needed.covers(&other.address.resource));
            assert!(!needed, "seed {seed}: {} before {}", change.address, other.address);
        }
    }
}

#[test]
fn plans_hold_whatever_is_declared() {
    for seed in 0..60 {
        let mut draw = Draw(seed);
        let mut stack = Stack::new();
        for _ in 0..4 {
            let files = configuration(&mut draw);
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
            let planned = stack.plan(&files);
            let (plan, loaded) =
                planned.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", files[0].1));
            let again = stack.plan_asked(&loaded, &mut |questions| some(questions, &mut draw)).unwrap();
            assert_eq!(format!("{plan:?}"), format!("{again:?}"), "seed {seed}");
            assert_eq!(verify::violations(&plan, &stack.state), Vec::<String>::new(), "seed {seed}");
            assert_ordered(&plan, seed);
            stack.apply(plan, &loaded).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", files[0].1));
            let settled = stack.plan_loaded(&loaded).unwrap();
            assert!(!settled.has_effects(), "seed {seed}: {}\n{}", short(&settled), files[0].1);
        }
        stack.destroy(&[("main.tf", "locals {}\n")]).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(stack.state.is_empty(), "seed {seed}");
    }
}
