/** An unmodified StateGraph with interrupt and resume, for callers who share thread ids. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Annotation, Command, END, START, StateGraph, interrupt } from '@langchain/langgraph';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { PostgresStore } from '@langchain/langgraph-checkpoint-postgres/store';
import { runAs, usePool } from '../../../clients/js/tenancy-pool.mjs';
import { columns, tokenFor } from './support.mjs';

const State = Annotation.Root({
  said: Annotation({ reducer: (all, more) => all.concat(more), default: () => [] }),
});

/** An agent that notes what it hears, asks a human, and keeps a memory. */
function agent(checkpointer, store) {
  return new StateGraph(State)
    .addNode('hear', async ({ said }, { store: memory }) => {
      await memory.put(['memories'], 'last', { heard: said.at(-1) });
      return { said: [`heard ${said.at(-1)}`] };
    })
    .addNode('ask', () => ({ said: [`approved by ${interrupt('may I?')}`] }))
    .addEdge(START, 'hear')
    .addEdge('hear', 'ask')
    .addEdge('ask', END)
    .compile({ checkpointer, store });
}

describe.each(columns)('agent, $column', ({ database, newPool }) => {
  const callers = ['acme/ann', 'acme/bob', 'globex/ann', 'initech/ann', 'umbrella/ann'];
  const thread = { configurable: { thread_id: 'support-1' } };
  const token = {};
  const as = (caller, work) => runAs(token[caller], work);
  const values = (pool, caller) =>
    as(caller, async () => (await agent(new PostgresSaver(pool)).getState(thread)).values.said);

  async function withAgent(work) {
    const pool = newPool({ max: 3 });
    const store = usePool(new PostgresStore({ connectionOptions: {}, ensureTables: false }), pool);
    try {
      return await work(agent(new PostgresSaver(pool), store), store, pool);
    } finally {
      await pool.end();
    }
  }

  beforeAll(async () => {
    for (const caller of callers) token[caller] = await tokenFor(database, ...caller.split('/'));
  });

  it('is interrupted and resumed, each caller in a thread of its own', async () => {
    await withAgent(async (graph, store, pool) => {
      for (const caller of callers) {
        const paused = await as(caller, () => graph.invoke({ said: [`I am ${caller}`] }, thread));
        expect(paused.__interrupt__).toHaveLength(1);
      }
      for (const caller of callers.toReversed()) {
        const end = await as(caller, () => graph.invoke(new Command({ resume: caller }), thread));
        const all = [`I am ${caller}`, `heard I am ${caller}`, `approved by ${caller}`];
        expect(end.said).toEqual(all);
        expect(await values(pool, caller)).toEqual(all);
      }
    });
  });

  it('streams, lists its history, and forgets its own thread only', async () => {
    await withAgent(async (graph, store, pool) => {
      const seen = await as('acme/ann', async () => {
        const chunks = [];
        for await (const chunk of await graph.stream({ said: ['again'] }, thread))
          chunks.push(Object.keys(chunk)[0]);
        return chunks;
      });
      expect(seen).toEqual(['hear', '__interrupt__']);
      const steps = await as('acme/ann', () => Array.fromAsync(graph.getStateHistory(thread)));
      expect(steps.length).toBeGreaterThan(3);
      await as('acme/ann', () => new PostgresSaver(pool).deleteThread('support-1'));
      expect(await values(pool, 'acme/ann')).toBeUndefined();
      expect(await values(pool, 'acme/bob')).toHaveLength(3);
      expect(await values(pool, 'globex/ann')).toHaveLength(3);
    });
  });

  it('five callers at once on three connections: 0 wrong answers', async () => {
    await withAgent(async (graph, store) => {
      const wrong = [];
      const rounds = 4;
      await Promise.all(
        callers.map((caller) =>
          as(caller, async () => {
            for (let round = 0; round < rounds; round += 1) {
              const shared = { configurable: { thread_id: `shared-${round % 2}` } };
              await graph.invoke({ said: [caller] }, shared);
              const { said } = await graph.invoke(new Command({ resume: caller }), shared);
              const memory = await store.get(['memories'], 'last');
              wrong.push(...said.filter((line) => !line.endsWith(caller)));
              if (said.length !== 3 * (1 + (round >> 1)))
                wrong.push(`${caller}: ${said.length} lines`);
              if (memory?.value.heard !== caller)
                wrong.push(`${caller} remembers ${memory?.value.heard}`);
            }
          }),
        ),
      );
      expect(wrong).toEqual([]);
    });
  });

  it('without a token the agent fails before anything is sent', async () => {
    await withAgent(async (graph, store, pool) => {
      await expect(graph.invoke({ said: ['x'] }, thread)).rejects.toMatchObject({ code: 'TN001' });
      expect(pool.totalCount).toBe(0);
    });
  });
});
