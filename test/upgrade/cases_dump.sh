# A dump brings back configuration and protection, and no private key.

sql postgres 'CREATE ROLE app LOGIN'
sql postgres 'CREATE DATABASE origin'
PUBLIC_KEY='{"kty":"OKP","crv":"Ed25519","kid":"rfc8037","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
sql origin "
  CREATE EXTENSION pg_tenancy;
  SELECT tenancy.add_issuer('https://issuer.example/', ARRAY['api'], jwks => '{\"keys\":[$PUBLIC_KEY]}', tenants => 'listed');
  INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme'), ('globex');
  INSERT INTO tenancy.issuer_tenants VALUES ('https://issuer.example/', 'acme');
  INSERT INTO tenancy.tiers (tier, is_default) VALUES ('free', true), ('gold', false);
  INSERT INTO tenancy.tier_permissions VALUES ('free', 'docs:*'), ('gold', '*');
  INSERT INTO tenancy.roles (role, tenant_id, inherits, is_system) VALUES ('owner', NULL, '{}', true),
    ('editor', NULL, '{}', false), ('clerk', 'acme', '{editor,zeta}', false), ('zeta', 'acme', '{}', false), ('clerk', 'globex', '{}', false);
  INSERT INTO tenancy.role_permissions (role, tenant_id, permission, effect) VALUES ('owner', NULL, '*', 'allow'),
    ('editor', NULL, 'docs:doc:write', 'allow'), ('clerk', 'acme', 'docs:secret:*', 'deny'), ('clerk', 'globex', 'docs:*', 'allow');
  INSERT INTO tenancy.members (tenant_id, user_id, roles, status, tokens_valid_after) VALUES
    ('acme', 'olga', '{owner}', 'active', NULL), ('acme', 'bob', '{clerk,gone}', 'suspended', '2026-01-01'), ('globex', 'bob', '{clerk}', 'active', NULL);
  INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, effect, expires_at, reason) VALUES
    ('acme', 'bob', 'docs:*', 'deny', '2030-01-01', 'gone'), ('globex', 'bob', 'x:y', 'allow', NULL, NULL);
  INSERT INTO tenancy.tools (name, description, required_permission) VALUES ('search', 'finds', 'tool:search:use');
  UPDATE tenancy.tenants SET tier = 'gold', display_name = 'Acme', settings = '{\"a\": 1}' WHERE tenant_id = 'acme';
  UPDATE tenancy.tenants SET parent = 'globex' WHERE tenant_id = 'acme';
  INSERT INTO tenancy.tenant_aliases VALUES ('https://issuer.example/', 'org_1', 'acme');
  CREATE TABLE note (id int PRIMARY KEY, body text);
  GRANT SELECT, INSERT ON note TO app;
  CREATE TABLE born (id int PRIMARY KEY, tenant_id tenancy.tenant_id);
  INSERT INTO born VALUES (1, 'acme'), (1, 'globex');
  CREATE TABLE opened (id int PRIMARY KEY, tenant_id tenancy.tenant_id);
  SELECT tenancy.unprotect('opened', restore_keys => true);
  SELECT tenancy.protect('note'), tenancy.harden_database()" >/dev/null
token() { sql origin "SELECT tenancy.issue_token('$1', ttl => '1 hour')"; }
acme=$(token acme) globex=$(token globex)
as_tenant() { # as_tenant DATABASE TOKEN STATEMENT: the statement's rows, as role app
  psql_ -At -v ON_ERROR_STOP=1 -v token="$2" -U app -d "$1" -f - <<<"
    BEGIN; SELECT set_config('tenancy.token', :'token', true) \\g /dev/null
    $3; COMMIT;"
}
as_tenant origin "$acme" "INSERT INTO note VALUES (1, 'of acme')"
as_tenant origin "$globex" "INSERT INTO note VALUES (1, 'of globex')"
# What dumps must keep, by content.
contents() {
  sql "$1" "SELECT 'issuers', (to_jsonb(x) - 'keys_changed_at')::text FROM tenancy.issuers x UNION ALL
    SELECT 'tenants', to_jsonb(x)::text FROM tenancy.tenants x UNION ALL
    SELECT 'issuer_tenants', to_jsonb(x)::text FROM tenancy.issuer_tenants x UNION ALL
    SELECT 'tiers', to_jsonb(x)::text FROM tenancy.tiers x UNION ALL
    SELECT 'tier_permissions', to_jsonb(x)::text FROM tenancy.tier_permissions x UNION ALL
    SELECT 'roles', to_jsonb(x)::text FROM tenancy.roles x UNION ALL
    SELECT 'role_permissions', to_jsonb(x)::text FROM tenancy.role_permissions x UNION ALL
    SELECT 'members', to_jsonb(x)::text FROM tenancy.members x UNION ALL
    SELECT 'user_permissions', to_jsonb(x)::text FROM tenancy.user_permissions x UNION ALL
    SELECT 'tools', to_jsonb(x)::text FROM tenancy.tools x UNION ALL
    SELECT 'tenant_aliases', to_jsonb(x)::text FROM tenancy.tenant_aliases x UNION ALL
    SELECT 'signing_keys', to_jsonb(x)::text FROM tenancy.signing_keys x UNION ALL
    SELECT 'note', to_jsonb(x)::text FROM note x UNION ALL
    SELECT 'policy', pol::text FROM (SELECT polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid) FROM pg_policy
      WHERE polrelid = 'note'::regclass) pol UNION ALL
    SELECT 'protected', concat_ws(' ', relation, isolate_by, forced, has_access_policy) FROM tenancy.protected_tables UNION ALL
    SELECT 'born', to_jsonb(x)::text FROM born x UNION ALL
    SELECT 'flags', concat(relrowsecurity, relforcerowsecurity, relacl) FROM pg_class WHERE oid = 'note'::regclass UNION ALL
    SELECT 'hardened', object FROM tenancy.hardening WHERE done AND object !~ '^DATABASE' UNION ALL
    SELECT 'acl', concat(oid::regprocedure, proacl) FROM pg_proc WHERE proname IN ('currtid2', 'pg_lock_status') UNION ALL
    SELECT 'key', pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid IN ('note'::regclass, 'born'::regclass, 'opened'::regclass)
    ORDER BY 1, 2"
}
contents origin >"$WORK/origin.contents"
private_keys=$(sql origin "SELECT string_agg(x::text, ' ') FROM tenancy.signing_secrets x")

for format in plain custom; do
  file=$WORK/out/$format.dump database=copy_$format
  expect "pg_dump ($format)" as_user env "PGHOST=$PGHOST" "PGPORT=$PGPORT" "$BIN/pg_dump" -F "${format:0:1}" -f "$file" origin
  sql postgres "CREATE DATABASE $database"
  if [ $format = plain ]; then
    expect 'the plain dump restores without an error' psql_ -v ON_ERROR_STOP=1 -d $database -f "$file"
  else
    expect 'the custom dump restores without an error' as_user env "PGHOST=$PGHOST" "PGPORT=$PGPORT" \
      "$BIN/pg_restore" --exit-on-error -d $database "$file"
  fi
  contents $database >"$WORK/$database.contents"
  same_text "configuration, rows, keys and policies are there again ($format)" "$WORK/origin.contents" "$WORK/$database.contents"
  report "a token from before enters ($format)" \
    "$([ "$(as_tenant $database "$acme" 'SELECT body FROM note' 2>&1)" = 'of acme' ] && echo 1)"
  report "and sees no other tenant ($format)" \
    "$([ "$(as_tenant $database "$globex" 'SELECT body FROM note' 2>&1)" = 'of globex' ] && echo 1)"
  fails "nobody sees nothing ($format)" TN001 $database 'SET ROLE app; SELECT * FROM note'
  report "the copy has another identity ($format)" \
    "$([ "$(sql origin 'SELECT tenancy.own_issuer()')" != "$(sql $database 'SELECT tenancy.own_issuer()')" ] && echo 1)"
done
report 'control: there is a private key in the origin' "$([ -n "$private_keys" ] && echo 1)"
report 'no private key is in the dump' \
  "$(if grep -q '"d"' "$WORK/out/plain.dump"; then echo 0; else [ "$(sql copy_plain 'SELECT count(*) FROM tenancy.signing_secrets')" = 0 ] && echo 1; fi)"
copied=$(sql copy_plain "SELECT tenancy.issue_token('acme')")
report 'the copy signs with a key of its own' \
  "$([ "$(as_tenant copy_plain "$copied" 'SELECT body FROM note' 2>&1)" = 'of acme' ] && echo 1)"
refuse 'and its tokens do not enter the origin' as_tenant origin "$copied" 'SELECT body FROM note'

# A physical copy has the private key too, until the recipe of doc/operations.md has run there.
sql postgres 'CREATE DATABASE physical TEMPLATE origin'
report 'control: a token of the origin enters its physical copy' \
  "$([ "$(as_tenant physical "$acme" 'SELECT body FROM note' 2>&1)" = 'of acme' ] && echo 1)"
recipe=$(sed -n '/^## Physical copies/,/^## /s/^    \(\(TRUNCATE\|UPDATE\).*;\).*/\1/p' "$TOP/doc/operations.md")
report 'doc/operations.md says what to run' "$([ "$(wc -l <<<"$recipe")" = 2 ] && echo 1)" "$recipe"
expect 'the recipe runs' sql physical "$recipe"
refuse 'after it the token enters no more' as_tenant physical "$acme" 'SELECT body FROM note'
copied=$(sql physical "SELECT tenancy.issue_token('acme')")
report 'the copy signs with a key of its own' \
  "$([ "$(as_tenant physical "$copied" 'SELECT body FROM note' 2>&1)" = 'of acme' ] && echo 1)"
refuse 'which does not enter the origin' as_tenant origin "$copied" 'SELECT body FROM note'
report 'control: the origin still knows its own' \
  "$([ "$(as_tenant origin "$acme" 'SELECT body FROM note' 2>&1)" = 'of acme' ] && echo 1)"
