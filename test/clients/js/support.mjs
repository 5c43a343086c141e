/** What the tests share: where the databases are, who may enter, and the two columns. */
import pg from 'pg';
import { TenancyPool } from '../../../clients/js/tenancy-pool.mjs';

const host = process.env.PGHOST;
const server = { host, port: Number(process.env.PGPORT) };
const bouncer = { host, port: Number(process.env.BOUNCER_PORT) };

/** The columns of doc/langgraph.md: each a database with its scope and a way to reach it. */
export const columns = [
  { column: 'direct', scope: 'session', connection: { ...server, database: 'js_direct' } },
  { column: 'pgbouncer', scope: 'transaction', connection: { ...bouncer, database: 'js_pooled' } },
].map((column) => ({
  ...column,
  newPool: (options) =>
    new TenancyPool({ ...column.connection, user: 'app', max: 3, scope: column.scope, ...options }),
}));

const admins = new Map();

/** A statement as the superuser, who sees every row; directly on the server. */
export async function asAdmin(database, text, values) {
  if (!admins.has(database)) {
    const options = { ...server, database, user: 'postgres', max: 1, allowExitOnIdle: true };
    admins.set(database, new pg.Pool(options));
  }
  return (await admins.get(database).query(text, values)).rows;
}

/** A token of the database's own issuer. */
export async function tokenFor(database, tenant, user = 'ann', ttl = '15 min') {
  const [row] = await asAdmin(
    database,
    'SELECT tenancy.issue_token($1::text::tenancy.tenant_id, $2::text::tenancy.user_id, ttl => $3) AS token',
    [tenant, user, ttl],
  );
  return row.token;
}

export const WHO = 'SELECT tenancy.current_tenant_id()::text AS tenant, pg_backend_pid() AS pid';
