-- migrate:up

-- A letter is a row that is written with its cause, and waits until it has ended; the unique key sends it once.
ALTER TABLE letters RENAME COLUMN job TO kind;
ALTER TABLE letters RENAME COLUMN lease_until TO due_at;
ALTER TABLE letters RENAME CONSTRAINT job_has_an_end TO kind_has_an_end;
ALTER TABLE letters DROP CONSTRAINT letter_state_is_known;
UPDATE letters SET state = 'waiting' WHERE state = 'sending';
ALTER TABLE letters ADD CONSTRAINT letter_state_is_known
    CHECK (state IN ('waiting', 'sent', 'not_needed', 'refused', 'given_up'));
CREATE INDEX letters_waiting ON letters (due_at) WHERE state = 'waiting';

-- migrate:down
DROP INDEX letters_waiting;
ALTER TABLE letters DROP CONSTRAINT letter_state_is_known;
DELETE FROM letters WHERE state = 'given_up';
UPDATE letters SET state = 'sending' WHERE state = 'waiting';
ALTER TABLE letters ADD CONSTRAINT letter_state_is_known
    CHECK (state IN ('sending', 'sent', 'not_needed', 'refused'));
ALTER TABLE letters RENAME CONSTRAINT kind_has_an_end TO job_has_an_end;
ALTER TABLE letters RENAME COLUMN due_at TO lease_until;
ALTER TABLE letters RENAME COLUMN kind TO job;
