//! Random configurations of the resource types in `schemas/`, random objects and a provider that behaves in
//! random ways: what must hold whatever they are.
//!
//! Everything is drawn from the seed; a seed that fails is named in the message.
#![allow(clippy::disallowed_methods, reason = "the schemas are files")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use common::draw::Draw;
use common::{Stack, short};
use evenkeel_lang::functions::expression;
use evenkeel_model::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use evenkeel_model::value::Kind;
use evenkeel_model::{InstanceAddress, ProviderAddress, ResourceAddress, Type, Value};
use evenkeel_plan::{Plan, StepKind, verify};
use evenkeel_provider::{Catalog, ProviderSpec, ResourceSpec, propose, validate};
use evenkeel_state::State;

/// All managed resource types of the native provider, planned by their schemas alone.
struct Types {
    address: ProviderAddress,
    config: Schema,
    resources: BTreeMap<String, Resource>,
}

struct Resource(Schema);

impl ResourceSpec for Resource {
    fn schema(&self) -> &Schema {
        &self.0
    }
}

impl ProviderSpec for Types {
    fn address(&self) -> &ProviderAddress {
        &self.address
    }

    fn version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema(&self) -> &Schema {
        &self.config
    }

    fn resource(&self, kind: &str) -> Option<&dyn ResourceSpec> {
        self.resources.get(kind).map(|found| found as &dyn ResourceSpec)
    }

    fn data_source(&self, _: &str) -> Option<&Schema> {
        None
    }

    fn resource_kinds(&self) -> Vec<&str> {
        self.resources.keys().map(String::as_str).collect()
    }

    fn data_kinds(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Catalog for Types {
    fn spec(&self, address: &ProviderAddress) -> Option<&dyn ProviderSpec> {
        (*address == self.address).then_some(self)
    }

    fn supported(&self) -> Vec<ProviderAddress> {
        vec![self.address.clone()]
    }
}

fn types() -> Arc<Types> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut resources = BTreeMap::new();
    for entry in std::fs::read_dir(root.join("schemas/aws")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name == "provider.json" || name.starts_with("data.") {
            continue;
        }
        let text = std::fs::read_to_string(root.join("schemas/aws").join(&name)).unwrap();
        let schema: Schema = serde_json::from_str(&text).unwrap();
        resources.insert(schema.type_name.to_string(), Resource(schema));
    }
    assert!(resources.len() > 5);
    let config = common::schema(r#"{"type_name": "aws", "block": {}}"#);
    Arc::new(Types { address: ProviderAddress::implied("aws"), config, resources })
}

/// Draws values and blocks by a schema.
struct Writer<'d> {
    draw: &'d mut Draw,
    /// Objects that may be referred to.
    made: Vec<String>,
}

impl Writer<'_> {
    /// The body of a block: what must be set, and of the rest what is drawn. Whole bodies are drawn until
    /// one has no conflicting arguments; in the end what must be set is enough.
    fn body(&mut self, block: &Block, nested: u64) -> String {
        let mut out = String::new();
        // Whether arguments exclude or need each other shall be decided when the first plan is made.
        let of = |one: &'_ Attribute| {
            let together =
                [&one.exactly_one_of, &one.conflicts_with, &one.at_least_one_of, &one.required_with];
            together.into_iter().flatten().cloned().collect::<Vec<_>>()
        };
        let together: BTreeSet<Arc<str>> = block.attributes.values().flat_map(of).collect();
        for (name, attribute) in &block.attributes {
            let settable = (attribute.required || attribute.optional)
                && !attribute.unsupported
                && attribute.deprecated.is_none()
                && &**name != "id";
            if settable && (attribute.required || self.draw.chance(4)) {
                let _ = writeln!(
                    out,
                    "{name} = {}",
                    self.argument(attribute, !together.contains(name) && of(attribute).is_empty())
                );
            }
        }
        for (name, one) in block.block_types.iter().filter(|(_, one)| !one.unsupported) {
            for _ in 0..self.count(one, nested) {
                let label = if one.nesting_mode == Nesting::Map { " \"k\"" } else { "" };
                let _ = writeln!(out, "{name}{label} {{\n{}}}", self.body(&one.block, nested + 1));
            }
        }
        out
    }

    fn count(&mut self, block: &NestedBlock, nested: u64) -> u64 {
        if nested > 2 {
            return block.min_items;
        }
        let most = match (block.nesting_mode, block.max_items) {
            (Nesting::Single | Nesting::Group | Nesting::Map, _) => 1,
            (Nesting::List | Nesting::Set, 0) => 2,
            (Nesting::List | Nesting::Set, most) => most.min(2),
        };
        block.min_items.max(self.draw.below(most + 1))
    }

    fn argument(&mut self, attribute: &Attribute, alone: bool) -> String {
        if !attribute.valid_values.is_empty() && attribute.ty == Type::String {
            let index = self.draw.below(attribute.valid_values.len() as u64) as usize;
            return expression(&Value::string(&*attribute.valid_values[index]));
        }
        let free = alone && attribute.equality.is_none() && attribute.ty == Type::String;
        if free && !self.made.is_empty() && self.draw.chance(4) {
            let index = self.draw.below(self.made.len() as u64) as usize;
            return self.made[index].clone();
        }
        expression(&self.value(&attribute.ty))
    }

    fn value(&mut self, ty: &Type) -> Value {
        match ty {
            Type::String | Type::Dynamic => Value::string(format!("s{}", self.draw.below(3))),
            Type::Number => Value::number(self.draw.below(3)),
            Type::Bool => Value::bool(self.draw.chance(5)),
            Type::List(element) => Value::list((**element).clone(), self.values(element)),
            Type::Set(element) => Value::set((**element).clone(), self.values(element)),
            Type::Map(element) => {
                let keys = ["a", "b c"].into_iter().take(self.draw.below(3) as usize);
                let entries: Vec<_> = keys.map(|key| (key, self.value(element))).collect();
                Value::map((**element).clone(), entries)
            }
            Type::Tuple(elements) => {
                Value::tuple(elements.iter().map(|one| self.value(one)).collect::<Vec<_>>())
            }
            Type::Object(object) => {
                let all = object.attributes.iter();
                Value::object(all.map(|(name, ty)| (name.clone(), self.value(ty))).collect::<Vec<_>>())
            }
        }
    }

    fn values(&mut self, element: &Type) -> Vec<Value> {
        (0..self.draw.below(3)).map(|_| self.value(element)).collect()
    }
}

/// A configuration of some resources.
fn configuration(types: &Types, draw: &mut Draw) -> String {
    let mut text = String::new();
    let mut writer = Writer { draw, made: Vec::new() };
    for number in 0..5 {
        let kinds: Vec<&String> = types.resources.keys().collect();
        let kind = kinds[writer.draw.below(kinds.len() as u64) as usize];
        let block = &types.resources[kind].0.block;
        let body = writer.body(block, 0);
        let lifecycle =
            if writer.draw.chance(3) { "lifecycle {\ncreate_before_destroy = true\n}\n" } else { "" };
        let repeated = writer.draw.chance(2);
        let count = if repeated { format!("count = {}\n", writer.draw.below(3)) } else { String::new() };
        let _ = writeln!(text, "resource \"{kind}\" \"r{number}\" {{\n{count}{body}{lifecycle}}}");
        if !repeated && block.attributes.contains_key("id") {
            writer.made.push(format!("{kind}.r{number}.id"));
        }
    }
    text
}

/// What a provider makes of what the plan left open: something, nothing, or something else each time.
fn complete(planned: &Value, number: u64) -> Value {
    planned.map_bottom_up(&mut |value| {
        let Kind::Unknown(ty, _) = value.kind() else { return value };
        let known = match ty {
            Type::String => Value::string(format!("made-{number}")),
            Type::Number if number.is_multiple_of(2) => Value::number(number),
            Type::Bool if number.is_multiple_of(3) => Value::bool(true),
            Type::List(element) => Value::list((**element).clone(), []),
            Type::Set(element) => Value::set((**element).clone(), []),
            Type::Map(element) => Value::map::<&str>((**element).clone(), []),
            ty => Value::null(ty.clone()),
        };
        known.with_marks(value.marks())
    })
}

/// Somebody changes an object, or deletes it.
fn tamper(types: &Types, stack: &mut Stack, draw: &mut Draw) {
    let addresses: Vec<InstanceAddress> = stack.state.instances.keys().cloned().collect();
    if addresses.is_empty() {
        return;
    }
    let address = addresses[draw.below(addresses.len() as u64) as usize].clone();
    let schema = &types.resources[&*address.resource.kind].0;
    let Some(object) = stack.state.instances[&address].current.clone() else { return };
    let open = schema.block.attributes.iter().filter(|(name, one)| &***name != "id" && one.optional);
    let open: Vec<_> = open.collect();
    // Where everything must be given, objects can only be deleted.
    let seen = match draw.chance(3) || open.is_empty() {
        true => None,
        false => {
            let value = object.value(&schema.ty()).unwrap().unmark_deep().0;
            let (name, attribute) = open[draw.below(open.len() as u64) as usize];
            let new = Writer { draw, made: Vec::new() }.value(&attribute.ty);
            Some(value.with_attribute(name, new))
        }
    };
    stack.tampered.insert(address, seen);
}

/// Everything is made after, and destroyed before, what it is made from.
fn assert_ordered(plan: &Plan, state: &State, seed: u64) {
    let steps = |wanted: fn(&StepKind) -> bool| {
        let steps = plan.steps.iter().filter(move |step| wanted(&step.kind));
        steps.filter_map(|step| Some((step.id, plan.change_of(step)?)))
    };
    let makes = |kind: &StepKind| matches!(kind, StepKind::Create { .. } | StepKind::Update { .. });
    for (id, change) in steps(makes) {
        for (other_id, other) in steps(makes) {
            let needed = change.dependencies.iter().any(|one| one.covers(&other.address.resource));
            assert!(!needed || other_id < id, "seed {seed}: {} before {}", change.address, other.address);
        }
    }
    let destroys = |kind: &StepKind| matches!(kind, StepKind::Delete { .. });
    for (id, change) in steps(destroys) {
        let made_from: Vec<&ResourceAddress> = state
            .instances
            .get(&change.address)
            .and_then(|instance| instance.current.as_ref())
            .map(|object| object.dependencies.iter().collect())
            .unwrap_or_default();
        for (other_id, other) in steps(destroys) {
            let needed = made_from.iter().any(|one| one.covers(&other.address.resource));
            assert!(!needed || id < other_id, "seed {seed}: {} destroyed late", change.address);
        }
    }
}

/// What changes is in the plan.
fn assert_nothing_else(plan: &Plan, before: &State, after: &State, seed: u64) {
    let named: BTreeSet<&InstanceAddress> = plan
        .changes
        .iter()
        .map(|change| &change.address)
        .chain(plan.refreshed.iter().map(|seen| &seen.address))
        .chain(plan.moves.iter().flat_map(|one| [&one.from, &one.to]))
        .collect();
    let all: BTreeSet<&InstanceAddress> = before.instances.keys().chain(after.instances.keys()).collect();
    for address in all.into_iter().filter(|address| !named.contains(address)) {
        assert_eq!(before.instances.get(address), after.instances.get(address), "seed {seed}: {address}");
    }
}

/// One plan with everything that must hold of it, carried out.
fn converge(stack: &mut Stack, text: &str, seed: u64) {
    let files = [("main.tf", text)];
    let planned = stack.plan(&files);
    let (plan, loaded) = planned.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
    let again = stack.plan_loaded(&loaded).unwrap();
    assert_eq!(format!("{plan:?}"), format!("{again:?}"), "seed {seed}");
    assert_eq!(verify::violations(&plan, &stack.state), Vec::<String>::new(), "seed {seed}");
    assert_ordered(&plan, &stack.state, seed);
    let before = stack.state.clone();
    stack.apply(plan.clone(), &loaded).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
    assert_nothing_else(&plan, &before, &stack.state, seed);
    let settled = stack.plan_loaded(&loaded).unwrap();
    let words = || format!("seed {seed}: {}\n{:#?}\n{text}", short(&settled), settled.changes.first());
    assert!(!settled.has_effects(), "{}", words());
}

#[test]
fn whatever_the_schemas_allow_settles() {
    let types = types();
    let (mut done, mut seed) = (0, 0);
    while done < 60 {
        seed += 1;
        assert!(seed < 2000, "most drawn configurations are valid or nearly so, {done} were");
        let mut draw = Draw(seed);
        let mut stack = Stack::of(types.clone(), complete);
        let mut rounds = 0;
        for _ in 0..3 {
            let text = configuration(&types, &mut draw);
            if stack.plan(&[("main.tf", &text)]).is_err() {
                // Arguments that exclude each other: nothing to be learnt here.
                continue;
            }
            converge(&mut stack, &text, seed);
            tamper(&types, &mut stack, &mut draw);
            converge(&mut stack, &text, seed);
            rounds += 1;
        }
        stack.destroy(&[("main.tf", "locals {}\n")]).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(stack.state.is_empty(), "seed {seed}");
        done += rounds;
    }
}

#[test]
fn what_a_schema_plans_agrees_with_it() {
    let types = types();
    for seed in 0..400 {
        let mut draw = Draw(seed);
        for Resource(schema) in types.resources.values() {
            let ty = schema.ty();
            let mut writer = Writer { draw: &mut draw, made: Vec::new() };
            let config = configured(&schema.block, &writer.value(&ty));
            if validate::block(&schema.block, &config).has_errors() {
                continue;
            }
            let planned = propose::planned_value(schema, None, &config);
            let wrong = evenkeel_provider::check::planned(&schema.block, None, &config, &planned);
            assert!(wrong.is_empty(), "seed {seed}: {} {wrong:?}", schema.type_name);
            let made = complete(&planned, seed);
            let wrong = evenkeel_provider::check::applied(&planned, &made);
            assert!(wrong.is_empty(), "seed {seed}: {} {wrong:?}", schema.type_name);
            let again = propose::planned_value(schema, Some(&made), &config);
            let wrong = evenkeel_provider::check::planned(&schema.block, Some(&made), &config, &again);
            assert!(wrong.is_empty(), "seed {seed}: {} {wrong:?}", schema.type_name);
            assert_eq!(again, made, "seed {seed}: {}", schema.type_name);
        }
    }
}

/// A value as configuration can give it: nothing where only the provider decides.
fn configured(block: &Block, value: &Value) -> Value {
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let set =
            (attribute.required || attribute.optional) && !attribute.unsupported && !attribute.write_only;
        let found = value.get(name).filter(|_| set).cloned();
        (name.clone(), found.unwrap_or_else(|| Value::null(attribute.ty.clone())))
    });
    let blocks = block.block_types.iter().map(|(name, nested)| {
        let found = value.get(name).cloned().unwrap_or_else(|| Value::null(nested.implied_type()));
        let inner = |one: &Value| configured(&nested.block, one);
        let element = nested.block.implied_type();
        let set = match found.kind() {
            Kind::List(_, elements) => Value::list(element, elements.iter().map(inner)),
            Kind::Set(_, elements) => Value::set(element, elements.iter().map(inner)),
            Kind::Map(_, entries) => {
                Value::map(element, entries.iter().map(|(key, one)| (key.clone(), inner(one))))
            }
            Kind::Object(_) => inner(&found),
            _ => found.clone(),
        };
        (name.clone(), set)
    });
    Value::object(attributes.chain(blocks).collect::<Vec<_>>())
}
