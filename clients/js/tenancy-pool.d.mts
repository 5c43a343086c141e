import type { Pool, PoolConfig } from 'pg';

export type Token = string;

export interface TenancyPoolConfig extends PoolConfig {
  /**
   * `'transaction'` (default): for every connection, also behind a transaction pooler.
   * `'session'`: direct connections or session pooling, and `tenancy.scope = session`.
   */
  scope?: 'session' | 'transaction';
  /** The current request's token; called by every connect() and query(). Default: currentToken. */
  token?: () => Token | undefined | Promise<Token | undefined>;
  /** pg >= 8.23: sends statements without waiting for the answer to the one before. */
  pipeline?: boolean;
}

/** A pg.Pool whose every checkout belongs to one caller; see tenancy-pool.mjs. */
export declare class TenancyPool extends Pool {
  constructor(config?: TenancyPoolConfig);
}

/**
 * A refusal before anything was sent. `code`: TN001 no token, or a client used after its release;
 * 55000 wrong scope for this database; 25001 BEGIN together with other statements;
 * 25P01 a cursor or stream outside a transaction.
 */
export declare class TenancyError extends Error {
  readonly name: 'TenancyError';
  readonly code: 'TN001' | '55000' | '25001' | '25P01';
}

/** Runs fn with this token as the caller of every TenancyPool used inside, also after awaits. */
export declare function runAs<T>(token: Token, fn: () => T): T;

/** The token of the surrounding runAs(), or undefined. */
export declare function currentToken(): Token | undefined;

/** Gives a PostgresStore of @langchain/langgraph-checkpoint-postgres this pool. */
export declare function usePool<Store extends object>(store: Store, pool: Pool): Store;
