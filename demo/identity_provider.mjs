/** The platform's login service, as far as the database is concerned: it signs what it is told. */
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';

export const issuer = 'https://login.platform.example';
export const audience = 'agents-database';

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomUUID();
  return {
    kid,
    privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
  };
}

const key = newKey();
const otherKey = { ...newKey(), kid: key.kid };

/** What the database is told once: the public half. */
export const jwks = { keys: [key.jwk] };

/** A signed token for one user of one tenant; `claims` replaces what it would say. */
export function tokenFor(tenant, user, claims = {}, signingKey = key) {
  const head = base64url({ alg: 'ES256', typ: 'JWT', kid: signingKey.kid });
  const body = base64url({
    iss: issuer,
    aud: audience,
    sub: user,
    tenant_id: tenant,
    iat: now(),
    exp: now() + 900,
    jti: randomUUID(),
    ...claims,
  });
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), {
    key: signingKey.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${head}.${body}.${signature.toString('base64url')}`;
}

/** Tokens that someone without the private key, or too late, would try. */
export const forged = {
  anotherPayload(tenant, user) {
    // a true signature, but of something else
    const [head, , signature] = tokenFor('acme', 'ann').split('.');
    return [head, tokenFor(tenant, user).split('.')[1], signature].join('.');
  },
  anotherKey: (tenant, user) => tokenFor(tenant, user, {}, otherKey),
  algNone(tenant, user) {
    return `${base64url({ alg: 'none', typ: 'JWT' })}.${tokenFor(tenant, user).split('.')[1]}.`;
  },
  publicKeyAsSecret(tenant, user) {
    // HS256 with what everybody knows
    const text = `${base64url({ alg: 'HS256', typ: 'JWT', kid: key.kid })}.${tokenFor(tenant, user).split('.')[1]}`;
    return `${text}.${createHmac('sha256', JSON.stringify(key.jwk)).update(text).digest('base64url')}`;
  },
  ofYesterday: (tenant, user) =>
    tokenFor(tenant, user, { iat: now() - 87_300, exp: now() - 86_400 }),
  ofTomorrow: (tenant, user) =>
    tokenFor(tenant, user, { nbf: now() + 86_400, exp: now() + 90_000 }),
  forAnotherApplication: (tenant, user) => tokenFor(tenant, user, { aud: 'the-billing-service' }),
  ofAStranger: (tenant, user) => tokenFor(tenant, user, { iss: 'https://login.evil.example' }),
};
