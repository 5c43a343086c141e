-- Protecting never widens: whatever policies a table had, every role sees a subset of the rows that
-- it saw before. And the condition is found by an index, whatever the type of the column.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.auto_protect = off; -- protect() alone is tested here
SET LOCAL tenancy.scope = 'session';
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
CREATE ROLE protect_subset_a;
CREATE ROLE protect_subset_b;
CREATE SCHEMA test;
CREATE TABLE test.tokens AS SELECT t, tenancy.issue_token(t, 'u') AS token
FROM (VALUES ('acme'::tenancy.tenant_id), ('globex')) v(t);
CREATE TABLE test.cases (name text, setup text, mode text);
INSERT INTO test.cases VALUES
  ('no row security', '', 'refuse'),
  ('disabled row security with a policy', 'CREATE POLICY p ON test.t USING (id < 4)', 'keep'),
  ('a policy for one role', 'ALTER TABLE test.t ENABLE ROW LEVEL SECURITY;
     CREATE POLICY p ON test.t TO protect_subset_a USING (id % 2 = 0)', 'keep'),
  ('a policy for everybody and a restrictive one', 'ALTER TABLE test.t ENABLE ROW LEVEL SECURITY;
     CREATE POLICY p ON test.t USING (true);
     CREATE POLICY q ON test.t AS RESTRICTIVE FOR SELECT TO protect_subset_b USING (id > 2)', 'keep'),
  ('no policy', 'ALTER TABLE test.t ENABLE ROW LEVEL SECURITY', 'keep');

-- Rows that a role sees, with or without a token.
CREATE PROCEDURE test.look(role name, token text, INOUT seen int[]) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('role', role, true);
  IF token IS NOT NULL THEN PERFORM tenancy.login(token); END IF;
  BEGIN
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO seen FROM test.t;
  EXCEPTION WHEN SQLSTATE 'TN001' THEN seen := '{}';
  END;
  PERFORM tenancy.logout();
  PERFORM set_config('role', 'none', true);
END$$;
GRANT USAGE ON SCHEMA test TO PUBLIC;

CREATE TABLE test.results (n serial, passed bool, what text);
CREATE PROCEDURE test.compare(c test.cases) LANGUAGE plpgsql AS $$
DECLARE role name; before jsonb := '{}'; seen int[]; tok test.tokens; total int := 0;
BEGIN
  CREATE TABLE test.t AS SELECT id, (CASE id % 3 WHEN 0 THEN 'globex' ELSE 'acme' END)::tenancy.tenant_id
    AS tenant_id FROM generate_series(1, 6) id;
  GRANT SELECT ON test.t TO protect_subset_a, protect_subset_b;
  EXECUTE c.setup;
  FOREACH role IN ARRAY ARRAY['protect_subset_a', 'protect_subset_b'] LOOP
    CALL test.look(role, NULL, seen);
    before := before || jsonb_build_object(role, to_jsonb(seen));
  END LOOP;
  PERFORM tenancy.protect('test.t', existing_policies => c.mode);
  FOREACH role IN ARRAY ARRAY['protect_subset_a', 'protect_subset_b'] LOOP
    CALL test.look(role, NULL, seen);
    INSERT INTO test.results(passed, what) VALUES (seen = '{}', c.name || ': nobody sees nothing, ' || role);
    FOR tok IN SELECT * FROM test.tokens LOOP
      CALL test.look(role, tok.token, seen);
      total := total + cardinality(seen);
      INSERT INTO test.results(passed, what) VALUES (before -> role @> to_jsonb(seen)
        AND NOT EXISTS (SELECT FROM test.t WHERE id = ANY (seen) AND tenant_id <> tok.t),
        format('%s: %s in %s sees %s of %s', c.name, role, tok.t, seen, before -> role));
    END LOOP;
  END LOOP;
  INSERT INTO test.results(passed, what) VALUES ((total > 0) = (before::text ~ '[0-9]'),
    c.name || ': control: somebody sees something where somebody did');
  DROP TABLE test.t;
END$$;
DO $$DECLARE c test.cases; BEGIN FOR c IN SELECT * FROM test.cases LOOP CALL test.compare(c); END LOOP; END$$;

-- The guard would refuse EXPLAIN.
SET tenancy.guard = off;
CREATE PROCEDURE test.plan_of(type text, condition text, token text) LANGUAGE plpgsql AS $$
DECLARE line text; whole text := '';
BEGIN
  EXECUTE format('CREATE TABLE test.t (id int, tenant_id %s, UNIQUE (tenant_id, id))', type);
  PERFORM tenancy.protect('test.t');
  GRANT SELECT ON test.t TO protect_subset_a;
  PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true);
  PERFORM set_config('role', 'protect_subset_a', true);
  PERFORM tenancy.login(token);
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT FROM test.t' LOOP whole := whole || line; END LOOP;
  PERFORM tenancy.logout();
  PERFORM set_config('role', 'none', true);
  INSERT INTO test.results(passed, what)
    VALUES (strpos(whole, 'Index Cond: (' || condition || ')') > 0, type || ': ' || whole);
  DROP TABLE test.t;
END$$;
DO $$
DECLARE uuid text := tenancy.issue_token('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');
  acme text := tenancy.issue_token('acme'); number text := tenancy.issue_token('42');
BEGIN
  CALL test.plan_of('tenancy.tenant_id', 'tenant_id = tenancy.current_tenant_id()', acme);
  CALL test.plan_of('uuid', 'tenant_id = tenancy.current_tenant_uuid()', uuid);
  CALL test.plan_of('text', 'tenant_id = tenancy.current_tenant_text()', acme);
  CALL test.plan_of('varchar(9)', 'tenant_id = tenancy.current_tenant_text()', acme);
  CALL test.plan_of('smallint', 'tenant_id = tenancy.current_tenant_bigint()', number);
  CALL test.plan_of('integer', 'tenant_id = tenancy.current_tenant_bigint()', number);
  CALL test.plan_of('bigint', 'tenant_id = tenancy.current_tenant_bigint()', number);
END$$;
SELECT ok(passed, what) FROM test.results ORDER BY n;
SELECT * FROM finish();
ROLLBACK;
