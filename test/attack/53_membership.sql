-- Membership: who is let in by the tables, and who is not although a token speaks for them.
SELECT tenancy.add_issuer('https://members.example', '{app}', jwks => :'jwks', membership => 'required')
  \g /dev/null
SELECT tenancy.add_issuer('https://twin.example', '{app}', jwks => :'jwks', membership => 'required',
                          user_prefix => 'twin/') \g /dev/null
INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('acme', 'active'), ('globex', 'active'), ('initech', 'active'),
  ('paused', 'suspended'), ('f47ac10b-58cc-4372-a567-0e02b2c3d479', 'active') ON CONFLICT DO NOTHING;
INSERT INTO tenancy.members (tenant_id, user_id, status, tokens_valid_after) VALUES
  ('acme', 'ann', 'active', NULL), ('initech', 'ann', 'active', now() - interval '5 min'), ('initech', 'twin/ann', 'active', NULL),
  ('acme', 'removed', 'active', NULL), ('acme', 'suspended', 'suspended', NULL), ('initech', 'suspended', 'active', NULL),
  ('f47ac10b-58cc-4372-a567-0e02b2c3d479', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'active', NULL);
DELETE FROM tenancy.members WHERE user_id = 'removed';

-- attack: a user who was removed from the tenant
-- expect: error TN002 TN002
SELECT tenancy.login(:'removed');
SELECT tenancy.login(:'removed', 'acme');
-- control: one who was not
-- expect: rows acme
SELECT (tenancy.login(:'ann', 'acme')).tenant_id;

-- attack: a member of one tenant picks another, by argument, by suffix and by claim
-- expect: error TN002 TN002 TN002
SELECT tenancy.login(:'ann', 'globex');
SELECT set_config('tenancy.token', :'ann' || ';tenant=globex', true);
SELECT tenancy.login(:'ann_globex');
-- control: by each of them the own one
-- wrap: none
-- expect: rows acme|initech
BEGIN;
SELECT set_config('tenancy.token', :'ann' || ';tenant=acme', true) \g /dev/null
SELECT tenancy.current_tenant_id();
COMMIT;
BEGIN;
SELECT (tenancy.login(:'ann_globex', 'initech')).tenant_id;
COMMIT;

-- attack: a membership carries nobody out of the tenant of an issuer that believes claims
-- expect: error TN002 TN002
SELECT tenancy.login(:'ann_claims', 'initech');
SELECT set_config('tenancy.token', :'ann_claims' || ';tenant=initech', true);
-- control: the token's own tenant
-- expect: rows acme
SELECT (tenancy.login(:'ann_claims', 'acme')).tenant_id;

-- attack: the equal subject of another issuer, in both directions
-- expect: error TN002 TN002
SELECT tenancy.login(:'ann_twin', 'acme');
SELECT tenancy.login(:'ann', 'globex');
-- control: as the user that the prefix makes
-- expect: rows twin/ann
SELECT (tenancy.login(:'ann_twin', 'initech')).user_id;

-- attack: an administrator asks whether the twin's user is one of theirs
-- role: postgres
-- expect: rows The user is not a member of the tenant.
SELECT detail FROM tenancy.explain_token(:'ann_twin' || ';tenant=acme') WHERE NOT passed;
-- control: the prefix is only a spelling, so subjects must not be free to choose it: what the guide says
-- role: postgres
-- expect: rows t
SELECT passed FROM tenancy.explain_token(:'ann_posing' || ';tenant=initech') WHERE step = 'membership';

-- attack: other spellings of a user and of a tenant
-- expect: error TN002 TN002 TN002 TN002 TN002
SELECT tenancy.login(:'ann_case', 'acme');
SELECT tenancy.login(:'ann_space', 'acme');
SELECT tenancy.login(:'ann', 'ACME');
SELECT tenancy.login(:'member_md5', 'f47ac10b-58cc-4372-a567-0e02b2c3d479');
SELECT tenancy.login(:'member_uuid', 'f47ac10b58cc4372a5670e02b2c3d479');
-- control: UUIDs have one value in any case
-- expect: rows 6ba7b810-9dad-11d1-80b4-00c04fd430c8
SELECT (tenancy.login(:'member_uuid', 'F47AC10B-58CC-4372-A567-0E02B2C3D479')).user_id;

-- attack: who is suspended in the tenant, whoever vouches
-- expect: error TN005 TN005
SELECT tenancy.login(:'suspended', 'acme');
SELECT tenancy.login(:'suspended_claims');
-- control: in another tenant they are not
-- expect: rows initech
SELECT (tenancy.login(:'suspended', 'initech')).tenant_id;

-- attack: tokens from before tokens_valid_after, and one that does not say when it was issued
-- expect: error TN005 TN005
SELECT tenancy.login(:'ann_old', 'initech');
SELECT tenancy.login(:'ann_no_iat', 'initech');
-- control: a later token, and the old one where no such limit is
-- wrap: none
-- expect: rows initech|acme
BEGIN;
SELECT (tenancy.login(:'ann', 'initech')).tenant_id;
COMMIT;
BEGIN;
SELECT (tenancy.login(:'ann_old', 'acme')).tenant_id;
COMMIT;

-- attack: two tenants of a member at once, also with a savepoint rolled back between
-- expect: error TN011 TN011
SELECT tenancy.login(:'ann', 'acme') \g /dev/null
SELECT tenancy.login(:'ann', 'initech');
SAVEPOINT a;
SELECT tenancy.logout();
ROLLBACK TO a;
SELECT tenancy.login(:'ann', 'initech');
-- control: one after the other
-- wrap: none
-- expect: rows acme|initech
BEGIN;
SELECT (tenancy.login(:'ann', 'acme')).tenant_id;
COMMIT;
BEGIN;
SELECT (tenancy.login(:'ann', 'initech')).tenant_id;
COMMIT;

-- attack: narrowing twice
-- expect: error TN002 TN002 TN002
SELECT set_config('tenancy.token', :'ann' || ';tenant=acme;tenant=initech', true);
SELECT tenancy.login(:'ann' || ';tenant=acme', 'initech');
SELECT tenancy.login(:'ann' || ';tenant=acme', 'acme');
-- control: once
-- expect: rows acme
SELECT (tenancy.login(:'ann' || ';tenant=acme')).tenant_id;

-- attack: whether a tenant exists, is suspended, or neither
-- oracle: paused,nowhere,noplace
-- expect: error TN002 TN002 TN002
SELECT tenancy.login(:'ann', :'guess');
-- control: members are told
-- oracle: acme,nowhere,noplace
-- expect: lacks no-such-text
SELECT tenancy.login(:'ann', :'guess') IS NOT NULL;

-- attack: the application makes itself a member
-- expect: error TN001 TN002 42501
INSERT INTO tenancy.members (tenant_id, user_id) VALUES ('globex', 'ann');
SELECT tenancy.login(:'ann', 'globex');
UPDATE tenancy.issuers SET membership = 'claims';
-- control: an administrator makes and takes one
-- role: postgres
-- expect: rows t
INSERT INTO tenancy.members (tenant_id, user_id) VALUES ('globex', 'ann');
SELECT passed FROM tenancy.explain_token(:'ann' || ';tenant=globex') WHERE step = 'membership';
ROLLBACK;
