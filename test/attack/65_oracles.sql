-- Learning that a row of another tenant exists. An oracle runs three times, with a value the other
-- tenant has and with two that nobody has; but for the value the answers must be the same.
-- attack: a primary key
-- as: acme
-- oracle: 1500,9500,9501
INSERT INTO shop.docs (id) VALUES (:guess);
ROLLBACK;
-- control: it tells the tenant its own
-- as: acme
-- oracle: 1,9500,9501
INSERT INTO shop.docs (id) VALUES (:guess);
ROLLBACK;

-- attack: a unique constraint
-- as: acme
-- oracle: knownnick,freenick1,freenick2
INSERT INTO shop.accounts (email, nick) VALUES ('mine@x', :'guess');
ROLLBACK;
-- control: it tells the other tenant
-- as: globex
-- oracle: knownnick,freenick1,freenick2
INSERT INTO shop.accounts (email, nick) VALUES ('mine@x', :'guess');
ROLLBACK;

-- attack: ON CONFLICT DO NOTHING
-- as: acme
-- oracle: 1501,9500,9501
INSERT INTO shop.docs (id) VALUES (:guess) ON CONFLICT DO NOTHING RETURNING 'inserted';
INSERT INTO shop.docs (id, title) VALUES (:guess, 'x') ON CONFLICT (id) DO NOTHING RETURNING 'inserted';
ROLLBACK;
-- control: it tells the tenant its own
-- as: acme
-- oracle: 1,9500,9501
INSERT INTO shop.docs (id) VALUES (:guess) ON CONFLICT DO NOTHING RETURNING 'inserted';
ROLLBACK;

-- attack: ON CONFLICT DO UPDATE
-- as: acme
-- oracle: 1502,9500,9501
INSERT INTO shop.docs (id) VALUES (:guess) ON CONFLICT (id) DO UPDATE SET title = 'x' RETURNING title;
ROLLBACK;
-- control: it tells the tenant its own
-- as: acme
-- oracle: 1,9500,9501
INSERT INTO shop.docs (id) VALUES (:guess) ON CONFLICT (id) DO UPDATE SET title = 'x' RETURNING title;
ROLLBACK;

-- attack: moving a key onto another tenant's
-- as: acme
-- oracle: 1503,9500,9501
UPDATE shop.docs SET id = :guess WHERE id = 10 RETURNING id;
ROLLBACK;
-- control: it tells the tenant its own
-- as: acme
-- oracle: 1,9500,9501
UPDATE shop.docs SET id = :guess WHERE id = 10 RETURNING id;
ROLLBACK;

-- attack: a foreign key to a parent of another tenant
-- as: acme
-- oracle: 900,9500,9501
INSERT INTO shop.children VALUES (77, :guess);
ROLLBACK;
-- control: it tells the tenant its own
-- as: acme
-- oracle: 2,9500,9501
INSERT INTO shop.children VALUES (77, :guess);
ROLLBACK;

-- attack: deleting a parent that another tenant's children name
-- as: acme
-- expect: rows 1
DELETE FROM shop.parents WHERE id = 1 RETURNING id;
-- control: the tenant's own child went with it, the other tenant's stayed
-- role: postgres
-- expect: rows globex
SELECT tenant_id FROM shop.children WHERE parent_id = 1;

-- attack: a subquery's error
-- as: acme
-- oracle: CANARY_G1,MISS_1,MISS_2
SELECT 1 / (SELECT count(*) FROM shop.docs WHERE secret = :'guess');
-- control: it tells the tenant its own
-- as: acme
-- oracle: own,MISS_1,MISS_2
SELECT 1 / (SELECT count(*) FROM shop.docs WHERE secret = :'guess' || ' secret');

-- attack: lock waits and SKIP LOCKED
-- as: acme
-- oracle: 1504,9500,9501
SELECT id FROM shop.docs WHERE id = :guess FOR UPDATE SKIP LOCKED;
SELECT id FROM shop.docs WHERE id = :guess FOR UPDATE NOWAIT;
-- control: it tells the tenant its own
-- as: acme
-- oracle: 1,9500,9501
SELECT id FROM shop.docs WHERE id = :guess FOR UPDATE SKIP LOCKED;
