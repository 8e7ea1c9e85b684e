-- The audit log: who wrote a line, and what binds it to the line before it. The head of a stack is what
-- binds its last line; lines of earlier formats are bound when the file is brought to this one.
ALTER TABLE journal ADD COLUMN actor TEXT;
ALTER TABLE journal ADD COLUMN link BLOB;
ALTER TABLE stacks ADD COLUMN audit_lines INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stacks ADD COLUMN audit_head BLOB;
