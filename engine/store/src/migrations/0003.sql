-- What another program's provider kept with an object, and the state file that is written beside a stack.
ALTER TABLE objects ADD COLUMN private TEXT;
ALTER TABLE stacks ADD COLUMN state_file TEXT;
