-- Operators: who may speak for tenants on purpose, and for no more than their entry says.
CREATE ROLE support LOGIN IN ROLE app;
CREATE ROLE supporter LOGIN IN ROLE support;
CREATE ROLE lender LOGIN;
INSERT INTO tenancy.operators VALUES
  ('support', '{acme,initech}', '{docs:doc:read}', '5 min', 'support staff');
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
ALTER ROLE supporter NOINHERIT;
SET ROLE supporter;
SELECT tenancy.issue_token('acme', ttl => '1 min');
RESET ROLE;
ALTER ROLE supporter INHERIT;
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
