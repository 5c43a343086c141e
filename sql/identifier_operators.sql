-- Comparing identifiers with each other, with text and with uuid: which operator is chosen, that
-- the order is total over all three, that hashes agree with it, and that nobody else notices.
SET tenancy.auto_protect = off; -- these tables are compared, not isolated
\set SHOW_CONTEXT never
-- Literals and parameters of every type a driver sends.
SELECT v = 'acme', 'acme' = v, v = 'acme'::text, 'acme'::text = v, v = 'acme'::varchar,
       v = 'acme'::character(9), v = 'ACME', v <> 'acme', v < 'b', v >= 'acme'::text
  FROM (VALUES ('acme'::tenancy.tenant_id)) AS x(v);
SELECT v = '0192F3A4-5B6C-7D8E-9F00-A1B2C3D4E5F6'::text AS upper_text,
       v = '0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6'::uuid AS uuid,
       '0192F3A45B6C7D8E9F00A1B2C3D4E5F6'::uuid = v AS uuid_left,
       v = '0192f3a45b6c7d8e9f00a1b2c3d4e5f6'::text AS md5_like,
       v = '0192f3a45b6c7d8e9f00a1b2c3d4e5f6' AS md5_like_literal,
       v = ANY ('{x,0192F3A4-5B6C-7D8E-9F00-A1B2C3D4E5F6}'::text[]) AS any_text,
       v = ANY ('{0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6}'::uuid[]) AS any_uuid,
       v IN ('a', '0192F3A4-5B6C-7D8E-9F00-A1B2C3D4E5F6') AS in_list,
       v IN ('a'::text, '0192F3A4-5B6C-7D8E-9F00-A1B2C3D4E5F6'::text) AS in_text
  FROM (VALUES ('0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6'::tenancy.user_id)) AS x(v);
PREPARE untyped AS SELECT 'acme'::tenancy.tenant_id = $1;
SELECT parameter_types FROM pg_prepared_statements WHERE name = 'untyped';
EXECUTE untyped('acme');
-- A text that is no identifier is compared all the same, and equals none; a literal is refused.
SELECT 'acme'::tenancy.tenant_id = ''::text, 'acme'::tenancy.tenant_id = repeat('x', 300),
       'acme'::tenancy.tenant_id > ''::text, 'acme'::tenancy.tenant_id = 'a b'::text;
SELECT 'acme'::tenancy.tenant_id = 'a b';

-- Every other type compares as before.
SELECT 'a'::text = 'a' AS text, 'a' = 'b' AS literals, 'a'::varchar = 'a'::text AS varchar,
       'a'::name = 'a'::text AS name, 'a'::"char" = 'a' AS char, 'a'::character(2) = 'a' AS bpchar,
       gen_random_uuid() = '0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6' AS uuid,
       min('x'), greatest('a', 'b');
SELECT 'A0000000-0000-0000-0000-000000000000'::text = 'a0000000-0000-0000-0000-000000000000'::text;
SELECT gen_random_uuid() = 'a'::text;

-- The rules of operator families, as far as PostgreSQL checks them.
SELECT amname, opcname, opcdefault, amvalidate(c.oid)
  FROM pg_opclass AS c JOIN pg_am AS a ON a.oid = c.opcmethod
 WHERE c.opcintype IN ('tenancy.tenant_id'::regtype, 'tenancy.user_id'::regtype) ORDER BY 1, 2;
SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_amproc AS a ON a.amproc = p.oid
 WHERE p.pronamespace = 'tenancy'::regnamespace
   AND (p.provolatile <> 'i' OR NOT p.proisstrict OR p.proparallel <> 's'
        OR NOT (p.proleakproof OR p.proargtypes[0] = 'internal'::regtype));
-- Operators: leakproof, immutable, parallel safe, estimated, with commutator; all but those among
-- foreign types in pg_catalog.
CREATE VIEW own_operators AS
  SELECT o.*, p.proleakproof, p.provolatile, p.proparallel, p.proisstrict
    FROM pg_operator AS o JOIN pg_proc AS p ON p.oid = o.oprcode
   WHERE p.pronamespace = 'tenancy'::regnamespace
     AND p.proname ~ '^(tenant_id|user_id|identifier)_';
SELECT oprnamespace::regnamespace, count(*), count(*) FILTER (WHERE oprcanhash) AS hash,
       count(*) FILTER (WHERE oprcanmerge) AS merge FROM own_operators GROUP BY 1 ORDER BY 1::text;
SELECT oid::regoperator FROM own_operators
 WHERE NOT proleakproof OR provolatile <> 'i' OR proparallel <> 's' OR NOT proisstrict
    OR oprrest = 0 OR oprjoin = 0 OR oprcom = 0 OR oprnegate = 0
    OR obj_description(oid, 'pg_operator') IS NULL;
-- Commutators and negators are each other's, and do what they say.
SELECT o.oid::regoperator FROM own_operators AS o
  JOIN pg_operator AS c ON c.oid = o.oprcom JOIN pg_operator AS n ON n.oid = o.oprnegate
 WHERE c.oprcom <> o.oid OR n.oprnegate <> o.oid OR c.oprleft <> o.oprright
    OR n.oprleft <> o.oprleft
    OR (o.oprname, c.oprname, n.oprname) NOT IN (('=', '=', '<>'), ('<>', '<>', '='),
        ('<', '>', '>='), ('>', '<', '<='), ('<=', '>=', '>'), ('>=', '<=', '<'),
        ('=#', '=#', '<>#'), ('<>#', '<>#', '=#'), ('<#', '>#', '>=#'), ('>#', '<#', '<=#'),
        ('<=#', '>=#', '>#'), ('>=#', '<=#', '<#'));
SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_depend AS d ON d.objid = p.oid
  JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_tenancy' AND d.deptype = 'e'
 WHERE d.classid = 'pg_proc'::regclass AND p.proname ~ '^(tenant_id|user_id|identifier|permission)_'
   AND obj_description(p.oid, 'pg_proc') IS NULL;
-- uuid and text are in no family of ours with operators of their own.
SELECT amopfamily, amopopr::regoperator FROM pg_amop
 WHERE amopopr IN (SELECT oid FROM pg_operator WHERE oid < 16384)
   AND amopfamily IN (SELECT oid FROM pg_opfamily WHERE opfnamespace = 'tenancy'::regnamespace);

-- The order, over random values close to each other and to the edges of what an identifier is.
-- The rank is computed independently: UUIDs by their bytes behind a zero byte, others as they are.
SELECT setseed(0.25);
CREATE TABLE operands AS
  SELECT row_number() OVER () AS n, x AS t,
         CASE WHEN x ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
              THEN '\x00' || uuid_send(x::uuid) ELSE convert_to(x, 'UTF8') END AS rank
    FROM (SELECT overlay('0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6'
                   PLACING substr('0aA-fg', 1 + (random() * 5)::int, 1)
                   FROM 1 + (random() * 35)::int)
            FROM generate_series(1, 300)
          UNION SELECT upper(overlay('0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6'
                   PLACING '0' FROM 1 + (random() * 35)::int)) FROM generate_series(1, 80)
          UNION SELECT repeat('a', (random() * 300)::int) FROM generate_series(1, 40)
          UNION SELECT string_agg(substr(E'aAb ''\u00e9\u0001;~', 1 + (random() * 8)::int, 1), '')
            FROM generate_series(1, 800) AS i GROUP BY i % 250
          UNION VALUES (''), (' '), ('A0000000-0000-0000-0000-000000000000'),
            ('a0000000-0000-0000-0000-000000000000'), ('a0000000000000000000000000000000'),
            ('00000000-0000-0000-0000-000000000000'), ('ffffffff-ffff-ffff-ffff-ffffffffffff'))
      AS v(x);
ALTER TABLE operands ADD i tenancy.tenant_id, ADD u uuid;
UPDATE operands SET i = t WHERE t ~ '^[!-~]{1,255}$' AND t !~ '["'';]';
UPDATE operands SET u = t::uuid WHERE t ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
SELECT count(*) > 250 AS texts, count(i) > 150 AS ids, count(u) > 100 AS uuids,
       count(*) > count(DISTINCT rank) AS some_equal FROM operands;
-- All nine pairs of types and six operators; each row of the result would be a contradiction.
CREATE FUNCTION contradictions(lhs text, rhs text, suffix text) RETURNS bigint
  LANGUAGE plpgsql AS $$
DECLARE
  result bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM operands AS a, operands AS b
    WHERE a.%1$s IS NOT NULL AND b.%2$s IS NOT NULL AND (
      (a.%1$s OPERATOR(%3$s<%4$s) b.%2$s) IS DISTINCT FROM (a.rank < b.rank) OR
      (a.%1$s OPERATOR(%3$s<=%4$s) b.%2$s) IS DISTINCT FROM (a.rank <= b.rank) OR
      (a.%1$s OPERATOR(%3$s=%4$s) b.%2$s) IS DISTINCT FROM (a.rank = b.rank) OR
      (a.%1$s OPERATOR(%3$s<>%4$s) b.%2$s) IS DISTINCT FROM (a.rank <> b.rank) OR
      (a.%1$s OPERATOR(%3$s>=%4$s) b.%2$s) IS DISTINCT FROM (a.rank >= b.rank) OR
      (a.%1$s OPERATOR(%3$s>%4$s) b.%2$s) IS DISTINCT FROM (a.rank > b.rank) OR
      sign(tenancy.%5$s_cmp(a.%1$s, b.%2$s)) <>
        CASE WHEN a.rank < b.rank THEN -1 WHEN a.rank = b.rank THEN 0 ELSE 1 END)',
    lhs, rhs, CASE suffix WHEN '' THEN 'pg_catalog.' ELSE 'tenancy.' END, suffix,
    CASE suffix WHEN '' THEN 'tenant_id' ELSE 'identifier' END) INTO result;
  RETURN result;
END $$;
SELECT lhs, rhs, contradictions(lhs, rhs, suffix)
  FROM (VALUES ('i', 'i', ''), ('i', 't', ''), ('t', 'i', ''), ('i', 'u', ''), ('u', 'i', ''),
               ('t', 't', '#'), ('t', 'u', '#'), ('u', 't', '#'), ('u', 'u', '#'))
    AS v(lhs, rhs, suffix);
-- Equal values have equal hashes, with and without a seed; different ones have not.
SELECT count(*) FILTER (WHERE a.rank = b.rank) > 250 AS equal_pairs,
       count(*) FILTER (WHERE (a.rank = b.rank) <> (a.hash = b.hash)
                           OR (a.rank = b.rank) <> (a.wide = b.wide)) AS contradictions
  FROM (SELECT rank, tenancy.identifier_hash(t) AS hash,
               tenancy.identifier_hash_extended(t, 42) AS wide
          FROM operands) AS a,
       (SELECT rank, tenancy.tenant_id_hash(i), tenancy.tenant_id_hash_extended(i, 42)
          FROM operands WHERE i IS NOT NULL
        UNION ALL
        SELECT rank, tenancy.identifier_hash(u), tenancy.identifier_hash_extended(u, 42)
          FROM operands WHERE u IS NOT NULL) AS b(rank, hash, wide);
SELECT count(*) FROM operands
 WHERE tenancy.user_id_hash(i::text::tenancy.user_id) <> tenancy.tenant_id_hash(i);
-- Sorting (with abbreviated keys) is that order too.
SELECT count(*) FROM (SELECT i, rank, lag(rank) OVER (ORDER BY i) AS before FROM operands
                       WHERE i IS NOT NULL) AS s WHERE before > rank;
SELECT min(i), max(i) FROM operands WHERE i < 'B' OR i > 'a';
