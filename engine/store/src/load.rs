//! Reading a whole state back from its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, ResourceAddress};
use evenkeel_state::{
    DeposedKey, Instance, Intent, Object, ObjectStatus, OutputValue, ProviderConfigAddress, RunId, Serial,
    State, StepId, Token,
};
use rusqlite::{OptionalExtension, Row};

use crate::db::Db;
use crate::error::{Fault, stored};
use crate::record::StackId;
use crate::rows::{StackKey, output_shape};
use crate::vault::document::{self, Shape};
use crate::vault::place::Place;

/// The state of a stack; empty when it is not known.
pub(crate) fn load(conn: &Db, stack: &StackId) -> Result<State, Fault> {
    let sql = "SELECT id, lineage, serial FROM stacks WHERE name = ?1";
    let head = conn.prepare_cached(sql)?.query_row([&*stack.0], |row| {
        let lineage: String = row.get(1)?;
        Ok((StackKey(row.get(0)?), Arc::from(lineage), Serial(row.get::<_, i64>(2)?.cast_unsigned())))
    });
    let Some((key, lineage, serial)) = head.optional()? else { return Ok(State::default()) };
    Ok(State {
        lineage,
        serial,
        instances: instances(conn, key)?,
        outputs: outputs(conn, key)?,
        pending: pending(conn, key)?,
    })
}

fn instances(conn: &Db, key: StackKey) -> Result<BTreeMap<InstanceAddress, Instance>, Fault> {
    let sql = "SELECT i.address, o.deposed, o.status, o.provider, o.schema_version, o.dependencies,
        o.create_before_destroy, o.token, o.attributes, o.private
        FROM instances i JOIN objects o ON o.instance_id = i.id WHERE i.stack_id = ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([key.0])?;
    let mut providers = Providers::default();
    let mut resources = Resources::default();
    let mut dependencies = Dependencies::default();
    let mut instances: Vec<(InstanceAddress, Instance)> = Vec::new();
    while let Some(row) = rows.next()? {
        let address = resources.share(stored("address", text(row, 0)?.parse())?);
        let deposed = text(row, 1)?;
        let object = object(conn, key, row, &mut providers, &mut dependencies)?;
        // The objects of an instance are mostly read one after the other, and in the order of addresses.
        if instances.last().is_none_or(|(last, _)| *last != address) {
            instances.push((address, Instance::default()));
        }
        let Some((_, instance)) = instances.last_mut() else { continue };
        match deposed {
            "" => instance.current = Some(object),
            key => {
                let key: DeposedKey = stored("deposed key", key.parse())?;
                instance.deposed.insert(key, object);
            }
        }
    }
    Ok(merged(instances))
}

/// Objects of the same instance, wherever they were read, belong together.
fn merged(mut read: Vec<(InstanceAddress, Instance)>) -> BTreeMap<InstanceAddress, Instance> {
    read.sort_by(|(a, _), (b, _)| a.cmp(b));
    read.dedup_by(|(later, from), (known, into)| {
        let same = later == known;
        if same {
            into.current = into.current.take().or(from.current.take());
            into.deposed.append(&mut from.deposed);
        }
        same
    });
    read.into_iter().collect()
}

/// The resources that instances belong to: thousands of addresses share a few.
#[derive(Default)]
struct Resources(BTreeSet<ResourceAddress>);

impl Resources {
    /// The same address, sharing the names of its resource with the others.
    fn share(&mut self, address: InstanceAddress) -> InstanceAddress {
        let InstanceAddress { resource, key } = address;
        if let Some(known) = self.0.get(&resource) {
            return known.instance(key);
        }
        self.0.insert(resource.clone());
        InstanceAddress { resource, key }
    }
}

/// Provider addresses by their stored text: thousands of objects share a few.
#[derive(Default)]
struct Providers(BTreeMap<String, ProviderConfigAddress>);

impl Providers {
    fn read(&mut self, text: &str) -> Result<ProviderConfigAddress, Fault> {
        if let Some(provider) = self.0.get(text) {
            return Ok(provider.clone());
        }
        let provider: ProviderConfigAddress = stored("provider address", serde_json::from_str(text))?;
        self.0.insert(text.to_owned(), provider.clone());
        Ok(provider)
    }
}

/// Lists of dependencies by their stored text: all instances of a resource have the same.
#[derive(Default)]
struct Dependencies(Option<(String, Vec<ResourceAddress>)>);

impl Dependencies {
    fn read(&mut self, text: &str) -> Result<Vec<ResourceAddress>, Fault> {
        if let Some((_, last)) = self.0.as_ref().filter(|(last, _)| last == text) {
            return Ok(last.clone());
        }
        let read: Vec<ResourceAddress> = stored("list of dependencies", serde_json::from_str(text))?;
        self.0 = Some((text.to_owned(), read.clone()));
        Ok(read)
    }
}

fn object(
    conn: &Db,
    stack: StackKey,
    row: &Row<'_>,
    providers: &mut Providers,
    dependencies: &mut Dependencies,
) -> Result<Object, Fault> {
    let status: ObjectStatus = stored("object status", serde_json::from_str(text(row, 2)?))?;
    let token: Option<String> = row.get(7)?;
    Ok(Object {
        status,
        provider: providers.read(text(row, 3)?)?,
        schema_version: row.get::<_, i64>(4)?.cast_unsigned(),
        dependencies: dependencies.read(text(row, 5)?)?,
        create_before_destroy: row.get(6)?,
        token: token.map(|token| Token(token.into())),
        private: private(conn, stack, row)?,
        attributes: parsed(
            conn,
            "object",
            Place::attributes(stack, text(row, 0)?),
            Shape::Encoded,
            text(row, 8)?,
        )?,
    })
}

fn private(conn: &Db, stack: StackKey, row: &Row<'_>) -> Result<Option<Arc<str>>, Fault> {
    let Some(text) = row.get::<_, Option<String>>(9)? else { return Ok(None) };
    let place = Place::private(stack, self::text(row, 0)?);
    parsed(conn, "object", place, Shape::Whole, &text).map(Some)
}

/// What a document says once its sealed parts are open.
pub(crate) fn parsed<T: serde::de::DeserializeOwned>(
    conn: &Db,
    what: &str,
    place: Place<'_>,
    shape: Shape,
    text: &str,
) -> Result<T, Fault> {
    if !document::is_sealed(text) {
        return stored(what, serde_json::from_str(text));
    }
    let opened = document::open(conn, place, shape, text.to_owned())?;
    stored(what, serde_json::from_str(&opened))
}

/// A text column without a copy.
fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str, Fault> {
    stored("text", row.get_ref(column)?.as_str())
}

fn outputs(conn: &Db, key: StackKey) -> Result<BTreeMap<Arc<str>, OutputValue>, Fault> {
    let sql = "SELECT name, value, sensitive FROM outputs WHERE stack_id = ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([key.0])?;
    let mut outputs = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (name, sensitive) = (text(row, 0)?, row.get(2)?);
        let value = parsed(conn, "output", Place::output(key, name), output_shape(sensitive), text(row, 1)?)?;
        outputs.insert(name.into(), OutputValue { value, sensitive });
    }
    Ok(outputs)
}

fn pending(conn: &Db, key: StackKey) -> Result<BTreeMap<(RunId, StepId), Intent>, Fault> {
    let mut statement = conn.prepare_cached("SELECT intent, address FROM pending WHERE stack_id = ?1")?;
    let mut rows = statement.query([key.0])?;
    let mut pending = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let place = Place::pending(key, text(row, 1)?);
        let intent: Intent = parsed(conn, "intent", place, Shape::Entry, text(row, 0)?)?;
        pending.insert((intent.run, intent.step), intent);
    }
    Ok(pending)
}
