-- Rows of LangGraph's stores that have expired, of all tenants.
CREATE FUNCTION tenancy.sweep_expired(batch bigint DEFAULT 10000, OUT relation regclass, OUT deleted bigint)
  RETURNS SETOF record LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_sweep_expired';
REVOKE ALL ON FUNCTION tenancy.sweep_expired(bigint) FROM PUBLIC;
COMMENT ON FUNCTION tenancy.sweep_expired(bigint) IS
'Deletes rows whose expires_at is over from the protected tables named store (of LangGraph, in JavaScript and Python) whose owner''s rights the caller has, of all tenants and without an identity. Argument: batch, how many rows of each table at most; call again while as many were deleted. Returns each table with the number of rows. Acts as the owner of each table and with no more rights, whoever calls; rows locked by others stay for the next time. Errors: 22023 batch is not positive, TN010 inside an identity, and what triggers raise.';
