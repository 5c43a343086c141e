-- title: A occupies the key that B's checkpoint needs, and B's ON CONFLICT DO NOTHING drops it in silence
-- class: constraint-oracle
-- severity: high
-- kind: static
-- leaks: verify /INSERT 0 0/
-- answer: closed: protect() puts the tenant into the key

--@ setup
set role svc_owner;
create table app.checkpoint_blobs (
  thread_id text, checkpoint_ns text, channel text, version text, type text, blob bytea,
  tenant_id text not null default t.tenant(),
  primary key (thread_id, checkpoint_ns, channel, version));
grant select, insert on app.checkpoint_blobs to app;
select t.protect('app.checkpoint_blobs');
--@ attack
:enter_a
insert into app.checkpoint_blobs values ('user-42', '', 'messages', '1', 'x', '');
commit;
--@ verify
\c - app
:enter_b
insert into app.checkpoint_blobs values ('user-42', '', 'messages', '1', 'msgpack', '\x01')
  on conflict do nothing;
commit;
