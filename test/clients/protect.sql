-- What the owner does after the clients' own setup(): protect, and let the application in.
\set ON_ERROR_STOP on
CREATE TABLE notes (id text PRIMARY KEY, body text);
SELECT count(*) > 0 AS protected FROM tenancy.protect_langgraph();
SELECT count(*) > 0 AS protected FROM tenancy.protect('notes');
GRANT USAGE ON SCHEMA public TO app;
GRANT SELECT, INSERT, UPDATE, DELETE
  ON checkpoints, checkpoint_blobs, checkpoint_writes, store, notes TO app;
