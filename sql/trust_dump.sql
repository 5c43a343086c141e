-- Dumped and restored: configuration and public keys are there, the private half and the identity
-- of the database are not. Tokens of before live on; tokens of the copy do not enter the original.
\getenv dir PG_ABS_SRCDIR
\set tokens :dir '/sql/include/tokens.sql'
\i :tokens
SELECT tenancy.add_issuer('https://a', '{db}', jwks => t.jwks('a'), tenants => 'listed', tenant_lookup => 'alias');
INSERT INTO tenancy.tenants VALUES ('acme', 'active'), ('globex', 'suspended');
INSERT INTO tenancy.issuer_tenants VALUES ('https://a', 'acme');
INSERT INTO tenancy.tenant_aliases VALUES ('https://a', 'Acme, Inc.', 'acme');
-- Operators: what is left of a role that was dropped is not dumped.
CREATE ROLE trust_dump_jobs;
CREATE ROLE "1";
CREATE ROLE trust_dump_gone;
INSERT INTO tenancy.operators VALUES ('trust_dump_jobs', '{acme}', '{a:b,*}', '1 h', 'jobs'), ('"1"', NULL, NULL, '24 h', 'a number for a name'),
  ('trust_dump_gone', NULL, NULL, '24 h', 'gone');
DROP ROLE trust_dump_gone;
SELECT count(*) FROM tenancy.operators;
CREATE TABLE public.before AS SELECT tenancy.issue_token('acme', 'alice') AS token, tenancy.own_issuer();
SELECT private_jwk ->> 'd' AS secret FROM tenancy.signing_secrets \gset
\setenv SECRET :secret
\set original :DBNAME
\set copy :DBNAME '_copy'
CREATE DATABASE :copy;
\setenv ORIGINAL :original
\setenv COPY :copy
\! pg_dump -d "$ORIGINAL" -f "$PG_TENANCY_SCRATCH/dump.sql" 2>/dev/null
\! grep -c -e "$SECRET" -e 'COPY tenancy.signing_secrets' -e 'COPY tenancy.database_identity' "$PG_TENANCY_SCRATCH/dump.sql"
\! psql -X -q -v ON_ERROR_STOP=1 -d "$COPY" -f "$PG_TENANCY_SCRATCH/dump.sql" >/dev/null
\! grep -o '^COPY tenancy[^ ]*' "$PG_TENANCY_SCRATCH/dump.sql" | sort

\c :copy
SELECT t.try(token), own_issuer <> tenancy.own_issuer() AS "another database" FROM public.before;
SELECT t.try(t.token('https://a', '{"sub": "u", "tenant_id": "Acme, Inc."}'));
SELECT t.try(t.token('https://a', '{"sub": "u", "tenant_id": "Globex"}'));
SELECT tenant_id, status FROM tenancy.tenants ORDER BY tenant_id;
SELECT role, tenant_ids, permissions, max_ttl, reason FROM tenancy.operators ORDER BY role::text;
SELECT count(*) AS secrets FROM tenancy.signing_secrets;
SELECT json_array_length(tenancy.jwks() -> 'keys') AS published;
-- The copy signs with a key of its own, under a name of its own; the old key verifies for a day.
SELECT tenancy.issue_token('acme', 'mallory') AS token \gset
SELECT t.try(:'token'), count(*) AS keys, count(verify_until) AS replaced FROM tenancy.signing_keys;
SELECT t.try(token) FROM public.before;

\c :original
SELECT t.try(:'token'), t.try(token) FROM public.before;
DROP DATABASE :copy;
DROP ROLE trust_dump_jobs, "1";
