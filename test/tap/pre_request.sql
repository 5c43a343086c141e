-- pre_request(): who is calling PostgREST. Settings are made as PostgREST makes them: all in one
-- statement, for the transaction, the role among them; then the function; then the query.
BEGIN;
SELECT no_plan();
CREATE ROLE pre_request_anon;
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
CREATE TABLE docs (id int PRIMARY KEY, body text);
SELECT tenancy.protect('docs') \g /dev/null
GRANT SELECT, INSERT ON docs TO pre_request_anon;
SELECT tenancy.issue_token('acme', 'alice') AS acme, tenancy.issue_token('globex', 'gus') AS globex,
  tenancy.issue_token('acme', 'alice', permissions => '{docs:*}') AS bounded \gset
SELECT set_config('test.bounded', :'bounded', true),
  set_config('test.acme', :'acme', true), set_config('test.globex', :'globex', true) \g /dev/null
-- A request with these headers.
CREATE FUNCTION pg_temp.arrives(headers text) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('search_path', '"public"', true), set_config('role', 'pre_request_anon', true),
    set_config('request.jwt.claims', '{"role":"pre_request_anon","tenant_id":"globex","sub":"gus"}', true),
    set_config('request.method', 'GET', true), set_config('request.path', '/docs', true),
    set_config('request.headers', headers, true), set_config('request.cookies', '{}', true);
  SELECT tenancy.pre_request();
$$;
CREATE FUNCTION pg_temp.bearer(token text, scheme text DEFAULT 'Bearer ') RETURNS text LANGUAGE sql AS $$
  SELECT json_build_object('host', 'localhost:3000', 'authorization', scheme || token, 'accept', '*/*')::text;
$$;
-- How a statement is refused, with all that is said.
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
  hint text;
BEGIN
  EXECUTE statement;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN concat_ws('|', SQLSTATE, SQLERRM, detail, hint);
END$$;
SELECT has_function('tenancy', 'pre_request', '{}'::name[]);
SELECT set_config('test.before', current_setting('search_path'), true) \g /dev/null

SAVEPOINT request;
SELECT pg_temp.arrives(pg_temp.bearer(:'acme')) \g /dev/null
SELECT is((tenancy.whoami()).user_id::text, 'alice', 'the bearer token enters');
INSERT INTO docs (id, body) VALUES (1, 'of acme');
SELECT is((SELECT string_agg(body, ',') FROM docs), 'of acme', 'and its rows are there');
SELECT lives_ok('SELECT tenancy.pre_request()', 'once more with the same token');
-- An injection in the middle of the request.
SELECT set_config('request.headers', pg_temp.bearer(:'globex'), true),
       set_config('request.jwt.claims', '{"tenant_id":"globex"}', true) \g /dev/null
SELECT is((tenancy.whoami()).tenant_id::text, 'acme', 'settings alone change nobody');
SELECT throws_ok('SELECT tenancy.pre_request()', 'TN011', NULL, 'another token is a second identity');
SELECT set_config('request.headers', '{"host":"globex.example.com"}', true) \g /dev/null
SELECT lives_ok('SELECT tenancy.pre_request()', 'without a token it leaves');
SELECT throws_ok('SELECT * FROM docs', 'TN001', NULL, 'and nothing opens');
ROLLBACK TO request;

SELECT lives_ok(format('SELECT pg_temp.arrives(pg_temp.bearer(current_setting(''test.acme''), %L))', scheme), 'scheme ' || scheme)
FROM unnest(ARRAY['bearer ', 'BEARER ', 'Bearer ']) scheme;
ROLLBACK TO request;

-- Nobody.
SET LOCAL tenancy.scope = session;
SELECT tenancy.login(:'globex', local => false) \g /dev/null
SELECT is((tenancy.whoami()).tenant_id::text, 'globex', 'somebody was left on the connection');
SAVEPOINT leftover;
SELECT pg_temp.arrives('{"host":"localhost","x-authorization":"Bearer x","Authorization":"Bearer y"}') \g /dev/null
SELECT is(tenancy.whoami(), NULL, 'no authorization header: nobody, whoever was left behind');
SELECT throws_ok('SELECT * FROM docs', 'TN001', NULL, 'no rows either');
ROLLBACK TO leftover;
SELECT pg_temp.arrives(pg_temp.bearer(:'acme')) \g /dev/null
SELECT is((tenancy.whoami()).tenant_id::text, 'acme', 'with one: its bearer');
ROLLBACK TO request;

-- What is none.
SELECT throws_ok(format('SELECT pg_temp.arrives(%L)', headers), 'PT401', 'credential refused', 'PT401: ' || headers)
FROM unnest(ARRAY['', 'null', '[]', '"Bearer x"', '{', '{"authorization":"Bearer x"', '{"authorization":null}',
  '{"authorization":["Bearer x"]}', '{"authorization":{}}', '{"authorization":1}', '{"authorization":""}', '{"authorization":"Bearer"}',
  '{"authorization":"Bearer "}', '{"authorization":"Basic YTpi"}', '{"authorization":" Bearer x"}', '{"authorization":"Bearer x"}',
  '{"authorization":"Bearer x","authorization":"Bearer x"}', '{"a":1,"a":1}', '{"authorization":"x"} {}']) headers;
SELECT throws_ok(format('SELECT pg_temp.arrives(%L)', replace(pg_temp.bearer(current_setting('test.acme'), scheme), 'NUL', '\u0000')),
  'PT401', NULL, 'PT401: scheme ' || scheme)
FROM unnest(ARRAY['', 'Basic ', 'Bearer', 'Bearer  ', 'Bearer Bearer ', 'Bearer NUL', 'BearerNUL ']) scheme;
SELECT throws_ok(format('SELECT pg_temp.arrives(%L)', replace(headers, 'TOKEN', 'Bearer ' || current_setting('test.acme'))), 'PT401', NULL, 'PT401: ' || headers)
FROM unnest(ARRAY['{"authorization":"TOKEN","authorization":"TOKEN"}', '{"authorization":"TOKEN","\u0061uthorization":"x"}',
                  '{"authorization":"TOKEN\u0000x"}', '{"authorization":"TOKENx"}', '{"authorization":"TOKEN;tenant=globex"}']) headers;
SELECT lives_ok(format('SELECT pg_temp.arrives(%L)', replace('{"authorization":"TOKEN;tenant=acme"}', 'TOKEN', 'Bearer ' || current_setting('test.acme'))),
  'control: narrowed to its own tenant');
ROLLBACK TO request;

-- Why, in the words of login().
SET LOCAL tenancy.scope = session; -- several callers in one transaction
SELECT is(pg_temp.refusal('SELECT pg_temp.arrives(pg_temp.bearer(''x.y.z''))'),
  replace(pg_temp.refusal('SELECT tenancy.login(''x.y.z'')'), 'TN002', 'PT401'), 'message, DETAIL and HINT are login''s');
SELECT matches(pg_temp.refusal('SELECT tenancy.login(''x.y.z'')'), '^TN002\|credential refused\|.+\.\|', 'control: which has all of them');
INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('globex', 'suspended');
SELECT matches(pg_temp.refusal('SELECT pg_temp.arrives(pg_temp.bearer(current_setting(''test.globex'')))'), '^PT401\|credential is revoked',
  'PT401 for a suspended tenant');
SELECT matches(pg_temp.refusal('SELECT pg_temp.arrives(pg_temp.bearer(current_setting(''test.acme'') || '';agent=bot''))'), '^no error',
  'an agent of an unbounded token');
ROLLBACK TO request;
SELECT matches(pg_temp.refusal('SELECT pg_temp.arrives(pg_temp.bearer(current_setting(''test.bounded'') || '';agent=bot''))'), '^PT403\|permission denied',
  'PT403 for an agent that the token does not allow');
-- Errors that are not the caller's fault keep their SQLSTATE.
SET LOCAL tenancy.entry_check = on;
SELECT matches(pg_temp.refusal('SELECT pg_temp.arrives(pg_temp.bearer(current_setting(''test.acme'')))'), '^TN010\|', 'TN010 as it is');
SET LOCAL tenancy.entry_check = off;
SELECT is(pg_temp.refusal('SELECT tenancy.login(''x.y.z'')') ~ '^TN002', true, 'and login keeps its own');
SELECT * FROM finish();
ROLLBACK;
