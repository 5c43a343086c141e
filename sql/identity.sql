-- identity: the composite that login() and whoami() return.
SELECT attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) IS NOT NULL
  FROM pg_attribute WHERE attrelid = 'tenancy.identity'::regclass AND attnum > 0 ORDER BY attnum;
SELECT ('acme', 'u1', NULL, '{admin}', '{tool:*}', 'pro', 'urn:x', 'k1', 'j1',
        '2100-01-01 00:00:00+00')::tenancy.identity;
SELECT (i).tenant_id, (i).permissions @> '{a}', (i).permissions IS NULL AS unbounded
  FROM (VALUES ('(acme,u,,{},{a},,urn:x,,,)'::tenancy.identity), ('(acme,u,,{},,,urn:x,,,)'))
    AS v(i);
SELECT '(a b,,,,,,,,,)'::tenancy.identity;
