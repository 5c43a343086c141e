/** doc/postgraphile.md as it stands: its schema in a new database, its server as a process. */
import { spawn } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { audience, issuer, jwks } from '../../../demo/identity_provider.mjs';
import { blocksOf, freshDatabase, run, urlOf } from './support.mjs';

export const DATABASE = 'graphql';
const blocks = await blocksOf('postgraphile.md');

export async function makeDatabase() {
  await freshDatabase(DATABASE, 'OWNER agent_owner');
  await run(DATABASE, 'postgres', 'CREATE EXTENSION pg_tenancy');
  const trust = [issuer, [audience], JSON.stringify(jwks)];
  await run(DATABASE, 'postgres', 'SELECT tenancy.add_issuer($1, $2, jwks => $3)', trust);
  await run(DATABASE, 'agent_owner', blocks.get('schema.sql'));
}

/** Starts the server; what it writes to stderr is in its log. */
export async function startServer({ port, env }) {
  const dir = `${process.cwd()}/doc/postgraphile`;
  await mkdir(dir, { recursive: true });
  await copyFile('clients/js/tenancy-postgraphile.mjs', `${dir}/tenancy-postgraphile.mjs`);
  await writeFile(`${dir}/server.mjs`, blocks.get('server.mjs'));
  const child = spawn(process.execPath, [`${dir}/server.mjs`], {
    env: { ...process.env, ...env, DATABASE_URL: urlOf(DATABASE, 'app', port), PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const server = { log: '', address: undefined };
  child.stderr.on('data', (data) => {
    server.log += data;
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  server.stop = () => {
    child.kill();
    return ended;
  };
  const line = new Promise((resolve) =>
    createInterface({ input: child.stdout }).once('line', resolve),
  );
  server.address = await Promise.race([line, ended]);
  if (typeof server.address !== 'string') throw new Error(server.log);
  return server;
}

/** One HTTP request: the answer's text, and what it holds. */
export async function post(server, { token, headers, search = '', ...body }) {
  const response = await fetch(server.address + search, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { text, status: response.status, ...JSON.parse(text) };
}
