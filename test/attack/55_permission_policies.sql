-- Tables that ask for permissions: bob may write memos and read those of all of acme, alice may neither.
-- The rows of globex and of alice are compared around every attack.
INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme') ON CONFLICT (tenant_id) DO NOTHING;
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'bob', 'memos:memo:*');
-- attack: writing without the permission
-- as: acme
-- expect: error TN008 TN008 TN008 TN008 TN008
INSERT INTO shop.memos (id, body) VALUES (7, 'x');
UPDATE shop.memos SET body = 'x';
DELETE FROM shop.memos WHERE id = 99;
MERGE INTO shop.memos m USING (SELECT 1) s ON m.id = 1 WHEN MATCHED THEN DELETE;
INSERT INTO shop.memos (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET body = 'x';
-- control: with it
-- as: acme_bob
-- expect: rows x
INSERT INTO shop.memos (id, body) VALUES (7, 'x') RETURNING body;

-- attack: locking without the permission, in each strength and below an outer join
-- as: acme
-- expect: error TN008 TN008 TN008 TN008
SELECT 1 FROM shop.memos FOR KEY SHARE;
SELECT 1 FROM shop.memos WHERE id = 99 FOR SHARE;
SELECT 1 FROM (SELECT 1) a LEFT JOIN (SELECT * FROM shop.memos WHERE id = 99 FOR UPDATE) m ON true;
WITH locked AS (SELECT id FROM shop.memos FOR NO KEY UPDATE) SELECT 1 FROM locked;
-- control: the own row
-- as: acme_bob
-- expect: rows 1
SELECT 1 FROM shop.memos WHERE id = 1 FOR UPDATE;

-- attack: the partition instead of its parent
-- as: acme
-- expect: error TN008 TN008 TN008
INSERT INTO shop.memo_log_1 (id) VALUES (7);
UPDATE shop.memo_log_1 SET body = 'x';
DELETE FROM shop.memo_log_1;
-- control: it can be read
-- as: acme
-- expect: rows of alice
SELECT body FROM shop.memo_log_1;

-- attack: reading all without the permission
-- as: acme
-- expect: rows of alice
SELECT body FROM shop.memos WHERE tenant_id = 'acme' OR user_id IS NOT NULL OR tenancy.can('*');
-- control: with it
-- as: acme_bob
-- expect: rows of alice
SELECT body FROM shop.memos WHERE user_id = 'alice';

-- attack: reading all is reading the own tenant
-- as: acme_bob
-- expect: empty
SELECT body FROM shop.memos WHERE tenant_id <> 'acme';
SELECT body FROM shop.memo_log WHERE tenant_id = 'globex';
SELECT body FROM shop.memo_log_1 WHERE user_id = 'eve' OR id = 2;
-- control: the own tenant
-- as: acme_bob
-- expect: rows 2
SELECT count(DISTINCT user_id) FROM shop.memo_log;

-- attack: who reads all writes and locks none of it
-- as: acme_bob
-- expect: empty
UPDATE shop.memos SET body = 'PWNED' WHERE user_id = 'alice' RETURNING 1;
DELETE FROM shop.memos WHERE user_id = 'alice' RETURNING 1;
SELECT 1 FROM shop.memos WHERE user_id = 'alice' FOR UPDATE;
UPDATE shop.memos m SET body = 'PWNED' FROM shop.memos o WHERE o.user_id = 'alice' AND m.user_id = o.user_id RETURNING 1;
-- control: their own row
-- as: acme_bob
-- expect: rows 1
UPDATE shop.memos SET body = 'of bob' WHERE id = 1 RETURNING id;

-- attack: MERGE of what they read, rows given to others, rows made for others
-- as: acme_bob
-- expect: error 42501 42501 42501 42501
MERGE INTO shop.memos m USING (SELECT 1) s ON m.user_id = 'alice' WHEN MATCHED THEN UPDATE SET body = 'PWNED';
MERGE INTO shop.memos m USING (SELECT 1) s ON m.user_id = 'alice' WHEN MATCHED THEN DELETE;
UPDATE shop.memos SET user_id = 'alice', id = 55 WHERE id = 1;
INSERT INTO shop.memos (user_id, id) VALUES ('alice', 56);
-- control: MERGE of the own row
-- as: acme_bob
-- expect: rows of bob
MERGE INTO shop.memos m USING (SELECT 1) s ON m.user_id = 'bob' AND m.id = 1 WHEN MATCHED THEN UPDATE SET body = 'of bob';
SELECT body FROM shop.memos WHERE user_id = 'bob' AND id = 1;
