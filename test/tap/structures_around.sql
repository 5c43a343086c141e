-- What surrounds a table: sequences, views, indexes, foreign keys, generated columns, triggers, rules.
BEGIN;
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps temporary tables
SELECT no_plan();
SET LOCAL tenancy.auto_protect = off; -- protect() alone is tested here
CREATE ROLE structures_around_app;
CREATE ROLE structures_around_owner;
CREATE ROLE structures_around_other;
CREATE SCHEMA app AUTHORIZATION structures_around_owner;
GRANT USAGE ON SCHEMA app TO structures_around_app, structures_around_other;
GRANT CREATE ON SCHEMA app TO structures_around_other;
CREATE FUNCTION app.says(rel text, pattern text) RETURNS bigint LANGUAGE sql AS
  $$SELECT count(*) FROM tenancy.protect(rel, dry_run => true) l WHERE l LIKE pattern$$;

-- Sequences.
CREATE ROLE structures_around_mover;
SET LOCAL ROLE structures_around_owner;
CREATE TABLE app.numbered (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, d int GENERATED ALWAYS AS (id * 2) STORED);
GRANT ALL ON app.numbered, app.numbered_id_seq TO structures_around_app;
GRANT SELECT ON app.numbered_id_seq TO PUBLIC;
GRANT UPDATE ON app.numbered_n_seq TO structures_around_mover;
SELECT tenancy.protect('app.numbered') \g /dev/null
RESET ROLE;
SELECT is(has_sequence_privilege('structures_around_app', 'app.numbered_id_seq', p), p = 'USAGE', p)
FROM unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) p;
SELECT is(has_sequence_privilege('structures_around_mover', 'app.numbered_n_seq', p), p = 'USAGE', 'who moved it goes on: ' || p)
FROM unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) p;
SELECT ok(has_sequence_privilege('structures_around_owner', 'app.numbered_id_seq', 'SELECT'), 'the owner keeps its rights');
SELECT is_empty($$SELECT tenancy.protect('app.numbered')$$, 'once');
SELECT tenancy.login(tenancy.issue_token('acme')) \g /dev/null
SET LOCAL ROLE structures_around_app;
INSERT INTO app.numbered DEFAULT VALUES;
SELECT results_eq('SELECT id, n, d FROM app.numbered', 'VALUES (1, 1, 2)', 'control: serial, identity, generated');
SELECT throws_ok('SELECT last_value FROM app.numbered_id_seq', '42501', NULL, 'how many there are');
SELECT throws_ok($$SELECT setval('app.numbered_id_seq', 1)$$, '42501', NULL, 'set back');
RESET ROLE;
SELECT tenancy.logout() \g /dev/null

-- Views.
SET LOCAL ROLE structures_around_owner;
CREATE TABLE app.doc (id int PRIMARY KEY, title text, secret text);
CREATE VIEW app.plain AS SELECT id FROM app.doc;
CREATE VIEW app.nested AS SELECT id FROM app.plain;
CREATE VIEW app.done WITH (security_invoker) AS SELECT id FROM app.doc;
CREATE VIEW app.narrow AS SELECT id, title FROM app.doc;
CREATE MATERIALIZED VIEW app.copied AS SELECT id FROM app.doc;
GRANT SELECT ON app.doc TO structures_around_other;
GRANT SELECT ON app.narrow TO structures_around_app;
RESET ROLE;
SET LOCAL ROLE structures_around_other;
CREATE VIEW app.foreign AS SELECT id FROM app.doc;
RESET ROLE;
CREATE TABLE test_lines AS SELECT l FROM tenancy.protect('app.doc') l;
SELECT results_eq($$SELECT c.relname::text COLLATE "default", coalesce(c.reloptions::text, '-') COLLATE "default" FROM pg_class c
    WHERE c.relkind = 'v' AND c.relnamespace = 'app'::regnamespace ORDER BY 1$$,
  $$VALUES ('done', '{security_invoker=true}'), ('foreign', '-'), ('narrow', '-'), ('nested', '{security_invoker=true}'),
    ('plain', '{security_invoker=true}')$$, 'own views run with their users'' rights');
SELECT results_eq($$SELECT l FROM test_lines WHERE l LIKE '-- view%' ORDER BY l$$,
  $$VALUES ('-- view "app"."foreign" runs with the rights of "structures_around_other": ALTER VIEW "app"."foreign" SET (security_invoker = true)'),
    ('-- view "app"."narrow" runs with the rights of "structures_around_owner", because its users lack rights of their own: '
     'GRANT SELECT ON app.doc TO structures_around_app; ALTER VIEW "app"."narrow" SET (security_invoker = true)')$$,
  'of others it is said what they do');
SELECT is_empty($$SELECT tenancy.protect('app.doc')$$, 'once');
INSERT INTO app.doc (tenant_id, id) VALUES ('globex', 1), ('acme', 2);
SELECT tenancy.login(tenancy.issue_token('acme')) \g /dev/null
SET LOCAL ROLE structures_around_app;
SELECT results_eq('SELECT id FROM app.narrow', 'VALUES (2)', 'the one that kept its owner''s rights shows own rows');
RESET ROLE;
SELECT tenancy.logout() \g /dev/null
-- A view whose owner gets around row security is never left as it was.
CREATE TABLE app.mine (id int PRIMARY KEY);
CREATE VIEW app.of_superuser AS SELECT id FROM app.mine;
GRANT SELECT ON app.of_superuser TO structures_around_app;
SELECT isnt(app.says('app.mine', '-- view "app"."of_superuser" now runs%GRANT SELECT ON app.mine TO structures_around_app%'),
  0::bigint, 'its users are told what they need');
SELECT tenancy.protect('app.mine') \g /dev/null
SELECT is(reloptions::text, '{security_invoker=true}', 'and it is switched') FROM pg_class WHERE relname = 'of_superuser';
SELECT tenancy.unprotect('app.mine') \g /dev/null
SELECT is(reloptions::text, '{security_invoker=true}', 'for good') FROM pg_class WHERE relname = 'of_superuser';

-- Indexes.
CREATE TABLE app.indexed (id int PRIMARY KEY, tenant_id tenancy.tenant_id, a text, b int);
CREATE INDEX by_a ON app.indexed (lower(a) text_pattern_ops, b DESC) INCLUDE (id) WHERE b > 0;
CREATE INDEX by_tenant ON app.indexed (tenant_id, a);
CREATE INDEX by_gin ON app.indexed USING gin (to_tsvector('simple', a));
SELECT is(app.says('app.indexed', '-- index%'), 1::bigint, 'one looks through all');
CREATE FUNCTION app.advice() RETURNS text LANGUAGE sql AS $$SELECT regexp_replace(l, '^.*: ', '')
  FROM tenancy.protect('app.indexed', dry_run => true) l WHERE l LIKE '-- index "by_a"%'$$;
SELECT is(app.advice(), 'CREATE INDEX ON "app"."indexed" ("tenant_id", lower(a) text_pattern_ops, b DESC)'
  ' INCLUDE (id) WHERE (b > 0)', 'and what would be better');
DO $$BEGIN EXECUTE app.advice(); END$$;
SELECT tenancy.protect('app.indexed') \g /dev/null
SELECT is_empty($$SELECT tenancy.protect('app.indexed')$$, 'told once');

-- Foreign keys that are allowed.
CREATE TABLE app.ref (id int PRIMARY KEY);
CREATE TABLE app.pointing (id int PRIMARY KEY, r int REFERENCES app.ref ON DELETE CASCADE);
SELECT is(app.says('app.pointing', '-- foreign key%'), 0::bigint, 'nobody but the owner deletes reference data');
GRANT DELETE ON app.ref TO structures_around_app;
SELECT is(app.says('app.pointing', '-- foreign key "pointing_r_fkey" of "app"."pointing": deleting a row of "app"."ref"'
  ' deletes rows of every tenant: REVOKE DELETE ON TABLE "app"."ref" FROM "structures_around_app"'), 1::bigint, 'the application may');
CREATE TABLE app.both (tenant_id tenancy.tenant_id NOT NULL, id int, PRIMARY KEY (tenant_id, id));
CREATE TABLE app.outside (t tenancy.tenant_id, id int, FOREIGN KEY (t, id) REFERENCES app.both);
SELECT is(app.says('app.both', '-- foreign key "outside_t_id_fkey" of "app"."outside": the table is not protected%'),
  1::bigint, 'from outside');
SELECT tenancy.protect('app.both') \g /dev/null
CREATE TABLE app.of_user (id int PRIMARY KEY, tenant_id tenancy.tenant_id NOT NULL, b int,
  FOREIGN KEY (tenant_id, b) REFERENCES app.both ON DELETE CASCADE);
SELECT is(count(*), 1::bigint, 'from a tenant''s table to a user''s')
FROM tenancy.protect('app.of_user', isolate_by => 'user', dry_run => true) l WHERE l LIKE '-- foreign key%of every user of the tenant';

-- Defaults of their own, and arguments.
CREATE TABLE app.defaulted (id int PRIMARY KEY, tenant_id text NOT NULL DEFAULT 'main');
SELECT is(app.says('app.defaulted', '-- the default of "tenant_id" of "app"."defaulted" was ''main''::text'), 1::bigint, 'own default');
SELECT throws_ok($$SELECT tenancy.protect('app.mine', backfill_using => ' ')$$, '22023', 'backfill_using is empty', 'empty expression');
SELECT throws_ok($$SELECT tenancy.protect_schema('app', skip_tables => '{ref,Ref}')$$, '42P01', NULL, 'skip_tables that are not there');
CREATE SCHEMA two;
CREATE TABLE two.own (id int);
CREATE TABLE two.theirs (id int);
ALTER SCHEMA two OWNER TO structures_around_owner;
ALTER TABLE two.own OWNER TO structures_around_owner;
SET LOCAL ROLE structures_around_owner;
SELECT is(count(*), 1::bigint, 'tables of others are named') FROM tenancy.protect_schema('two') l
WHERE l = '-- skipped: theirs belongs to another owner';
RESET ROLE;
SELECT results_eq($$SELECT relation::text FROM tenancy.protected_tables WHERE relation::text LIKE 'two.%'$$, $$VALUES ('two.own')$$,
  'and left alone');
SELECT * FROM finish();
ROLLBACK;
