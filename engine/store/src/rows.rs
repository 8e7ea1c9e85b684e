//! The folded state as rows: the same [`RowChange`]s that [`evenkeel_state::State`] makes in
//! memory, in SQL.

use evenkeel_model::{InstanceAddress, Timestamp};
use evenkeel_state::{DeposedKey, Intent, Object, RowChange};
use rusqlite::{Connection, OptionalExtension, named_params, params};
use serde::Serialize;

use crate::error::{Fault, stored};
use crate::record::StackId;

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
pub(crate) fn execute(
    conn: &Connection,
    stack: StackKey,
    now: Timestamp,
    change: &RowChange,
) -> Result<(), Fault> {
    match change {
        RowChange::PutObject { address, deposed, object } => {
            put_object(conn, stack, now, address, *deposed, object)
        }
        RowChange::RemoveObject { address, deposed } => remove_object(conn, stack, address, *deposed),
        RowChange::Depose { address, key } => depose(conn, stack, address, *key),
        RowChange::Restore { address, key } => restore(conn, stack, address, *key),
        RowChange::Move { from, to } => {
            let sql = "UPDATE OR IGNORE instances SET address = ?3 WHERE stack_id = ?1 AND address = ?2";
            conn.prepare_cached(sql)?.execute(params![stack.0, from.to_string(), to.to_string()])?;
            Ok(())
        }
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
                statement.execute(params![stack.0, &**name, json(&output.value)?, output.sensitive])?;
            }
            Ok(())
        }
    }
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
    conn: &Connection,
    stack: StackKey,
    now: Timestamp,
    address: &InstanceAddress,
    deposed: Option<DeposedKey>,
    object: &Object,
) -> Result<(), Fault> {
    let sql = "INSERT INTO instances (stack_id, address, observed_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (stack_id, address) DO UPDATE SET observed_at = excluded.observed_at RETURNING id";
    let instance: i64 = conn
        .prepare_cached(sql)?
        .query_row(params![stack.0, address.to_string(), now.0], |row| row.get(0))?;
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
        ":private": object.private.as_deref(),
        ":attributes": json(&object.attributes)?,
    })?;
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

fn put_pending(conn: &Connection, stack: StackKey, intent: &Intent) -> Result<(), Fault> {
    let sql = "INSERT OR REPLACE INTO pending (stack_id, run, step, address, action, token, intent)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    conn.prepare_cached(sql)?.execute(params![
        stack.0,
        intent.run.0.cast_signed(),
        intent.step.0,
        intent.address.to_string(),
        intent.action.as_str(),
        &*intent.token.0,
        json(intent)?,
    ])?;
    Ok(())
}
