-- Places where the planner replaces a comparison of identifiers by something of its own: hashed
-- subplans, semijoins made unique, arrays, partition pruning. The expected rows are computed from
-- text, by ordinary text comparison.
SET tenancy.auto_protect = off; -- these tables are compared, not isolated
SET max_parallel_workers_per_gather = 0;
CREATE TABLE owners (tenant_id tenancy.tenant_id, canonical text);
INSERT INTO owners SELECT x, x FROM (
  SELECT 'tenant-' || i FROM generate_series(1, 300) AS i
  UNION ALL SELECT md5(i::text)::uuid::text FROM generate_series(1, 300) AS i) AS v(x);
-- Several spellings of one UUID, duplicates, and texts that are no identifier.
CREATE TABLE spelled (t text, u uuid);
INSERT INTO spelled SELECT x, CASE WHEN x LIKE '%-%-%' THEN x::uuid END FROM (
  SELECT 'tenant-' || i % 50 FROM generate_series(1, 200) AS i
  UNION ALL SELECT md5(i::text)::uuid::text FROM generate_series(1, 100) AS i
  UNION ALL SELECT upper(md5(i::text)::uuid::text) FROM generate_series(1, 100) AS i
  UNION ALL SELECT md5(i::text) FROM generate_series(1, 100) AS i
  UNION ALL SELECT repeat('x', 300)
  UNION ALL VALUES (''), ('no identifier')) AS v(x);
CREATE INDEX owners_tenant ON owners (tenant_id);
ANALYZE owners, spelled;
SELECT count(*) FILTER (WHERE canonical IN (SELECT t FROM spelled)) AS by_text,
       count(*) FILTER (WHERE canonical IN (SELECT coalesce(u::text, '') FROM spelled)) AS by_uuid
  FROM owners;

-- Hashed subplans.
EXPLAIN (COSTS OFF) SELECT count(*) FROM owners WHERE tenant_id NOT IN (SELECT t FROM spelled);
SELECT count(*) FROM owners WHERE tenant_id NOT IN (SELECT t FROM spelled);
SELECT count(*) FILTER (WHERE tenant_id IN (SELECT t FROM spelled)) AS by_text,
       count(*) FILTER (WHERE tenant_id IN (SELECT u FROM spelled)) AS by_uuid FROM owners;
SELECT count(*) FILTER (WHERE t IN (SELECT tenant_id FROM owners)) FROM spelled;

-- Semijoins, by every method. Making the inner side unique must not count two spellings twice.
CREATE FUNCTION semijoins(condition text) RETURNS TABLE (method text, rows bigint)
  LANGUAGE plpgsql AS $$
BEGIN
  FOREACH method IN ARRAY ARRAY['hashjoin', 'mergejoin', 'nestloop'] LOOP
    PERFORM set_config('enable_hashjoin', (method = 'hashjoin')::text, true),
            set_config('enable_mergejoin', (method = 'mergejoin')::text, true),
            set_config('enable_nestloop', (method = 'nestloop')::text, true);
    EXECUTE 'SELECT count(*) FROM owners AS o WHERE ' || condition INTO rows;
    RETURN NEXT;
  END LOOP;
  PERFORM set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true),
          set_config('enable_nestloop', 'on', true);
END $$;
SELECT * FROM semijoins('tenant_id IN (SELECT t FROM spelled)');
SELECT * FROM semijoins('tenant_id IN (SELECT u FROM spelled)');
SELECT * FROM semijoins('NOT EXISTS (SELECT FROM spelled AS s WHERE s.t = o.tenant_id)');
SET enable_hashagg = off;
SELECT * FROM semijoins('tenant_id IN (SELECT t FROM spelled)');
RESET enable_hashagg;
-- The inner side first, made unique, then the index.
SET enable_hashjoin = off;
SET enable_mergejoin = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM owners WHERE tenant_id IN (SELECT t FROM spelled);
SELECT count(*) FROM owners WHERE tenant_id IN (SELECT t FROM spelled);
RESET enable_hashjoin;
RESET enable_mergejoin;

-- Long arrays, which PostgreSQL hashes where both sides hash alike.
SELECT count(*) FROM owners WHERE tenant_id = ANY ((SELECT array_agg(t) FROM spelled)::text[]);
SELECT count(*) FROM owners WHERE tenant_id = ANY ((SELECT array_agg(u) FROM spelled)::uuid[]);
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
SELECT count(*) FROM owners WHERE tenant_id = ANY ('{tenant-1,tenant-2,tenant-3,tenant-4,tenant-5,
  tenant-6,tenant-7,tenant-8,tenant-9,C4CA4238-A0B9-2382-0DCC-509A6F75849B,"","no id"}'::text[]);
SELECT count(*) FROM owners WHERE tenant_id <> ALL ('{tenant-1,tenant-2,tenant-3,tenant-4,tenant-5,
  tenant-6,tenant-7,tenant-8,tenant-9,C4CA4238-A0B9-2382-0DCC-509A6F75849B,"","no id"}'::text[]);
RESET enable_indexscan;
RESET enable_bitmapscan;
RESET enable_indexonlyscan;

-- Partition pruning by hash, list and range, with operands of other types: the partition that
-- is looked into is the one that the row went to.
CREATE TABLE by_hash (tenant_id tenancy.tenant_id, canonical text) PARTITION BY HASH (tenant_id);
CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE by_hash_2 PARTITION OF by_hash FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE by_hash_3 PARTITION OF by_hash FOR VALUES WITH (MODULUS 4, REMAINDER 3);
INSERT INTO by_hash SELECT tenant_id, canonical FROM owners;
CREATE TABLE by_range (tenant_id tenancy.tenant_id, canonical text) PARTITION BY RANGE (tenant_id);
CREATE TABLE by_range_uuid PARTITION OF by_range FOR VALUES FROM (MINVALUE) TO ('!');
CREATE TABLE by_range_low PARTITION OF by_range FOR VALUES FROM ('!') TO ('tenant-2');
CREATE TABLE by_range_high PARTITION OF by_range FOR VALUES FROM ('tenant-2') TO (MAXVALUE);
INSERT INTO by_range SELECT tenant_id, canonical FROM owners;
SELECT tableoid::regclass, count(*) FROM by_range GROUP BY 1 ORDER BY 1;
CREATE TABLE by_list (tenant_id tenancy.tenant_id, canonical text) PARTITION BY LIST (tenant_id);
CREATE TABLE by_list_a PARTITION OF by_list
  FOR VALUES IN ('tenant-1', 'c4ca4238-a0b9-2382-0dcc-509a6f75849b');
CREATE TABLE by_list_rest PARTITION OF by_list DEFAULT;
INSERT INTO by_list SELECT tenant_id, canonical FROM owners;
SELECT count(*) FROM by_list_a;
CREATE FUNCTION missed(partitioned regclass) RETURNS TABLE (type text, mode text, missed bigint)
  LANGUAGE plpgsql AS $$
DECLARE
  row record;
  found boolean;
BEGIN
  FOREACH mode IN ARRAY ARRAY['force_custom_plan', 'force_generic_plan'] LOOP
    PERFORM set_config('plan_cache_mode', mode, true);
    FOREACH type IN ARRAY ARRAY['tenancy.tenant_id', 'text', 'varchar', 'uuid'] LOOP
      EXECUTE format('PREPARE one(%s) AS SELECT EXISTS (SELECT FROM %s WHERE tenant_id = $1)',
                     type, partitioned);
      missed := 0;
      FOR row IN SELECT canonical FROM owners WHERE type <> 'uuid' OR canonical LIKE '%-%-%' LOOP
        EXECUTE format('EXECUTE one(%L)', upper(row.canonical)) INTO found;
        -- Only UUIDs are the same in upper case.
        IF found <> (row.canonical LIKE '%-%-%') THEN missed := missed + 1; END IF;
        EXECUTE format('EXECUTE one(%L)', row.canonical) INTO found;
        IF NOT found THEN missed := missed + 1; END IF;
      END LOOP;
      DEALLOCATE one;
      RETURN NEXT;
    END LOOP;
  END LOOP;
  PERFORM set_config('plan_cache_mode', 'auto', true);
END $$;
SELECT * FROM missed('by_hash');
SELECT type, sum(missed) FROM missed('by_range') GROUP BY 1 ORDER BY 1;
SELECT type, sum(missed) FROM missed('by_list') GROUP BY 1 ORDER BY 1;
PREPARE pruned(text) AS SELECT * FROM by_hash WHERE tenant_id = $1;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE pruned('tenant-1');
RESET plan_cache_mode;
EXPLAIN (COSTS OFF) SELECT * FROM by_range
 WHERE tenant_id = 'C4CA4238-A0B9-2382-0DCC-509A6F75849B'::text;
-- Joins partition by partition, and foreign keys between the types' own columns.
SET enable_partitionwise_join = on;
SELECT count(*) FROM by_hash AS a JOIN by_hash AS b USING (tenant_id);
CREATE TABLE parents (tenant_id tenancy.tenant_id PRIMARY KEY);
INSERT INTO parents SELECT tenant_id FROM owners;
ALTER TABLE owners ADD FOREIGN KEY (tenant_id) REFERENCES parents;
INSERT INTO owners VALUES ('nobody', 'nobody');
DELETE FROM parents WHERE tenant_id = 'tenant-1'::text;
-- A foreign key to a parent of another type needs the parent's type.
CREATE TABLE uuid_parents (id uuid PRIMARY KEY);
CREATE TABLE children (id tenancy.tenant_id REFERENCES uuid_parents);
