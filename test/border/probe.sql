-- The probe's functions. `probe` is the module's path.
CREATE FUNCTION probe_throw(int) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_long(text, int) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_survive_throws(int) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_lose() RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_live() RETURNS bigint AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_made() RETURNS bigint AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_reset() RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_heap() RETURNS bigint AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_owed() RETURNS boolean AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_exception_in_flight() RETURNS boolean AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_run(text) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_careless(text) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_careless_throw(text) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_memory_after(text) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_chatty(text) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_reentrant(text) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_rude(text) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_recurse() RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_wait() RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_odd(int, int) RETURNS int AS :'probe' LANGUAGE C PARALLEL SAFE;
CREATE FUNCTION probe_in_worker() RETURNS boolean AS :'probe' LANGUAGE C PARALLEL SAFE;
CREATE FUNCTION probe_attempt(text) RETURNS text AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_attempt_nested(text, text) RETURNS text AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_attempt_throw(text) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_attempt_careless(text) RETURNS void AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_attempt_swallow(text) RETURNS text AS :'probe' LANGUAGE C;
CREATE FUNCTION probe_subtransaction_level() RETURNS int AS :'probe' LANGUAGE C;

-- What fails, and what must be gone or kept afterwards.
CREATE TABLE kept (note text CONSTRAINT note_is_short CHECK (length(note) < 40));
CREATE TABLE numbers AS SELECT 2 * n AS even, 2 * n + 1 AS odd FROM generate_series(1, 20000) n;
ANALYZE numbers;
CREATE TABLE locked ();
