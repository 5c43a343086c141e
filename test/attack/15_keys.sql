-- Keys: who may bring them, and which ones nobody may store.
-- attack: the application brings an issuer of its own
-- expect: error 42501
SELECT tenancy.add_issuer('https://evil.example', '{app}', jwks => :'partner_jwks');
-- control: an administrator may
-- role: postgres
-- expect: lacks ERROR
SELECT tenancy.add_issuer('https://added.example', '{app}', jwks => :'partner_jwks');
SELECT tenancy.drop_issuer('https://added.example');

-- attack: the application changes keys, issuers and the own signing key
-- expect: error 42501 42501 42501 42501
SELECT tenancy.set_jwks('https://idp.example', :'partner_jwks');
SELECT tenancy.alter_issuer('https://idp.example', '{"audience": ["x"]}');
SELECT tenancy.drop_issuer('https://idp.example');
SELECT tenancy.rotate_signing_key();
-- control: an administrator may set the same keys again
-- role: postgres
-- expect: lacks ERROR
SELECT tenancy.set_jwks('https://idp.example', :'jwks');

-- attack: the application issues a token to itself
-- expect: error 42501
SELECT tenancy.issue_token('globex');
-- control: an administrator issues one that enters
-- role: postgres
-- expect: rows globex
SELECT tenancy.issue_token('globex', 'eve') AS issued \gset
SELECT (tenancy.login(:'issued')).tenant_id;

-- attack: the application writes into the trust tables
-- expect: error 42501 42501 42501 42501 42501
INSERT INTO tenancy.issuers SELECT * FROM tenancy.issuers;
UPDATE tenancy.issuers SET audience = '{}';
DELETE FROM tenancy.tenants;
INSERT INTO tenancy.tenant_aliases DEFAULT VALUES;
TRUNCATE tenancy.issuer_tenants;
-- control: an administrator reads them
-- role: postgres
-- expect: rows t
SELECT count(*) >= 3 FROM tenancy.issuers;

-- attack: the application reads private keys and shared secrets
-- expect: error 42501 42501 42501
SELECT * FROM tenancy.signing_keys;
SELECT * FROM tenancy.signing_secrets;
SELECT jwks FROM tenancy.issuers;
-- control: the public half of the own key is public
-- expect: matches "kty"
-- expect: lacks "d"
SELECT tenancy.jwks();

-- attack: a role that reads all data reads no secret
-- role: reader
-- expect: rows 0
SELECT count(*) FROM tenancy.signing_secrets;
SELECT * FROM tenancy.signing_secrets;
-- control: there is one
-- role: postgres
-- expect: rows t
SELECT count(*) > 0 FROM tenancy.signing_secrets;

-- attack: keys given to the stateless check open nothing
-- expect: error TN001
SELECT tenancy.verify_jwt(:'stranger', '{"keys": []}') WHERE false;
SELECT tenancy.verify_jws(:'partner', :'partner_jwks') \g /dev/null
SELECT secret FROM shop.docs;
-- control: they verify
-- expect: rows t
SELECT tenancy.verify_jws(:'partner', :'partner_jwks') IS NOT NULL;

-- attack: weak and broken keys are refused when they are stored, whoever stores them
-- role: postgres
-- expect: error 22023 22023 22023 22023 22023 22023
SELECT tenancy.set_jwks('https://partner.example', :'weak_rsa');
SELECT tenancy.set_jwks('https://partner.example', :'short_hmac');
SELECT tenancy.set_jwks('https://partner.example', :'off_curve');
SELECT tenancy.set_jwks('https://partner.example', :'small_order');
SELECT tenancy.set_jwks('https://partner.example', :'even_exponent');
SELECT tenancy.set_jwks('https://partner.example', :'private_part');
-- control: the good key is stored
-- role: postgres
-- expect: lacks ERROR
SELECT tenancy.set_jwks('https://partner.example', :'partner_jwks');

-- attack: an issuer without an audience would let every application's tokens in
-- role: postgres
-- expect: error 22023
SELECT tenancy.add_issuer('https://loose.example', '{}', jwks => :'partner_jwks');
-- control: with authorized parties it may be added
-- role: postgres
-- expect: lacks ERROR
SELECT tenancy.add_issuer('https://loose.example', '{}', jwks => :'partner_jwks',
                          authorized_parties => '{app}');
SELECT tenancy.drop_issuer('https://loose.example');
