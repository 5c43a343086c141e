/** PostGraphile 5 over HTTP for two tenants, in front of one pool: nothing crosses. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forged, tokenFor } from '../../../demo/identity_provider.mjs';
import { DATABASE, makeDatabase, post, startServer } from './graphql_server.mjs';
import { asAdmin } from './support.mjs';

const CREATE = `mutation($name: String!, $tenantId: TenancyTenantId) {
  createProject(input: {project: {name: $name, tenantId: $tenantId}}) {
    project { id rowId tenantId name } } }`;
const CREATE_TASK = `mutation($projectId: BigInt!, $title: String!) {
  createTask(input: {task: {projectId: $projectId, title: $title}}) {
    task { id projectByTenantIdAndProjectId { name } } } }`;
const RENAME = `mutation($id: ID!, $patch: ProjectPatch!) {
  updateProject(input: {id: $id, projectPatch: $patch}) { project { name } } }`;
const DELETE = `mutation($id: ID!) { deleteProject(input: {id: $id}) { deletedProjectId } }`;
const NODE = `query($id: ID!) { node(id: $id) { id ... on Project { name } } }`;
const ALL = `{ allProjects { totalCount nodes { tenantId name
  tasksByTenantIdAndProjectId { nodes { tenantId title projectByTenantIdAndProjectId { name } } } } } }`;
const MASKED = /^An error occurred/;

const columns = [
  { column: 'direct', port: process.env.PGPORT, env: {} },
  {
    column: 'pgbouncer',
    port: process.env.BOUNCER_PORT,
    env: { DATAPLAN_PG_PREPARED_STATEMENT_CACHE_SIZE: '0' },
  },
];

describe.each(columns)('PostGraphile, $column', ({ port, env }) => {
  const token = {};
  const project = {}; // of each tenant, called 'plan'
  const answers = []; // every text that the server sent
  let server;

  async function ask(caller, query, variables, more) {
    const answer = await post(server, { token: token[caller], query, variables, ...more });
    answers.push(answer.text);
    return answer;
  }
  async function data(caller, query, variables) {
    const answer = await ask(caller, query, variables);
    expect(answer.errors).toBeUndefined();
    return answer.data;
  }
  const codes = ({ errors }) => errors?.map(({ extensions }) => extensions?.code);
  const rows = () =>
    asAdmin(DATABASE, 'SELECT tenant_id::text || name AS row FROM api.project ORDER BY 1');

  beforeAll(async () => {
    await makeDatabase();
    server = await startServer({ port, env });
    for (const tenant of ['acme', 'globex', 'initech']) token[tenant] = tokenFor(tenant, 'ann');
    for (const [name, make] of Object.entries(forged)) token[name] = make('globex', 'ann');
  });
  afterAll(() => server?.stop());

  it('introspects the schema as a role that has no identity', async () => {
    const query = '{ __schema { types { name } } }';
    const { data: seen } = await ask('nobody', query);
    const names = seen.__schema.types.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['Project', 'Task', 'TenancyTenantId']));
    expect(await data('acme', query)).toEqual(seen);
  });

  it('creates rows with the same names for two tenants, with their relations', async () => {
    for (const tenant of ['acme', 'globex']) {
      project[tenant] = (await data(tenant, CREATE, { name: 'plan' })).createProject.project;
      expect(project[tenant]).toMatchObject({ tenantId: tenant, name: 'plan' });
      const task = { projectId: project[tenant].rowId, title: `${tenant} task` };
      const { createTask } = await data(tenant, CREATE_TASK, task);
      expect(createTask.task.projectByTenantIdAndProjectId.name).toBe('plan');
    }
    for (const tenant of ['acme', 'globex']) {
      const { allProjects } = await data(tenant, ALL);
      expect(allProjects).toEqual({
        totalCount: 1,
        nodes: [
          {
            tenantId: tenant,
            name: 'plan',
            tasksByTenantIdAndProjectId: {
              nodes: [
                {
                  tenantId: tenant,
                  title: `${tenant} task`,
                  projectByTenantIdAndProjectId: { name: 'plan' },
                },
              ],
            },
          },
        ],
      });
    }
    expect((await data('initech', ALL)).allProjects.totalCount).toBe(0);
    await asAdmin(
      DATABASE,
      "INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('initech', 'suspended')",
    );
  });

  it('finds a row by node id and by key for its tenant alone', async () => {
    const byKey = `query($tenant: TenancyTenantId!, $id: BigInt!) {
      projectByTenantIdAndRowId(tenantId: $tenant, rowId: $id) { name }
      allProjects(condition: {tenantId: $tenant}) { totalCount } }`;
    const { id, rowId } = project.globex;
    const key = { tenant: 'globex', id: rowId };
    expect(await data('acme', NODE, { id })).toEqual({ node: null });
    expect((await data('globex', NODE, { id })).node).toEqual({ id, name: 'plan' });
    expect(await data('acme', byKey, key)).toEqual({
      projectByTenantIdAndRowId: null,
      allProjects: { totalCount: 0 },
    });
    expect(await data('globex', byKey, key)).toEqual({
      projectByTenantIdAndRowId: { name: 'plan' },
      allProjects: { totalCount: 1 },
    });
  });

  it('answers aliases and several mutations of one request for the one caller', async () => {
    const query = `query($mine: ID!, $other: ID!) {
      mine: node(id: $mine) { id } other: node(id: $other) { id }
      a: allProjects { nodes { tenantId } } b: allTasks { nodes { tenantId } } }`;
    const variables = { mine: project.acme.id, other: project.globex.id };
    expect(await data('acme', query, variables)).toEqual({
      mine: { id: project.acme.id },
      other: null,
      a: { nodes: [{ tenantId: 'acme' }] },
      b: { nodes: [{ tenantId: 'acme' }] },
    });
    const mutation = `mutation($mine: ID!, $other: ID!) {
      one: createProject(input: {project: {name: "one"}}) { project { tenantId } }
      theirs: updateProject(input: {id: $other, projectPatch: {name: "x"}}) { project { name } }
      refused: createProject(input: {project: {name: "y", tenantId: "globex"}}) { project { name } }
      two: updateProject(input: {id: $mine, projectPatch: {name: "two"}}) { project { tenantId name } } }`;
    const answer = await ask('acme', mutation, variables);
    expect(answer.data).toEqual({
      one: { project: { tenantId: 'acme' } },
      theirs: { project: null },
      refused: null,
      two: { project: { tenantId: 'acme', name: 'two' } },
    });
    expect(answer.errors.map(({ path }) => path)).toEqual([['refused']]);
    expect(await rows()).toEqual([{ row: 'acmeone' }, { row: 'acmetwo' }, { row: 'globexplan' }]);
  });

  it("treats another tenant's rows as rows that do not exist", async () => {
    const before = await rows();
    const { id, rowId } = project.globex;
    const unknown = Buffer.from(JSON.stringify(['Project', 'globex', '999'])).toString('base64');
    const patch = { name: 'taken' };
    const said = async (query, variables) =>
      (await ask('acme', query, variables)).text.replaceAll(/"?errorId"?:"\w+"|id: '\w+'/g, '');
    for (const [query, theirs, nobodys] of [
      [RENAME, { id, patch }, { id: unknown, patch }],
      [DELETE, { id }, { id: unknown }],
      [CREATE_TASK, { projectId: rowId, title: 'x' }, { projectId: '999', title: 'x' }],
    ])
      expect(await said(query, theirs)).toBe(await said(query, nobodys));
    expect(await rows()).toEqual(before);

    await data('globex', RENAME, { id, patch });
    await data('globex', CREATE_TASK, { projectId: rowId, title: 'x' });
    const made = await data('globex', CREATE, { name: 'z', tenantId: 'globex' });
    await data('globex', DELETE, { id: made.createProject.project.id });
    expect(await rows()).toEqual([...before.slice(0, -1), { row: 'globextaken' }]);
  });

  it('writes no row for another tenant, whatever the variables say', async () => {
    const before = await rows();
    for (const refused of [
      await ask('acme', CREATE, { name: 'z', tenantId: 'globex' }),
      await ask('acme', RENAME, { id: project.acme.id, patch: { tenantId: 'globex' } }),
    ]) {
      expect(refused.errors).toHaveLength(1);
      expect(refused.errors[0].message).toMatch(MASKED);
    }
    expect(await rows()).toEqual(before);
    const patch = { tenantId: 'acme', name: 'plan' };
    await data('acme', RENAME, { id: project.acme.id, patch });
    expect(await rows()).toContainEqual({ row: 'acmeplan' });
  });

  it('refuses a request whose token is missing, not genuine or too old', async () => {
    const mutation =
      'mutation { createProject(input: {project: {name: "n"}}) { clientMutationId } }';
    for (const query of [mutation, '{ allProjects { nodes { name } } }']) {
      const refused = async (caller, code, authorization) => {
        const headers = authorization === undefined ? {} : { authorization };
        const { errors, data: shown } = await ask(caller, query, {}, { headers });
        expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
        expect(Object.values(shown)).toEqual([null]);
      };
      await refused('nobody', 'TN001');
      await refused('nobody', 'TN001', '');
      for (const header of ['Bearer x.y.z', 'Basic YWNtZTphY21l', `Bearer ${token.acme}x`])
        await refused('nobody', 'TN002', header);
      for (const name of Object.keys(forged))
        await refused(name, /^of(Yesterday|Tomorrow)$/.test(name) ? 'TN004' : 'TN002');
      await refused('initech', 'TN005');
      expect((await ask('globex', query)).errors).toBeUndefined();
    }
  });

  it('takes the token from the Authorization header and from nowhere else', async () => {
    const query = '{ allProjects { nodes { tenantId } } }';
    const theirs = token.globex;
    const settings = { 'tenancy.token': theirs, role: 'postgres', 'tenancy.guard': 'off' };
    const headers = {
      'tenancy.token': theirs,
      'x-tenancy-token': theirs,
      pgsettings: JSON.stringify(settings),
      'x-authorization': `Bearer ${theirs}`,
      'proxy-authorization': `Bearer ${theirs}`,
      role: 'postgres',
      cookie: `authorization=${theirs}; tenancy.token=${theirs}`,
    };
    const more = {
      headers,
      search: `?tenancy.token=${theirs}&access_token=${theirs}&role=postgres`,
      extensions: { pgSettings: settings, authorization: theirs },
      pgSettings: settings,
      context: { pgSettings: settings },
    };
    const variables = { pgSettings: settings, ...settings };
    expect(codes(await ask('nobody', query, variables, more))).toEqual(['TN001']);
    const { data: seen } = await ask('acme', query, variables, more);
    expect([...new Set(seen.allProjects.nodes.map(({ tenantId }) => tenantId))]).toEqual(['acme']);
    const { data: own } = await ask('globex', query);
    expect([...new Set(own.allProjects.nodes.map(({ tenantId }) => tenantId))]).toEqual(['globex']);
  });

  it('two tenants at once over one pool: 0 wrong answers, and nobody is left inside', async () => {
    const wrong = [];
    const one = async (tenant, round) => {
      const name = `${round % 8} of ${tenant}`;
      const made = await ask(tenant, CREATE, { name });
      if ((made.data.createProject?.project.tenantId ?? tenant) !== tenant) wrong.push(made);
      const { allProjects } = await data(tenant, ALL);
      wrong.push(...allProjects.nodes.filter((node) => node.tenantId !== tenant));
      if (!allProjects.nodes.some((node) => node.name === name)) wrong.push(`${name} is missing`);
      const nobody = await ask('nobody', ALL);
      if (codes(nobody)?.[0] !== 'TN001') wrong.push(nobody);
    };
    await Promise.all(Array.from({ length: 48 }, (_, n) => one(n % 2 ? 'acme' : 'globex', n >> 1)));
    expect(wrong).toEqual([]);
    const leftInside = await Promise.all(Array.from({ length: 30 }, () => ask('nobody', ALL)));
    expect(new Set(leftInside.flatMap(codes))).toEqual(new Set(['TN001']));
  });

  it('neither its answers nor its log hold a token', () => {
    expect(server.log).toMatch(/Masked GraphQL error/);
    for (const secret of Object.values(token)) {
      const [, claims] = secret.split('.');
      for (const text of [...answers, server.log]) expect(text.includes(claims)).toBe(false);
    }
  });
});
