-- title: GRANT ALL includes TRUNCATE, which no policy restrains
-- class: privileges
-- severity: high
-- kind: static
-- leaks: verify /^0$/
-- answer: flagged: `grant_truncate app.doc`

--@ setup
grant all on app.doc to app;
--@ fix
revoke truncate on app.doc from app;
--@ attack
:enter_a
truncate app.doc;
commit;
--@ verify
\pset tuples_only
select count(*) from app.doc where tenant_id = 'B';
