-- Ways around a table through what it is made of, and what is made of it.
-- attack: partitions and children read directly
-- as: acme
-- expect: lacks CANARY
SELECT * FROM shop.log; SELECT * FROM ONLY shop.log;
SELECT * FROM shop.log_2024;
SELECT * FROM shop.log_2025; SELECT * FROM shop.log_2025_0; TABLE shop.log_2025_1;
SELECT * FROM shop.animals; SELECT * FROM ONLY shop.animals;
SELECT * FROM shop.dogs; TABLE shop.dogs;
-- control: own rows of each
-- as: acme
-- expect: rows 2|1|1|1|1
SELECT (SELECT count(*) FROM shop.log), (SELECT count(*) FROM shop.log_2024), (SELECT count(*) FROM shop.log_2025),
  (SELECT count(*) FROM shop.animals), (SELECT count(*) FROM shop.dogs);

-- attack: nobody reads a leaf
-- expect: error TN001 TN001 TN001 TN001 TN001
SELECT * FROM shop.log_2024; SELECT * FROM shop.log_2025; SELECT * FROM shop.log_2025_0;
SELECT * FROM shop.log_2025_1; SELECT * FROM shop.dogs;
-- control: somebody does
-- as: acme
-- expect: rows 1
SELECT count(*) FROM shop.log_2024;

-- attack: rows of another tenant written through a leaf or a child
-- as: acme
-- expect: error 42501 42501 42501 42501 42501
INSERT INTO shop.log (tenant_id, id, at) VALUES ('globex', 900, '2024-05-05');
INSERT INTO shop.log_2024 (tenant_id, id, at) VALUES ('globex', 900, '2024-05-05');
INSERT INTO shop.log_2025 (tenant_id, id, at) VALUES ('globex', 900, '2025-05-05');
INSERT INTO shop.dogs (tenant_id, id) VALUES ('globex', 900);
UPDATE shop.dogs SET tenant_id = 'globex';
-- control: own ones
-- as: acme
-- expect: rows 1|1|1
WITH n AS (INSERT INTO shop.log_2024 (id, at) VALUES (50, '2024-05-05') RETURNING 1) SELECT count(*) FROM n;
WITH n AS (INSERT INTO shop.log_2025 (id, at) VALUES (51, '2025-05-05') RETURNING 1) SELECT count(*) FROM n;
WITH n AS (INSERT INTO shop.dogs (id) VALUES (50) RETURNING 1) SELECT count(*) FROM n;

-- attack: rows of another tenant changed, moved or deleted through a leaf or a child
-- as: acme
-- expect: rows 0|0|0|0
WITH n AS (UPDATE shop.log SET secret = 'x' WHERE tenant_id = 'globex' RETURNING 1) SELECT count(*) FROM n;
WITH n AS (UPDATE shop.log SET at = '2025-06-06' WHERE tenant_id = 'globex' RETURNING 1) SELECT count(*) FROM n;
WITH n AS (DELETE FROM shop.log_2025 WHERE tenant_id = 'globex' RETURNING 1) SELECT count(*) FROM n;
WITH n AS (DELETE FROM shop.animals WHERE tenant_id = 'globex' RETURNING 1) SELECT count(*) FROM n;
-- control: own ones
-- as: acme
-- expect: rows 1
WITH n AS (UPDATE shop.log SET at = '2025-06-07' WHERE id = 50 RETURNING 1) SELECT count(*) FROM n;

-- attack: a key of a leaf or a child tells what exists
-- as: acme
-- oracle: 700,800,801
INSERT INTO shop.log (id, at) VALUES (:guess, '2024-03-03') ON CONFLICT DO NOTHING;
INSERT INTO shop.log_2024 (id, at) VALUES (:guess, '2024-03-03') ON CONFLICT DO NOTHING;
INSERT INTO shop.dogs (id) VALUES (:guess) ON CONFLICT DO NOTHING;
DELETE FROM shop.log WHERE id = :guess; DELETE FROM shop.dogs WHERE id = :guess;
-- control: of the own ones it does
-- as: acme
-- oracle: 1,800,801
INSERT INTO shop.log_2024 (id, at) VALUES (:guess, '2024-03-03');
DELETE FROM shop.log WHERE id = :guess AND id > 1;

-- attack: an exclusion constraint tells of the rooms that others booked
-- as: acme
-- oracle: 10,30,50
INSERT INTO shop.bookings (room, during) VALUES (1, int4range(:guess, :guess + 5));
DELETE FROM shop.bookings WHERE lower(during) >= 10;
-- control: own bookings meet
-- as: acme
-- oracle: 1,30,50
INSERT INTO shop.bookings (room, during) VALUES (1, int4range(:guess, :guess + 5));
DELETE FROM shop.bookings WHERE lower(during) >= 10;

-- attack: TRUNCATE, triggers and foreign keys of leaves
-- as: acme
-- expect: error TN010 TN010 42501 42501
TRUNCATE shop.log_2024;
TRUNCATE shop.dogs;
CREATE TABLE playground.probing (t tenancy.tenant_id, i int, a date, FOREIGN KEY (t, i, a) REFERENCES shop.log_2024);
CREATE RULE r AS ON INSERT TO shop.log_2025_0 DO ALSO SELECT 1;
-- control: none of these rights is left
-- expect: rows f|f|f
SELECT has_table_privilege('app', 'shop.log_2025_0', 'TRUNCATE'), has_table_privilege('app', 'shop.log_2025_0', 'REFERENCES'),
  has_table_privilege('app', 'shop.dogs', 'TRIGGER');

-- attack: an own table is attached, or made a child
-- as: acme
-- expect: error 42501 42501 42501
CREATE TABLE playground.part (LIKE shop.log);
ALTER TABLE shop.log ATTACH PARTITION playground.part FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
ALTER TABLE shop.log DETACH PARTITION shop.log_2024;
ALTER TABLE playground.part INHERIT shop.animals;
-- control: it is its own
-- as: acme
-- expect: lacks ERROR
CREATE TABLE playground.part2 (id int) PARTITION BY LIST (id);
CREATE TABLE playground.part3 (id int);
ALTER TABLE playground.part2 ATTACH PARTITION playground.part3 DEFAULT;

-- attack: the sequence tells how many rows others wrote, or is set back
-- as: acme
-- expect: error 42501 42501
SELECT last_value FROM shop.numbered_id_seq;
SELECT setval('shop.numbered_id_seq', 1, false);
-- control: rows still get numbers
-- as: acme
-- expect: rows t
INSERT INTO shop.numbered DEFAULT VALUES RETURNING id > 0;

-- attack: views over views, of the owner and of a superuser
-- as: acme
-- expect: lacks CANARY
SELECT * FROM shop.doc_list; SELECT * FROM shop.doc_nested; SELECT * FROM shop.animal_list;
-- control: own rows
-- as: acme
-- expect: rows 2
SELECT count(*) FROM shop.animal_list;

-- attack: a detached partition is open
-- as: acme
-- expect: lacks CANARY
SELECT * FROM shop.log_2023;
-- control: it keeps own rows
-- as: acme
-- expect: rows 1
SELECT count(*) FROM shop.log_2023;
