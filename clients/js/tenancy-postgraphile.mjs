/**
 * PostGraphile 5 on pg_tenancy: the SQL of a request runs as the caller whose token it brings.
 *
 * Copy this file into your project; it needs `postgraphile` >= 5.1. doc/postgraphile.md shows a
 * server with it:
 *
 *     { extends: [PostGraphileAmberPreset, TenancyPreset],
 *       pgServices: [makePgService({ connectionString, schemas: ['api'], pgSettings: callerOf })] }
 */
import { defaultMaskError } from 'postgraphile/grafserv';
import { GraphQLError } from 'postgraphile/graphql';
import { TYPES, domainOfCodec } from 'postgraphile/@dataplan/pg';
import { sql } from 'postgraphile/pg-sql2';

/**
 * For `pgSettings` of makePgService(): the Authorization header of the request, nothing else of it.
 * PostGraphile sets it for the transaction in which it runs the request's SQL. Without the header
 * nothing is set, nobody has entered, and protected tables answer TN001.
 */
export function callerOf(context) {
  const token = context.node?.req.headers.authorization;
  return token ? { 'tenancy.token': token } : {};
}

/**
 * PostGraphile leaves out columns whose type it does not know, and with them the primary keys of
 * protected tables: to it, the types of pg_tenancy are texts.
 */
const TenancyTypesPlugin = {
  name: 'TenancyTypesPlugin',
  version: '1.0.0',
  gather: {
    hooks: {
      pgCodecs_findPgCodec(info, event) {
        const { typname, typtype } = event.pgType;
        if (event.pgCodec || typtype !== 'b' || event.pgType.typcategory === 'A') return;
        if (event.pgType.getNamespace()?.nspname !== 'tenancy') return;
        const name = info.inflection.typeCodecName(event);
        const type = sql.identifier('tenancy', typname);
        event.pgCodec = domainOfCodec(TYPES.text, name, type);
      },
    },
  },
};

/** Refusals of pg_tenancy reach the client with their code, all else is masked as usual. */
function maskError(error) {
  const { code, message } = error.originalError ?? {};
  if (!/^TN\d{3}$/.test(code)) return defaultMaskError(error);
  const { nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions: { code } });
}

export const TenancyPreset = {
  plugins: [TenancyTypesPlugin],
  grafserv: { maskError },
};
