-- tenant_id and user_id: what is one, input and output in both forms, casts.
SET tenancy.auto_protect = off; -- these tables are compared, not isolated
CREATE TABLE ids (n integer GENERATED ALWAYS AS IDENTITY, t tenancy.tenant_id, u tenancy.user_id);
INSERT INTO ids (t, u) VALUES
  ('acme', 'auth0|5f7c'),
  ('0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6', 'user@example.com'),
  ('0192F3A4-5B6C-7D8E-9F00-A1B2C3D4E5F6', '0192F3A4-5B6C-7D8E-9F00-A1B2C3D4E5F6'),
  ('0192f3a45b6c7d8e9f00a1b2c3d4e5f6', '{0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6}'),
  ('0192F3A45B6C7D8E9F00A1B2C3D4E5F6', '0192-f3a4-5b6c-7d8e-9f00-a1b2-c3d4-e5f6'),
  ('ACME', '\back`tick#&'),
  (NULL, NULL);
SELECT t, u, pg_column_size(t) FROM ids ORDER BY n;
-- One value for every case of a UUID, and only for those: ids like md5 sums do not collapse.
SELECT count(t), count(DISTINCT t) FROM ids;
SELECT t FROM ids ORDER BY t;
SELECT octet_length(repeat('x', 255)::tenancy.tenant_id::text);

-- What is none. The value is not repeated.
\set SHOW_CONTEXT never
SELECT ''::tenancy.tenant_id;
SELECT 'a b'::tenancy.tenant_id;
SELECT 'ab;tenant=other'::tenancy.tenant_id;
SELECT 'o''brien'::tenancy.user_id;
SELECT 'say "x"'::tenancy.user_id;
SELECT E'tab\there'::tenancy.tenant_id;
SELECT E'a\u007f'::tenancy.tenant_id;
SELECT 'café'::tenancy.tenant_id;
SELECT repeat('x', 256)::tenancy.tenant_id;
SELECT repeat('x', 10000000)::tenancy.user_id;
DO $$
BEGIN
  PERFORM 'a b'::tenancy.tenant_id;
  RAISE EXCEPTION 'accepted';
EXCEPTION WHEN invalid_text_representation THEN
  RAISE NOTICE 'SQLSTATE %', SQLSTATE;
END $$;

-- Casts: by assignment from and to text, varchar, character and uuid.
CREATE TABLE assigned (t tenancy.tenant_id, x text, v varchar(40), c character(40), g uuid);
INSERT INTO assigned (t) VALUES ('acme'::text), ('acme'::varchar), ('acme'::character(10)),
  ('0192F3A4-5B6C-7D8E-9F00-A1B2C3D4E5F6'::uuid);
UPDATE assigned SET x = t, v = t, c = t;
UPDATE assigned SET g = t WHERE x LIKE '0192%';
SELECT * FROM assigned;
UPDATE assigned SET g = t;
SELECT 'acme'::tenancy.tenant_id::uuid;
SELECT '{0192f3a4-5b6c-7d8e-9f00-a1b2c3d4e5f6}'::tenancy.tenant_id::uuid;
SELECT 'a b'::text::tenancy.tenant_id;
SELECT repeat('x', 256)::varchar::tenancy.user_id;
SELECT 'a b'::character(5)::tenancy.tenant_id;
-- A user is no tenant.
SELECT 'acme'::tenancy.tenant_id::tenancy.user_id;
SELECT 'acme'::tenancy.tenant_id = 'acme'::tenancy.user_id;
SELECT castsource::regtype, casttarget::regtype, castcontext, castmethod FROM pg_cast
 WHERE castsource IN ('tenancy.tenant_id'::regtype, 'tenancy.user_id'::regtype)
    OR casttarget IN ('tenancy.tenant_id'::regtype, 'tenancy.user_id'::regtype)
 ORDER BY 1, 2;

-- The binary form is the text form, and is checked as such.
SELECT tenancy.tenant_id_send('acme'), tenancy.user_id_send('A0000000-0000-0000-0000-000000000000');
\getenv directory PG_TENANCY_SCRATCH
\set file :directory '/identifier.bin'
COPY (SELECT t, u FROM ids ORDER BY n) TO :'file' (FORMAT binary);
CREATE TABLE copied (t tenancy.tenant_id, u tenancy.user_id);
COPY copied FROM :'file' (FORMAT binary);
SELECT t, u FROM copied EXCEPT SELECT t, u FROM ids;
SELECT count(*) FROM copied;
-- Bytes that no text input would let through.
CREATE TABLE target (t tenancy.tenant_id);
CREATE FUNCTION receive(value bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  file CONSTANT text := current_setting('regress.file');
  large oid;
  detail text;
BEGIN
  -- A binary COPY file: signature, flags, extension; one tuple with one field; trailer.
  large := lo_from_bytea(0, '\x5047434f50590aff0d0a0000000000000000000001'::bytea
    || int4send(length(value)) || value || '\xffff');
  PERFORM lo_export(large, file);
  PERFORM lo_unlink(large);
  TRUNCATE target;
  EXECUTE format('COPY target FROM %L (FORMAT binary)', file);
  RETURN (SELECT 'accepted ' || t FROM target);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN concat_ws(' ', SQLSTATE, SQLERRM, detail);
END $$;
SELECT set_config('regress.file', :'file', false) IS NOT NULL AS file_set;
SELECT receive('acme');
SELECT receive('A0000000-0000-0000-0000-000000000000');
SELECT receive('');
SELECT receive('\x00'::bytea || decode(repeat('ab', 16), 'hex'));  -- the stored form of a UUID
SELECT receive('\x6100');                                   -- a zero byte
SELECT receive('\xff');                                     -- no UTF-8
SELECT receive('\xc3a9');                                   -- UTF-8, no ASCII
SELECT receive('a b');
SELECT receive(convert_to(repeat('x', 255), 'UTF8')) = 'accepted ' || repeat('x', 255) AS longest;
SELECT receive(convert_to(repeat('x', 256), 'UTF8'));
SELECT receive(convert_to(repeat('x', 5000000), 'UTF8'));

-- Arrays, NULLs, and wide rows in which something has to be toasted.
SELECT ARRAY['b', 'a', NULL]::tenancy.tenant_id[] @> '{a}';
SELECT array_agg(t ORDER BY t) FROM ids WHERE t < 'a';
CREATE TABLE wide (a tenancy.tenant_id, b tenancy.user_id, filler text);
ALTER TABLE wide ALTER filler SET STORAGE plain;
INSERT INTO wide SELECT repeat(chr(65 + i), 255), repeat('b', 255), repeat('f', 7800)
  FROM generate_series(0, 9) AS i;
SELECT bool_or(pg_column_size(a) < 255) AS compressed,
       bool_and(octet_length(a::text) = 255) AS whole
  FROM wide;
SELECT count(*) FROM wide WHERE a = repeat('C', 255)::text AND b = repeat('b', 255);
SELECT count(*) FROM wide AS x JOIN wide AS y ON x.a = y.a AND x.a >= y.a AND NOT x.a > y.a;
SELECT left(min(a)::text, 3), left(max(a)::text, 3) FROM wide;
