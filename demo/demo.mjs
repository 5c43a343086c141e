/** The demo: two customers, one database, one thread id. demo.sh starts it, with a server. */
import pg from 'pg';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { PostgresStore } from '@langchain/langgraph-checkpoint-postgres/store';
import { TenancyPool, runAs } from '../clients/js/tenancy-pool.mjs';
import { supportAgent } from './agent.mjs';
import { attacks, attempt } from './attacks.mjs';
import { audience, issuer, jwks, tokenFor } from './identity_provider.mjs';
import { heading, say, sideBySide, summary, verdict } from './print.mjs';

const server = { host: process.env.PGHOST, port: Number(process.env.PGPORT), database: 'demo' };
const admin = new pg.Client({ ...server, user: 'postgres' });
const owner = { ...server, user: 'agent_owner' };
const ann = ['acme', 'ann'];
const greg = ['globex', 'greg'];
let failed = 0;
let checks = 0;

function check(title, ok, outcome, detail = '') {
  checks += 1;
  if (!verdict({ title, ok, outcome, detail })) failed += 1;
}

async function createTables() {
  heading('1  The tables, as the unmodified LangGraph clients create them; then one statement');
  const ownerPool = new pg.Pool(owner);
  await new PostgresSaver(ownerPool).setup();
  const store = new PostgresStore({ connectionOptions: owner });
  await store.setup();
  await store.stop();
  await admin.query('SELECT tenancy.add_issuer($1, $2, jwks => $3)', [
    issuer,
    [audience],
    JSON.stringify(jwks),
  ]);
  const { rows } = await ownerPool.query('SELECT * FROM tenancy.protect_langgraph()');
  await ownerPool.query(`GRANT SELECT, INSERT, UPDATE, DELETE
    ON checkpoints, checkpoint_blobs, checkpoint_writes, store TO app`);
  await ownerPool.end();
  say('  the clients   PostgresSaver.setup(), PostgresStore.setup()');
  say(`  superuser     SELECT tenancy.add_issuer('${issuer}', …)`);
  say(
    `  owner         SELECT tenancy.protect_langgraph()   -- ran ${rows.length} statements, in one transaction`,
  );
  const { rows: tables } =
    await admin.query(`SELECT relation::text, isolate_by FROM tenancy.protected_tables
    ORDER BY relation::text`);
  check(
    'the tables are protected',
    tables.length === 4,
    `${tables.length}`,
    `by ${[...new Set(tables.map((table) => table.isolate_by))]}: the checkpoint tables and the store`,
  );
}

async function converse(pool) {
  heading('2  Two customers talk to the same agent, on the same thread id: support-1');
  const agent = supportAgent(pool);
  const as = (who, work) => runAs(tokenFor(...who), work);
  const lines = [
    [ann, 'please remember that our cluster is called roadrunner'],
    [greg, 'please remember that our invoice is number 4711'],
    [ann, 'what do you know about us?'],
    [greg, 'what do you know about us?'],
  ];
  for (const [who, text] of lines) await as(who, () => agent.tell('support-1', text));
  await as(greg, () =>
    agent.tell('globex-board', 'please remember that the board meets on Friday'),
  );
  await as(['acme', 'bob'], () => agent.tell('bob-private', 'please remember that I want a raise'));

  const [acme, globex] = [
    await as(ann, () => agent.conversation('support-1')),
    await as(greg, () => agent.conversation('support-1')),
  ];
  sideBySide(['acme / ann sees', acme], ['globex / greg sees', globex]);
  say('');
  const told = (conversation, secret) => conversation.some((line) => line.includes(secret));
  check(
    'each has four messages on support-1',
    acme.length === 4 && globex.length === 4,
    `${acme.length}, ${globex.length}`,
  );
  check(
    'ann’s agent knows roadrunner and not 4711',
    told(acme, 'roadrunner') && !told(acme, '4711'),
    'yes',
  );
  check(
    'greg’s agent knows 4711 and not roadrunner',
    told(globex, '4711') && !told(globex, 'roadrunner'),
    'yes',
  );
  const memories = await as(ann, () => agent.memories());
  check(
    'bob’s memories are not ann’s, though both are of acme',
    memories.length === 1,
    `${memories.length}`,
    'memory in ann’s store',
  );
}

async function look(pool) {
  heading('3  The same statement: SELECT count(*) FROM checkpoints');
  const count = async (run) =>
    Number((await run('SELECT count(*) AS n FROM checkpoints')).rows[0].n);
  const as = (who) => runAs(tokenFor(...who), () => count((text) => pool.query(text)));
  const seen = [await as(ann), await as(['acme', 'bob']), await as(greg)];
  const all = await count((text) => admin.query(text));
  say(`  ann ${seen[0]}   bob ${seen[1]}   greg ${seen[2]}   the superuser ${all}`);
  check(
    'everyone sees some, together they are all there is',
    seen.every((n) => n > 0) && seen.reduce((sum, n) => sum + n) === all,
    `${seen.join('+')}`,
    `= ${all}`,
  );
}

async function attack() {
  heading('4  The attacks, as the application’s role');
  const client = new pg.Client({ ...server, user: 'app' });
  await client.connect();
  client.on('notice', () => {});
  for (const [group, list] of Object.entries(attacks)) {
    say(`\n  ${group}`);
    for (const [title, expected, steps] of list) {
      const end = await attempt(client, steps);
      const ok = expected.refused
        ? end.refused === expected.refused
        : JSON.stringify(end.rows) === JSON.stringify(expected.rows);
      const outcome = end.refused ?? `${end.rows.length} row${end.rows.length === 1 ? '' : 's'}`;
      const detail = end.message ?? (end.rows.length ? JSON.stringify(end.rows[0]) : 'not there');
      check(title, ok, outcome, ok ? detail : `${detail} (expected ${JSON.stringify(expected)})`);
    }
  }
  await client.end();
}

async function controls(pool) {
  say('\n  And the same door, with a genuine token');
  const board = await runAs(tokenFor(...greg), () =>
    pool.query("SELECT count(*)::int AS n FROM checkpoints WHERE thread_id = 'globex-board'"),
  );
  check(
    'greg still finds the thread that ann tried to delete',
    board.rows[0].n > 0,
    `${board.rows[0].n} rows`,
  );
}

await admin.connect();
const pool = new TenancyPool({ ...server, user: 'app', max: 3, scope: 'transaction' });
try {
  await createTables();
  await converse(pool);
  await look(pool);
  await attack();
  await controls(pool);
} finally {
  await pool.end();
  await admin.end();
}
summary(
  failed === 0,
  failed === 0
    ? `All ${checks} checks came out as stated. No application code filtered anything.`
    : `${failed} of ${checks} checks did not come out as stated.`,
);
process.exitCode = failed === 0 ? 0 : 1;
