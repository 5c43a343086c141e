-- The stage: issuers, the application's roles, protected tables with rows of two tenants. What the
-- attackers may never read bears the name CANARY.
CREATE ROLE app LOGIN;
CREATE ROLE app_session LOGIN;
ALTER ROLE app_session SET tenancy.scope = session;
CREATE ROLE app_owner;
-- As app, without the guard: shows that what stands behind it holds by itself.
CREATE ROLE app_unguarded LOGIN;
ALTER ROLE app_unguarded SET tenancy.guard = off;
CREATE ROLE reader LOGIN IN ROLE pg_read_all_data;
GRANT app TO app_session, app_unguarded;
CREATE EXTENSION pg_tenancy;
CREATE EXTENSION btree_gist;

SELECT tenancy.add_issuer('https://idp.example', '{app}', jwks => :'jwks', tenants_claim => 'tenants')
  \g /dev/null
SELECT tenancy.add_issuer('https://partner.example', '{app}', jwks => :'partner_jwks',
                          tenant_id => 'partner', user_prefix => 'partner/') \g /dev/null
SELECT tenancy.add_issuer('https://strict.example', '{app}', jwks => :'jwks', leeway => '0 s')
  \g /dev/null
SELECT tenancy.add_issuer('https://hmac.example', '{app}', jwks => :'hmac_jwks') \g /dev/null

CREATE SCHEMA shop AUTHORIZATION app_owner;
SET ROLE app_owner;
SET search_path = shop;
CREATE TABLE docs (id int PRIMARY KEY, title text, secret text, n int);
CREATE TABLE notes (key text PRIMARY KEY, value text);
CREATE TABLE accounts (email text PRIMARY KEY, nick text UNIQUE);
CREATE TABLE parents (id int PRIMARY KEY, secret text);
CREATE TABLE children (id int PRIMARY KEY, parent_id int REFERENCES parents ON DELETE CASCADE);
CREATE TABLE memos (id int PRIMARY KEY, body text);
CREATE TABLE memo_log (id int PRIMARY KEY, body text) PARTITION BY RANGE (id);
CREATE TABLE memo_log_1 PARTITION OF memo_log DEFAULT;
CREATE VIEW doc_list AS SELECT id, title, secret FROM docs;
CREATE VIEW doc_list_invoker WITH (security_invoker) AS SELECT id, title, secret FROM docs;
CREATE FUNCTION all_secrets() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS 'SELECT secret FROM shop.docs';
-- Trees: partitions at two levels, one detached; children by inheritance; views over views.
CREATE TABLE log (id int, at date, secret text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE log_2023 PARTITION OF log FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE log_2024 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE log_2025 PARTITION OF log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY HASH (id);
CREATE TABLE log_2025_0 PARTITION OF log_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE log_2025_1 PARTITION OF log_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE animals (id int PRIMARY KEY, secret text);
CREATE TABLE dogs (PRIMARY KEY (id)) INHERITS (animals);
CREATE TABLE bookings (room int, during int4range,
  EXCLUDE USING gist (room WITH =, during WITH &&));
CREATE TABLE numbered (id serial PRIMARY KEY);
CREATE VIEW doc_nested AS SELECT * FROM doc_list;
CREATE VIEW animal_list AS SELECT * FROM animals;
SELECT tenancy.protect('log') \g /dev/null
ALTER TABLE log DETACH PARTITION log_2023;
SELECT tenancy.protect('animals') \g /dev/null
SELECT tenancy.protect('bookings', tenant_column_type => 'text') \g /dev/null
SELECT tenancy.protect('numbered') \g /dev/null
GRANT ALL ON ALL SEQUENCES IN SCHEMA shop TO app;
SELECT tenancy.protect('numbered') \g /dev/null
SELECT tenancy.protect('docs') \g /dev/null
SELECT tenancy.protect('notes', isolate_by => 'user') \g /dev/null
SELECT tenancy.protect('accounts') \g /dev/null
SELECT tenancy.protect('memos', isolate_by => 'user', write_permission => 'memos:memo:write',
                       read_all_permission => 'memos:memo:read_all') \g /dev/null
SELECT tenancy.protect('memo_log', isolate_by => 'user', write_permission => 'memos:memo:write',
                       read_all_permission => 'memos:memo:read_all') \g /dev/null
SELECT tenancy.protect('children') \g /dev/null
SELECT tenancy.protect('parents') \g /dev/null
GRANT USAGE ON SCHEMA shop TO app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop TO app;
-- What protect() takes away must stay away when an application is granted everything again.
CREATE TABLE plain (id int PRIMARY KEY, doc_id int);
GRANT ALL ON plain TO app;
RESET ROLE;
RESET search_path;
GRANT TEMPORARY ON DATABASE attack TO app;
CREATE SCHEMA playground AUTHORIZATION app;
GRANT USAGE, CREATE ON SCHEMA playground TO app_session;

-- Written as the tenants themselves.
BEGIN;
SELECT tenancy.login(:'globex') \g /dev/null
INSERT INTO shop.docs VALUES (1, 'CANARY_TITLE', 'CANARY_G1', 42), (2, 'CANARY_TITLE', 'CANARY_G2', 43);
INSERT INTO shop.docs SELECT g, 'CANARY_TITLE', 'CANARY_GX', 77001 FROM generate_series(1000, 1999) g;
INSERT INTO shop.notes VALUES ('k', 'CANARY_GN');
INSERT INTO shop.accounts VALUES ('known@x', 'knownnick');
INSERT INTO shop.parents VALUES (1, 'CANARY_GP'), (900, 'CANARY_GP');
INSERT INTO shop.children VALUES (1, 1);
INSERT INTO shop.log SELECT g, date '2024-03-03', 'CANARY_GL' FROM generate_series(700, 709) g;
INSERT INTO shop.log SELECT g, date '2025-03-03', 'CANARY_GL' FROM generate_series(700, 709) g;
INSERT INTO shop.log_2023 VALUES (1, '2023-03-03', 'CANARY_GL');
INSERT INTO shop.animals VALUES (700, 'CANARY_GA');
INSERT INTO shop.dogs VALUES (700, 'CANARY_GD');
INSERT INTO shop.bookings VALUES (1, '[10,20)');
COMMIT;
BEGIN;
SELECT tenancy.login(:'acme') \g /dev/null
INSERT INTO shop.docs VALUES (1, 'mine', 'own secret', 1), (10, 'mine', 'own secret', 2);
INSERT INTO shop.notes VALUES ('k', 'CANARY_ALICE');
INSERT INTO shop.parents VALUES (1, 'own'), (2, 'own');
INSERT INTO shop.children VALUES (1, 1);
INSERT INTO shop.log VALUES (1, '2024-03-03', 'own'), (1, '2025-03-03', 'own');
INSERT INTO shop.log_2023 VALUES (1, '2023-03-03', 'own');
INSERT INTO shop.dogs VALUES (1, 'own');
INSERT INTO shop.bookings VALUES (1, '[1,5)');
COMMIT;
BEGIN;
SELECT tenancy.login(:'acme_bob') \g /dev/null
INSERT INTO shop.notes VALUES ('k', 'of bob');
COMMIT;
ANALYZE;

-- As an administrator of the database: writing to these takes a permission.
INSERT INTO shop.memos (tenant_id, user_id, id, body) VALUES ('globex', 'eve', 1, 'CANARY_GM'),
  ('globex', 'alice', 2, 'CANARY_GM'), ('acme', 'alice', 1, 'of alice'), ('acme', 'bob', 1, 'of bob');
INSERT INTO shop.memo_log (tenant_id, user_id, id, body) SELECT tenant_id, user_id, id, body FROM shop.memos;
ANALYZE shop.memos, shop.memo_log;

-- What the victims have: globex everything, alice her notes; and the roles of every tenant. Compared around every attack.
CREATE FUNCTION public.attack_digest() RETURNS text LANGUAGE sql AS $$
  SELECT md5(concat(
    (SELECT string_agg(d::text, ',' ORDER BY id) FROM shop.docs d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY key) FROM shop.notes d
     WHERE tenant_id = 'globex' OR user_id = 'alice'),
    (SELECT string_agg(d::text, ',' ORDER BY d) FROM shop.memos d
     WHERE tenant_id = 'globex' OR user_id = 'alice'),
    (SELECT string_agg(d::text, ',' ORDER BY d) FROM shop.memo_log d
     WHERE tenant_id = 'globex' OR user_id = 'alice'),
    (SELECT string_agg(d::text, ',' ORDER BY email) FROM shop.accounts d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY id) FROM shop.parents d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY id) FROM shop.children d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY id, at) FROM shop.log d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY id, tableoid) FROM shop.animals d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',') FROM tenancy.tenants d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY d) FROM tenancy.members d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY d) FROM tenancy.user_permissions d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY d) FROM tenancy.roles d WHERE scope IN ('', 'globex')),
    (SELECT string_agg(d::text, ',' ORDER BY d) FROM tenancy.role_permissions d WHERE scope IN ('', 'globex'))))
$$;
