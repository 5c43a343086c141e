-- Routes: patterns in normal form, which tenant a route is for, and entering for a route.
BEGIN;
SELECT no_plan();
CREATE ROLE routes_app;
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
SET LOCAL tenancy.scope = session;

-- The table.
INSERT INTO tenancy.routes (pattern, tenant_id) VALUES
  ('Acme.Example.COM.', 'acme'), ('{tenant}.example.com/', NULL), ('/%74/{tenant}', NULL),
  ('/docs', 'acme'), ('globex.example.com', 'globex'), ('/r%C3%a9sum%C3%a9', 'acme');
SELECT results_eq('SELECT pattern COLLATE "default", tenant_id::text FROM tenancy.routes ORDER BY pattern',
  $$VALUES ('/docs', 'acme'), ('/r%C3%A9sum%C3%A9', 'acme'), ('/t/{tenant}', NULL),
           ('acme.example.com', 'acme'), ('globex.example.com', 'globex'), ('{tenant}.example.com', NULL)$$,
  'patterns are stored in normal form');
SELECT throws_ok($$INSERT INTO tenancy.routes VALUES ('ACME.example.com', 'globex')$$, '23505', NULL,
  'another spelling of a pattern is the same');
SELECT throws_ok(format('INSERT INTO tenancy.routes VALUES (%L, %L)', pattern, 'acme'), '22023',
  'route pattern is malformed', 'no pattern: ' || pattern)
FROM unnest(ARRAY['', 'a..b', 'https://a.b', 'a.b:80', 'user@a.b', '/a//b', '/a/../b', '/a%2fb', '/a%', '[::1]',
                  'bücher.example', '*.example.com', '/x{tenant}', '/{user}', '/{tenant}/{tenant}', '/1/2/3/4/5/6/7/8/9']) pattern;
SELECT throws_ok('UPDATE tenancy.routes SET pattern = ''/a//b'' WHERE pattern = ''/docs''', '22023', NULL, 'nor by UPDATE');
SELECT throws_ok($$INSERT INTO tenancy.routes VALUES (NULL, 'acme')$$, '23502', NULL, 'NULL');
SELECT throws_ok($$INSERT INTO tenancy.routes VALUES ('/x/{tenant}', 'acme')$$, '23514', NULL, 'a tenant beside {tenant}');
SELECT throws_ok($$INSERT INTO tenancy.routes VALUES ('/x')$$, '23514', NULL, 'no tenant at all');
SELECT throws_ok($$INSERT INTO tenancy.routes VALUES ('/%7Btenant%7D')$$, '23514', NULL, 'escaped braces are a literal');
UPDATE tenancy.routes SET pattern = '/Docs/' WHERE pattern = '/docs';
SELECT is(tenancy.resolve_route('/Docs/1'), 'acme'::tenancy.tenant_id, 'an UPDATE is put into normal form');
SET LOCAL session_replication_role = replica;
INSERT INTO tenancy.routes VALUES ('REPLICA.example.com', 'globex');
SET LOCAL session_replication_role = origin;
SELECT is(tenancy.resolve_route('replica.example.com'), 'globex'::tenancy.tenant_id, 'and what a replica applies, at once');
SAVEPOINT undone;
INSERT INTO tenancy.routes VALUES ('undone.org', 'acme');
SELECT is(tenancy.resolve_route('undone.org'), 'acme'::tenancy.tenant_id, 'in its own transaction a route is there');
ROLLBACK TO undone;
SELECT is(tenancy.resolve_route('undone.org'), NULL, 'and rolled back it is gone');

-- Resolving, as anybody.
SET LOCAL ROLE routes_app;
SELECT throws_ok('SELECT * FROM tenancy.routes', '42501', NULL, 'the application does not list the routes');
SELECT throws_ok($$INSERT INTO tenancy.routes VALUES ('/mine', 'globex')$$, '42501', NULL, 'nor make one');
SELECT is(tenancy.resolve_route(route)::text, expected, 'resolves ' || route)
FROM (VALUES ('acme.example.com', 'acme'), ('ACME.example.com.:443', 'acme'), ('https://acme.example.com/a/b?c#d', 'acme'),
  ('initech.example.com', 'initech'), ('/t/acme/threads', 'acme'), ('/t/acmeevil', 'acmeevil'), ('/t/%61cme', 'acme'),
  ('evil.com/t/acme', 'acme'), ('acme.example.com/t/globex', 'acme'), ('/r%c3%a9sum%c3%a9', 'acme'),
  ('/t/A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
  ('example.com', NULL), ('/', NULL), ('/docs', NULL), ('a.acme.example.com', NULL)) r (route, expected);
SELECT is(tenancy.resolve_route(NULL), NULL, 'NULL is no route');
SELECT throws_ok(format('SELECT tenancy.resolve_route(%L)', route), '22023', 'route is malformed', 'malformed: ' || route)
FROM unnest(ARRAY['', 'acme.example.com@evil.com', 'acme.example.com:0', '/t/acme/..', '/t/%2e%2e', '//t/acme', '/t/a%2fb',
                  '/t/a\b', '/t/a%00', '/t/a b', '/t/a%20b', '[::1]/t/acme', 'bücher.example', 'ftp://acme.example.com',
                  repeat('a', 10000)]) route;
RESET ROLE;

-- Entering for a route.
SELECT tenancy.issue_token('acme', 'alice') AS acme, tenancy.issue_token('globex', 'gus') AS globex \gset
SELECT set_config('test.acme', :'acme', true), set_config('test.globex', :'globex', true) \g /dev/null
SET LOCAL ROLE routes_app;
SELECT is((tenancy.login(:'acme', route => route)).tenant_id::text, 'acme', 'enters by ' || route)
FROM unnest(ARRAY['acme.example.com', '/t/acme/threads', '/t/%61cme', 'https://ACME.example.com:8443/x']) route;
SELECT is((tenancy.login(:'acme', 'acme', '/t/acme')).tenant_id::text, 'acme', 'with the same tenant asked for');
SELECT is((tenancy.login(:'acme' || ';tenant=acme', NULL, '/t/acme')).tenant_id::text, 'acme', 'by a suffix too');
SELECT is((tenancy.login('Bearer ' || :'acme', NULL, '/t/acme', 'bot')).agent, 'bot', 'with an agent');
SELECT is((tenancy.login(:'acme', route => NULL)).tenant_id::text, 'acme', 'a route of NULL is none');

SELECT throws_ok(format('SELECT tenancy.login(current_setting(''test.acme''), route => %L)', route), 'TN003',
  'credential does not open this route', 'refused: ' || route)
FROM unnest(ARRAY['globex.example.com', '/t/globex', '/t/globex/..', '/t/acmeevil', '/t/Acme', 'unknown.org', '/', '', '//t/acme',
                  'acme.example.com@globex.example.com', '/t/acme%2f..%2fglobex', 'globex.example.com/t/acme']) route;
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.acme'), 'globex', '/t/acme')$$, 'TN003', NULL,
  'a tenant asked for that is not the route''s');
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.acme'), 'globex', '/t/globex')$$, 'TN003', NULL,
  'a route of another tenant, and that tenant asked for');
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.acme') || ';tenant=globex', NULL, '/t/acme')$$, 'TN003', NULL,
  'a suffix that is not the route''s');
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.acme') || 'x', route => '/t/acme')$$, 'TN002', NULL, 'a forged token');
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.acme') || 'x', route => '/t/globex')$$, 'TN002', NULL,
  'is not told whose route it is');
SELECT throws_ok($$SELECT tenancy.login('', route => '/t/acme')$$, 'TN002', NULL, 'no token');
SELECT is((tenancy.whoami()).tenant_id::text, 'acme', 'a refusal changes nothing: who was inside is');

-- The route's refusal comes first: before what was left in the session, and before the rule of one identity.
SET LOCAL tenancy.token = '';
RESET ROLE;
SET LOCAL tenancy.entry_check = on;
SET LOCAL ROLE routes_app;
SELECT set_config('search_path', 'public', false) \g /dev/null
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.acme'), route => '/t/globex')$$, 'TN003', NULL, 'before the entry check');
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.acme'), route => '/t/acme')$$, 'TN010', NULL, 'control: which would refuse');
RESET search_path;
RESET ROLE;
SET LOCAL tenancy.entry_check = off;
SET LOCAL tenancy.scope = transaction;
SET LOCAL ROLE routes_app;
SELECT is((tenancy.login(:'acme', route => '/t/acme')).tenant_id::text, 'acme', 'inside, under transaction scope');
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.globex'), route => '/t/acme')$$, 'TN003', NULL, 'before the second identity');
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.globex'), route => '/t/globex')$$, 'TN011', NULL, 'control: which is refused');
SELECT is((tenancy.whoami()).tenant_id::text, 'acme', 'and who was inside is');

-- Suspended, and a route that goes.
RESET ROLE;
INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('globex', 'suspended');
SET LOCAL tenancy.scope = session;
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.globex'), route => '/t/globex')$$, 'TN005', NULL, 'a suspended tenant');
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.acme'), route => '/t/globex')$$, 'TN003', NULL, 'is not told to others');
DELETE FROM tenancy.routes;
SELECT throws_ok($$SELECT tenancy.login(current_setting('test.acme'), route => '/t/acme')$$, 'TN003', NULL, 'a deleted route is gone at once');
SELECT lives_ok($$SELECT tenancy.login(current_setting('test.acme'))$$, 'control: without a route');
SELECT * FROM finish();
ROLLBACK;
