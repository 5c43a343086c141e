-- Reading rows of another tenant, or of another user.
-- attack: no WHERE at all
-- as: acme
-- expect: rows own secret|own secret|2
SELECT secret FROM shop.docs;
SELECT count(*) FROM shop.docs;
-- control: the other tenant has its own
-- as: globex
-- expect: rows 1002
SELECT count(*) FROM shop.docs;

-- attack: the other tenant in the WHERE
-- as: acme
-- expect: empty
SELECT secret FROM shop.docs WHERE tenant_id = 'globex';
SELECT secret FROM shop.docs WHERE tenant_id <> 'acme' OR true AND tenant_id = 'globex';
SELECT secret FROM shop.docs WHERE id = 2;
-- control: that tenant finds it so
-- as: globex
-- expect: rows CANARY_G2
SELECT secret FROM shop.docs WHERE tenant_id = 'globex' AND id = 2;

-- attack: another user of the same tenant
-- as: acme_bob
-- expect: rows of bob
SELECT value FROM shop.notes;
SELECT value FROM shop.notes WHERE user_id = 'alice';
-- control: the user herself
-- as: acme
-- expect: rows CANARY_ALICE
SELECT value FROM shop.notes;

-- attack: an identity without a user
-- role: postgres
-- expect: error TN001
-- expect: matches needs a user
SELECT tenancy.issue_token('acme') AS job \gset
SELECT tenancy.login(:'job') \g /dev/null
SET LOCAL ROLE app;
SELECT value FROM shop.notes;
-- control: it reads what is isolated by tenant alone
-- role: postgres
-- expect: rows 2
SELECT tenancy.issue_token('acme') AS job \gset
SELECT tenancy.login(:'job') \g /dev/null
SET LOCAL ROLE app;
SELECT count(*) FROM shop.docs;

-- attack: every path a query has to a table
-- as: acme
-- expect: lacks CANARY_G
-- reads: CANARY_ALICE
TABLE shop.docs;
SELECT docs FROM shop.docs WHERE ctid IN ('(0,1)', '(0,2)', '(0,3)');
SELECT * FROM shop.docs TABLESAMPLE bernoulli(100);
SELECT to_jsonb(d) FROM shop.docs d;
SELECT query_to_xml('SELECT * FROM shop.docs', true, false, '');
SELECT table_to_xml('shop.docs', true, false, '');
SELECT schema_to_xml('shop', true, false, '');
WITH RECURSIVE r AS (SELECT * FROM shop.docs UNION SELECT d.* FROM shop.docs d JOIN r ON true)
  SELECT * FROM r;
SELECT secret FROM shop.docs FOR UPDATE;
SELECT string_agg(secret, ','), max(secret) FROM shop.docs;
SELECT d.secret FROM shop.docs d FULL JOIN shop.docs e ON d.tenant_id <> e.tenant_id;
SELECT ts_stat('SELECT to_tsvector(secret) FROM shop.docs');
DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM shop.docs LOOP RAISE NOTICE '%', r; END LOOP; END $$;
SELECT * FROM currtid2('shop.docs', '(0,1)');
-- control: they all work for the tenant's own rows
-- as: acme
-- expect: rows 2|2
SELECT count(*) FROM (TABLE shop.docs) t;
SELECT count(*) FROM shop.docs TABLESAMPLE bernoulli(100);

-- attack: COPY TO
-- as: acme
-- expect: lacks CANARY
-- expect: lacks ERROR
COPY shop.docs TO STDOUT;
COPY (SELECT * FROM shop.docs) TO STDOUT;
-- control: it copies the tenant's own rows
-- as: acme
-- expect: rows own secret|own secret
COPY (SELECT secret FROM shop.docs) TO STDOUT;

-- attack: row_security off
-- as: acme
-- expect: error 42501 42501
SET LOCAL row_security = off;
SELECT secret FROM shop.docs;
COPY shop.docs TO STDOUT;
-- control: on again it reads
-- as: acme
-- expect: rows 2
SET LOCAL row_security = off;
SET LOCAL row_security = on;
SELECT count(*) FROM shop.docs;

-- attack: views of the table's owner
-- as: acme
-- expect: lacks CANARY
SELECT * FROM shop.doc_list;
SELECT * FROM shop.doc_list_invoker;
SELECT * FROM shop.doc_list WHERE id = 2;
-- control: they show the tenant's own rows
-- as: acme
-- expect: rows 2|2
SELECT count(*) FROM shop.doc_list;
SELECT count(*) FROM shop.doc_list_invoker;

-- attack: a SECURITY DEFINER function of the table's owner
-- as: acme
-- expect: rows own secret|own secret
SELECT shop.all_secrets();
-- control: it shows the other tenant its own
-- as: globex
-- expect: rows 1002
SELECT count(*) FROM shop.all_secrets();

-- attack: the application becomes the owner
-- as: acme
-- expect: error TN010 TN010
SET ROLE app_owner;
SET SESSION AUTHORIZATION app_owner;
-- control: the owner itself is filtered too
-- role: postgres
-- as: acme
-- expect: rows 2
SET LOCAL ROLE app_owner;
SELECT count(*) FROM shop.docs;

-- attack: a leaky function runs before the policy
-- as: acme
-- expect: lacks CANARY
CREATE FUNCTION playground.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
  $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
SELECT id FROM shop.docs WHERE playground.leak(secret);
SELECT id FROM shop.docs WHERE CASE secret WHEN 'x' THEN true ELSE playground.leak(secret) END;
SELECT id FROM shop.doc_list WHERE playground.leak(secret);
-- control: it sees the tenant's own rows
-- as: acme
-- expect: matches saw own secret
SELECT id FROM shop.docs WHERE playground.leak(secret);

-- attack: a leaky operator runs before the policy
-- as: acme
-- expect: lacks CANARY
CREATE FUNCTION playground.leak2(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
  $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
CREATE OPERATOR playground.<<<< (LEFTARG = text, RIGHTARG = text, FUNCTION = playground.leak2,
                                 RESTRICT = eqsel);
SELECT id FROM shop.docs WHERE secret OPERATOR(playground.<<<<) 'x';
-- control: it sees the tenant's own rows
-- as: acme
-- expect: matches saw own secret
SELECT id FROM shop.docs WHERE secret OPERATOR(playground.<<<<) 'x';

-- attack: the application calls its function leakproof
-- as: acme
-- expect: error 42501 42501
CREATE FUNCTION playground.liar(text) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true';
ALTER FUNCTION playground.leak(text) LEAKPROOF;
-- control: a superuser could
-- role: postgres
-- expect: lacks ERROR
CREATE FUNCTION playground.liar(text) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true';
DROP FUNCTION playground.liar(text);

-- attack: cast and arithmetic errors show values
-- as: acme
-- expect: lacks CANARY
SELECT id FROM shop.docs WHERE secret::int = 1;
SELECT id FROM shop.docs WHERE 1 / (n - 42) = 0;
-- control: the error comes for the tenant's own rows
-- as: acme
-- expect: error 22P02
SELECT id FROM shop.docs WHERE secret::int = 1;

-- attack: statistics
-- as: acme
-- expect: lacks CANARY
SELECT * FROM pg_stats WHERE schemaname = 'shop';
SELECT * FROM pg_statistic;
SELECT * FROM pg_stats_ext;
-- control: a superuser sees them
-- role: postgres
-- expect: matches CANARY
SELECT most_common_vals FROM pg_stats WHERE schemaname = 'shop' AND attname = 'secret';

-- attack: the estimate for a value that only the other tenant has
-- as: acme
-- expect: error TN010 TN010
EXPLAIN SELECT 1 FROM shop.docs WHERE secret = 'x';
EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM shop.docs WHERE n > 0;
-- control: EXPLAIN works
-- role: app_unguarded
-- as: acme
-- expect: matches Scan
EXPLAIN SELECT 1 FROM shop.docs;

-- attack: RETURNING
-- as: acme
-- expect: empty
UPDATE shop.docs SET n = n WHERE id = 2 RETURNING secret;
DELETE FROM shop.docs WHERE id = 2 RETURNING secret;
-- control: of the tenant's own row
-- as: acme
-- expect: rows own secret
UPDATE shop.docs SET n = n WHERE id = 10 RETURNING secret;
