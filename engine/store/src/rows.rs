//! The folded state as rows: the same [`RowChange`]s that [`evenkeel_state::State`] makes in
//! memory, in SQL.

use evenkeel_model::{InstanceAddress, Timestamp};
use evenkeel_state::{DeposedKey, Intent, Object, RowChange};
use rusqlite::{Connection, OptionalExtension, named_params, params};
use serde::Serialize;

use crate::db::Db;
use crate::error::{Fault, stored};
use crate::record::StackId;
use crate::vault::document::{self, Shape};
use crate::vault::place::Place;

/// The row of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StackKey(pub(crate) i64);

impl StackKey {
    /// The row of a stack, if the store knows it.
    pub(crate) fn find(conn: &Connection, stack: &StackId) -> Result<Option<Self>, Fault> {
        let sql = "SELECT id FROM stacks WHERE name = ?1";
        Ok(conn.prepare_cached(sql)?.query_row([&*stack.0], |row| row.get(0).map(Self)).optional()?)
    }

    /// The row of a stack, made if there is none.
    pub(crate) fn make(conn: &Connection, stack: &StackId) -> Result<Self, Fault> {
        if let Some(key) = Self::find(conn, stack)? {
            return Ok(key);
        }
        conn.prepare_cached("INSERT INTO stacks (name) VALUES (?1)")?.execute([&*stack.0])?;
        Ok(Self(conn.last_insert_rowid()))
    }
}

/// What stands in `deposed`; empty for the current object.
pub(crate) fn deposed_text(deposed: Option<DeposedKey>) -> String {
    deposed.map(|key| key.to_string()).unwrap_or_default()
}

/// Text for a JSON column.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Fault> {
    stored("value", serde_json::to_string(value))
}

/// Makes one change.
pub(crate) fn execute(conn: &Db, stack: StackKey, now: Timestamp, change: &RowChange) -> Result<(), Fault> {
    match change {
        RowChange::PutObject { address, deposed, object } => {
            put_object(conn, stack, now, address, *deposed, object)
        }
        RowChange::RemoveObject { address, deposed } => remove_object(conn, stack, address, *deposed),
        RowChange::Depose { address, key } => depose(conn, stack, address, *key),
        RowChange::Restore { address, key } => restore(conn, stack, address, *key),
        RowChange::Move { from, to } => move_objects(conn, stack, &from.to_string(), &to.to_string()),
        RowChange::PutPending(intent) => put_pending(conn, stack, intent),
        RowChange::RemovePending { run, step } => {
            let sql = "DELETE FROM pending WHERE stack_id = ?1 AND run = ?2 AND step = ?3";
            conn.prepare_cached(sql)?.execute(params![stack.0, run.0.cast_signed(), step.0])?;
            Ok(())
        }
        RowChange::SetHistory { lineage, .. } => {
            // The serial stands in the head that is written with the last entry.
            let sql = "UPDATE stacks SET lineage = ?2 WHERE id = ?1";
            conn.prepare_cached(sql)?.execute(params![stack.0, &**lineage])?;
            Ok(())
        }
        RowChange::SetOutputs(outputs) => {
            conn.prepare_cached("DELETE FROM outputs WHERE stack_id = ?1")?.execute([stack.0])?;
            let sql = "INSERT INTO outputs (stack_id, name, value, sensitive) VALUES (?1, ?2, ?3, ?4)";
            let mut statement = conn.prepare_cached(sql)?;
            for (name, output) in outputs {
                let place = Place::output(stack, name);
                let value =
                    document::seal(conn, place, output_shape(output.sensitive), json(&output.value)?)?;
                statement.execute(params![stack.0, &**name, value, output.sensitive])?;
            }
            Ok(())
        }
    }
}

/// An output is sensitive as a whole or not at all, whatever is marked in it.
pub(crate) fn output_shape(sensitive: bool) -> Shape {
    if sensitive { Shape::Whole } else { Shape::Encoded }
}

/// Records when an instance was seen, if it has an object.
pub(crate) fn touch(
    conn: &Connection,
    stack: StackKey,
    now: Timestamp,
    address: &InstanceAddress,
) -> Result<(), Fault> {
    let sql = "UPDATE instances SET observed_at = ?3 WHERE stack_id = ?1 AND address = ?2";
    conn.prepare_cached(sql)?.execute(params![stack.0, address.to_string(), now.0])?;
    Ok(())
}

fn put_object(
    conn: &Db,
    stack: StackKey,
    now: Timestamp,
    address: &InstanceAddress,
    deposed: Option<DeposedKey>,
    object: &Object,
) -> Result<(), Fault> {
    let sql = "INSERT INTO instances (stack_id, address, observed_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (stack_id, address) DO UPDATE SET observed_at = excluded.observed_at RETURNING id";
    let name = address.to_string();
    let instance: i64 =
        conn.prepare_cached(sql)?.query_row(params![stack.0, name, now.0], |row| row.get(0))?;
    let attributes = json(&object.attributes)?;
    let attributes = document::seal(conn, Place::attributes(stack, &name), Shape::Encoded, attributes)?;
    let private = object.private.as_deref().map(|private| seal_private(conn, stack, &name, private));
    let sql = "INSERT OR REPLACE INTO objects (instance_id, deposed, status, provider, schema_version,
        dependencies, create_before_destroy, token, private, attributes)
        VALUES (:instance, :deposed, :status, :provider, :schema_version, :dependencies, :create_first,
        :token, :private, :attributes)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":instance": instance,
        ":deposed": deposed_text(deposed),
        ":status": json(&object.status)?,
        ":provider": json(&object.provider)?,
        ":schema_version": object.schema_version.cast_signed(),
        ":dependencies": json(&object.dependencies)?,
        ":create_first": object.create_before_destroy,
        ":token": object.token.as_ref().map(|token| &*token.0),
        ":private": private.transpose()?,
        ":attributes": attributes,
    })?;
    Ok(())
}

fn seal_private(conn: &Db, stack: StackKey, name: &str, private: &str) -> Result<String, Fault> {
    document::seal(conn, Place::private(stack, name), Shape::Whole, json(&private)?)
}

/// Gives all objects of an instance another address, for which their sensitive values are sealed anew.
fn move_objects(conn: &Db, stack: StackKey, from: &str, to: &str) -> Result<(), Fault> {
    let sql = "UPDATE OR IGNORE instances SET address = ?3 WHERE stack_id = ?1 AND address = ?2";
    if conn.prepare_cached(sql)?.execute(params![stack.0, from, to])? == 0 {
        return Ok(());
    }
    let sql =
        "SELECT o.rowid, o.attributes, o.private FROM objects o JOIN instances i ON i.id = o.instance_id
        WHERE i.stack_id = ?1 AND i.address = ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let rows =
        statement.query_map(params![stack.0, to], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let rows: Vec<(i64, String, Option<String>)> = rows.collect::<Result<_, _>>()?;
    for (row, attributes, private) in rows {
        let sealed = |text: &str| document::is_sealed(text);
        if !sealed(&attributes) && !private.as_deref().is_some_and(sealed) {
            continue;
        }
        let (before, after) = (Place::attributes(stack, from), Place::attributes(stack, to));
        let attributes = document::moved(conn, before, after, Shape::Encoded, attributes)?;
        let (before, after) = (Place::private(stack, from), Place::private(stack, to));
        let private = private.map(|private| document::moved(conn, before, after, Shape::Whole, private));
        conn.prepare_cached("UPDATE objects SET attributes = ?2, private = ?3 WHERE rowid = ?1")?
            .execute(params![row, attributes, private.transpose()?])?;
    }
    Ok(())
}

fn instance(conn: &Connection, stack: StackKey, address: &InstanceAddress) -> Result<Option<i64>, Fault> {
    let sql = "SELECT id FROM instances WHERE stack_id = ?1 AND address = ?2";
    let mut statement = conn.prepare_cached(sql)?;
    Ok(statement.query_row(params![stack.0, address.to_string()], |row| row.get(0)).optional()?)
}

fn remove_object(
    conn: &Connection,
    stack: StackKey,
    address: &InstanceAddress,
    deposed: Option<DeposedKey>,
) -> Result<(), Fault> {
    let Some(instance) = instance(conn, stack, address)? else { return Ok(()) };
    conn.prepare_cached("DELETE FROM objects WHERE instance_id = ?1 AND deposed = ?2")?
        .execute(params![instance, deposed_text(deposed)])?;
    let sql = "DELETE FROM instances WHERE id = ?1
        AND NOT EXISTS (SELECT 1 FROM objects WHERE instance_id = ?1)";
    conn.prepare_cached(sql)?.execute([instance])?;
    Ok(())
}

fn depose(
    conn: &Connection,
    stack: StackKey,
    address: &InstanceAddress,
    key: DeposedKey,
) -> Result<(), Fault> {
    let Some(instance) = instance(conn, stack, address)? else { return Ok(()) };
    let sql = "UPDATE OR REPLACE objects SET deposed = ?2 WHERE instance_id = ?1 AND deposed = ''";
    conn.prepare_cached(sql)?.execute(params![instance, key.to_string()])?;
    Ok(())
}

fn restore(
    conn: &Connection,
    stack: StackKey,
    address: &InstanceAddress,
    key: DeposedKey,
) -> Result<(), Fault> {
    let Some(instance) = instance(conn, stack, address)? else { return Ok(()) };
    let sql = "UPDATE OR IGNORE objects SET deposed = '' WHERE instance_id = ?1 AND deposed = ?2";
    conn.prepare_cached(sql)?.execute(params![instance, key.to_string()])?;
    Ok(())
}

fn put_pending(conn: &Db, stack: StackKey, intent: &Intent) -> Result<(), Fault> {
    let address = intent.address.to_string();
    let text = document::seal(conn, Place::pending(stack, &address), Shape::Entry, json(intent)?)?;
    let sql = "INSERT OR REPLACE INTO pending (stack_id, run, step, address, action, token, intent)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    conn.prepare_cached(sql)?.execute(params![
        stack.0,
        intent.run.0.cast_signed(),
        intent.step.0,
        address,
        intent.action.as_str(),
        &*intent.token.0,
        text,
    ])?;
    Ok(())
}
