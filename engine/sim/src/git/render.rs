//! Configurations as text in the Terraform language.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use evenkeel_model::address::quote;

use crate::cloud::spec::Kind;

use super::model::{Argument, Block, Call, Config, Move, Pick, Reference, Repeat, Through};

/// The module that calls call.
const CELL: &str = r#"
variable "net_id" { type = string }
variable "size" {
  type    = string
  default = "small"
}
variable "nodes" {
  type    = number
  default = 1
}
variable "leaves" {
  type    = number
  default = 0
}

resource "sim_node" "this" {
  count  = var.nodes
  net_id = var.net_id
  size   = var.size
}

ephemeral "sim_lease" "this" {
  subject = var.net_id
}

resource "sim_rule" "this" {
  count   = var.nodes
  node_id = sim_node.this[count.index].id
  port    = 80 + count.index
  key     = ephemeral.sim_lease.this.key
}

module "leaf" {
  source  = "../leaf"
  count   = var.leaves
  node_id = sim_node.this[0].id
}

output "node_id" { value = sim_node.this[0].id }
"#;

/// The module that the module calls.
const LEAF: &str = r#"
variable "node_id" { type = string }

resource "sim_rule" "leaf" {
  node_id = var.node_id
  port    = 7
}
"#;

/// The provider blocks.
const PROVIDERS: &str = r#"provider "sim" {
  region = "here"
}
provider "sim" {
  alias  = "second"
  region = "elsewhere"
}

"#;

/// What is to be run on every node. The name of an object is what its commands do something to.
const COMMANDS: &str = r#"  provisioner "local-exec" {
    command = "first ${self.id}"
  }
  provisioner "local-exec" {
    command = "last ${self.id}"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "end ${self.id}"
  }
"#;

/// The files of a configuration.
pub fn files(config: &Config, commands: bool) -> Vec<(&'static str, String)> {
    let mut text = PROVIDERS.to_owned();
    let locals: BTreeSet<&str> = config
        .blocks
        .iter()
        .flat_map(|block| block.arguments.values())
        .filter_map(|argument| match argument {
            Argument::Local(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    text.push_str("locals {\n");
    for local in locals {
        let _ = writeln!(text, "  value_{local} = {}", quote(local));
    }
    text.push_str("}\n");
    config.blocks.iter().for_each(|block| resource(&mut text, block, commands));
    config.calls.iter().for_each(|call| module(&mut text, call));
    for (name, net) in &config.echoes {
        let _ = writeln!(text, "\ndata \"sim_echo\" \"{name}\" {{\n  input = {}\n}}", id(net, ""));
    }
    if let Some(block) = config.blocks.first() {
        let value = format!("{}.{}", block.kind.name(), block.name);
        let value = match block.repeat {
            Repeat::Single => format!("{value}.id"),
            Repeat::Count(_) => format!("{value}[*].id"),
            Repeat::Keys(_) => format!("[for object in {value} : object.id]"),
        };
        let _ = writeln!(text, "\noutput \"first\" {{\n  value = {value}\n}}");
    }
    refactorings(&mut text, config);
    vec![
        ("main.tf", text),
        ("modules/cell/main.tf", CELL.to_owned()),
        ("modules/leaf/main.tf", LEAF.to_owned()),
    ]
}

/// What became of resources that are not declared any more.
fn refactorings(text: &mut String, config: &Config) {
    for Move { kind, from, to } in &config.moves {
        let kind = kind.name();
        let _ = writeln!(text, "\nmoved {{\n  from = {kind}.{from}\n  to   = {kind}.{to}\n}}");
    }
    for name in &config.forgotten {
        let lifecycle = "  lifecycle {\n    destroy = false\n  }";
        let _ = writeln!(text, "\nremoved {{\n  from = sim_rule.{name}\n{lifecycle}\n}}");
    }
}

/// Files that are not the language.
pub fn broken() -> Vec<(&'static str, String)> {
    vec![("main.tf", "resource \"sim_net\" {{{\n".to_owned())]
}

fn resource(text: &mut String, block: &Block, commands: bool) {
    let _ = writeln!(text, "\nresource \"{}\" \"{}\" {{", block.kind.name(), block.name);
    let own = repeat(text, &block.repeat);
    for (name, value) in &block.arguments {
        let _ = writeln!(text, "  {name} = {}", argument(value, own));
    }
    if let Some(needed) = &block.depends_on {
        let _ = writeln!(text, "  depends_on = [sim_pool.{needed}]");
    }
    if block.elsewhere {
        text.push_str("  provider = sim.second\n");
    }
    let ignored = block.ignored.map(|name| format!("    ignore_changes = [{name}]\n"));
    let first = block.create_before_destroy.then(|| "    create_before_destroy = true\n".to_owned());
    let lifecycle: String = ignored.into_iter().chain(first).collect();
    if !lifecycle.is_empty() {
        let _ = writeln!(text, "  lifecycle {{\n{lifecycle}  }}");
    }
    if commands && block.kind == Kind::Node {
        text.push_str(COMMANDS);
    }
    text.push_str("}\n");
}

fn module(text: &mut String, call: &Call) {
    let _ = writeln!(text, "\nmodule \"{}\" {{\n  source = \"./modules/cell\"", call.name);
    let own = repeat(text, &call.repeat);
    let (net, size) = (id(&call.net, own), quote(&call.size));
    if call.elsewhere {
        text.push_str("  providers = {\n    sim = sim.second\n  }\n");
    }
    let (nodes, leaves) = (call.nodes, call.leaves);
    let _ = writeln!(text, "  net_id = {net}\n  size = {size}\n  nodes = {nodes}\n  leaves = {leaves}\n}}");
}

/// Writes how a block repeats; gives the expression for its own key.
fn repeat(text: &mut String, repeat: &Repeat) -> &'static str {
    match repeat {
        Repeat::Single => "",
        Repeat::Count(count) => {
            let _ = writeln!(text, "  count = {count}");
            "count.index"
        }
        Repeat::Keys(keys) => {
            let keys: Vec<String> = keys.iter().map(|key: &Arc<str>| quote(key)).collect();
            let _ = writeln!(text, "  for_each = toset([{}])", keys.join(", "));
            "each.key"
        }
    }
}

fn argument(argument: &Argument, own: &str) -> String {
    match argument {
        Argument::Text(text) => quote(text),
        Argument::Secret(text) => format!("sensitive({})", quote(text)),
        Argument::Local(text) => format!("local.value_{text}"),
        Argument::PerInstance(prefix) if own.is_empty() => quote(prefix),
        Argument::PerInstance(prefix) => format!("\"{prefix}-${{{own}}}\""),
        Argument::Number(number) => number.to_string(),
        Argument::Tags(tags, echo) => {
            let tags = tags.iter().map(|(key, value)| format!("{key} = {}", quote(value)));
            let echo = echo.iter().map(|name| format!("echo = data.sim_echo.{name}.output"));
            format!("{{ {} }}", tags.chain(echo).collect::<Vec<_>>().join(", "))
        }
        Argument::Id(reference) => id(reference, own),
    }
}

fn id(reference: &Reference, own: &str) -> String {
    let (object, attribute) = match reference.through {
        Through::Resource => (format!("{}.{}", reference.kind.name(), reference.name), "id"),
        Through::Module => (format!("module.{}", reference.name), "node_id"),
    };
    match &reference.pick {
        Pick::Only => format!("{object}.{attribute}"),
        Pick::Index(index) => format!("{object}[{index}].{attribute}"),
        Pick::Key(key) => format!("{object}[{}].{attribute}", quote(key)),
        Pick::Same => format!("{object}[{own}].{attribute}"),
    }
}
