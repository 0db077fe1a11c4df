-- name: record
-- Only ever added to; a trigger refuses everything else.
INSERT INTO audit (at, actor, action, subject, detail) VALUES (:at, :actor, :action, :subject, :detail);
