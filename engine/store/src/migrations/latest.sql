-- The newest format as one script, for files that are new; whatever a migration changes is changed here as
-- well, and a test compares the two. Columns stand in the order in which migrations added them.

CREATE TABLE stacks (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  lineage     TEXT NOT NULL DEFAULT '',
  serial      INTEGER NOT NULL DEFAULT 0,
  last_run    INTEGER NOT NULL DEFAULT 0,
  open_run    INTEGER,
  plan_key    BLOB,
  state_file  TEXT,
  audit_lines INTEGER NOT NULL DEFAULT 0,
  audit_head  BLOB
) STRICT;

CREATE TABLE leases (
  stack_id   INTEGER PRIMARY KEY REFERENCES stacks (id),
  token      INTEGER NOT NULL,
  holder     TEXT,
  since      INTEGER NOT NULL,
  renewed_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  mark       TEXT
) STRICT;

CREATE TABLE journal (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  stack_id INTEGER NOT NULL REFERENCES stacks (id),
  at       INTEGER NOT NULL,
  run      INTEGER,
  serial   INTEGER NOT NULL,
  token    INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  address  TEXT,
  entry    TEXT NOT NULL,
  actor    TEXT,
  link     BLOB
) STRICT;
CREATE INDEX journal_by_stack ON journal (stack_id);
CREATE INDEX journal_by_run ON journal (stack_id, run) WHERE run IS NOT NULL;
CREATE INDEX journal_by_address ON journal (stack_id, address) WHERE address IS NOT NULL;
CREATE INDEX journal_of_identities ON journal (stack_id) WHERE kind = 'identified';

CREATE TABLE instances (
  id          INTEGER PRIMARY KEY,
  stack_id    INTEGER NOT NULL REFERENCES stacks (id),
  address     TEXT NOT NULL,
  observed_at INTEGER,
  UNIQUE (stack_id, address)
) STRICT;

CREATE TABLE objects (
  instance_id           INTEGER NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
  deposed               TEXT NOT NULL,
  status                TEXT NOT NULL,
  provider              TEXT NOT NULL,
  schema_version        INTEGER NOT NULL,
  dependencies          TEXT NOT NULL,
  create_before_destroy INTEGER NOT NULL,
  token                 TEXT,
  attributes            TEXT NOT NULL,
  private               TEXT,
  PRIMARY KEY (instance_id, deposed)
) STRICT;

CREATE TABLE outputs (
  stack_id  INTEGER NOT NULL REFERENCES stacks (id),
  name      TEXT NOT NULL,
  value     TEXT NOT NULL,
  sensitive INTEGER NOT NULL,
  PRIMARY KEY (stack_id, name)
) STRICT;

CREATE TABLE pending (
  stack_id INTEGER NOT NULL REFERENCES stacks (id),
  run      INTEGER NOT NULL,
  step     INTEGER NOT NULL,
  address  TEXT NOT NULL,
  action   TEXT NOT NULL,
  token    TEXT NOT NULL,
  intent   TEXT NOT NULL,
  PRIMARY KEY (stack_id, run, step)
) STRICT;

CREATE TABLE runs (
  stack_id    INTEGER NOT NULL REFERENCES stacks (id),
  id          INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  revision    TEXT NOT NULL,
  plan_digest TEXT NOT NULL,
  started_at  INTEGER NOT NULL,
  status      TEXT,
  finished_at INTEGER,
  created     INTEGER NOT NULL DEFAULT 0,
  updated     INTEGER NOT NULL DEFAULT 0,
  deleted     INTEGER NOT NULL DEFAULT 0,
  failed      INTEGER NOT NULL DEFAULT 0,
  error       TEXT,
  PRIMARY KEY (stack_id, id)
) STRICT;

CREATE TABLE plans (
  stack_id INTEGER NOT NULL REFERENCES stacks (id),
  digest   TEXT NOT NULL,
  at       INTEGER NOT NULL,
  document BLOB NOT NULL,
  PRIMARY KEY (stack_id, digest)
) STRICT;

CREATE TABLE data_keys (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL,
  holder      TEXT NOT NULL,
  holder_name TEXT NOT NULL,
  wrapped     BLOB NOT NULL,
  scrubbed    INTEGER NOT NULL DEFAULT 1
) STRICT;
