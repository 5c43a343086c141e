-- Routes and PostgREST: a credential opens its own tenant's routes, in one spelling; settings that
-- any SQL may change open nothing.
INSERT INTO tenancy.routes (pattern, tenant_id) VALUES
  ('{tenant}.example.com', NULL), ('/t/{tenant}', NULL), ('globex.app', 'globex'), ('acme.app', 'acme');
-- PostgREST's own role, which becomes the application's for each request.
CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT app TO authenticator;

-- attack: another tenant's host and path
-- as: acme
-- expect: error TN003 TN003 TN003
SELECT tenancy.login(:'acme', route => 'globex.example.com');
SELECT tenancy.login(:'acme', route => '/t/globex/docs');
SELECT tenancy.login(:'acme', route => 'globex.app');
-- control: the own ones
-- as: acme
-- expect: rows acme|acme|acme
SELECT (tenancy.login(:'acme', route => 'acme.example.com')).tenant_id,
       (tenancy.login(:'acme', route => '/t/acme/docs')).tenant_id,
       (tenancy.login(:'acme', route => 'acme.app')).tenant_id;
-- control: of somebody else, for the victim
-- expect: rows globex
SELECT (tenancy.login(:'globex', route => 'globex.app')).tenant_id;

-- attack: spellings that a proxy and a database could read in two ways
-- expect: error TN003 TN003 TN003 TN003 TN003 TN003 TN003 TN003 TN003 TN003
SELECT tenancy.login(:'acme', route => '/t/globex/../acme');
SELECT tenancy.login(:'acme', route => '/t/globex/%2e%2e/acme');
SELECT tenancy.login(:'acme', route => '/t/globex%2f..%2facme');
SELECT tenancy.login(:'acme', route => '/t//acme');
SELECT tenancy.login(:'acme', route => '//globex.app/t/acme');
SELECT tenancy.login(:'acme', route => 'acme.app@globex.app');
SELECT tenancy.login(:'acme', route => 'acme.app\.globex.app');
SELECT tenancy.login(:'acme', route => '/t/%2561cme');
SELECT tenancy.login(:'acme', route => '/t/acme%00.globex');
SELECT tenancy.login(:'acme', route => 'globex.app#acme.app');
-- control: spellings that mean the same to everybody
-- as: acme
-- expect: rows acme|acme|acme
SELECT (tenancy.login(:'acme', route => '/t/%61cme/')).tenant_id,
       (tenancy.login(:'acme', route => 'HTTPS://ACME.App.:443/t/globex?t=globex')).tenant_id,
       (tenancy.login(:'acme', route => 'acme.app#globex.app')).tenant_id;

-- attack: a name that only begins like the tenant's
-- expect: error TN003 TN003 TN003
SELECT tenancy.login(:'acme', route => '/t/acmeevil');
SELECT tenancy.login(:'acme', route => 'acme.example.com.evil.com');
SELECT tenancy.login(:'acme', route => 'evil.com/acme');
-- control: below the own path
-- expect: rows acme
SELECT (tenancy.login(:'acme', route => '/t/acme/evil')).tenant_id;

-- attack: the tenant asked for contradicts the route, or the suffix does
-- expect: error TN003 TN003 TN003
SELECT tenancy.login(:'several', 'acme', '/t/initech');
SELECT tenancy.login(:'several', 'globex', '/t/globex');
SELECT tenancy.login(:'several' || ';tenant=acme', NULL, '/t/initech');
-- control: the route picks one of several tenants
-- expect: rows initech
SELECT (tenancy.login(:'several', route => 'initech.example.com')).tenant_id;

-- attack: an issuer bound to one tenant, for the route of another
-- expect: error TN003
SELECT tenancy.login(:'partner', route => '/t/acme');
-- control: for its own
-- expect: rows partner
SELECT (tenancy.login(:'partner', route => '/t/partner')).tenant_id;

-- attack: a refused route leaves the way open to no one, also under session scope
-- role: app_session
-- wrap: none
-- expect: error TN003 TN001
SELECT tenancy.login(:'acme', route => '/t/globex', local => false);
SELECT secret FROM shop.docs;
-- control: the own route
-- role: app_session
-- wrap: none
-- expect: rows 2
SELECT tenancy.login(:'acme', route => '/t/acme', local => false) \g /dev/null
SELECT count(*) FROM shop.docs;

-- attack: routes are changed or listed by the application
-- as: acme
-- expect: error 42501 42501 42501
SELECT * FROM tenancy.routes;
INSERT INTO tenancy.routes VALUES ('evil.com', 'globex');
DELETE FROM tenancy.routes;
-- control: asked for, they answer
-- as: acme
-- expect: rows globex
SELECT tenancy.resolve_route('globex.app');

-- attack: forged claims of PostgREST
-- expect: error TN001 TN001
SELECT set_config('request.jwt.claims', '{"tenant_id":"globex","sub":"gus","role":"app"}', true),
       set_config('request.headers', '{"x-tenant-id":"globex","host":"globex.app"}', true) \g /dev/null
SELECT secret FROM shop.docs;
SELECT tenancy.pre_request() \g /dev/null
SELECT secret FROM shop.docs;
-- control: a bearer token
-- expect: rows 2
SELECT set_config('request.headers', json_build_object('authorization', 'Bearer ' || :'acme')::text, true) \g /dev/null
SELECT tenancy.pre_request() \g /dev/null
SELECT count(*) FROM shop.docs;

-- attack: an injection in the middle of a request calls pre_request() as somebody else
-- as: acme
-- expect: error TN011
-- expect: lacks CANARY
SELECT set_config('request.headers', json_build_object('authorization', 'Bearer ' || :'globex')::text, true) \g /dev/null
SELECT tenancy.pre_request();
SELECT secret FROM shop.docs;
-- control: as the same caller, with a fresher token
-- as: acme
-- expect: rows 2
SELECT set_config('request.headers', json_build_object('authorization', 'Bearer ' || :'acme_again')::text, true) \g /dev/null
SELECT tenancy.pre_request() \g /dev/null
SELECT count(*) FROM shop.docs;

-- attack: an injection leaves, and asks for more with forged claims
-- as: acme
-- expect: error TN001 PT401 TN001
SELECT set_config('request.headers', '{}', true), set_config('request.jwt.claims', '{"tenant_id":"globex"}', true) \g /dev/null
SELECT tenancy.pre_request() \g /dev/null
SELECT secret FROM shop.docs;
SELECT set_config('request.headers', '{"authorization":"Bearer {\"tenant_id\":\"globex\"}"}', true) \g /dev/null
SELECT tenancy.pre_request();
SELECT secret FROM shop.docs;
-- control: back with the token that it had
-- as: acme
-- expect: rows 2
SELECT set_config('request.headers', '{}', true) \g /dev/null
SELECT tenancy.pre_request() \g /dev/null
SELECT set_config('request.headers', json_build_object('authorization', 'Bearer ' || :'acme')::text, true) \g /dev/null
SELECT tenancy.pre_request() \g /dev/null
SELECT count(*) FROM shop.docs;

-- attack: a pooled connection on which somebody stayed answers the next request without a token
-- role: app_session
-- wrap: none
-- expect: error TN001
-- expect: lacks CANARY
SELECT set_config('tenancy.token', :'globex', false) \g /dev/null
BEGIN;
SELECT set_config('request.headers', '{"host":"acme.app"}', true) \g /dev/null
SELECT tenancy.pre_request() \g /dev/null
SELECT secret FROM shop.docs;
COMMIT;
-- control: and one with a token as that caller
-- role: app_session
-- wrap: none
-- expect: rows 2
SELECT set_config('tenancy.token', :'globex', false) \g /dev/null
BEGIN;
SELECT set_config('request.headers', json_build_object('authorization', 'Bearer ' || :'acme')::text, true) \g /dev/null
SELECT tenancy.pre_request() \g /dev/null
SELECT count(*) FROM shop.docs;
COMMIT;

-- attack: a request's identity is still there in the next one
-- wrap: none
-- expect: error TN001
BEGIN;
SELECT set_config('request.headers', json_build_object('authorization', 'Bearer ' || :'globex')::text, true) \g /dev/null
SELECT tenancy.pre_request() \g /dev/null
COMMIT;
SELECT secret FROM shop.docs;
-- control: it was there in its own
-- wrap: none
-- expect: rows globex
BEGIN;
SELECT set_config('request.headers', json_build_object('authorization', 'Bearer ' || :'globex')::text, true) \g /dev/null
SELECT tenancy.pre_request() \g /dev/null
SELECT (tenancy.whoami()).tenant_id;
COMMIT;

-- attack: without a token, as PostgREST asks: role and settings in one statement, then the function
-- role: authenticator
-- wrap: none
-- expect: error TN001
BEGIN READ ONLY;
SELECT set_config('search_path', '"shop", "public"', true), set_config('role', 'app', true),
       set_config('request.jwt.claims', '{"role":"app"}', true), set_config('request.method', 'GET', true),
       set_config('request.headers', '{"host":"globex.app","accept":"*/*"}', true) \g /dev/null
SELECT "tenancy"."pre_request"() \g /dev/null
SELECT secret FROM docs;
COMMIT;
-- control: with one, and the next request on the same connection is the next caller's
-- role: authenticator
-- wrap: none
-- expect: rows acme|2|globex|1002
BEGIN READ ONLY;
SELECT set_config('search_path', '"shop", "public"', true), set_config('role', 'app', true),
       set_config('request.headers', json_build_object('host', 'x', 'authorization', 'Bearer ' || :'acme')::text, true) \g /dev/null
SELECT "tenancy"."pre_request"() \g /dev/null
SELECT min(tenant_id), count(*) FROM docs;
COMMIT;
BEGIN;
SELECT set_config('search_path', '"shop", "public"', true), set_config('role', 'app', true),
       set_config('request.headers', json_build_object('host', 'x', 'authorization', 'Bearer ' || :'globex')::text, true) \g /dev/null
SELECT "tenancy"."pre_request"() \g /dev/null
SELECT min(tenant_id), count(*) FROM docs;
COMMIT;
