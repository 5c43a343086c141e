-- Exclusion constraints get the tenant in front.
BEGIN;
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps temporary tables
SELECT no_plan();
CREATE ROLE structures_exclusion_app;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO structures_exclusion_app;
CREATE TABLE app.booking (id int, during int4range, EXCLUDE USING gist (during WITH &&));
SELECT throws_ok($$SELECT tenancy.protect('app.booking', tenant_column_type => 'uuid')$$, '0A000',
  'cannot add "tenant_id" to exclusion constraint "booking_during_excl" of "app"."booking"', 'gist alone compares no uuid');
CREATE EXTENSION btree_gist;
SELECT throws_ok($$SELECT tenancy.protect('app.booking')$$, '0A000', NULL, 'and tenancy.tenant_id in no way');
CREATE TABLE app.circles (id int, c box, EXCLUDE USING spgist (c WITH &&));
SELECT throws_ok($$SELECT tenancy.protect('app.circles', tenant_column_type => 'uuid')$$, '0A000', NULL,
  'a method of one column');
CREATE TABLE app.hashed (id int, CONSTRAINT once EXCLUDE USING hash (id WITH =));
SELECT throws_ok($$SELECT tenancy.protect('app.hashed')$$, '0A000', NULL, 'hash too');
SELECT lives_ok($$SELECT tenancy.protect('app.booking', tenant_column_type => 'uuid')$$, 'control: uuid with btree_gist');
SELECT is(pg_get_constraintdef(oid), 'EXCLUDE USING gist (tenant_id WITH =, during WITH &&)', 'tenant in front')
FROM pg_constraint WHERE conname = 'booking_during_excl';
SELECT is_empty($$SELECT tenancy.protect('app.booking')$$, 'once');

CREATE TABLE app.odd (id int, during int4range, t text, n smallint, "Tenant" varchar(40) NOT NULL,
  CONSTRAINT "No Overlap" EXCLUDE USING gist (n WITH <>, during WITH &&) INCLUDE (t) WITH (fillfactor = 60)
    WHERE (t IS DISTINCT FROM ' WHERE (') DEFERRABLE INITIALLY DEFERRED);
COMMENT ON CONSTRAINT "No Overlap" ON app.odd IS 'kept';
SELECT lives_ok($$SELECT tenancy.protect('app.odd', tenant_column => 'Tenant')$$, 'with everything');
SELECT is(pg_get_constraintdef(oid), 'EXCLUDE USING gist ("Tenant" WITH =, n WITH <>, during WITH &&) INCLUDE (t)'
  ' WITH (fillfactor=''60'') WHERE ((t IS DISTINCT FROM '' WHERE (''::text)) DEFERRABLE INITIALLY DEFERRED', 'kept all')
FROM pg_constraint WHERE conname = 'No Overlap';
SELECT is(obj_description(oid, 'pg_constraint'), 'kept', 'comment') FROM pg_constraint WHERE conname = 'No Overlap';
-- Beside another comparison the tenant is still missing; btree compares our own type.
CREATE TABLE app.beside (id int, tenant_id uuid NOT NULL, during int4range,
  CONSTRAINT beside_excl EXCLUDE USING gist (tenant_id WITH <>, during WITH &&));
SELECT lives_ok($$SELECT tenancy.protect('app.beside')$$, 'compared by <>');
SELECT is(pg_get_constraintdef(oid), 'EXCLUDE USING gist (tenant_id WITH =, tenant_id WITH <>, during WITH &&)', 'adds =')
FROM pg_constraint WHERE conname = 'beside_excl';
CREATE TABLE app.btree (id int, CONSTRAINT btree_excl EXCLUDE USING btree (id WITH =));
SELECT lives_ok($$SELECT tenancy.protect('app.btree', isolate_by => 'user')$$, 'btree');
SELECT is(pg_get_constraintdef(oid), 'EXCLUDE USING btree (tenant_id WITH =, user_id WITH =, id WITH =)', 'our own types') FROM pg_constraint WHERE conname = 'btree_excl';
SELECT lives_ok($$SELECT tenancy.unprotect('app.btree', restore_keys => true)$$, 'and back');
SELECT is(pg_get_constraintdef(oid), 'EXCLUDE USING btree (id WITH =)', 'as it was') FROM pg_constraint
  WHERE conname = 'btree_excl';
CREATE TABLE app.leafy (id int, during int4range) PARTITION BY LIST (id);
CREATE TABLE app.leaf PARTITION OF app.leafy (EXCLUDE USING gist (during WITH &&)) FOR VALUES IN (1);
SELECT lives_ok($$SELECT tenancy.protect('app.leafy', tenant_column_type => 'text')$$, 'of a partition');
SELECT is(pg_get_constraintdef(oid), 'EXCLUDE USING gist (tenant_id WITH =, during WITH &&)', 'too')
FROM pg_constraint WHERE conname = 'leaf_during_excl';

GRANT SELECT, INSERT ON app.booking TO structures_exclusion_app;
SELECT tenancy.login(tenancy.issue_token('00000000-0000-4000-8000-000000000001')) \g /dev/null
SET LOCAL ROLE structures_exclusion_app;
SELECT lives_ok($$INSERT INTO app.booking (id, during) VALUES (1, '[1,5)')$$, 'a booking');
SELECT throws_ok($$INSERT INTO app.booking (id, during) VALUES (1, '[2,6)')$$, '23P01', NULL, 'own bookings meet');
RESET ROLE;
SELECT tenancy.logout() \g /dev/null
INSERT INTO app.booking VALUES (1, '[2,6)', '00000000-0000-4000-8000-000000000002');
SELECT is(count(*), 2::bigint, 'those of two tenants do not') FROM app.booking;
SELECT throws_ok($$SELECT tenancy.unprotect('app.booking', restore_keys => true)$$, '23P01', NULL, 'nor go back together');
SELECT * FROM finish();
ROLLBACK;
