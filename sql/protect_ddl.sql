-- The DDL as it is returned: what a reader of a migration gets to see.
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA app;
CREATE TABLE app.customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text);
CREATE UNIQUE INDEX customer_email ON app.customer (lower(email)) WHERE email IS NOT NULL;
CREATE TABLE app.invoice (id uuid PRIMARY KEY,
  customer bigint NOT NULL REFERENCES app.customer ON DELETE CASCADE,
  corrects uuid REFERENCES app.invoice ON DELETE SET NULL);
GRANT ALL ON app.customer TO PUBLIC;

-- A set, by tenant.
SELECT tenancy.protect_schema('app', dry_run => true);
-- One table, by user, filled and with a policy of its own.
CREATE TABLE app.note (id int PRIMARY KEY, org text, user_id uuid NOT NULL);
CREATE POLICY "of today" ON app.note FOR SELECT USING (id > (SELECT 0));
SELECT tenancy.protect('app.note', isolate_by => 'user', tenant_column => 'Tenant',
  tenant_column_type => 'text', backfill_using => 'org', existing_policies => 'replace',
  dry_run => true);
-- The way back.
SELECT count(*) FROM tenancy.protect_schema('app', skip_tables => '{note}');
SELECT tenancy.unprotect('app.customer', restore_keys => true, dry_run => true);
SELECT tenancy.unprotect('app.invoice', restore_keys => true, convert_columns => 'text', dry_run => true);
-- Refusals name the object and the way out.
SELECT tenancy.protect('app.note');
SELECT tenancy.protect('app.invoice', isolate_by => 'user', user_column => 'corrects');
SELECT tenancy.protect('app.invoice', tenant_column => 'customer');
