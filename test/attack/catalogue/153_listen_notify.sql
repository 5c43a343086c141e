-- title: whoever LISTENs gets the payloads of other tenants
-- class: shared-role
-- severity: high
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: closed: the guard refuses LISTEN
-- says: LISTEN is refused to roles

--@ attack
\setenv PGDATABASE :DBNAME
:enter_a
listen jobs;
commit;
listen jobs;
\! psql -X -q -U app -c "notify jobs, 'CANARY_B payload'"
select 1;
