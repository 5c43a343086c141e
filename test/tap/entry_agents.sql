-- Agents: which the token names, which a caller may name, and what bounds that.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.scope = session;
SET LOCAL tenancy.entry_check = off;
\ir helpers/entry.sql
SELECT tenancy.add_issuer('https://bounded', '{db}', jwks => jwks(), permissions_claim => 'p');
SELECT tenancy.add_issuer('https://unbounded', '{db}', jwks => jwks());
SELECT tenancy.add_issuer('https://named', '{db}', jwks => jwks(), permissions_claim => 'p', agent_claim => 'bot');

CREATE TEMP TABLE cases AS SELECT * FROM (VALUES
  ('https://unbounded', '{}'::jsonb, 'support', 'support'),
  ('https://bounded', '{"p": ["agent:support:*"]}', 'support', 'support'),
  ('https://bounded', '{"p": ["agent:support:*"]}', 'sales', 'TN008'),
  ('https://bounded', '{"p": ["agent:support:*"]}', NULL, 'none'),
  ('https://bounded', '{"p": []}', 'support', 'TN008'),
  ('https://bounded', '{}', 'support', 'TN008'),
  ('https://bounded', '{"p": ["docs:*"]}', 'support', 'TN008'),
  ('https://bounded', '{"p": ["*"]}', 'support', 'support'),
  ('https://bounded', '{"p": ["agent:*"]}', 'support', 'support'),
  ('https://bounded', '{"p": ["agent:*:*"]}', 'support', 'support'),
  -- Something that the agent may do is not the agent.
  ('https://bounded', '{"p": ["agent:support:chat"]}', 'support', 'TN008'),
  ('https://bounded', '{"p": ["agent:support"]}', 'support', 'TN008'),
  ('https://bounded', '{"p": ["agent:*:chat"]}', 'support', 'TN008'),
  ('https://bounded', '{"p": ["agent:support2:*"]}', 'support', 'TN008'),
  ('https://bounded', '{"p": ["agent:Support:*"]}', 'support', 'TN008'),
  -- A name of two segments, or a star, would borrow another's.
  ('https://bounded', '{"p": ["agent:support:*"]}', 'support:chat', 'TN008'),
  ('https://bounded', '{"p": ["agent:support:*"]}', 'support:*', 'TN008'),
  ('https://bounded', '{"p": ["agent:*:*"]}', '*', 'TN008'),
  ('https://bounded', '{"p": ["*"]}', 'a:b', 'TN008'),
  ('https://bounded', '{"p": ["*"]}', 'a/b', 'TN008'),
  -- The token's own actor stays; who merely asked for the token gives way.
  ('https://bounded', '{"act": {"sub": "support"}, "p": []}', NULL, 'support'),
  ('https://bounded', '{"act": {"sub": "support"}, "p": ["*"]}', 'support', 'support'),
  ('https://bounded', '{"act": {"sub": "support"}, "p": ["*"]}', 'sales', 'TN008'),
  ('https://unbounded', '{"act": {"sub": "support"}}', 'sales', 'TN008'),
  ('https://bounded', '{"azp": "web", "p": ["agent:sales:*"]}', NULL, 'web'),
  ('https://bounded', '{"azp": "web", "p": ["agent:sales:*"]}', 'sales', 'sales'),
  ('https://named', '{"bot": "support", "p": []}', NULL, 'support'),
  ('https://named', '{"bot": "support", "p": ["*"]}', 'sales', 'TN008'),
  ('https://named', '{"azp": "web", "p": ["agent:sales:*"]}', NULL, 'none')) v (issuer, claims, agent, expected);

SELECT is(as_agent(token(issuer, '{"sub": "u", "tenant_id": "acme"}' || claims), agent, suffix), expected,
  format('%s %s as %s%s', issuer, claims, agent, CASE WHEN suffix THEN ', by suffix' END))
FROM cases, (VALUES (false), (true)) v (suffix) WHERE NOT suffix OR agent IS NOT NULL;
SELECT is(as_agent(tenancy.issue_token('acme', permissions => '{agent:support:*}'), agent, false), expected, 'own issuer: ' || agent)
FROM (VALUES ('support', 'support'), ('sales', 'TN008')) v (agent, expected);
SELECT is(as_agent(tenancy.issue_token('acme'), 'sales', false), 'sales', 'own issuer, not bounded');

-- What is no name at all.
SELECT is(as_agent(tenancy.issue_token('acme'), agent, false), '22023', format('"%s"', agent))
FROM (VALUES (''), ('a b'), ('a;b'), ('a''b'), ('ä'), (repeat('a', 256))) v (agent);
SELECT is(sets(tenancy.issue_token('acme') || ';agent=a;agent=b'), 'TN002 The suffix names two agents.', 'two agents');
SELECT is(sets(tenancy.issue_token('acme') || ';agent='), 'TN002 The agent of the suffix is not a name.', 'an empty suffix');

-- Another agent is another identity.
SET LOCAL tenancy.scope = transaction;
SELECT tenancy.logout();
SELECT tenancy.issue_token('acme', 'u') AS token \gset
SELECT is((tenancy.login(:'token', agent => 'support')).agent, 'support', 'as one agent');
SELECT throws_ok(format('SELECT tenancy.login(%L, agent => %L)', :'token', 'sales'), 'TN011', NULL, 'not as a second');
SELECT throws_ok(format('SELECT tenancy.login(%L)', :'token'), 'TN011', NULL, 'nor as none');
SELECT is((tenancy.login(:'token', agent => 'support')).agent, 'support', 'again as the first');
SELECT finish();
ROLLBACK;
