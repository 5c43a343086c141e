-- A table with these types survives pg_dump and restore, with indexes, defaults, constraints.
SET tenancy.auto_protect = off; -- these tables are compared, not isolated
CREATE TABLE dumped (
  tenant_id tenancy.tenant_id NOT NULL DEFAULT 'acme',
  user_id tenancy.user_id,
  wanted tenancy.permission[] DEFAULT '{tool:*}',
  who tenancy.identity,
  parent text,
  PRIMARY KEY (tenant_id, user_id),
  CHECK (tenant_id <> 'forbidden'),
  CHECK (tenant_id <> parent),
  EXCLUDE USING hash (user_id WITH =));
CREATE INDEX dumped_brin ON dumped USING brin (tenant_id);
CREATE VIEW dumped_view AS SELECT min(tenant_id) FROM dumped WHERE tenant_id = 'acme'::text
  AND '{tool:x}'::tenancy.permission[] <@ wanted AND 'a' <@ wanted[1];
INSERT INTO dumped VALUES
  (DEFAULT, 'u1', DEFAULT, ROW('acme', 'u1', NULL, '{}', NULL, NULL, 'urn:x', NULL, NULL, NULL)),
  ('A0000000-0000-0000-0000-000000000000', 'u2', NULL, NULL);
ANALYZE dumped;
\getenv directory PG_TENANCY_SCRATCH
\set restored :DBNAME '_restored'
CREATE DATABASE :restored;
\setenv RESTORED :restored
\setenv DUMPED :DBNAME
-- Restored twice over: what the restored database dumps is what it was made of.
\! pg_dump -d "$DUMPED" -f "$PG_TENANCY_SCRATCH/before.sql" 2>/dev/null
\! psql -X -q -v ON_ERROR_STOP=1 -d "$RESTORED" -f "$PG_TENANCY_SCRATCH/before.sql" >/dev/null
\! pg_dump -d "$RESTORED" -f "$PG_TENANCY_SCRATCH/after.sql" 2>/dev/null
-- (but for the random words of \restrict)
\! cd "$PG_TENANCY_SCRATCH" && sed -i '/^.\(un\)\?restrict /d' before.sql after.sql
\! cd "$PG_TENANCY_SCRATCH" && diff before.sql after.sql && echo the same
\! grep -c "CREATE TABLE public.dumped" "$PG_TENANCY_SCRATCH/after.sql"
\c :restored
SELECT tenant_id, user_id, wanted, who FROM dumped ORDER BY tenant_id;
INSERT INTO dumped VALUES ('a0000000-0000-0000-0000-000000000000', 'u2');
INSERT INTO dumped VALUES ('x', 'u3', NULL, NULL, 'x');
\c :DBNAME postgres
