//! Every earlier format is brought to the newest one, and both ways there end with the same schema.

use std::path::Path;

use evenkeel_model::Timestamp;
use rusqlite::Connection;

use super::*;
use crate::sqlite::StoreOptions;
use crate::vault::{KeySource, Vault};
use crate::{audit, backup, file, load, verify};

/// A line of the journal as the oldest format has it.
const OBSERVED: &str = r#"{"entry":"observed","address":"a.a","object":{"status":"ready","provider":{"provider":"terraform.io/builtin/terraform"},"schema_version":0,"attributes":{"id":"i-1"}}}"#;

/// A stack with one object, as a program of that format has left it.
fn of_format(format: usize, path: &Path) {
    let conn = Connection::open(path).unwrap();
    MIGRATIONS.iter().take(format).for_each(|migration| conn.execute_batch(migration).unwrap());
    let script = "INSERT INTO stacks (id, name, lineage, serial) VALUES (7, 'default', 'l', 1);
        INSERT INTO instances (id, stack_id, address) VALUES (3, 7, 'a.a');
        INSERT INTO objects (instance_id, deposed, status, provider, schema_version, dependencies,
        create_before_destroy, attributes) VALUES (3, '', '\"ready\"',
        '{\"provider\":\"terraform.io/builtin/terraform\"}', 0, '[]', 0, '{\"id\":\"i-1\"}');";
    conn.execute_batch(script).unwrap();
    conn.execute(
        "INSERT INTO journal (stack_id, at, serial, token, kind, address, entry)
        VALUES (7, 1000, 1, 1, 'observed', 'a.a', ?1)",
        [OBSERVED],
    )
    .unwrap();
    if format >= 4 {
        audit::bind_all(&conn).unwrap();
    }
    conn.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    conn.pragma_update(None, "user_version", format as i64).unwrap();
}

#[test]
fn every_earlier_format_is_brought_to_the_newest() {
    for format in 1..=MIGRATIONS.len() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store");
        of_format(format, &path);
        let options = StoreOptions::default();
        let db = file::open(&path, &options).unwrap();
        let state = load::load(&db, &"default".into()).unwrap();
        assert_eq!((state.serial.0, state.instances.len()), (1, 1), "format {format}");
        assert_eq!(check(&db, &path).unwrap(), FORMAT);
        assert_eq!(schema(&db), schema(&newest()), "format {format}");
        drop(db);
        assert_eq!(verify::verify(&path, &options).unwrap().len(), 1, "format {format}");
        audit::audit(&path, &"default".into(), &options).unwrap().unwrap().unwrap();
    }
}

#[test]
fn a_copy_of_every_earlier_format_can_be_put_back() {
    for format in 1..=MIGRATIONS.len() {
        let directory = tempfile::tempdir().unwrap();
        let (copy, store) = (directory.path().join("copy"), directory.path().join("store"));
        of_format(format, &copy);
        let before = std::fs::read(&copy).unwrap();
        let restored = backup::restore(&store, &copy, Timestamp(0), &StoreOptions::default()).unwrap();
        assert_eq!((restored.stacks.len(), restored.stacks[0].lines), (1, 1), "format {format}");
        assert_eq!(std::fs::read(&copy).unwrap(), before, "format {format}");
        let again = backup::restore(&store, &copy, Timestamp(0), &StoreOptions::default()).unwrap();
        assert!(again.kept.is_some() && again.before.len() == 1, "format {format}");
    }
}

#[test]
fn a_new_store_has_the_schema_that_migrations_lead_to() {
    let migrated = Connection::open_in_memory().unwrap();
    MIGRATIONS.iter().for_each(|migration| migrated.execute_batch(migration).unwrap());
    let (migrated, new) = (schema(&migrated), schema(&newest()));
    assert!(migrated.len() > 80, "{migrated:?}");
    assert_eq!(new, migrated);
}

/// A store that was just made.
fn newest() -> Db {
    let db = Db::new(
        Connection::open_in_memory().unwrap(),
        Vault::new(Path::new(":memory:"), &KeySource::Nowhere),
    );
    migrate(&db, Path::new(":memory:")).unwrap();
    db
}

/// All that SQLite knows of tables, columns, keys and indexes, without the words they were made with.
fn schema(conn: &Connection) -> Vec<String> {
    let queries = [
        "SELECT t.name, t.type, t.ncol, t.wr, t.strict FROM pragma_table_list t WHERE t.schema = 'main' ORDER BY 1",
        "SELECT t.name, c.cid, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden
        FROM pragma_table_list t, pragma_table_xinfo(t.name) c WHERE t.schema = 'main' ORDER BY 1, 2",
        "SELECT t.name, i.name, i.\"unique\", i.origin, i.partial, x.seqno, x.name, x.desc
        FROM pragma_table_list t, pragma_index_list(t.name) i, pragma_index_xinfo(i.name) x
        WHERE t.schema = 'main' ORDER BY 1, 2, 6",
        "SELECT t.name, f.\"table\", f.\"from\", f.\"to\", f.on_update, f.on_delete
        FROM pragma_table_list t, pragma_foreign_key_list(t.name) f WHERE t.schema = 'main' ORDER BY 1, 3",
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1",
        "SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema WHERE type = 'table' ORDER BY 1",
    ];
    queries.iter().flat_map(|query| rows(conn, query)).collect()
}

fn rows(conn: &Connection, query: &str) -> Vec<String> {
    let mut statement = conn.prepare(query).unwrap();
    let columns = statement.column_count();
    let found = statement.query_map([], |row| {
        let cells = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
        Ok(cells.collect::<Result<Vec<_>, _>>()?.iter().map(|cell| format!("{cell:?} ")).collect())
    });
    found.unwrap().collect::<Result<_, _>>().unwrap()
}
