-- Tables that appear later: made by the owner, by a migration, by the application itself.
SET ROLE app_owner;
SET search_path = shop;
SET client_min_messages = warning;
CREATE TABLE born (id int PRIMARY KEY, secret text, tenant_id tenancy.tenant_id);
CREATE TABLE ledger (day int, secret text, tenant_id tenancy.tenant_id) PARTITION BY LIST (day);
CREATE TABLE ledger_1 PARTITION OF ledger FOR VALUES IN (1);
GRANT SELECT, INSERT ON born, ledger, ledger_1 TO app;
CREATE UNIQUE INDEX born_secret ON born (secret);
-- A careless backup: it is owned by a superuser, holds rows of everybody, and is granted.
RESET ROLE;
CREATE TABLE docs_backup AS SELECT * FROM docs;
GRANT SELECT ON docs_backup TO app;
CREATE TABLE docs_text AS SELECT tenant_id::text, id, title FROM docs WHERE false;
GRANT SELECT, INSERT ON docs_text TO app;
RESET search_path;
BEGIN;
SELECT tenancy.login(:'globex') \g /dev/null
SET LOCAL ROLE app_owner;
INSERT INTO shop.born VALUES (1, 'CANARY_BORN');
INSERT INTO shop.ledger VALUES (1, 'CANARY_LEDGER');
COMMIT;
RESET client_min_messages;

-- attack: a table that nobody remembered to protect
-- as: acme
-- expect: empty
SELECT secret FROM shop.born;
-- control: own rows
-- as: acme
-- expect: rows mine
INSERT INTO shop.born VALUES (1, 'mine');
SELECT secret FROM shop.born;

-- attack: nobody reads it
-- expect: error TN001
SELECT secret FROM shop.born;
-- control: nobody reads a table of text
-- expect: empty
SELECT title FROM shop.docs_text;

-- attack: a copy of a table with everybody's rows
-- as: acme
-- expect: lacks globex
SELECT DISTINCT tenant_id FROM shop.docs_backup;
-- control: own rows
-- as: acme
-- expect: rows acme
SELECT DISTINCT tenant_id FROM shop.docs_backup;

-- attack: a new partition, read directly
-- as: acme
-- expect: empty
SELECT secret FROM shop.ledger_1;
-- control: through it own rows
-- as: acme
-- expect: rows own
INSERT INTO shop.ledger VALUES (1, 'own');
SELECT secret FROM shop.ledger_1;

-- attack: a unique index that a migration added tells which values others have
-- as: acme
-- oracle: CANARY_BORN,CANARY_NONE,CANARY_NONE2
-- reads: CANARY_BORN CANARY_NONE CANARY_NONE2
INSERT INTO shop.born VALUES (100, :'guess') RETURNING 'taken by nobody';
ROLLBACK;
-- control: it does hold within the tenant
-- as: acme
-- expect: error 23505
INSERT INTO shop.born VALUES (200, 'twice'), (201, 'twice');

-- attack: the application makes a table and fills it for another tenant
-- as: acme
-- expect: error 42501
CREATE TABLE playground.born_here (tenant_id tenancy.tenant_id, note text);
INSERT INTO playground.born_here VALUES ('globex', 'planted');
-- control: for its own
-- as: acme
-- expect: rows acme
CREATE TABLE playground.born_too (note text, tenant_id tenancy.tenant_id);
INSERT INTO playground.born_too VALUES ('planted');
SELECT tenant_id FROM playground.born_too;

-- attack: a table that the application made for one caller, read by the next
-- wrap: none
-- expect: rows here
-- expect: lacks for acme only
BEGIN; SELECT tenancy.login(:'acme') \g /dev/null
CREATE TABLE playground.born_shared AS SELECT tenancy.current_tenant_id() AS tenant_id, 'for acme only'::text AS note;
COMMIT;
BEGIN; SELECT tenancy.login(:'globex') \g /dev/null
SELECT note FROM playground.born_shared;
SELECT 'here';
COMMIT;
-- control: read by the same
-- as: acme
-- expect: rows for acme only
SELECT note FROM playground.born_shared;

-- attack: auto-protection is switched off
-- as: acme
-- expect: error 42501 42501 42501 42501
SET tenancy.auto_protect = off;
SELECT set_config('tenancy.auto_protect', 'off', true);
DROP EVENT TRIGGER tenancy_auto_protect_after;
ALTER EVENT TRIGGER tenancy_auto_protect_after DISABLE;
-- control: it is on
-- expect: rows typed
SELECT current_setting('tenancy.auto_protect');
