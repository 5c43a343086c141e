-- Issuers against each other, and what each may speak for.
SELECT tenancy.add_issuer('https://registered.example', '{app}', jwks => :'jwks',
                          tenants => 'registered') \g /dev/null
SELECT tenancy.add_issuer('https://listed.example', '{app}', jwks => :'jwks',
                          tenants => 'listed') \g /dev/null
SELECT tenancy.add_issuer('https://parties.example', '{}', jwks => :'jwks',
                          authorized_parties => '{app}') \g /dev/null
INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('acme', 'active'), ('closed', 'suspended');
INSERT INTO tenancy.issuer_tenants (issuer, tenant_id) VALUES ('https://listed.example', 'acme');

-- refuse: unknown_issuer | TN002 | acme | an issuer nobody added
-- refuse: issuer_slash | TN002 | acme | an issuer with a slash more
-- refuse: no_issuer | TN002 | acme | no issuer
-- refuse: partner_as_acme | TN002 | partner | an issuer names another's tenant
-- refuse: partner_as_idp | TN002 | partner | an issuer's key signs in another's name
-- refuse: idp_as_partner | TN002 | partner | the same the other way round
-- refuse: partner_kid_ec | TN002 | partner | an issuer's key under the kid of another's
-- refuse: hmac_as_idp | TN002 | hmac_acme | a shared secret signs in another's name

-- refuse: registered_nowhere | TN002 | registered_acme | a tenant that is not registered
-- refuse: registered_closed | TN005 | registered_acme | a tenant that is suspended
-- refuse: listed_globex | TN002 | listed_acme | a tenant that is not listed for the issuer
-- refuse: parties_other | TN002 | parties_acme | issued to another party
-- refuse: parties_none | TN002 | parties_acme | issued to no party

-- attack: equal subjects of two issuers are two users
-- as: partner
-- expect: rows partner/alice
SELECT tenancy.current_user_id();
SELECT value FROM shop.notes WHERE user_id IN ('alice', 'partner/alice');
-- control: the first one reads her note
-- as: acme
-- expect: rows alice|CANARY_ALICE
SELECT tenancy.current_user_id();
SELECT value FROM shop.notes;

-- attack: a subject picks a tenant that is not in its list
-- expect: error TN002
SELECT (tenancy.login(:'several', 'globex')).tenant_id;
-- control: it picks one that is
-- expect: rows initech
SELECT (tenancy.login(:'several', 'initech')).tenant_id;

-- attack: narrowing widens to another tenant
-- expect: error TN002
SELECT (tenancy.login(:'acme', 'globex')).tenant_id;
-- control: narrowing to the own tenant changes nothing
-- expect: rows acme
SELECT (tenancy.login(:'acme', 'acme')).tenant_id;

-- attack: the narrowing suffix names another tenant
-- expect: error TN002
SELECT set_config('tenancy.token', :'acme' || ';tenant=globex', true);
-- control: it names the own one
-- expect: rows acme
SELECT set_config('tenancy.token', :'acme' || ';tenant=acme', true) \g /dev/null
SELECT tenancy.current_tenant_id();

-- attack: suffixes that contradict, repeat or are unknown
-- expect: error TN002 TN002 TN002 TN002
SELECT set_config('tenancy.token', :'acme' || ';tenant=acme;tenant=globex', true);
SELECT set_config('tenancy.token', :'acme' || ';user=eve', true);
SELECT set_config('tenancy.token', :'acme' || ';tenant=', true);
SELECT set_config('tenancy.token', :'acme' || ';' || :'globex', true);
-- control: Bearer in front, one suffix behind
-- expect: rows acme
SELECT set_config('tenancy.token', 'Bearer ' || :'acme' || ';tenant=acme', true) \g /dev/null
SELECT tenancy.current_tenant_id();

-- attack: an agent that the credential does not name
-- expect: error TN008
SELECT (tenancy.login(:'acme_bot', agent => 'root')).agent;
-- control: the one it names
-- expect: rows bot
SELECT (tenancy.login(:'acme_bot', agent => 'bot')).agent;
