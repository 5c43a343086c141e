-- Code of a table's owner that runs while PostgreSQL or we act for him: with his rights, and
-- without what was lifted for him. `app` owns the tables of schema playground.
CREATE VIEW shop.owner_docs WITH (security_invoker = off) AS SELECT id, secret FROM shop.docs;
ALTER VIEW shop.owner_docs OWNER TO app_owner;
GRANT SELECT, INSERT ON shop.owner_docs TO app;
CREATE TABLE playground.loot (s text);
ALTER TABLE playground.loot OWNER TO app;

-- attack: FORCE lifted from another owner's tables, by protecting one's own: a function
CREATE TABLE playground.bait (n int);
INSERT INTO playground.bait VALUES (1);
CREATE FUNCTION playground.take() RETURNS text LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO playground.loot SELECT * FROM shop.all_secrets(); RETURN 'x'; END$$;
SELECT * FROM tenancy.protect('playground.bait', tenant_column_type => 'text', backfill_using => 'playground.take()');
SELECT * FROM playground.loot;
-- expect: error TN001
-- control: what the function is for
-- as: acme
-- expect: rows t
SELECT count(*) BETWEEN 2 AND 500 FROM shop.all_secrets();

-- attack: FORCE lifted from another owner's tables, by protecting one's own: a view
CREATE TABLE playground.bait2 (n int);
INSERT INTO playground.bait2 VALUES (1);
CREATE FUNCTION playground.take2() RETURNS text LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO playground.loot SELECT secret FROM shop.owner_docs; RETURN 'x'; END$$;
SELECT * FROM tenancy.protect('playground.bait2', tenant_column_type => 'text', backfill_using => 'playground.take2()');
SELECT * FROM playground.loot;
-- expect: error TN010
-- control: what the view is for
-- as: acme
-- expect: rows t
SELECT count(*) BETWEEN 2 AND 500 FROM shop.owner_docs;

-- attack: FORCE lifted from another owner's tables, by a foreign key: a function
CREATE TABLE playground.up (id int PRIMARY KEY);
CREATE TABLE playground.down (id int REFERENCES playground.up ON DELETE CASCADE);
CREATE FUNCTION playground.take3() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO playground.loot SELECT * FROM shop.all_secrets(); RETURN old; END$$;
CREATE TRIGGER take BEFORE DELETE ON playground.down FOR EACH ROW EXECUTE FUNCTION playground.take3();
INSERT INTO playground.up VALUES (1); INSERT INTO playground.down VALUES (1);
DELETE FROM playground.up;
SELECT * FROM playground.loot;
-- expect: error TN001
-- control: the same as a tenant: its own rows
-- as: acme
-- expect: rows t
DELETE FROM playground.up;
SELECT count(*) BETWEEN 2 AND 500 FROM playground.loot;
DELETE FROM playground.loot;

-- attack: FORCE lifted from another owner's tables, by a foreign key: a view, read and written, and its plan kept
-- as: acme
CREATE TABLE playground.up2 (id int PRIMARY KEY);
CREATE TABLE playground.down2 (id int REFERENCES playground.up2 ON DELETE CASCADE);
CREATE FUNCTION playground.read() RETURNS bigint LANGUAGE plpgsql AS $$BEGIN
  RETURN (SELECT count(*) FROM shop.owner_docs); END$$;
CREATE FUNCTION playground.write() RETURNS void LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO shop.owner_docs (id, secret) VALUES (4242, 'x'); END$$;
CREATE FUNCTION playground.take4() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  BEGIN RAISE INFO 'read %', playground.read(); EXCEPTION WHEN OTHERS THEN RAISE INFO '%', sqlstate; END;
  BEGIN PERFORM playground.write(); EXCEPTION WHEN OTHERS THEN RAISE INFO '%', sqlstate; END;
  RETURN old; END$$;
CREATE TRIGGER take BEFORE DELETE ON playground.down2 FOR EACH ROW EXECUTE FUNCTION playground.take4();
INSERT INTO playground.up2 VALUES (1); INSERT INTO playground.down2 VALUES (1);
DELETE FROM playground.up2;
SELECT playground.read();
SELECT playground.write();
-- expect: error TN010 TN010
-- control: without a cascade
-- as: acme
-- expect: rows t
SELECT playground.read() BETWEEN 2 AND 500;

-- attack: settings that an owner's code leaves to whoever protects his table
-- role: postgres
-- wrap: none
SET ROLE app;
CREATE FUNCTION playground.steer() RETURNS text LANGUAGE plpgsql AS $$BEGIN
  PERFORM set_config('search_path', 'playground', false), set_config('work_mem', '65MB', false),
          set_config('tenancy.token', '', false); RETURN 'x'; END$$;
CREATE TABLE playground.bait3 (n int);
INSERT INTO playground.bait3 VALUES (1);
RESET ROLE;
SELECT count(*) > 3 FROM tenancy.protect('playground.bait3', tenant_column_type => 'text', backfill_using => 'playground.steer()');
SHOW search_path; SHOW work_mem;
-- expect: rows t|"$user", public|4MB
-- control: in a statement of their own they stay
-- role: postgres
-- wrap: none
-- expect: rows playground
DO $$BEGIN PERFORM playground.steer(); END$$;
SHOW search_path;
