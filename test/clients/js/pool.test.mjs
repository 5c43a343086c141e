/** The pool class by itself, in both columns: whose statement runs, and what failures leave. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { TenancyPool, currentToken, runAs, usePool } from '../../../clients/js/tenancy-pool.mjs';
import { WHO, asAdmin, columns, sessionPooling, tokenFor } from './support.mjs';

const tenants = ['acme', 'globex', 'initech', 'umbrella', 'hooli'];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** The same pool without our override: what a connection holds between two callers. */
const rawConnect = (pool) => pg.Pool.prototype.connect.call(pool);

describe.each([...columns, sessionPooling])('pool, $column', ({ scope, database, newPool }) => {
  const token = {};
  let pool;
  const open = (options) => (pool = newPool(options));
  const as = (tenant, work) => runAs(token[tenant], work);
  const tenantOf = async (client) => (await client.query(WHO)).rows[0].tenant;

  beforeAll(async () => {
    for (const tenant of tenants) token[tenant] = await tokenFor(database, tenant);
  });
  afterEach(async () => {
    if (pool && !pool.ending) await pool.end();
  });

  describe('every form of a statement runs as the caller', () => {
    const forms = {
      text: (p) => p.query(WHO),
      'text and values': (p) => p.query(`${WHO}, $1::int`, [1]),
      'config object': (p) => p.query({ text: `${WHO}, $1::int`, values: [1], rowMode: 'object' }),
      callback: (p) =>
        new Promise((done, fail) => {
          p.query(WHO, (error, result) => (error ? fail(error) : done(result)));
        }),
      'values and callback': (p) =>
        new Promise((done, fail) => {
          p.query(`${WHO}, $1::int`, [1], (error, result) => (error ? fail(error) : done(result)));
        }),
    };
    it.each(Object.entries(forms))('%s', async (_, form) => {
      open();
      for (const tenant of ['acme', 'globex', 'acme']) {
        expect((await as(tenant, () => form(pool))).rows[0].tenant).toBe(tenant);
        const held = await as(tenant, () => pool.connect());
        expect((await form(held)).rows[0].tenant).toBe(tenant);
        held.release();
      }
    });
    it('connect with a callback', async () => {
      open();
      const who = await as(
        'acme',
        () =>
          new Promise((done, fail) => {
            pool.connect((error, client, release) => {
              if (error) return fail(error);
              return client.query(WHO).then(({ rows }) => {
                release();
                done(rows[0].tenant);
              }, fail);
            });
          }),
      );
      expect(who).toBe('acme');
    });
    it('a pipeline of statements not awaited one by one', async () => {
      open();
      const client = await as('acme', () => pool.connect());
      const answers = await Promise.all(
        [1, 2, 3].map((n) => client.query(`${WHO}, $1::int AS n`, [n])),
      );
      client.release();
      expect(answers.map(({ rows }) => [rows[0].tenant, rows[0].n])).toEqual([
        ['acme', 1],
        ['acme', 2],
        ['acme', 3],
      ]);
    });
    it('with pipeline: true, where the first error is the one reported', async () => {
      open({ pipeline: true });
      expect(await as('acme', () => tenantOf(pool))).toBe('acme');
      const client = await as('globex', () => pool.connect());
      await expect(client.query('SELECT 1 / $1::int', [0])).rejects.toMatchObject({
        code: '22012',
      });
      expect(await tenantOf(client)).toBe('globex');
      await client.query('BEGIN');
      expect(await tenantOf(client)).toBe('globex');
      await client.query('COMMIT');
      client.release();
    });
    it('a token function instead of runAs, also an async one', async () => {
      open({ token: async () => token.hooli });
      expect(await tenantOf(pool)).toBe('hooli');
    });
  });

  describe('without a token nothing is sent', () => {
    it.each([
      ['connect', (p) => p.connect()],
      ['query', (p) => p.query(WHO)],
      [
        'query with a callback',
        (p) =>
          new Promise((done, fail) => {
            p.query(WHO, (e) => (e ? fail(e) : done()));
          }),
      ],
      [
        'connect with a callback',
        (p) =>
          new Promise((done, fail) => {
            p.connect((e, client) => (e ? fail(e) : done(client)));
          }),
      ],
    ])('%s', async (_, use) => {
      open();
      await expect(use(pool)).rejects.toMatchObject({ name: 'TenancyError', code: 'TN001' });
      expect(pool.totalCount).toBe(0);
      await expect(
        as('acme', () => use(pool)).then((client) => client?.release?.()),
      ).resolves.toBeUndefined();
    });
    it('an empty token, and a token function that throws', async () => {
      expect(() => runAs('', () => {})).toThrow(/no token/);
      open({
        token: () => {
          throw new Error('session store is down');
        },
      });
      await expect(pool.query(WHO)).rejects.toThrow('session store is down');
      expect(pool.totalCount).toBe(0);
    });
  });

  describe('nobody inherits a token', () => {
    it('a checkout that had to wait runs as the one who asked', async () => {
      open({ max: 1 });
      const first = await as('acme', () => pool.connect());
      const waiting = as('globex', () => tenantOf(pool));
      await as('initech', async () => {
        await pause(20);
        first.release();
      });
      expect(await waiting).toBe('globex');
    });
    it('200 statements of five tenants on three connections: 0 wrong', async () => {
      open();
      const runs = Array.from({ length: 200 }, (_, i) => tenants[i % 5]);
      const seen = await Promise.all(runs.map((tenant) => as(tenant, () => tenantOf(pool))));
      expect(seen.filter((tenant, i) => tenant !== runs[i])).toEqual([]);
    });
    it('a callback runs in the request that passed it', async () => {
      open({ max: 1 });
      await as('globex', () => pool.query(WHO)); // the socket was opened by globex
      const nested = await as(
        'acme',
        () =>
          new Promise((done, fail) => {
            pool.query('SELECT 1', () => {
              tenantOf(pool).then(done, fail);
            });
          }),
      );
      expect(nested).toBe('acme');
    });
    it('a listener on the connection runs in no request', async () => {
      open({ max: 1 });
      const heard = [];
      const client = await as('acme', () => pool.connect());
      client.on('notice', () => heard.push(currentToken()));
      await as('acme', () => client.query("DO $$ BEGIN RAISE NOTICE 'x'; END $$"));
      client.release();
      expect(heard).toEqual([undefined]);
    });
    it('between two callers the connection is nobody', async () => {
      open({ max: 1 });
      expect(await as('acme', () => tenantOf(pool))).toBe('acme');
      const raw = await rawConnect(pool);
      const [row] = (await raw.query('SELECT tenancy.whoami() IS NULL AS nobody')).rows;
      raw.release();
      expect(row.nobody).toBe(true);
    });
    it('a client kept after its release refuses', async () => {
      open({ max: 1 });
      const kept = await as('acme', () => pool.connect());
      kept.release();
      await expect(kept.query(WHO)).rejects.toMatchObject({ code: 'TN001' });
      const called = await new Promise((done) => {
        kept.query(WHO, done);
      });
      expect(called).toMatchObject({ code: 'TN001' });
      expect(() => kept.release()).toThrow(/already been released/);
      expect(await as('globex', () => tenantOf(pool))).toBe('globex');
    });
  });

  describe('transactions', () => {
    it('BEGIN to COMMIT is one transaction of the caller', async () => {
      open();
      const client = await as('acme', () => pool.connect());
      for (const begin of [
        'BEGIN',
        '/* trace: 1 */ begin;',
        '-- x\n START TRANSACTION READ ONLY',
      ]) {
        await client.query(begin);
        const {
          rows: [a],
        } = await client.query(`${WHO}, pg_current_xact_id_if_assigned(), now() AS t`);
        await client.query('SAVEPOINT s');
        await expect(client.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
        await client.query('ROLLBACK TO SAVEPOINT s');
        const {
          rows: [b],
        } = await client.query(`${WHO}, now() AS t`);
        await client.query('COMMIT');
        expect([a.tenant, b.tenant, b.t]).toEqual(['acme', 'acme', a.t]);
      }
      await client.query('BEGIN');
      await client.query('COMMIT AND CHAIN');
      expect(await tenantOf(client)).toBe('acme');
      await client.query('ROLLBACK');
      client.release();
    });
    it('a failed transaction stays failed until ROLLBACK, and undoes its writes', async () => {
      open();
      const client = await as('acme', () => pool.connect());
      await client.query('BEGIN');
      await client.query("INSERT INTO notes (id, body) VALUES ('lost', 'x')");
      await expect(client.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
      await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
      await client.query('ROLLBACK');
      expect((await client.query("SELECT FROM notes WHERE id = 'lost'")).rowCount).toBe(0);
      client.release();
    });
    it('released inside a transaction, the connection is closed and the writes are gone', async () => {
      open({ max: 1 });
      const client = await as('acme', () => pool.connect());
      await client.query('BEGIN');
      await client.query("INSERT INTO notes (id, body) VALUES ('left', 'x')");
      client.release();
      expect(await as('globex', () => tenantOf(pool))).toBe('globex');
      const left = await asAdmin(database, "SELECT FROM notes WHERE id = 'left'");
      expect(left).toEqual([]);
    });
    it('a cursor', async () => {
      open();
      const client = await as('acme', () => pool.connect());
      const count = () =>
        new Cursor('SELECT tenancy.current_tenant_id()::text AS t FROM generate_series(1, 3)');
      if (scope === 'transaction') {
        expect(() => client.query(count())).toThrow(/await client.query\('BEGIN'\) first/);
      }
      await client.query('BEGIN');
      const cursor = client.query(count());
      expect(await cursor.read(2)).toEqual([{ t: 'acme' }, { t: 'acme' }]);
      await cursor.close();
      await client.query('COMMIT');
      client.release();
    });
  });

  describe('failures', () => {
    it('a failing statement costs neither the connection nor the identity', async () => {
      open({ max: 1 });
      const client = await as('acme', () => pool.connect());
      await expect(client.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
      await expect(client.query('SELECT $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' });
      expect(await tenantOf(client)).toBe('acme');
      client.release();
      expect(pool.totalCount).toBe(1);
    });
    it('a refused token is the caller’s error, and the connection serves the next', async () => {
      open({ max: 1 });
      const forged = `${token.acme.slice(0, -4)}AAAA`;
      await expect(runAs(forged, () => pool.query(WHO))).rejects.toMatchObject({ code: 'TN002' });
      expect(await as('globex', () => tenantOf(pool))).toBe('globex');
    });
    it('a connection the server ends is replaced', async () => {
      open({ max: 1 });
      const client = await as('acme', () => pool.connect());
      client.on('error', () => {});
      await client.query('BEGIN'); // or a pooler would not even lose the client
      const {
        rows: [{ pid }],
      } = await client.query(WHO);
      await asAdmin(database, 'SELECT pg_terminate_backend($1)', [pid]);
      await expect(client.query(WHO)).rejects.toThrow();
      client.release();
      const {
        rows: [next],
      } = await as('globex', () => pool.query(WHO));
      expect(next.tenant).toBe('globex');
      expect(next.pid).not.toBe(pid);
    });
    it('a cancelled statement leaves a connection that serves the next', async () => {
      open({ max: 1 });
      const client = await as('acme', () => pool.connect());
      const {
        rows: [{ pid }],
      } = await client.query(WHO);
      const sleeping = client.query('SELECT pg_sleep(20)').catch((error) => error);
      await pause(100);
      await asAdmin(
        database,
        'SELECT pg_cancel_backend(pid) FROM pg_stat_activity' +
          " WHERE pid = $1 OR query = 'SELECT pg_sleep(20)'",
        [pid],
      );
      expect(await sleeping).toMatchObject({ code: '57014' });
      client.release();
      expect(await as('globex', () => tenantOf(pool))).toBe('globex');
    });
    it('a statement that times out in the client', async () => {
      open({ max: 1 });
      const client = await as('acme', () => pool.connect());
      const slow = {
        text: "INSERT INTO notes (id, body) SELECT 'slow', pg_sleep(1)::text",
        query_timeout: 100,
      };
      await expect(client.query(slow)).rejects.toThrow('Query read timeout');
      client.release();
      expect(await as('globex', () => tenantOf(pool))).toBe('globex');
      if (scope === 'transaction') {
        expect(await asAdmin(database, "SELECT FROM notes WHERE id = 'slow'")).toEqual([]);
      }
    });
    it('a checkout that times out while waiting takes nothing with it', async () => {
      open({ max: 1, connectionTimeoutMillis: 100 });
      const first = await as('acme', () => pool.connect());
      await expect(as('globex', () => pool.connect())).rejects.toThrow(/timeout/);
      expect(await tenantOf(first)).toBe('acme');
      first.release();
      expect(await as('initech', () => tenantOf(pool))).toBe('initech');
    });
    it('a request that is aborted and releases with its error', async () => {
      open({ max: 1 });
      const request = new AbortController();
      await expect(
        as('acme', async () => {
          const client = await pool.connect();
          try {
            await client.query('BEGIN');
            await client.query("INSERT INTO notes (id, body) VALUES ('aborted', 'x')");
            request.abort(new Error('client went away'));
            request.signal.throwIfAborted();
          } catch (error) {
            client.release(error);
            throw error;
          }
        }),
      ).rejects.toThrow('client went away');
      expect(await as('globex', () => tenantOf(pool))).toBe('globex');
      expect(await asAdmin(database, "SELECT FROM notes WHERE id = 'aborted'")).toEqual([]);
    });
    it('ending the pool waits for those who still work', async () => {
      open();
      const last = as('acme', () => tenantOf(pool));
      await Promise.all([last, pool.end()]).catch(() => {});
      await expect(as('acme', () => pool.query(WHO))).rejects.toThrow(/end/);
    });
  });
});

describe('pool, what belongs to one column', () => {
  const [direct, pooled] = columns;
  const directly = { ...pooled.connection, port: direct.connection.port };
  const withPool = async (pool, work) => {
    try {
      return await work(pool);
    } finally {
      await pool.end();
    }
  };

  it('a session pool on a database with transaction scope says which to use', async () => {
    const token = await tokenFor('js_pooled', 'acme');
    await withPool(
      new TenancyPool({ ...directly, user: 'app', scope: 'session', token: () => token }),
      async (pool) => {
        await expect(pool.query(WHO)).rejects.toMatchObject({
          name: 'TenancyError',
          code: '55000',
        });
      },
    );
  });
  it('a connection in which an earlier caller left something is replaced unnoticed', async () => {
    const token = await tokenFor('js_direct', 'acme');
    await withPool(direct.newPool({ max: 1 }), async (pool) => {
      const raw = await rawConnect(pool);
      await raw.query('SET search_path = pg_temp, public');
      raw.release();
      expect((await runAs(token, () => pool.query(WHO))).rows[0].tenant).toBe('acme');
    });
  });
  it('named statements on direct connections', async () => {
    const named = { name: 'who', text: WHO };
    await withPool(direct.newPool({ max: 1 }), async (pool) => {
      for (const tenant of ['acme', 'globex', 'acme']) {
        const token = await tokenFor('js_direct', tenant);
        expect((await runAs(token, () => pool.query(named))).rows[0].tenant).toBe(tenant);
      }
    });
  });
  it('a statement before the login of its own BEGIN is refused', async () => {
    const token = await tokenFor('js_pooled', 'acme');
    await withPool(pooled.newPool(), async (pool) => {
      const client = await runAs(token, () => pool.connect());
      await expect(client.query('BEGIN; SELECT 1')).rejects.toMatchObject({ code: '25001' });
      client.release();
    });
  });
  it('options that cannot be meant', () => {
    expect(() => new TenancyPool({ scope: 'statement' })).toThrow(/scope/);
    expect(() => new TenancyPool({ token: 'abc' })).toThrow(/function/);
    expect(() => usePool({}, {})).toThrow(/core\.pool/);
  });
});
