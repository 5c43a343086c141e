-- Forged and broken tokens. Each line: the token (tokens.py), its SQLSTATE, the good token beside
-- it, and what is tried.

-- The signature.
-- refuse: none | TN002 | acme_rsa | alg none, no signature
-- refuse: none_signed | TN002 | acme_rsa | alg none with a good token's signature
-- refuse: none_case | TN002 | acme_rsa | alg nOnE
-- refuse: no_signature | TN002 | acme_rsa | the signature left out
-- refuse: altered | TN002 | acme_rsa | another tenant under the old signature
-- refuse: flipped | TN002 | acme_rsa | one byte of the signature changed
-- refuse: two_parts | TN002 | acme_rsa | only header and claims
-- refuse: four_parts | TN002 | acme_rsa | a fourth part
-- refuse: padded | TN002 | acme_rsa | base64 padding
-- refuse: spaced | TN002 | acme_rsa | spaces between the parts
-- refuse: stranger | TN002 | acme | signed by a stranger under a known kid
-- refuse: zero_ecdsa | TN002 | acme | ECDSA signature of zeros (CVE-2022-21449)
-- refuse: der_ecdsa | TN002 | acme | ECDSA signature in DER
-- refuse: empty_hmac | TN002 | hmac_acme | HMAC with an empty key

-- The key decides the algorithm, the configuration decides the key.
-- refuse: hs_with_rsa_pem | TN002 | acme_rsa | HS256 with the RSA public key as secret
-- refuse: hs_with_ec_jwk | TN002 | acme | HS256 with the EC public key as secret
-- refuse: rs_as_ps | TN002 | acme_rsa | an RS256 signature called PS256
-- refuse: ec_as_rs | TN002 | acme_rsa | an ES256 signature under the RSA key's kid
-- refuse: kid_of_another | TN002 | acme | ES256 under the kid of the RSA key
-- refuse: kid_unknown | TN002 | acme | an unknown kid
-- refuse: kid_path | TN002 | acme | a path as kid
-- refuse: kid_sql | TN002 | acme | SQL as kid
-- refuse: embedded_jwk | TN002 | acme | the attacker's key in the header (jwk)
-- refuse: jku | TN002 | acme | the attacker's key behind an address (jku)
-- refuse: x5c | TN002 | acme | the attacker's certificate (x5c)
-- refuse: crit | TN002 | acme | an unknown critical extension
-- refuse: b64_false | TN002 | acme | an unencoded payload (b64=false)

-- JSON and size.
-- refuse: twice_alg | TN002 | acme | alg twice
-- refuse: twice_tenant | TN002 | acme | tenant_id twice
-- refuse: twice_escaped | TN002 | acme | tenant_id twice, once with an escape
-- refuse: trailing | TN002 | acme | a second object behind the claims
-- refuse: oversize | TN002 | acme | more than tenancy.max_token_bytes
-- refuse: deep | TN002 | acme | 5000 arrays in each other
-- refuse: latin1 | TN002 | acme | claims that are not UTF-8

-- Claims.
-- refuse: expired | TN004 | acme | expired an hour ago
-- refuse: not_yet | TN004 | acme | valid in an hour
-- refuse: no_exp | TN002 | acme | no expiry
-- refuse: exp_text | TN002 | acme | the expiry as text
-- refuse: exp_huge | TN002 | acme | an expiry of 1e400
-- refuse: wrong_audience | TN002 | acme | for another application
-- refuse: no_audience | TN002 | acme | for no application
-- refuse: audience_prefix | TN002 | acme | for applications with nearly our name
-- refuse: no_subject | TN002 | acme | no subject
-- refuse: no_tenant | TN002 | acme | no tenant
-- refuse: tenant_array | TN002 | acme | two tenants at once
-- refuse: tenant_empty | TN002 | acme | an empty tenant
-- refuse: tenant_null | TN002 | acme | tenant null
-- refuse: tenant_quote | TN002 | acme | a quote in the tenant

-- attack: a tenant that differs in its case
-- as: tenant_case
-- expect: rows GLOBEX
SELECT tenancy.current_tenant_id();
SELECT * FROM shop.docs;
-- control: the tenant itself has rows
-- as: globex
-- expect: rows globex|1002
SELECT tenancy.current_tenant_id();
SELECT count(*) FROM shop.docs;

-- attack: a wildcard as tenant matches nobody
-- expect: empty
SELECT tenancy.login(:'tenant_wildcard') \g /dev/null
SELECT * FROM shop.docs WHERE tenant_id::text LIKE '%' OR secret LIKE '%';
-- control: the tenant's own rows match
-- as: acme
-- expect: rows 2
SELECT count(*) FROM shop.docs;
