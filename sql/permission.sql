-- permission: the grammar, covering, equality and order.
SELECT p::tenancy.permission FROM unnest('{read, tool:search:use, *, tool:*, *:read, tool:*:use,
  a:b:c:d:e:f:g:h, a:b:c:d:e:f:g:*, A-Z_a.z:0-9}'::text[]) AS p;
SELECT ''::tenancy.permission;
SELECT 'a::b'::tenancy.permission;
SELECT 'a:'::tenancy.permission;
SELECT ':a'::tenancy.permission;
SELECT 'tool:sea*'::tenancy.permission;
SELECT '**'::tenancy.permission;
SELECT 'a b'::tenancy.permission;
SELECT 'a,b'::text::tenancy.permission;
SELECT 'café'::tenancy.permission;
SELECT 'a:b:c:d:e:f:g:h:i'::tenancy.permission;
SELECT repeat('x', 256)::tenancy.permission;
SELECT repeat('*:', 5000000)::tenancy.permission;

SELECT broad, narrow, broad::tenancy.permission @> narrow::tenancy.permission AS covers,
       narrow::tenancy.permission <@ broad::tenancy.permission AS covered
  FROM (VALUES ('*', 'tool:search:use'), ('*', '*:*'), ('*:*', '*'), ('tool:*', 'tool:search'),
               ('tool:*', 'tool:search:use'), ('tool:*', 'tool'), ('tool:*', 'tools:x'),
               ('tool:*', 'tool:*:use'), ('tool:*:use', 'tool:*'), ('tool:*:use', 'tool:a:use'),
               ('tool:*:use', 'tool:a:b:use'), ('tool:a', 'tool:a'), ('tool:a', 'tool:A'),
               ('tool:a', 'tool:*'), ('tool:a:use', 'tool:a'), ('*:read', 'a:read'),
               ('*:read', 'a:b:read')) AS cases(broad, narrow);
SELECT 'tool:*'::tenancy.permission @> 'tool:a', 'tool:a' <@ 'tool:*'::tenancy.permission;
SELECT NULL::tenancy.permission @> 'a';

-- DISTINCT, arrays, keys, order by bytes, typed assignment.
SELECT DISTINCT p FROM unnest('{b,a,B,a,*}'::tenancy.permission[]) AS p ORDER BY p;
SELECT '{a:*,b}'::tenancy.permission[] && '{b}', '{b,a}'::tenancy.permission[] = '{a,b}';
CREATE TABLE grants (p tenancy.permission PRIMARY KEY, note text);
INSERT INTO grants VALUES ('tool:search:use'::text), ('tool:*'::varchar);
INSERT INTO grants VALUES ('tool:*');
SELECT p FROM grants WHERE p @> 'tool:x' ORDER BY p;
UPDATE grants SET note = p;
SELECT note FROM grants ORDER BY p DESC;
SELECT tenancy.permission_send('tool:*');
\getenv directory PG_TENANCY_SCRATCH
\set file :directory '/permission.bin'
COPY (SELECT p FROM grants) TO :'file' (FORMAT binary);
CREATE TABLE copied (p tenancy.permission);
COPY copied FROM :'file' (FORMAT binary);
SELECT p FROM copied EXCEPT SELECT p FROM grants;
SELECT count(*) FROM copied;
COPY (SELECT 'a b'::text) TO :'file' (FORMAT binary);
COPY copied FROM :'file' (FORMAT binary);
SELECT amname, amvalidate(c.oid) FROM pg_opclass AS c JOIN pg_am AS a ON a.oid = c.opcmethod
 WHERE c.opcintype = 'tenancy.permission'::regtype ORDER BY 1;

-- Overlapping: some permission is allowed by both. It commutes.
SELECT a, b, a::tenancy.permission && b::tenancy.permission AS overlaps,
       b::tenancy.permission && a::tenancy.permission AS commuted
  FROM (VALUES ('*', 'tool:search:use'), ('tool:*', 'tool'), ('tool:*', '*:use'),
               ('tool:*:use', 'tool:a:*'), ('tool:*:use', 'tool:a'), ('tool:*:use', '*:*:read'),
               ('*:read', 'a:b:read'), ('a', 'a'), ('a', 'A')) AS cases(a, b);
SELECT oprcom = o.oid AS commutes, proleakproof AS leakproof
  FROM pg_operator o JOIN pg_proc ON pg_proc.oid = oprcode
 WHERE oprname = '&&' AND oprleft = 'tenancy.permission'::regtype;

-- Arrays of permissions have a GIN index, and use it.
CREATE TABLE holders (id int, held tenancy.permission[]);
INSERT INTO holders SELECT n, ARRAY['docs:' || n % 100, 'tool:*']::tenancy.permission[]
  FROM generate_series(1, 5000) n;
CREATE INDEX holders_held ON holders USING gin (held);
ANALYZE holders;
EXPLAIN (COSTS off) SELECT count(*) FROM holders WHERE held @> '{docs:7,tool:*}';
SELECT count(*) FROM holders WHERE held @> '{docs:7,tool:*}';
SELECT count(*) FROM holders WHERE held @> '{docs:*}' OR held && '{docs:7,docs:8}';
SET enable_bitmapscan = off;
SELECT count(*) FROM holders WHERE held @> '{docs:7,tool:*}';
SELECT count(*) FROM holders WHERE held @> '{docs:*}' OR held && '{docs:7,docs:8}';
RESET enable_bitmapscan;
