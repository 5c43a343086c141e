/** Creates the clients' tables with their own setup(), as the owner: prepare.mjs DATABASE... */
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { PostgresStore } from '@langchain/langgraph-checkpoint-postgres/store';

for (const database of process.argv.slice(2)) {
  const url = new URL(`postgresql://agent_owner@localhost/${database}`);
  url.searchParams.set('host', process.env.PGHOST);
  url.searchParams.set('port', process.env.PGPORT);
  const saver = PostgresSaver.fromConnString(url.href);
  await saver.setup();
  await saver.end();
  const store = PostgresStore.fromConnString(url.href);
  await store.setup();
  await store.stop();
}
