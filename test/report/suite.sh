#!/usr/bin/env bash
# The audit's page in a browser: what it shows, that hostile names stay text, that nothing is loaded.
#
#   test/report/suite.sh               the tests; the picture is build/report/audit-report.png
source "$(dirname "$0")/../lib/server.sh"
source "$(dirname "$0")/../lib/tap.sh"

WORK=$BUILD/report
rm -rf "$WORK"
user_dir "$WORK"
start_server "jit = off"
ask() { psql_ -At -v ON_ERROR_STOP=1 -d shop "$@"; }

psql_ -v ON_ERROR_STOP=1 -c 'CREATE ROLE app LOGIN' -c 'CREATE ROLE reporting LOGIN BYPASSRLS' -c 'CREATE DATABASE shop'
ask >"$WORK/setup.out" <<'SQL'
CREATE EXTENSION pg_tenancy;
SELECT tenancy.harden_database();
CREATE TABLE orders (id int PRIMARY KEY, item text, tenant_id tenancy.tenant_id);
CREATE TABLE invoice (id int PRIMARY KEY, "<b>total</b>" numeric, tenant_id tenancy.tenant_id);
SELECT tenancy.protect('orders'), tenancy.protect('invoice');
CREATE INDEX orders_item ON orders (item);
GRANT SELECT, INSERT, UPDATE ON orders, invoice TO app;
GRANT SELECT ON orders TO reporting;
CREATE TABLE "<script>document.title='owned'</script>" (id int, org_id text);
CREATE TABLE "a"" x=""y' <img src=//127.0.0.1:1/x onerror=alert(1)>" (id int, org_id text);
GRANT SELECT ON ALL TABLES IN SCHEMA public TO app;
CREATE VIEW all_orders AS SELECT * FROM orders;
GRANT SELECT ON all_orders TO app;
SQL
ask -c 'SELECT tenancy.audit_report()' >"$WORK/report.html"
ask -c "SELECT code FROM tenancy.audit() ORDER BY code" | sort -u >"$WORK/codes"

expect 'the page is about something' grep -qx unprotected_table "$WORK/codes"
expect 'the page says where nothing may come from' grep -qF "content=\"default-src 'none'; style-src 'unsafe-inline'\"" "$WORK/report.html"
refuse 'no element of the page names a script, a picture, a frame or an address' \
  grep -qiE '<(script|img|iframe|link|object|form|a |base)| (src|href|action|on[a-z]+)="' "$WORK/report.html"

browse() { # Tells of every request of the page; none of them leaves the machine.
  as_user env HOME="$WORK" timeout 60 chromium --headless --no-sandbox --disable-gpu --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
    --user-data-dir="$WORK/profile" --proxy-server=127.0.0.1:9 --log-net-log="$WORK/net.json" \
    --hide-scrollbars --window-size=1280,1100 "$@" "file://$WORK/report.html" 2>"$WORK/chromium.err"
}
expect 'a browser opens it' browse --dump-dom
browse --dump-dom >"$WORK/dom.html" || true
missing() { while read -r code; do grep -qF "<code>$code</code>" "$WORK/dom.html" || echo "$code"; done <"$WORK/codes"; }
report 'every finding is in its document' "$([ -s "$WORK/dom.html" ] && [ -z "$(missing)" ] && echo 1)" "$(missing)"
expect 'no script of a name ran' grep -qF '<title>Tenant isolation of shop</title>' "$WORK/dom.html"
expect 'a name with markup is text' grep -qF "&lt;script&gt;document.title='owned'&lt;/script&gt;" "$WORK/dom.html"
refuse 'and no element' grep -qiE '<(script|img|b>total)' "$WORK/dom.html"
report 'the page asked for nothing over the network' \
  "$([ -s "$WORK/net.json" ] && ! grep -q '127.0.0.1:1/x' "$WORK/net.json" && echo 1)"
row() { # row TABLE ROLE: the cells of the matrix
  sed -n "s,.*<th scope=\"row\">$1</th><td>$2</td>,,p" "$WORK/dom.html" | sed 's/<[^>]*>/|/g; s/||*/|/g'
}
report 'the application has its own rows of a protected table' \
  "$([ "$(row public.orders app)" = '|own rows|own rows|own rows|no|no|no|no|' ] && echo 1)" "$(row public.orders app)"
report 'BYPASSRLS has all' \
  "$([ "$(row public.orders reporting)" = '|all rows|no|no|no|no|no|no|' ] && echo 1)" "$(row public.orders reporting)"
expect 'indexes that do not begin with the tenant are listed' grep -qF '<code>orders_item</code> of public.orders' "$WORK/dom.html"
expect 'a picture of it' browse --screenshot="$WORK/audit-report.png"
report 'is a picture' "$([ "$(head -c 4 "$WORK/audit-report.png" | tail -c 3)" = PNG ] && echo 1)"
finish
