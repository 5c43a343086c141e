-- Operators: who may speak for tenants on purpose, and for no more than their entry says.
CREATE ROLE support LOGIN IN ROLE app;
CREATE ROLE supporter LOGIN IN ROLE support;
CREATE ROLE lender LOGIN;
INSERT INTO tenancy.operators VALUES
  ('support', '{acme,initech}', '{docs:doc:read}', '5 min', 'support staff');
INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme'), ('globex'), ('initech') ON CONFLICT DO NOTHING;
CREATE FUNCTION public.lend(tenant text) RETURNS text LANGUAGE sql AS
  $$ SELECT tenancy.issue_token(tenant::tenancy.tenant_id, ttl => '1 min') $$;

-- attack: the application issues a token, through whatever function
-- expect: error 42501 42501 42501
SELECT tenancy.issue_token('globex');
SELECT public.lend('acme');
DO $$ BEGIN PERFORM tenancy.issue_token('acme', ttl => '1 s', permissions => '{}'); END $$;
-- control: an operator may, through whatever function
-- role: support
-- expect: rows t
SELECT public.lend('acme') LIKE 'eyJ%';

-- attack: an operator asks for more than the entry
-- role: support
-- expect: error 42501 42501 42501 42501 42501 42501
SELECT tenancy.issue_token('globex', ttl => '1 min');
SELECT tenancy.issue_token('acme');
SELECT tenancy.issue_token('acme', ttl => '301 s');
SELECT tenancy.issue_token('acme', ttl => '1 min', permissions => '{docs:doc:write}');
SELECT tenancy.issue_token('acme', ttl => '1 min', permissions => '{docs:*}');
SELECT tenancy.issue_token('acme', ttl => '1 min', permissions => '{docs:doc:read,*}');
-- control: for what the entry says, and no more comes out
-- role: support
-- expect: rows acme|{docs:doc:read}
SELECT tenancy.issue_token('acme', ttl => '5 min') AS issued \gset
SELECT (tenancy.login(:'issued')).tenant_id;
SELECT (tenancy.whoami()).permissions;

-- attack: further claims that would widen the token
-- role: support
-- expect: error 22023 22023 22023 22023
SELECT tenancy.issue_token('acme', ttl => '1 min', claims => '{"tenant_id": "globex"}');
SELECT tenancy.issue_token('acme', ttl => '1 min', claims => '{"permissions": ["*"]}');
SELECT tenancy.issue_token('acme', ttl => '1 min', claims => '{"permissio\u006es": ["*"]}');
SELECT tenancy.issue_token('acme', ttl => '1 min', claims => '{"exp": 4102444800}');
-- control: a name that is only like one stays what it is
-- role: support
-- expect: rows acme|{docs:doc:read}
SELECT tenancy.issue_token('acme', ttl => '1 min', roles => '{"\",\"tenant_id\":\"globex"}', claims => '{"Tenant_id": "globex", "x\",\"permissions": ["*"]}') AS issued \gset
SELECT (tenancy.login(:'issued')).tenant_id;
SELECT (tenancy.whoami()).permissions;

-- attack: the application reads or writes the entries
-- expect: error 42501 42501 42501 42501 42501
SELECT * FROM tenancy.operators;
INSERT INTO tenancy.operators (role, reason) VALUES ('app', 'because');
UPDATE tenancy.operators SET tenant_ids = NULL, permissions = NULL;
DELETE FROM tenancy.operators;
TRUNCATE tenancy.operators;
-- control: an administrator does
-- role: postgres
-- expect: rows support
SELECT role FROM tenancy.operators;

-- attack: a table of the same name, before the real one
-- role: lender
-- wrap: none
-- expect: error 42501
CREATE TEMP TABLE operators (role regrole, tenant_ids tenancy.tenant_id[], permissions tenancy.permission[], max_ttl interval);
INSERT INTO operators VALUES ('lender', NULL, NULL, '24 h');
SET search_path = pg_temp, tenancy;
SELECT tenancy.issue_token('globex', ttl => '1 min');
-- control: the real one is asked
-- role: support
-- expect: matches eyJ
SELECT tenancy.issue_token('acme', ttl => '1 min');

-- attack: a member of the operator without its privileges, for the tenant that the operator has
-- role: postgres
-- expect: error 42501
CREATE ROLE helper NOINHERIT; -- from 16 on the membership keeps what the role was when it was granted
GRANT support TO helper;
SET ROLE helper;
SELECT tenancy.issue_token('acme', ttl => '1 min');
RESET ROLE;
DROP ROLE helper;
-- control: with its privileges
-- role: supporter
-- expect: matches eyJ
SELECT tenancy.issue_token('acme', ttl => '1 min');

-- attack: an operator steps from tenant to tenant in one transaction, or issues from inside
-- role: support
-- expect: error TN010 TN011
SELECT tenancy.issue_token('acme', ttl => '1 min') AS one, tenancy.issue_token('initech', ttl => '1 min') AS two \gset
SELECT tenancy.login(:'one') \g /dev/null
SELECT tenancy.issue_token('acme', ttl => '1 min');
SELECT tenancy.login(:'two');
-- control: in a transaction of its own
-- role: support
-- expect: rows initech
SELECT tenancy.issue_token('initech', ttl => '1 min') AS two \gset
SELECT (tenancy.login(:'two')).tenant_id;

-- attack: the application finds the halves that signing used
-- expect: error 42883 42501 42501
SELECT tenancy.sign_claims('{"tenant_id": "globex"}');
SELECT tenancy.rotate_signing_key();
SELECT * FROM tenancy.signing_secrets;
-- control: what was signed is verified by the public half
-- role: postgres
-- expect: rows globex
SELECT tenancy.verify_jwt(tenancy.issue_token('globex')) ->> 'tenant_id';

-- attack: the application runs a command for each tenant
-- wrap: none
-- expect: error 42501 42501 42501
CALL tenancy.for_each_tenant('SELECT 1');
CALL tenancy.for_each_tenant('SELECT 1', '{acme}');
CALL tenancy.for_each_tenant('SELECT 1', '{nobody}', 'continue');
-- control: an operator does, for the tenants of the entry
-- role: support
-- wrap: none
-- expect: matches WARNING:  01000: acme sees 2 as support
-- expect: matches WARNING:  01000: initech sees 0 as support
-- expect: lacks globex
CALL tenancy.for_each_tenant($$DO 'BEGIN RAISE WARNING ''% sees % as %'', tenancy.current_tenant_id(),
  (SELECT count(*) FROM shop.docs WHERE id < 500), current_user; END'$$);

-- attack: an operator names a tenant that the entry does not, beside one that it does
-- role: support
-- wrap: none
-- expect: error 42501 42501 TN001
CALL tenancy.for_each_tenant('INSERT INTO shop.docs (id) VALUES (540)', '{acme,globex}', 'continue');
CALL tenancy.for_each_tenant('INSERT INTO shop.docs (id) VALUES (540)', '{nobody}');
SELECT id FROM shop.docs;
-- control: nothing ran before the refusal
-- as: acme
-- expect: rows 0
SELECT count(*) FROM shop.docs WHERE id = 540;

-- attack: a command that goes on as somebody else
-- role: support
-- wrap: none
-- expect: error TN011 TN011 TN010 TN010 TN010 TN010 2D000 TN010
\set login 'SELECT tenancy.login(\'' :globex '\')'
CALL tenancy.for_each_tenant(:'login', '{acme}');
\set login 'SELECT tenancy.logout(); SELECT tenancy.login(\'' :globex '\')'
CALL tenancy.for_each_tenant(:'login', '{acme}');
CALL tenancy.for_each_tenant('SET ROLE app', '{acme}');
CALL tenancy.for_each_tenant('SELECT tenancy.issue_token(''initech'', ttl => ''1 min'')', '{acme}');
CALL tenancy.for_each_tenant('SET SESSION AUTHORIZATION postgres', '{acme}');
CALL tenancy.for_each_tenant('CALL tenancy.for_each_tenant(''SELECT 1'', ''{initech}'')', '{acme}');
CALL tenancy.for_each_tenant('COMMIT; SELECT tenancy.issue_token(''initech'')', '{acme}');
CALL tenancy.for_each_tenant('CREATE TEMP TABLE left_behind (id int)', '{acme}');
-- control: one that leaves is nobody, one that stays is who it was
-- role: support
-- wrap: none
-- expect: error TN001
CALL tenancy.for_each_tenant('SELECT id FROM shop.docs', '{acme}');
CALL tenancy.for_each_tenant('SELECT tenancy.logout(); SELECT id FROM shop.docs', '{acme}');

-- attack: what a command leaves in the session
-- role: support
-- wrap: none
-- expect: error 22012 TN001 TN001
CALL tenancy.for_each_tenant('SELECT 1/0', '{acme}');
SELECT id FROM shop.docs;
SELECT tenancy.issue_token('acme', ttl => '1 min') AS own \gset
CALL tenancy.for_each_tenant('SELECT tenancy.logout()', '{acme}');
SELECT set_config('tenancy.token', :'own', false) \g /dev/null
CALL tenancy.for_each_tenant('SELECT id FROM shop.docs', '{initech}');
SELECT id FROM shop.docs;
-- control: in a transaction of its own the token enters
-- role: support
-- expect: rows 1|10
SELECT tenancy.issue_token('acme', ttl => '1 min') AS own \gset
SELECT tenancy.login(:'own') \g /dev/null
SELECT id FROM shop.docs WHERE id < 500 ORDER BY id;

-- attack: rights that the caller does not have, in a command
-- role: support
-- wrap: none
-- expect: error 42501 42501 42501
CALL tenancy.for_each_tenant('SELECT count(*) FROM tenancy.signing_secrets', '{acme}');
CALL tenancy.for_each_tenant('SELECT pg_read_file(''PG_VERSION'')', '{acme}');
CALL tenancy.for_each_tenant('CREATE ROLE made_by_a_job', '{acme}');
-- control: what it does have
-- role: support
-- wrap: none
-- expect: empty
CALL tenancy.for_each_tenant('SELECT count(*) FROM shop.docs', '{acme}');

-- attack: a superuser, whom row security does not bind, changes the rows of all tenants in each turn
-- role: postgres
-- wrap: none
-- expect: error 42501
CALL tenancy.for_each_tenant('UPDATE shop.docs SET n = n + 1', '{acme,initech}');
-- control: an operator changes each tenant's own
-- role: support
-- wrap: none
-- expect: rows 1|1
CALL tenancy.for_each_tenant('UPDATE shop.docs SET n = n + 1', '{acme,initech}');
SELECT tenancy.issue_token('acme', ttl => '1 min') AS own \gset
BEGIN;
SELECT tenancy.login(:'own') \g /dev/null
SELECT n - 1 FROM shop.docs WHERE id = 1;
SELECT count(*) FROM shop.docs WHERE id = 10 AND n = 3;
COMMIT;

-- attack: functions and operators of the caller, in place of those that the procedure could use
-- role: lender
-- wrap: none
-- expect: error 42501 42501
CREATE FUNCTION pg_temp.has_privs(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR pg_temp.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = pg_temp.has_privs);
SET search_path = pg_temp, pg_catalog;
CALL tenancy.for_each_tenant('SELECT 1');
SELECT tenancy.issue_token('globex');
-- control: the trap is one
-- role: lender
-- wrap: none
-- expect: rows t
CREATE FUNCTION pg_temp.has_privs(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR pg_temp.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = pg_temp.has_privs);
SELECT 1::oid OPERATOR(pg_temp.=) 2::oid;
