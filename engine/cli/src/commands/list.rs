//! `evenkeel list`: what is in the clouds of a configuration, a page at a time, and which of it no state has.
//!
//! An object is known where a state of the store has one of its type and `id`. Types that have no list of
//! their own (`aws_default_vpc`, `aws_ami_copy`) stand for the listed object of the same `id`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Diagnostics, InstanceAddress, ProviderAddress, Value};
use evenkeel_plan::{Answers, Input, Mode, Options};
use evenkeel_provider::{Connection, ListRequest, Listed, Providers};
use evenkeel_state::{ProviderConfigAddress, State};
use evenkeel_store::{StackId, Store};
use serde_json::json;

use crate::args::{ChoiceArgs, Global, ListArgs};
use crate::commands::wish;
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::planning::Wish;
use crate::ui::Ui;

pub async fn run(global: &Global, args: ListArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let revision = args.run.revision.as_deref();
    let session = Session::to_plan(global, &args.run.location, revision, providers, ui).await?;
    let wish = wish(&session, &args.run, &ChoiceArgs::default(), Mode::Normal).await?;
    let known = Known::of(&session).await?;
    let mut asked: BTreeSet<&str> = args.types.iter().map(String::as_str).collect();
    let mut problems = Diagnostics::new();
    for (address, config) in configurations(&session, &wish, &known)? {
        let kinds = kinds(&session, &address.provider);
        let connection = session.pool.connection(&address.provider, &config).await;
        let connection = connection.map_err(|error| told("Cannot list objects", &error.to_string()))?;
        let listing = Listing { address: &address, connection: &*connection, known: &known, args: &args, ui };
        for kind in kinds {
            let wanted = args.types.is_empty() || args.types.iter().any(|name| **name == *kind);
            asked.remove(&*kind);
            if wanted && (!args.types.is_empty() || connection.lists(&kind)) {
                listing.list(&kind).await.unwrap_or_else(|problem| problems.push(problem));
            }
        }
    }
    for kind in asked {
        let detail = format!("No provider of this configuration has a resource type {kind}.");
        problems.push(Diagnostic::error("Unknown resource type", detail));
    }
    ui.diagnostics(&problems, None);
    Ok(u8::from(problems.has_errors()))
}

fn told(summary: &str, detail: &str) -> Failure {
    Failure::plain(summary, detail)
}

/// The types of a provider, in order.
fn kinds(session: &Session, provider: &ProviderAddress) -> Vec<Arc<str>> {
    let spec = session.catalog.spec(provider);
    spec.map(|spec| spec.resource_kinds().into_iter().map(Arc::from).collect()).unwrap_or_default()
}

/// The provider blocks of the root module and those that states name, with what they say.
fn configurations(
    session: &Session,
    wish: &Wish,
    known: &Known,
) -> Result<BTreeMap<ProviderConfigAddress, Value>, Failure> {
    let root = wish.loaded.configuration.root();
    let own = root.providers.iter().map(|block| ProviderConfigAddress {
        module: Vec::new(),
        provider: root.provider_source(&block.name),
        alias: block.alias.clone(),
    });
    let required = root.required_providers.values().map(|required| ProviderConfigAddress {
        module: Vec::new(),
        provider: required.source.clone(),
        alias: None,
    });
    let wanted: BTreeSet<_> = own.chain(required).chain(known.providers.iter().cloned()).collect();
    let state = State::default();
    let input = Input {
        snapshot: &wish.loaded.snapshot,
        configuration: &wish.loaded.configuration,
        state: &state,
        catalog: &session.catalog,
        variables: &wish.variables,
        options: &Options::default(),
        answers: &Answers::default(),
    };
    let native =
        wanted.into_iter().filter(|address| session.catalog.spec(&address.provider).is_some()).collect();
    evenkeel_plan::provider_configs(&input, &native)
        .map_err(|diagnostics| Failure::in_files(diagnostics, &wish.loaded.snapshot))
}

/// What the states of a store have.
#[derive(Default)]
struct Known {
    objects: BTreeMap<String, Vec<(Arc<str>, StackId, InstanceAddress)>>,
    /// Tokens of calls whose outcome is still to be found out.
    pending: BTreeSet<String>,
    /// Provider blocks of root modules that objects name.
    providers: BTreeSet<ProviderConfigAddress>,
}

impl Known {
    async fn of(session: &Session) -> Result<Self, Failure> {
        let mut known = Self::default();
        for stack in session.store.stacks().await? {
            let state = session.store.load(&stack).await?;
            known.pending.extend(state.pending.values().map(|intent| intent.token.to_string()));
            for (address, instance) in &state.instances {
                for object in instance.current.iter().chain(instance.deposed.values()) {
                    if stack == session.stack && object.provider.module.is_empty() {
                        known.providers.insert(object.provider.clone());
                    }
                    let Some(id) = object.attributes.get("id").and_then(|id| id.as_str()) else { continue };
                    let place = (address.resource.kind.clone(), stack.clone(), address.clone());
                    known.objects.entry(id.to_owned()).or_default().push(place);
                }
            }
        }
        Ok(known)
    }

    /// Where an object is remembered.
    fn place(
        &self,
        kind: &str,
        id: &str,
        connection: &dyn Connection,
    ) -> Option<(&StackId, &InstanceAddress)> {
        let places = self.objects.get(id)?.iter();
        let mut fitting = places.filter(|(known, ..)| **known == *kind || !connection.lists(known));
        fitting.next().map(|(_, stack, address)| (stack, address))
    }
}

/// Listing with one connection.
struct Listing<'a> {
    address: &'a ProviderConfigAddress,
    connection: &'a dyn Connection,
    known: &'a Known,
    args: &'a ListArgs,
    ui: &'a Ui,
}

impl Listing<'_> {
    /// Lists the objects of a type; each page is shown before the next one is asked for.
    async fn list(&self, kind: &Arc<str>) -> Result<(), Diagnostic> {
        let mut after = None;
        loop {
            let request = ListRequest { kind: kind.clone(), after };
            let page = self.connection.list(request).await.map_err(|error| {
                Diagnostic::error(format!("Cannot list objects of type {kind}"), error.to_string())
            })?;
            page.objects.iter().for_each(|object| self.show(kind, object));
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn show(&self, kind: &str, object: &Listed) {
        let place = self.known.place(kind, &object.id, self.connection);
        let is_orphan =
            place.is_none() && object.token.as_ref().is_some_and(|token| !self.known.pending.contains(token));
        let left_out = (self.args.unmanaged && place.is_some()) || (self.args.orphans && !is_orphan);
        match (left_out, self.args.run.json) {
            (true, _) => {}
            (false, true) => self.ui.document(&self.document(kind, object, place, is_orphan)),
            (false, false) => self.ui.line(&line(kind, object, place, is_orphan)),
        }
    }

    fn document(
        &self,
        kind: &str,
        object: &Listed,
        place: Option<(&StackId, &InstanceAddress)>,
        is_orphan: bool,
    ) -> serde_json::Value {
        json!({
            "type": kind,
            "id": object.id,
            "import_id": object.import_id(),
            "name": object.name,
            "tags": object.tags,
            "provider": self.address.to_string(),
            "stack": place.map(|(stack, _)| stack.to_string()),
            "address": place.map(|(_, address)| address.to_string()),
            "managed": place.is_some(),
            "orphan": is_orphan,
        })
    }
}

/// One object in a line: type, what an import is given, name, and where it is remembered.
fn line(kind: &str, object: &Listed, place: Option<(&StackId, &InstanceAddress)>, is_orphan: bool) -> String {
    let name = object.name.as_deref().filter(|name| *name != object.id);
    let name = name.map(|name| format!("  {name:?}")).unwrap_or_default();
    let place = match place {
        Some((_, address)) => address.to_string(),
        None if is_orphan => "(orphan: made by Evenkeel, in no state)".to_owned(),
        None => "(unmanaged)".to_owned(),
    };
    format!("{kind}  {}{name}  {place}", object.import_id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_what_an_import_is_given() {
        let object = Listed { import_id: Some("subnet-1/rtb-1".into()), ..Listed::of("rtbassoc-1") };
        let text = line("aws_route_table_association", &object, None, false);
        assert_eq!(text, "aws_route_table_association  subnet-1/rtb-1  (unmanaged)");
        let object = Listed { name: Some("web".into()), ..Listed::of("i-1") };
        assert_eq!(
            line("aws_instance", &object, None, true),
            "aws_instance  i-1  \"web\"  (orphan: made by Evenkeel, in no state)"
        );
    }
}
