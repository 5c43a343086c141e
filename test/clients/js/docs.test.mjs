/** doc/langgraph.md as it stands: every block that names its file, in both columns. */
import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { jwks, tokenFor } from '../../../demo/identity_provider.mjs';
import { blocksOf, freshDatabase, run as runIn, urlOf } from './support.mjs';

const blocks = await blocksOf('langgraph.md');
const graph = `
  import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
  const State = Annotation.Root({ said: Annotation({ reducer: (a, b) => a.concat(b), default: () => [] }) });
  export const builder = new StateGraph(State)
    .addNode('hear', async ({ said }, { store }) => {
      await store.put(['heard'], 'last', { text: said.at(-1) });
      return { said: [\`heard \${(await store.get(['heard'], 'last')).value.text}\`] };
    })
    .addEdge(START, 'hear').addEdge('hear', END);`;
const DATABASE = 'agents';
const run = (user, name) => runIn(DATABASE, user, blocks.get(name));

describe.each([
  { scope: 'session', port: process.env.PGPORT },
  { scope: 'transaction', port: process.env.BOUNCER_PORT },
])('doc/langgraph.md, $scope scope', ({ scope, port }) => {
  const dir = `${process.cwd()}/doc/${scope}`;
  let agent;

  afterAll(() => agent?.close());

  const request = (tenant, text) => ({
    headers: {
      authorization: `Bearer ${tokenFor(tenant, 'ann', { iss: 'https://login.example.com', aud: 'agents' })}`,
    },
    body: { thread_id: 'support-1', input: { said: [text] } },
  });

  it('its files and statements work in the order of the page', async () => {
    await mkdir(dir, { recursive: true });
    await writeFile(
      `${dir}/tenancy-pool.mjs`,
      "export * from '../../clients/js/tenancy-pool.mjs';\n",
    );
    await writeFile(`${dir}/graph.mjs`, graph);
    for (const [name, code] of blocks)
      if (name.endsWith('.mjs')) await writeFile(`${dir}/${name}`, code);
    await freshDatabase(DATABASE, 'OWNER agent_owner');
    await run('postgres', '1_trust.sql');
    if (scope === 'session') await run('postgres', '2_session_scope.sql');
    process.env.OWNER_URL = urlOf(DATABASE, 'agent_owner', process.env.PGPORT);
    await import(`${dir}/tables.mjs`);
    await run('agent_owner', '3_protect.sql');
    process.env.DATABASE_URL = urlOf(DATABASE, 'app', port);
    process.env.TENANCY_SCOPE = scope;
    agent = await import(`${dir}/agent.mjs`);
  });
  it('a token of the issuer is refused before its keys are there', async () => {
    await expect(agent.handle(request('acme', 'hello'))).rejects.toMatchObject({ code: 'TN002' });
  });
  it('the agent serves two tenants on one thread id', async () => {
    const trust = ['https://login.example.com', JSON.stringify(jwks)];
    await runIn(DATABASE, 'postgres', 'SELECT tenancy.set_jwks($1, $2)', trust);
    for (const round of [1, 2]) {
      for (const tenant of ['acme', 'globex']) {
        const { said } = await agent.handle(request(tenant, `${tenant} ${round}`));
        expect(said).toHaveLength(2 * round);
        expect(said.every((line) => line.includes(tenant))).toBe(true);
      }
    }
  });
  it('no token, no data', async () => {
    const { headers, body } = request('acme', 'x');
    expect(() => agent.handle({ headers: {}, body })).toThrow(/no token/);
    await expect(
      agent.handle({ headers: { authorization: `${headers.authorization}x` }, body }),
    ).rejects.toMatchObject({ code: 'TN002' });
  });
});

it('every block of the page that names its file is run here or by the Python tests', () => {
  expect([...blocks.keys()].sort()).toEqual([
    '1_trust.sql',
    '2_session_scope.sql',
    '3_protect.sql',
    'agent.mjs',
    'agent.py',
    'async_agent.py',
    'tables.mjs',
    'tables.py',
  ]);
});
