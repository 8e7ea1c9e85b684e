-- Whom provider blocks act for stands in few lines of a journal, and is wanted for each plan.
CREATE INDEX journal_of_identities ON journal (stack_id) WHERE kind = 'identified';
