/**
 * The validation suite of @langchain/langgraph-checkpoint-validation against the unmodified
 * PostgresSaver, while every key it writes already exists for another tenant and another user
 * (poison.sql). Afterwards every one of those rows is as it was.
 */
import { describe, expect, it } from 'vitest';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { deltaChannelHistoryTests, specTest } from '@langchain/langgraph-checkpoint-validation';
import { asAdmin, columns, tokenFor } from './support.mjs';

const tables = ['checkpoints', 'checkpoint_blobs', 'checkpoint_writes'];

/** The suite starts each group from an empty saver: what this caller sees is deleted. */
function initializer({ column, database, newPool }) {
  let token;
  return {
    checkpointerName: `PostgresSaver, ${column}`,
    async createCheckpointer() {
      token ??= await tokenFor(database, 'acme');
      return new PostgresSaver(newPool({ token: () => token }));
    },
    async destroyCheckpointer(saver) {
      for (const table of tables) await saver.pool.query(`DELETE FROM ${table}`);
      await saver.end();
    },
  };
}

describe.each(columns)('validation', (column) => {
  specTest(initializer(column));
  deltaChannelHistoryTests(initializer(column));
});

describe.each(columns)('poisoned rows, $column', ({ database }) => {
  it('were put before the rows of every table of the saver, and none was changed or deleted', async () => {
    const verdict = await asAdmin(
      database,
      'SELECT rel::text, expected::int, intact::int FROM poison.verdict',
    );
    for (const table of tables) {
      const found = verdict.find(({ rel }) => rel === table);
      expect(found?.expected).toBeGreaterThan(0);
      expect(found.intact).toBe(found.expected);
    }
  });
  it('the view that says so notices a changed row', async () => {
    await asAdmin(
      database,
      `WITH one AS (SELECT ctid FROM checkpoints WHERE tenant_id = 'evil' LIMIT 1)
      UPDATE checkpoints c SET metadata = '{}' FROM one WHERE c.ctid = one.ctid`,
    );
    const [{ expected, intact }] = await asAdmin(
      database,
      "SELECT expected::int, intact::int FROM poison.verdict WHERE rel = 'checkpoints'::regclass",
    );
    expect(intact).toBe(expected - 1);
  });
});
