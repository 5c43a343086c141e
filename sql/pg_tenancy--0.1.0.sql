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
COMMENT ON COLUMN tenancy.identity.roles IS 'the roles the credential names; empty when none';
COMMENT ON COLUMN tenancy.identity.permissions IS
  'the bound of what it may do; NULL = not bounded by the credential, empty = nothing';
COMMENT ON COLUMN tenancy.identity.tier IS 'the subscription tier the credential names, if any';
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
  membership text NOT NULL DEFAULT 'claims' CHECK (membership = 'claims'),
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
COMMENT ON COLUMN tenancy.issuers.membership IS 'claims: the token alone says who belongs to a tenant.';
COMMENT ON COLUMN tenancy.issuers.tenant_lookup IS 'claim: the tenant claim is the tenant; alias: tenancy.tenant_aliases says which it is.';
COMMENT ON COLUMN tenancy.issuers.user_prefix IS 'Put before the user claim: keeps equal subjects of two issuers apart.';
COMMENT ON COLUMN tenancy.issuers.leeway IS 'For exp, nbf and iat; 0 to 5 minutes.';
COMMENT ON COLUMN tenancy.issuers.created_at IS 'When it was added.';
COMMENT ON COLUMN tenancy.issuers.jwks IS
  'The JWK Set (RFC 7517) that verifies this issuer''s tokens; HMAC keys are secrets.';
COMMENT ON COLUMN tenancy.issuers.jwks_uri IS
  'Where the issuer publishes its keys. Kept for the record only: version 0.1 does not fetch it, store the keys with tenancy.set_jwks.';
COMMENT ON COLUMN tenancy.issuers.keys_changed_at IS 'When the key set was stored.';

CREATE TABLE tenancy.tenants (
  tenant_id tenancy.tenant_id PRIMARY KEY,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenancy.tenants IS
  'The registered tenants. Issuers with tenants => ''registered'' speak for these only; a suspended tenant is refused (TN005) whoever speaks for it.';
COMMENT ON COLUMN tenancy.tenants.tenant_id IS 'The tenant.';
COMMENT ON COLUMN tenancy.tenants.status IS
  'active or suspended; suspending reaches running sessions at their next statement.';
COMMENT ON COLUMN tenancy.tenants.created_at IS 'When it was registered.';

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
    EXECUTE format('CREATE TRIGGER trust_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE'
                   ' ON tenancy.%I FOR EACH STATEMENT EXECUTE FUNCTION tenancy.trust_changed()', rel);
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
jwks: the JWK Set; jwks_uri: kept for the record, version 0.1 does not fetch it. algorithms: which of the keys' to accept.
Claim paths: a claim's name, or names joined by dots (app_metadata.tenant_id); names may contain dots and slashes themselves. A path that can be read in two ways in one token refuses it; so does one that is not exactly one string. Roles and permissions also accept arrays, space-separated strings and nested objects; permissions that do not parse are ignored.
permissions_claim: NULL = tokens do not bound permissions; with it, a token without the claim has none. permission_prefix: only permissions that start with it count, without it.
agent_claim: NULL = act.sub, then azp. tenants_claim: an array, the tenants to pick from when entering.
tenant_id: speaks for this tenant only. tenants: open, registered (tenancy.tenants) or listed (tenancy.issuer_tenants). tenant_lookup: claim, or alias (tenancy.tenant_aliases). membership: claims; required comes with a later version.
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

CREATE FUNCTION tenancy.sign_claims(claims jsonb) RETURNS text
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE SECURITY DEFINER
  AS 'MODULE_PATHNAME', 'tenancy_sign_claims';
COMMENT ON FUNCTION tenancy.sign_claims(jsonb) IS
  'Part of tenancy.issue_token: signs claims (ES256) with the database''s own key, making it where there is none. Error: 25006 where it has to be made and nothing can be written.';

CREATE FUNCTION tenancy.issue_token(
    tenant_id tenancy.tenant_id, user_id tenancy.user_id DEFAULT NULL, roles text[] DEFAULT '{}',
    permissions tenancy.permission[] DEFAULT NULL, ttl interval DEFAULT '15 min',
    claims jsonb DEFAULT '{}')
  RETURNS text LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  issuer text := tenancy.own_issuer();
  issued_at bigint := floor(extract(epoch FROM clock_timestamp()));
  lifetime numeric := extract(epoch FROM ttl);
  reserved text;
BEGIN
  IF tenant_id IS NULL THEN
    RAISE 'tenant_id is missing' USING ERRCODE = '22023',
      DETAIL = 'A token is for one tenant.', HINT = 'Give tenant_id.';
  END IF;
  IF lifetime IS NULL OR lifetime < 1 OR lifetime > 86400 THEN
    RAISE 'ttl is not valid' USING ERRCODE = '22023',
      DETAIL = 'A token lives between one second and 24 hours.',
      HINT = 'Give ttl as ''15 min'', and issue again when it ends.';
  END IF;
  IF jsonb_typeof(claims) IS DISTINCT FROM 'object' THEN
    RAISE 'claims is not valid' USING ERRCODE = '22023',
      DETAIL = 'It is not a JSON object.', HINT = 'Give further claims as {"name": "value"}.';
  END IF;
  SELECT string_agg(k, ', ' ORDER BY k) INTO reserved FROM jsonb_object_keys(claims) AS k
    WHERE k = ANY (ARRAY['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti', 'tenant_id', 'roles',
                         'permissions']);
  IF reserved IS NOT NULL THEN
    RAISE 'claims is not valid' USING ERRCODE = '22023',
      DETAIL = format('The function sets %s by itself.', reserved),
      HINT = 'Use the arguments tenant_id, user_id, roles, permissions and ttl.';
  END IF;
  RETURN tenancy.sign_claims(claims || jsonb_strip_nulls(jsonb_build_object(
    'iss', issuer, 'aud', issuer, 'sub', user_id::text, 'tenant_id', tenant_id::text,
    'roles', coalesce(roles, '{}'), 'permissions', permissions::text[],
    'iat', issued_at, 'exp', issued_at + floor(lifetime)::bigint, 'jti', gen_random_uuid())));
END
$$;
COMMENT ON FUNCTION tenancy.issue_token IS
$$A token of this database's own issuer (ES256), to enter with. For administrators.
tenant_id: the tenant; user_id: NULL = a job without a user; roles; permissions: NULL = not bounded, '{}' = none; ttl: 1 s to 24 h; claims: further claims, not the reserved ones.
The key is made on first use. A token whose transaction rolls back may name a key that does not exist.
Errors: 22023 an argument is refused; 25006 where the key has to be made and nothing can be written.$$;

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
REVOKE ALL ON FUNCTION tenancy.own_issuer, tenancy.rotate_signing_key, tenancy.sign_claims, tenancy.issue_token
  FROM PUBLIC;
-- Verifying and looking at tokens without entering.

CREATE FUNCTION tenancy.verify_jwt(token text) RETURNS jsonb
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_verify_jwt';
COMMENT ON FUNCTION tenancy.verify_jwt(text) IS
  'The claims of a token that would enter this database, verified against its configured issuers; does not enter. Errors: TN002 malformed, unknown issuer or key, bad signature, wrong audience or tenant; TN004 expired or not yet valid; TN005 suspended tenant; 22P05 claims that the database''s encoding cannot hold.';

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
the token says; route, which must belong to the tenant; local, true until the transaction ends,
false until the session ends (of use under tenancy.scope = session).
Result: the identity.
Errors: TN002 credential refused, TN003 route of another tenant, TN004 expired or not yet valid,
TN005 revoked or suspended, TN008 not entitled to the agent, TN010 something was left behind in the
session, TN011 second identity in one transaction, 22023 not the name of an agent.';

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
'The roles that the credential gives, possibly none. Errors: as current_tenant_id().';

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
'Isolates a plain table by tenant, or by tenant and user (isolate_by tenant|user), and returns the DDL as run; nothing when it is protected already. Columns are found by name, else by type, else added with tenant_column_type; rows without a tenant get backfill_tenant, or what the expression backfill_using over the row gives. existing_policies: refuse | keep (floor only) | replace. dry_run changes nothing. Errors: 42501 not the owner, 0A000 not supported (with the way out), 55000 policies of its own or another isolation, 2BP01 objects depend on its keys, 23502 rows without a tenant or user, 22023 bad argument, 25000 not READ COMMITTED, TN010 inside an identity. Locks the table ACCESS EXCLUSIVE until the transaction ends.';

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
'Protects all tables of the schema that the caller owns at once, foreign keys among them included, except skip_tables (reference data, migrations). Arguments, result and errors as for tenancy.protect; a table that cannot be protected refuses all of them; 42P01 when there is none.';

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
'Protects what the LangGraph savers and stores (JavaScript and Python) keep in the schema: checkpoints, checkpoint_blobs and checkpoint_writes by isolate_by, store and store_vectors by store_isolate_by. The *_migrations tables hold version numbers only; they stay readable and become writable by their owner alone. Other arguments, result and errors as for tenancy.protect; 42P01 when the schema holds none of these tables.';

CREATE FUNCTION tenancy.unprotect(
    rel regclass,
    restore_keys boolean DEFAULT false,
    convert_columns regtype DEFAULT NULL,
    dry_run boolean DEFAULT false)
  RETURNS SETOF text LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_unprotect';
COMMENT ON FUNCTION tenancy.unprotect(regclass, boolean, regtype, boolean) IS
'Takes the protection off a table and returns the DDL as run: floor and access policies, defaults and FORCE; row security is disabled unless the table has policies of its own or kept its access rules. The isolation columns stay, with type convert_columns if given. restore_keys takes them out of the front of keys and of the foreign keys to this table. Errors: 42501 not the owner, 55000 not protected, 23505 keys would collide (with their count), 2BP01 objects or foreign keys depend on keys or columns, TN010 inside an identity.';

CREATE VIEW tenancy.protected_tables AS
SELECT c.oid::regclass AS relation,
       i.tenant_column,
       i.user_column,
       CASE WHEN i.user_column IS NULL THEN 'tenant' ELSE 'user' END AS isolate_by,
       t.atttypid::regtype AS tenant_column_type,
       EXISTS (SELECT FROM pg_catalog.pg_policy a
               WHERE a.polrelid = c.oid AND a.polname = 'tenancy_access') AS has_access_policy,
       c.relforcerowsecurity AS forced,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner
FROM pg_catalog.pg_policy p
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
CROSS JOIN LATERAL tenancy.isolation_columns(c.oid) AS i
JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attname = i.tenant_column
WHERE p.polname = 'tenancy_floor' AND NOT p.polpermissive AND i.tenant_column IS NOT NULL;
GRANT SELECT ON tenancy.protected_tables TO PUBLIC;
COMMENT ON VIEW tenancy.protected_tables IS
'The tables that are protected, computed from their policies: relation, tenant column and its type, user column (NULL: isolated by tenant), whether access is ours (false: the table kept policies of its own), whether row security is forced on the owner too, owner.';
COMMENT ON COLUMN tenancy.protected_tables.relation IS 'The table';
COMMENT ON COLUMN tenancy.protected_tables.tenant_column IS 'Column that holds the tenant';
COMMENT ON COLUMN tenancy.protected_tables.user_column IS 'Column that holds the user; NULL: isolated by tenant';
COMMENT ON COLUMN tenancy.protected_tables.isolate_by IS 'tenant or user';
COMMENT ON COLUMN tenancy.protected_tables.tenant_column_type IS 'Type of the tenant column';
COMMENT ON COLUMN tenancy.protected_tables.has_access_policy IS 'Whether access is ours; false: the table kept policies of its own';
COMMENT ON COLUMN tenancy.protected_tables.forced IS 'Whether row security binds the owner too';
COMMENT ON COLUMN tenancy.protected_tables.owner IS 'Owner of the table';
