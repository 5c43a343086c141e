-- The identity of the session: set it, copy it, extend it, read it back, outlive it.
-- attack: no credential, no rows
-- expect: error TN001
SELECT secret FROM shop.docs;
-- control: with one
-- as: acme
-- expect: rows own secret|own secret
SELECT secret FROM shop.docs;

-- attack: settings that SQL can write name a tenant
-- expect: error TN001
SET app.tenant = 'globex';
SET app.tenant_id = 'globex';
SET request.jwt.claims = '{"tenant_id":"globex","sub":"eve","role":"service_role"}';
SET request.jwt.claim.tenant_id = 'globex';
SET role.jwt = 'globex';
SELECT secret FROM shop.docs;
-- control: an identity is not changed by them
-- as: acme
-- expect: rows acme|2
SET request.jwt.claims = '{"tenant_id":"globex","sub":"eve"}';
SELECT tenancy.current_tenant_id(), '2' WHERE (SELECT count(*) FROM shop.docs) = 2;

-- attack: a setting of ours that does not exist is invented
-- expect: error 42602 42602
SET tenancy.tenant_id = 'globex';
SELECT set_config('tenancy.identity', 'globex', false);
-- control: a setting of somebody else may be
-- expect: rows x
SELECT set_config('someone.tenant_id', 'x', false);

-- attack: a tenant's name is no credential
-- expect: error TN002 TN002 TN002
SET LOCAL tenancy.token = 'globex';
SET LOCAL tenancy.token = 'globex/eve';
SELECT set_config('tenancy.token', '{"tenant_id":"globex"}', true);
-- control: a token is
-- expect: rows globex
SELECT set_config('tenancy.token', :'globex', true) \g /dev/null
SELECT tenancy.current_tenant_id();

-- attack: the application loosens our settings
-- as: acme
-- expect: error 42501 42501 42501 42501
SET tenancy.scope = session;
SET tenancy.on_missing_identity = empty;
SET tenancy.entry_check = off;
SET tenancy.max_token_bytes = 1000000;
-- control: an administrator may set them
-- role: postgres
-- expect: rows session
SET LOCAL tenancy.scope = session;
SHOW tenancy.scope;

-- attack: the token is read back
-- as: acme
-- expect: lacks eyJ
-- expect: lacks ERROR
SHOW tenancy.token;
SELECT current_setting('tenancy.token');
SELECT * FROM pg_settings WHERE name LIKE 'tenancy.%';
SELECT setting, reset_val, boot_val FROM pg_settings WHERE name = 'tenancy.token';
SELECT set_config('tenancy.token', current_setting('tenancy.token'), true) WHERE false;
SELECT * FROM tenancy.whoami();
SELECT tenancy.claims();
SHOW ALL;
EXPLAIN (VERBOSE, SETTINGS, ANALYZE) SELECT * FROM shop.plain;
SELECT proconfig FROM pg_proc WHERE proconfig::text LIKE '%tenancy.token%';
SELECT setconfig FROM pg_db_role_setting WHERE setconfig::text LIKE '%tenancy.token%';
-- control: who it is may be read
-- as: acme
-- expect: rows acme/alice
SELECT current_setting('tenancy.token');

-- attack: what is shown is set again
-- as: acme
-- expect: error TN002
SELECT set_config('tenancy.token', current_setting('tenancy.token'), true);
-- control: setting the token itself again is fine
-- as: acme
-- expect: rows acme
SELECT set_config('tenancy.token', :'acme_again', true) \g /dev/null
SELECT tenancy.current_tenant_id();

-- attack: a refusal repeats the token, in its text or in its context
-- expect: error TN002 TN002
-- expect: lacks eyJ
CREATE FUNCTION playground.enter(token text) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN PERFORM set_config('tenancy.token', token, true); END $$;
SELECT playground.enter(:'altered');
SELECT tenancy.login(:'stranger');
-- control: a refusal says which check failed
-- expect: matches DETAIL
SELECT tenancy.login(:'altered');

-- attack: a worker's form of the setting is handed in
-- expect: error TN002 TN002 TN002
SELECT set_config('tenancy.token', 'globex/eve', true);
SELECT set_config('tenancy.token', E'\x01' || 'globex', true);
SELECT set_config('tenancy.token', 'w1:' || repeat('A', 400), true);
-- control: a real worker has the leader's identity
-- as: acme
-- expect: rows 2|t
DO $$ BEGIN -- its name until 15, and from 16 on
  PERFORM set_config(name, 'on', true) FROM pg_settings
  WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
END $$;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_leader_participation = off;
SELECT count(*) FROM shop.docs;
SELECT bool_and(tenant_id = 'acme') FROM shop.docs;

-- attack: a worker shows the leader's token
-- as: acme
-- expect: rows acme/alice|t
DO $$ BEGIN -- its name until 15, and from 16 on
  PERFORM set_config(name, 'on', true) FROM pg_settings
  WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
END $$;
SELECT current_setting('tenancy.token');
SELECT current_setting('tenancy.token') = 'acme/alice' FROM shop.docs WHERE id = 10;
-- control: it ran in a worker
-- as: acme
-- expect: matches Workers Launched: 1
DO $$ BEGIN -- its name until 15, and from 16 on
  PERFORM set_config(name, 'on', true) FROM pg_settings
  WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
END $$;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT current_setting('tenancy.token');

-- attack: the identity is fabricated while a worker seems to start
-- expect: error 55P02 TN001
SET is_superuser = on;
SET session_authorization = app;
SELECT secret FROM shop.docs;
-- control: the role is still the one that connected
-- expect: rows app
SELECT session_user;

-- attack: a second tenant in the same transaction
-- as: acme
-- expect: error TN011 TN011
SELECT tenancy.login(:'globex');
SELECT set_config('tenancy.token', :'acme_bob', true);
-- control: leaving is possible, and another transaction may be another tenant's
-- wrap: none
-- expect: rows acme|globex
BEGIN;
SELECT (tenancy.login(:'acme')).tenant_id;
SELECT tenancy.logout() \g /dev/null
COMMIT;
BEGIN;
SELECT (tenancy.login(:'globex')).tenant_id;
COMMIT;

-- attack: ROLLBACK TO forgets who was first
-- wrap: none
-- expect: error TN011
\set ON_ERROR_ROLLBACK off
BEGIN;
SAVEPOINT s;
SELECT tenancy.login(:'acme') \g /dev/null
ROLLBACK TO s;
SELECT tenancy.login(:'globex') \g /dev/null
ROLLBACK;
-- control: the same tenant may enter again
-- wrap: none
-- expect: rows acme
BEGIN;
SAVEPOINT s;
SELECT tenancy.login(:'acme') \g /dev/null
ROLLBACK TO s;
SELECT (tenancy.login(:'acme_again')).tenant_id;
ROLLBACK;

-- attack: RESET and DISCARD forget who was first
-- as: acme
-- expect: error TN011 TN011
RESET tenancy.token;
SELECT tenancy.login(:'globex');
RESET ALL;
SELECT tenancy.login(:'globex');
-- control: they leave
-- as: acme
-- expect: error TN001
RESET tenancy.token;
SELECT count(*) FROM shop.docs;

-- attack: an exception block brings an earlier identity back
-- expect: error TN001
DO $$ BEGIN
  BEGIN PERFORM set_config('tenancy.token', 'broken', true); EXCEPTION WHEN OTHERS THEN NULL; END;
END $$;
SELECT secret FROM shop.docs;
-- control: an identity from before the block stays
-- as: acme
-- expect: rows 2
DO $$ BEGIN
  BEGIN PERFORM set_config('tenancy.token', 'broken', true); EXCEPTION WHEN OTHERS THEN NULL; END;
END $$;
SELECT count(*) FROM shop.docs;

-- attack: a plain SET outlives its transaction
-- wrap: none
-- expect: error TN001
-- expect: matches earlier transaction
SELECT set_config('tenancy.token', :'globex', false) \g /dev/null
SELECT secret FROM shop.docs;
-- control: within the transaction it is valid
-- wrap: none
-- expect: rows 1002
BEGIN;
SELECT set_config('tenancy.token', :'globex', false) \g /dev/null
SELECT count(*) FROM shop.docs;
COMMIT;

-- attack: a procedure's COMMIT carries the identity over
-- wrap: none
-- expect: error TN001
SELECT format('DO $d$ BEGIN PERFORM set_config(''tenancy.token'', %L, false); COMMIT;
  PERFORM secret FROM shop.docs; END $d$', :'globex') \gexec
-- control: before the COMMIT it is there
-- wrap: none
-- expect: lacks ERROR
SELECT format('DO $d$ BEGIN PERFORM set_config(''tenancy.token'', %L, false);
  PERFORM secret FROM shop.docs; COMMIT; END $d$', :'globex') \gexec

-- attack: the identity changes in the middle of a statement
-- wrap: none
-- role: app_session
-- expect: error TN009
SELECT tenancy.login(:'acme', local => false) \g /dev/null
SELECT v.a, (SELECT string_agg(secret, ',') FROM shop.docs WHERE v.a IS NOT NULL) FROM
  (SELECT set_config('tenancy.token', t, false) AS a FROM unnest(ARRAY[:'acme', :'globex']) t
   OFFSET 0) v;
-- control: between two statements it may, in session scope
-- wrap: none
-- role: app_session
-- expect: rows 2|1002
SELECT tenancy.login(:'acme', local => false) \g /dev/null
SELECT count(*) FROM shop.docs;
SELECT tenancy.login(:'globex', local => false) \g /dev/null
SELECT count(*) FROM shop.docs;

-- attack: a function that logs in while another tenant's rows are read
-- wrap: none
-- role: app_session
-- expect: error TN009
-- expect: lacks CANARY
CREATE FUNCTION playground.become(token text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN PERFORM set_config('tenancy.token', token, false); RETURN true; END $$;
SELECT tenancy.login(:'acme', local => false) \g /dev/null
SELECT secret FROM shop.docs WHERE playground.become(:'globex') ORDER BY id;
SELECT tenancy.login(:'acme', local => false) \g /dev/null
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT secret FROM shop.docs WHERE playground.become(:'globex');
-- control: the function alone may
-- wrap: none
-- role: app_session
-- expect: rows t|globex
SELECT playground.become(:'globex');
SELECT tenancy.current_tenant_id();

-- attack: a cursor goes on under the next tenant
-- wrap: none
-- role: app_session
-- expect: error TN009
BEGIN;
SELECT tenancy.login(:'globex', local => false) \g /dev/null
DECLARE c CURSOR FOR SELECT secret FROM shop.docs;
FETCH 1 FROM c \g /dev/null
SELECT tenancy.login(:'acme', local => false) \g /dev/null
FETCH 1 FROM c;
-- control: under the same one it goes on
-- wrap: none
-- role: app_session
-- expect: rows own secret|own secret
BEGIN;
SELECT tenancy.login(:'acme', local => false) \g /dev/null
DECLARE c CURSOR FOR SELECT secret FROM shop.docs;
FETCH 1 FROM c;
FETCH 1 FROM c;
COMMIT;

-- attack: an expired token keeps an open transaction in
-- as: fresh
-- expect: error TN004
-- expect: matches own secret
SELECT secret FROM shop.docs WHERE id = 10;
SELECT pg_sleep(2.5) \g /dev/null
SELECT secret FROM shop.docs;
-- control: a longer one does
-- as: acme
-- expect: rows 2
SELECT pg_sleep(0.1) \g /dev/null
SELECT count(*) FROM shop.docs;

-- attack: the token is stored in a role, a database or a function
-- wrap: none
-- role: app_unguarded
-- expect: error TN010 TN010 TN010
SELECT format('ALTER ROLE app_unguarded SET tenancy.token = %L', :'globex') \gexec
SELECT format('ALTER ROLE app_unguarded IN DATABASE attack SET tenancy.token = %L', :'globex') \gexec
SELECT format('CREATE FUNCTION playground.f() RETURNS int LANGUAGE sql SET tenancy.token = %L
  AS ''SELECT 1''', :'globex') \gexec
-- control: other settings may be
-- wrap: none
-- role: app_unguarded
-- expect: lacks ERROR
ALTER ROLE app_unguarded SET statement_timeout = '1h';
ALTER ROLE app_unguarded RESET statement_timeout;
CREATE FUNCTION playground.f() RETURNS int LANGUAGE sql SET statement_timeout = '1h' AS 'SELECT 1';
DROP FUNCTION playground.f();

-- attack: a function keeps the identity of whoever made it
-- as: acme
-- expect: error TN010 42883
CREATE FUNCTION playground.kept() RETURNS text LANGUAGE sql SET tenancy.token FROM CURRENT AS
  'SELECT string_agg(secret, '','') FROM shop.docs';
SELECT playground.kept();
-- control: it may keep another setting
-- as: acme
-- expect: rows 2
CREATE FUNCTION playground.kept2() RETURNS bigint LANGUAGE sql SET work_mem FROM CURRENT AS
  'SELECT count(*) FROM shop.docs';
SELECT playground.kept2();

-- attack: the token is written into the server's configuration
-- wrap: none
-- expect: error 42501
SELECT format('ALTER SYSTEM SET tenancy.token = %L', :'globex') \gexec
-- control: an administrator may set other settings there
-- wrap: none
-- role: postgres
-- expect: lacks ERROR
ALTER SYSTEM SET work_mem = '5MB';
ALTER SYSTEM RESET work_mem;

-- attack: UPDATE pg_settings and set_config in mid-statement
-- as: acme
-- expect: error TN011
UPDATE pg_settings SET setting = :'globex' WHERE name = 'tenancy.token';
SELECT set_config('tenancy.token', :'globex', true), secret FROM shop.docs;
-- control: an administrator's read of the view shows no token
-- role: postgres
-- expect: lacks eyJ
SELECT tenancy.login(:'globex') \g /dev/null
SELECT name, setting, reset_val, boot_val FROM pg_settings WHERE name LIKE 'tenancy%';

-- attack: a text in which a token is found only after trying every place, and no cancel arrives
-- expect: rows t
-- expect: error TN002
SELECT repeat('a', 3000000) AS long, clock_timestamp() AS began \gset
SELECT set_config('tenancy.token', repeat('a', 1600000) || 'b', true), :'long';
ROLLBACK;
SELECT clock_timestamp() < :'began'::timestamptz + '5 s';
-- control: a token that is refused may be that long, too
-- expect: rows t
-- expect: error TN002
SELECT clock_timestamp() AS began \gset
SELECT set_config('tenancy.token', repeat('a', 1600000) || 'b', true);
ROLLBACK;
SELECT clock_timestamp() < :'began'::timestamptz + '5 s';

-- attack: a bound token shows in pg_stat_activity
-- as: acme
-- expect: lacks eyJ
SELECT query FROM pg_stat_activity WHERE query LIKE '%eyJ%' AND pid <> pg_backend_pid();
-- control: the view is readable
-- as: acme
-- expect: rows 1
SELECT count(*) FROM pg_stat_activity WHERE pid = pg_backend_pid();
