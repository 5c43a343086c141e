-- Tables isolated by user, equal but for the permissions that they ask for: none; both; both, and with the
-- index that protect() names. 20 tenants of 10 users, 5 threads each, 20 steps each. The caller may write.
CREATE EXTENSION pg_tenancy;
CREATE ROLE app LOGIN;
CREATE TABLE plain (
  thread_id text NOT NULL, step int NOT NULL, body text NOT NULL, PRIMARY KEY (thread_id, step));
CREATE TABLE asking (LIKE plain INCLUDING ALL);
CREATE TABLE indexed (LIKE plain INCLUDING ALL);
SELECT tenancy.protect('plain', isolate_by => 'user') \g /dev/null
SELECT tenancy.protect(t, isolate_by => 'user', write_permission => 'threads:thread:write',
                       read_all_permission => 'threads:thread:read_all')
FROM unnest('{asking,indexed}'::regclass[]) t \g /dev/null
CREATE INDEX ON indexed (tenant_id, thread_id, step);
INSERT INTO plain (tenant_id, user_id, thread_id, step, body)
  SELECT 'tenant-' || t, CASE u WHEN 1 THEN 'alice' ELSE 'user-' || u END, format('thread-%s-%s', u, h), s, repeat('x', 100)
  FROM generate_series(1, 20) t, generate_series(1, 10) u, generate_series(1, 5) h, generate_series(1, 20) s;
INSERT INTO asking TABLE plain;
INSERT INTO indexed TABLE plain;
INSERT INTO tenancy.tenants (tenant_id) VALUES ('tenant-10');
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission)
  VALUES ('tenant-10', 'alice', 'threads:thread:write');
GRANT SELECT, INSERT, UPDATE, DELETE ON plain, asking, indexed TO app;
VACUUM (ANALYZE, FREEZE) plain;
VACUUM (ANALYZE, FREEZE) asking;
VACUUM (ANALYZE, FREEZE) indexed;
CHECKPOINT;
