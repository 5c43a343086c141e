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
