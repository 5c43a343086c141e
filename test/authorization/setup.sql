-- What the comparison asks a caller, in one line of text.
CREATE EXTENSION pg_tenancy;
CREATE ROLE app LOGIN;
CREATE TABLE callers (id int PRIMARY KEY, tenant text, usr text, roles text[], permissions tenancy.permission[],
                      claims jsonb, token text);
GRANT SELECT ON callers TO app;

CREATE FUNCTION required(asked tenancy.permission) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
BEGIN
  RETURN CASE WHEN tenancy.require(asked) THEN 't' ELSE 'e' END;
EXCEPTION WHEN SQLSTATE 'TN008' THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN CASE WHEN strpos(detail, asked::text) > 0 THEN 'f' ELSE 'e' END;
END
$$;

-- The effect of the one row that decides; e where it is not one, or some row is no part of it.
CREATE FUNCTION explained(asked tenancy.permission) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN count(*) FILTER (WHERE decides) <> 1 OR bool_or(source IS NULL OR effect IS NULL) THEN 'e'
              WHEN min(effect) FILTER (WHERE decides) = 'allow' THEN 't'
              WHEN min(effect) FILTER (WHERE decides) = 'deny' THEN 'f' ELSE 'e' END
  FROM tenancy.explain_permission(asked)
$$;

-- For each permission can, require, explain_permission, whether a tool of its name is allowed, and
-- can_all of it and the next: five letters.
CREATE FUNCTION answers(id int, asked tenancy.permission[]) RETURNS text LANGUAGE sql AS $$
  WITH allowed AS MATERIALIZED (SELECT coalesce(array_agg(name), '{}') AS names FROM tenancy.allowed_tools())
  SELECT format('%s %s', id, string_agg(concat(tenancy.can(p), required(p), explained(p), p::text = ANY (names),
                                               tenancy.can_all(asked[n : n + 1])), '' ORDER BY n))
  FROM allowed, unnest(asked) WITH ORDINALITY a (p, n)
$$;
