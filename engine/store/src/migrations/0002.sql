-- What plan files of a stack are sealed with: drawn when the first one is written.

ALTER TABLE stacks ADD COLUMN plan_key BLOB;
