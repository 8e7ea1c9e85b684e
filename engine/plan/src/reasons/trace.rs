//! Follows an expression to everything it is made of: local values, variables, arguments of module
//! calls, outputs of modules; up to the resources that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::ast::{Expr, ExprKind};
use evenkeel_lang::config::{Configuration, Reference, Resource, ResourceKey, references};
use evenkeel_model::{PathStep, ResourceAddress, ResourceMode, Value};

use super::{Place, Reason, Why};
use crate::types::ChangeAction;

/// An expression that is made of more than so many others is not followed further.
const PLACES_MAX: usize = 64;

/// What happens to resources, by the static path of their module.
type Changing = BTreeMap<(Vec<Arc<str>>, ResourceKey), BTreeSet<ChangeAction>>;

/// Where an expression led.
#[derive(Default)]
pub(super) struct Traced {
    places: Vec<Place>,
    variables: BTreeMap<Arc<str>, bool>,
    /// The resources it names to which anything happens.
    pub(super) changing: BTreeSet<ResourceAddress>,
    /// Those that were there before, so that their change is why a known value is another one.
    pub(super) changed: BTreeSet<ResourceAddress>,
}

impl Traced {
    pub(super) fn reason(self, why: Why) -> Reason {
        Reason { places: self.places, variables: self.variables, ..Reason::plain(why) }
    }
}

/// What was looked at: the module, and what it is there.
type Visited = (Vec<Arc<str>>, String);

pub(super) struct Tracer<'a> {
    configuration: &'a Configuration,
    changing: &'a Changing,
    address: &'a ResourceAddress,
    module: Vec<Arc<str>>,
    /// What `each` comes from.
    repetition: Option<&'a Expr>,
    visited: BTreeSet<Visited>,
    traced: Traced,
}

/// An expression that is still to be followed.
struct Pending<'a> {
    module: Vec<Arc<str>>,
    expr: &'a Expr,
    what: Arc<str>,
    leads_here: bool,
    /// What `each` comes from there.
    repetition: Option<&'a Expr>,
}

impl<'a> Tracer<'a> {
    pub(super) fn new(
        configuration: &'a Configuration,
        changing: &'a Changing,
        address: &'a ResourceAddress,
    ) -> Self {
        Self {
            configuration,
            changing,
            address,
            module: address.module.without_keys(),
            repetition: None,
            visited: BTreeSet::new(),
            traced: Traced::default(),
        }
    }

    pub(super) fn in_module(self, module: &[Arc<str>]) -> Self {
        Self { module: module.to_vec(), ..self }
    }

    /// Inside the block of a resource.
    pub(super) fn of(self, resource: &'a Resource) -> Self {
        Self { repetition: resource.for_each.as_ref(), ..self }
    }

    pub(super) fn finish(self) -> Traced {
        self.traced
    }

    /// Follows the part of an expression that stands at a path inside it.
    pub(super) fn at_path(&mut self, expr: &'a Expr, steps: &[PathStep]) {
        let inner = inner(expr, steps);
        self.expression(inner);
    }

    pub(super) fn expression(&mut self, expr: &'a Expr) {
        let module = self.module.clone();
        let repetition = self.repetition;
        let mut pending = vec![Pending { module, expr, what: "".into(), leads_here: true, repetition }];
        while let Some(next) = pending.pop() {
            if self.traced.places.len() >= PLACES_MAX {
                return;
            }
            self.place(&next);
            let found = references(next.expr);
            let alone = next.leads_here && found.len() == 1 && is_reference(next.expr);
            for referenced in found.iter().rev() {
                self.follow(&next, &referenced.reference, alone, &mut pending);
            }
        }
    }

    fn place(&mut self, next: &Pending<'_>) {
        let (range, what) = (next.expr.range().clone(), next.what.clone());
        self.traced.places.push(Place { range, what, leads_here: next.leads_here });
    }

    fn follow(
        &mut self,
        from: &Pending<'a>,
        reference: &Reference,
        leads_here: bool,
        pending: &mut Vec<Pending<'a>>,
    ) {
        let module = &from.module;
        let Some(declared) = self.configuration.module(module) else { return };
        let prefix: String = module.iter().map(|name| format!("module.{name}.")).collect();
        let visited = &mut self.visited;
        let mut push = |module: Vec<Arc<str>>, expr: &'a Expr, what: String, repetition: Option<&'a Expr>| {
            if visited.insert((module.clone(), what.clone())) {
                pending.push(Pending { module, expr, what: what.into(), leads_here, repetition });
            }
        };
        match reference {
            Reference::Local(name) => {
                if let Some(local) = declared.locals.get(name) {
                    push(module.to_vec(), &local.value, format!("{prefix}local.{name}"), None);
                }
            }
            Reference::Variable(name) => match module.split_last() {
                None => {
                    let leads = self.traced.variables.entry(name.clone()).or_insert(leads_here);
                    *leads &= leads_here;
                }
                Some((call, parent)) => {
                    let call = self.configuration.module(parent).and_then(|module| module.calls.get(call));
                    match call.and_then(|call| Some((call, call.inputs.get(name)?))) {
                        Some((call, input)) => {
                            push(
                                parent.to_vec(),
                                input,
                                format!("{prefix}var.{name}"),
                                call.for_each.as_ref(),
                            );
                        }
                        None => self.default(module, name, &prefix, leads_here),
                    }
                }
            },
            Reference::Module { name, output } => {
                let path: Vec<Arc<str>> = module.iter().chain([name]).cloned().collect();
                let Some(called) = self.configuration.module(&path) else { return };
                for output in
                    called.outputs.values().filter(|known| output.as_ref().is_none_or(|o| *o == known.name))
                {
                    let what = format!("{prefix}module.{name}.{}", output.name);
                    push(path.clone(), &output.value, what, None);
                }
            }
            Reference::EachKey | Reference::EachValue => {
                if let Some(expr) = from.repetition {
                    push(module.to_vec(), expr, format!("{prefix}for_each"), None);
                }
            }
            Reference::Resource(key) => self.resource(module, key),
            Reference::Count | Reference::Path | Reference::Terraform | Reference::SelfRef => {}
        }
    }

    /// The default of a variable of a module that is called without it.
    fn default(&mut self, module: &[Arc<str>], name: &Arc<str>, prefix: &str, leads_here: bool) {
        let declared = self.configuration.module(module).and_then(|module| module.variables.get(name));
        if let Some(variable) = declared {
            let what = format!("{prefix}var.{name}").into();
            let range = variable.default_range.clone().unwrap_or_else(|| variable.range.clone());
            self.traced.places.push(Place { range, what, leads_here });
        }
    }

    fn resource(&mut self, module: &[Arc<str>], key: &ResourceKey) {
        let Some(actions) = self.changing.get(&(module.to_vec(), key.clone())) else { return };
        let address = self.address_of(module, key);
        if address == *self.address {
            return;
        }
        self.traced.changing.insert(address.clone());
        let was_there = |action: &ChangeAction| !matches!(action, ChangeAction::Create | ChangeAction::Read);
        if key.mode == ResourceMode::Managed && actions.iter().any(was_there) {
            self.traced.changed.insert(address);
        }
    }

    /// The address with the keys of the modules that both are in.
    fn address_of(&self, module: &[Arc<str>], key: &ResourceKey) -> ResourceAddress {
        let own = &self.address.module;
        let steps = module.iter().enumerate().map(|(place, name)| match own.0.get(place) {
            Some(step) if step.name == *name => step.clone(),
            _ => evenkeel_model::ModuleStep { name: name.clone(), key: None },
        });
        let module = evenkeel_model::ModuleAddress(steps.collect());
        ResourceAddress { module, mode: key.mode, kind: key.kind.clone(), name: key.name.clone() }
    }
}

/// The part of an object or tuple constructor that stands at a path; as deep as that can be told.
fn inner<'e>(mut expr: &'e Expr, steps: &[PathStep]) -> &'e Expr {
    for step in steps {
        let next = match (expr.kind(), step) {
            (ExprKind::Object(items), PathStep::Attribute(name) | PathStep::Key(name)) => {
                let is_it =
                    |key: &Expr| matches!(key.kind(), ExprKind::Literal(value) if is_text(value, name));
                items.iter().find(|item| is_it(&item.key)).map(|item| &item.value)
            }
            (ExprKind::Tuple(elements), PathStep::Index(index)) => elements.get(*index),
            _ => None,
        };
        match next {
            Some(next) => expr = next,
            None => break,
        }
    }
    expr
}

fn is_text(value: &Value, text: &str) -> bool {
    value.as_str() == Some(text)
}

/// Whether an expression does nothing but name something.
fn is_reference(expr: &Expr) -> bool {
    let mut expr = expr;
    loop {
        expr = match expr.kind() {
            ExprKind::Name(_) => return true,
            ExprKind::Attribute(inner, _)
            | ExprKind::LegacyIndex(inner, _)
            | ExprKind::Wrapped(inner)
            | ExprKind::Parens(inner) => inner,
            ExprKind::Index(inner, key) if matches!(key.kind(), ExprKind::Literal(_)) => inner,
            _ => return false,
        };
    }
}
