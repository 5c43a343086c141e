-- The extension owns its schema: made here, failing where it exists, so that nobody who made it
-- first keeps owning it. PUBLIC may look things up and nothing else.
CREATE SCHEMA tenancy;
GRANT USAGE ON SCHEMA tenancy TO PUBLIC;
COMMENT ON SCHEMA tenancy IS 'pg_tenancy: tenant isolation by verified tokens';
