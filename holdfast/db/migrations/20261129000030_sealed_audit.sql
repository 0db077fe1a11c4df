-- migrate:up

-- Deeds are sealed one after the other: each seal is the SHA-256 of the one before it and of its deed. Positions are
-- given when a deed is sealed, so one that took its id early and committed late comes behind, and is not left out.
CREATE TABLE audit_seals (
    position    bigint PRIMARY KEY,
    audit_id    bigint NOT NULL REFERENCES audit CONSTRAINT deed_is_sealed_once UNIQUE,
    hash        bytea NOT NULL CONSTRAINT seal_is_sha256 CHECK (length(hash) = 32),
    sealed_at   timestamptz NOT NULL
);
CREATE TRIGGER audit_seals_history BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

-- What waits for its seal. The row commits with its deed, so no moment and no order of ids has to be guessed.
CREATE TABLE audit_unsealed (
    audit_id    bigint PRIMARY KEY REFERENCES audit
);
INSERT INTO audit_unsealed SELECT id FROM audit;

CREATE FUNCTION deed_waits_for_its_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_waits AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION deed_waits_for_its_seal();

-- Deeds are looked for by who, what, on which, and when; each list goes on where its last page ended.
DROP INDEX audit_by_subject;
CREATE INDEX audit_by_subject ON audit (subject, at, id);
CREATE INDEX audit_by_actor ON audit (actor, at, id);
CREATE INDEX audit_by_action ON audit (action, at, id);
CREATE INDEX audit_by_time ON audit (at, id);

-- migrate:down
DROP INDEX audit_by_time, audit_by_action, audit_by_actor, audit_by_subject;
CREATE INDEX audit_by_subject ON audit (subject, id);
DROP TRIGGER audit_waits ON audit;
DROP FUNCTION deed_waits_for_its_seal();
DROP TABLE audit_unsealed, audit_seals;
