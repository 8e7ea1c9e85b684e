//! Drawings of what needs what, in the DOT language of Graphviz and in Terraform's layout.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_plan::outline::{Item, ItemKind, Outline};
use evenkeel_plan::{Plan, StepKind};

/// What stands in a drawing of nothing.
const NOTHING: &str = "  /* This configuration does not contain any resources.         */\n  \
                       /* For a more detailed graph, try: evenkeel graph -type=plan */\n";

/// The resources, grouped by module.
pub fn resources(outline: &Outline) -> String {
    let mut modules: BTreeMap<&[Arc<str>], BTreeSet<&Item>> = BTreeMap::new();
    for item in outline.keys() {
        modules.entry(&item.path).or_default().insert(item);
    }
    let mut out =
        String::from("digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
    if modules.is_empty() {
        out.push_str(NOTHING);
    }
    for (path, items) in modules {
        let address: Vec<String> = path.iter().map(|name| format!("module.{name}")).collect();
        let address = address.join(".");
        let indent = if path.is_empty() { "  " } else { "    " };
        if !path.is_empty() {
            let (cluster, label) = (quoted(&format!("cluster_{address}")), quoted(&address));
            out.push_str(&format!(
                "  subgraph {cluster} {{\n    label = {label}\n    fontname = \"sans-serif\"\n"
            ));
        }
        for item in items {
            out.push_str(&format!("{indent}{} [label={}];\n", quoted(&item.address()), quoted(&item.name)));
        }
        if !path.is_empty() {
            out.push_str("  }\n");
        }
    }
    for (item, needs) in outline {
        for need in needs {
            out.push_str(&format!("  {} -> {};\n", quoted(&item.address()), quoted(&need.address())));
        }
    }
    out + "}\n"
}

/// Everything that is declared.
pub fn declared(outline: &Outline) -> String {
    let mut nodes = BTreeMap::new();
    let mut edges = BTreeSet::new();
    for (item, needs) in outline {
        let shape = match item.kind {
            ItemKind::Resource => Some("box"),
            ItemKind::Variable => Some("note"),
            ItemKind::Provider => Some("diamond"),
            ItemKind::Other => None,
        };
        if let Some(shape) = shape {
            nodes.insert(node(item), (item.address(), shape));
        }
        edges.extend(needs.iter().map(|need| (node(item), node(need))));
    }
    whole(&nodes, &edges)
}

fn node(item: &Item) -> String {
    let expands = matches!(item.kind, ItemKind::Resource | ItemKind::Other);
    format!("[root] {}{}", item.address(), if expands { " (expand)" } else { "" })
}

/// The steps of a plan.
pub fn steps(plan: &Plan) -> String {
    let mut nodes = BTreeMap::new();
    let mut edges = BTreeSet::new();
    let name = |kind: &StepKind| {
        let what = match kind {
            StepKind::Create { .. } => "create",
            StepKind::Update { .. } => "update",
            StepKind::Delete { .. } => "destroy",
            StepKind::Read { .. } => "read",
            StepKind::Provision { .. } => "provision",
            StepKind::Join { resource } => return format!("[root] {resource} (all)"),
        };
        let address = kind.change().and_then(|change| plan.changes.get(change));
        format!("[root] {} ({what})", address.map(|change| change.address.to_string()).unwrap_or_default())
    };
    for step in &plan.steps {
        let own = name(&step.kind);
        let label = own.trim_start_matches("[root] ").to_owned();
        for need in step.needs.iter().filter_map(|need| plan.step(*need)) {
            edges.insert((own.clone(), name(&need.kind)));
        }
        nodes.insert(own, (label, "box"));
    }
    whole(&nodes, &edges)
}

fn whole(nodes: &BTreeMap<String, (String, &str)>, edges: &BTreeSet<(String, String)>) -> String {
    let mut out =
        String::from("digraph {\n\tcompound = \"true\"\n\tnewrank = \"true\"\n\tsubgraph \"root\" {\n");
    for (node, (label, shape)) in nodes {
        out.push_str(&format!("\t\t{} [label = {}, shape = \"{shape}\"]\n", quoted(node), quoted(label)));
    }
    for (from, to) in edges {
        out.push_str(&format!("\t\t{} -> {}\n", quoted(from), quoted(to)));
    }
    out + "\t}\n}\n"
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
