-- title: a role sets its own search_path, for every session that it will have
-- class: shared-role
-- severity: high
-- kind: dynamic
-- leaks: attack /^ALTER ROLE/
-- answer: closed: the guard refuses ALTER ROLE ... SET of one's own role

--@ attack
alter role app in database :DBNAME set search_path = scratch;
alter role app in database :DBNAME reset search_path;
