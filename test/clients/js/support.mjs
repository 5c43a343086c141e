/** What the tests share: where the databases are, who may enter, and the two columns. */
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { TenancyPool } from '../../../clients/js/tenancy-pool.mjs';

const host = process.env.PGHOST;
const server = { host, port: Number(process.env.PGPORT) };
const bouncer = { host, port: Number(process.env.BOUNCER_PORT) };

/** A database with its scope, and a way to reach it. */
function column(name, scope, database, reach) {
  const connection = { database, ...reach };
  const newPool = (options) =>
    new TenancyPool({ ...connection, user: 'app', max: 3, scope, ...options });
  return { column: name, scope, database, connection, newPool };
}

/** The two columns of doc/langgraph.md. */
export const columns = [
  column('direct', 'session', 'js_direct', server),
  column('pgbouncer', 'transaction', 'js_pooled', bouncer),
];

/** The other way in the left column, for what the pool itself has to stand. */
export const sessionPooling = column('pgbouncer in session mode', 'session', 'js_direct', {
  ...bouncer,
  database: 'js_session',
});

const admins = new Map();

/** A statement as the superuser, who sees every row; directly on the server. */
export async function asAdmin(database, text, values) {
  if (!admins.has(database)) {
    const options = { ...server, database, user: 'postgres', max: 1, allowExitOnIdle: true };
    const pool = new pg.Pool(options);
    pool.on('error', () => {}); // the database was dropped: the next statement connects anew
    admins.set(database, pool);
  }
  return (await admins.get(database).query(text, values)).rows;
}

/** A new database of that name, whoever was in the old one. */
export async function freshDatabase(database, options = '') {
  await asAdmin('postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  await asAdmin('postgres', `CREATE DATABASE ${database} ${options}`);
}

/** Where a program of the guides connects. */
export const urlOf = (database, user, port) =>
  `postgresql://${user}@localhost/${database}?host=${process.env.PGHOST}&port=${port}`;

/** Statements on a connection of their own; directly on the server. */
export async function run(database, user, statements, values) {
  const client = new pg.Client(urlOf(database, user, process.env.PGPORT));
  await client.connect();
  await client.query(statements, values).finally(() => client.end());
}

/** The code of a page by the names that stand above its blocks. */
export async function blocksOf(page) {
  const text = await readFile(`${process.env.TOP}/doc/${page}`, 'utf8');
  const blocks = text.matchAll(/<!-- file: (\S+) -->\n```\w+\n([^]*?)```/g);
  return new Map([...blocks].map(([, ...block]) => block));
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
