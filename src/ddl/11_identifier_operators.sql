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
