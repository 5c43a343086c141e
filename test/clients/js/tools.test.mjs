/** doc/tools.md as it stands: the model calls what it likes, the database decides. */
import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AIMessage } from '@langchain/core/messages';
import { asAdmin, blocksOf, freshDatabase, run, tokenFor, urlOf } from './support.mjs';

const blocks = await blocksOf('tools.md');
const DATABASE = 'tools';
const ALL = ['find_tickets', 'close_ticket', 'purge_tickets'];

/** A model that says what it was told to say, step by step; and what it was offered. */
function scripted(...steps) {
  const offered = [];
  let step = 0;
  const invoke = async () => {
    const calls = await steps[step++]?.();
    const tool_calls = (calls ?? []).map(([name, args = {}], n) => ({
      name,
      args,
      id: `${step}${n}`,
    }));
    return new AIMessage({ content: 'done', tool_calls });
  };
  const bindTools = (tools) => {
    offered.push(tools.map(({ name }) => name));
    return { invoke };
  };
  return { bindTools, offered };
}

describe.each([
  { scope: 'session', port: process.env.PGPORT },
  { scope: 'transaction', port: process.env.BOUNCER_PORT },
])('doc/tools.md, $scope scope', ({ scope, port }) => {
  let agentWith, pool;

  /** What the tools answered to these calls, and what was offered at each step. */
  async function converse(tenant, user, ...steps) {
    const model = scripted(...steps);
    const token = await tokenFor(DATABASE, tenant, user);
    const request = {
      headers: { authorization: `Bearer ${token}` },
      body: { messages: [{ role: 'user', content: 'tidy up' }] },
    };
    const { messages } = await agentWith(model)(request);
    const answers = messages.filter((message) => message.type === 'tool');
    return { said: answers.map(({ content }) => content), offered: model.offered };
  }
  const calls =
    (...list) =>
    () =>
      list;
  const tickets = () =>
    asAdmin(DATABASE, 'SELECT tenant_id::text AS tenant, id::int, closed FROM ticket ORDER BY id');
  const setRoles = (user, roles) =>
    asAdmin(
      DATABASE,
      `UPDATE tenancy.members SET roles = $2
        WHERE tenant_id = 'acme' AND user_id = $1::text::tenancy.user_id`,
      [user, roles],
    );

  beforeAll(async () => {
    await freshDatabase(DATABASE);
    await run(
      DATABASE,
      'postgres',
      'CREATE EXTENSION pg_tenancy; GRANT CREATE ON SCHEMA public TO agent_owner',
    );
    await run(DATABASE, 'postgres', `ALTER DATABASE ${DATABASE} SET tenancy.scope = '${scope}'`);
    await run(DATABASE, 'postgres', blocks.get('permissions.sql'));
    await run(DATABASE, 'agent_owner', blocks.get('tickets.sql'));
    process.env.DATABASE_URL = urlOf(DATABASE, 'app', port);
    process.env.TENANCY_SCOPE = scope;
    const dir = `${process.cwd()}/doc/tools-${scope}`;
    await mkdir(dir, { recursive: true });
    const shared = "export * from '../../clients/js/tenancy-pool.mjs';\n";
    await writeFile(`${dir}/tenancy-pool.mjs`, shared);
    for (const [name, code] of blocks)
      if (name.endsWith('.mjs')) await writeFile(`${dir}/${name}`, code);
    ({ agentWith } = await import(`${dir}/agent.mjs`));
    ({ pool } = await import(`${dir}/tools.mjs`));
  });
  beforeAll(() =>
    asAdmin(
      DATABASE,
      `INSERT INTO ticket (tenant_id, subject, closed) VALUES
        ('acme', 'old printer', true), ('acme', 'new printer', false), ('globex', 'printer', true)`,
    ),
  );
  afterAll(() => pool?.end());

  it('the list differs by caller: role and tier', async () => {
    expect((await converse('acme', 'ann')).offered).toEqual([ALL]);
    expect((await converse('acme', 'bob')).offered).toEqual([ALL.slice(0, 2)]);
    expect((await converse('globex', 'ann')).offered).toEqual([ALL.slice(0, 1)]);
    expect((await converse('globex', 'zoe')).offered).toEqual([[]]);
  });

  it("refuses a member an administrators' tool that the model calls by name", async () => {
    const before = await tickets();
    const both = calls(['find_tickets', { word: 'old' }], ['purge_tickets']);
    expect((await converse('acme', 'bob', both)).said).toEqual([
      '[{"id":"1","subject":"old printer"}]',
      'purge_tickets: permission denied',
    ]);
    expect(await tickets()).toEqual(before);
  });

  it('a tier bounds an administrator, too', async () => {
    const before = await tickets();
    const purge = calls(['purge_tickets'], ['find_tickets', { word: 'printer' }]);
    expect((await converse('globex', 'ann', purge)).said).toEqual([
      'purge_tickets: permission denied',
      '[{"id":"3","subject":"printer"}]',
    ]);
    expect(await tickets()).toEqual(before);
  });

  it('a role that is taken away between two steps is gone at the next', async () => {
    const close = ['close_ticket', { id: 2 }];
    const { said, offered } = await converse('acme', 'bob', calls(close), async () => {
      await setRoles('bob', '{}');
      return [close, ['purge_tickets'], ['find_tickets', { word: '' }]];
    });
    expect(said).toEqual([
      '1 closed',
      ...['close_ticket', 'purge_tickets', 'find_tickets'].map(
        (name) => `${name}: permission denied`,
      ),
    ]);
    expect(offered).toEqual([ALL.slice(0, 2), ALL.slice(0, 2), []]);
    await setRoles('bob', '{member}');
    expect((await converse('acme', 'bob', calls(close))).said).toEqual(['1 closed']);
  });

  it('lets an administrator, for the own tenant alone', async () => {
    expect((await converse('acme', 'ann', calls(['purge_tickets']))).said).toEqual(['2 deleted']);
    expect(await tickets()).toEqual([{ tenant: 'globex', id: 3, closed: true }]);
  });

  it('ends the run where nobody is calling, and where a token says nothing true', async () => {
    const model = scripted(calls(['find_tickets', { word: '' }]));
    const as = (authorization) =>
      (async () => agentWith(model)({ headers: { authorization }, body: { messages: [] } }))();
    await expect(as(undefined)).rejects.toMatchObject({ code: 'TN001' });
    await expect(as('Bearer x.y.z')).rejects.toMatchObject({ code: 'TN002' });
    expect(model.offered).toEqual([]);
  });

  it('ends the run of a tenant that is suspended between two steps', async () => {
    const find = ['find_tickets', { word: '' }];
    const become = (status) =>
      asAdmin(DATABASE, "UPDATE tenancy.tenants SET status = $1 WHERE tenant_id = 'globex'", [
        status,
      ]);
    const suspended = async () => {
      await become('suspended');
      return [find];
    };
    const run = converse('globex', 'ann', calls(find), suspended);
    await expect(run).rejects.toMatchObject({ code: 'TN005' });
    await become('active');
    expect((await converse('globex', 'ann', calls(find), calls(find))).said).toHaveLength(2);
  });
});

it('every block of the page that names its file is run here or by the Python tests', () => {
  expect([...blocks.keys()].sort()).toEqual([
    'agent.mjs',
    'agent.py',
    'permissions.sql',
    'tickets.sql',
    'tools.mjs',
    'tools.py',
  ]);
});
