-- title: pg_dump as the application's role
-- class: dump
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: pg_dump turns row_security off, which raises; with it on, policies apply

--@ attack
\setenv PGDATABASE :DBNAME
\! pg_dump -U app -t app.doc --data-only 2>&1 | head -5
\! pg_dump -U app -t app.doc --data-only --enable-row-security 2>&1 | grep -a CANARY
\echo dumped
