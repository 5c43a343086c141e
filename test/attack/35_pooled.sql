-- What one caller leaves behind on a pooled connection, and the next one enters it. Each block is
-- one connection: first the attacker without or with an identity, then the victim logs in. The guard
-- lets nobody make such state (76_guard.sql); app_unguarded shows that entering would refuse it.
-- attack: a temporary view named like a table
-- role: app_unguarded
-- wrap: none
-- expect: error TN010 TN001
CREATE TEMP VIEW docs AS SELECT id, 'of the attacker' AS secret FROM generate_series(1, 2) id;
SELECT tenancy.login(:'globex');
SELECT secret FROM shop.docs;
-- control: after the clean-up that the hint names the victim enters
-- role: app_unguarded
-- wrap: none
-- expect: rows globex
CREATE TEMP VIEW docs AS SELECT 1 AS id;
DISCARD ALL;
SELECT (tenancy.login(:'globex')).tenant_id;

-- attack: a temporary table that collects the next caller's rows
-- role: app_unguarded
-- wrap: none
-- expect: error TN010
CREATE TEMP TABLE docs (id int, secret text);
SELECT tenancy.login(:'globex');
-- control: a temporary table of the own transaction is the caller's
-- as: acme
-- expect: rows 2
CREATE TEMP TABLE mine ON COMMIT DROP AS SELECT * FROM shop.docs;
SELECT count(*) FROM mine;

-- attack: a redefined prepared statement
-- role: app_unguarded
-- wrap: none
-- expect: error TN010
PREPARE _pg3_0 AS SELECT 'of the attacker';
SELECT tenancy.login(:'globex');
-- control: deallocated, the victim enters
-- role: app_unguarded
-- wrap: none
-- expect: rows globex
PREPARE _pg3_0 AS SELECT 'of the attacker';
DEALLOCATE _pg3_0;
SELECT (tenancy.login(:'globex')).tenant_id;

-- attack: a search_path with the attacker's schema first
-- wrap: none
-- expect: error TN010
SET search_path = playground, shop;
SELECT tenancy.login(:'globex');
-- control: reset, the victim enters
-- wrap: none
-- expect: rows globex
SET search_path = playground, shop;
RESET search_path;
SELECT (tenancy.login(:'globex')).tenant_id;

-- attack: a cursor that was held open
-- role: app_unguarded
-- wrap: none
-- expect: error TN010
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT 'of the attacker';
COMMIT;
SELECT tenancy.login(:'globex');
-- control: closed, the victim enters
-- role: app_unguarded
-- wrap: none
-- expect: rows globex
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT 'of the attacker';
COMMIT;
CLOSE c;
SELECT (tenancy.login(:'globex')).tenant_id;

-- attack: another role, row_security off, other string rules
-- wrap: none
-- role: app_session
-- expect: error TN010 TN010 TN010
SET ROLE app;
SELECT tenancy.login(:'globex');
RESET ROLE;
SET row_security = off;
SELECT tenancy.login(:'globex');
RESET row_security;
SET standard_conforming_strings = off;
SELECT tenancy.login(:'globex');
-- control: reset, the victim enters
-- wrap: none
-- role: app_session
-- expect: rows globex
SET ROLE app;
RESET ROLE;
SELECT (tenancy.login(:'globex')).tenant_id;

-- attack: a cursor of the victim is read after its transaction
-- wrap: none
-- expect: error 34000
BEGIN;
SELECT tenancy.login(:'globex') \g /dev/null
DECLARE c CURSOR FOR SELECT secret FROM shop.docs;
COMMIT;
FETCH 1 FROM c;
-- control: it serves its transaction
-- as: acme
-- expect: rows own secret
DECLARE c CURSOR FOR SELECT secret FROM shop.docs;
FETCH 1 FROM c;

-- attack: session_replication_role switches triggers off
-- expect: error 42501
SET session_replication_role = replica;
-- control: an administrator may
-- role: postgres
-- expect: rows replica
SET LOCAL session_replication_role = replica;
SHOW session_replication_role;

-- attack: a lookup in the victim's transaction finds a shadow of our accessor
-- wrap: none
-- expect: lacks of the attacker
-- expect: lacks CANARY
CREATE FUNCTION playground.current_tenant_id() RETURNS text LANGUAGE sql AS $$SELECT 'globex'$$;
CREATE FUNCTION playground.eq(tenancy.tenant_id, tenancy.tenant_id) RETURNS boolean LANGUAGE sql
  IMMUTABLE AS 'SELECT true';
CREATE OPERATOR playground.= (LEFTARG = tenancy.tenant_id, RIGHTARG = tenancy.tenant_id,
                              FUNCTION = playground.eq);
BEGIN;
SELECT tenancy.login(:'acme') \g /dev/null
SET LOCAL search_path = playground, shop, pg_catalog;
SELECT secret FROM docs;
COMMIT;
-- control: the shadows are found where nobody wrote the schema
-- wrap: none
-- expect: rows globex
SET search_path = playground;
SELECT current_tenant_id();
