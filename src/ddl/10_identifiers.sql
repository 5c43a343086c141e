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
