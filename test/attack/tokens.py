"""Every token of the attack suite, good and forged, by name.

Keys are made afresh for each run with the openssl program; nothing here is a secret.
"""
import base64
import hashlib
import hmac
import json
import subprocess
import time

NOW = int(time.time())
ISSUER = 'https://idp.example'        # speaks for every tenant
OTHER = 'https://partner.example'     # speaks for the tenant partner only
STRICT = 'https://strict.example'     # gives no leeway
REGISTERED = 'https://registered.example'  # speaks for tenants that are registered and active
LISTED = 'https://listed.example'     # speaks for the tenants listed for it
PARTIES = 'https://parties.example'   # sends no audience, but the party it was issued to
MEMBERS = 'https://members.example'    # lets members in, and nobody else
TWIN = 'https://twin.example'          # the same, with users of its own
HMAC_ISSUER = 'https://hmac.example'  # signs with a shared secret
AUDIENCE = 'app'


def b64(data):
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def number(value, length=None):
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, 'big'))


class Key:
    """A private key in a file, its public JWK, and signatures with it."""

    def __init__(self, directory, kid, algorithm, *options):
        self.kid, self.algorithm = kid, algorithm
        self.path = f'{directory}/{kid}.pem'
        self.openssl('genpkey', '-out', self.path, *options)
        der = self.openssl('pkey', '-in', self.path, '-pubout', '-outform', 'DER')
        self.public_pem = self.openssl('pkey', '-in', self.path, '-pubout')
        if algorithm == 'RS256':
            text = self.openssl('rsa', '-in', self.path, '-modulus', '-noout').decode()
            self.jwk = {'kty': 'RSA', 'n': number(int(text.split('=')[1], 16)), 'e': 'AQAB'}
        elif algorithm == 'ES256':
            self.jwk = {'kty': 'EC', 'crv': 'P-256', 'x': b64(der[-64:-32]), 'y': b64(der[-32:])}
        else:
            self.jwk = {'kty': 'OKP', 'crv': 'Ed25519', 'x': b64(der[-32:])}
        self.jwk.update(kid=kid, alg=algorithm, use='sig')

    @staticmethod
    def openssl(*arguments, data=None):
        return subprocess.run(['openssl', *arguments], input=data, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def sign(self, data):
        if self.algorithm == 'EdDSA':
            with open(self.path + '.data', 'wb') as file:
                file.write(data)
            return self.openssl('pkeyutl', '-sign', '-rawin', '-inkey', self.path, '-in',
                                self.path + '.data')
        signature = self.openssl('dgst', '-sha256', '-sign', self.path, data=data)
        return self.fixed_length(signature) if self.algorithm == 'ES256' else signature

    @staticmethod
    def fixed_length(der):
        """ECDSA's SEQUENCE of two INTEGERs as r and s of 32 bytes each."""
        r_length = der[3]
        r, s = der[4:4 + r_length], der[6 + r_length:]
        return b''.join(int.from_bytes(part, 'big').to_bytes(32, 'big') for part in (r, s))


class Secret:
    """An HMAC key."""

    def __init__(self, kid, secret):
        self.kid, self.algorithm, self.secret = kid, 'HS256', secret
        self.jwk = {'kty': 'oct', 'k': b64(secret), 'kid': kid, 'alg': 'HS256'}

    def sign(self, data):
        return hmac.new(self.secret, data, hashlib.sha256).digest()


def claims(tenant='acme', user='alice', **changes):
    result = {'iss': ISSUER, 'aud': AUDIENCE, 'sub': user, 'tenant_id': tenant, 'iat': NOW,
              'exp': NOW + 3600}
    result.update(changes)
    return {name: value for name, value in result.items() if value is not None}


def token(key, payload, header=None, **members):
    """A compact JWS. `header` replaces the whole header; payload and header may be JSON text."""
    if header is None:
        header = {'alg': key.algorithm, 'kid': key.kid, 'typ': 'JWT'}
        header.update(members)
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, payload)]
    signed = '.'.join(b64(part) for part in parts)
    return signed + '.' + b64(key.sign(signed.encode()))


def altered(good, tenant):
    """The token with another tenant in its claims and the signature it had."""
    head, body, signature = good.split('.')
    text = json.loads(base64.urlsafe_b64decode(body + '=='))
    text['tenant_id'] = tenant
    return '.'.join((head, b64(json.dumps(text)), signature))


def make(directory):
    """Returns (tokens by name, key sets by name, maker of a token that lives two seconds)."""
    rsa = Key(directory, 'rsa', 'RS256', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048')
    ec = Key(directory, 'ec', 'ES256', '-algorithm', 'EC', '-pkeyopt',
             'ec_paramgen_curve:P-256')
    ed = Key(directory, 'ed', 'EdDSA', '-algorithm', 'ED25519')
    partner = Key(directory, 'partner', 'ES256', '-algorithm', 'EC', '-pkeyopt',
                  'ec_paramgen_curve:P-256')
    stranger = Key(directory, 'stranger', 'ES256', '-algorithm', 'EC', '-pkeyopt',
                   'ec_paramgen_curve:P-256')
    weak = Key(directory, 'weak', 'RS256', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024')
    secret = Secret('hmac', hashlib.sha256(rsa.public_pem).digest() * 2)
    sets = {
        'jwks': {'keys': [rsa.jwk, ec.jwk, ed.jwk]},
        'partner_jwks': {'keys': [partner.jwk]},
        'hmac_jwks': {'keys': [secret.jwk]},
        'weak_rsa': {'keys': [weak.jwk]},
        'short_hmac': {'keys': [Secret('short', b'0123456789abcdef').jwk]},
        'off_curve': {'keys': [dict(ec.jwk, y=ec.jwk['x'])]},
        'small_order': {'keys': [dict(ed.jwk, x=b64(bytes(32)))]},
        'even_exponent': {'keys': [dict(rsa.jwk, e='Ag')]},
        'private_part': {'keys': [dict(ec.jwk, d=ec.jwk['x'])]},
    }

    def posing(kid, algorithm, key):  # somebody's key under another one's kid
        return token(key, claims(), {'alg': algorithm, 'kid': kid, 'typ': 'JWT'})

    def json_text(**changes):
        return json.dumps(claims(**changes))

    none = '.'.join((b64('{"alg":"none"}'), b64(json_text()), ''))
    good = token(rsa, claims())
    head, body, signature = good.split('.')
    es_body = token(ec, claims()).rsplit('.', 1)[0]
    tokens = {
        # Good ones: who they are stands in their names.
        'acme': token(ec, claims()),
        'acme_rsa': good,
        'acme_ed': token(ed, claims()),
        'acme_bob': token(ec, claims(user='bob')),
        'acme_again': token(ec, claims(exp=NOW + 7200, jti='second')),
        'acme_ada': token(ec, claims(user='ada')),
        'globex': token(ec, claims('globex', 'eve')),
        'hmac_acme': token(secret, claims(iss=HMAC_ISSUER)),
        'partner': token(partner, claims('partner', 'alice', iss=OTHER)),
        'several': token(ec, claims(None, 'carol', tenants=['acme', 'initech'])),
        # Signatures.
        'none': none,
        'none_signed': none + signature,
        'none_case': '.'.join((b64('{"alg":"nOnE"}'), b64(json_text()), '')),
        'no_signature': '.'.join((head, body, '')),
        'altered': altered(good, 'globex'),
        'flipped': '.'.join((head, body, b64(bytes([1]) + base64.urlsafe_b64decode(
            signature + '==')[1:]))),
        'two_parts': '.'.join((head, body)),
        'four_parts': good + '.' + signature,
        'padded': good + '=',
        'spaced': ' '.join((head, body, signature)),
        'stranger': posing('ec', 'ES256', stranger),
        'zero_ecdsa': es_body + '.' + b64(bytes(64)),
        'der_ecdsa': es_body + '.' + b64(Key.openssl('dgst', '-sha256', '-sign', ec.path,
                                                     data=es_body.encode())),
        'empty_hmac': token(Secret('hmac', b''), claims(iss=HMAC_ISSUER)),
        # Keys and algorithms.
        'hs_with_rsa_pem': posing('rsa', 'HS256', Secret('rsa', rsa.public_pem)),
        'hs_with_ec_jwk': posing('ec', 'HS256', Secret('ec', json.dumps(ec.jwk).encode())),
        'rs_as_ps': posing('rsa', 'PS256', rsa),
        'ec_as_rs': posing('rsa', 'RS256', ec),
        'kid_of_another': posing('rsa', 'ES256', ec),
        'kid_unknown': posing('nobody', 'ES256', ec),
        'kid_path': posing('../../../../dev/null', 'HS256', Secret('x', b'')),
        'kid_sql': posing("' UNION SELECT 'x", 'HS256', Secret('x', b'x')),
        'embedded_jwk': token(stranger, claims(), jwk=stranger.jwk, kid='stranger'),
        'jku': token(stranger, claims(), jku='https://evil.example/jwks.json'),
        'x5c': token(stranger, claims(), x5c=[b64(stranger.public_pem)]),
        'crit': token(ec, claims(), crit=['x'], x=1),
        'b64_false': token(ec, claims(), crit=['b64'], b64=False),
        # JSON and size.
        'twice_alg': token(ec, claims(), '{"alg":"none","alg":"ES256","kid":"ec"}'),
        'twice_tenant': token(ec, json_text()[:-1] + ',"tenant_id":"globex"}'),
        'twice_escaped': token(ec, json_text()[:-1] + ',"tenant\\u005fid":"globex"}'),
        'trailing': token(ec, json_text() + '{"tenant_id":"globex"}'),
        'oversize': token(ec, claims(padding='x' * 20000)),
        'deep': token(ec, json_text()[:-1] + ',"x":' + '[' * 5000 + ']' * 5000 + '}'),
        'latin1': token(ec, json_text()).split('.')[0] + '.' + b64(b'{"sub":"\xe4"}') + '.' +
                  signature,
        # Claims.
        'expired': token(ec, claims(iat=NOW - 7200, exp=NOW - 3600)),
        'no_exp': token(ec, claims(exp=None)),
        'exp_text': token(ec, claims(exp=str(NOW + 3600))),
        'exp_huge': token(ec, json.dumps(claims(exp=0)).replace('"exp": 0', '"exp": 1e400')),
        'not_yet': token(ec, claims(nbf=NOW + 3600)),
        'wrong_audience': token(ec, claims(aud='other-app')),
        'no_audience': token(ec, claims(aud=None)),
        'audience_prefix': token(ec, claims(aud=['app-admin', 'ap', 'APP'])),
        'unknown_issuer': token(ec, claims(iss='https://evil.example')),
        'issuer_slash': token(ec, claims(iss=ISSUER + '/')),
        'no_issuer': token(ec, claims(iss=None)),
        'no_tenant': token(ec, claims(tenant=None)),
        'tenant_array': token(ec, claims(tenant=['acme', 'globex'])),
        'tenant_empty': token(ec, claims(tenant='')),
        'tenant_case': token(ec, claims('GLOBEX', 'eve')),
        'tenant_uuid': token(ec, claims('aaaaaaaa-2222-3333-4444-555555555555'.upper())),
        'tenant_wildcard': token(ec, claims(tenant='%')),
        'tenant_quote': token(ec, claims(tenant="x' OR 'a'='a")),
        'tenant_null': token(ec, json_text().replace('"acme"', 'null')),
        'no_subject': token(ec, claims(user=None)),
        # Issuers against each other.
        'partner_as_acme': token(partner, claims('acme', 'alice', iss=OTHER)),
        'partner_as_idp': token(partner, claims()),
        'idp_as_partner': token(ec, claims('partner', 'alice', iss=OTHER)),
        'partner_kid_ec': token(partner, claims('acme', iss=OTHER), kid='ec'),
        'acme_bot': token(ec, claims(act={'sub': 'bot'})),
        'registered_acme': token(ec, claims(iss=REGISTERED)),
        'registered_closed': token(ec, claims('closed', iss=REGISTERED)),
        'registered_nowhere': token(ec, claims('nowhere', iss=REGISTERED)),
        'listed_acme': token(ec, claims(iss=LISTED)),
        'listed_globex': token(ec, claims('globex', 'eve', iss=LISTED)),
        'parties_acme': token(ec, claims(iss=PARTIES, aud=None, azp='app')),
        'parties_other': token(ec, claims(iss=PARTIES, aud=None, azp='other-app')),
        'parties_none': token(ec, claims(iss=PARTIES, aud=None)),
        'hmac_as_idp': token(secret, claims()),
        # Members.
        'ann': token(ec, claims(None, 'ann', iss=MEMBERS)),
        'ann_old': token(ec, claims(None, 'ann', iss=MEMBERS, iat=NOW - 600)),
        'ann_no_iat': token(ec, claims(None, 'ann', iss=MEMBERS, iat=None)),
        'ann_case': token(ec, claims(None, 'ANN', iss=MEMBERS)),
        'ann_space': token(ec, claims(None, 'ann ', iss=MEMBERS)),
        'ann_twin': token(ec, claims(None, 'ann', iss=TWIN)),
        'ann_posing': token(ec, claims(None, 'twin/ann', iss=MEMBERS)),
        'ann_claims': token(ec, claims('acme', 'ann')),
        'ann_globex': token(ec, claims('globex', 'ann', iss=MEMBERS)),
        'removed': token(ec, claims('acme', 'removed', iss=MEMBERS)),
        'suspended': token(ec, claims(None, 'suspended', iss=MEMBERS)),
        'suspended_claims': token(ec, claims('acme', 'suspended')),
        'member_uuid': token(ec, claims(None, '6BA7B810-9DAD-11D1-80B4-00C04FD430C8', iss=MEMBERS)),
        'member_md5': token(ec, claims(None, '6ba7b8109dad11d180b400c04fd430c8', iss=MEMBERS)),
    }
    def fresh():
        return token(ec, claims(iss=STRICT, exp=int(time.time()) + 2))

    return tokens, {name: json.dumps(value) for name, value in sets.items()}, fresh
