/**
 * What a reader would try against it, each on a connection of the application's own role, with any
 * SQL and, where stated, a valid token of acme/ann. `refused` is the SQLSTATE it has to end with;
 * `rows` are the rows it has to find (a row of somebody else is not refused, it is not there).
 */
import { forged, tokenFor } from './identity_provider.mjs';

const READ = 'SELECT tenant_id, thread_id FROM checkpoints';
const ENTER = "SELECT set_config('tenancy.token', $1, true)";
const enter = (token) => [ENTER, [token]];
const asAnn = () => enter(tokenFor('acme', 'ann'));

/** One transaction of these statements; the last one is the attack. */
const transaction = (...steps) => ['BEGIN', ...steps];
const withToken = (token) => transaction(enter(token), READ);

export const attacks = {
  'Without a valid token': [
    ['no token at all', { refused: 'TN001' }, [READ]],
    ['an empty token', { refused: 'TN001' }, withToken('')],
    ['something that is no token', { refused: 'TN002' }, withToken('let me in')],
    [
      'forged: signature of another token',
      { refused: 'TN002' },
      withToken(forged.anotherPayload('globex', 'greg')),
    ],
    [
      'forged: signed with a key of the attacker',
      { refused: 'TN002' },
      withToken(forged.anotherKey('globex', 'greg')),
    ],
    [
      'forged: alg none, no signature',
      { refused: 'TN002' },
      withToken(forged.algNone('globex', 'greg')),
    ],
    [
      'forged: HS256 with the public key as its secret',
      { refused: 'TN002' },
      withToken(forged.publicKeyAsSecret('globex', 'greg')),
    ],
    [
      'genuine, but made for another application',
      { refused: 'TN002' },
      withToken(forged.forAnotherApplication('globex', 'greg')),
    ],
    [
      'of an issuer nobody trusts',
      { refused: 'TN002' },
      withToken(forged.ofAStranger('globex', 'greg')),
    ],
    [
      'genuine, but of yesterday',
      { refused: 'TN004' },
      withToken(forged.ofYesterday('globex', 'greg')),
    ],
    [
      'genuine, but valid from tomorrow',
      { refused: 'TN004' },
      withToken(forged.ofTomorrow('globex', 'greg')),
    ],
    [
      'the claims put into a setting, PostgREST style',
      { refused: 'TN001' },
      transaction(`SELECT set_config('request.jwt.claims', '{"tenant_id": "globex"}', true)`, READ),
    ],
  ],
  'With the token of another request': [
    [
      'the token an earlier transaction of this connection set',
      { refused: 'TN001' },
      [
        ...transaction([
          "SELECT set_config('tenancy.token', $1, false)",
          [tokenFor('globex', 'greg')],
        ]),
        'COMMIT',
        READ,
      ],
    ],
    [
      'a second tenant in the same transaction',
      { refused: 'TN011' },
      transaction(asAnn(), enter(tokenFor('globex', 'greg'))),
    ],
    [
      'reading back the token of the request',
      { rows: [{ shown: 'acme/ann' }] },
      transaction(asAnn(), "SELECT current_setting('tenancy.token') AS shown"),
    ],
    [
      'acme’s token, asking for tenant globex',
      { refused: 'TN002' },
      transaction(enter(`${tokenFor('acme', 'ann')};tenant=globex`)),
    ],
  ],
  'As acme/ann, any SQL at all': [
    [
      'SELECT without WHERE',
      { rows: [{ tenant_id: 'acme' }] },
      transaction(asAnn(), 'SELECT DISTINCT tenant_id::text FROM checkpoints'),
    ],
    [
      'the id of a thread of globex',
      { rows: [] },
      transaction(asAnn(), "SELECT thread_id FROM checkpoints WHERE thread_id = 'globex-board'"),
    ],
    [
      '… deleting it',
      { rows: [] },
      transaction(
        asAnn(),
        "DELETE FROM checkpoints WHERE thread_id = 'globex-board' RETURNING thread_id",
      ),
    ],
    [
      '… asking for it by tenant',
      { rows: [] },
      transaction(asAnn(), "SELECT thread_id FROM checkpoints WHERE tenant_id = 'globex'"),
    ],
    [
      'a thread of acme/bob, the colleague',
      { rows: [{ n: '0' }] },
      transaction(asAnn(), "SELECT count(*) AS n FROM checkpoints WHERE thread_id = 'bob-private'"),
    ],
    [
      'writing a row for globex',
      { refused: '42501' },
      transaction(
        asAnn(),
        "INSERT INTO store (tenant_id, namespace_path, key, value) VALUES ('globex', 'memories', 'x', '{}')",
      ),
    ],
    [
      'giving its own rows to globex',
      { refused: '42501' },
      transaction(asAnn(), "UPDATE store SET tenant_id = 'globex'"),
    ],
    [
      'taking globex’s key for itself, by upsert',
      { rows: [{ tenant_id: 'acme' }] },
      transaction(
        asAnn(),
        `INSERT INTO store (namespace_path, key, value) VALUES ('memories', 'board', '{}')
         ON CONFLICT (namespace_path, key) DO UPDATE SET value = '{}' RETURNING tenant_id::text`,
      ),
    ],
    [
      'row_security = off',
      { refused: '42501' },
      transaction(asAnn(), 'SET LOCAL row_security = off', READ),
    ],
    [
      'dropping the policy',
      { refused: '42501' },
      transaction(asAnn(), 'DROP POLICY tenancy_floor ON checkpoints'),
    ],
    [
      'switching row security off',
      { refused: '42501' },
      transaction(asAnn(), 'ALTER TABLE checkpoints DISABLE ROW LEVEL SECURITY'),
    ],
    ['TRUNCATE', { refused: 'TN010' }, transaction(asAnn(), 'TRUNCATE checkpoints')],
    [
      'making itself a token',
      { refused: 'TN010' },
      transaction(asAnn(), "SELECT tenancy.issue_token('globex', 'greg')"),
    ],
    [
      'reading the database’s own signing key',
      { refused: '42501' },
      transaction(asAnn(), 'SELECT * FROM tenancy.signing_secrets'),
    ],
    [
      'adding an issuer of its own',
      { refused: '42501' },
      transaction(asAnn(), `SELECT tenancy.add_issuer('https://login.evil.example', '{x}')`),
    ],
  ],
};

/** Runs one; the connection is the application's. Returns how it ended. */
export async function attempt(client, steps) {
  try {
    let result;
    for (const step of steps) result = await client.query(...[step].flat(1));
    return { rows: result.rows };
  } catch (error) {
    if (error.code === undefined) throw error;
    // Ours say what happened in the DETAIL; the message is the SQLSTATE in words.
    const message = error.code.startsWith('TN') ? error.detail : error.message;
    return { refused: error.code, message };
  } finally {
    await client.query('ROLLBACK');
  }
}
