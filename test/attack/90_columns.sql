-- Tables that already have a column for the tenant, of every type and spelling.
CREATE COLLATION public.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
GRANT ALL ON SCHEMA shop TO app_owner;
SET ROLE app_owner;
CREATE TABLE shop.by_text (org text, id int PRIMARY KEY, secret text);
CREATE TABLE shop.by_varchar (org varchar(20), id int PRIMARY KEY, secret text);
CREATE TABLE shop.by_uuid (org uuid, id int PRIMARY KEY, secret text);
INSERT INTO shop.by_text VALUES ('globex', 1, 'CANARY_T'), ('acme', 2, 'own');
INSERT INTO shop.by_varchar VALUES ('globex', 1, 'CANARY_V'), ('acme', 2, 'own');
INSERT INTO shop.by_uuid VALUES ('aaaaaaaa-2222-3333-4444-555555555555', 1, 'CANARY_U');
SELECT tenancy.protect('shop.by_text', tenant_column => 'org') \g /dev/null
SELECT tenancy.protect('shop.by_varchar', tenant_column => 'org') \g /dev/null
SELECT tenancy.protect('shop.by_uuid', tenant_column => 'org') \g /dev/null
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.by_text, shop.by_varchar, shop.by_uuid TO app;
RESET ROLE;

-- attack: columns of type text and varchar
-- as: acme
-- expect: rows own|own
SELECT secret FROM shop.by_text;
SELECT secret FROM shop.by_varchar;
-- control: the other tenant's
-- as: globex
-- expect: rows CANARY_T|CANARY_V
SELECT secret FROM shop.by_text;
SELECT secret FROM shop.by_varchar;

-- attack: a tenant whose name differs in case or by a space
-- as: tenant_case
-- expect: empty
SELECT secret FROM shop.by_text;
SELECT secret FROM shop.by_varchar;
SELECT secret FROM shop.docs;
-- control: it has a name all the same
-- as: tenant_case
-- expect: rows GLOBEX
SELECT tenancy.current_tenant_id();

-- attack: a tenant that is no UUID meets a column of UUIDs
-- as: acme
-- expect: error 22P02
SELECT secret FROM shop.by_uuid;
-- control: one that is, in another spelling
-- as: tenant_uuid
-- expect: rows CANARY_U
SELECT secret FROM shop.by_uuid;

-- attack: a collation for which GLOBEX is globex
-- role: postgres
-- expect: error 0A000
SET LOCAL ROLE app_owner;
CREATE TABLE shop.by_ci (org text COLLATE public.ci, id int PRIMARY KEY);
SELECT tenancy.protect('shop.by_ci', tenant_column => 'org');
-- control: with an ordinary collation
-- role: postgres
-- expect: lacks ERROR
SET LOCAL ROLE app_owner;
CREATE TABLE shop.by_c (org text COLLATE "C", id int PRIMARY KEY);
SELECT tenancy.protect('shop.by_c', tenant_column => 'org') \g /dev/null

-- attack: a type whose equality is another one's
-- role: postgres
-- expect: error 0A000
SET LOCAL ROLE app_owner;
CREATE TABLE shop.by_char (org char(10), id int PRIMARY KEY);
SELECT tenancy.protect('shop.by_char', tenant_column => 'org');
-- control: as text
-- role: postgres
-- expect: lacks ERROR
SET LOCAL ROLE app_owner;
CREATE TABLE shop.by_char2 (org text, id int PRIMARY KEY);
SELECT tenancy.protect('shop.by_char2', tenant_column => 'org') \g /dev/null

-- attack: rows without a tenant become everybody's
-- role: postgres
-- expect: error 23502
SET LOCAL ROLE app_owner;
CREATE TABLE shop.by_null (org text, id int PRIMARY KEY);
INSERT INTO shop.by_null VALUES (NULL, 1);
SELECT tenancy.protect('shop.by_null', tenant_column => 'org');
-- control: they may be given one
-- role: postgres
-- expect: rows acme
SET LOCAL ROLE app_owner;
CREATE TABLE shop.by_null2 (org text, id int PRIMARY KEY);
INSERT INTO shop.by_null2 VALUES (NULL, 1);
SELECT tenancy.protect('shop.by_null2', tenant_column => 'org', backfill_tenant => 'acme') \g /dev/null
RESET ROLE;
SELECT org FROM shop.by_null2;

-- attack: policies that a table has already widen what protect() gives
-- role: postgres
-- as: acme
-- expect: rows own
SET LOCAL ROLE app_owner;
CREATE POLICY all_of_it ON shop.by_text USING (true) WITH CHECK (true);
SELECT secret FROM shop.by_text;
DROP POLICY all_of_it ON shop.by_text;
-- control: a table with such a policy is refused without a word on it
-- role: postgres
-- expect: error 55000
SET LOCAL ROLE app_owner;
CREATE TABLE shop.by_policy (org text, id int PRIMARY KEY);
CREATE POLICY all_of_it ON shop.by_policy USING (true);
SELECT tenancy.protect('shop.by_policy', tenant_column => 'org');
