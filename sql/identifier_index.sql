-- Indexes and joins with identifiers: every kind of parameter uses the index, every kind of join
-- finds the same rows, estimates are those of text, and indexes are as small as those of uuid.
SET tenancy.auto_protect = off; -- these tables are compared, not isolated
SET max_parallel_workers_per_gather = 0;
CREATE TABLE events (tenant_id tenancy.tenant_id, n integer);
INSERT INTO events SELECT 'tenant-' || i % 100, i FROM generate_series(1, 20000) AS i;
INSERT INTO events SELECT md5(i::text)::uuid, i FROM generate_series(1, 2000) AS i;
CREATE INDEX events_tenant ON events (tenant_id);
ANALYZE events;

PREPARE untyped AS SELECT n FROM events WHERE tenant_id = $1;
PREPARE as_text(text) AS SELECT n FROM events WHERE tenant_id = $1;
PREPARE as_varchar(varchar) AS SELECT n FROM events WHERE tenant_id = $1;
PREPARE as_uuid(uuid) AS SELECT n FROM events WHERE tenant_id = $1;
PREPARE as_texts(text[]) AS SELECT n FROM events WHERE tenant_id = ANY ($1);
PREPARE as_varchars(varchar[]) AS SELECT n FROM events WHERE tenant_id = ANY ($1);
PREPARE as_list(text, text) AS SELECT n FROM events WHERE tenant_id IN ($1, $2);
PREPARE as_range(text) AS SELECT n FROM events WHERE tenant_id > $1 AND tenant_id < 'tenant-2';
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) EXECUTE untyped('a');
EXPLAIN (COSTS OFF) EXECUTE as_text('a');
EXPLAIN (COSTS OFF) EXECUTE as_varchar('a');
EXPLAIN (COSTS OFF) EXECUTE as_uuid('0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6');
EXPLAIN (COSTS OFF) EXECUTE as_texts('{a}');
EXPLAIN (COSTS OFF) EXECUTE as_varchars('{a}');
EXPLAIN (COSTS OFF) EXECUTE as_range('a');
EXPLAIN (COSTS OFF) SELECT n FROM events WHERE tenant_id IN ('a', 'b');
EXPLAIN (COSTS OFF) SELECT min(tenant_id), max(tenant_id) FROM events;
EXPLAIN (COSTS OFF) SELECT n FROM events ORDER BY tenant_id LIMIT 1;
RESET enable_bitmapscan;
EXPLAIN (COSTS OFF) EXECUTE as_list('a', 'b');
RESET enable_seqscan;
RESET plan_cache_mode;
SELECT min(tenant_id), max(tenant_id) FROM events;

-- Other index methods.
CREATE TABLE other (tenant_id tenancy.tenant_id, tags tenancy.tenant_id[]);
INSERT INTO other
  SELECT lpad(i::text, 6, '0'), ARRAY['tag-' || i % 7, 'tag-' || i % 11]::tenancy.tenant_id[]
  FROM generate_series(1, 30000) AS i;
CREATE INDEX other_brin ON other USING brin (tenant_id) WITH (pages_per_range = 4);
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM other WHERE tenant_id = '000777';
EXPLAIN (COSTS OFF) SELECT * FROM other WHERE tenant_id = '000777'::text;
SELECT count(*) FROM other WHERE tenant_id = '000777'::text;
SELECT count(*) FROM other WHERE tenant_id >= '029991'::text;
DROP INDEX other_brin;
CREATE INDEX other_hash ON other USING hash (tenant_id);
EXPLAIN (COSTS OFF) SELECT * FROM other WHERE tenant_id = '000777'::text;
SELECT count(*) FROM other WHERE tenant_id = '000777'::text;
SELECT count(*) FROM other WHERE tenant_id = '000777';
INSERT INTO other VALUES ('0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6');
SELECT count(*) FROM other WHERE tenant_id = '0192F3A4-5B6C-7D8E-9F00-A1B2C3D4E5F6'::text;
SELECT count(*) FROM other WHERE tenant_id = '0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6'::uuid;
CREATE INDEX other_tags ON other USING gin (tags);
EXPLAIN (COSTS OFF) SELECT * FROM other WHERE tags @> '{tag-3}';
SELECT count(*) FROM other WHERE tags @> '{tag-3}';
RESET enable_seqscan;

-- Joins to columns of text and uuid: all three methods, the same rows as comparing casts. Texts
-- that are no identifiers, and the upper-case form of UUIDs, are among the operands.
CREATE TABLE foreign_ids (t text, u uuid);
INSERT INTO foreign_ids SELECT 'tenant-' || i, md5(i::text)::uuid FROM generate_series(1, 150) AS i;
INSERT INTO foreign_ids SELECT upper(md5(i::text)::uuid::text), NULL
  FROM generate_series(1, 50) AS i;
INSERT INTO foreign_ids VALUES (''), (repeat('x', 300)), ('no identifier');
ANALYZE foreign_ids;
SELECT count(*) AS by_text FROM events AS e, foreign_ids AS f WHERE e.tenant_id::text =
  CASE WHEN f.t ~* '^[0-9A-F]{8}-' THEN lower(f.t) ELSE f.t END;
SELECT count(*) AS by_uuid FROM events AS e, foreign_ids AS f WHERE e.tenant_id::text = f.u::text;
SET enable_nestloop = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM events AS e JOIN foreign_ids AS f ON e.tenant_id = f.t;
SELECT count(*) FROM events AS e JOIN foreign_ids AS f ON e.tenant_id = f.t;
SELECT count(*) FROM events AS e JOIN foreign_ids AS f ON f.u = e.tenant_id;
SET enable_hashjoin = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM events AS e JOIN foreign_ids AS f ON e.tenant_id = f.t;
SELECT count(*) FROM events AS e JOIN foreign_ids AS f ON e.tenant_id = f.t;
EXPLAIN (COSTS OFF) SELECT count(*) FROM events AS e JOIN foreign_ids AS f ON f.u = e.tenant_id;
SELECT count(*) FROM events AS e JOIN foreign_ids AS f ON f.u = e.tenant_id;
SELECT count(*) - (SELECT count(*) FROM events) - (SELECT count(*) FROM foreign_ids)
       AS minus_matches
  FROM events AS e FULL JOIN foreign_ids AS f ON e.tenant_id = f.u;
SET enable_mergejoin = off;
SET enable_nestloop = on;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM events AS e JOIN foreign_ids AS f ON e.tenant_id = f.t;
SELECT count(*) FROM events AS e JOIN foreign_ids AS f ON e.tenant_id = f.t;
RESET enable_nestloop; RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_seqscan;
-- What the planner derives from two conditions stays an identifier's comparison.
SELECT count(*) FROM events AS e JOIN foreign_ids AS f ON e.tenant_id = f.t
 WHERE e.tenant_id = (SELECT md5('7')::uuid::text);
SELECT count(*) FROM events AS e, foreign_ids AS f, foreign_ids AS g
 WHERE e.tenant_id = f.t AND e.tenant_id = g.t AND f.t <> g.t;
SELECT tenant_id, count(*) FROM events WHERE tenant_id < 'tenant-2' AND tenant_id > 'tenant-1'
 GROUP BY 1 ORDER BY 1 LIMIT 3;

-- Estimates: the same as for a text column holding the same values.
CREATE TABLE events_text AS SELECT tenant_id::text COLLATE "C" AS tenant_id, n FROM events
  WHERE tenant_id > 'a';
CREATE TABLE events_id AS SELECT tenant_id, n FROM events WHERE tenant_id > 'a';
ANALYZE events_text, events_id;
CREATE FUNCTION estimate(query text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  RETURN (plan -> 0 -> 'Plan' ->> 'Plan Rows')::integer;
END $$;
SELECT condition, estimate('SELECT FROM events_id WHERE ' || condition)
                  = estimate('SELECT FROM events_text WHERE ' || condition) AS same
  FROM unnest(ARRAY[$$tenant_id = 'tenant-7'$$, $$tenant_id = 'tenant-7'::text$$,
                    $$tenant_id = 'none'$$, $$tenant_id <> 'tenant-7'::text$$,
                    $$tenant_id = ANY ('{tenant-7,tenant-8}'::text[])$$])
    AS condition;
SELECT estimate($$SELECT FROM events_id WHERE tenant_id < 'tenant-5'::text$$)
       BETWEEN 6000 AND 12000;
SELECT estimate('SELECT FROM events_id AS a JOIN events_id AS b USING (tenant_id)')
     = estimate('SELECT FROM events_text AS a JOIN events_text AS b USING (tenant_id)') AS same;

-- Sizes, against uuid: equal with few distinct values (deduplication) and in composite keys with a
-- text, at most 1.30 with distinct values. Built at once and grown row by row.
CREATE TABLE sizes AS
  SELECT md5((i % 100)::text)::uuid AS u, md5((i % 100)::text)::uuid::tenancy.tenant_id AS t,
         md5(i::text)::uuid AS distinct_u, md5(i::text)::uuid::tenancy.tenant_id AS distinct_t,
         md5((i / 10)::text)::uuid::text AS thread, lpad(i::text, 36, '0') AS checkpoint
    FROM generate_series(1, 100000) AS i;
CREATE INDEX few_u ON sizes (u);
CREATE INDEX few_t ON sizes (t);
CREATE INDEX distinct_u ON sizes (distinct_u);
CREATE INDEX distinct_t ON sizes (distinct_t);
CREATE UNIQUE INDEX key_u ON sizes (u, thread, checkpoint);
CREATE UNIQUE INDEX key_t ON sizes (t, thread, checkpoint);
SELECT pg_relation_size('few_t') = pg_relation_size('few_u') AS few_equal,
       pg_relation_size('key_t') = pg_relation_size('key_u') AS composite_equal,
       pg_relation_size('distinct_t') <= 1.30 * pg_relation_size('distinct_u') AS distinct_small;
CREATE TABLE grown_u (id uuid PRIMARY KEY);
CREATE TABLE grown_t (id tenancy.tenant_id PRIMARY KEY);
INSERT INTO grown_u SELECT distinct_u FROM sizes LIMIT 50000;
INSERT INTO grown_t SELECT distinct_u FROM sizes LIMIT 50000;
SELECT pg_relation_size('grown_t_pkey') <= 1.30 * pg_relation_size('grown_u_pkey') AS grown_small;
INSERT INTO grown_t SELECT upper(distinct_u::text) FROM sizes LIMIT 1;
