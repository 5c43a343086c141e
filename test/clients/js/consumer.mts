/** Compiled, never run: the declarations say what the documentation says. */
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { PostgresStore } from '@langchain/langgraph-checkpoint-postgres/store';
import {
  TenancyError,
  TenancyPool,
  currentToken,
  runAs,
  usePool,
} from '../../../clients/js/tenancy-pool.mjs';

const pool = new TenancyPool({
  connectionString: 'x',
  scope: 'transaction',
  pipeline: true,
  max: 3,
});
const saver: PostgresSaver = new PostgresSaver(pool);
const store: PostgresStore = usePool(new PostgresStore({ connectionOptions: {} }), pool);
const answer: Promise<number> = runAs(
  'token',
  async () => (await pool.query('SELECT 1')).rowCount ?? 0,
);
const explicit = new TenancyPool({ token: async () => currentToken() });
const code = (error: unknown): string => (error instanceof TenancyError ? error.code : 'other');
// @ts-expect-error a scope that does not exist
new TenancyPool({ scope: 'statement' });
// @ts-expect-error a token is a string
runAs(42, () => undefined);
export { answer, code, explicit, saver, store };
