-- Changing what protects the tables.
-- attack: TRUNCATE
-- as: acme
-- expect: error TN010 TN010
TRUNCATE shop.docs;
TRUNCATE shop.parents CASCADE;
-- control: DELETE of the tenant's own rows
-- as: acme
-- expect: rows 3
INSERT INTO shop.accounts VALUES ('a@x'), ('b@x'), ('c@x');
WITH d AS (DELETE FROM shop.accounts RETURNING 1) SELECT count(*) FROM d;

-- attack: policies are dropped, added, altered
-- as: acme
-- expect: error 42501 42501 42501 42501 42501
DROP POLICY tenancy_floor ON shop.docs;
DROP POLICY tenancy_access ON shop.docs;
CREATE POLICY mine ON shop.docs USING (true);
ALTER POLICY tenancy_floor ON shop.docs USING (true);
ALTER POLICY tenancy_access ON shop.docs TO app_owner;
-- control: the owner's new permissive policy does not open the floor
-- role: postgres
-- as: acme
-- expect: rows t
SET LOCAL ROLE app_owner;
CREATE POLICY wide ON shop.docs USING (true) WITH CHECK (true);
SELECT bool_and(tenant_id = 'acme') FROM shop.docs;
DROP POLICY wide ON shop.docs;

-- attack: row security is switched off
-- as: acme
-- expect: error 42501 42501
ALTER TABLE shop.docs DISABLE ROW LEVEL SECURITY;
ALTER TABLE shop.docs NO FORCE ROW LEVEL SECURITY;
-- control: it is on and forced
-- expect: rows t|t
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'shop.docs'::regclass;

-- attack: the protection is taken off with our own function
-- as: acme
-- expect: lacks ALTER TABLE
-- expect: matches ERROR:  (42501|TN010|55000)
SELECT tenancy.unprotect('shop.docs');
-- control: the owner may
-- role: postgres
-- expect: lacks ERROR
SET LOCAL ROLE app_owner;
SELECT tenancy.unprotect('shop.docs', dry_run => true) \g /dev/null

-- attack: somebody else's table is protected, so that its owner loses it
-- expect: error 42501
SELECT tenancy.protect('shop.plain');
-- control: an own one may be
-- expect: lacks ERROR
CREATE TABLE playground.own (id int PRIMARY KEY);
SELECT tenancy.protect('playground.own') \g /dev/null
SELECT tenancy.unprotect('playground.own') \g /dev/null

-- attack: a trigger copies the next tenant's rows
-- as: acme
-- expect: error 42501
CREATE FUNCTION playground.copy() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE NOTICE '%', NEW; RETURN NEW; END $$;
CREATE TRIGGER copy BEFORE INSERT ON shop.docs FOR EACH ROW EXECUTE FUNCTION playground.copy();
-- control: on a table where the right was granted it works
-- as: acme
-- expect: lacks ERROR
CREATE TRIGGER copy BEFORE INSERT ON shop.plain FOR EACH ROW EXECUTE FUNCTION playground.copy();

-- attack: a foreign key of the attacker's table probes and pins rows
-- as: acme
-- expect: error 42501 42830
CREATE TABLE playground.probe (tenant_id tenancy.tenant_id, id int,
  FOREIGN KEY (tenant_id, id) REFERENCES shop.docs (tenant_id, id));
CREATE TABLE playground.probe (id int REFERENCES shop.docs (id));
-- control: of a table of its own
-- as: acme
-- expect: lacks ERROR
CREATE TABLE playground.parent (id int PRIMARY KEY);
CREATE TABLE playground.probe (id int REFERENCES playground.parent);

-- attack: rights granted again
-- as: acme
-- expect: error TN010 TN010
GRANT TRUNCATE, TRIGGER, REFERENCES ON shop.docs TO app;
TRUNCATE shop.docs;
-- control: the owner's word decides
-- expect: rows f|f|f
SELECT has_table_privilege('app', 'shop.docs', 'TRUNCATE'),
       has_table_privilege('app', 'shop.docs', 'TRIGGER'),
       has_table_privilege('app', 'shop.docs', 'REFERENCES');

-- attack: columns, defaults and constraints
-- as: acme
-- expect: error 42501 42501 42501 42501
ALTER TABLE shop.docs ALTER tenant_id SET DEFAULT 'globex';
ALTER TABLE shop.docs DROP COLUMN tenant_id;
ALTER TABLE shop.docs DROP CONSTRAINT docs_pkey;
CREATE UNIQUE INDEX ON shop.docs (id);
-- control: an index on a table of its own
-- as: acme
-- expect: lacks ERROR
CREATE UNIQUE INDEX ON playground.own (id);

-- attack: a child or partition beside the policies
-- as: acme
-- expect: error 42501
CREATE TABLE playground.child () INHERITS (shop.docs);
-- control: of a table of its own
-- as: acme
-- expect: lacks ERROR
CREATE TABLE playground.child () INHERITS (playground.own);

-- attack: a rule or a view's definition is replaced
-- as: acme
-- expect: error 42501 42501
CREATE RULE spy AS ON UPDATE TO shop.docs DO ALSO SELECT 1;
CREATE OR REPLACE VIEW shop.doc_list AS SELECT 1 AS id, 'x'::text AS title, 'x'::text AS secret;
-- control: a view of its own
-- as: acme
-- expect: rows 2
CREATE VIEW playground.mine AS SELECT * FROM shop.docs WHERE id IN (1, 10);
SELECT count(*) FROM playground.mine;

-- attack: the view made under one tenant read under another
-- as: acme_bob
-- expect: lacks CANARY
SELECT * FROM playground.mine;
-- control: it shows the caller's rows
-- as: acme_bob
-- expect: rows 2
SELECT count(*) FROM playground.mine;

-- attack: our functions and types are replaced
-- as: acme
-- expect: error 42501 42501 42501
CREATE OR REPLACE FUNCTION tenancy.current_tenant_id() RETURNS tenancy.tenant_id LANGUAGE sql
  AS $$SELECT 'globex'::tenancy.tenant_id$$;
CREATE FUNCTION tenancy.extra() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER TYPE tenancy.tenant_id OWNER TO app;
-- control: in its own schema it may make what it likes
-- as: acme
-- expect: rows 1
CREATE FUNCTION playground.extra() RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT playground.extra();

-- attack: the extension is dropped or moved
-- as: acme
-- expect: error 42501 42501
DROP EXTENSION pg_tenancy CASCADE;
ALTER EXTENSION pg_tenancy SET SCHEMA playground;
-- control: it is there
-- expect: rows 1
SELECT count(*) FROM pg_extension WHERE extname = 'pg_tenancy';

-- attack: DROP OWNED takes the role out of the policies
-- wrap: none
-- expect: error 42501 42501 TN001
DROP OWNED BY app_session;
DROP OWNED BY app_owner;
SELECT secret FROM shop.docs;
-- control: the floor is for everyone
-- expect: rows {0}|{0}
SELECT polroles FROM pg_policy WHERE polrelid = 'shop.docs'::regclass;
