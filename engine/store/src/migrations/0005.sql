-- Sensitive values are sealed with a data key of the store, which is kept here wrapped by a key that is
-- kept elsewhere. A number is never given out again. Scrubbed: nothing that the key replaced is left in
-- free pages.
CREATE TABLE data_keys (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL,
  holder      TEXT NOT NULL,
  holder_name TEXT NOT NULL,
  wrapped     BLOB NOT NULL,
  scrubbed    INTEGER NOT NULL DEFAULT 1
) STRICT;
