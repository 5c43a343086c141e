/** The unmodified PostgresStore, with poisoned rows on every key. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresStore } from '@langchain/langgraph-checkpoint-postgres/store';
import { runAs, usePool } from '../../../clients/js/tenancy-pool.mjs';
import { asAdmin, columns, tokenFor } from './support.mjs';

describe.each(columns)('store, $column', ({ database, newPool }) => {
  const callers = ['acme/sam', 'acme/tom', 'globex/sam'];
  const token = {};
  const as = (caller, work) => runAs(token[caller], work);
  let store;

  beforeAll(async () => {
    for (const caller of callers) token[caller] = await tokenFor(database, ...caller.split('/'));
    const options = {
      connectionOptions: {},
      ensureTables: false,
      ttl: { defaultTtl: 60, refreshOnRead: true },
    };
    store = usePool(new PostgresStore(options), newPool());
    for (const caller of callers) {
      await as(caller, async () => {
        await store.put(['users', '1'], 'name', { is: caller, food: 'pizza' });
        await store.put(['users', '12'], 'name', { is: `${caller} the twelfth` });
        await store.put(['users', '1'], 'gone', { is: caller }, undefined, { ttl: -1 });
      });
    }
  });
  afterAll(() => store.stop());

  it.each(callers)('%s gets and overwrites its own item', async (caller) => {
    await as(caller, async () => {
      expect((await store.get(['users', '1'], 'name')).value.is).toBe(caller);
      await store.put(['users', '1'], 'name', { is: caller, food: 'pasta', again: true });
      expect((await store.get(['users', '1'], 'name')).value).toEqual({
        is: caller,
        food: 'pasta',
        again: true,
      });
    });
  });
  it.each(callers)('%s searches among its own items, also by filter', async (caller) => {
    await as(caller, async () => {
      const all = await store.search(['users'], { limit: 100 });
      expect(all.map(({ value }) => value.is).sort()).toEqual([caller, `${caller} the twelfth`]);
      const filtered = await store.search(['users'], { filter: { food: { $eq: 'pasta' } } });
      expect(filtered.map(({ value }) => value.is)).toEqual([caller]);
    });
  });
  it.each(callers)(
    '%s lists its own namespaces, also with a wildcard for a prefix',
    async (caller) => {
      await as(caller, () => store.put(['only', caller.replace('/', '-')], 'k', {}));
      const mine = [
        ['only', caller.replace('/', '-')],
        ['users', '1'],
        ['users', '12'],
      ];
      expect(await as(caller, () => store.listNamespaces({ prefix: ['%'] }))).toEqual(mine);
      expect(await as(caller, () => store.listNamespaces({ prefix: ['users'] }))).toEqual(
        mine.slice(1),
      );
    },
  );
  it('batches run as their caller', async () => {
    const batch = [
      { namespace: ['users', '1'], key: 'name' },
      { namespace: ['users', '2'], key: 'name', value: { is: 'new' } },
    ];
    const [found] = await as('globex/sam', () => store.batch(batch));
    expect(found.value.is).toBe('globex/sam');
    expect(await as('acme/sam', () => store.get(['users', '2'], 'name'))).toBeNull();
  });
  it('expired items are not found, and a sweep deletes those of its caller only', async () => {
    const expired = async () =>
      asAdmin(
        database,
        `SELECT tenant_id::text || '/' || user_id::text AS caller FROM store
      WHERE key = 'gone' AND expires_at < now() AND tenant_id <> 'evil' AND user_id <> 'mallory' ORDER BY 1`,
      );
    await asAdmin(
      database,
      `UPDATE store SET expires_at = now() - interval '1 h'
      WHERE key = 'gone' AND tenant_id <> 'evil' AND user_id <> 'mallory'`,
    );
    const before = (await expired()).map(({ caller }) => caller);
    expect(before).toEqual(callers);
    expect(await as('acme/sam', () => store.get(['users', '1'], 'gone'))).toBeNull();
    expect(await as('acme/sam', () => store.sweepExpiredItems())).toBe(1);
    expect((await expired()).map(({ caller }) => caller)).toEqual(
      before.filter((caller) => caller !== 'acme/sam'),
    );
  });
  it('deletes its own item only', async () => {
    await as('acme/tom', () => store.delete(['users', '1'], 'name'));
    expect(await as('acme/tom', () => store.get(['users', '1'], 'name'))).toBeNull();
    expect((await as('acme/sam', () => store.get(['users', '1'], 'name'))).value.is).toBe(
      'acme/sam',
    );
  });
  it('nobody touched the poisoned rows', async () => {
    const [row] = await asAdmin(
      database,
      "SELECT expected::int, intact::int FROM poison.verdict WHERE rel = 'store'::regclass",
    );
    expect(row.expected).toBeGreaterThan(0);
    expect(row.intact).toBe(row.expected);
  });
});
