-- The tables of the instruction counts: one protected, one written by hand, equal contents:
-- 20 tenants, 50 threads each, 20 checkpoints each.
CREATE EXTENSION pg_tenancy;
CREATE ROLE app LOGIN;
CREATE ROLE by_hand LOGIN BYPASSRLS;

CREATE TABLE checkpoints (
  thread_id text NOT NULL, checkpoint_ns text NOT NULL DEFAULT '', checkpoint_id text NOT NULL,
  parent_checkpoint_id text, type text, checkpoint jsonb NOT NULL, metadata jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id));
SELECT tenancy.protect('checkpoints') \g /dev/null
CREATE TABLE checkpoints_text (
  tenant_id text NOT NULL,
  thread_id text NOT NULL, checkpoint_ns text NOT NULL DEFAULT '', checkpoint_id text NOT NULL,
  parent_checkpoint_id text, type text, checkpoint jsonb NOT NULL, metadata jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, thread_id, checkpoint_ns, checkpoint_id));
INSERT INTO checkpoints_text
  SELECT 'tenant-' || t, 'thread-' || h, '', to_char(c, 'FM000000'), to_char(c - 1, 'FM000000'), 'json',
         jsonb_build_object('v', 4, 'values', repeat('x', 100)), '{"step": 1}'
  FROM generate_series(1, 20) t, generate_series(1, 50) h, generate_series(1, 20) c;
INSERT INTO checkpoints (tenant_id, thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
  SELECT tenant_id::tenancy.tenant_id, thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata
  FROM checkpoints_text;
-- What alice may do, for can(): by an inherited role, within a tier, beside a denial.
INSERT INTO tenancy.tiers (tier, is_default) VALUES ('paid', true);
INSERT INTO tenancy.tier_permissions VALUES ('paid', 'docs:*'), ('paid', 'tool:*');
INSERT INTO tenancy.tenants (tenant_id) VALUES ('tenant-10');
INSERT INTO tenancy.roles (role, inherits) VALUES ('reader', '{}'), ('writer', '{reader}');
INSERT INTO tenancy.role_permissions (role, permission)
  SELECT 'writer', 'docs:doc' || n || ':write' FROM generate_series(1, 20) n
  UNION ALL VALUES ('reader', 'docs:doc:read');
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('tenant-10', 'alice', '{writer}');
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, effect)
  VALUES ('tenant-10', 'alice', 'docs:secret:*', 'deny');
GRANT SELECT, INSERT, UPDATE, DELETE ON checkpoints, checkpoints_text TO app, by_hand;
VACUUM (ANALYZE, FREEZE) checkpoints;
VACUUM (ANALYZE, FREEZE) checkpoints_text;
CHECKPOINT;
