\echo Use "CREATE EXTENSION pg_tenancy" to load this file. \quit

-- The extension owns its schema: made here, failing where it exists, so that nobody who made it
-- first keeps owning it. PUBLIC may look things up and nothing else.
CREATE SCHEMA tenancy;
GRANT USAGE ON SCHEMA tenancy TO PUBLIC;
COMMENT ON SCHEMA tenancy IS 'pg_tenancy: tenant isolation by verified tokens';
-- tenancy.tenant_id and tenancy.user_id: input, output and casts. One representation and one set
-- of C functions; two types, so that a user never stands where a tenant belongs.
--
-- Storage `main` keeps values in their row, with headers of one byte.

CREATE TYPE tenancy.tenant_id;

CREATE FUNCTION tenancy.tenant_id_in(cstring) RETURNS tenancy.tenant_id
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_identifier_in';
COMMENT ON FUNCTION tenancy.tenant_id_in(cstring) IS
  'input of tenant_id: the text form; 22P02 when it is no identifier';
CREATE FUNCTION tenancy.tenant_id_out(tenancy.tenant_id) RETURNS cstring
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_identifier_out';
COMMENT ON FUNCTION tenancy.tenant_id_out(tenancy.tenant_id) IS
  'output of tenant_id: the text form, UUIDs in lower case';
CREATE FUNCTION tenancy.tenant_id_recv(internal) RETURNS tenancy.tenant_id
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_identifier_recv';
COMMENT ON FUNCTION tenancy.tenant_id_recv(internal) IS
  'binary input of tenant_id: the bytes of the text form; 22P02 when it is no identifier';
CREATE FUNCTION tenancy.tenant_id_send(tenancy.tenant_id) RETURNS bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_identifier_send';
COMMENT ON FUNCTION tenancy.tenant_id_send(tenancy.tenant_id) IS
  'binary output of tenant_id: the bytes of the text form, UUIDs in lower case';

CREATE TYPE tenancy.tenant_id (
  INPUT = tenancy.tenant_id_in, OUTPUT = tenancy.tenant_id_out,
  RECEIVE = tenancy.tenant_id_recv, SEND = tenancy.tenant_id_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = main);
COMMENT ON TYPE tenancy.tenant_id IS
  'a tenant: 1 to 255 bytes of printable ASCII without spaces, quotation marks '
  'and semicolons; the 36-character UUID form, in any case, is one value of 17 bytes; '
  'byte order, UUIDs first';

CREATE FUNCTION tenancy.tenant_id_from_text(text) RETURNS tenancy.tenant_id
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_identifier_from_text';
COMMENT ON FUNCTION tenancy.tenant_id_from_text(text) IS
  'tenant_id of a text or varchar; 22P02 when it is no identifier';
CREATE FUNCTION tenancy.tenant_id_from_character(character) RETURNS tenancy.tenant_id
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_identifier_from_bpchar';
COMMENT ON FUNCTION tenancy.tenant_id_from_character(character) IS
  'tenant_id of a character(n) without its padding; 22P02 when it is no identifier';
CREATE FUNCTION tenancy.tenant_id_from_uuid(uuid) RETURNS tenancy.tenant_id
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_identifier_from_uuid';
COMMENT ON FUNCTION tenancy.tenant_id_from_uuid(uuid) IS 'tenant_id of a uuid; never fails';
CREATE FUNCTION tenancy.tenant_id_to_text(tenancy.tenant_id) RETURNS text
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_identifier_to_text';
COMMENT ON FUNCTION tenancy.tenant_id_to_text(tenancy.tenant_id) IS
  'text form of a tenant_id, UUIDs in lower case';
CREATE FUNCTION tenancy.tenant_id_to_uuid(tenancy.tenant_id) RETURNS uuid
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_identifier_to_uuid';
COMMENT ON FUNCTION tenancy.tenant_id_to_uuid(tenancy.tenant_id) IS
  'uuid of a tenant_id in the UUID form; 22P02 for every other one';

-- By assignment only: an implicit cast would make `column = text` a comparison of texts, which
-- knows nothing of UUIDs and of the column's index.
CREATE CAST (text AS tenancy.tenant_id)
  WITH FUNCTION tenancy.tenant_id_from_text(text) AS ASSIGNMENT;
CREATE CAST (varchar AS tenancy.tenant_id)
  WITH FUNCTION tenancy.tenant_id_from_text(text) AS ASSIGNMENT;
CREATE CAST (character AS tenancy.tenant_id)
  WITH FUNCTION tenancy.tenant_id_from_character(character) AS ASSIGNMENT;
CREATE CAST (uuid AS tenancy.tenant_id)
  WITH FUNCTION tenancy.tenant_id_from_uuid(uuid) AS ASSIGNMENT;
CREATE CAST (tenancy.tenant_id AS text)
  WITH FUNCTION tenancy.tenant_id_to_text(tenancy.tenant_id) AS ASSIGNMENT;
CREATE CAST (tenancy.tenant_id AS varchar)
  WITH FUNCTION tenancy.tenant_id_to_text(tenancy.tenant_id) AS ASSIGNMENT;
CREATE CAST (tenancy.tenant_id AS uuid)
  WITH FUNCTION tenancy.tenant_id_to_uuid(tenancy.tenant_id) AS ASSIGNMENT;

CREATE TYPE tenancy.user_id;

CREATE FUNCTION tenancy.user_id_in(cstring) RETURNS tenancy.user_id
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_identifier_in';
COMMENT ON FUNCTION tenancy.user_id_in(cstring) IS
  'input of user_id: the text form; 22P02 when it is no identifier';
CREATE FUNCTION tenancy.user_id_out(tenancy.user_id) RETURNS cstring
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_identifier_out';
COMMENT ON FUNCTION tenancy.user_id_out(tenancy.user_id) IS
  'output of user_id: the text form, UUIDs in lower case';
CREATE FUNCTION tenancy.user_id_recv(internal) RETURNS tenancy.user_id
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_identifier_recv';
COMMENT ON FUNCTION tenancy.user_id_recv(internal) IS
  'binary input of user_id: the bytes of the text form; 22P02 when it is no identifier';
CREATE FUNCTION tenancy.user_id_send(tenancy.user_id) RETURNS bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_identifier_send';
COMMENT ON FUNCTION tenancy.user_id_send(tenancy.user_id) IS
  'binary output of user_id: the bytes of the text form, UUIDs in lower case';

CREATE TYPE tenancy.user_id (
  INPUT = tenancy.user_id_in, OUTPUT = tenancy.user_id_out,
  RECEIVE = tenancy.user_id_recv, SEND = tenancy.user_id_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = main);
COMMENT ON TYPE tenancy.user_id IS
  'a user inside a tenant: 1 to 255 bytes of printable ASCII without spaces, quotation marks '
  'and semicolons; the 36-character UUID form, in any case, is one value of 17 bytes; '
  'byte order, UUIDs first';

CREATE FUNCTION tenancy.user_id_from_text(text) RETURNS tenancy.user_id
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_identifier_from_text';
COMMENT ON FUNCTION tenancy.user_id_from_text(text) IS
  'user_id of a text or varchar; 22P02 when it is no identifier';
CREATE FUNCTION tenancy.user_id_from_character(character) RETURNS tenancy.user_id
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_identifier_from_bpchar';
COMMENT ON FUNCTION tenancy.user_id_from_character(character) IS
  'user_id of a character(n) without its padding; 22P02 when it is no identifier';
CREATE FUNCTION tenancy.user_id_from_uuid(uuid) RETURNS tenancy.user_id
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_identifier_from_uuid';
COMMENT ON FUNCTION tenancy.user_id_from_uuid(uuid) IS 'user_id of a uuid; never fails';
CREATE FUNCTION tenancy.user_id_to_text(tenancy.user_id) RETURNS text
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_identifier_to_text';
COMMENT ON FUNCTION tenancy.user_id_to_text(tenancy.user_id) IS
  'text form of a user_id, UUIDs in lower case';
CREATE FUNCTION tenancy.user_id_to_uuid(tenancy.user_id) RETURNS uuid
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_identifier_to_uuid';
COMMENT ON FUNCTION tenancy.user_id_to_uuid(tenancy.user_id) IS
  'uuid of a user_id in the UUID form; 22P02 for every other one';

-- By assignment only: an implicit cast would make `column = text` a comparison of texts, which
-- knows nothing of UUIDs and of the column's index.
CREATE CAST (text AS tenancy.user_id)
  WITH FUNCTION tenancy.user_id_from_text(text) AS ASSIGNMENT;
CREATE CAST (varchar AS tenancy.user_id)
  WITH FUNCTION tenancy.user_id_from_text(text) AS ASSIGNMENT;
CREATE CAST (character AS tenancy.user_id)
  WITH FUNCTION tenancy.user_id_from_character(character) AS ASSIGNMENT;
CREATE CAST (uuid AS tenancy.user_id)
  WITH FUNCTION tenancy.user_id_from_uuid(uuid) AS ASSIGNMENT;
CREATE CAST (tenancy.user_id AS text)
  WITH FUNCTION tenancy.user_id_to_text(tenancy.user_id) AS ASSIGNMENT;
CREATE CAST (tenancy.user_id AS varchar)
  WITH FUNCTION tenancy.user_id_to_text(tenancy.user_id) AS ASSIGNMENT;
CREATE CAST (tenancy.user_id AS uuid)
  WITH FUNCTION tenancy.user_id_to_uuid(tenancy.user_id) AS ASSIGNMENT;
-- What tenant_id and user_id compare with: themselves, text and uuid, under one total order.
--
-- Each type has a btree and a hash operator family over {the type, text, uuid}. In them a text or
-- uuid is compared as the identifier it spells, and a text that spells none by its own bytes, so
-- that the order is total over all three (src/core/tenant_id.hpp). The families need operators
-- between text and uuid for that as well, which must not be `=` and `<` of text: those follow the
-- collation and tell an upper-case UUID from a lower-case one. They are `=#`, `<#` and so on, and
-- live in schema tenancy, where nobody meets them by accident.
--
-- The operators of the types live in pg_catalog, so that they are found with any search_path, as
-- do min and max. All of it is written by a loop: 9 pairs of types times 7 functions.
DO $loop$
DECLARE
  pair record;
  comparison record;
  id text;
  operand text;
  -- The C symbols' suffix says which kind of operand stands on which side.
  kinds CONSTANT jsonb := '{"tenancy.tenant_id": "id", "tenancy.user_id": "id",
                            "text": "text", "uuid": "uuid"}';
  attributes CONSTANT text := 'LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE';
BEGIN
  -- The functions and operators.
  FOR pair IN
    SELECT p.lhs, p.rhs, p.family, p.schema, p.suffix,
           (kinds ->> p.lhs) || '_' || (kinds ->> p.rhs) AS symbol
      FROM (SELECT v.lhs, v.rhs, f.family, 'pg_catalog' AS schema, '' AS suffix
              FROM unnest(ARRAY['tenant_id', 'user_id']) AS f(family),
                   LATERAL (SELECT 'tenancy.' || f.family AS self) AS s,
                   LATERAL (VALUES (s.self, s.self), (s.self, 'text'), ('text', s.self),
                                   (s.self, 'uuid'), ('uuid', s.self)) AS v(lhs, rhs)
            UNION ALL
            SELECT v.lhs, v.rhs, 'identifier', 'tenancy', '#'
              FROM (VALUES ('text', 'text'), ('text', 'uuid'), ('uuid', 'text'), ('uuid', 'uuid'))
                AS v(lhs, rhs)) AS p
  LOOP
    EXECUTE format('CREATE FUNCTION tenancy.%s_cmp(%s, %s) RETURNS integer %s
                      AS ''MODULE_PATHNAME'', %L',
                   pair.family, pair.lhs, pair.rhs, attributes,
                   'tenancy_identifier_cmp_' || pair.symbol);
    EXECUTE format('COMMENT ON FUNCTION tenancy.%s_cmp(%s, %s) IS %L',
                   pair.family, pair.lhs, pair.rhs, '-1, 0 or 1: order of two identifiers');
    FOR comparison IN
      SELECT * FROM (VALUES
        ('eq', '=',  '=',  '<>', 'eqsel',       'eqjoinsel',       ', HASHES, MERGES', 'equal'),
        ('ne', '<>', '<>', '=',  'neqsel',      'neqjoinsel',      '', 'not equal'),
        ('lt', '<',  '>',  '>=', 'scalarltsel', 'scalarltjoinsel', '', 'less than'),
        ('le', '<=', '>=', '>',  'scalarlesel', 'scalarlejoinsel', '', 'less or equal'),
        ('ge', '>=', '<=', '<',  'scalargesel', 'scalargejoinsel', '', 'greater or equal'),
        ('gt', '>',  '<',  '<=', 'scalargtsel', 'scalargtjoinsel', '', 'greater than'))
        AS c(name, sign, commutator, negator, restrict, join_, uses, meaning)
    LOOP
      EXECUTE format('CREATE FUNCTION tenancy.%s_%s(%s, %s) RETURNS boolean %s
                        AS ''MODULE_PATHNAME'', %L',
                     pair.family, comparison.name, pair.lhs, pair.rhs, attributes,
                     format('tenancy_identifier_%s_%s', comparison.name, pair.symbol));
      EXECUTE format('COMMENT ON FUNCTION tenancy.%s_%s(%s, %s) IS %L',
                     pair.family, comparison.name, pair.lhs, pair.rhs,
                     format('implementation of the %s operator', comparison.sign || pair.suffix));
      EXECUTE format('CREATE OPERATOR %1$s.%2$s%3$s (
                        LEFTARG = %4$s, RIGHTARG = %5$s, FUNCTION = tenancy.%6$s_%7$s,
                        COMMUTATOR = OPERATOR(%1$s.%8$s%3$s), NEGATOR = OPERATOR(%1$s.%9$s%3$s),
                        RESTRICT = %10$s, JOIN = %11$s%12$s)',
                     pair.schema, comparison.sign, pair.suffix, pair.lhs, pair.rhs, pair.family,
                     comparison.name, comparison.commutator, comparison.negator,
                     comparison.restrict, comparison.join_, comparison.uses);
      EXECUTE format('COMMENT ON OPERATOR %s.%s%s (%s, %s) IS %L',
                     pair.schema, comparison.sign, pair.suffix, pair.lhs, pair.rhs,
                     comparison.meaning || ', as identifiers');
    END LOOP;
  END LOOP;

  -- The hash functions: equal identifiers have equal hashes, whatever type they are given as.
  FOR pair IN
    SELECT * FROM (VALUES ('tenant_id', 'tenancy.tenant_id'), ('user_id', 'tenancy.user_id'),
                          ('identifier', 'text'), ('identifier', 'uuid')) AS h(family, operand)
  LOOP
    EXECUTE format('CREATE FUNCTION tenancy.%s_hash(%s) RETURNS integer %s
                      AS ''MODULE_PATHNAME'', %L',
                   pair.family, pair.operand, attributes,
                   'tenancy_identifier_hash_' || (kinds ->> pair.operand));
    EXECUTE format('CREATE FUNCTION tenancy.%s_hash_extended(%s, bigint) RETURNS bigint %s
                      AS ''MODULE_PATHNAME'', %L',
                   pair.family, pair.operand, attributes,
                   'tenancy_identifier_hash_extended_' || (kinds ->> pair.operand));
    EXECUTE format('COMMENT ON FUNCTION tenancy.%s_hash(%s) IS %L', pair.family, pair.operand,
                   'hash of an identifier');
    EXECUTE format('COMMENT ON FUNCTION tenancy.%s_hash_extended(%s, bigint) IS %L', pair.family,
                   pair.operand, '64-bit hash of an identifier with a seed');
  END LOOP;

  FOREACH id IN ARRAY ARRAY['tenant_id', 'user_id'] LOOP
    -- Operator classes of the type itself. Equal values have equal bytes (btequalimage), so that
    -- indexes deduplicate; sorting is that of bytea, with abbreviated keys.
    EXECUTE format($sql$
      CREATE FUNCTION tenancy.%1$s_sortsupport(internal) RETURNS void
        LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bytea_sortsupport';
      COMMENT ON FUNCTION tenancy.%1$s_sortsupport(internal) IS 'sort support: byte order';
      CREATE OPERATOR CLASS tenancy.%1$s_ops DEFAULT FOR TYPE tenancy.%1$s USING btree AS
        OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=,
        OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
        FUNCTION 1 tenancy.%1$s_cmp(tenancy.%1$s, tenancy.%1$s),
        FUNCTION 2 tenancy.%1$s_sortsupport(internal),
        FUNCTION 4 pg_catalog.btequalimage(oid);
      CREATE OPERATOR CLASS tenancy.%1$s_ops DEFAULT FOR TYPE tenancy.%1$s USING hash AS
        OPERATOR 1 pg_catalog.=,
        FUNCTION 1 tenancy.%1$s_hash(tenancy.%1$s),
        FUNCTION 2 tenancy.%1$s_hash_extended(tenancy.%1$s, bigint);
      CREATE OPERATOR CLASS tenancy.%1$s_minmax_ops DEFAULT FOR TYPE tenancy.%1$s USING brin AS
        OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=,
        OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
        FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
        FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
        FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
        FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);

      CREATE FUNCTION tenancy.%1$s_larger(tenancy.%1$s, tenancy.%1$s) RETURNS tenancy.%1$s
        LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
        AS 'MODULE_PATHNAME', 'tenancy_identifier_larger';
      COMMENT ON FUNCTION tenancy.%1$s_larger(tenancy.%1$s, tenancy.%1$s) IS 'larger of two';
      CREATE FUNCTION tenancy.%1$s_smaller(tenancy.%1$s, tenancy.%1$s) RETURNS tenancy.%1$s
        LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
        AS 'MODULE_PATHNAME', 'tenancy_identifier_smaller';
      COMMENT ON FUNCTION tenancy.%1$s_smaller(tenancy.%1$s, tenancy.%1$s) IS 'smaller of two';
      CREATE AGGREGATE pg_catalog.max(tenancy.%1$s) (
        SFUNC = tenancy.%1$s_larger, STYPE = tenancy.%1$s, SORTOP = OPERATOR(pg_catalog.>),
        COMBINEFUNC = tenancy.%1$s_larger, PARALLEL = SAFE);
      COMMENT ON AGGREGATE pg_catalog.max(tenancy.%1$s) IS 'maximum value of all %1$s inputs';
      CREATE AGGREGATE pg_catalog.min(tenancy.%1$s) (
        SFUNC = tenancy.%1$s_smaller, STYPE = tenancy.%1$s, SORTOP = OPERATOR(pg_catalog.<),
        COMBINEFUNC = tenancy.%1$s_smaller, PARALLEL = SAFE);
      COMMENT ON AGGREGATE pg_catalog.min(tenancy.%1$s) IS 'minimum value of all %1$s inputs';
    $sql$, id);

    -- Every other pair of types in the families; BRIN has those with the indexed type on the left.
    FOR pair IN
      SELECT v.lhs, v.rhs, v.functions, v.schema, v.suffix,
             v.lhs = 'tenancy.' || id AS indexed
        FROM (VALUES ('tenancy.' || id, 'text', id, 'pg_catalog', ''),
                     ('text', 'tenancy.' || id, id, 'pg_catalog', ''),
                     ('tenancy.' || id, 'uuid', id, 'pg_catalog', ''),
                     ('uuid', 'tenancy.' || id, id, 'pg_catalog', ''),
                     ('text', 'text', 'identifier', 'tenancy', '#'),
                     ('text', 'uuid', 'identifier', 'tenancy', '#'),
                     ('uuid', 'text', 'identifier', 'tenancy', '#'),
                     ('uuid', 'uuid', 'identifier', 'tenancy', '#'))
          AS v(lhs, rhs, functions, schema, suffix)
    LOOP
      operand := format('OPERATOR 1 %1$s.<%2$s (%3$s, %4$s), OPERATOR 2 %1$s.<=%2$s (%3$s, %4$s),
                         OPERATOR 3 %1$s.=%2$s (%3$s, %4$s), OPERATOR 4 %1$s.>=%2$s (%3$s, %4$s),
                         OPERATOR 5 %1$s.>%2$s (%3$s, %4$s)',
                        pair.schema, pair.suffix, pair.lhs, pair.rhs);
      EXECUTE format('ALTER OPERATOR FAMILY tenancy.%1$s_ops USING btree ADD %2$s,
                        FUNCTION 1 (%3$s, %4$s) tenancy.%5$s_cmp(%3$s, %4$s)',
                     id, operand, pair.lhs, pair.rhs, pair.functions);
      IF pair.indexed THEN
        EXECUTE format('ALTER OPERATOR FAMILY tenancy.%s_minmax_ops USING brin ADD %s',
                       id, operand);
      END IF;
      EXECUTE format('ALTER OPERATOR FAMILY tenancy.%s_ops USING hash ADD
                        OPERATOR 1 %s.=%s (%s, %s)',
                     id, pair.schema, pair.suffix, pair.lhs, pair.rhs);
    END LOOP;
    FOREACH operand IN ARRAY ARRAY['text', 'uuid'] LOOP
      EXECUTE format('ALTER OPERATOR FAMILY tenancy.%1$s_ops USING hash ADD
                        FUNCTION 1 (%2$s, %2$s) tenancy.identifier_hash(%2$s),
                        FUNCTION 2 (%2$s, %2$s) tenancy.identifier_hash_extended(%2$s, bigint)',
                     id, operand);
    END LOOP;
  END LOOP;
END
$loop$;
-- tenancy.permission: a pattern of permissions, and which pattern covers which.
CREATE TYPE tenancy.permission;

CREATE FUNCTION tenancy.permission_in(cstring) RETURNS tenancy.permission
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_permission_in';
COMMENT ON FUNCTION tenancy.permission_in(cstring) IS
  'input of permission: the text form; 22P02 when it is no pattern';
CREATE FUNCTION tenancy.permission_out(tenancy.permission) RETURNS cstring
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_permission_out';
COMMENT ON FUNCTION tenancy.permission_out(tenancy.permission) IS
  'output of permission: the text form';
CREATE FUNCTION tenancy.permission_recv(internal) RETURNS tenancy.permission
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_permission_recv';
COMMENT ON FUNCTION tenancy.permission_recv(internal) IS
  'binary input of permission: the bytes of the text form; 22P02 when it is no pattern';
CREATE FUNCTION tenancy.permission_send(tenancy.permission) RETURNS bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_permission_send';
COMMENT ON FUNCTION tenancy.permission_send(tenancy.permission) IS
  'binary output of permission: the bytes of the text form';

CREATE TYPE tenancy.permission (
  INPUT = tenancy.permission_in, OUTPUT = tenancy.permission_out,
  RECEIVE = tenancy.permission_recv, SEND = tenancy.permission_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = main);
COMMENT ON TYPE tenancy.permission IS
  'a pattern of permissions: 1 to 8 segments of A-Z, a-z, 0-9, _ . - or * alone, joined by colons '
  '(usually resource:name:action), at most 255 bytes; * is any one segment, a final * any one '
  'and whatever follows';

CREATE FUNCTION tenancy.permission_from_text(text) RETURNS tenancy.permission
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_permission_from_text';
COMMENT ON FUNCTION tenancy.permission_from_text(text) IS
  'permission of a text or varchar; 22P02 when it is no pattern';
CREATE FUNCTION tenancy.permission_to_text(tenancy.permission) RETURNS text
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_permission_to_text';
COMMENT ON FUNCTION tenancy.permission_to_text(tenancy.permission) IS 'text form of a permission';
CREATE CAST (text AS tenancy.permission)
  WITH FUNCTION tenancy.permission_from_text(text) AS ASSIGNMENT;
CREATE CAST (varchar AS tenancy.permission)
  WITH FUNCTION tenancy.permission_from_text(text) AS ASSIGNMENT;
CREATE CAST (tenancy.permission AS text)
  WITH FUNCTION tenancy.permission_to_text(tenancy.permission) AS ASSIGNMENT;
CREATE CAST (tenancy.permission AS varchar)
  WITH FUNCTION tenancy.permission_to_text(tenancy.permission) AS ASSIGNMENT;

-- Containment depends on no error and on nothing but its arguments: LEAKPROOF.
CREATE FUNCTION tenancy.permission_contains(broad tenancy.permission, narrow tenancy.permission)
  RETURNS boolean LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_permission_contains';
COMMENT ON FUNCTION tenancy.permission_contains(tenancy.permission, tenancy.permission) IS
  'implementation of @>: whether everything the second pattern allows is allowed by the first';
CREATE FUNCTION tenancy.permission_contained(narrow tenancy.permission, broad tenancy.permission)
  RETURNS boolean LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_permission_contained';
COMMENT ON FUNCTION tenancy.permission_contained(tenancy.permission, tenancy.permission) IS
  'implementation of <@: whether everything the first pattern allows is allowed by the second';
CREATE OPERATOR pg_catalog.@> (
  LEFTARG = tenancy.permission, RIGHTARG = tenancy.permission,
  FUNCTION = tenancy.permission_contains, COMMUTATOR = OPERATOR(pg_catalog.<@),
  RESTRICT = contsel, JOIN = contjoinsel);
COMMENT ON OPERATOR pg_catalog.@> (tenancy.permission, tenancy.permission) IS 'covers';
CREATE OPERATOR pg_catalog.<@ (
  LEFTARG = tenancy.permission, RIGHTARG = tenancy.permission,
  FUNCTION = tenancy.permission_contained, COMMUTATOR = OPERATOR(pg_catalog.@>),
  RESTRICT = contsel, JOIN = contjoinsel);
COMMENT ON OPERATOR pg_catalog.<@ (tenancy.permission, tenancy.permission) IS 'is covered by';

CREATE FUNCTION tenancy.permission_overlaps(a tenancy.permission, b tenancy.permission)
  RETURNS boolean LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_permission_overlaps';
COMMENT ON FUNCTION tenancy.permission_overlaps(tenancy.permission, tenancy.permission) IS
  'implementation of &&: whether some permission is allowed by both patterns';
CREATE OPERATOR pg_catalog.&& (
  LEFTARG = tenancy.permission, RIGHTARG = tenancy.permission,
  FUNCTION = tenancy.permission_overlaps, COMMUTATOR = OPERATOR(pg_catalog.&&),
  RESTRICT = contsel, JOIN = contjoinsel);
COMMENT ON OPERATOR pg_catalog.&& (tenancy.permission, tenancy.permission) IS 'overlaps';

-- Equality and order of the text's bytes, for DISTINCT, arrays and keys: bytea's functions.
CREATE FUNCTION tenancy.permission_eq(tenancy.permission, tenancy.permission) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'byteaeq';
CREATE FUNCTION tenancy.permission_ne(tenancy.permission, tenancy.permission) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'byteane';
CREATE FUNCTION tenancy.permission_lt(tenancy.permission, tenancy.permission) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'bytealt';
CREATE FUNCTION tenancy.permission_le(tenancy.permission, tenancy.permission) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'byteale';
CREATE FUNCTION tenancy.permission_ge(tenancy.permission, tenancy.permission) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'byteage';
CREATE FUNCTION tenancy.permission_gt(tenancy.permission, tenancy.permission) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'byteagt';
CREATE FUNCTION tenancy.permission_cmp(tenancy.permission, tenancy.permission) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'byteacmp';
CREATE FUNCTION tenancy.permission_hash(tenancy.permission) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'hashvarlena';
CREATE FUNCTION tenancy.permission_hash_extended(tenancy.permission, bigint) RETURNS bigint
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'hashvarlenaextended';
COMMENT ON FUNCTION tenancy.permission_eq(tenancy.permission, tenancy.permission) IS
  'implementation of the = operator: the same pattern';
COMMENT ON FUNCTION tenancy.permission_ne(tenancy.permission, tenancy.permission) IS
  'implementation of the <> operator';
COMMENT ON FUNCTION tenancy.permission_lt(tenancy.permission, tenancy.permission) IS
  'implementation of the < operator: byte order';
COMMENT ON FUNCTION tenancy.permission_le(tenancy.permission, tenancy.permission) IS
  'implementation of the <= operator';
COMMENT ON FUNCTION tenancy.permission_ge(tenancy.permission, tenancy.permission) IS
  'implementation of the >= operator';
COMMENT ON FUNCTION tenancy.permission_gt(tenancy.permission, tenancy.permission) IS
  'implementation of the > operator';
COMMENT ON FUNCTION tenancy.permission_cmp(tenancy.permission, tenancy.permission) IS
  'negative, 0 or positive: byte order of two patterns';
COMMENT ON FUNCTION tenancy.permission_hash(tenancy.permission) IS 'hash of a pattern';
COMMENT ON FUNCTION tenancy.permission_hash_extended(tenancy.permission, bigint) IS
  '64-bit hash of a pattern with a seed';

CREATE OPERATOR pg_catalog.= (
  LEFTARG = tenancy.permission, RIGHTARG = tenancy.permission, FUNCTION = tenancy.permission_eq,
  COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>),
  RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR pg_catalog.<> (
  LEFTARG = tenancy.permission, RIGHTARG = tenancy.permission, FUNCTION = tenancy.permission_ne,
  COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=),
  RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (
  LEFTARG = tenancy.permission, RIGHTARG = tenancy.permission, FUNCTION = tenancy.permission_lt,
  COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=),
  RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (
  LEFTARG = tenancy.permission, RIGHTARG = tenancy.permission, FUNCTION = tenancy.permission_le,
  COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>),
  RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.>= (
  LEFTARG = tenancy.permission, RIGHTARG = tenancy.permission, FUNCTION = tenancy.permission_ge,
  COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<),
  RESTRICT = scalargesel, JOIN = scalargejoinsel);
CREATE OPERATOR pg_catalog.> (
  LEFTARG = tenancy.permission, RIGHTARG = tenancy.permission, FUNCTION = tenancy.permission_gt,
  COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=),
  RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
COMMENT ON OPERATOR pg_catalog.= (tenancy.permission, tenancy.permission) IS 'equal';
COMMENT ON OPERATOR pg_catalog.<> (tenancy.permission, tenancy.permission) IS 'not equal';
COMMENT ON OPERATOR pg_catalog.< (tenancy.permission, tenancy.permission) IS 'less than';
COMMENT ON OPERATOR pg_catalog.<= (tenancy.permission, tenancy.permission) IS 'less or equal';
COMMENT ON OPERATOR pg_catalog.>= (tenancy.permission, tenancy.permission) IS 'greater or equal';
COMMENT ON OPERATOR pg_catalog.> (tenancy.permission, tenancy.permission) IS 'greater than';

CREATE OPERATOR CLASS tenancy.permission_ops DEFAULT FOR TYPE tenancy.permission USING btree AS
  OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=,
  OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
  FUNCTION 1 tenancy.permission_cmp(tenancy.permission, tenancy.permission),
  FUNCTION 4 pg_catalog.btequalimage(oid);
CREATE OPERATOR CLASS tenancy.permission_ops DEFAULT FOR TYPE tenancy.permission USING hash AS
  OPERATOR 1 pg_catalog.=,
  FUNCTION 1 tenancy.permission_hash(tenancy.permission),
  FUNCTION 2 tenancy.permission_hash_extended(tenancy.permission, bigint);
-- tenancy.identity: what login() and whoami() return.
CREATE TYPE tenancy.identity AS (
  tenant_id   tenancy.tenant_id,
  user_id     tenancy.user_id,
  agent       text,
  roles       text[],
  permissions tenancy.permission[],
  tier        text,
  issuer      text,
  key_id      text,
  token_id    text,
  expires_at  timestamptz);
COMMENT ON TYPE tenancy.identity IS
  'who a verified credential says is calling, and until when';
COMMENT ON COLUMN tenancy.identity.tenant_id IS 'the tenant it speaks for; never NULL';
COMMENT ON COLUMN tenancy.identity.user_id IS
  'the user inside the tenant; NULL for credentials without one, such as jobs';
COMMENT ON COLUMN tenancy.identity.agent IS 'the agent acting for the user, if any';
COMMENT ON COLUMN tenancy.identity.roles IS
  'the roles the credential names and, for a member, those of tenancy.members; empty when none';
COMMENT ON COLUMN tenancy.identity.permissions IS
  'the bound of what it may do; NULL = not bounded by the credential, empty = nothing';
COMMENT ON COLUMN tenancy.identity.tier IS
  'the subscription tier that counts: the tenant''s, else the credential''s, else the default one';
COMMENT ON COLUMN tenancy.identity.issuer IS 'the issuer that vouches for it (iss)';
COMMENT ON COLUMN tenancy.identity.key_id IS
  'the key that verified it (kid); NULL where the key has none';
COMMENT ON COLUMN tenancy.identity.token_id IS 'the credential''s own id (jti), if any';
COMMENT ON COLUMN tenancy.identity.expires_at IS 'when it ends to be valid (exp)';
-- Trust: who may say who is calling. Tables that administrators fill, each with a trigger that
-- tells every running session of a change, whoever made it and however.

CREATE FUNCTION tenancy.trust_changed() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_trust_changed';
COMMENT ON FUNCTION tenancy.trust_changed() IS
  'Statement trigger of the trust tables: makes every running session read them again at its next use.';
REVOKE ALL ON FUNCTION tenancy.trust_changed() FROM PUBLIC;

-- Random, made with the extension and never dumped: a database restored elsewhere is another one.
CREATE TABLE tenancy.database_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO tenancy.database_identity DEFAULT VALUES;
COMMENT ON TABLE tenancy.database_identity IS
  'The random identity of this database, part of the name of its own issuer. Not in dumps: a restored copy gets another one.';
COMMENT ON COLUMN tenancy.database_identity.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN tenancy.database_identity.id IS 'Default of tenancy.own_issuer is urn:pg_tenancy: and this.';

CREATE TABLE tenancy.issuers (
  issuer text COLLATE "C" PRIMARY KEY CHECK (issuer <> ''),
  audience text[] NOT NULL,
  preset text,
  jwks json,
  jwks_uri text CHECK (jwks_uri ~ '^https://[^[:space:]]+$'),
  algorithms text[],
  authorized_parties text[],
  required_claims jsonb CHECK (jsonb_typeof(required_claims) = 'object'),
  tenant_claim text NOT NULL DEFAULT 'tenant_id',
  user_claim text NOT NULL DEFAULT 'sub',
  roles_claim text,
  permissions_claim text,
  permission_prefix text,
  tier_claim text,
  agent_claim text,
  tenant_id tenancy.tenant_id,
  tenants text NOT NULL DEFAULT 'open' CHECK (tenants IN ('open', 'registered', 'listed')),
  tenants_claim text,
  membership text NOT NULL DEFAULT 'claims' CHECK (membership IN ('claims', 'required')),
  tenant_lookup text NOT NULL DEFAULT 'claim' CHECK (tenant_lookup IN ('claim', 'alias')),
  user_prefix text,
  leeway interval NOT NULL DEFAULT '30 s' CHECK (leeway >= '0' AND leeway <= '5 min'),
  created_at timestamptz NOT NULL DEFAULT now(),
  keys_changed_at timestamptz
);
COMMENT ON TABLE tenancy.issuers IS
  'The issuers whose tokens this database believes. Fill it with tenancy.add_issuer; the columns are its arguments. Row security hides it from pg_read_all_data, as key sets may hold HMAC secrets.';
COMMENT ON COLUMN tenancy.issuers.issuer IS 'iss of its tokens, exactly.';
COMMENT ON COLUMN tenancy.issuers.audience IS 'One of these must be in aud; empty: aud is not looked at.';
COMMENT ON COLUMN tenancy.issuers.preset IS 'The preset it was added with, for the record.';
COMMENT ON COLUMN tenancy.issuers.algorithms IS 'Algorithms accepted; NULL: whatever the keys are for.';
COMMENT ON COLUMN tenancy.issuers.authorized_parties IS 'One of these must be azp, or client_id where there is no azp.';
COMMENT ON COLUMN tenancy.issuers.required_claims IS 'A JSON object that the claims must contain.';
COMMENT ON COLUMN tenancy.issuers.tenant_claim IS 'Path of the claim that names the tenant.';
COMMENT ON COLUMN tenancy.issuers.user_claim IS 'Path of the claim that names the user.';
COMMENT ON COLUMN tenancy.issuers.roles_claim IS 'Path of the claim with the roles; NULL: none are read.';
COMMENT ON COLUMN tenancy.issuers.permissions_claim IS 'Path of the claim with the permissions; NULL: tokens do not bound permissions.';
COMMENT ON COLUMN tenancy.issuers.permission_prefix IS 'Only permissions that start with it count, without it.';
COMMENT ON COLUMN tenancy.issuers.tier_claim IS 'Path of the claim with the subscription tier; NULL: none is read.';
COMMENT ON COLUMN tenancy.issuers.agent_claim IS 'Path of the claim that names the agent; NULL: act.sub, then azp.';
COMMENT ON COLUMN tenancy.issuers.tenant_id IS 'The only tenant it may speak for; NULL: not bound to one.';
COMMENT ON COLUMN tenancy.issuers.tenants IS 'open, registered (in tenancy.tenants) or listed (in tenancy.issuer_tenants).';
COMMENT ON COLUMN tenancy.issuers.tenants_claim IS 'Path of an array of the tenants to pick from when entering; NULL: no choice.';
COMMENT ON COLUMN tenancy.issuers.membership IS 'claims: the token alone says who may enter a tenant; required: the user must be an active row of tenancy.members too.';
COMMENT ON COLUMN tenancy.issuers.tenant_lookup IS 'claim: the tenant claim is the tenant; alias: tenancy.tenant_aliases says which it is.';
COMMENT ON COLUMN tenancy.issuers.user_prefix IS 'Put before the user claim: keeps equal subjects of two issuers apart.';
COMMENT ON COLUMN tenancy.issuers.leeway IS 'For exp, nbf and iat; 0 to 5 minutes.';
COMMENT ON COLUMN tenancy.issuers.created_at IS 'When it was added.';
COMMENT ON COLUMN tenancy.issuers.jwks IS
  'The JWK Set (RFC 7517) that verifies this issuer''s tokens; HMAC keys are secrets.';
COMMENT ON COLUMN tenancy.issuers.jwks_uri IS
  'Where the issuer publishes its keys. Kept for the record only: nothing fetches it, store the keys with tenancy.set_jwks.';
COMMENT ON COLUMN tenancy.issuers.keys_changed_at IS 'When the key set was stored.';

CREATE TABLE tenancy.tenants (
  tenant_id tenancy.tenant_id PRIMARY KEY,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
  created_at timestamptz NOT NULL DEFAULT now(),
  tier text COLLATE "C",
  parent tenancy.tenant_id CHECK (parent <> tenant_id)
    REFERENCES tenancy.tenants ON UPDATE CASCADE,
  display_name text,
  settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
  tokens_valid_after timestamptz
);
COMMENT ON TABLE tenancy.tenants IS
  'The registered tenants. Issuers with tenants => ''registered'' speak for these only; a suspended or closed tenant is refused (TN005) whoever speaks for it.';
COMMENT ON COLUMN tenancy.tenants.tenant_id IS 'The tenant.';
COMMENT ON COLUMN tenancy.tenants.status IS
  'active, suspended or closed; a change reaches running sessions at their next statement.';
COMMENT ON COLUMN tenancy.tenants.created_at IS 'When it was registered.';
COMMENT ON COLUMN tenancy.tenants.tier IS
  'Its subscription tier; NULL: the tier that the credential names, else the default tier.';
COMMENT ON COLUMN tenancy.tenants.parent IS
  'The tenant it belongs to, for the record: a parent sees nothing of its children by it.';
COMMENT ON COLUMN tenancy.tenants.display_name IS 'A name for people.';
COMMENT ON COLUMN tenancy.tenants.settings IS 'A JSON object for the application; the extension reads nothing in it.';
COMMENT ON COLUMN tenancy.tenants.tokens_valid_after IS
  'Tokens issued in this second or before are refused (TN005), as are those without iat; NULL: no such limit.';

CREATE TABLE tenancy.tenant_aliases (
  issuer text COLLATE "C" NOT NULL
    REFERENCES tenancy.issuers ON UPDATE CASCADE ON DELETE CASCADE,
  claim_value text COLLATE "C" NOT NULL,
  tenant_id tenancy.tenant_id NOT NULL,
  PRIMARY KEY (issuer, claim_value)
);
COMMENT ON TABLE tenancy.tenant_aliases IS
  'For issuers with tenant_lookup => ''alias'': which tenant a value of the tenant claim means.';
COMMENT ON COLUMN tenancy.tenant_aliases.issuer IS 'The issuer whose claim it is.';
COMMENT ON COLUMN tenancy.tenant_aliases.claim_value IS 'The claim''s value, exactly.';
COMMENT ON COLUMN tenancy.tenant_aliases.tenant_id IS 'The tenant it means.';

CREATE TABLE tenancy.issuer_tenants (
  issuer text COLLATE "C" NOT NULL
    REFERENCES tenancy.issuers ON UPDATE CASCADE ON DELETE CASCADE,
  tenant_id tenancy.tenant_id NOT NULL,
  PRIMARY KEY (issuer, tenant_id)
);
COMMENT ON TABLE tenancy.issuer_tenants IS
  'For issuers with tenants => ''listed'': the tenants that the issuer may speak for.';
COMMENT ON COLUMN tenancy.issuer_tenants.issuer IS 'The issuer.';
COMMENT ON COLUMN tenancy.issuer_tenants.tenant_id IS 'A tenant it may speak for.';

CREATE TABLE tenancy.signing_keys (
  kid text COLLATE "C" PRIMARY KEY,
  issuer text COLLATE "C" NOT NULL,
  jwk json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  verify_until timestamptz
);
-- At most one key signs, whatever happens at the same time.
CREATE UNIQUE INDEX signing_keys_one_signs ON tenancy.signing_keys ((true))
  WHERE verify_until IS NULL;
CREATE INDEX signing_keys_issuer ON tenancy.signing_keys (issuer);
COMMENT ON TABLE tenancy.signing_keys IS
  'Public keys of this database''s own issuer. Dumped, so that tokens live on in a restored database until they expire. Delete a row to refuse the tokens of a lost key at once.';
COMMENT ON COLUMN tenancy.signing_keys.kid IS 'Key ID: the RFC 7638 thumbprint.';
COMMENT ON COLUMN tenancy.signing_keys.issuer IS
  'iss and aud of the tokens it signed; the key verifies no other.';
COMMENT ON COLUMN tenancy.signing_keys.jwk IS 'The public key (RFC 7517).';
COMMENT ON COLUMN tenancy.signing_keys.created_at IS 'When it was made.';
COMMENT ON COLUMN tenancy.signing_keys.verify_until IS
  'NULL: signs, or came by a dump. Else it was replaced, and verifies until here.';

CREATE TABLE tenancy.signing_secrets (
  kid text COLLATE "C" PRIMARY KEY REFERENCES tenancy.signing_keys ON DELETE CASCADE,
  private_jwk json NOT NULL
);
COMMENT ON TABLE tenancy.signing_secrets IS
  'The private half of the signing key: never dumped, hidden from pg_read_all_data by row security, read by tenancy.issue_token alone.';
COMMENT ON COLUMN tenancy.signing_secrets.kid IS 'The key it belongs to.';
COMMENT ON COLUMN tenancy.signing_secrets.private_jwk IS 'The private key (RFC 7517).';

DO $$
DECLARE
  rel text;
BEGIN
  FOREACH rel IN ARRAY ARRAY['database_identity', 'issuers', 'tenants', 'tenant_aliases',
                             'issuer_tenants', 'signing_keys', 'signing_secrets'] LOOP
    EXECUTE format('CREATE TRIGGER trust_changed AFTER INSERT OR UPDATE%s OR DELETE OR TRUNCATE'
                   ' ON tenancy.%I FOR EACH STATEMENT EXECUTE FUNCTION tenancy.trust_changed()',
                   -- A tenant's administrators change its other columns, which trust does not read.
                   CASE rel WHEN 'tenants' THEN
                     ' OF tenant_id, status, created_at, tier, parent, tokens_valid_after' END, rel);
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ALWAYS TRIGGER trust_changed', rel);
    EXECUTE format('REVOKE ALL ON tenancy.%I FROM PUBLIC', rel);
    IF rel NOT IN ('database_identity', 'signing_secrets') THEN
      PERFORM pg_extension_config_dump(format('tenancy.%I', rel), '');
    END IF;
  END LOOP;
END
$$;
ALTER TABLE tenancy.issuers ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy.signing_secrets ENABLE ROW LEVEL SECURITY;

-- Whoever writes a row, by function or by hand: what could never verify safely is not stored.
CREATE FUNCTION tenancy.check_issuer() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_check_issuer';
COMMENT ON FUNCTION tenancy.check_issuer() IS
  'Row trigger of tenancy.issuers: refuses (22023) arguments that contradict each other and keys that could never verify safely, by name.';
REVOKE ALL ON FUNCTION tenancy.check_issuer() FROM PUBLIC;
CREATE TRIGGER check_issuer BEFORE INSERT OR UPDATE ON tenancy.issuers
  FOR EACH ROW EXECUTE FUNCTION tenancy.check_issuer();
-- Issuers: adding, changing, dropping them and their keys.

CREATE FUNCTION tenancy.issuer_presets(
    OUT preset text, OUT tenant_claim text, OUT user_claim text, OUT roles_claim text,
    OUT permissions_claim text, OUT tier_claim text, OUT agent_claim text,
    OUT tenants_claim text, OUT algorithms text[], OUT source text)
  RETURNS SETOF record LANGUAGE c STABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_issuer_presets';
COMMENT ON FUNCTION tenancy.issuer_presets() IS
  'What the argument preset of tenancy.add_issuer stands for, and the provider''s page that says so. NULL = the standard.';
REVOKE ALL ON FUNCTION tenancy.issuer_presets() FROM PUBLIC;

CREATE FUNCTION tenancy.add_issuer(
    issuer text, audience text[], preset text DEFAULT NULL, jwks json DEFAULT NULL,
    jwks_uri text DEFAULT NULL, algorithms text[] DEFAULT NULL,
    authorized_parties text[] DEFAULT NULL, required_claims jsonb DEFAULT NULL,
    tenant_claim text DEFAULT NULL, user_claim text DEFAULT NULL, roles_claim text DEFAULT NULL,
    permissions_claim text DEFAULT NULL, permission_prefix text DEFAULT NULL,
    tier_claim text DEFAULT NULL, agent_claim text DEFAULT NULL,
    tenant_id tenancy.tenant_id DEFAULT NULL, tenants text DEFAULT 'open',
    tenants_claim text DEFAULT NULL, membership text DEFAULT 'claims',
    tenant_lookup text DEFAULT 'claim', user_prefix text DEFAULT NULL,
    leeway interval DEFAULT '30 s')
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  defaults record;
  missing text;
BEGIN
  SELECT p.* INTO defaults FROM tenancy.issuer_presets() AS p WHERE p.preset = add_issuer.preset;
  IF preset IS NOT NULL AND defaults IS NULL THEN
    RAISE 'unknown preset' USING ERRCODE = '22023',
      DETAIL = format('There is no preset "%s".', preset),
      HINT = (SELECT 'preset is one of ' || string_agg(p.preset, ', ' ORDER BY p.preset) || '.'
              FROM tenancy.issuer_presets() AS p);
  END IF;
  missing := CASE WHEN issuer IS NULL THEN 'issuer' WHEN audience IS NULL THEN 'audience'
    WHEN tenants IS NULL THEN 'tenants' WHEN membership IS NULL THEN 'membership'
    WHEN tenant_lookup IS NULL THEN 'tenant_lookup' WHEN leeway IS NULL THEN 'leeway' END;
  IF missing IS NOT NULL THEN
    RAISE '% is missing', missing USING ERRCODE = '22023', DETAIL = 'It cannot be NULL.',
      HINT = CASE missing WHEN 'issuer' THEN 'Give iss as the tokens say it.'
        WHEN 'audience' THEN
          'Give an array: a token issued for another application must not enter.'
        ELSE 'Leave it out for the default.' END;
  END IF;
  IF issuer = tenancy.own_issuer() THEN
    RAISE 'issuer is not valid' USING ERRCODE = '22023',
      DETAIL = 'It is the name of this database''s own issuer, whose tokens enter already.',
      HINT = 'Where another signs under this name, set tenancy.own_issuer to a name of its own first.';
  END IF;
  INSERT INTO tenancy.issuers AS i (issuer, audience, preset, jwks, jwks_uri, algorithms,
      authorized_parties, required_claims, tenant_claim, user_claim, roles_claim,
      permissions_claim, permission_prefix, tier_claim, agent_claim, tenant_id, tenants,
      tenants_claim, membership, tenant_lookup, user_prefix, leeway)
    VALUES (issuer, audience, preset, jwks, jwks_uri, coalesce(algorithms, defaults.algorithms),
      authorized_parties, required_claims,
      coalesce(tenant_claim, defaults.tenant_claim, 'tenant_id'),
      coalesce(user_claim, defaults.user_claim, 'sub'),
      coalesce(roles_claim, defaults.roles_claim),
      coalesce(permissions_claim, defaults.permissions_claim),
      permission_prefix, coalesce(tier_claim, defaults.tier_claim),
      coalesce(agent_claim, defaults.agent_claim), tenant_id, tenants,
      coalesce(tenants_claim, defaults.tenants_claim), membership, tenant_lookup, user_prefix, leeway)
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE 'issuer exists already' USING ERRCODE = '42710',
      DETAIL = format('There is an issuer "%s".', issuer),
      HINT = 'Use tenancy.alter_issuer or tenancy.set_jwks.';
  END IF;
END
$$;

CREATE FUNCTION tenancy.alter_issuer(issuer text, changes jsonb)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was tenancy.issuers;
  new tenancy.issuers;
  unknown text;
BEGIN
  IF issuer IS NULL OR changes IS NULL THEN
    RAISE 'issuer or changes is missing' USING ERRCODE = '22023',
      DETAIL = 'Nothing was changed.', HINT = 'Give both.';
  END IF;
  IF jsonb_typeof(changes) <> 'object' THEN
    RAISE 'changes is not valid' USING ERRCODE = '22023',
      DETAIL = 'It is not a JSON object.',
      HINT = 'Give the arguments of tenancy.add_issuer to change, as {"leeway": "1 min"}.';
  END IF;
  SELECT string_agg(quote_ident(k), ', ' ORDER BY k) INTO unknown
    FROM jsonb_object_keys(changes) AS k
    WHERE k <> ALL (ARRAY['audience', 'jwks', 'jwks_uri', 'algorithms', 'authorized_parties',
      'required_claims', 'tenant_claim', 'user_claim', 'roles_claim', 'permissions_claim',
      'permission_prefix', 'tier_claim', 'agent_claim', 'tenant_id', 'tenants', 'tenants_claim',
      'membership', 'tenant_lookup', 'user_prefix', 'leeway']);
  IF unknown IS NOT NULL THEN
    RAISE 'changes is not valid' USING ERRCODE = '22023',
      DETAIL = format('An issuer cannot change %s.', unknown),
      HINT = 'The names are those of tenancy.add_issuer, without issuer and preset.';
  END IF;
  SELECT i.* INTO was FROM tenancy.issuers AS i WHERE i.issuer = alter_issuer.issuer FOR UPDATE;
  IF NOT FOUND THEN
    RAISE 'issuer does not exist' USING ERRCODE = '42704',
      DETAIL = format('There is no issuer "%s".', alter_issuer.issuer),
      HINT = 'SELECT issuer FROM tenancy.issuers shows the names.';
  END IF;
  new := jsonb_populate_record(was, changes);
  UPDATE tenancy.issuers AS i SET
      audience = new.audience, jwks = new.jwks, jwks_uri = new.jwks_uri,
      algorithms = new.algorithms, authorized_parties = new.authorized_parties,
      required_claims = new.required_claims,
      tenant_claim = coalesce(new.tenant_claim, 'tenant_id'),
      user_claim = coalesce(new.user_claim, 'sub'), roles_claim = new.roles_claim,
      permissions_claim = new.permissions_claim, permission_prefix = new.permission_prefix,
      tier_claim = new.tier_claim, agent_claim = new.agent_claim, tenant_id = new.tenant_id,
      tenants = coalesce(new.tenants, 'open'), tenants_claim = new.tenants_claim,
      membership = coalesce(new.membership, 'claims'),
      tenant_lookup = coalesce(new.tenant_lookup, 'claim'), user_prefix = new.user_prefix,
      leeway = coalesce(new.leeway, '30 s')
    WHERE i.issuer = was.issuer;
END
$$;

CREATE FUNCTION tenancy.set_jwks(issuer text, jwks json)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF issuer IS NULL OR jwks IS NULL THEN
    RAISE 'issuer or jwks is missing' USING ERRCODE = '22023',
      DETAIL = 'The keys are as they were.',
      HINT = 'Give both; tenancy.drop_issuer stops believing an issuer.';
  END IF;
  UPDATE tenancy.issuers AS i SET jwks = set_jwks.jwks WHERE i.issuer = set_jwks.issuer;
  IF NOT FOUND THEN
    RAISE 'issuer does not exist' USING ERRCODE = '42704',
      DETAIL = format('There is no issuer "%s".', set_jwks.issuer),
      HINT = 'Add it with tenancy.add_issuer.';
  END IF;
END
$$;

CREATE FUNCTION tenancy.drop_issuer(issuer text)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF issuer IS NULL THEN
    RAISE 'issuer is missing' USING ERRCODE = '22023',
      DETAIL = 'No issuer was dropped.', HINT = 'Give iss as tenancy.issuers has it.';
  END IF;
  DELETE FROM tenancy.issuers AS i WHERE i.issuer = drop_issuer.issuer;
  IF NOT FOUND THEN
    RAISE 'issuer does not exist' USING ERRCODE = '42704',
      DETAIL = format('There is no issuer "%s".', drop_issuer.issuer),
      HINT = 'SELECT issuer FROM tenancy.issuers shows the names.';
  END IF;
END
$$;

COMMENT ON FUNCTION tenancy.add_issuer IS
$$Believe the tokens of an issuer (iss). For administrators; reaches running sessions at their next use.
audience: one of these must be in aud; '{}' only together with authorized_parties (azp, else client_id) or required_claims (contained in the claims).
preset: a provider of tenancy.issuer_presets() whose claim names become the defaults.
jwks: the JWK Set; jwks_uri: kept for the record, nothing fetches it. algorithms: which of the keys' to accept.
Claim paths: a claim's name, or names joined by dots (app_metadata.tenant_id); names may contain dots and slashes themselves. A path that can be read in two ways in one token refuses it; so does one that is not exactly one string. Roles and permissions also accept arrays, space-separated strings and nested objects; permissions that do not parse are ignored.
permissions_claim: NULL = tokens do not bound permissions; with it, a token without the claim has none. permission_prefix: only permissions that start with it count, without it.
agent_claim: NULL = act.sub, then azp. tenants_claim: an array, the tenants to pick from when entering.
tenant_id: speaks for this tenant only. tenants: open, registered (tenancy.tenants) or listed (tenancy.issuer_tenants). tenant_lookup: claim, or alias (tenancy.tenant_aliases). membership: claims, or required: the user (user_prefix included) must be an active row of tenancy.members, and may enter any tenant where they are one.
user_prefix: put before the user claim, keeps equal subjects of two issuers apart. leeway: 0 to 5 min for exp, nbf and iat.
Errors: 22023 an argument or a key is refused, the DETAIL names it; 42710 the issuer exists.$$;
COMMENT ON FUNCTION tenancy.alter_issuer(text, jsonb) IS
  'Change arguments of tenancy.add_issuer, given by name in a JSON object; null returns to the standard''s default. Errors: 22023 unknown name or refused value, 42704 no such issuer.';
COMMENT ON FUNCTION tenancy.set_jwks(text, json) IS
  'Replace the whole key set of an issuer in one step; tokens of removed keys are refused from the next statement of every session on. Errors: 22023 NULL, or a key that could never verify safely (named by kid or position), 42704 no such issuer.';
COMMENT ON FUNCTION tenancy.drop_issuer(text) IS
  'Stop believing an issuer; its aliases and listed tenants go too, and sessions inside with its tokens are refused at their next statement. Errors: 42704 no such issuer, 22023 NULL.';
REVOKE ALL ON FUNCTION tenancy.add_issuer, tenancy.alter_issuer, tenancy.set_jwks,
  tenancy.drop_issuer FROM PUBLIC;
-- The database's own issuer: short tokens for tests, support and programs.

CREATE FUNCTION tenancy.own_issuer() RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_own_issuer_name';
COMMENT ON FUNCTION tenancy.own_issuer() IS
  'iss and aud of the tokens this database issues: the setting tenancy.own_issuer, else urn:pg_tenancy: and the random id of this database.';

CREATE FUNCTION tenancy.rotate_signing_key() RETURNS text
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE SECURITY DEFINER
  AS 'MODULE_PATHNAME', 'tenancy_rotate_signing_key';
COMMENT ON FUNCTION tenancy.rotate_signing_key() IS
  'Make a new signing key and return its key ID. The old key''s private half is deleted; its public half verifies until the last token it can have signed has expired. Error: 25006 in a read-only transaction or on a standby.';

CREATE FUNCTION tenancy.issue_token(
    tenant_id tenancy.tenant_id, user_id tenancy.user_id DEFAULT NULL, roles text[] DEFAULT '{}',
    permissions tenancy.permission[] DEFAULT NULL, ttl interval DEFAULT '15 min',
    claims jsonb DEFAULT '{}')
  RETURNS text LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_issue_token';
COMMENT ON FUNCTION tenancy.issue_token IS
$$A token of this database's own issuer (ES256), to enter with. For superusers, and for roles within their entry in tenancy.operators.
tenant_id: the tenant; user_id: NULL = a job without a user; roles; permissions: NULL = those of the entry, not bounded where it is not, '{}' = none; ttl: 1 s to 24 h, and to the entry's max_ttl; claims: further claims, not the reserved ones.
The key is made on first use. A token whose transaction rolls back may name a key that does not exist.
Errors: 22023 an argument is refused; 42501 no entry of the caller covers the tenant, the ttl and the permissions; TN010 inside an identity, but for superusers; 25006 where the key has to be made and nothing can be written.$$;

CREATE FUNCTION tenancy.jwks() RETURNS json
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT json_build_object('keys', coalesce(json_agg(k.jwk ORDER BY k.created_at DESC), '[]'))
  FROM tenancy.signing_keys AS k
  WHERE k.issuer = tenancy.own_issuer()
    AND (k.verify_until IS NULL OR k.verify_until > clock_timestamp())
$$;
COMMENT ON FUNCTION tenancy.jwks() IS
  'The public keys of this database''s own issuer, as a JWK Set (RFC 7517), newest first; empty before the first token.';
REVOKE ALL ON FUNCTION tenancy.own_issuer, tenancy.rotate_signing_key, tenancy.issue_token FROM PUBLIC;
-- Everybody may ask; tenancy.operators answers. (Said as a database that was upgraded says it.)
GRANT EXECUTE ON FUNCTION tenancy.issue_token TO PUBLIC;
-- Verifying and looking at tokens without entering.

CREATE FUNCTION tenancy.verify_jwt(token text) RETURNS jsonb
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_verify_jwt';
COMMENT ON FUNCTION tenancy.verify_jwt(text) IS
  'The claims of a token that would enter this database, verified against its configured issuers; does not enter. Errors: TN002 malformed, unknown issuer or key, bad signature, wrong audience or tenant; TN004 expired or not yet valid; TN005 suspended tenant or user, or issued before their tokens_valid_after; 22P05 claims that the database''s encoding cannot hold.';

CREATE FUNCTION tenancy.verify_jwt(
    token text, jwks json, issuer text DEFAULT NULL, audience text[] DEFAULT NULL,
    type text DEFAULT NULL, required_claims text[] DEFAULT '{}', leeway interval DEFAULT '0')
  RETURNS jsonb LANGUAGE c STABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_verify_jwt_with';
COMMENT ON FUNCTION tenancy.verify_jwt(text, json, text, text[], text, text[], interval) IS
  'Stateless: the claims of a token verified with the keys given (JWK Set or one JWK). issuer, audience (one of) and type (header typ) are compared where given; required_claims must be present; exp and nbf are honoured where present, with leeway. Errors: TN002, TN004; 22023 unusable keys or leeway; 22P05 claims that the database''s encoding cannot hold. NULL for a NULL token or key set.';

CREATE FUNCTION tenancy.verify_jws(token text, jwks json) RETURNS bytea
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_verify_jws';
COMMENT ON FUNCTION tenancy.verify_jws(text, json) IS
  'Stateless: the payload bytes of a compact JWS (RFC 7515) whose form and signature verify with one of the keys given; no claim is looked at. Errors: TN002; 22023 unusable keys.';

CREATE FUNCTION tenancy.decode_jwt(token text, OUT header jsonb, OUT claims jsonb)
  RETURNS SETOF record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 1
  AS 'MODULE_PATHNAME', 'tenancy_decode_jwt';
COMMENT ON FUNCTION tenancy.decode_jwt(text) IS
  'Header and claims of a token, NOT verified: for looking at a token, never for deciding. Errors: TN002 malformed; 22P05 claims that the database''s encoding cannot hold.';

CREATE FUNCTION tenancy.explain_token(token text, OUT step text, OUT passed boolean, OUT detail text)
  RETURNS SETOF record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 12 SECURITY DEFINER
  AS 'MODULE_PATHNAME', 'tenancy_explain_token';
COMMENT ON FUNCTION tenancy.explain_token(text) IS
  'For administrators: the checks a token goes through when entering (written as for tenancy.token, with Bearer or narrowed), in order; the first that fails has passed = false and says why. Never an error for a bad token.';
REVOKE ALL ON FUNCTION tenancy.explain_token(text) FROM PUBLIC;

CREATE FUNCTION tenancy.library_status(OUT item text, OUT value text)
  RETURNS SETOF record LANGUAGE c STABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_library_status';
COMMENT ON FUNCTION tenancy.library_status() IS
  'The part of tenancy.status() that the loaded library knows about this backend.';

CREATE FUNCTION tenancy.status(OUT item text, OUT value text)
  RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'extension version', extversion FROM pg_extension WHERE extname = 'pg_tenancy'
  UNION ALL SELECT item, value FROM tenancy.library_status()
  UNION ALL SELECT name, setting FROM (VALUES
      ('tenancy.scope', current_setting('tenancy.scope', true)),
      ('tenancy.on_missing_identity', current_setting('tenancy.on_missing_identity', true)))
    AS s (name, setting) WHERE setting IS NOT NULL
  UNION ALL SELECT 'own issuer', tenancy.own_issuer()
  UNION ALL SELECT 'signing key', coalesce((
      SELECT format('%s, made %s', k.kid, k.created_at) FROM tenancy.signing_keys AS k
      JOIN tenancy.signing_secrets USING (kid) WHERE k.verify_until IS NULL), 'made on first use')
  UNION ALL SELECT 'issuers', count(*)::text FROM tenancy.issuers
  UNION ALL (SELECT 'issuer ' || i.issuer,
      CASE WHEN i.jwks IS NULL THEN 'no keys'
           ELSE format('%s keys, stored %s', CASE WHEN i.jwks::jsonb ? 'keys'
             THEN jsonb_array_length(i.jwks::jsonb -> 'keys') ELSE 1 END, i.keys_changed_at) END
    FROM tenancy.issuers AS i ORDER BY i.issuer)
  UNION ALL SELECT 'tenants registered', count(*)::text FROM tenancy.tenants
  UNION ALL SELECT 'tenants suspended', count(*)::text FROM tenancy.tenants
    WHERE status = 'suspended'
$$;
COMMENT ON FUNCTION tenancy.status() IS
  'For administrators: versions of SQL and library, whether preloaded, scope, issuers with the age of their keys, tenants, and this backend''s caches.';
REVOKE ALL ON FUNCTION tenancy.library_status(), tenancy.status() FROM PUBLIC;
-- Entering, leaving and asking who is calling. The credential itself is the setting
-- tenancy.token; these functions are its front.

CREATE FUNCTION tenancy.login(token text, tenant_id tenancy.tenant_id DEFAULT NULL,
    route text DEFAULT NULL, agent text DEFAULT NULL, local boolean DEFAULT true)
  RETURNS tenancy.identity
  LANGUAGE c VOLATILE PARALLEL UNSAFE
  AS 'MODULE_PATHNAME', 'tenancy_login';
COMMENT ON FUNCTION tenancy.login(text, tenancy.tenant_id, text, text, boolean) IS
'Enters with a token: verifies it and makes its identity the current one. Call it with a bind
parameter, so that the token is in no statement text.
Arguments: token, with or without a leading "Bearer "; tenant_id and agent, which only narrow what
the token says; route, the request''s host and path as in resolve_route(), whose tenant the token
must open: before anything else is looked at; local, true until the transaction ends, false until
the session ends (of use under tenancy.scope = session).
Result: the identity.
Errors: TN002 credential refused, TN003 the route is malformed, unknown or of another tenant than
credential and tenant_id, TN004 expired or not yet valid, TN005 revoked or suspended, TN008 not
entitled to the agent, TN010 something was left behind in the session, TN011 second identity in one
transaction, 22023 not the name of an agent.';

CREATE FUNCTION tenancy.logout() RETURNS void
  LANGUAGE c VOLATILE PARALLEL UNSAFE
  AS 'MODULE_PATHNAME', 'tenancy_logout';
COMMENT ON FUNCTION tenancy.logout() IS
'Leaves: from here on there is no identity. RESET tenancy.token leaves too, or returns to a
credential that came with the connection.
Errors: TN010 as every query where a session-wide identity came back to what another caller left in
the session; RESET tenancy.token and DISCARD ALL leave there too.';

CREATE FUNCTION tenancy.whoami() RETURNS tenancy.identity
  LANGUAGE c STABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_whoami';
COMMENT ON FUNCTION tenancy.whoami() IS
'The current identity, or NULL where there is none.
Errors: TN010 as every query where a session-wide identity came back to what another caller left in
the session; none besides.';

CREATE FUNCTION tenancy.current_tenant_id() RETURNS tenancy.tenant_id
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_tenant_id';
COMMENT ON FUNCTION tenancy.current_tenant_id() IS
'The tenant of the current identity; what policies compare with.
Without identity: an error, or NULL where tenancy.on_missing_identity is empty.
Errors: TN001 no identity, TN002 no longer proven, TN004 expired, TN005 revoked or suspended,
TN009 the identity changed in the middle of the statement.';

CREATE FUNCTION tenancy.current_tenant_uuid() RETURNS uuid
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_tenant_uuid';
COMMENT ON FUNCTION tenancy.current_tenant_uuid() IS
'current_tenant_id() as a uuid. Errors: as current_tenant_id(), and 22P02 where it is none.';

CREATE FUNCTION tenancy.current_tenant_text() RETURNS text
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_tenant_text';
COMMENT ON FUNCTION tenancy.current_tenant_text() IS
'current_tenant_id() as text, in its canonical spelling. Errors: as current_tenant_id().';

CREATE FUNCTION tenancy.current_tenant_bigint() RETURNS bigint
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_tenant_bigint';
COMMENT ON FUNCTION tenancy.current_tenant_bigint() IS
'current_tenant_id() as a bigint. Errors: as current_tenant_id(), and 22P02 where it is none.';

CREATE FUNCTION tenancy.current_user_id() RETURNS tenancy.user_id
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_user_id';
COMMENT ON FUNCTION tenancy.current_user_id() IS
'The user of the current identity; what policies of tables isolated by user compare with.
Errors: as current_tenant_id(); TN001 also where the identity has no user.';

CREATE FUNCTION tenancy.current_user_uuid() RETURNS uuid
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_user_uuid';
COMMENT ON FUNCTION tenancy.current_user_uuid() IS
'current_user_id() as a uuid. Errors: as current_user_id(), and 22P02 where it is none.';

CREATE FUNCTION tenancy.current_user_text() RETURNS text
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_user_text';
COMMENT ON FUNCTION tenancy.current_user_text() IS
'current_user_id() as text, in its canonical spelling. Errors: as current_user_id().';

CREATE FUNCTION tenancy.current_user_bigint() RETURNS bigint
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_user_bigint';
COMMENT ON FUNCTION tenancy.current_user_bigint() IS
'current_user_id() as a bigint. Errors: as current_user_id(), and 22P02 where it is none.';

CREATE FUNCTION tenancy.current_agent() RETURNS text
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_agent';
COMMENT ON FUNCTION tenancy.current_agent() IS
'The agent that acts for the current identity, or NULL. Errors: as current_tenant_id().';

CREATE FUNCTION tenancy.current_roles() RETURNS text[]
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_roles';
COMMENT ON FUNCTION tenancy.current_roles() IS
'The roles that the credential gives and those of the member, possibly none, without what they
inherit. Errors: as current_tenant_id().';

CREATE FUNCTION tenancy.claims() RETURNS jsonb
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_claims';
COMMENT ON FUNCTION tenancy.claims() IS
'The verified claims of the credential. Errors: as current_tenant_id().';
-- Protecting tables. Whoever owns a table may protect it, so PUBLIC may call these functions: they
-- ask for ownership themselves, as ALTER TABLE does, and run everything as the table's owner.
CREATE FUNCTION tenancy.isolation_columns(rel regclass, OUT tenant_column name,
                                          OUT user_column name)
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_isolation_columns';
COMMENT ON FUNCTION tenancy.isolation_columns(regclass) IS
'Which columns isolate the table, read from its policies. NULLs: it is not protected, or not by user.';

CREATE FUNCTION tenancy.protect(
    rel regclass,
    isolate_by text DEFAULT 'tenant',
    tenant_column name DEFAULT 'tenant_id',
    user_column name DEFAULT 'user_id',
    tenant_column_type regtype DEFAULT 'tenancy.tenant_id',
    backfill_tenant tenancy.tenant_id DEFAULT NULL,
    backfill_using text DEFAULT NULL,
    existing_policies text DEFAULT 'refuse',
    write_permission tenancy.permission DEFAULT NULL,
    read_all_permission tenancy.permission DEFAULT NULL,
    dry_run boolean DEFAULT false)
  RETURNS SETOF text LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_protect';
COMMENT ON FUNCTION tenancy.protect(regclass, text, name, name, regtype, tenancy.tenant_id, text,
  text, tenancy.permission, tenancy.permission, boolean) IS
'Isolates a table by tenant, or by tenant and user (isolate_by tenant|user), and returns the DDL as run, with remarks as SQL comments; nothing when it is protected already. Its partitions at every level and its children by inheritance are protected with it; a partition or child of a protected table is isolated as its parent is. Columns are found by name, else by type, else added with tenant_column_type; rows without a tenant get backfill_tenant, or what the expression backfill_using over the row gives. existing_policies: refuse | keep (floor only) | replace. write_permission: inserting, updating, deleting and locking rows then takes this permission (TN008); read_all_permission: whoever holds it reads the rows of all users of the own tenant, and writes none of them (22023 unless isolated by user with our access policy). Not given, they stay as they are. Views of the same owner over it become security_invoker where that takes nothing from their users; others keep USAGE alone on its sequences. dry_run changes nothing. Errors: 42501 not the owner (of the whole tree), 0A000 not supported (with the way out), 55000 policies of its own or another isolation, 2BP01 objects depend on its keys, 23502 rows without a tenant or user, 22023 bad argument, 25000 not READ COMMITTED, TN010 inside an identity. Locks the table, its partitions and children ACCESS EXCLUSIVE until the transaction ends.';

CREATE FUNCTION tenancy.protect_schema(
    schema regnamespace,
    isolate_by text DEFAULT 'tenant',
    tenant_column name DEFAULT 'tenant_id',
    user_column name DEFAULT 'user_id',
    tenant_column_type regtype DEFAULT 'tenancy.tenant_id',
    backfill_tenant tenancy.tenant_id DEFAULT NULL,
    backfill_using text DEFAULT NULL,
    existing_policies text DEFAULT 'refuse',
    write_permission tenancy.permission DEFAULT NULL,
    read_all_permission tenancy.permission DEFAULT NULL,
    dry_run boolean DEFAULT false,
    skip_tables name[] DEFAULT '{}')
  RETURNS SETOF text LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_protect_schema';
COMMENT ON FUNCTION tenancy.protect_schema(regnamespace, text, name, name, regtype,
  tenancy.tenant_id, text, text, tenancy.permission, tenancy.permission, boolean, name[]) IS
'Protects all tables of the schema that the caller owns at once, foreign keys among them included, except skip_tables (reference data, migrations); tables of other owners are left alone and named in a remark. Arguments, result and errors as for tenancy.protect; a table that cannot be protected refuses all of them; 42P01 when there is none, or when skip_tables names one that is not there.';

CREATE FUNCTION tenancy.protect_langgraph(
    schema regnamespace DEFAULT 'public'::text::regnamespace, -- looked up at the call
    isolate_by text DEFAULT 'user',
    store_isolate_by text DEFAULT 'user',
    tenant_column name DEFAULT 'tenant_id',
    user_column name DEFAULT 'user_id',
    tenant_column_type regtype DEFAULT 'tenancy.tenant_id',
    backfill_tenant tenancy.tenant_id DEFAULT NULL,
    backfill_using text DEFAULT NULL,
    existing_policies text DEFAULT 'refuse',
    write_permission tenancy.permission DEFAULT NULL,
    read_all_permission tenancy.permission DEFAULT NULL,
    dry_run boolean DEFAULT false)
  RETURNS SETOF text LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_protect_langgraph';
COMMENT ON FUNCTION tenancy.protect_langgraph(regnamespace, text, text, name, name, regtype,
  tenancy.tenant_id, text, text, tenancy.permission, tenancy.permission, boolean) IS
'Protects what the LangGraph savers and stores (JavaScript and Python) keep in the schema: checkpoints, checkpoint_blobs and checkpoint_writes by isolate_by, store and store_vectors by store_isolate_by. read_all_permission goes to those that are isolated by user. The *_migrations tables hold version numbers only; they stay readable and become writable by their owner alone. Other arguments, result and errors as for tenancy.protect; 42P01 when the schema holds none of these tables.';

CREATE FUNCTION tenancy.unprotect(
    rel regclass,
    restore_keys boolean DEFAULT false,
    convert_columns regtype DEFAULT NULL,
    dry_run boolean DEFAULT false)
  RETURNS SETOF text LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_unprotect';
COMMENT ON FUNCTION tenancy.unprotect(regclass, boolean, regtype, boolean) IS
'Takes the protection off a table, its partitions and children, and returns the DDL as run: its policies, defaults of the isolation columns and FORCE go, also where FORCE was there before; row security is disabled unless the table has policies of its own or kept its access rules. The isolation columns stay, with type convert_columns if given. restore_keys takes them out of the front of keys and of the foreign keys to this table. What protect() did to views, sequences and grants stays. Errors: 42501 not the owner, 55000 not protected, or part of a protected table, 23505 keys would collide (with their count), 23P01 exclusion constraints would, 2BP01 objects or foreign keys depend on keys or columns, TN010 inside an identity.';

CREATE VIEW tenancy.protected_tables AS
SELECT c.oid::regclass AS relation,
       i.tenant_column,
       i.user_column,
       CASE WHEN i.user_column IS NULL THEN 'tenant' ELSE 'user' END AS isolate_by,
       t.atttypid::regtype AS tenant_column_type,
       EXISTS (SELECT FROM pg_catalog.pg_policy a
               WHERE a.polrelid = c.oid AND a.polname = 'tenancy_access') AS has_access_policy,
       c.relforcerowsecurity AS forced,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       m.write_permission,
       m.read_all_permission
FROM pg_catalog.pg_policy p
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
CROSS JOIN LATERAL tenancy.isolation_columns(c.oid) AS i
JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attname = i.tenant_column
CROSS JOIN LATERAL ( -- all three that ask for the same, or none: less than that protects nothing
  SELECT CASE WHEN pg_catalog.count(*) FILTER (WHERE w.writes) = 3
               AND pg_catalog.min(w.asks) FILTER (WHERE w.writes) = pg_catalog.max(w.asks) FILTER (WHERE w.writes)
              THEN pg_catalog.min(w.asks) FILTER (WHERE w.writes) END::tenancy.permission AS write_permission,
         pg_catalog.min(w.asks) FILTER (WHERE NOT w.writes)::tenancy.permission AS read_all_permission
  FROM (
    SELECT f.proname = 'require' AS writes,
           pg_catalog.substring(
             pg_catalog.pg_get_expr(coalesce(a.polqual, a.polwithcheck), a.polrelid),
             '(?:require|can)\(''([A-Za-z0-9_.:*-]+)''::(?:tenancy\.)?permission\)\)?$') AS asks
    FROM pg_catalog.pg_policy a
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_policy'::regclass AND d.objid = a.oid
     AND d.refclassid = 'pg_catalog.pg_proc'::regclass
    JOIN pg_catalog.pg_proc f ON f.oid = d.refobjid AND f.pronamespace = 'tenancy'::regnamespace
    WHERE a.polrelid = c.oid AND (
      f.proname = 'can' AND a.polname = 'tenancy_read_all' AND a.polpermissive
      OR f.proname = 'require' AND NOT a.polpermissive
         AND a.polname IN ('tenancy_write_insert', 'tenancy_write_update', 'tenancy_write_delete'))
  ) w
) m
WHERE p.polname = 'tenancy_floor' AND NOT p.polpermissive AND i.tenant_column IS NOT NULL;
GRANT SELECT ON tenancy.protected_tables TO PUBLIC;
COMMENT ON VIEW tenancy.protected_tables IS
'The tables that are protected, computed from their policies: relation, tenant column and its type, user column (NULL: isolated by tenant), whether access is ours (false: the table kept policies of its own), whether row security is forced on the owner too, owner, and the permissions that it takes to write and to read the rows of all users of the own tenant.';
COMMENT ON COLUMN tenancy.protected_tables.relation IS 'The table';
COMMENT ON COLUMN tenancy.protected_tables.tenant_column IS 'Column that holds the tenant';
COMMENT ON COLUMN tenancy.protected_tables.user_column IS 'Column that holds the user; NULL: isolated by tenant';
COMMENT ON COLUMN tenancy.protected_tables.isolate_by IS 'tenant or user';
COMMENT ON COLUMN tenancy.protected_tables.tenant_column_type IS 'Type of the tenant column';
COMMENT ON COLUMN tenancy.protected_tables.has_access_policy IS 'Whether access is ours; false: the table kept policies of its own';
COMMENT ON COLUMN tenancy.protected_tables.forced IS 'Whether row security binds the owner too';
COMMENT ON COLUMN tenancy.protected_tables.owner IS 'Owner of the table';
COMMENT ON COLUMN tenancy.protected_tables.write_permission IS 'Permission that it takes to write to it; NULL: none';
COMMENT ON COLUMN tenancy.protected_tables.read_all_permission IS 'Permission that opens the rows of all users of the own tenant for reading; NULL: none does';
-- Tables are protected by the command that makes them. The triggers have no tag filter: a command
-- that somebody forgot would make tables that nobody protects.
CREATE FUNCTION tenancy.auto_protect_before() RETURNS event_trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tenancy_auto_protect_before';
REVOKE ALL ON FUNCTION tenancy.auto_protect_before() FROM PUBLIC;
COMMENT ON FUNCTION tenancy.auto_protect_before() IS
'Refuses what cannot be put right afterwards: CREATE UNIQUE INDEX CONCURRENTLY without the isolation columns of a protected table (0A000), foreign keys to one without them (42830). The hint holds what to write instead.';

CREATE FUNCTION tenancy.auto_protect_after() RETURNS event_trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tenancy_auto_protect_after';
REVOKE ALL ON FUNCTION tenancy.auto_protect_after() FROM PUBLIC;
COMMENT ON FUNCTION tenancy.auto_protect_after() IS
'Protects the tables that the command made, as tenancy.auto_protect says, new partitions and children of protected tables, and re-keys unique constraints and foreign keys that were added to protected tables. As tenancy.protect, whose errors it raises.';

CREATE EVENT TRIGGER tenancy_auto_protect_before ON ddl_command_start
  EXECUTE FUNCTION tenancy.auto_protect_before();
COMMENT ON EVENT TRIGGER tenancy_auto_protect_before IS
'Refuses commands on protected tables that cannot be put right afterwards';
CREATE EVENT TRIGGER tenancy_auto_protect_after ON ddl_command_end
  EXECUTE FUNCTION tenancy.auto_protect_after();
COMMENT ON EVENT TRIGGER tenancy_auto_protect_after IS
'Protects tables as they are made, see tenancy.auto_protect';
-- What callers may do: roles, tiers and single permissions, in tables that the decision reads
-- (51_permissions.sql) and that 52_administration.sql opens to the administrators of each tenant.

CREATE FUNCTION tenancy.authorization_changed() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_authorization_changed';
COMMENT ON FUNCTION tenancy.authorization_changed() IS
  'Statement trigger of the authorization tables: a change reaches every running session at its next statement.';
REVOKE ALL ON FUNCTION tenancy.authorization_changed() FROM PUBLIC;

CREATE TABLE tenancy.tiers (
  tier text COLLATE "C" PRIMARY KEY CHECK (tier <> ''),
  is_default boolean NOT NULL DEFAULT false,
  description text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX tiers_one_default ON tenancy.tiers (is_default) WHERE is_default;
COMMENT ON TABLE tenancy.tiers IS
  'Subscription tiers: what a tenant has paid for bounds what its users may do. Without any row nothing is bounded.';
COMMENT ON COLUMN tenancy.tiers.tier IS 'Its name.';
COMMENT ON COLUMN tenancy.tiers.is_default IS
  'Whether it is the tier of tenants without one, whose credential names none either; one at most.';
COMMENT ON COLUMN tenancy.tiers.description IS 'For people.';
COMMENT ON COLUMN tenancy.tiers.created_at IS 'When it was made.';

ALTER TABLE tenancy.tenants ADD CONSTRAINT tenants_tier_fkey
  FOREIGN KEY (tier) REFERENCES tenancy.tiers ON UPDATE CASCADE;

CREATE TABLE tenancy.tier_permissions (
  tier text COLLATE "C" NOT NULL REFERENCES tenancy.tiers ON UPDATE CASCADE ON DELETE CASCADE,
  permission tenancy.permission NOT NULL,
  PRIMARY KEY (tier, permission)
);
COMMENT ON TABLE tenancy.tier_permissions IS
  'What a tier covers. A tier grants nothing: it bounds what roles and users were granted.';
COMMENT ON COLUMN tenancy.tier_permissions.tier IS 'The tier.';
COMMENT ON COLUMN tenancy.tier_permissions.permission IS 'A pattern of permissions within it.';

-- A foreign key cannot match NULL to NULL: the scope is the tenant, or empty where there is none.
CREATE TABLE tenancy.roles (
  role text COLLATE "C" NOT NULL CHECK (role <> ''),
  tenant_id tenancy.tenant_id REFERENCES tenancy.tenants ON DELETE CASCADE,
  inherits text[] COLLATE "C" NOT NULL DEFAULT '{}' CHECK (array_position(inherits, NULL) IS NULL),
  is_system boolean NOT NULL DEFAULT false CHECK (NOT (is_system AND tenant_id IS NOT NULL)),
  description text,
  created_at timestamptz NOT NULL DEFAULT now(),
  scope text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce(tenant_id::text, '')) STORED,
  PRIMARY KEY (scope, role)
);
COMMENT ON TABLE tenancy.roles IS
  'Roles of users, not of the database: those of every tenant (tenant_id NULL), and each tenant''s own.';
COMMENT ON COLUMN tenancy.roles.role IS 'Its name, as in the roles of a token and of tenancy.members.';
COMMENT ON COLUMN tenancy.roles.tenant_id IS 'The tenant whose own role it is; NULL: of every tenant.';
COMMENT ON COLUMN tenancy.roles.inherits IS
  'Names of roles whose permissions and denials it includes: global ones, and for a tenant''s role its own ones too.';
COMMENT ON COLUMN tenancy.roles.is_system IS
  'Whether it can be given and taken by administrators of the database only, never from inside a tenant.';
COMMENT ON COLUMN tenancy.roles.description IS 'For people.';
COMMENT ON COLUMN tenancy.roles.created_at IS 'When it was made.';
COMMENT ON COLUMN tenancy.roles.scope IS 'Text of tenant_id, empty for global roles; generated.';

CREATE TABLE tenancy.role_permissions (
  role text COLLATE "C" NOT NULL,
  tenant_id tenancy.tenant_id REFERENCES tenancy.tenants ON DELETE CASCADE,
  permission tenancy.permission NOT NULL,
  effect text NOT NULL DEFAULT 'allow' CHECK (effect IN ('allow', 'deny')),
  scope text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce(tenant_id::text, '')) STORED,
  PRIMARY KEY (scope, role, permission, effect),
  FOREIGN KEY (scope, role) REFERENCES tenancy.roles ON DELETE CASCADE
);
COMMENT ON TABLE tenancy.role_permissions IS
  'What a role allows and denies; a denial wins over every grant.';
COMMENT ON COLUMN tenancy.role_permissions.role IS 'The role.';
COMMENT ON COLUMN tenancy.role_permissions.tenant_id IS 'The tenant whose own role it is; NULL: a global role.';
COMMENT ON COLUMN tenancy.role_permissions.permission IS 'A pattern of permissions.';
COMMENT ON COLUMN tenancy.role_permissions.effect IS 'allow or deny.';
COMMENT ON COLUMN tenancy.role_permissions.scope IS 'Text of tenant_id, empty for global roles; generated.';

CREATE TABLE tenancy.members (
  tenant_id tenancy.tenant_id NOT NULL REFERENCES tenancy.tenants ON DELETE CASCADE,
  user_id tenancy.user_id NOT NULL,
  roles text[] COLLATE "C" NOT NULL DEFAULT '{}' CHECK (array_position(roles, NULL) IS NULL),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  tokens_valid_after timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_id)
);
COMMENT ON TABLE tenancy.members IS
  'Which users belong to which tenant, and their roles there. Issuers with membership => ''required'' let in these only; a suspended member is refused (TN005) whoever vouches for them.';
COMMENT ON COLUMN tenancy.members.tenant_id IS 'The tenant.';
COMMENT ON COLUMN tenancy.members.user_id IS 'The user inside the tenant.';
COMMENT ON COLUMN tenancy.members.roles IS
  'Names of roles, beside those that the user''s token names; a name without a role grants nothing.';
COMMENT ON COLUMN tenancy.members.status IS
  'active or suspended; a change reaches running sessions at their next statement.';
COMMENT ON COLUMN tenancy.members.tokens_valid_after IS
  'Tokens of this user issued in this second or before are refused (TN005), as are those without iat; NULL: no such limit.';
COMMENT ON COLUMN tenancy.members.created_at IS 'When they became a member.';

CREATE TABLE tenancy.user_permissions (
  tenant_id tenancy.tenant_id NOT NULL REFERENCES tenancy.tenants ON DELETE CASCADE,
  user_id tenancy.user_id NOT NULL,
  permission tenancy.permission NOT NULL,
  effect text NOT NULL DEFAULT 'allow' CHECK (effect IN ('allow', 'deny')),
  expires_at timestamptz,
  reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_id, permission, effect)
);
COMMENT ON TABLE tenancy.user_permissions IS
  'Single permissions of a user, granted or denied beside their roles, for a time or for good.';
COMMENT ON COLUMN tenancy.user_permissions.tenant_id IS 'The tenant.';
COMMENT ON COLUMN tenancy.user_permissions.user_id IS 'The user inside the tenant, member or not.';
COMMENT ON COLUMN tenancy.user_permissions.permission IS 'A pattern of permissions.';
COMMENT ON COLUMN tenancy.user_permissions.effect IS 'allow or deny; a denial wins over every grant.';
COMMENT ON COLUMN tenancy.user_permissions.expires_at IS 'From when on it counts no more; NULL: for good.';
COMMENT ON COLUMN tenancy.user_permissions.reason IS 'Why, for people.';
COMMENT ON COLUMN tenancy.user_permissions.created_at IS 'When it was given.';

CREATE TABLE tenancy.tools (
  name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
  description text,
  required_permission tenancy.permission NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenancy.tools IS
  'The tools that agents may be offered, and what a caller needs to use each: tenancy.allowed_tools() lists theirs.';
COMMENT ON COLUMN tenancy.tools.name IS 'Its name, as the model calls it.';
COMMENT ON COLUMN tenancy.tools.description IS 'What it does, for the model.';
COMMENT ON COLUMN tenancy.tools.required_permission IS 'What the caller must be permitted, as in tool:search:use.';
COMMENT ON COLUMN tenancy.tools.created_at IS 'When it was registered.';

DO $$
DECLARE
  rel text;
BEGIN
  FOREACH rel IN ARRAY ARRAY['tiers', 'tier_permissions', 'roles', 'role_permissions', 'members',
                             'user_permissions', 'tools'] LOOP
    EXECUTE format('CREATE TRIGGER authorization_changed'
                   ' AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tenancy.%I'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION tenancy.authorization_changed()', rel);
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ALWAYS TRIGGER authorization_changed', rel);
    EXECUTE format('REVOKE ALL ON tenancy.%I FROM PUBLIC', rel);
    PERFORM pg_extension_config_dump(format('tenancy.%I', rel), '');
  END LOOP;
END
$$;
-- What the caller may do, decided from the tables of 50_authorization.sql.

CREATE FUNCTION tenancy.can(permission tenancy.permission) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_can';
COMMENT ON FUNCTION tenancy.can(tenancy.permission) IS
'Whether the caller may do everything that the pattern permission stands for: some grant covers it,
the tenant''s tier covers it, the credential''s bound covers it, and no denial shares a permission
with it. NULL for NULL. Without identity: an error, or false where tenancy.on_missing_identity is
empty. Errors: TN001 no identity, TN002 no longer proven, TN004 expired, TN005 revoked or suspended,
TN009 the identity changed in the middle of the statement.';

CREATE FUNCTION tenancy.can_all(permissions tenancy.permission[]) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_can_all';
COMMENT ON FUNCTION tenancy.can_all(tenancy.permission[]) IS
'Whether can() is true of each of permissions; of none of them when there are none.
Errors: as can(), and 22023 where one is NULL.';

CREATE FUNCTION tenancy.require(permission tenancy.permission) RETURNS boolean
  LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_require';
COMMENT ON FUNCTION tenancy.require(tenancy.permission) IS
'True, or an error where can(permission) is not true. Errors: TN008 with the missing permission in
the DETAIL, 22023 for NULL, TN001 without identity whatever tenancy.on_missing_identity says,
others as can().';

CREATE FUNCTION tenancy.explain_permission(permission tenancy.permission,
    OUT source text, OUT effect text, OUT pattern tenancy.permission, OUT decides boolean)
  RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_explain_permission';
COMMENT ON FUNCTION tenancy.explain_permission(tenancy.permission) IS
'Why can(permission) is true or false: each denial, grant and bound that has to do with it. source is
role X, role X (inherited by Y), user permission, tier X, no tier, credential, default or no
identity; effect is allow or deny; pattern is NULL where something is missing; decides is true in
exactly one row, whose effect is the answer. Errors: as can().';

CREATE FUNCTION tenancy.can_as(tenant_id tenancy.tenant_id, user_id tenancy.user_id,
                               permission tenancy.permission) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_can_as';
COMMENT ON FUNCTION tenancy.can_as(tenancy.tenant_id, tenancy.user_id, tenancy.permission) IS
'Whether the user of the tenant may do it by the tables alone, without what a credential adds or
bounds; false for suspended users and tenants. For administrators. Inside an identity: of the own
tenant only, and with the permission tenancy:members:read. Errors: TN008; NULL for NULL.';
REVOKE ALL ON FUNCTION tenancy.can_as(tenancy.tenant_id, tenancy.user_id, tenancy.permission)
  FROM PUBLIC;

-- The first condition asks for an identity where no tool is registered, too.
CREATE FUNCTION tenancy.allowed_tools() RETURNS SETOF tenancy.tools
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$
  SELECT tool.* FROM tenancy.tools tool
   WHERE tenancy.current_tenant_id() IS NOT NULL AND tenancy.can(tool.required_permission)
   ORDER BY tool.name
$$;
COMMENT ON FUNCTION tenancy.allowed_tools() IS
'The registered tools that the caller may use, by name: those whose required_permission can() allows.
Errors: as can().';
-- Administration of a tenant by its own people: who sees and changes which rows of the authorization
-- tables. What may become of these rows is the business of 52_grant_rule.sql.

-- What people outside this extension may do with these tables, at most. Whoever row security binds
-- also needs the permission of the statement's trigger below, whatever rows are meant.
GRANT SELECT ON tenancy.tenants, tenancy.members, tenancy.roles, tenancy.role_permissions,
  tenancy.user_permissions TO PUBLIC;
GRANT UPDATE (display_name, settings) ON tenancy.tenants TO PUBLIC;
GRANT INSERT (tenant_id, user_id, roles, status, tokens_valid_after),
  UPDATE (roles, status, tokens_valid_after), DELETE ON tenancy.members TO PUBLIC;
GRANT INSERT (tenant_id, user_id, permission, effect, expires_at, reason),
  UPDATE (expires_at, reason), DELETE ON tenancy.user_permissions TO PUBLIC;
GRANT INSERT (tenant_id, role, inherits, description), UPDATE (inherits, description), DELETE
  ON tenancy.roles TO PUBLIC;
GRANT INSERT (tenant_id, role, permission, effect), DELETE ON tenancy.role_permissions TO PUBLIC;

ALTER TABLE tenancy.tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenancy.tenants FOR SELECT
  USING (tenant_id = tenancy.current_tenant_id());
CREATE POLICY administrators ON tenancy.tenants FOR UPDATE
  USING (tenant_id = tenancy.current_tenant_id() AND tenancy.can('tenancy:tenant:write'));

DO $$
DECLARE
  rel text;
BEGIN
  FOREACH rel IN ARRAY ARRAY['members', 'user_permissions'] LOOP
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ROW LEVEL SECURITY', rel);
    EXECUTE format('CREATE POLICY own ON tenancy.%I FOR SELECT'
                   ' USING (tenant_id = tenancy.current_tenant_id()'
                   ' AND (user_id = (SELECT (tenancy.whoami()).user_id)'
                   ' OR tenancy.can(''tenancy:members:read'')))', rel);
    EXECUTE format('CREATE POLICY administrators ON tenancy.%I'
                   ' USING (tenant_id = tenancy.current_tenant_id()'
                   ' AND tenancy.can(''tenancy:members:write''))', rel);
  END LOOP;
  FOREACH rel IN ARRAY ARRAY['roles', 'role_permissions'] LOOP
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ROW LEVEL SECURITY', rel);
    EXECUTE format('CREATE POLICY own_and_global ON tenancy.%I FOR SELECT'
                   ' USING (tenancy.current_tenant_id() IS NOT NULL'
                   ' AND scope IN ('''', tenancy.current_tenant_text()))', rel);
    EXECUTE format('CREATE POLICY administrators ON tenancy.%I'
                   ' USING (tenant_id = tenancy.current_tenant_id()'
                   ' AND tenancy.can(''tenancy:roles:write''))', rel);
  END LOOP;
END
$$;

-- Statements: before a row is looked at, so that nobody without the permission moves the version
-- of the tables, which every session follows, by changing no row.
CREATE FUNCTION tenancy.authorize_change() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
      RAISE 'TRUNCATE of % is refused inside an identity', TG_RELID::regclass
        USING ERRCODE = 'TN010', DETAIL = 'It holds rows of all tenants.',
        HINT = 'Leave first: SELECT tenancy.logout().';
    END IF;
  ELSIF row_security_active(TG_RELID) THEN
    PERFORM tenancy.require(TG_ARGV[0]::tenancy.permission);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tenancy.authorize_change() IS
  'Statement trigger of the authorization tables: whoever row security binds needs the permission in its argument (TN008; TN001 without identity); nobody empties them inside an identity (TN010).';

REVOKE ALL ON FUNCTION tenancy.authorize_change() FROM PUBLIC;

-- Functions for those who run the whole: EXECUTE is for whom it is granted to, as a role for
-- sign-ups. The tables' triggers see to the rules, whoever calls.
CREATE FUNCTION tenancy.create_tenant(tenant_id tenancy.tenant_id, display_name text DEFAULT NULL,
    tier text DEFAULT NULL, owner_user_id tenancy.user_id DEFAULT NULL,
    owner_roles text[] DEFAULT '{owner}')
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tenancy.demand_outside('tenancy.create_tenant()');
  IF tenant_id IS NULL OR (owner_user_id IS NOT NULL AND owner_roles IS NULL) THEN
    RAISE '% is missing', CASE WHEN tenant_id IS NULL THEN 'tenant_id' ELSE 'owner_roles' END
      USING ERRCODE = '22023', DETAIL = 'It cannot be NULL.';
  END IF;
  IF tier IS NOT NULL AND NOT EXISTS (SELECT FROM tenancy.tiers t WHERE t.tier = create_tenant.tier) THEN
    RAISE 'tier does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.tiers has no such row.', HINT = 'Insert it first.';
  END IF;
  INSERT INTO tenancy.tenants (tenant_id, display_name, tier)
    VALUES (create_tenant.tenant_id, create_tenant.display_name, create_tenant.tier)
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE 'tenant exists already' USING ERRCODE = '42710',
      DETAIL = 'tenancy.tenants has a row of that tenant.', HINT = 'Choose another tenant_id.';
  END IF;
  IF owner_user_id IS NOT NULL THEN
    PERFORM tenancy.add_member(tenant_id, owner_user_id, owner_roles);
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.create_tenant(tenancy.tenant_id, text, text, tenancy.user_id, text[]) IS
'Registers a tenant. Arguments: its id, a name for people, its tier (NULL: the credential''s or the
default one), and its first member with their roles, which must be there: the role of all tenants
"owner", which you make, where nothing else is said.
Errors: 42710 exists, 42704 no such tier or role, 22023 NULL, TN010 inside an identity.';

CREATE FUNCTION tenancy.set_tenant_status(tenant_id tenancy.tenant_id, status text)
  RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was text;
BEGIN
  PERFORM tenancy.demand_outside('changing the status of a tenant');
  SELECT t.status INTO was FROM tenancy.tenants t
    WHERE t.tenant_id = set_tenant_status.tenant_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE 'tenant does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.tenants has no row of that tenant.', HINT = 'Register it: tenancy.create_tenant().';
  ELSIF was = 'closed' AND status <> 'closed' THEN
    RAISE 'tenant is closed' USING ERRCODE = '55000',
      DETAIL = 'A closed tenant stays closed.', HINT = 'Create another tenant.';
  ELSIF was <> status THEN
    UPDATE tenancy.tenants t SET status = set_tenant_status.status
      WHERE t.tenant_id = set_tenant_status.tenant_id;
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.set_tenant_status(tenancy.tenant_id, text) IS
'What suspend_tenant(), resume_tenant() and close_tenant() share.';

CREATE FUNCTION tenancy.suspend_tenant(tenant_id tenancy.tenant_id) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT tenancy.set_tenant_status(tenant_id, 'suspended') $$;
COMMENT ON FUNCTION tenancy.suspend_tenant(tenancy.tenant_id) IS
'Shuts a tenant out, running sessions at their next statement, until resume_tenant().
Errors: 42704 no such tenant, 55000 closed, TN010 inside an identity.';
CREATE FUNCTION tenancy.resume_tenant(tenant_id tenancy.tenant_id) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT tenancy.set_tenant_status(tenant_id, 'active') $$;
COMMENT ON FUNCTION tenancy.resume_tenant(tenancy.tenant_id) IS
'Lets a suspended tenant in again.
Errors: 42704 no such tenant, 55000 closed, TN010 inside an identity.';
CREATE FUNCTION tenancy.close_tenant(tenant_id tenancy.tenant_id) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT tenancy.set_tenant_status(tenant_id, 'closed') $$;
COMMENT ON FUNCTION tenancy.close_tenant(tenancy.tenant_id) IS
'Shuts a tenant out for good. Its rows stay until you delete them.
Errors: 42704 no such tenant, TN010 inside an identity.';

CREATE FUNCTION tenancy.add_member(tenant_id tenancy.tenant_id, user_id tenancy.user_id,
    roles text[] DEFAULT '{}')
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tenancy.demand_administrator(tenant_id);
  IF tenant_id IS NULL OR user_id IS NULL OR roles IS NULL OR array_position(roles, NULL) IS NOT NULL THEN
    RAISE 'tenant_id, user_id or roles is missing' USING ERRCODE = '22023',
      DETAIL = 'None of them can be NULL, nor can a role.';
  ELSIF NOT EXISTS (SELECT FROM tenancy.tenants t WHERE t.tenant_id = add_member.tenant_id) THEN
    RAISE 'tenant does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.tenants has no row of that tenant.', HINT = 'Register it: tenancy.create_tenant().';
  END IF;
  PERFORM tenancy.known_roles(tenant_id, roles);
  INSERT INTO tenancy.members (tenant_id, user_id, roles)
    VALUES (add_member.tenant_id, add_member.user_id, add_member.roles) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE 'member exists already' USING ERRCODE = '42710',
      DETAIL = 'tenancy.members has a row of that user.', HINT = 'UPDATE its roles instead.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.add_member(tenancy.tenant_id, tenancy.user_id, text[]) IS
'Makes a user a member of a tenant. Inside an identity: of the own tenant, with the permission
tenancy:members:write and roles that the caller may give.
Errors: 42710 exists, 42704 no such tenant or role, 22023 NULL, TN003 another tenant, TN008 not
permitted.';

CREATE FUNCTION tenancy.remove_member(tenant_id tenancy.tenant_id, user_id tenancy.user_id)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tenancy.demand_administrator(tenant_id);
  IF tenant_id IS NULL OR user_id IS NULL THEN
    RAISE 'tenant_id or user_id is missing' USING ERRCODE = '22023', DETAIL = 'Neither can be NULL.';
  END IF;
  DELETE FROM tenancy.members m
    WHERE (m.tenant_id, m.user_id) = (remove_member.tenant_id, remove_member.user_id);
  IF NOT FOUND THEN
    RAISE 'member does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.members has no row of that user.';
  END IF;
  DELETE FROM tenancy.user_permissions p
    WHERE (p.tenant_id, p.user_id) = (remove_member.tenant_id, remove_member.user_id);
END
$$;
COMMENT ON FUNCTION tenancy.remove_member(tenancy.tenant_id, tenancy.user_id) IS
'Deletes a member and their user_permissions. Whom an issuer with membership => ''claims'' vouches for
still enters: suspend them instead. Inside an identity: of the own tenant, with the permission
tenancy:members:write, and no denial goes with it of what the caller does not hold.
Errors: 42704 no such member, 22023 NULL, TN003 another tenant, TN008 not permitted.';

CREATE FUNCTION tenancy.demand_outside(what text)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    RAISE '% is refused inside an identity', what USING ERRCODE = 'TN010',
      DETAIL = 'An identity acts for one tenant, and does not say whether that may enter.',
      HINT = 'Leave first: SELECT tenancy.logout().';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_outside(text) IS 'Refuses (TN010) what is named, inside an identity.';

CREATE FUNCTION tenancy.demand_administrator(tenant_id tenancy.tenant_id)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    PERFORM tenancy.require('tenancy:members:write');
    PERFORM tenancy.demand_own(tenant_id, tenant_id, 'UPDATE');
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_administrator(tenancy.tenant_id) IS
'Refuses, inside an identity, who may not write the members of that tenant (TN008, TN003).';

REVOKE ALL ON FUNCTION
  tenancy.create_tenant(tenancy.tenant_id, text, text, tenancy.user_id, text[]),
  tenancy.set_tenant_status(tenancy.tenant_id, text), tenancy.suspend_tenant(tenancy.tenant_id),
  tenancy.resume_tenant(tenancy.tenant_id), tenancy.close_tenant(tenancy.tenant_id),
  tenancy.add_member(tenancy.tenant_id, tenancy.user_id, text[]),
  tenancy.remove_member(tenancy.tenant_id, tenancy.user_id), tenancy.demand_outside(text),
  tenancy.demand_administrator(tenancy.tenant_id) FROM PUBLIC;
-- Nobody gives what they do not hold, nor lifts a denial of it: row triggers, which bind everybody
-- who acts inside an identity, superusers and owners of functions too. Outside any identity they
-- look at names of roles alone, so that a dump comes back in whatever order.

CREATE FUNCTION tenancy.reached_roles(tenant_id tenancy.tenant_id, roles text[])
  RETURNS TABLE (scope text, role text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH RECURSIVE reached AS (
    SELECT r.scope, r.role, r.inherits FROM tenancy.roles r
    WHERE r.role = ANY (roles) AND r.scope IN ('', reached_roles.tenant_id::text)
    UNION
    SELECT r.scope, r.role, r.inherits FROM reached
    JOIN tenancy.roles r ON r.role = ANY (reached.inherits) AND r.scope IN ('', reached.scope)
  )
  SELECT reached.scope, reached.role FROM reached
$$;
COMMENT ON FUNCTION tenancy.reached_roles(tenancy.tenant_id, text[]) IS
  'The roles that these names mean in a tenant, and all that they inherit; empty scope: a global role.';

CREATE FUNCTION tenancy.holds(permission tenancy.permission, until timestamptz)
  RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH own AS (
    SELECT coalesce(u.expires_at, 'infinity') AS until
    FROM tenancy.user_permissions u, tenancy.whoami() me
    WHERE u.tenant_id = me.tenant_id AND u.user_id = me.user_id AND u.effect = 'allow'
      AND u.permission @> holds.permission
  )
  SELECT tenancy.can(holds.permission) AND (
    NOT EXISTS (SELECT FROM own WHERE own.until < 'infinity')
    OR EXISTS (SELECT FROM own WHERE own.until >= coalesce(holds.until, 'infinity'))
    OR EXISTS (SELECT FROM tenancy.reached_roles(tenancy.current_tenant_id(), tenancy.current_roles())
               JOIN tenancy.role_permissions p USING (scope, role)
               WHERE p.effect = 'allow' AND p.permission @> holds.permission))
$$;
COMMENT ON FUNCTION tenancy.holds(tenancy.permission, timestamptz) IS
  'Whether the caller holds a permission and may give it until then (NULL: for good): what was given to them for a time they give no longer.';

CREATE FUNCTION tenancy.demand_held(permissions tenancy.permission[], what text,
    until timestamptz DEFAULT NULL)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  missing tenancy.permission;
BEGIN
  SELECT p INTO missing FROM unnest(permissions) p WHERE NOT tenancy.holds(p, until) ORDER BY p LIMIT 1;
  IF FOUND THEN
    RAISE 'permission denied: % what the caller does not hold', what
      USING ERRCODE = 'TN008',
      DETAIL = format('It takes %s%s.', missing,
        CASE WHEN tenancy.can(missing) THEN ', held for as long' ELSE '' END),
      HINT = 'Somebody who holds it may; tenancy.explain_permission() says why one does not.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_held(tenancy.permission[], text, timestamptz) IS
  'Refuses (TN008), with the first missing permission in the DETAIL, where the caller does not hold all of these until then (NULL: for good). what: what they are about to do.';

CREATE FUNCTION tenancy.role_patterns(tenant_id tenancy.tenant_id, roles text[], effect text)
  RETURNS tenancy.permission[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(p.permission) FROM tenancy.reached_roles(role_patterns.tenant_id, roles)
  JOIN tenancy.role_permissions p USING (scope, role) WHERE p.effect = role_patterns.effect
$$;
COMMENT ON FUNCTION tenancy.role_patterns(tenancy.tenant_id, text[], text) IS
  'What these roles of a tenant allow, or deny (effect), with all that they inherit; NULL: nothing.';

CREATE FUNCTION tenancy.known_roles(tenant_id tenancy.tenant_id, roles text[])
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text;
BEGIN
  SELECT name INTO unknown FROM unnest(roles) name
  WHERE NOT EXISTS (SELECT FROM tenancy.roles r
                    WHERE r.role = name AND r.scope IN ('', known_roles.tenant_id::text))
  ORDER BY name LIMIT 1;
  IF FOUND THEN
    RAISE 'role does not exist' USING ERRCODE = '42704',
      DETAIL = format('There is no role "%s", neither of the tenant nor of all tenants.', unknown),
      HINT = 'Insert it into tenancy.roles first.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.known_roles(tenancy.tenant_id, text[]) IS
  'Refuses (42704) names that are roles neither of the tenant nor of all tenants.';

CREATE FUNCTION tenancy.demand_roles(given text[], taken text[])
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant tenancy.tenant_id := tenancy.current_tenant_id();
BEGIN
  PERFORM tenancy.known_roles(tenant, given);
  IF EXISTS (SELECT FROM tenancy.roles r WHERE r.is_system AND r.role = ANY (given || taken)) THEN
    RAISE 'permission denied: a system role is neither given nor taken inside an identity'
      USING ERRCODE = 'TN008', DETAIL = 'Its row in tenancy.roles has is_system.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
  PERFORM tenancy.demand_held(tenancy.role_patterns(tenant, given, 'allow'), 'giving a role with');
  PERFORM tenancy.demand_held(tenancy.role_patterns(tenant, taken, 'deny'),
                              'taking a role away that denies');
END
$$;
COMMENT ON FUNCTION tenancy.demand_roles(text[], text[]) IS
  'Refuses roles that the caller may not give, or take away: unknown ones (42704), system roles, those that allow, or deny, what they do not hold (TN008).';

CREATE FUNCTION tenancy.demand_own(was tenancy.tenant_id, becomes tenancy.tenant_id, op text)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (op <> 'INSERT' AND was IS DISTINCT FROM tenancy.current_tenant_id())
     OR (op <> 'DELETE' AND becomes IS DISTINCT FROM tenancy.current_tenant_id()) THEN
    RAISE 'the row is not one of the caller''s tenant' USING ERRCODE = 'TN003',
      DETAIL = 'An identity changes rows of its own tenant only, and none that all tenants share.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_own(tenancy.tenant_id, tenancy.tenant_id, text) IS
  'Refuses (TN003) a row that is, or would be, of another tenant than the caller''s, or of none.';

CREATE FUNCTION tenancy.demand_forward(was timestamptz, becomes timestamptz)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF was IS NOT NULL AND coalesce(becomes < was, true) THEN
    RAISE 'permission denied: tokens that were cut off would count again' USING ERRCODE = 'TN008',
      DETAIL = 'tokens_valid_after only moves forward, and stays with its row.',
      HINT = 'Suspend the member instead of deleting the row.';
  END IF;
  -- An issuer's leeway lets in tokens that seem to be of the future.
  IF becomes > clock_timestamp() + interval '10 min' THEN
    RAISE 'permission denied: tokens of the future would be cut off' USING ERRCODE = 'TN008',
      DETAIL = 'tokens_valid_after lies at most ten minutes in the future.',
      HINT = 'Suspend the member instead.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_forward(timestamptz, timestamptz) IS
  'Refuses (TN008) that tokens_valid_after moves backward, into the future, or goes with its row.';

CREATE FUNCTION tenancy.demand_no_system(roles text[])
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM tenancy.roles r WHERE r.is_system AND r.role = ANY (roles)) THEN
    RAISE 'permission denied: who has a system role is denied nothing inside an identity'
      USING ERRCODE = 'TN008', DETAIL = 'A denial wins over what the system role gives.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_no_system(text[]) IS
  'Refuses (TN008) where one of the roles is a system role: a denial is about to reach who has them.';

CREATE FUNCTION tenancy.demand_no_system_holder(tenant_id tenancy.tenant_id, role text)
  RETURNS void LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT tenancy.demand_no_system(m.roles) FROM tenancy.members m
  WHERE m.tenant_id = demand_no_system_holder.tenant_id
    AND m.roles && ARRAY(SELECT r.role FROM tenancy.roles r WHERE r.is_system)
    AND EXISTS (SELECT FROM tenancy.reached_roles(m.tenant_id, m.roles) h
                WHERE h.role = demand_no_system_holder.role AND h.scope = m.tenant_id::text)
$$;
COMMENT ON FUNCTION tenancy.demand_no_system_holder(tenancy.tenant_id, text) IS
  'Refuses (TN008) where a member with a system role has this role of the tenant too, by inheritance or not.';

-- One function for each table. They read what the caller may not see: members who hold a role.
CREATE FUNCTION tenancy.check_tenant() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  IF TG_OP <> 'UPDATE' THEN
    RAISE 'tenants are made and deleted outside any identity' USING ERRCODE = 'TN010',
      DETAIL = 'An identity acts for one tenant.', HINT = 'Leave first: SELECT tenancy.logout().';
  END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  IF (NEW.status, NEW.tier, NEW.parent) IS DISTINCT FROM (OLD.status, OLD.tier, OLD.parent) THEN
    RAISE 'permission denied: a tenant changes neither its status nor its tier nor its parent'
      USING ERRCODE = 'TN008', DETAIL = 'No identity holds what these give.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
  PERFORM tenancy.demand_forward(OLD.tokens_valid_after, NEW.tokens_valid_after);
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tenancy.check_tenant() IS
  'Row trigger of tenancy.tenants: inside an identity only the own row changes (TN003), neither its status nor its tier nor its parent (TN008).';

CREATE FUNCTION tenancy.check_member() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was text[] := coalesce(OLD.roles, '{}');
  becomes text[] := coalesce(NEW.roles, '{}');
  given text[] := ARRAY(SELECT unnest(becomes) EXCEPT SELECT unnest(was));
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  PERFORM tenancy.demand_roles(given, ARRAY(SELECT unnest(was) EXCEPT SELECT unnest(becomes)));
  IF tenancy.role_patterns(NEW.tenant_id, given, 'deny') IS NOT NULL THEN
    PERFORM tenancy.demand_no_system(becomes);
  END IF;
  IF TG_OP = 'INSERT' THEN
    PERFORM tenancy.demand_forward(NULL, NEW.tokens_valid_after);
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.user_id <> OLD.user_id THEN
    RAISE 'permission denied: a member does not become another user' USING ERRCODE = 'TN008',
      DETAIL = 'The row says what one user may.', HINT = 'Insert a row for the other user.';
  END IF;
  PERFORM tenancy.demand_forward(OLD.tokens_valid_after, NEW.tokens_valid_after);
  IF NEW.status IS NOT DISTINCT FROM OLD.status THEN RETURN NEW; END IF;
  -- Suspended, let in again, or deleted: without a row, a user that an issuer vouches for is let in.
  IF EXISTS (SELECT FROM tenancy.roles r WHERE r.is_system AND r.role = ANY (was)) THEN
    RAISE 'permission denied: who has a system role is neither suspended nor let in again'
      USING ERRCODE = 'TN008', DETAIL = 'It would take, or give, the system role.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
  IF OLD.status = 'suspended' THEN
    PERFORM tenancy.demand_held(
      tenancy.role_patterns(OLD.tenant_id, was, 'allow')
        || ARRAY(SELECT u.permission FROM tenancy.user_permissions u
                 WHERE u.tenant_id = OLD.tenant_id AND u.user_id = OLD.user_id
                   AND u.effect = 'allow' AND coalesce(u.expires_at > clock_timestamp(), true)),
      'letting somebody in again who has');
  END IF;
  RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION tenancy.check_member() IS
  'Row trigger of tenancy.members: inside an identity only rows of its tenant change (TN003), and nobody gives roles, or takes denials away, that they do not hold (TN008; 42704 unknown roles).';

CREATE FUNCTION tenancy.check_user_permission() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  same boolean := coalesce(NEW.permission = OLD.permission AND NEW.effect = OLD.effect, false);
  was timestamptz := coalesce(OLD.expires_at, 'infinity');
  becomes timestamptz := coalesce(NEW.expires_at, 'infinity');
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  IF TG_OP = 'UPDATE' AND NEW.user_id <> OLD.user_id THEN
    RAISE 'permission denied: a permission does not pass to another user' USING ERRCODE = 'TN008',
      DETAIL = 'The row says what one user may.', HINT = 'Insert a row for the other user.';
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.effect = 'allow' AND NOT (same AND becomes <= was) THEN
    PERFORM tenancy.demand_held(ARRAY[NEW.permission], 'giving', NEW.expires_at);
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.effect = 'deny' AND NOT (same AND becomes <= was) THEN
    PERFORM tenancy.demand_no_system(m.roles) FROM tenancy.members m
      WHERE m.tenant_id = NEW.tenant_id AND m.user_id = NEW.user_id;
  END IF;
  IF TG_OP <> 'INSERT' AND OLD.effect = 'deny' AND was > clock_timestamp()
     AND NOT (same AND becomes >= was) THEN
    PERFORM tenancy.demand_held(ARRAY[OLD.permission], 'lifting a denial of');
  END IF;
  RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION tenancy.check_user_permission() IS
  'Row trigger of tenancy.user_permissions: inside an identity only rows of its tenant change (TN003), and nobody gives, or lifts a denial of, what they do not hold (TN008).';

CREATE FUNCTION tenancy.check_role_permission() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  IF TG_OP <> 'DELETE' AND NEW.effect = 'allow' THEN
    PERFORM tenancy.demand_held(ARRAY[NEW.permission], 'giving a role');
  ELSIF TG_OP <> 'DELETE' THEN
    PERFORM tenancy.demand_no_system_holder(NEW.tenant_id, NEW.role);
  END IF;
  IF TG_OP <> 'INSERT' AND OLD.effect = 'deny' THEN
    PERFORM tenancy.demand_held(ARRAY[OLD.permission], 'lifting a denial of');
  END IF;
  RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION tenancy.check_role_permission() IS
  'Row trigger of tenancy.role_permissions: inside an identity only rows of its tenant change (TN003), and nobody gives, or lifts a denial of, what they do not hold (TN008).';

CREATE FUNCTION tenancy.check_role() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was text[] := coalesce(OLD.inherits, '{}');
  becomes text[] := coalesce(NEW.inherits, '{}');
  given text[] := ARRAY(SELECT unnest(becomes) EXCEPT SELECT unnest(was));
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
    IF TG_OP = 'UPDATE' AND NEW.role <> OLD.role THEN
      RAISE 'permission denied: a role keeps its name' USING ERRCODE = 'TN008',
        DETAIL = 'Those who have it have it by its name.', HINT = 'Insert another role.';
    END IF;
    PERFORM tenancy.demand_roles(given, ARRAY(SELECT unnest(was) EXCEPT SELECT unnest(becomes)));
    IF tenancy.role_patterns(NEW.tenant_id, given, 'deny') IS NOT NULL THEN
      PERFORM tenancy.demand_no_system_holder(NEW.tenant_id, NEW.role);
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    -- A tenant that is deleted takes its roles and members along.
    IF EXISTS (SELECT FROM tenancy.members m JOIN tenancy.tenants t USING (tenant_id)
               WHERE OLD.role = ANY (m.roles) AND coalesce(m.tenant_id = OLD.tenant_id, true)) THEN
      RAISE 'role "%" is still held by members', OLD.role USING ERRCODE = '23503',
        DETAIL = 'tenancy.members names it in roles.', HINT = 'Take it from them first.';
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.tenant_id, NEW.role) IS NOT DISTINCT FROM (OLD.tenant_id, OLD.role) THEN
    RETURN NEW;
  END IF;
  IF (tenancy.whoami()).tenant_id IS NOT NULL
     AND current_setting('transaction_isolation') NOT LIKE 'read%' THEN
    -- An older snapshot does not show a global role of that name that was made meanwhile.
    RAISE 'a role is not made in a % transaction', upper(current_setting('transaction_isolation'))
      USING ERRCODE = '25000', DETAIL = 'It may not see the roles that there are now.',
      HINT = 'Insert it in a READ COMMITTED transaction.';
  END IF;
  IF NEW.tenant_id IS NULL THEN
    -- Nobody makes a role of that name while this waits to be committed.
    LOCK TABLE tenancy.roles IN SHARE ROW EXCLUSIVE MODE;
  END IF;
  IF EXISTS (SELECT FROM tenancy.roles r
             WHERE r.role = NEW.role AND (r.tenant_id IS NULL) <> (NEW.tenant_id IS NULL)) THEN
    RAISE 'role "%" exists already', NEW.role USING ERRCODE = '42710',
      DETAIL = 'No role of a tenant has the name of a role of all tenants.', HINT = 'Choose another name.';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tenancy.check_role() IS
  'Row trigger of tenancy.roles: no role of a tenant has the name of a global one (42710), and none goes that members hold (23503). Inside an identity only roles of its tenant change (TN003), new ones are made in READ COMMITTED (25000), and none inherits, or ceases to inherit, what the caller may not give or take (TN008; 42704 unknown roles).';

DO $$
DECLARE
  rel text;
  needed text;
  checked text;
BEGIN
  FOR rel, needed, checked IN VALUES
    ('tenants', 'tenancy:tenant:write', 'check_tenant'),
    ('members', 'tenancy:members:write', 'check_member'),
    ('user_permissions', 'tenancy:members:write', 'check_user_permission'),
    ('roles', 'tenancy:roles:write', 'check_role'),
    ('role_permissions', 'tenancy:roles:write', 'check_role_permission') LOOP
    EXECUTE format('CREATE TRIGGER authorize_change'
                   ' BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON tenancy.%I'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION tenancy.authorize_change(%L)', rel, needed);
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE OR DELETE ON tenancy.%I'
                   ' FOR EACH ROW EXECUTE FUNCTION tenancy.%I()', checked, rel, checked);
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ALWAYS TRIGGER authorize_change,'
                   ' ENABLE ALWAYS TRIGGER %I', rel, checked);
    EXECUTE format('REVOKE ALL ON FUNCTION tenancy.%I() FROM PUBLIC', checked);
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION tenancy.authorize_change(), tenancy.reached_roles(tenancy.tenant_id, text[]),
  tenancy.holds(tenancy.permission, timestamptz),
  tenancy.demand_held(tenancy.permission[], text, timestamptz),
  tenancy.role_patterns(tenancy.tenant_id, text[], text),
  tenancy.known_roles(tenancy.tenant_id, text[]), tenancy.demand_roles(text[], text[]),
  tenancy.demand_own(tenancy.tenant_id, tenancy.tenant_id, text),
  tenancy.demand_no_system(text[]), tenancy.demand_no_system_holder(tenancy.tenant_id, text),
  tenancy.demand_forward(timestamptz, timestamptz) FROM PUBLIC;
-- Who may speak for tenants without being one of their users: jobs, support staff, operators.

-- Read whenever a token is issued and kept nowhere, so that a change needs to tell nobody.
CREATE TABLE tenancy.operators (
  role regrole PRIMARY KEY,
  tenant_ids tenancy.tenant_id[] CHECK (array_position(tenant_ids, NULL) IS NULL),
  permissions tenancy.permission[] CHECK (array_position(permissions, NULL) IS NULL),
  max_ttl interval NOT NULL DEFAULT '15 min' CHECK (max_ttl BETWEEN '1 s' AND '24 h'),
  reason text NOT NULL CHECK (reason <> ''),
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenancy.operators IS
  'Which roles of the database, superusers aside, may issue tokens and run jobs, for which tenants. An entry is for all roles that have the privileges of its role; one entry has to cover all of a request.';
COMMENT ON COLUMN tenancy.operators.role IS 'The role. An entry of a role that was dropped counts no more, and is not dumped.';
COMMENT ON COLUMN tenancy.operators.tenant_ids IS 'The tenants it may speak for; NULL: all, also those of later.';
COMMENT ON COLUMN tenancy.operators.permissions IS
  'What its tokens may allow at most; NULL: not bounded. A token for which no permissions are asked has these.';
COMMENT ON COLUMN tenancy.operators.max_ttl IS 'How long its tokens live at most, 1 s to 24 h.';
COMMENT ON COLUMN tenancy.operators.reason IS 'What for, for people.';
COMMENT ON COLUMN tenancy.operators.created_at IS 'When it was made.';
REVOKE ALL ON tenancy.operators FROM PUBLIC;
-- The number of a dropped role may be another role's where the dump is restored.
SELECT pg_extension_config_dump('tenancy.operators', 'WHERE role IN (SELECT oid FROM pg_catalog.pg_roles)');

CREATE PROCEDURE tenancy.for_each_tenant(
    command text, tenant_ids tenancy.tenant_id[] DEFAULT NULL, on_error text DEFAULT 'stop')
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_for_each_tenant';
COMMENT ON PROCEDURE tenancy.for_each_tenant IS
$$Runs a command for one tenant after the other, each in a transaction and an identity of its own, as the caller. For roles within their entry in tenancy.operators; not for superusers, whom row security does not bind.
command: SQL, of one or more statements, without BEGIN and COMMIT; results are dropped; tenant_ids: NULL = all active tenants that the caller's entries name, in order; on_error: stop = raise the first error, continue = a warning for each tenant that failed, and an error at the end. What succeeded stays committed.
The identity is a job without a user: its permissions are those of the entry, or * where it is not bounded, and it lasts for the entry's max_ttl.
Errors: 22023 an argument is refused; TN010 inside an identity; 25001 inside a transaction block, a function or an exception block; 42501 no entry of the caller names a tenant, or the caller bypasses row security; 42704 a tenant is not in tenancy.tenants; 2D000 the command begins or ends a transaction; 38000 some tenants failed; TN005 a named tenant is suspended; else what the command raises.$$;
-- Routes: which host names and paths belong to which tenant.

CREATE TABLE tenancy.routes (
  pattern text COLLATE "C" PRIMARY KEY,
  tenant_id tenancy.tenant_id,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT routes_name_their_tenant_once
    CHECK ((tenant_id IS NULL) = (position('{tenant}' IN pattern) > 0))
);
COMMENT ON TABLE tenancy.routes IS
  'Which host names and paths belong to which tenant: tenancy.resolve_route() and login(token, route => route) read it. Each session keeps all rows in memory: use {tenant} where there are many.';
COMMENT ON COLUMN tenancy.routes.pattern IS
  'A host, a path prefix or both, as in acme.example.com, {tenant}.example.com, /t/{tenant}, api.example.com/t/{tenant}: {tenant} may stand for one whole label or segment. Stored in its normal form; 22023 when it has none.';
COMMENT ON COLUMN tenancy.routes.tenant_id IS
  'The tenant of a pattern without {tenant}; NULL for one with it.';
COMMENT ON COLUMN tenancy.routes.created_at IS 'When it was made.';

CREATE FUNCTION tenancy.normalize_route() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_normalize_route';
COMMENT ON FUNCTION tenancy.normalize_route() IS
  'Row trigger of tenancy.routes: puts a pattern into its normal form, or refuses it (22023) with what is wrong.';
REVOKE ALL ON FUNCTION tenancy.normalize_route() FROM PUBLIC;

CREATE TRIGGER normalize_route BEFORE INSERT OR UPDATE ON tenancy.routes
  FOR EACH ROW EXECUTE FUNCTION tenancy.normalize_route();
CREATE TRIGGER authorization_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tenancy.routes
  FOR EACH STATEMENT EXECUTE FUNCTION tenancy.authorization_changed();
ALTER TABLE tenancy.routes ENABLE ALWAYS TRIGGER normalize_route;
ALTER TABLE tenancy.routes ENABLE ALWAYS TRIGGER authorization_changed;
REVOKE ALL ON tenancy.routes FROM PUBLIC;
SELECT pg_extension_config_dump('tenancy.routes', '');

CREATE FUNCTION tenancy.resolve_route(route text) RETURNS tenancy.tenant_id
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_resolve_route';
COMMENT ON FUNCTION tenancy.resolve_route(text) IS
'Which tenant a request is for.
Arguments: route, the request''s host, path or both as they came, not decoded: a scheme, a port, a
query and a fragment do not matter.
Result: the tenant of the best match in tenancy.routes; NULL where none matches.
Errors: 22023 the route is malformed, or could be read in two ways.';

CREATE FUNCTION tenancy.pre_request() RETURNS void
  LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_pre_request';
COMMENT ON FUNCTION tenancy.pre_request() IS
'PostgREST''s db-pre-request: enters, until the transaction ends, with the bearer token of the
request''s authorization header, which PostgREST passes in the setting request.headers. Nothing
else is read, request.jwt.claims least of all. Without that header it leaves: nobody is calling.
Errors, as the HTTP status that PostgREST answers with: PT401 for a header that is none, and where
login() has TN001, TN002, TN004 or TN005; PT403 for TN003 and TN008; PT429 for TN006 and TN007.
Others as they are: TN010 something was left behind in the session, TN011 second identity in one
transaction.';
-- What PostgreSQL lets PUBLIC do and tenants of one database use against each other. Nothing of it
-- is changed by installing the extension: harden_database() is a decision about the whole database.
-- The groups are regular expressions over names, so that a version's new functions belong to them.
-- Functions that PUBLIC may not execute as PostgreSQL is installed are not on the list.
CREATE VIEW tenancy.hardening AS
WITH groups (names, kept_for, reason) AS (VALUES
  ('^currtid2?$', 'pg_database_owner',
   'tells rows of other tenants apart: ignores row security'),
  ('^lo_|^(loread|lowrite)$', 'pg_database_owner',
   'large objects belong to a role, not to a tenant: one reads and overwrites another''s'),
  ('^pg_(cancel|terminate)_backend$', 'pg_database_owner, pg_signal_backend',
   'tenants that share a role cancel each other''s statements and end each other''s sessions'),
  ('^pg_(try_)?advisory_(xact_)?lock', 'pg_database_owner',
   'one tenant blocks another, and learns what it has locked'),
  ('^pg_(lock_status|blocking_pids|safe_snapshot_blocking_pids|isolation_test_session_is_blocked)$',
   'pg_database_owner, pg_read_all_stats',
   'shows whom other sessions wait for, and their advisory locks'),
  ('^pg_prepared_xact$', 'pg_database_owner, pg_read_all_stats',
   'shows the names of other tenants'' prepared transactions'),
  ('^pg_prepared_statement$', 'pg_database_owner, pg_read_all_stats',
   'shows the texts of statements that drivers prepared for earlier callers of a pooled connection'),
  ('^pg_stat_get_', 'pg_database_owner, pg_read_all_stats',
   'counts the rows of all tenants, and shows the statements of sessions that share a role')),
functions AS (
  SELECT pg_catalog.format('pg_catalog.%I(%s)', p.proname,
                           pg_catalog.oidvectortypes(p.proargtypes)) AS name,
         g.kept_for, g.reason, p.proacl, p.proowner
  FROM pg_catalog.pg_proc p
  JOIN groups g ON p.proname ~ g.names
  LEFT JOIN pg_catalog.pg_init_privs i
    ON i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND i.objoid = p.oid
  WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
    AND (i.initprivs IS NULL
         OR EXISTS (SELECT FROM pg_catalog.aclexplode(i.initprivs) a WHERE a.grantee = 0)))
SELECT 'FUNCTION ' || name AS object,
       pg_catalog.format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC; GRANT EXECUTE ON FUNCTION %1$s TO %s',
                         name, kept_for) AS revoke,
       pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC; REVOKE EXECUTE ON FUNCTION %1$s FROM %s',
                         name, kept_for) AS undo,
       reason,
       NOT EXISTS (SELECT FROM pg_catalog.aclexplode(
                     coalesce(proacl, pg_catalog.acldefault('f', proowner))) a
                   WHERE a.grantee = 0) AS done
FROM functions
UNION ALL
SELECT pg_catalog.format('DATABASE %I', datname),
       pg_catalog.format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', datname),
       pg_catalog.format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', datname),
       'temporary tables and views stand before the real ones, and outlive their caller in a pooled session',
       NOT EXISTS (SELECT FROM pg_catalog.aclexplode(
                     coalesce(datacl, pg_catalog.acldefault('d', datdba))) a
                   WHERE a.grantee = 0 AND a.privilege_type = 'TEMPORARY')
FROM pg_catalog.pg_database
WHERE datname = pg_catalog.current_database()
UNION ALL
SELECT 'SCHEMA public',
       'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
       'GRANT CREATE ON SCHEMA public TO PUBLIC',
       'what a caller creates there is called in place of what others mean',
       NOT EXISTS (SELECT FROM pg_catalog.aclexplode(
                     coalesce(nspacl, pg_catalog.acldefault('n', nspowner))) a
                   WHERE a.grantee = 0 AND a.privilege_type = 'CREATE')
FROM pg_catalog.pg_namespace
WHERE nspname = 'public';
GRANT SELECT ON tenancy.hardening TO PUBLIC;
COMMENT ON VIEW tenancy.hardening IS
'What tenancy.harden_database() revokes from PUBLIC in this database, and whether it is revoked. The database''s owner, the predefined roles for statistics and signals and superusers go on as before.';
COMMENT ON COLUMN tenancy.hardening.object IS 'Kind and name of the object, as GRANT takes them';
COMMENT ON COLUMN tenancy.hardening.revoke IS 'The statements that harden_database() runs';
COMMENT ON COLUMN tenancy.hardening.undo IS 'The statements that take them back';
COMMENT ON COLUMN tenancy.hardening.reason IS 'What PUBLIC can do with it to other tenants';
COMMENT ON COLUMN tenancy.hardening.done IS 'Whether PUBLIC has the right no more';

-- The statements are made and run under the pinned search_path: nothing of the caller is in them.
CREATE FUNCTION tenancy.harden_database(dry_run boolean DEFAULT false) RETURNS SETOF text
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  item record;
BEGIN
  IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    RAISE insufficient_privilege USING
      MESSAGE = 'must be superuser to harden a database',
      DETAIL = 'The functions on the list belong to PostgreSQL itself.',
      HINT = 'Ask a superuser to run SELECT tenancy.harden_database(); the list is in tenancy.hardening.';
  END IF;
  FOR item IN SELECT h.* FROM tenancy.hardening h WHERE NOT h.done ORDER BY h.reason, h.object LOOP
    IF dry_run IS NOT TRUE THEN
      EXECUTE item.revoke;
    END IF;
    RETURN NEXT format('%s; -- %s; undo: %s', item.revoke, item.reason, item.undo);
  END LOOP;
END$$;
REVOKE ALL ON FUNCTION tenancy.harden_database(boolean) FROM PUBLIC;
COMMENT ON FUNCTION tenancy.harden_database(boolean) IS
'Revokes from PUBLIC, in this database, what tenants use against each other: the list is tenancy.hardening. Returns one line for each object: the statements, why, and how to undo them; nothing where all is done. dry_run changes nothing. Superusers, the database''s owner and members of pg_read_all_stats (statistics, locks) or pg_signal_backend (signals) go on as before. Dumps keep it, but for the right to make temporary tables, which only pg_dump --create keeps: run it again after a restore. Errors: 42501 not a superuser.';
-- Rows of LangGraph's stores that have expired, of all tenants.
CREATE FUNCTION tenancy.sweep_expired(batch bigint DEFAULT 10000, OUT relation regclass, OUT deleted bigint)
  RETURNS SETOF record LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_sweep_expired';
REVOKE ALL ON FUNCTION tenancy.sweep_expired(bigint) FROM PUBLIC;
COMMENT ON FUNCTION tenancy.sweep_expired(bigint) IS
'Deletes rows whose expires_at is over from the protected tables named store (of LangGraph, in JavaScript and Python) whose owner''s rights the caller has, of all tenants and without an identity. Argument: batch, how many rows of each table at most; call again while as many were deleted. Returns each table with the number of rows. Acts as the owner of each table and with no more rights, whoever calls; rows locked by others stay for the next time. Errors: 22023 batch is not positive, TN010 inside an identity, and what triggers raise.';
-- What the audit is about: whose roles, which relations, who holds what on them, and what was
-- decided about a finding.
CREATE TABLE tenancy.trusted_roles (
  role regrole PRIMARY KEY,
  reason text NOT NULL CHECK (reason <> '')
);
COMMENT ON TABLE tenancy.trusted_roles IS
'Login roles that tenancy.audit() leaves out when it picks the roles itself: migrations, backups, replication. None of them may serve a tenant.';
COMMENT ON COLUMN tenancy.trusted_roles.role IS 'The role.';
COMMENT ON COLUMN tenancy.trusted_roles.reason IS 'Why it is trusted with the rows of all tenants.';

CREATE TABLE tenancy.audit_waivers (
  code text NOT NULL,
  object text NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (code, object)
);
COMMENT ON TABLE tenancy.audit_waivers IS
'Findings that were looked at and accepted until a day: tenancy.audit() leaves them out, so tenancy.assert_isolated() passes.';
COMMENT ON COLUMN tenancy.audit_waivers.code IS 'Code of the finding.';
COMMENT ON COLUMN tenancy.audit_waivers.object IS 'Object of the finding, as tenancy.audit() writes it.';
COMMENT ON COLUMN tenancy.audit_waivers.reason IS 'Why it is accepted.';
COMMENT ON COLUMN tenancy.audit_waivers.expires_at IS 'When the finding comes back.';
REVOKE ALL ON tenancy.trusted_roles, tenancy.audit_waivers FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('tenancy.trusted_roles', '');
SELECT pg_catalog.pg_extension_config_dump('tenancy.audit_waivers', '');

CREATE TYPE tenancy.finding AS (
  severity text, class text, code text, object text, finding text, fix text);
COMMENT ON TYPE tenancy.finding IS
'One line of tenancy.audit(): severity critical|high|medium|low, class isolation|performance|environment|authorization, stable code of the rule, the object, what is wrong with it, and the SQL that closes it.';

CREATE VIEW tenancy.audit_relations AS
SELECT c.oid AS rel, c.oid::regclass::text AS name, c.relname, c.relnamespace, c.relowner, c.relkind,
       c.relispartition, c.relrowsecurity, c.relforcerowsecurity, s.tenant_like, s.signature, s.width,
       s.tenant_like IS NOT NULL
         OR c.relname IN ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes', 'store_vectors')
         OR EXISTS (
         SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid) AS tenant_data
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
  SELECT (pg_catalog.array_agg(a.attname ORDER BY a.attnum) FILTER (
           WHERE a.atttypid IN ('tenancy.tenant_id'::regtype, 'tenancy.user_id'::regtype)
              OR a.attname ~* '^(tenant|tenant_?(id|uuid|key)|(org|organi[sz]ation|account|workspace|customer|team|company)_?(id|uuid))$'
         ))[1] AS tenant_like,
         pg_catalog.array_agg(a.attname || ' ' || a.atttypid ORDER BY a.attname) AS signature,
         pg_catalog.count(*) AS width
  FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
) s
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tenancy') AND n.nspname !~ '^pg_toast'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e');
COMMENT ON VIEW tenancy.audit_relations IS
'The tables that the audit looks at: not those of PostgreSQL and of extensions, not temporary ones.';
COMMENT ON COLUMN tenancy.audit_relations.rel IS 'The table';
COMMENT ON COLUMN tenancy.audit_relations.name IS 'Its name, quoted where needed';
COMMENT ON COLUMN tenancy.audit_relations.relname IS 'Its name alone';
COMMENT ON COLUMN tenancy.audit_relations.relnamespace IS 'Its schema';
COMMENT ON COLUMN tenancy.audit_relations.relowner IS 'Its owner';
COMMENT ON COLUMN tenancy.audit_relations.relkind IS 'r: a plain table, p: a partitioned one';
COMMENT ON COLUMN tenancy.audit_relations.relispartition IS 'Whether it is a partition';
COMMENT ON COLUMN tenancy.audit_relations.relrowsecurity IS 'Whether row security is enabled';
COMMENT ON COLUMN tenancy.audit_relations.relforcerowsecurity IS 'Whether it binds the owner too';
COMMENT ON COLUMN tenancy.audit_relations.tenant_like IS
'The first column whose type or name says that it holds a tenant; NULL: none';
COMMENT ON COLUMN tenancy.audit_relations.signature IS 'Names and types of its columns, sorted';
COMMENT ON COLUMN tenancy.audit_relations.width IS 'How many columns it has';
COMMENT ON COLUMN tenancy.audit_relations.tenant_data IS
'Whether it holds rows of tenants: it has such a column, a name of LangGraph, or policies';

CREATE FUNCTION tenancy.audit_membership(roles oid[])
  RETURNS TABLE (role oid, member_of oid)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH RECURSIVE granted (member, member_of) AS (
    SELECT m.member, m.roleid FROM pg_auth_members m
    UNION ALL
    SELECT d.datdba, 'pg_database_owner'::regrole FROM pg_database d
    WHERE d.datname = current_database()
  ), reached (role, member_of) AS (
    SELECT r, r FROM unnest(roles) r
    UNION
    SELECT reached.role, g.member_of FROM reached JOIN granted g ON g.member = reached.member_of
  )
  SELECT role, member_of FROM reached
  UNION ALL
  SELECT r, 0::oid FROM unnest(roles) r
$$;
COMMENT ON FUNCTION tenancy.audit_membership(oid[]) IS
'What each role is: itself, PUBLIC (0), and every role that it inherits from or may SET ROLE to.';

CREATE FUNCTION tenancy.audit_rights(roles oid[])
  RETURNS TABLE (rel oid, role oid, privilege text, grantee oid)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH member AS MATERIALIZED (
    SELECT * FROM tenancy.audit_membership(roles)
  ), usable AS MATERIALIZED ( -- schemas each role may look into
    SELECT DISTINCT n.oid AS nsp, m.role
    FROM pg_namespace n
    CROSS JOIN aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) u
    JOIN member m ON m.member_of = u.grantee
    WHERE u.privilege_type = 'USAGE'
  ), granted AS (
    SELECT c.oid, c.relnamespace, x.privilege_type, x.grantee
    FROM pg_class c
    CROSS JOIN aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION
    SELECT c.oid, c.relnamespace, x.privilege_type, x.grantee
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    CROSS JOIN aclexplode(a.attacl) x
    WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
  )
  SELECT g.oid, m.role, g.privilege_type, g.grantee
  FROM granted g
  JOIN member m ON m.member_of = g.grantee
  JOIN usable u ON u.nsp = g.relnamespace AND u.role = m.role
  UNION ALL
  SELECT c.oid, m.role, p.privilege, m.member_of
  FROM member m
  JOIN (VALUES ('pg_read_all_data', 'SELECT'), ('pg_write_all_data', 'INSERT'),
               ('pg_write_all_data', 'UPDATE'), ('pg_write_all_data', 'DELETE'))
    AS p (name, privilege) ON m.member_of = p.name::regrole
  CROSS JOIN pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
$$;
COMMENT ON FUNCTION tenancy.audit_rights(oid[]) IS
'What each role may do with each relation, on all of it or on some of its columns, and by which grantee (0: PUBLIC): where it may look into the schema. What owners may do with their own is part of it, what superusers may do is not.';

-- A superuser may do everything and owns much: it is an application's role only where somebody
-- granted it something.
CREATE FUNCTION tenancy.audited_roles(roles regrole[])
  RETURNS SETOF oid
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH login AS MATERIALIZED (
    SELECT r.oid, r.rolsuper, r.rolreplication OR r.rolcreaterole AS attributed FROM pg_roles r
    WHERE roles IS NULL AND r.rolcanlogin
      AND r.oid NOT IN (SELECT t.role FROM tenancy.trusted_roles t)
  ), member AS MATERIALIZED (
    SELECT * FROM tenancy.audit_membership(ARRAY(SELECT oid FROM login))
  ), data AS MATERIALIZED (
    SELECT * FROM tenancy.audit_relations WHERE roles IS NULL AND tenant_data
  ), granted AS MATERIALIZED (
    SELECT DISTINCT x.grantee, x.grantee = c.relowner AS owns
    FROM data d
    JOIN pg_class c ON c.oid = d.rel
    CROSS JOIN aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
    UNION
    SELECT DISTINCT x.grantee, x.grantee = d.relowner
    FROM data d
    JOIN pg_attribute a ON a.attrelid = d.rel AND a.attacl IS NOT NULL
    CROSS JOIN aclexplode(a.attacl) x
    UNION
    SELECT DISTINCT d.relowner, true FROM data d
    UNION
    SELECT r.oid, false FROM pg_roles r
    WHERE r.rolname IN ('pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files',
                        'pg_write_server_files', 'pg_execute_server_program')
  )
  SELECT r FROM unnest(roles) r
  UNION
  SELECT l.oid FROM login l
  WHERE (l.attributed AND NOT l.rolsuper)
     OR EXISTS (SELECT FROM member m JOIN granted g ON g.grantee = m.member_of
                WHERE m.role = l.oid
                  AND NOT (l.rolsuper AND (g.owns OR g.grantee = 0)))
$$;
COMMENT ON FUNCTION tenancy.audited_roles(regrole[]) IS
'The roles that tenancy.audit() is about: the given ones; for NULL every login role that reaches rows of tenants by a grant (PUBLIC''s included), by ownership, by a predefined role that reads data or files, or by REPLICATION or CREATEROLE, except tenancy.trusted_roles. A superuser only where it, or a role it is a member of, was granted something.';
REVOKE ALL ON FUNCTION tenancy.audit_membership(oid[]), tenancy.audit_rights(oid[]),
  tenancy.audited_roles(regrole[]) FROM PUBLIC;
-- Audit, group roles: what a role is, may become, or owns.
--
-- A membership is cut where the dangerous role was granted, so that the groups between keep what
-- else they give. Superusers have every attribute; they are reported as superusers alone.
CREATE FUNCTION tenancy.audit_roles(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH member AS MATERIALIZED (
    SELECT m.role, m.member_of FROM tenancy.audit_membership(roles) m WHERE m.member_of <> 0
  ), edge AS MATERIALIZED (
    SELECT m.roleid, m.member,
           format('REVOKE %s FROM %s%s;', m.roleid::regrole, m.member::regrole,
             CASE WHEN current_setting('server_version_num')::int >= 160000
                  THEN format(' GRANTED BY %s', m.grantor::regrole) END) AS cut
    FROM pg_auth_members m
    JOIN pg_roles r ON r.oid = m.member AND r.rolname !~ '^pg_'
    UNION ALL
    SELECT 'pg_database_owner'::regrole, d.datdba,
           format('ALTER DATABASE %I OWNER TO <role that cannot log in>;', d.datname)
    FROM pg_database d WHERE d.datname = current_database()
  ), owner AS MATERIALIZED (
    SELECT r.relowner, count(*) AS tables, min(r.name) AS example
    FROM tenancy.audit_relations r WHERE r.tenant_data GROUP BY r.relowner
  ), target (code, severity, reached, own_only, finding, fix) AS (
    SELECT a.code, a.severity, r.oid, NULL::boolean, a.finding, format(a.fix, r.oid::regrole)
    FROM pg_roles r
    CROSS JOIN LATERAL (VALUES
      ('role_superuser', 'critical', r.rolsuper,
       'A superuser: no policy and no privilege binds it.', 'ALTER ROLE %s NOSUPERUSER;'),
      ('role_bypassrls', 'critical', r.rolbypassrls AND NOT r.rolsuper,
       'BYPASSRLS: no policy binds it.', 'ALTER ROLE %s NOBYPASSRLS;'),
      ('role_replication', 'critical', r.rolreplication AND NOT r.rolsuper,
       'REPLICATION: a logical slot shows the rows of all tenants, by plain SQL.',
       'ALTER ROLE %s NOREPLICATION;'),
      ('role_createrole', 'critical', r.rolcreaterole AND NOT r.rolsuper,
       'CREATEROLE: it grants itself other roles, owners of tables among them.',
       'ALTER ROLE %s NOCREATEROLE;'))
      AS a (code, severity, has, finding, fix)
    WHERE a.has
    UNION ALL
    SELECT k.code, k.severity, o.relowner, k.own,
           format('Owns %s tables of tenant data, %s among them: an owner may switch row security off.',
                  o.tables, o.example),
           format('REASSIGN OWNED BY %s TO <role that cannot log in>; -- or, where it never serves a tenant: INSERT INTO tenancy.trusted_roles VALUES (%L, <reason>);',
                  o.relowner::regrole, o.relowner::regrole)
    FROM owner o
    JOIN pg_roles r ON r.oid = o.relowner AND NOT r.rolsuper
    CROSS JOIN (VALUES ('role_owns_protected', 'high', true),
                       ('role_member_of_owner', 'critical', false)) AS k (code, severity, own)
    UNION ALL
    SELECT p.code, p.severity, r.oid, false, p.finding, NULL
    FROM (VALUES
      ('role_reads_all', 'high', '{pg_read_all_data,pg_write_all_data}'::text[],
       'Reads or writes every relation without policies: copies, archives, views, later tables.'),
      ('role_server_files', 'critical',
       '{pg_read_server_files,pg_write_server_files,pg_execute_server_program}',
       'Reads or writes files of the server, or runs programs there: the data of all tenants.'),
      ('role_monitor', 'medium', '{pg_monitor,pg_read_all_stats}',
       'Sees the statements of all sessions, with the values in them.'),
      ('role_signal', 'medium', '{pg_signal_backend}',
       'Cancels the statements and ends the sessions of other roles.'),
      ('role_maintain', 'medium', '{pg_maintain}', -- PostgreSQL 17
       'Locks any table against all tenants, and rebuilds it.'))
      AS p (code, severity, names, finding)
    JOIN pg_roles r ON r.rolname = ANY (p.names)
  ), hit AS (
    SELECT t.*, m.role, t.reached = m.role AS itself,
           (SELECT string_agg(e.cut, ' ' ORDER BY e.cut) FROM edge e
            JOIN member v ON v.role = m.role AND v.member_of = e.member
            WHERE e.roleid = t.reached) AS cut
    FROM member m
    JOIN target t ON t.reached = m.member_of
    WHERE coalesce(t.own_only = (t.reached = m.role), true)
  )
  SELECT h.severity, 'isolation', h.code, h.role::regrole::text,
         string_agg(CASE WHEN h.itself THEN h.finding
                         ELSE format('Member of %s: %s', h.reached::regrole, h.finding) END,
                    ' ' ORDER BY h.reached::regrole::text),
         string_agg(CASE WHEN h.itself THEN h.fix ELSE h.cut END, ' ' ORDER BY h.reached::regrole::text)
  FROM hit h
  WHERE h.itself OR h.cut IS NOT NULL
  GROUP BY h.severity, h.code, h.role
$$;
COMMENT ON FUNCTION tenancy.audit_roles(oid[]) IS
'The part of tenancy.audit() that looks at what a role is, may become, or owns.';
REVOKE ALL ON FUNCTION tenancy.audit_roles(oid[]) FROM PUBLIC;
-- Audit, group grants: privileges that row security does not look at, and such as let a caller
-- stand in for others. What owners hold on their own is the business of group roles.
CREATE OR REPLACE VIEW tenancy.audit_acls AS
SELECT 'TABLE' AS kind, c.oid, c.oid::regclass::text AS name, c.relnamespace AS schema, c.relkind,
       c.relowner AS owner, x.grantee, x.privilege_type AS privilege, NULL::name AS column_name
FROM pg_catalog.pg_class c
CROSS JOIN pg_catalog.aclexplode(c.relacl) x
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND x.grantee <> c.relowner
UNION ALL
SELECT 'TABLE', c.oid, c.oid::regclass::text, c.relnamespace, c.relkind, c.relowner, x.grantee,
       x.privilege_type, a.attname
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
CROSS JOIN pg_catalog.aclexplode(a.attacl) x
WHERE a.attacl IS NOT NULL AND x.grantee <> c.relowner
UNION ALL
SELECT 'SCHEMA', n.oid, n.oid::regnamespace::text, n.oid, NULL, n.nspowner, x.grantee, x.privilege_type, NULL
FROM pg_catalog.pg_namespace n
CROSS JOIN pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) x
WHERE n.nspname !~ '^pg_'
UNION ALL
SELECT 'DATABASE', d.oid, pg_catalog.quote_ident(d.datname), NULL, NULL, d.datdba, x.grantee, x.privilege_type, NULL
FROM pg_catalog.pg_database d
CROSS JOIN pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) x
WHERE d.datname = pg_catalog.current_database();
COMMENT ON VIEW tenancy.audit_acls IS
'Privileges on relations and columns (without their owner''s), schemas and this database, one a row.';
COMMENT ON COLUMN tenancy.audit_acls.kind IS 'TABLE (any relation), SCHEMA or DATABASE';
COMMENT ON COLUMN tenancy.audit_acls.oid IS 'The object';
COMMENT ON COLUMN tenancy.audit_acls.name IS 'Its name, quoted where needed';
COMMENT ON COLUMN tenancy.audit_acls.schema IS 'Its schema; a schema''s is itself';
COMMENT ON COLUMN tenancy.audit_acls.relkind IS 'Of relations, as in pg_class';
COMMENT ON COLUMN tenancy.audit_acls.owner IS 'Its owner';
COMMENT ON COLUMN tenancy.audit_acls.grantee IS 'Who holds the privilege; 0: PUBLIC';
COMMENT ON COLUMN tenancy.audit_acls.privilege IS 'The privilege';
COMMENT ON COLUMN tenancy.audit_acls.column_name IS 'The column it is restricted to';

CREATE OR REPLACE FUNCTION tenancy.audit_grants(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH audited AS MATERIALIZED ( -- what audited roles are, superusers left to group roles
    SELECT DISTINCT m.member_of AS grantee FROM tenancy.audit_membership(roles) m
    LEFT JOIN pg_roles r ON r.oid = m.member_of
    WHERE NOT coalesce(r.rolsuper, false)
  ), acl AS MATERIALIZED (
    SELECT a.*, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS holder
    FROM tenancy.audit_acls a JOIN audited USING (grantee)
  ), rel AS MATERIALIZED (
    SELECT * FROM tenancy.audit_relations
  ), floor AS MATERIALIZED (
    SELECT p.polrelid FROM pg_policy p WHERE p.polname = 'tenancy_floor' AND NOT p.polpermissive
  ), secret AS MATERIALIZED ( -- names that promise a key or a password
    SELECT c.oid FROM pg_class c
    WHERE c.relname ~* '(^|_)(secrets?|credentials?|passwords?|(api|signing|private|encryption|jwt|hmac)_?(keys?|secrets?))($|_)'
    UNION
    SELECT a.attrelid FROM pg_attribute a
    WHERE a.attnum > 0 AND NOT a.attisdropped
      AND a.attname ~* '(^|_)(secret|password|passwd|pwd_hash|(api|signing|private|encryption)_?key|private_jwk|(access|refresh)_token)($|_)'
  )
  SELECT k.severity, 'isolation', k.code, r.name,
         format('%s may %s', string_agg(DISTINCT a.holder, ', '), k.finding),
         format('REVOKE %s ON %s FROM %s;', k.privilege, r.name, string_agg(DISTINCT a.holder, ', '))
  FROM (VALUES
    ('grant_truncate', 'high', 'TRUNCATE', 'TRUNCATE the table: the rows of all tenants, row security does not look.'),
    ('grant_references', 'medium', 'REFERENCES', 'refer to the table by foreign keys, which tell what keys other tenants have.'),
    ('grant_trigger', 'critical', 'TRIGGER', 'put triggers on the table, which run in the sessions of other tenants.'),
    ('grant_maintain', 'medium', 'MAINTAIN', 'lock the table against all tenants, rebuild it and set its statistics.')) -- PostgreSQL 17
    AS k (code, severity, privilege, finding)
  JOIN acl a USING (privilege)
  JOIN rel r ON r.rel = a.oid AND r.tenant_data
  WHERE a.kind = 'TABLE'
  GROUP BY k.severity, k.code, k.privilege, k.finding, r.name
  UNION ALL
  SELECT CASE WHEN r.rel IN (SELECT polrelid FROM floor) THEN 'medium' ELSE 'high' END,
         'isolation', 'public_grant', r.name,
         format('Every role of the server has %s on it, those that are made later too.',
                string_agg(DISTINCT a.privilege, ', ')),
         format('REVOKE ALL ON %s FROM PUBLIC;', r.name)
  FROM tenancy.audit_acls a
  JOIN rel r ON r.rel = a.oid AND r.tenant_data
  WHERE a.kind = 'TABLE' AND a.grantee = 0
  GROUP BY r.rel, r.name
  UNION ALL
  SELECT 'high', 'isolation', 'default_privileges',
         concat(d.defaclrole::regrole, ' in schema ' || nullif(d.defaclnamespace, 0)::regnamespace),
         format('Tables that %s makes later are open to %s before anybody protects them.', d.defaclrole::regrole, h.holders),
         format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE ALL ON TABLES FROM %s;', d.defaclrole::regrole,
                ' IN SCHEMA ' || nullif(d.defaclnamespace, 0)::regnamespace, h.holders)
  FROM pg_default_acl d
  CROSS JOIN LATERAL (
    SELECT string_agg(DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END, ', ') AS holders
    FROM aclexplode(d.defaclacl) x JOIN audited USING (grantee)
    WHERE x.grantee <> d.defaclrole) h
  WHERE d.defaclobjtype = 'r' AND h.holders IS NOT NULL
  UNION ALL
  SELECT k.severity, 'isolation', k.code, format('%s %s', a.kind, a.name),
         format(k.finding, string_agg(a.holder, ', ')),
         concat_ws(' ',
           format('REVOKE %s ON %s %s FROM ', a.privilege, a.kind, a.name)
             || string_agg(a.holder, ', ') FILTER (WHERE a.grantee <> a.owner OR a.privilege = 'TEMPORARY') || ';',
           CASE WHEN bool_or(a.grantee = a.owner) AND a.privilege = 'CREATE'
                THEN format('ALTER %s %s OWNER TO <role that cannot log in>;', a.kind, a.name) END)
  FROM (VALUES
    ('schema_create', 'high', 'SCHEMA', 'CREATE', '%s may create functions, operators and tables there that others run or use in place of theirs.'),
    ('database_create', 'medium', 'DATABASE', 'CREATE', '%s may create schemas, and with them what others run or use in place of theirs.'),
    ('database_temporary', 'medium', 'DATABASE', 'TEMPORARY', '%s may create temporary tables, which stand before the real ones and stay in a pooled session.'))
    AS k (code, severity, kind, privilege, finding)
  JOIN acl a USING (kind, privilege)
  WHERE a.name <> 'information_schema'
  GROUP BY k.code, k.severity, k.finding, a.kind, a.name, a.privilege, a.owner
  UNION ALL
  SELECT 'high', 'isolation', 'secret_table_grant', a.name,
         format('Looks like keys or passwords, and is readable by %s.', string_agg(DISTINCT a.holder, ', ')),
         format('REVOKE SELECT ON %s FROM %s;', a.name, string_agg(DISTINCT a.holder, ', '))
  FROM acl a
  JOIN secret USING (oid)
  JOIN pg_namespace n ON n.oid = a.schema
  LEFT JOIN pg_class c ON c.oid = a.oid
  WHERE a.kind = 'TABLE' AND a.relkind <> 'S' AND a.privilege = 'SELECT' AND NOT c.relrowsecurity
    AND n.nspname !~ '^(pg_|information_schema$|tenancy$)'
  GROUP BY a.name
  UNION ALL
  SELECT 'critical', 'isolation', 'secret_table_grant', a.name,
         format('A table of this extension, open to %s: it says whom the database believes.', string_agg(DISTINCT a.holder, ', ')),
         format('REVOKE %s ON %s FROM %s;', string_agg(DISTINCT a.privilege || coalesce(' (' || quote_ident(a.column_name) || ')', ''), ', '),
                a.name, string_agg(DISTINCT a.holder, ', '))
  FROM acl a
  WHERE a.kind = 'TABLE' AND a.relkind = 'r' AND a.schema = 'tenancy'::regnamespace
    AND NOT EXISTS ( -- what the extension itself granted, under row security
      SELECT FROM pg_init_privs i
      CROSS JOIN aclexplode(i.initprivs) x
      LEFT JOIN pg_attribute t ON t.attrelid = i.objoid AND t.attnum = i.objsubid AND i.objsubid <> 0
      WHERE i.classoid = 'pg_class'::regclass AND i.objoid = a.oid
        AND t.attname IS NOT DISTINCT FROM a.column_name
        AND (x.grantee, x.privilege_type) = (a.grantee, a.privilege))
  GROUP BY a.name
  UNION ALL
  SELECT CASE WHEN p.secured THEN 'critical' ELSE 'high' END, 'isolation', 'secret_table_grant', c.oid::regclass::text,
         'Row security is off on a table of this extension: whoever is granted SELECT, and pg_read_all_data, read all of it.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', c.oid::regclass)
  FROM pg_class c
  CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS secured) p
  WHERE c.relnamespace = 'tenancy'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity
    AND (p.secured OR c.oid IN ('tenancy.issuers'::regclass, 'tenancy.signing_secrets'::regclass))
  UNION ALL
  SELECT 'high', 'isolation', 'admin_function_grant', p.oid::regprocedure::text,
         format('An administrators'' function of this extension that %s may call.', string_agg(g.holder, ', ')),
         format('REVOKE EXECUTE ON FUNCTION %s FROM %s;', p.oid::regprocedure, string_agg(g.holder, ', '))
  FROM pg_proc p
  JOIN pg_init_privs i ON i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid
  CROSS JOIN LATERAL (
    SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END AS holder
    FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x JOIN audited USING (grantee)
    WHERE x.grantee <> p.proowner
    EXCEPT
    SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END FROM aclexplode(i.initprivs) x) g
  WHERE p.pronamespace = 'tenancy'::regnamespace
  GROUP BY p.oid
  UNION ALL
  SELECT 'low', 'isolation', 'sequence_read', a.name,
         format('%s may read or set a sequence of %s: how many rows all tenants wrote.', string_agg(DISTINCT a.holder, ', '), min(r.name)),
         format('REVOKE SELECT, UPDATE ON SEQUENCE %s FROM %s;', a.name, string_agg(DISTINCT a.holder, ', '))
  FROM acl a
  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = a.oid AND d.deptype IN ('a', 'i')
                  AND d.refclassid = 'pg_class'::regclass
  JOIN rel r ON r.rel = d.refobjid AND r.tenant_data
  WHERE a.relkind = 'S' AND a.privilege IN ('SELECT', 'UPDATE')
  GROUP BY a.name
  UNION ALL
  SELECT 'medium', 'isolation', 'isolation_column_update', r.name,
         format('%s may change %I, and no policy of this extension holds: a row may be moved to another tenant.',
                string_agg(DISTINCT a.holder, ', '), r.tenant_like),
         CASE WHEN bool_and(a.column_name IS NOT NULL)
              THEN format('REVOKE UPDATE (%I) ON %s FROM %s;', r.tenant_like, r.name, string_agg(DISTINCT a.holder, ', '))
              ELSE format('REVOKE UPDATE ON %s FROM %s; GRANT UPDATE (%s) ON %1$s TO %2$s;', r.name, string_agg(DISTINCT a.holder, ', '),
                (SELECT string_agg(quote_ident(c.attname), ', ' ORDER BY c.attnum) FROM pg_attribute c
                 WHERE c.attrelid = r.rel AND c.attnum > 0 AND NOT c.attisdropped
                   AND c.attname <> r.tenant_like AND c.attgenerated = '')) END
  FROM acl a
  JOIN rel r ON r.rel = a.oid
  WHERE a.kind = 'TABLE' AND a.privilege = 'UPDATE' AND coalesce(a.column_name = r.tenant_like, r.tenant_like IS NOT NULL)
    AND r.relrowsecurity AND r.rel NOT IN (SELECT polrelid FROM floor)
  GROUP BY r.rel, r.name, r.tenant_like
  UNION ALL
  SELECT 'medium', 'isolation', 'function_not_hardened', string_agg(substr(h.object, 10), ', ' ORDER BY h.object),
         format('PUBLIC may call it: %s.', h.reason), 'SELECT tenancy.harden_database();'
  FROM tenancy.hardening h
  WHERE NOT h.done AND h.object LIKE 'FUNCTION %'
  GROUP BY h.reason
$$;
COMMENT ON FUNCTION tenancy.audit_grants(oid[]) IS
'The part of tenancy.audit() that looks at privileges.';
REVOKE ALL ON FUNCTION tenancy.audit_grants(oid[]) FROM PUBLIC;
-- Audit, group policies: what policies that protect() did not write say, and what the functions do
-- that they call. Below a floor such policies can only narrow, so most rules end there. What stands
-- under our own names is the business of group tables.
CREATE FUNCTION tenancy.audit_policies(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH audited AS MATERIALIZED (
    SELECT DISTINCT m.member_of AS grantee FROM tenancy.audit_membership(roles) m UNION SELECT 0
  ), policy AS MATERIALIZED (
    SELECT p.oid, p.polrelid AS rel, r.name, format('%I ON %s', p.polname, r.name) AS object, p.polname,
           p.polcmd, p.polpermissive, p.polroles, r.tenant_like, r.relrowsecurity,
           p.polroles && ARRAY(SELECT grantee FROM audited) AS applies,
           EXISTS (SELECT FROM pg_policy f WHERE f.polrelid = p.polrelid AND f.polname = 'tenancy_floor'
                   AND NOT f.polpermissive AND f.polcmd = '*' AND f.polroles = '{0}') AS floored,
           e.qual, e.check_, coalesce(e.check_, e.qual) AS effective_check, concat_ws(' ', e.qual, e.check_) AS text,
           w.word, format('(^|[^a-zA-Z0-9_"])%s($|[^a-zA-Z0-9_"])', w.word) AS column_,
           concat('SELECT tenancy.protect(', quote_literal(r.name),
                  CASE WHEN r.tenant_like IS NULL THEN ', backfill_using => <expression that gives the tenant of a row>'
                       WHEN r.tenant_like <> 'tenant_id' THEN ', tenant_column => ' || quote_literal(r.tenant_like) END,
                  ', existing_policies => ') AS protect
    FROM pg_policy p
    JOIN tenancy.audit_relations r ON r.rel = p.polrelid
    CROSS JOIN LATERAL (SELECT pg_get_expr(p.polqual, p.polrelid) AS qual,
                               pg_get_expr(p.polwithcheck, p.polrelid) AS check_) e
    CROSS JOIN LATERAL (SELECT regexp_replace(quote_ident(r.tenant_like), '([^[:alnum:]_])', '\\\1', 'g') AS word) w
    WHERE p.polname NOT IN ('tenancy_floor', 'tenancy_access', 'tenancy_write_insert', 'tenancy_write_update',
                            'tenancy_write_delete', 'tenancy_read_all')
  ), command AS MATERIALIZED ( -- each policy for each command it speaks for, and whether it tells tenants apart
    SELECT p.oid, p.rel, c.cmd, p.polpermissive, p.polroles, p.applies,
           coalesce(CASE c.cmd WHEN 'a' THEN p.effective_check ELSE p.qual END ~ p.column_, false) AS tells
    FROM policy p
    JOIN unnest('{r,a,w,d}'::"char"[]) AS c (cmd) ON p.polcmd IN ('*', c.cmd)
  ), open AS MATERIALIZED ( -- permissive ones that do not, and no restrictive one below that does
    SELECT o.oid, o.rel, o.cmd,
           EXISTS (SELECT FROM command t WHERE t.rel = o.rel AND t.cmd = o.cmd AND t.tells) AS beside,
           EXISTS (SELECT FROM command t WHERE t.rel = o.rel AND t.tells) AS elsewhere
    FROM command o
    WHERE o.polpermissive AND o.applies AND NOT o.tells AND o.cmd <> 'a'
      AND NOT EXISTS (SELECT FROM command t WHERE t.rel = o.rel AND t.cmd = o.cmd AND t.tells
                      AND NOT t.polpermissive AND t.polroles = '{0}')
  ), called AS MATERIALIZED ( -- functions that policies call, not those of PostgreSQL and of extensions
    SELECT d.objid AS policy, f.oid, f.oid::regprocedure::text AS name, f.provolatile, f.proconfig, f.prosqlbody,
           f.pronamespace, l.lanname,
           concat(f.prosrc, CASE WHEN f.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(f.oid) END) AS body
    FROM pg_depend d
    JOIN policy p ON p.oid = d.objid
    JOIN pg_proc f ON f.oid = d.refobjid
    JOIN pg_language l ON l.oid = f.prolang
    WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_proc'::regclass
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = f.oid AND e.deptype = 'e')
  ), body AS MATERIALIZED ( -- what a policy says, itself and in its functions
    SELECT p.oid, p.text AS said, NULL::text AS function FROM policy p
    UNION ALL
    SELECT c.policy, c.body, c.name FROM called c
  ), reads AS ( -- relations that a policy reads, itself and in functions whose body is bound
    SELECT d.objid AS policy, d.refobjid AS rel FROM pg_depend d
    WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass
    UNION
    SELECT c.policy, d.refobjid FROM called c
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
  )
  SELECT 'critical', 'isolation', k.code, p.object,
         format(k.finding, (SELECT string_agg(DISTINCT CASE o.cmd WHEN 'r' THEN 'SELECT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END, ', ')
                            FROM open o WHERE o.oid = p.oid AND (NOT o.beside AND o.elsewhere) = k.gap), p.tenant_like),
         p.protect || '''keep'');'
  FROM policy p
  CROSS JOIN (VALUES
    (false, 'permissive_without_floor', 'Opens rows for %s whatever their %I: permissive policies are joined by OR.'),
    (true, 'command_gap', 'Tenants are told apart for other commands, but for %s by no policy that looks at %I.'))
    AS k (gap, code, finding)
  WHERE p.relrowsecurity AND NOT p.floored AND p.tenant_like IS NOT NULL
    AND EXISTS (SELECT FROM open o WHERE o.oid = p.oid AND (NOT o.beside AND o.elsewhere) = k.gap)
  UNION ALL
  SELECT 'high', 'isolation', 'check_weaker', p.object,
         format('Lets rows be written whatever their %I: into other tenants.', p.tenant_like), p.protect || '''keep'');'
  FROM policy p
  WHERE p.relrowsecurity AND NOT p.floored AND p.applies AND p.polpermissive AND p.polcmd IN ('a', 'w', '*')
    AND p.effective_check !~ p.column_ AND (p.polcmd = 'a' OR p.qual ~ p.column_)
    AND NOT EXISTS (SELECT FROM policy t WHERE t.rel = p.rel AND NOT t.polpermissive AND t.polroles = '{0}'
                    AND t.polcmd = '*' AND t.effective_check ~ t.column_)
  UNION ALL
  SELECT 'critical', 'isolation', 'policy_fails_open', p.object,
         'Is true, or may be, where there is no tenant: COALESCE around the tenant''s column, or IS NULL beside OR.',
         p.protect || '''replace'');'
  FROM policy p
  WHERE p.relrowsecurity AND NOT p.floored AND p.applies AND p.tenant_like IS NOT NULL
    AND (p.text ~ format('COALESCE\(.*[^a-zA-Z0-9_"]%s\)', p.word)
         OR replace(p.qual, format('(%I IS NULL)', p.tenant_like), '') ~ ' IS NULL\).* OR | OR .* IS NULL\)'
         OR p.polcmd NOT IN ('r', 'd') AND p.effective_check LIKE '% OR %'
            AND strpos(p.effective_check, format('(%I IS NULL)', p.tenant_like)) > 0)
  UNION ALL
  SELECT 'high', 'isolation', 'policy_roles', p.object,
         'Tells tenants apart for some roles only: for others, later ones too, it does not hold.',
         format('ALTER POLICY %I ON %s TO PUBLIC;', p.polname, p.name)
  FROM policy p
  WHERE NOT p.floored AND NOT p.polpermissive AND p.text ~ p.column_ AND NOT 0 = ANY (p.polroles)
  UNION ALL
  SELECT CASE WHEN p.floored THEN 'medium' ELSE 'critical' END, 'isolation', 'policy_reads_writable', p.object,
         format('Believes %s, which %s may write.', c.oid::regclass, h.holders),
         format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %s FROM %s;', c.oid::regclass, h.holders)
  FROM policy p
  JOIN reads r ON r.policy = p.oid AND r.rel <> p.rel
  JOIN pg_class c ON c.oid = r.rel
  CROSS JOIN LATERAL (
    SELECT string_agg(DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END, ', ') AS holders
    FROM (SELECT c.relacl AS acl UNION ALL
          SELECT a.attacl FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) l,
         aclexplode(l.acl) x
    JOIN audited USING (grantee)
    WHERE x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') AND x.grantee <> c.relowner) h
  WHERE h.holders IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_policy f WHERE f.polrelid = c.oid AND f.polname = 'tenancy_floor')
  UNION ALL
  SELECT CASE WHEN p.floored THEN 'low' ELSE k.severity END, 'isolation', k.code, p.object,
         concat(k.finding, ' In ' || string_agg(b.function, ', ') || '.'),
         CASE WHEN p.floored
              THEN format('DROP POLICY %I ON %s; -- and write it again without that', p.polname, p.name)
              ELSE p.protect || '''replace'');' END
  FROM (VALUES
    ('policy_pattern_match', 'critical', ' (~~\*?|~\*?|\^@) |\m(starts_with|regexp_(like|match|matches))\(|\mlike\M',
     'Compares by a pattern: one tenant''s name may begin like another''s, or be a pattern.'),
    ('policy_splits_text', 'high', '\m(string_to_array|string_to_table|regexp_split_to_(array|table))\M',
     'Splits a text into tenants: a name with the separator in it is two of them.'),
    ('policy_reads_setting', 'critical', '\m(current_setting|application_name|session_user|inet_client_addr|pg_stat_activity|pg_settings)\M',
     'Believes a setting, or what the client says of itself: whoever may send SQL sets it.'))
    AS k (code, severity, pattern, finding)
  JOIN body b ON b.said ~* k.pattern
  JOIN policy p USING (oid)
  GROUP BY p.oid, p.object, p.floored, p.polname, p.name, p.protect, k.code, k.severity, k.finding
  UNION ALL
  SELECT CASE c.provolatile WHEN 'i' THEN 'critical' ELSE 'medium' END, 'isolation', 'policy_function_volatility', c.name,
         CASE c.provolatile
           WHEN 'i' THEN 'A policy calls it, it depends on the session, and it is marked IMMUTABLE: a plan made for one tenant answers another.'
           ELSE 'A policy calls it for every row, and it may answer differently in mid-statement: it is VOLATILE, which is the default.' END,
         format('ALTER FUNCTION %s STABLE;', c.name)
  FROM called c
  WHERE c.provolatile <> 's'
    AND c.body ~* '\m(current_setting|session_user|current_user|application_name|tenancy\.\w+|from\s+[\w".]+)'
  GROUP BY c.name, c.provolatile
  UNION ALL
  SELECT 'high', 'isolation', 'policy_function_search_path', c.name,
         'A policy calls it, and what its body names is looked up in the caller''s search_path or temporary schema.',
         format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp;', c.name, n.nspname)
  FROM called c
  JOIN pg_namespace n ON n.oid = c.pronamespace
  WHERE c.lanname NOT IN ('c', 'internal') AND c.prosqlbody IS NULL
    AND NOT EXISTS (SELECT FROM unnest(c.proconfig) s WHERE s ~ '^search_path=(.*, *)?"?pg_temp"?$')
  GROUP BY c.name, n.nspname
  UNION ALL
  SELECT 'high', 'isolation', 'leakproof_function', f.oid::regprocedure::text,
         'Marked LEAKPROOF: it is called with the values of rows before a policy hides them.',
         format('ALTER FUNCTION %s NOT LEAKPROOF;', f.oid::regprocedure)
  FROM pg_proc f
  WHERE f.proleakproof AND f.oid >= 16384
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = f.oid AND e.deptype = 'e')
  UNION ALL
  SELECT DISTINCT 'critical', 'isolation', 'policies_inert', p.name,
         'It has policies, and row security is off: they do nothing.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', p.name)
  FROM policy p
  WHERE NOT p.relrowsecurity AND NOT p.floored
$$;
COMMENT ON FUNCTION tenancy.audit_policies(oid[]) IS
'The part of tenancy.audit() that looks at policies which protect() did not write, and at the functions that they call.';
REVOKE ALL ON FUNCTION tenancy.audit_policies(oid[]) FROM PUBLIC;
-- Audit, group tables: tables that lost their protection or never had it, and the ways around it
-- through copies, siblings, partitions, keys, foreign keys and triggers.
CREATE FUNCTION tenancy.audit_tables(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH rel AS MATERIALIZED (
    SELECT * FROM tenancy.audit_relations
  ), rights AS MATERIALIZED (
    SELECT r.rel, array_agg(DISTINCT r.privilege) AS privileges,
           string_agg(DISTINCT CASE WHEN r.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END, ', ') AS grantees
    FROM tenancy.audit_rights(roles) r
    WHERE r.grantee NOT IN ('pg_read_all_data'::regrole, 'pg_write_all_data'::regrole) -- a rule of its own
    GROUP BY r.rel
  ), ours AS MATERIALIZED ( -- what protect() wrote, and what it would write
    SELECT p.oid AS policy, p.polrelid AS rel, p.polname, p.polpermissive, p.polcmd, p.polroles,
           pg_get_expr(p.polqual, p.polrelid) AS qual, pg_get_expr(p.polwithcheck, p.polrelid) AS check_
    FROM pg_policy p WHERE p.polname IN ('tenancy_floor', 'tenancy_access')
  ), iso AS MATERIALIZED (
    SELECT r.*, a.rel IS NOT NULL AS has_access, t.attnum AS tenant, t.attname AS tenant_name,
           t.attnotnull AS tenant_not_null, u.attnum AS user_, u.attname AS user_name, u.attnotnull AS user_not_null,
           w.tenant_condition, w.user_condition,
           concat('SELECT tenancy.protect(', quote_literal(r.name),
                  CASE WHEN u.attname IS NOT NULL THEN ', isolate_by => ''user''' END,
                  CASE WHEN t.attname <> 'tenant_id' THEN ', tenant_column => ' || quote_literal(t.attname) END,
                  CASE WHEN u.attname <> 'user_id' THEN ', user_column => ' || quote_literal(u.attname) END,
                  CASE WHEN a.rel IS NULL THEN ', existing_policies => ''keep''' END, ');') AS protect_again
    FROM rel r
    JOIN ours f ON f.rel = r.rel AND f.polname = 'tenancy_floor'
    LEFT JOIN ours a ON a.rel = r.rel AND a.polname = 'tenancy_access'
    CROSS JOIN LATERAL tenancy.isolation_columns(r.rel) i
    LEFT JOIN pg_attribute t ON t.attrelid = r.rel AND t.attname = coalesce(i.tenant_column, r.tenant_like)
    LEFT JOIN pg_attribute u ON u.attrelid = r.rel AND u.attname = i.user_column
    CROSS JOIN LATERAL (
      SELECT max(condition) FILTER (WHERE kind = 'tenant') AS tenant_condition,
             max(condition) FILTER (WHERE kind = 'user') AS user_condition
      FROM (SELECT v.kind, format('(%s = tenancy.current_%s_%s())',
                     CASE v.type WHEN 'varchar'::regtype THEN format('(%I)::text', v.name) ELSE quote_ident(v.name) END, v.kind,
                     CASE WHEN v.type = 'uuid'::regtype THEN 'uuid' WHEN v.type IN ('text'::regtype, 'varchar'::regtype) THEN 'text'
                          WHEN v.type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'bigint' ELSE 'id' END) AS condition
            FROM (VALUES ('tenant', t.attname, t.atttypid), ('user', u.attname, u.atttypid)) v(kind, name, type)
            WHERE v.name IS NOT NULL) c
    ) w
  ), asks AS MATERIALIZED ( -- policies that ask for a permission, and whether they say what protect() writes
    SELECT iso.name, iso.protect_again, p.polname, k.cmd <> 'r' AS writes, m.permission, e.qual, e.check_,
           m.permission IS NOT NULL AND p.polpermissive = (k.cmd = 'r') AND p.polcmd = k.cmd AND p.polroles = '{0}'
           AND (k.cmd <> 'r' OR iso.has_access AND iso.user_ IS NOT NULL)
           AND e.qual IS NOT DISTINCT FROM CASE k.cmd WHEN 'a' THEN NULL WHEN 'r' THEN format('(%s AND %s)', iso.tenant_condition, c.call)
                                                ELSE c.call END
           AND e.check_ IS NOT DISTINCT FROM CASE k.cmd WHEN 'a' THEN c.call WHEN 'w' THEN 'true' END AS sound
    FROM iso
    JOIN pg_policy p ON p.polrelid = iso.rel
    JOIN (VALUES ('tenancy_write_insert', 'a'::"char", 'require'), ('tenancy_write_update', 'w', 'require'),
                 ('tenancy_write_delete', 'd', 'require'), ('tenancy_read_all', 'r', 'can')) k (polname, cmd, function)
      ON k.polname = p.polname
    CROSS JOIN LATERAL (SELECT pg_get_expr(p.polqual, p.polrelid) AS qual, pg_get_expr(p.polwithcheck, p.polrelid) AS check_) e
    CROSS JOIN LATERAL (
      SELECT substring(concat(e.qual, ' ', e.check_),
                       format('tenancy\.%s\(''([A-Za-z0-9_.:*-]+)''::tenancy\.permission\)', k.function)) AS permission) m
    CROSS JOIN LATERAL (SELECT format('tenancy.%s(%L::tenancy.permission)', k.function, m.permission) AS call) c
  ), key AS MATERIALIZED (
    SELECT i.*, x.relname AS index_name, iso.name, iso.tenant_name, iso.relkind, iso.relispartition, iso.protect_again, c.contype, c.conexclop,
           ARRAY(SELECT k FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(k, n) WHERE n <= i.indnkeyatts) AS columns,
           array_remove(ARRAY[iso.tenant, iso.user_], NULL) AS isolation
    FROM iso
    JOIN pg_index i ON i.indrelid = iso.rel
    JOIN pg_class x ON x.oid = i.indexrelid AND NOT x.relispartition
    LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')
    WHERE iso.tenant IS NOT NULL
  ), written AS MATERIALIZED ( -- what the text of a protected table's trigger says it writes
    SELECT iso.name, p.oid::regprocedure AS function,
           CASE WHEN m[1] LIKE '"%' THEN trim('"' FROM m[1]) ELSE lower(m[1]) END AS nspname,
           CASE WHEN m[2] LIKE '"%' THEN trim('"' FROM m[2]) ELSE lower(m[2]) END AS relname
    FROM pg_trigger t
    JOIN iso ON iso.rel = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid
    CROSS JOIN LATERAL regexp_matches(p.prosrc, '\m(?:insert\s+into|merge\s+into|update)\s+(?:only\s+)?(?:("[^"]+"|\w+)\s*\.\s*)?("[^"]+"|\w+)', 'gi') m
    WHERE NOT t.tgisinternal
  )
  SELECT 'critical', 'isolation', 'rls_disabled', iso.name,
         'Row security is off: the policies of this protected table do nothing.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', iso.name)
  FROM iso WHERE NOT iso.relrowsecurity
  UNION ALL
  SELECT CASE WHEN r.relowner IN (SELECT m.member_of FROM tenancy.audit_membership(roles) m) THEN 'critical' ELSE 'high' END,
         'isolation', 'rls_not_forced', r.name,
         format('Row security does not bind the owner %I, nor the views and functions that run with the owner''s rights.', pg_get_userbyid(r.relowner)),
         format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', r.name)
  FROM rel r
  WHERE NOT r.relforcerowsecurity AND (r.relrowsecurity OR r.rel IN (SELECT iso.rel FROM iso))
    AND (r.rel IN (SELECT iso.rel FROM iso)
         OR r.tenant_like IS NOT NULL AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.rel))
  UNION ALL
  SELECT 'medium', 'isolation', 'floor_missing', r.name,
         'Tenants are kept apart by policies without our floor: any permissive policy that is added opens the table.',
         format('SELECT tenancy.protect(%L, tenant_column => %L, existing_policies => ''keep'');', r.name, r.tenant_like)
  FROM rel r
  WHERE r.relrowsecurity AND r.rel IN (SELECT g.rel FROM rights g) AND r.rel NOT IN (SELECT iso.rel FROM iso)
    AND r.tenant_like IS NOT NULL AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.rel)
  UNION ALL
  SELECT CASE p.polname WHEN 'tenancy_floor' THEN 'critical' ELSE 'high' END, 'isolation', 'floor_altered', iso.name,
         format('Policy %I does not say what protect() writes; it says %s.', p.polname, coalesce(p.qual, 'nothing')),
         format(E'DROP POLICY %I ON %s;\nCREATE POLICY %1$I ON %2$s AS %s FOR ALL TO PUBLIC\n  USING (%s)\n  WITH CHECK (%s);',
                p.polname, iso.name, w.kind, w.qual, w.check_)
  FROM iso
  JOIN ours p ON p.rel = iso.rel
  CROSS JOIN LATERAL (
    SELECT CASE WHEN iso.user_ IS NULL OR p.polname = 'tenancy_floor' AND iso.has_access THEN iso.tenant_condition
                ELSE format('(%s AND %s)', iso.tenant_condition, iso.user_condition) END AS qual
  ) q
  CROSS JOIN LATERAL (
    SELECT q.qual, CASE p.polname WHEN 'tenancy_floor' THEN 'RESTRICTIVE' ELSE 'PERMISSIVE' END AS kind,
           CASE WHEN p.polname = 'tenancy_floor' THEN q.qual ELSE coalesce(iso.user_condition, 'true') END AS check_
  ) w
  WHERE iso.tenant IS NOT NULL
    AND (p.polpermissive IS DISTINCT FROM (w.kind = 'PERMISSIVE') OR p.polcmd <> '*' OR p.polroles <> '{0}'
         OR p.qual IS DISTINCT FROM w.qual OR p.check_ IS DISTINCT FROM w.check_)
  UNION ALL
  SELECT 'high', 'isolation', 'permission_policy_altered', a.name,
         format('Policy %I does not say what protect() writes; it says %s.', a.polname, concat_ws(', WITH CHECK ', a.qual, a.check_)),
         format(E'DROP POLICY %I ON %s;\n', a.polname, a.name)
         || replace(a.protect_again, ');', format(', %s => %L);', CASE WHEN a.writes THEN 'write' ELSE 'read_all' END || '_permission', a.permission))
  FROM asks a WHERE NOT a.sound
  UNION ALL
  SELECT 'high', 'isolation', 'permission_policy_altered', a.name,
         'Some of INSERT, UPDATE and DELETE take a permission, and others none or another one.',
         replace(min(a.protect_again), ');', format(', write_permission => %L);', min(a.permission)))
  FROM asks a WHERE a.writes
  GROUP BY a.name
  HAVING bool_and(a.sound) AND (count(*) < 3 OR count(DISTINCT a.permission) > 1)
  UNION ALL
  SELECT 'critical', 'isolation', 'unprotected_table', r.name,
         format('Column %I looks like a tenant''s, and no row security keeps tenants apart: %s may use the table.', r.tenant_like, g.grantees),
         format('SELECT tenancy.protect(%L, tenant_column => %L);', r.name, r.tenant_like)
  FROM rel r JOIN rights g ON g.rel = r.rel
  WHERE NOT r.relrowsecurity AND r.tenant_like IS NOT NULL AND NOT r.relispartition
    AND r.rel NOT IN (SELECT iso.rel FROM iso)
    AND r.rel NOT IN (SELECT h.inhrelid FROM pg_inherits h JOIN iso ON iso.rel = h.inhparent)
  UNION ALL
  SELECT 'critical', 'isolation', 'unprotected_copy', r.name,
         format('It has the columns of the protected table %s, and %s may use it: a copy without protection.', min(iso.name), min(g.grantees)),
         format('REVOKE ALL ON TABLE %s FROM %s;', r.name, min(g.grantees))
  FROM iso
  CROSS JOIN LATERAL (
    SELECT iso.signature AS columns UNION ALL
    SELECT array_agg(s ORDER BY s) FROM unnest(iso.signature) s
    WHERE NOT starts_with(s, iso.tenant_name || ' ') AND (iso.user_name IS NULL OR NOT starts_with(s, iso.user_name || ' '))
  ) c
  JOIN rel r ON r.signature = c.columns AND r.width > 1
  JOIN rights g ON g.rel = r.rel
  WHERE NOT r.relrowsecurity AND NOT r.relispartition AND r.rel NOT IN (SELECT x.rel FROM iso x)
    AND r.rel NOT IN (SELECT h.inhrelid FROM pg_inherits h JOIN iso x ON x.rel = h.inhparent)
  GROUP BY r.name
  UNION ALL
  SELECT 'critical', 'isolation', 'langgraph_sibling', r.name,
         format('LangGraph keeps state of its users here, beside %s, and %s may use it.', f.others, g.grantees),
         format('SELECT tenancy.protect_langgraph(%L);', quote_ident(n.nspname))
  FROM rel r
  JOIN rights g ON g.rel = r.rel
  JOIN pg_namespace n ON n.oid = r.relnamespace
  CROSS JOIN LATERAL (
    SELECT string_agg(o.relname, ', ' ORDER BY o.relname) AS others FROM rel o
    WHERE o.relnamespace = r.relnamespace AND o.rel <> r.rel
      AND o.relname IN ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes', 'store', 'store_vectors')
  ) f
  WHERE r.relname IN ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes', 'store', 'store_vectors')
    AND f.others IS NOT NULL AND NOT r.relrowsecurity AND r.rel NOT IN (SELECT iso.rel FROM iso)
  UNION ALL
  SELECT 'medium', 'isolation', 'tenant_column_nullable', iso.name,
         format('Column %I may be NULL: such rows belong to nobody, and unique keys do not compare them.', c.name),
         format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL;', iso.name, c.name)
  FROM iso
  CROSS JOIN LATERAL (VALUES (iso.tenant_name, iso.tenant_not_null), (iso.user_name, iso.user_not_null)) c(name, not_null)
  WHERE NOT c.not_null
  UNION ALL
  SELECT 'high', 'isolation', 'tenant_column_type', r.name,
         format('Column %I compares values that are spelled differently as equal: two tenants may be one.', a.attname),
         string_agg(format(E'DROP POLICY %I ON %s;\n', p.polname, r.name), '' ORDER BY p.polname)
         || format(E'ALTER TABLE %s ALTER COLUMN %I TYPE text COLLATE "C";\nSELECT tenancy.protect(%1$L, tenant_column => %2$L, existing_policies => ''replace'');', r.name, a.attname)
  FROM rel r
  LEFT JOIN iso ON iso.rel = r.rel
  JOIN pg_attribute a ON a.attrelid = r.rel AND a.attname = coalesce(iso.tenant_name, r.tenant_like)
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  JOIN pg_policy p ON p.polrelid = r.rel
  WHERE NOT coalesce(l.collisdeterministic, true)
     OR t.typname = 'citext' AND EXISTS (
          SELECT FROM pg_policy q
          JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = q.oid AND d.refclassid = 'pg_operator'::regclass
          JOIN pg_operator o ON o.oid = d.refobjid AND t.oid IN (o.oprleft, o.oprright)
          WHERE q.polrelid = r.rel)
  GROUP BY r.name, a.attname
  UNION ALL
  SELECT CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = k.indrelid AND a.attnum = ANY (k.columns)
                             AND a.atttypid <> 'uuid'::regtype AND a.attidentity = '') THEN 'medium' ELSE 'low' END,
         'isolation', 'key_without_isolation', k.name,
         format('Unique index %I does not hold the isolation columns: it tells that another tenant has a value, and takes it from others.', k.index_name),
         k.protect_again
  FROM key k WHERE k.indisunique AND k.contype IS DISTINCT FROM 'x' AND NOT k.isolation <@ k.columns
  UNION ALL
  SELECT 'medium', 'isolation', 'exclusion_without_isolation', k.name,
         format('Exclusion constraint %I compares rows of different tenants.', k.index_name),
         k.protect_again
  FROM key k
  WHERE k.contype = 'x'
    AND NOT k.isolation <@ ARRAY(SELECT c FROM unnest(k.columns, k.conexclop) u(c, op) JOIN pg_operator o ON o.oid = op WHERE o.oprname = '=')
  UNION ALL
  SELECT 'medium', 'isolation', 'foreign_key_without_isolation', child.name,
         format('Foreign key %I to %s does not hold the isolation columns: rows can point into another tenant, and tell what is there.', c.conname, parent.name),
         child.protect_again
  FROM pg_constraint c
  JOIN iso child ON child.rel = c.conrelid
  JOIN iso parent ON parent.rel = c.confrelid
  WHERE c.contype = 'f' AND c.conparentid = 0
    AND NOT (EXISTS (SELECT FROM unnest(c.conkey, c.confkey) u(a, b) WHERE (a, b) = (child.tenant, parent.tenant))
             AND (parent.user_ IS NULL
                  OR EXISTS (SELECT FROM unnest(c.conkey, c.confkey) u(a, b) WHERE (a, b) = (child.user_, parent.user_))))
  UNION ALL
  SELECT 'medium', 'isolation', 'foreign_key_from_outside', child.name,
         format('Foreign key %I points into the protected table %s: whoever writes here learns which keys exist there, and pins rows of every tenant.', c.conname, parent.name),
         format('ALTER TABLE %s DROP CONSTRAINT %I; -- or protect the table', child.name, c.conname)
  FROM pg_constraint c
  JOIN rel child ON child.rel = c.conrelid
  JOIN iso parent ON parent.rel = c.confrelid
  JOIN rights g ON g.rel = child.rel AND g.privileges && '{INSERT,UPDATE}'
  WHERE c.contype = 'f' AND c.conparentid = 0 AND child.rel NOT IN (SELECT iso.rel FROM iso)
  UNION ALL
  SELECT 'high', 'isolation', 'foreign_key_cascade', child.name,
         format('Foreign key %I changes rows of every tenant when %s changes, which %s may do.', c.conname, parent.name, g.grantees),
         format('REVOKE %s ON TABLE %s FROM %s;',
                concat_ws(', ', CASE WHEN c.confdeltype IN ('c', 'n', 'd') THEN 'DELETE' END,
                          CASE WHEN c.confupdtype IN ('c', 'n', 'd') THEN 'UPDATE' END), parent.name, g.grantees)
  FROM pg_constraint c
  JOIN iso child ON child.rel = c.conrelid
  JOIN rel parent ON parent.rel = c.confrelid AND parent.rel NOT IN (SELECT iso.rel FROM iso)
  JOIN rights g ON g.rel = parent.rel
  WHERE c.contype = 'f' AND c.conparentid = 0
    AND (c.confdeltype IN ('c', 'n', 'd') AND 'DELETE' = ANY (g.privileges)
         OR c.confupdtype IN ('c', 'n', 'd') AND 'UPDATE' = ANY (g.privileges))
  UNION ALL
  SELECT 'critical', 'isolation', CASE WHEN r.relispartition THEN 'partition_unprotected' ELSE 'child_unprotected' END, r.name,
         format('Its rows are protected through %s only: %s may name it directly.', min(a.name), g.grantees),
         format('REVOKE ALL ON TABLE %s FROM %s;', r.name, g.grantees)
  FROM (
    WITH RECURSIVE below AS (
      SELECT iso.rel, iso.name FROM iso
      UNION SELECT h.inhrelid, b.name FROM below b JOIN pg_inherits h ON h.inhparent = b.rel
    ) SELECT * FROM below
  ) a
  JOIN rel r ON r.rel = a.rel
  JOIN rights g ON g.rel = r.rel
  WHERE NOT (r.relrowsecurity AND r.rel IN (SELECT iso.rel FROM iso)) AND r.rel NOT IN (SELECT iso.rel FROM iso)
  GROUP BY r.name, r.relispartition, g.grantees
  UNION ALL
  SELECT 'high', 'isolation', 'trigger_writes_unprotected', w.name,
         format('Function %s, a trigger of the protected table %s, writes rows of every tenant here, and %s may read them.', t.function, min(t.name), g.grantees),
         format('REVOKE SELECT ON TABLE %s FROM %s; -- or protect the table', w.name, g.grantees)
  FROM written t
  JOIN rel w ON w.relname = t.relname AND NOT w.relrowsecurity
  JOIN pg_namespace n ON n.oid = w.relnamespace AND n.nspname = coalesce(t.nspname, n.nspname)
  JOIN rights g ON g.rel = w.rel AND 'SELECT' = ANY (g.privileges)
  WHERE w.rel NOT IN (SELECT iso.rel FROM iso)
  GROUP BY t.function, w.name, g.grantees
  UNION ALL
  SELECT 'high', 'isolation', 'trust_trigger_disabled', t.tgrelid::regclass::text,
         format('Its trigger %I does not always run: what it checks, or tells running sessions, is left out.', t.tgname),
         format('ALTER TABLE %s ENABLE %sTRIGGER %I;', t.tgrelid::regclass, CASE WHEN always THEN 'ALWAYS ' END, t.tgname)
  FROM pg_trigger t
  JOIN pg_class r ON r.oid = t.tgrelid AND r.relnamespace = 'tenancy'::regnamespace
  CROSS JOIN LATERAL (SELECT t.tgname IN ('trust_changed', 'authorization_changed')) w (always)
  WHERE NOT t.tgisinternal AND (t.tgenabled IN ('D', 'R') OR always AND t.tgenabled <> 'A')
  UNION ALL
  SELECT 'low', 'performance', 'index_not_led', iso.name,
         format('No index begins with %I: a tenant''s query reads the rows of all, and its time tells how many there are.', iso.tenant_name),
         format('CREATE INDEX ON %s (%I);', iso.name, iso.tenant_name)
  FROM iso
  WHERE iso.tenant IS NOT NULL AND NOT iso.relispartition
    AND NOT EXISTS (SELECT FROM key k WHERE k.indrelid = iso.rel AND k.columns[1] = iso.tenant AND k.indpred IS NULL AND k.indisvalid)
  UNION ALL
  SELECT 'low', 'performance', 'index_not_led', k.name,
         format('Index %I does not begin with %I, nor does another serve its columns: a tenant''s query reads entries of all, and its time tells how many there are.', k.index_name, k.tenant_name),
         format(E'DROP INDEX %s;\n%s%I, %s;', k.indexrelid::regclass, w.head, k.tenant_name, substr(w.definition, length(w.head) + 1))
  FROM key k
  CROSS JOIN LATERAL (
    SELECT pg_get_indexdef(k.indexrelid) AS definition,
           format('CREATE INDEX %I ON %s%s USING btree (', k.index_name, CASE k.relkind WHEN 'p' THEN 'ONLY ' END, k.name) AS head
  ) w
  WHERE NOT k.relispartition AND NOT k.indisunique AND k.indisvalid AND k.indpred IS NULL
    AND k.columns[1] <> ALL (k.isolation) AND starts_with(w.definition, w.head)
    AND NOT EXISTS (SELECT FROM key o WHERE o.indrelid = k.indrelid AND o.indpred IS NULL AND o.indisvalid
                      AND o.columns[1] = k.isolation[1] AND o.columns[cardinality(k.isolation) + 1:cardinality(k.isolation) + cardinality(k.columns)] = k.columns
                      AND o.columns[1:cardinality(k.isolation)] @> k.isolation)
$$;
COMMENT ON FUNCTION tenancy.audit_tables(oid[]) IS
'Audit rules about tables: row security off or not forced, floor missing or altered, tables of tenants without protection, copies, LangGraph siblings, isolation columns, keys, foreign keys, partitions and children, triggers, indexes. Argument: the audited roles.';
REVOKE ALL ON FUNCTION tenancy.audit_tables(oid[]) FROM PUBLIC;
-- Audit, group views: what reads protected tables with other rights than the caller's (views, rules,
-- functions), and what carries their rows past row security: materialized views, foreign tables,
-- replication, large objects.
CREATE FUNCTION tenancy.audit_views(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH RECURSIVE member AS MATERIALIZED (
    SELECT DISTINCT m.member_of AS grantee,
           CASE WHEN m.member_of = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(m.member_of)) END AS name
    FROM tenancy.audit_membership(roles) m
  ), rights AS MATERIALIZED (
    SELECT r.rel, array_agg(DISTINCT r.privilege) AS privileges, string_agg(DISTINCT m.name, ', ') AS grantees
    FROM tenancy.audit_rights(roles) r
    JOIN member m USING (grantee)
    WHERE m.name NOT IN ('pg_read_all_data', 'pg_write_all_data') -- a rule of its own
    GROUP BY r.rel
  ), schema_ AS MATERIALIZED ( -- where audited roles can name things, and where they can make them
    SELECT n.oid, n.nspname, bool_or(x.privilege_type = 'CREATE') AS creatable
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
    WHERE x.grantee IN (SELECT m.grantee FROM member m) AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tenancy')
    GROUP BY n.oid, n.nspname
  ), guarded AS MATERIALIZED ( -- tables with row security that keeps tenants apart
    SELECT r.rel, r.name, r.relname, r.relowner, r.relforcerowsecurity AND r.relrowsecurity AS bound
    FROM tenancy.audit_relations r
    WHERE EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.rel AND (p.polname = 'tenancy_floor' OR r.relrowsecurity AND r.tenant_like IS NOT NULL))
  ), above AS MATERIALIZED ( -- whom row security does not bind
    SELECT o.oid AS owner, o.rolsuper OR o.rolbypassrls AS always,
           ARRAY(SELECT DISTINCT g.relowner FROM guarded g WHERE NOT g.bound AND pg_has_role(o.oid, g.relowner, 'USAGE')) AS owners
    FROM pg_roles o
  ), dependency AS MATERIALIZED ( -- what rules and views read or write
    SELECT DISTINCT w.oid AS rule, w.rulename, w.ev_type, w.ev_class AS rel, d.refobjid AS base
    FROM pg_rewrite w
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class
  ), accessor AS MATERIALIZED ( -- ours, functions that call them, and those that read a setting
    SELECT p.oid FROM pg_proc p
    WHERE p.pronamespace = 'tenancy'::regnamespace AND p.proname LIKE 'current\_tenant\_%'
       OR p.prosrc ~* '\m(current_tenant_(id|uuid|text|bigint)|current_setting)\M'
    UNION
    SELECT d.objid FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid AND p.pronamespace = 'tenancy'::regnamespace
    WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_proc'::regclass AND p.proname LIKE 'current\_tenant\_%'
  ), view_ AS MATERIALIZED (
    SELECT c.oid AS rel, c.oid::regclass::text AS name, c.relkind, c.relowner, c.relnamespace,
           coalesce(c.reloptions && '{security_invoker=true,security_invoker=on,security_invoker=1,security_invoker=yes}', false) AS invoker,
           coalesce(c.reloptions && '{security_barrier=true,security_barrier=on,security_barrier=1,security_barrier=yes}', false) AS barrier,
           c.oid IN (SELECT w.ev_class FROM pg_rewrite w
                     JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_proc'::regclass
                     JOIN accessor a ON a.oid = d.refobjid) AS filters
    FROM pg_class c
    WHERE c.relkind IN ('v', 'm') AND c.relnamespace <> ALL ('{pg_catalog,tenancy}'::regnamespace[])
      AND c.relnamespace IS DISTINCT FROM to_regnamespace('information_schema')::oid
  ), opening AS MATERIALIZED ( -- views that see more of a guarded table than their caller would
    SELECT v.rel, v.name, v.relkind, v.filters, v.barrier, string_agg(DISTINCT g.name, ', ') AS bases,
           bool_or(a.always OR g.relowner = ANY (a.owners)) AS bypasses
    FROM view_ v
    JOIN dependency d ON d.rel = v.rel AND d.ev_type = '1'
    JOIN guarded g ON g.rel = d.base
    JOIN above a ON a.owner = v.relowner
    WHERE v.relkind = 'v' AND NOT v.invoker AND (a.always OR NOT g.bound AND g.relowner = ANY (a.owners))
    GROUP BY v.rel, v.name, v.relkind, v.filters, v.barrier
  ), holding AS ( -- materialized views that hold rows of guarded tables, whatever lies between
    SELECT g.rel, g.name AS base FROM guarded g
    UNION
    SELECT d.rel, h.base FROM holding h JOIN dependency d ON d.base = h.rel AND d.ev_type = '1'
  ), exposed AS ( -- the way up from both to what an audited role may name
    SELECT o.rel, o.rel AS cause, 'definer_view' AS code, o.filters AND o.barrier AS filtered FROM opening o
    UNION
    SELECT v.rel, v.rel, 'materialized_view', false FROM view_ v WHERE v.relkind = 'm' AND v.rel IN (SELECT h.rel FROM holding h)
    UNION
    SELECT v.rel, e.cause, e.code, e.filtered OR v.filters AND v.barrier
    FROM exposed e
    JOIN dependency d ON d.base = e.rel AND d.ev_type = '1'
    JOIN view_ v ON v.rel = d.rel AND v.relkind = 'v'
    -- An invoker's view over a materialized one asks for the caller's own right on it.
    WHERE e.code = 'definer_view' OR NOT v.invoker
  ), function_ AS MATERIALIZED (
    SELECT p.oid, p.oid::regprocedure::text AS name, p.proowner, p.prosrc, p.prosqlbody, p.proconfig, p.prorettype, n.nspname, l.lanname,
           a.always OR a.owners <> '{}' AS bypasses, a.owners, a.always,
           (SELECT string_agg(m.name, ', ') FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
            JOIN member m USING (grantee)
            WHERE p.pronamespace IN (SELECT s.oid FROM schema_ s) AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)) AS callers,
           EXISTS (SELECT FROM pg_trigger t JOIN rights r ON r.rel = t.tgrelid AND r.privileges && '{INSERT,UPDATE,DELETE}'
                   WHERE t.tgfoid = p.oid AND NOT t.tgisinternal) AS fires
    FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_language l ON l.oid = p.prolang
    JOIN above a ON a.owner = p.proowner
    WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tenancy')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  ), mentioned AS MATERIALIZED ( -- guarded tables that a function's text or body names
    SELECT f.oid, string_agg(DISTINCT g.name, ', ') AS tables
    FROM function_ f, regexp_matches(f.prosrc, '[[:alnum:]_$]+|"[^"]+"', 'g') w
    JOIN guarded g ON g.relname = CASE WHEN w[1] LIKE '"%' THEN trim('"' FROM w[1]) ELSE lower(w[1]) END
    WHERE f.always OR g.relowner = ANY (f.owners)
    GROUP BY f.oid
    UNION ALL
    SELECT f.oid, string_agg(DISTINCT g.name, ', ')
    FROM function_ f
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
    JOIN guarded g ON g.rel = d.refobjid
    WHERE f.prosqlbody IS NOT NULL AND (f.always OR g.relowner = ANY (f.owners))
    GROUP BY f.oid
  ), reached AS MATERIALIZED (
    SELECT f.*, m.tables FROM function_ f LEFT JOIN mentioned m USING (oid) WHERE f.callers IS NOT NULL OR f.fires
  )
  SELECT CASE WHEN bool_and(e.filtered) THEN 'low' ELSE 'critical' END, 'isolation', 'definer_view', v.name,
         CASE WHEN bool_and(e.filtered) THEN format('Only the condition in the view keeps tenants of %s apart; row security does not bind its owner.', string_agg(DISTINCT o.bases, ', '))
              ELSE format('It shows %s%s to %s with the rights of an owner whom row security does not bind.', string_agg(DISTINCT o.bases, ', '),
                          CASE WHEN v.rel <> ALL (array_agg(o.rel)) THEN ' through ' || string_agg(DISTINCT o.name, ', ') ELSE '' END, r.grantees) END,
         string_agg(DISTINCT format('ALTER VIEW %s SET (security_invoker = true);', o.name), E'\n')
  FROM exposed e
  JOIN opening o ON o.rel = e.cause
  JOIN view_ v ON v.rel = e.rel
  JOIN rights r ON r.rel = v.rel
  WHERE e.code = 'definer_view'
  GROUP BY v.rel, v.name, r.grantees
  UNION ALL
  SELECT 'high', 'isolation', 'view_without_barrier', v.name,
         'A function in a query on this view can see rows of other tenants before the view''s condition drops them.',
         format('ALTER VIEW %s SET (security_barrier = true);', v.name)
  FROM view_ v
  JOIN rights r ON r.rel = v.rel AND r.privileges && '{SELECT,UPDATE,DELETE}'
  WHERE v.relkind = 'v' AND v.filters AND NOT v.barrier AND NOT v.invoker
    AND (v.rel IN (SELECT o.rel FROM opening o)
         OR EXISTS (SELECT FROM dependency d JOIN tenancy.audit_relations t ON t.rel = d.base AND NOT t.relrowsecurity WHERE d.rel = v.rel)
         OR EXISTS (SELECT FROM dependency d JOIN exposed e ON e.rel = d.base WHERE d.rel = v.rel))
  UNION ALL
  SELECT 'critical', 'isolation', 'materialized_view', v.name,
         CASE WHEN v.relkind = 'm' THEN format('It holds rows of %s without row security, and %s may read them.', h.bases, r.grantees)
              ELSE format('It shows %s, which holds rows without row security, to %s.', m.name, r.grantees) END,
         format('REVOKE ALL ON TABLE %s FROM %s;', v.name, r.grantees)
  FROM exposed e
  JOIN view_ v ON v.rel = e.rel
  JOIN view_ m ON m.rel = e.cause
  JOIN rights r ON r.rel = v.rel AND 'SELECT' = ANY (r.privileges)
  CROSS JOIN LATERAL (SELECT string_agg(DISTINCT x.base, ', ') AS bases FROM holding x WHERE x.rel = e.cause) h
  WHERE e.code = 'materialized_view' AND NOT e.filtered
  UNION ALL
  SELECT DISTINCT 'critical', 'isolation', 'view_rule', c.oid::regclass::text,
         format('Rule %I reaches %s with the rights of an owner whom row security does not bind.', d.rulename, g.name),
         format('DROP RULE %I ON %s;', d.rulename, c.oid::regclass)
  FROM dependency d
  JOIN pg_class c ON c.oid = d.rel
  JOIN guarded g ON g.rel = d.base
  JOIN above a ON a.owner = c.relowner
  JOIN rights r ON r.rel = c.oid
              AND CASE d.ev_type WHEN '2' THEN 'UPDATE' WHEN '3' THEN 'INSERT' WHEN '4' THEN 'DELETE' END = ANY (r.privileges)
  WHERE d.ev_type <> '1' AND (a.always OR NOT g.bound AND g.relowner = ANY (a.owners))
  UNION ALL
  SELECT CASE WHEN f.tables IS NOT NULL THEN 'critical' ELSE 'medium' END, 'isolation', 'definer_function', f.name,
         format('%s it runs with the rights of %I, whom row security does not bind%s.',
                CASE WHEN f.callers IS NOT NULL THEN 'Called by ' || f.callers || ',' ELSE 'As a trigger' END,
                pg_get_userbyid(f.proowner), ', and names ' || f.tables),
         format('ALTER FUNCTION %s SECURITY INVOKER;', f.name)
  FROM reached f WHERE f.bypasses
  UNION ALL
  SELECT CASE WHEN f.bypasses THEN 'high' ELSE 'low' END, 'isolation', 'definer_function_public', f.name,
         format('Everybody may call what runs with the rights of %I.', pg_get_userbyid(f.proowner)),
         format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC;', f.name)
  FROM reached f WHERE 'PUBLIC' = ANY (string_to_array(f.callers, ', '))
  UNION ALL
  SELECT CASE WHEN f.bypasses THEN 'critical' ELSE 'medium' END, 'isolation', 'definer_search_path', f.name,
         CASE WHEN s.path IS NULL THEN 'It finds names by the caller''s search_path, with its owner''s rights.'
              WHEN s.path !~ 'pg_temp"?$' THEN 'Its search_path does not end in pg_temp: temporary objects of the caller come first.'
              ELSE 'Its search_path holds a schema in which audited roles can create objects.' END,
         format('ALTER FUNCTION %s SET search_path = pg_catalog, %spg_temp;', f.name,
                (SELECT string_agg(quote_ident(e.name) || ', ', '' ORDER BY e.position)
                 FROM (SELECT trim('" ' FROM u.name) AS name, u.position
                       FROM unnest(string_to_array(coalesce(s.path, f.nspname), ',')) WITH ORDINALITY u(name, position)) e
                 WHERE e.name NOT IN ('pg_catalog', 'pg_temp', '$user', '') AND e.name NOT IN (SELECT c.nspname FROM schema_ c WHERE c.creatable)))
  FROM reached f
  CROSS JOIN LATERAL (SELECT max(substr(c, length('search_path=') + 1)) AS path FROM unnest(f.proconfig) c WHERE c LIKE 'search\_path=%') s
  WHERE f.lanname NOT IN ('c', 'internal') AND f.prosqlbody IS NULL
    AND (s.path IS NULL OR s.path !~ 'pg_temp"?$'
         OR EXISTS (SELECT FROM unnest(string_to_array(s.path, ',')) e JOIN schema_ c ON c.nspname = trim('" ' FROM e) AND c.creatable))
  UNION ALL
  SELECT CASE WHEN f.bypasses THEN 'critical' ELSE 'medium' END, 'isolation', 'definer_dynamic_sql', f.name,
         'It puts values into the text of statements that run with its owner''s rights: one that is not quoted runs as SQL.',
         format('ALTER FUNCTION %s SECURITY INVOKER; -- or use EXECUTE ... USING and format with %%I', f.name)
  FROM reached f
  WHERE f.lanname NOT IN ('c', 'internal') AND f.prosrc ~* '\mexecute\M[^;]*(\|\||%s|concat)'
  UNION ALL
  SELECT CASE WHEN EXISTS (SELECT FROM pg_user_mapping u WHERE u.umserver = t.ftserver AND u.umuser = 0) THEN 'critical' ELSE 'high' END,
         'isolation', 'foreign_table', t.ftrelid::regclass::text,
         format('Foreign tables have no row security: %s reads what server %I serves.', r.grantees, s.srvname),
         format('REVOKE ALL ON TABLE %s FROM %s;', t.ftrelid::regclass, r.grantees)
  FROM pg_foreign_table t JOIN pg_foreign_server s ON s.oid = t.ftserver JOIN rights r ON r.rel = t.ftrelid
  UNION ALL
  SELECT 'medium', 'isolation', 'dblink', 'extension dblink',
         format('%s can open connections out of the database, as whom their server believes them.', string_agg(DISTINCT m.name, ', ')),
         string_agg(format('REVOKE EXECUTE ON FUNCTION %s FROM %s;', p.oid::regprocedure, m.name), E'\n' ORDER BY p.oid::regprocedure::text)
  FROM pg_extension e
  JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
  JOIN pg_proc p ON p.oid = d.objid AND p.proname IN ('dblink', 'dblink_connect', 'dblink_connect_u', 'dblink_exec')
  CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
  JOIN member m ON m.grantee = x.grantee AND x.grantee <> p.proowner
  WHERE e.extname = 'dblink'
  HAVING count(*) > 0
  UNION ALL
  SELECT 'low', 'isolation', 'publication', 'publication ' || quote_ident(b.pubname),
         format('It sends the rows of every tenant of %s to its subscribers.', string_agg(g.name, ', ' ORDER BY g.name)),
         CASE WHEN bool_and(l.prrelid IS NOT NULL)
              THEN format('ALTER PUBLICATION %I DROP TABLE %s; -- or a waiver, where the subscriber may have them', b.pubname, string_agg(g.name, ', ' ORDER BY g.name))
              ELSE format('DROP PUBLICATION %I; -- or a waiver, where the subscriber may have them', b.pubname) END
  FROM pg_publication b
  JOIN pg_publication_tables t ON t.pubname = b.pubname
  JOIN pg_namespace n ON n.nspname = t.schemaname
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
  JOIN guarded g ON g.rel = c.oid
  LEFT JOIN pg_publication_rel l ON l.prpubid = b.oid AND l.prrelid = g.rel
  GROUP BY b.pubname
  UNION ALL
  SELECT 'low', 'isolation', 'replication_slot', 'slot ' || quote_ident(s.slot_name),
         'It decodes the changes of every tenant for whoever has REPLICATION.',
         format('SELECT pg_drop_replication_slot(%L); -- or a waiver, where the subscriber may have them', s.slot_name)
  FROM pg_replication_slots s WHERE s.database = current_database()
  UNION ALL
  SELECT 'high', 'isolation', 'large_objects', 'large objects of ' || quote_ident(pg_get_userbyid(o.lomowner)),
         format('%s large objects know no tenant: whoever uses role %s reads all of them.', count(DISTINCT o.oid), string_agg(DISTINCT m.name, ', ')),
         format(E'DO $do$\nDECLARE lob oid; who text;\nBEGIN\n'
                '  FOR lob IN SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE lomowner = %L::regrole LOOP\n'
                '    EXECUTE format(''ALTER LARGE OBJECT %%s OWNER TO %%I'', lob, %L);\n'
                '    EXECUTE format(''REVOKE ALL ON LARGE OBJECT %%s FROM %%s'', lob, %L);\n  END LOOP;\nEND\n$do$;',
                quote_ident(pg_get_userbyid(o.lomowner)),
                (SELECT pg_get_userbyid(d.datdba) FROM pg_database d WHERE d.datname = current_database()), string_agg(DISTINCT m.name, ', '))
  FROM pg_largeobject_metadata o
  CROSS JOIN LATERAL aclexplode(coalesce(o.lomacl, acldefault('L', o.lomowner))) x
  JOIN member m ON m.grantee = x.grantee
  GROUP BY o.lomowner
$$;
COMMENT ON FUNCTION tenancy.audit_views(oid[]) IS
'Audit rules about views, materialized views, rules, functions with SECURITY DEFINER, foreign tables, dblink, publications, replication slots and large objects. Argument: the audited roles.';
REVOKE ALL ON FUNCTION tenancy.audit_views(oid[]) FROM PUBLIC;
-- Audit, group environment: the server around the isolation. These findings are of class
-- `environment`, but for what hands secrets out: that is isolation, wherever it is set.
CREATE FUNCTION tenancy.audit_server_minor(version integer)
  RETURNS SETOF tenancy.finding LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'high', 'environment', 'server_minor', 'server',
         format('PostgreSQL %s.%s lacks fixes of row security (ON CONFLICT, views) that %s.%s has.',
                major, minor, major, fixed),
         format('-- Install PostgreSQL %s.%s or newer and restart the server.', major, fixed)
  FROM (VALUES (15, 20), (16, 16), (17, 12), (18, 6)) known(major, fixed),
       LATERAL (SELECT version % 10000 AS minor) running
  WHERE version / 10000 = major AND minor < fixed
$$;
COMMENT ON FUNCTION tenancy.audit_server_minor(integer) IS
'Rule server_minor: a finding if this server_version_num lacks known fixes of row security.';
REVOKE ALL ON FUNCTION tenancy.audit_server_minor(integer) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_preload(libraries text)
  RETURNS SETOF tenancy.finding LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'high', 'environment', 'not_preloaded', 'server',
         'pg_tenancy is not preloaded: until the first call of one of its functions, a session has neither entry check nor guard.',
         format('ALTER SYSTEM SET shared_preload_libraries = %s; -- then restart the server',
                concat_ws(', ', nullif(libraries, ''), 'pg_tenancy'))
  WHERE NOT coalesce(libraries, '') ~ '(^|[ ,"/])pg_tenancy(\.so)?($|[ ,"])'
$$;
COMMENT ON FUNCTION tenancy.audit_preload(text) IS
'Rule not_preloaded: a finding if this list of shared_preload_libraries lacks pg_tenancy.';
REVOKE ALL ON FUNCTION tenancy.audit_preload(text) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_switch(setting text, OUT code text, OUT finding text)
  RETURNS SETOF record LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT s.code, s.finding
  FROM (VALUES
    ('tenancy.guard', 'guard_off', 'The guard is off: guarded roles may leave in a session what meets the next caller.'),
    ('tenancy.entry_check', 'entry_check_off', 'The entry check is off: what one caller left in a session meets the next.'),
    ('tenancy.auto_protect', 'auto_protect_off', 'New tables with a column of type tenancy.tenant_id are not protected by themselves.'),
    ('event_triggers', 'auto_protect_off', 'Event triggers are off, so new tables are not protected by themselves.') -- PostgreSQL 17
  ) s(setting, code, finding)
  WHERE s.setting = $1
$$;
COMMENT ON FUNCTION tenancy.audit_switch(text) IS
'The code and text of the finding that this setting is off; no row where nothing of ours hangs on it.';
REVOKE ALL ON FUNCTION tenancy.audit_switch(text) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_environment(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  -- What sessions start with, not what the auditing one changed.
  WITH setting AS (
    SELECT name, reset_val AS value FROM pg_settings
  ), stored AS (
    SELECT setrole, setdatabase, split_part(entry, '=', 1) AS name,
           substr(entry, strpos(entry, '=') + 1) AS value,
           concat_ws(' in ', CASE WHEN setrole <> 0 THEN 'role ' || quote_ident(pg_get_userbyid(setrole)) END,
                     'database ' || quote_ident(datname)) AS holder,
           CASE WHEN setrole = 0 AND setdatabase = 0 THEN 'ALTER ROLE ALL'
                WHEN setrole = 0 THEN 'ALTER DATABASE ' || quote_ident(datname)
                ELSE concat('ALTER ROLE ', quote_ident(pg_get_userbyid(setrole)),
                            ' IN DATABASE ' || quote_ident(datname)) END
             || ' RESET ' || split_part(entry, '=', 1) || ';' AS reset
    FROM pg_db_role_setting s
    LEFT JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) entry
  )
  SELECT m.* FROM tenancy.audit_server_minor(current_setting('server_version_num')::integer) m
  UNION ALL
  SELECT p.* FROM setting s, tenancy.audit_preload(s.value) p WHERE s.name = 'shared_preload_libraries'
  UNION ALL
  -- Bind parameters are where tokens should travel: they must not end in the log.
  SELECT 'medium', 'environment', 'logging_parameters', s.name,
         'The log shows the bind parameters of statements that are logged, tokens among them.',
         'ALTER SYSTEM SET log_parameter_max_length = 0;' || E'\nSELECT pg_reload_conf();'
  FROM setting s
  WHERE s.name = 'log_parameter_max_length' AND s.value <> '0'
    AND EXISTS (SELECT FROM setting l
                WHERE (l.name, l.value) IN (('log_statement', 'all'), ('log_statement', 'mod'),
                                            ('log_duration', 'on'))
                   OR l.name IN ('log_min_duration_statement', 'log_min_duration_sample') AND l.value <> '-1'
                   OR l.name = 'log_transaction_sample_rate' AND l.value <> '0')
  UNION ALL
  SELECT 'medium', 'environment', 'logging_parameters', s.name,
         'Errors show bind parameters, tokens among them, in the log and to the client.',
         'ALTER SYSTEM SET log_parameter_max_length_on_error = 0;' || E'\nSELECT pg_reload_conf();'
  FROM setting s WHERE s.name = 'log_parameter_max_length_on_error' AND s.value <> '0'
  UNION ALL
  SELECT 'low', 'environment', 'logging_parameters', s.name,
         'The log shows statements with the literals in them.',
         'ALTER SYSTEM SET log_statement = ''none'';' || E'\nSELECT pg_reload_conf();'
  FROM setting s WHERE s.name = 'log_statement' AND s.value IN ('all', 'mod')
  UNION ALL
  -- Everybody reads pg_db_role_setting, and its own settings in force.
  SELECT 'critical', 'isolation', 'secrets_in_settings', format('setting %s of %s', s.name, s.holder),
         'It looks like a secret, and every role can read it.', s.reset
  FROM stored s
  WHERE s.name LIKE '%.%' AND s.name NOT LIKE 'tenancy.%'
    AND (s.name ~* '(secret|passw|private|credential|api_?key|signing|jwt|token|hmac)'
         OR s.value ~ '(^eyJ[A-Za-z0-9_-]+\.|-----BEGIN |^(sk|rk|pk)[-_][A-Za-z0-9]{16})')
  UNION ALL
  -- A tracking view shows every session of a role the statements of all, literals included.
  SELECT CASE WHEN EXISTS (SELECT FROM setting u WHERE u.name = e.extname || '.track_utility' AND u.value = 'on')
              THEN 'high' ELSE 'medium' END,
         'isolation', 'statement_tracking', 'extension ' || quote_ident(e.extname),
         format('%s can read the statements of other sessions, with the literals of SET and of what is not normalised.',
                string_agg(DISTINCT a.role_name, ', ')),
         string_agg(DISTINCT a.revoke, E'\n')
  FROM pg_extension e
  JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
  JOIN LATERAL (
    SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS role_name,
           format('REVOKE ALL ON %s FROM %s;', c.oid::regclass,
                  CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END) AS revoke
    FROM pg_class c, aclexplode(c.relacl) x
    WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND x.privilege_type = 'SELECT'
      AND EXISTS (SELECT FROM pg_attribute q WHERE q.attrelid = c.oid AND q.attname = 'query')
      AND x.grantee <> c.relowner
      AND x.grantee IN (SELECT r.member_of FROM tenancy.audit_membership(roles) r)
    UNION ALL
    SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
           format('REVOKE ALL ON FUNCTION %s FROM %s;', p.oid::regprocedure,
                  CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END)
    FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
    WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND 'query' = ANY (p.proargnames)
      AND x.grantee <> p.proowner
      AND x.grantee IN (SELECT r.member_of FROM tenancy.audit_membership(roles) r)
  ) a ON true
  WHERE e.extname IN ('pg_stat_statements', 'pg_stat_monitor')
  GROUP BY e.extname
  UNION ALL
  SELECT 'low', 'environment', 'prepared_transactions', 'server',
         'Prepared transactions are allowed: any session of a role may end those of its other sessions.',
         'ALTER SYSTEM SET max_prepared_transactions = 0; -- then restart the server'
  FROM setting s WHERE s.name = 'max_prepared_transactions' AND s.value <> '0'
  UNION ALL
  SELECT 'medium', 'environment', 'prepared_transactions', 'transaction ' || quote_literal(x.gid),
         format('Prepared by %I at %s and left: any session of this role may commit it, and it keeps its locks.',
                x.owner, x.prepared),
         format('ROLLBACK PREPARED %L;', x.gid)
  FROM pg_prepared_xacts x WHERE x.database = current_database()
  UNION ALL
  SELECT 'high', 'environment', w.code, 'server', w.finding,
         format('ALTER SYSTEM RESET %s;', s.name) || E'\nSELECT pg_reload_conf();'
  FROM setting s
  CROSS JOIN LATERAL tenancy.audit_switch(s.name) w
  WHERE (s.name LIKE 'tenancy.%' OR s.name = 'event_triggers') AND s.value = 'off'
    AND NOT EXISTS (SELECT FROM stored t WHERE t.name = s.name AND t.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
                      AND t.setrole IN (0, session_user::regrole))
  UNION ALL
  SELECT 'high', 'environment', w.code, s.holder, w.finding, s.reset
  FROM stored s
  CROSS JOIN LATERAL tenancy.audit_switch(s.name) w
  WHERE lower(s.value) IN ('off', 'false', 'no', '0')
  UNION ALL
  SELECT 'high', 'environment', 'auto_protect_off', 'event trigger ' || quote_ident(t.evtname),
         'It is off in ordinary sessions: new tables, partitions and keys are not protected by themselves.',
         format('ALTER EVENT TRIGGER %I ENABLE;', t.evtname)
  FROM pg_event_trigger t
  WHERE t.evtname IN ('tenancy_auto_protect_before', 'tenancy_auto_protect_after')
    AND t.evtenabled NOT IN ('O', 'A')
  UNION ALL
  SELECT CASE s.name WHEN 'session_replication_role' THEN 'high' ELSE 'medium' END,
         'environment', 'role_settings', s.holder,
         CASE s.name
           WHEN 'search_path' THEN format('search_path %s holds schema %s, in which an audited role can create objects that stand before others'' names.', s.value, p.schema)
           WHEN 'role' THEN format('Sessions become %s by themselves.', s.value)
           ELSE format('%s = %s changes what row security and triggers do in every session.', s.name, s.value) END,
         s.reset
  FROM stored s
  LEFT JOIN LATERAL (
    SELECT string_agg(DISTINCT quote_ident(n.nspname), ', ') AS schema
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
    WHERE s.name = 'search_path' AND x.privilege_type = 'CREATE'
      AND x.grantee IN (SELECT r.member_of FROM tenancy.audit_membership(roles) r)
      AND s.value ~ ('(^|[, "])' || regexp_replace(n.nspname, '([^[:alnum:]_])', '\\\1', 'g') || '($|[, "])')
  ) p ON true
  WHERE (s.setrole = 0 OR s.setrole = ANY (roles))
    AND (s.name IN ('row_security', 'session_replication_role', 'role') OR p.schema IS NOT NULL)
$$;
COMMENT ON FUNCTION tenancy.audit_environment(oid[]) IS
'Audit rules about the server: minor version, preload, logging, secrets in settings, tracking of statements, prepared transactions, switched-off checks, settings of roles. Argument: the audited roles.';
REVOKE ALL ON FUNCTION tenancy.audit_environment(oid[]) FROM PUBLIC;
-- Audit, group authorization: what the tables of permissions say that nobody may have meant. Class
-- `authorization`: it tells nothing about isolation, but for operators, who enter as others.
CREATE FUNCTION tenancy.audit_authorization(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH RECURSIVE reached (scope, role, from_scope, from_role) AS ( -- from_role has what role allows
    SELECT r.scope, r.role, r.scope, r.role FROM tenancy.roles r
    UNION
    SELECT v.scope, v.role, r.scope, r.role
    FROM reached v
    JOIN tenancy.roles r ON v.from_role = ANY (r.inherits) AND v.from_scope IN ('', r.scope)
  ), broad AS MATERIALIZED ( -- roles that allow everything, or all of a tenant's administration
    SELECT p.scope, p.role, p.permission, r.is_system,
           'role ' || quote_ident(p.role) || coalesce(' of ' || p.tenant_id::text, '') AS object
    FROM tenancy.role_permissions p
    JOIN tenancy.roles r USING (scope, role)
    WHERE p.effect = 'allow' AND p.permission @> 'tenancy:*'::tenancy.permission
  ), unknown AS MATERIALIZED (
    SELECT DISTINCT m.tenant_id::text AS scope, n.name, 'members' AS place, 'roles' AS col, 'tenant_id = %L' AS place_is
    FROM tenancy.members m, unnest(m.roles) n (name)
    WHERE NOT EXISTS (SELECT FROM tenancy.roles r WHERE r.role = n.name AND r.scope IN ('', m.tenant_id::text))
    UNION ALL
    SELECT DISTINCT o.scope, n.name, 'roles', 'inherits', 'scope = %L'
    FROM tenancy.roles o, unnest(o.inherits) n (name)
    WHERE NOT EXISTS (SELECT FROM tenancy.roles r WHERE r.role = n.name AND r.scope IN ('', o.scope))
  ), member AS MATERIALIZED (
    SELECT * FROM tenancy.audit_membership(roles) WHERE member_of <> 0
  )
  SELECT 'high', 'authorization', 'role_allows_all', b.object,
         format('Every tenant''s administrators may give it on, and it allows %s.', b.permission),
         format('UPDATE tenancy.roles SET is_system = true WHERE scope = '''' AND role = %L;', b.role)
  FROM broad b WHERE b.scope = '' AND NOT b.is_system
  UNION ALL
  SELECT 'medium', 'authorization', 'role_allows_many', b.object,
         format('It allows %s, and more than three members of %s have it.', b.permission, h.example),
         format('DELETE FROM tenancy.role_permissions WHERE scope = %L AND role = %L AND permission::text = %L AND effect = ''allow''; -- and grant what they need',
                b.scope, b.role, b.permission)
  FROM broad b
  CROSS JOIN LATERAL (
    SELECT min(t.tenant_id::text) AS example
    FROM (SELECT m.tenant_id FROM tenancy.members m
          WHERE m.status = 'active'
            AND EXISTS (SELECT FROM reached v WHERE v.scope = b.scope AND v.role = b.role
                          AND v.from_role = ANY (m.roles) AND v.from_scope IN ('', m.tenant_id::text))
          GROUP BY m.tenant_id HAVING count(*) > 3) t) h
  WHERE h.example IS NOT NULL
  UNION ALL
  SELECT 'medium', 'authorization', 'user_allows_all', format('user %s of %s', u.user_id, u.tenant_id),
         format('Allowed %s for good, beside all roles.', u.permission),
         format('UPDATE tenancy.user_permissions SET expires_at = now() + interval ''1 day'' WHERE tenant_id = %L AND user_id = %L AND permission::text = %L AND effect = ''allow'';',
                u.tenant_id, u.user_id, u.permission)
  FROM tenancy.user_permissions u
  WHERE u.effect = 'allow' AND u.expires_at IS NULL AND u.permission @> 'tenancy:*'::tenancy.permission
  UNION ALL
  SELECT 'high', 'authorization', 'tool_admin_in_default_tier', 'tool ' || quote_ident(l.name),
         format('A tool for administrators, within tier %s, which tenants without one have.', t.tier),
         string_agg(format('DELETE FROM tenancy.tier_permissions WHERE tier = %L AND permission::text = %L; -- and add what the tier should have',
                           t.tier, p.permission), E'\n' ORDER BY p.permission::text)
  FROM tenancy.tools l
  JOIN tenancy.tiers t ON t.is_default
  JOIN tenancy.tier_permissions p ON p.tier = t.tier AND p.permission @> l.required_permission
  WHERE l.required_permission <@ 'tenancy:*'::tenancy.permission
     OR l.required_permission::text ~* '(^|[:_.-])admin(istrat(e|ion|or))?([:_.-]|$)'
     OR l.name ~* '(^|[:_.-])admin(istrat(e|ion|or))?([:_.-]|$)'
  GROUP BY l.name, t.tier
  UNION ALL
  SELECT 'medium', 'authorization', 'tenant_without_tier', 'tenants',
         format('%s tenants have no tier, %s among them, and no tier is the default: what no credential names a tier for may do nothing.',
                count(*), min(n.tenant_id::text)),
         'UPDATE tenancy.tiers SET is_default = true WHERE tier = <tier>;'
  FROM tenancy.tenants n
  WHERE n.tier IS NULL AND EXISTS (SELECT FROM tenancy.tiers)
    AND NOT EXISTS (SELECT FROM tenancy.tiers t WHERE t.is_default)
  HAVING count(*) > 0
  UNION ALL
  SELECT 'low', 'authorization', 'role_unknown',
         format('role %I%s in %s', k.name, ' of ' || nullif(k.scope, ''), k.place),
         'No role has this name. It grants nothing until somebody makes one.',
         format('UPDATE tenancy.%s SET %I = array_remove(%2$I, %L) WHERE %s AND %3$L = ANY (%2$I);',
                k.place, k.col, k.name, format(k.place_is, k.scope))
  FROM unknown k
  UNION ALL
  SELECT 'low', 'authorization', 'user_permission_expired', 'user permissions',
         format('%s have expired.', count(*)), 'DELETE FROM tenancy.user_permissions WHERE expires_at <= now();'
  FROM tenancy.user_permissions u WHERE u.expires_at <= now()
  HAVING count(*) > 0
  UNION ALL
  SELECT 'low', 'authorization', 'membership_not_required', 'issuer ' || i.issuer,
         'There are members, and who is none of them enters with its tokens all the same.',
         format('SELECT tenancy.alter_issuer(%L, ''{"membership": "required"}'');', i.issuer)
  FROM tenancy.issuers i
  WHERE i.membership = 'claims' AND EXISTS (SELECT FROM tenancy.members)
  UNION ALL
  SELECT CASE WHEN o.tenant_ids IS NULL THEN 'critical' ELSE 'high' END, 'isolation', 'operator_audited',
         m.role::regrole::text,
         format('It has the privileges of %s, an entry of tenancy.operators: it enters as %s.', o.role,
                CASE WHEN o.tenant_ids IS NULL THEN 'anybody of every tenant'
                     ELSE 'anybody of ' || cardinality(o.tenant_ids) || ' tenants' END),
         CASE WHEN m.role = o.role THEN format('DELETE FROM tenancy.operators WHERE role = %s;', o.role::oid)
              ELSE format('REVOKE %s FROM %s;', o.role, m.role::regrole) END
  FROM tenancy.operators o JOIN member m ON m.member_of = o.role
  UNION ALL
  SELECT 'medium', 'authorization', 'operator_unbounded', o.role::text,
         'It enters every tenant, and may do everything there.',
         format('UPDATE tenancy.operators SET permissions = ''{<permission>}'' WHERE role = %s; -- or: INSERT INTO tenancy.audit_waivers VALUES (''operator_unbounded'', %L, <reason>, <day>);',
                o.role::oid, o.role)
  FROM tenancy.operators o
  WHERE o.tenant_ids IS NULL AND coalesce('*'::tenancy.permission = ANY (o.permissions), true)
    AND EXISTS (SELECT FROM pg_roles r WHERE r.oid = o.role)
  UNION ALL
  SELECT 'low', 'authorization', 'operator_dropped', o.role::text,
         'An entry of a role that was dropped.', format('DELETE FROM tenancy.operators WHERE role = %s;', o.role::oid)
  FROM tenancy.operators o WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = o.role)
$$;
COMMENT ON FUNCTION tenancy.audit_authorization(oid[]) IS
'The part of tenancy.audit() that looks at roles, tiers, tools, members and operators. Argument: the audited roles.';
REVOKE ALL ON FUNCTION tenancy.audit_authorization(oid[]) FROM PUBLIC;
-- The audit as a page to read and to hand on: one file without anything from outside. Names are the
-- text of whoever made the objects, so everything goes through audit_html(), and the page forbids
-- scripts to itself.
CREATE FUNCTION tenancy.audit_html(value text)
  RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT replace(replace(replace(replace(replace(coalesce(value, ''),
    '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;')
$$;
COMMENT ON FUNCTION tenancy.audit_html(text) IS
'The text as HTML shows it: nothing in it is markup. NULL is empty.';
REVOKE ALL ON FUNCTION tenancy.audit_html(text) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_findings_html(roles regrole[])
  RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH found AS MATERIALIZED (
    SELECT f.* FROM tenancy.audit(roles) WITH ORDINALITY AS f(severity, class, code, object, finding, fix, number)
  ), section AS (
    SELECT s.severity, s.rank, count(f.number) AS findings,
           string_agg(format(
             '<tr><th scope="row"><code>%s</code></th><td>%s</td><td>%s</td><td>%s</td><td><pre tabindex="0">%s</pre></td></tr>',
             tenancy.audit_html(f.code), tenancy.audit_html(f.object), tenancy.audit_html(f.class),
             tenancy.audit_html(f.finding), tenancy.audit_html(f.fix)), E'\n' ORDER BY f.number) AS rows
    FROM unnest('{critical,high,medium,low}'::text[]) WITH ORDINALITY s(severity, rank)
    LEFT JOIN found f ON f.severity = s.severity
    GROUP BY s.severity, s.rank
  )
  SELECT E'<ul class="counts">\n'
    || string_agg(format('<li class="%1$s"><b>%2$s</b> %1$s</li>', severity, findings), E'\n' ORDER BY rank)
    || E'\n</ul>\n<h2>Findings</h2>\n'
    || coalesce(string_agg(format(E'<section class="%s">\n<h3>%s</h3>\n<div class="wide"><table class="findings">\n'
           '<thead><tr><th scope="col">Rule</th><th scope="col">Object</th><th scope="col">Class</th>'
           '<th scope="col">Finding</th><th scope="col">Fix</th></tr></thead>\n<tbody>\n%s\n</tbody></table></div></section>',
           severity, initcap(severity), rows), E'\n' ORDER BY rank) FILTER (WHERE findings > 0),
         '<p>None.</p>')
  FROM section
$$;
COMMENT ON FUNCTION tenancy.audit_findings_html(regrole[]) IS
'The findings of tenancy.audit(roles) by severity, as a part of tenancy.audit_report().';
REVOKE ALL ON FUNCTION tenancy.audit_findings_html(regrole[]) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_matrix_html(roles regrole[])
  RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH role AS MATERIALIZED (
    SELECT r.oid, r.rolname, r.rolsuper OR r.rolbypassrls AS bypasses, r.rolsuper
    FROM tenancy.audited_roles(roles) a JOIN pg_roles r ON r.oid = a
  ), held AS MATERIALIZED (
    SELECT g.rel, g.role, array_agg(DISTINCT g.privilege) AS privileges
    FROM tenancy.audit_rights(ARRAY(SELECT oid FROM role)) g GROUP BY g.rel, g.role
  ), command AS MATERIALIZED (
    SELECT c.name, c.position
    FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]
                || CASE WHEN current_setting('server_version_num')::int >= 170000 THEN '{MAINTAIN}'::text[] END)
      WITH ORDINALITY c(name, position)
  ), cell AS (
    SELECT t.relation::text AS name, r.rolname, c.position,
           CASE WHEN NOT r.rolsuper AND NOT coalesce(c.name = ANY (h.privileges), false)
                THEN '<td class="none">no</td>'
                WHEN c.position > 4 THEN '<td class="all">yes</td>'
                WHEN r.bypasses OR NOT k.relrowsecurity
                     OR NOT k.relforcerowsecurity AND pg_has_role(r.oid, k.relowner, 'USAGE')
                THEN '<td class="all">all rows</td>'
                ELSE '<td class="own">own rows</td>' END AS html
    FROM tenancy.protected_tables t
    JOIN pg_class k ON k.oid = t.relation
    CROSS JOIN role r
    LEFT JOIN held h ON h.rel = t.relation AND h.role = r.oid
    CROSS JOIN command c
  ), line AS (
    SELECT name, rolname, string_agg(html, '' ORDER BY position) AS cells FROM cell GROUP BY name, rolname
  )
  SELECT CASE WHEN count(*) = 0 THEN '<p>No protected table, or no role that is audited.</p>' ELSE
    E'<div class="wide"><table class="matrix">\n<thead><tr><th scope="col">Table</th><th scope="col">Role</th>'
    || (SELECT string_agg(format('<th scope="col">%s</th>', c.name), '' ORDER BY c.position) FROM command c)
    || E'</tr></thead>\n<tbody>\n'
    || string_agg(format('<tr><th scope="row">%s</th><td>%s</td>%s</tr>',
                         tenancy.audit_html(name), tenancy.audit_html(rolname), cells), E'\n' ORDER BY name, rolname)
    || E'\n</tbody></table></div>' END
  FROM line
$$;
COMMENT ON FUNCTION tenancy.audit_matrix_html(regrole[]) IS
'What each audited role can do with each protected table, as a part of tenancy.audit_report().';
REVOKE ALL ON FUNCTION tenancy.audit_matrix_html(regrole[]) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_indexes_html()
  RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce('<ul>' || string_agg(format('<li><code>%s</code> of %s</li>',
           tenancy.audit_html(x.relname), tenancy.audit_html(t.relation::text)), E'\n' ORDER BY t.relation::text, x.relname)
         || '</ul>', '<p>None.</p>')
  FROM tenancy.protected_tables t
  JOIN pg_index i ON i.indrelid = t.relation
  JOIN pg_class x ON x.oid = i.indexrelid AND NOT x.relispartition
  JOIN pg_attribute a ON a.attrelid = t.relation AND a.attname = t.tenant_column
  WHERE i.indkey[0] <> a.attnum
$$;
COMMENT ON FUNCTION tenancy.audit_indexes_html() IS
'The indexes of protected tables that do not begin with the tenant, as a part of tenancy.audit_report().';
REVOKE ALL ON FUNCTION tenancy.audit_indexes_html() FROM PUBLIC;

CREATE FUNCTION tenancy.audit_report(roles regrole[] DEFAULT NULL)
  RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT format($html$<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tenant isolation of %1$s</title>
<style>
:root { color-scheme: light dark; --text: #1b1f24; --back: #fff; --line: #d0d7de; --soft: #f3f5f7;
  --critical: #a40e26; --high: #9a4a00; --medium: #6e5600; --low: #0b5cad; --good: #116329; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --back: #0d1117; --line: #30363d; --soft: #161b22;
    --critical: #ff8182; --high: #ffa657; --medium: #e3b341; --low: #79c0ff; --good: #7ee787; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
  max-width: 84rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { margin-top: 2.5rem; } h3 { margin: 1.5rem 0 .5rem; }
.critical h3, .critical b { color: var(--critical); } .high h3, .high b { color: var(--high); }
.medium h3, .medium b { color: var(--medium); } .low h3, .low b { color: var(--low); }
.counts { display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; padding: 0; }
.counts li { border: 1px solid var(--line); border-radius: 6px; padding: .5rem 1rem; }
.counts b { font-size: 1.4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%%; }
th, td { border: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; }
td:nth-child(2) { overflow-wrap: anywhere; min-width: 8rem; }
.findings td:nth-child(4) { min-width: 16rem; }
thead th { background: var(--soft); } th[scope=row] { font-weight: normal; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; min-width: 18rem; }
.matrix td { white-space: nowrap; } .own { color: var(--good); }
.all { color: var(--critical); font-weight: bold; } .none { opacity: .65; }
</style>
</head>
<body>
<header>
<h1>Tenant isolation of %1$s</h1>
<p>pg_tenancy %2$s, PostgreSQL %3$s, %4$s</p>
</header>
<main>
%5$s
<h2>Who may do what</h2>
<p>Own rows: those of the tenant, or of the user, whose token the session entered with. All rows: row security
does not bind the role.</p>
%6$s
<h2>Indexes that do not begin with the tenant</h2>
<p>They serve the rows of all tenants: EXPLAIN ANALYZE and run time can tell that values exist elsewhere.</p>
%7$s
</main>
</body>
</html>
$html$,
    tenancy.audit_html(current_database()),
    tenancy.audit_html((SELECT extversion FROM pg_extension WHERE extname = 'pg_tenancy')),
    tenancy.audit_html(current_setting('server_version')),
    to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'),
    tenancy.audit_findings_html(roles), tenancy.audit_matrix_html(roles), tenancy.audit_indexes_html())
$$;
COMMENT ON FUNCTION tenancy.audit_report(regrole[]) IS
'What tenancy.audit(roles) finds, as one HTML page that needs nothing else and runs no script: findings by severity, what each audited role can do with each protected table, indexes that do not begin with the tenant.';
REVOKE ALL ON FUNCTION tenancy.audit_report(regrole[]) FROM PUBLIC;
-- The whole of the audit. An upgrade replaces it, so that its grants stay.
CREATE OR REPLACE FUNCTION tenancy.audit(roles regrole[] DEFAULT NULL)
  RETURNS SETOF tenancy.finding
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH audited AS MATERIALIZED (
    SELECT ARRAY(SELECT tenancy.audited_roles(roles)) AS roles
  ), found AS (
    SELECT f.* FROM audited a, tenancy.audit_roles(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_grants(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_policies(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_tables(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_views(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_environment(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_authorization(a.roles) f
  )
  SELECT f.* FROM found f
  WHERE NOT EXISTS (SELECT FROM tenancy.audit_waivers w
                    WHERE w.code = f.code AND w.object = f.object AND w.expires_at > now())
  ORDER BY array_position('{critical,high,medium,low}', f.severity), f.class, f.code, f.object
$$;
COMMENT ON FUNCTION tenancy.audit(regrole[]) IS
'Everything in this database that gets around the isolation of tenants, or may: one row for each finding, the worst first, with the SQL that closes it. roles: the roles that serve tenants; NULL: all that tenancy.audited_roles(NULL) finds. What tenancy.audit_waivers accepts is left out until it expires.';

CREATE OR REPLACE FUNCTION tenancy.assert_isolated(environment boolean DEFAULT true)
  RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  findings bigint;
  list text;
BEGIN
  SELECT count(*), string_agg(format('%s %s: %s: %s', f.severity, f.code, f.object, f.finding), E'\n')
  INTO findings, list
  FROM tenancy.audit() f
  WHERE f.class = 'isolation' OR (f.class = 'environment' AND environment IS NOT FALSE);
  IF findings > 0 THEN
    RAISE EXCEPTION USING
      ERRCODE = 'TN012',
      MESSAGE = format('isolation is not complete: %s findings', findings),
      DETAIL = list,
      HINT = 'SELECT * FROM tenancy.audit() shows the SQL that closes each; tenancy.audit_waivers accepts one until a day.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.assert_isolated(boolean) IS
'For pipelines: nothing, or TN012 with the findings of tenancy.audit() in the DETAIL. Findings of classes performance and authorization do not count, those of class environment (server, preload, logging) unless environment is false.';
REVOKE ALL ON FUNCTION tenancy.audit(regrole[]), tenancy.assert_isolated(boolean) FROM PUBLIC;

-- The dynamic half. A statement has one caller, so counting is a statement of its own, in C.
CREATE OR REPLACE FUNCTION tenancy.count_as(role regrole, relation regclass) RETURNS bigint
  LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'tenancy_count_as';
COMMENT ON FUNCTION tenancy.count_as(regrole, regclass) IS
'The part of tenancy.probe() that counts: how many rows the role sees in the relation. What the relation runs, runs as the role, in a security-restricted operation. Errors: 42501 without the rights of the role, and what the query raises.';

CREATE OR REPLACE FUNCTION tenancy.probe(role regrole, OUT relation regclass, OUT condition text, OUT visible bigint,
                              OUT error text, OUT passed boolean)
  RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  token text;
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'TN011', MESSAGE = 'this transaction already has an identity',
      DETAIL = 'The probe enters as somebody itself.', HINT = 'Call tenancy.probe() in a transaction of its own.';
  END IF;
  -- The same tenant all through the transaction, which has one identity only.
  token := tenancy.issue_token(
    md5(concat_ws(' ', 'probe', pg_backend_pid(), extract(epoch FROM now())))::uuid::text::tenancy.tenant_id, 'probe');
  FOREACH condition IN ARRAY ARRAY['no identity', 'empty identity', 'unused tenant'] LOOP
    BEGIN
      IF condition <> 'no identity' THEN
        PERFORM set_config('tenancy.token', CASE condition WHEN 'unused tenant' THEN token ELSE '' END, true);
      END IF;
      FOR relation IN
        WITH RECURSIVE above (rel) AS (
          SELECT p.polrelid FROM pg_policy p WHERE p.polname = 'tenancy_floor'
          UNION
          SELECT w.ev_class FROM above
          JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
                          AND d.refobjid = above.rel
          JOIN pg_rewrite w ON w.oid = d.objid
          JOIN pg_class c ON c.oid = w.ev_class AND c.relkind IN ('v', 'm'))
        SELECT a.rel::regclass FROM above a
        JOIN pg_class c ON c.oid = a.rel
        WHERE has_schema_privilege(role, c.relnamespace, 'USAGE') AND has_any_column_privilege(role, c.oid, 'SELECT')
        ORDER BY a.rel::regclass::text
      LOOP
        visible := NULL;
        error := NULL;
        BEGIN
          visible := tenancy.count_as(role, relation);
          passed := visible = 0;
        EXCEPTION WHEN OTHERS THEN
          error := format('%s: %s', SQLSTATE, SQLERRM);
          passed := SQLSTATE = 'TN001' OR SQLSTATE = '42501';
        END;
        RETURN NEXT;
      END LOOP;
      RAISE EXCEPTION 'roll back';
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tenancy.probe(regrole) IS
'Counts what the role sees in every protected table that it may read, and in every view over one, with no identity, with an empty one, and as a tenant that has no rows. passed: it saw none, or was refused (TN001, 42501); else visible or error says what came. What it runs is rolled back. Reads whole tables where they are open. Errors: 42501 without the rights of the role, TN011 inside an identity.';
REVOKE ALL ON FUNCTION tenancy.count_as(regrole, regclass), tenancy.probe(regrole) FROM PUBLIC;
