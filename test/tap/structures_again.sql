-- What a session remembers of the catalogs does not outlive the extension.
SELECT no_plan();
CREATE TABLE before (id int PRIMARY KEY);
SELECT lives_ok($$SELECT tenancy.protect('before', tenant_column_type => 'uuid')$$, 'protected');
SELECT tenancy.unprotect('before') \g /dev/null
DROP EXTENSION pg_tenancy;
CREATE EXTENSION pg_tenancy;
CREATE TABLE afterwards (id int PRIMARY KEY, org tenancy.tenant_id);
SELECT lives_ok($$SELECT tenancy.protect('afterwards')$$, 'protected with the new extension');
SELECT results_eq('SELECT tenant_column::text COLLATE "default" FROM tenancy.protected_tables', $$VALUES ('org')$$, 'whose types are known');
SELECT * FROM finish();
