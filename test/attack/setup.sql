-- The stage: issuers, the application's roles, protected tables with rows of two tenants. What the
-- attackers may never read bears the name CANARY.
CREATE ROLE app LOGIN;
CREATE ROLE app_session LOGIN;
ALTER ROLE app_session SET tenancy.scope = session;
CREATE ROLE app_owner;
CREATE ROLE reader LOGIN IN ROLE pg_read_all_data;
GRANT app TO app_session;
CREATE EXTENSION pg_tenancy;

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
CREATE VIEW doc_list AS SELECT id, title, secret FROM docs;
CREATE VIEW doc_list_invoker WITH (security_invoker) AS SELECT id, title, secret FROM docs;
CREATE FUNCTION all_secrets() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS 'SELECT secret FROM shop.docs';
SELECT tenancy.protect('docs') \g /dev/null
SELECT tenancy.protect('notes', isolate_by => 'user') \g /dev/null
SELECT tenancy.protect('accounts') \g /dev/null
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
COMMIT;
BEGIN;
SELECT tenancy.login(:'acme') \g /dev/null
INSERT INTO shop.docs VALUES (1, 'mine', 'own secret', 1), (10, 'mine', 'own secret', 2);
INSERT INTO shop.notes VALUES ('k', 'CANARY_ALICE');
INSERT INTO shop.parents VALUES (1, 'own'), (2, 'own');
INSERT INTO shop.children VALUES (1, 1);
COMMIT;
BEGIN;
SELECT tenancy.login(:'acme_bob') \g /dev/null
INSERT INTO shop.notes VALUES ('k', 'of bob');
COMMIT;
ANALYZE;

-- What the victims have: globex everything, alice her notes. Compared around every attack.
CREATE FUNCTION public.attack_digest() RETURNS text LANGUAGE sql AS $$
  SELECT md5(concat(
    (SELECT string_agg(d::text, ',' ORDER BY id) FROM shop.docs d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY key) FROM shop.notes d
     WHERE tenant_id = 'globex' OR user_id = 'alice'),
    (SELECT string_agg(d::text, ',' ORDER BY email) FROM shop.accounts d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY id) FROM shop.parents d WHERE tenant_id = 'globex'),
    (SELECT string_agg(d::text, ',' ORDER BY id) FROM shop.children d WHERE tenant_id = 'globex')))
$$;
