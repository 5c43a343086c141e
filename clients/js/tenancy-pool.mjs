/**
 * A pg.Pool whose every checkout belongs to one caller of pg_tenancy.
 *
 * Copy this file (and tenancy-pool.d.mts) into your project; it needs `pg` >= 8.20 and Node >= 20.
 *
 *     const pool = new TenancyPool({ connectionString, scope: 'session' });
 *     await runAs(bearerToken, () => graph.invoke(input, config));
 *
 * What it guarantees:
 *  - The token is read when connect() or query() is *called*. A checkout that had to wait for a
 *    free connection still runs as the caller who asked for it, not as the one who made it free.
 *  - Without a token nothing is sent: the call fails with code TN001.
 *  - Nobody inherits a token. What runs on behalf of the pool (sockets, timers, waiting checkouts)
 *    runs outside every request; callbacks run inside the request that passed them. A client kept
 *    after its release refuses to run anything.
 *  - A connection whose state is not certain (token not cleared, transaction left open, time-out)
 *    is closed, never handed to the next caller.
 *
 * The two columns:
 *  - scope 'session' (direct connections or session pooling; the database has
 *    tenancy.scope = session): the token is set for the checkout and cleared at its release.
 *  - scope 'transaction' (behind a transaction pooler; tenancy.scope = transaction, the default):
 *    each statement runs as BEGIN, login, statement, COMMIT; after a BEGIN of the caller's own the
 *    login follows it and everything up to COMMIT is one transaction. With `pipeline: true`
 *    (pg >= 8.23) the four steps travel in one round trip.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import pg from 'pg';

const request = new AsyncLocalStorage();
/** Runs a function outside every request, whatever AsyncLocalStorage the application uses. */
const outside = request.run(undefined, () => AsyncLocalStorage.snapshot());

const ENTER_SESSION = `SELECT pg_catalog.set_config('tenancy.token', $1, false),
  pg_catalog.current_setting('tenancy.scope', true) AS scope`;
const ENTER_TRANSACTION = `SELECT pg_catalog.set_config('tenancy.token', $1, true)`;
const LEAVE_SESSION = `SELECT pg_catalog.set_config('tenancy.token', '', false)`;

const LEADING_BLANKS = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*/;
const OPENS = /^(?:BEGIN|START\s+TRANSACTION)\b/i;
const OPENS_ALONE = /^[^;]*;?\s*$/;
const MAY_CHAIN = /^(?:COMMIT|END|ROLLBACK|ABORT)\b/i;
const NOTHING = () => {};

/** A refusal of this file; what PostgreSQL refuses arrives as pg's DatabaseError. */
export class TenancyError extends Error {
  constructor(message, code) {
    super(message);
    this.name = 'TenancyError';
    this.code = code;
  }
}

/** Runs fn with this token as the caller of every TenancyPool used inside, also after awaits. */
export function runAs(token, fn) {
  if (typeof token !== 'string' || token === '') throw noToken();
  return request.run(token, fn);
}

/** The token of the surrounding runAs(), or undefined. */
export const currentToken = () => request.getStore();

/**
 * Gives a PostgresStore of @langchain/langgraph-checkpoint-postgres this pool instead of the one it
 * made itself, which has not connected yet. Tables are the owner's: `ensureTables: false`.
 */
export function usePool(store, pool) {
  const own = store?.core?.pool;
  if (typeof own?.connect !== 'function') {
    throw new TypeError('this store does not keep its pool in core.pool: pool not replaced');
  }
  store.core.pool = pool;
  if (own !== pool) own.end().catch(NOTHING);
  return store;
}

export class TenancyPool extends pg.Pool {
  #token;
  #scope;

  constructor({ scope = 'transaction', token = currentToken, ...options } = {}) {
    if (scope !== 'session' && scope !== 'transaction') {
      throw new TypeError(`scope is 'session' or 'transaction', not ${JSON.stringify(scope)}`);
    }
    if (typeof token !== 'function') throw new TypeError('token is a function returning a token');
    super(options);
    if (typeof this.Client.prototype?.getTransactionStatus !== 'function') {
      throw new TypeError(
        'TenancyPool needs a pg with Client.getTransactionStatus (8.20 or later)',
      );
    }
    this.#scope = scope;
    this.#token = token;
  }

  connect(callback) {
    const checkout = this.#checkout();
    if (callback === undefined) return checkout;
    const call = bound(callback);
    checkout.then(
      (client) => process.nextTick(call, undefined, client, client.release),
      (error) => process.nextTick(call, error, undefined, NOTHING),
    );
  }

  query(text, values, callback) {
    if (typeof values === 'function') return super.query(text, bound(values));
    return super.query(text, values, bound(callback));
  }

  end(callback) {
    return outside(() => super.end(callback));
  }

  async #checkout() {
    const token = await this.#token(); // called now, not when this checkout's turn comes
    if (typeof token !== 'string' || token === '') throw noToken();
    for (let attempt = 1; ; attempt += 1) {
      const client = await outside(() => super.connect());
      const giveBack = (error) => outside(() => release(error));
      const release = client.release;
      if (this.#scope === 'transaction')
        return handOut(new TransactionCheckout(client, giveBack, token));
      const checkout = new SessionCheckout(client, giveBack);
      client.on('error', NOTHING); // a connection lost meanwhile also fails the query we wait for
      try {
        await checkout.enter(token);
        return handOut(checkout);
      } catch (error) {
        const refused = error instanceof pg.DatabaseError && client.getTransactionStatus() === 'I';
        const leftovers = error.code === 'TN010'; // of an earlier caller: this connection is spent
        giveBack(refused && !leftovers ? undefined : error);
        if (!leftovers || attempt > this.options.max) throw error;
      } finally {
        client.removeListener('error', NOTHING);
      }
    }
  }
}

/** What both columns share: a client that is the caller's until it is released. */
class Checkout {
  #giveBack;
  #released = false;

  constructor(client, giveBack) {
    this.client = client;
    this.#giveBack = giveBack;
  }

  query(config, values, callback) {
    if (typeof values === 'function') [values, callback] = [undefined, values];
    if (this.#released) {
      const error = new TenancyError('this client was released; check out another one', 'TN001');
      if (typeof callback !== 'function') return Promise.reject(error);
      process.nextTick(bound(callback), error);
      return undefined;
    }
    if (typeof config?.submit === 'function') return this.submit(config, values, bound(callback));
    if (typeof config?.callback === 'function') {
      callback ??= config.callback;
      config = { ...config, callback: undefined };
    }
    return this.run(config, values, bound(callback));
  }

  release(error) {
    if (this.#released) {
      throw new Error('Release called on client which has already been released to the pool.');
    }
    this.#released = true;
    if (error) {
      this.#giveBack(error);
      return;
    }
    this.client.on('error', NOTHING);
    this.finish()
      .then(() => {
        if (this.client.getTransactionStatus() === 'I') return undefined;
        return new TenancyError('released inside a transaction', '25001');
      })
      .catch((failure) => failure)
      .then((doubt) => {
        this.client.removeListener('error', NOTHING);
        this.#giveBack(doubt);
      });
  }

  /** A statement of ours, bounded in time even where the application's are not. */
  own(text, values) {
    return this.client.query({ text, values, query_timeout: 30_000 });
  }
}

class SessionCheckout extends Checkout {
  async enter(token) {
    const { rows } = await this.own(ENTER_SESSION, [token]);
    if (rows[0].scope === 'transaction') {
      throw new TenancyError(
        "this database has tenancy.scope = transaction, where a checkout's token does not last: " +
          "use scope: 'transaction', or have the administrator set tenancy.scope = session",
        '55000',
      );
    }
  }

  run(config, values, callback) {
    return this.client.query(config, values, callback);
  }

  submit(query, values, callback) {
    return this.client.query(query, values, callback);
  }

  finish() {
    return this.own(LEAVE_SESSION);
  }
}

class TransactionCheckout extends Checkout {
  #token;
  #pending = 0;
  #tail = Promise.resolve(); // the last statement and its cleaning up; never rejects
  #cleanup = undefined;
  #doubt = undefined; // why this connection must not be used again

  constructor(client, giveBack, token) {
    super(client, giveBack);
    this.#token = token;
  }

  run(config, values, callback) {
    this.#pending += 1;
    const answer = this.#tail
      .then(() => this.#statement(config, values))
      .finally(() => {
        this.#pending -= 1;
      });
    this.#tail = answer.catch(NOTHING).then(() => this.#cleanup);
    if (callback === undefined) return answer;
    answer.then(
      (result) => process.nextTick(callback, undefined, result),
      (error) => process.nextTick(callback, error),
    );
    return undefined;
  }

  /** Cursors and streams outlive the statement that opens them, so they need the caller's BEGIN. */
  submit(query, values, callback) {
    if (this.#pending > 0 || this.client.getTransactionStatus() !== 'T') {
      throw new TenancyError(
        'behind a transaction pooler cursors, streams and query objects need a transaction: ' +
          "await client.query('BEGIN') first",
        '25P01',
      );
    }
    return this.client.query(query, values, callback);
  }

  async finish() {
    await this.#tail;
    if (this.#doubt) throw this.#doubt;
  }

  async #statement(config, values) {
    if (this.#doubt) throw this.#doubt;
    const text = String(config?.text ?? config).replace(LEADING_BLANKS, '');
    if (OPENS.test(text)) {
      if (!OPENS_ALONE.test(text)) {
        throw new TenancyError('send BEGIN by itself: the login has to follow it', '25001');
      }
      return this.#thenEnter(config, values);
    }
    if (this.client.getTransactionStatus() === 'I') return this.#unit(config, values);
    if (MAY_CHAIN.test(text)) return this.#thenEnter(config, values);
    return this.#plain(config, values);
  }

  #enter() {
    return this.own(ENTER_TRANSACTION, [this.#token]);
  }

  async #plain(config, values) {
    try {
      return await this.client.query(config, values);
    } catch (error) {
      this.#cleanUp(''); // pg reports an error before the status that follows it
      throw error;
    }
  }

  /** BEGIN, and COMMIT AND CHAIN: a new transaction, which has to be entered. */
  async #thenEnter(config, values) {
    const result = await this.#plain(config, values);
    if (this.client.getTransactionStatus() === 'T') await this.#enter();
    return result;
  }

  /** BEGIN, login, statement, COMMIT; any failure rolls back, and the first one is reported. */
  async #unit(config, values) {
    const { client } = this;
    try {
      if (client.pipeline) {
        const steps = [client.query('BEGIN'), this.#enter(), client.query(config, values)];
        steps.push(client.query('COMMIT'));
        const settled = await Promise.allSettled(steps);
        const failed = settled.find(({ status }) => status === 'rejected');
        if (failed) throw failed.reason;
        return settled[2].value;
      }
      await client.query('BEGIN');
      await this.#enter();
      const result = await client.query(config, values);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      this.#cleanUp(client.pipeline ? '' : 'ROLLBACK');
      throw error;
    }
  }

  /** Brings the connection to a known state behind a failure that the caller hears of at once. */
  #cleanUp(text) {
    this.#cleanup = this.own(text).then(NOTHING, (failure) => {
      this.#doubt = failure;
    });
  }
}

/** The client as its holder sees it: everything is pg's own except query and release. */
function handOut(checkout) {
  const { client } = checkout;
  const own = {
    query: checkout.query.bind(checkout),
    release: checkout.release.bind(checkout),
  };
  return new Proxy(client, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name];
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A callback that runs in the request that passed it, not in that of the socket. */
function bound(callback) {
  return typeof callback === 'function' ? AsyncResource.bind(callback) : callback;
}

function noToken() {
  return new TenancyError(
    'no token: call this inside runAs(token, …), or give the pool a token function',
    'TN001',
  );
}
