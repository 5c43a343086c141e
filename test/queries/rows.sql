-- What one person's rows hold at first, written by that person. The variables are the canaries.
BEGIN;
SELECT FROM tenancy.login(:'token') \g /dev/null
SET LOCAL search_path = shop;
INSERT INTO notes SELECT 'k' || g, :'text' || g, g, jsonb_build_object('n', g, 'v', :'text')
  FROM generate_series(1, 20) g;
INSERT INTO graph.checkpoints SELECT 't' || g % 4, '', 'c' || g, 'c' || g - 1, 'json',
  jsonb_build_object('v', :'text', 'n', :'number'::numeric, 'g', g), jsonb_build_object('by', :'text')
  FROM generate_series(1, 12) g;
INSERT INTO graph.checkpoint_blobs SELECT 't' || g % 4, '', 'ch' || g, '1', 'b', decode(:'bytes', 'hex')
  FROM generate_series(1, 12) g;
INSERT INTO graph.checkpoint_writes SELECT 't' || g % 4, '', 'c' || g, 'task', g, 'ch', 'b', :'text'::bytea
  FROM generate_series(1, 12) g;
INSERT INTO graph.store SELECT 'p' || g % 3, 'k' || g, jsonb_build_object('v', :'text', 'l', jsonb_build_array(:'uuid', g))
  FROM generate_series(1, 20) g;
\if :whole_tenant
INSERT INTO docs SELECT g, 'title ' || g, :'text' || g, :'number', :'big', :'uuid',
  ARRAY['tag', :'text'], decode(:'bytes', 'hex'), jsonb_build_object('v', :'text', 'a', jsonb_build_array(:'text')),
  g % 5, 1 + g % 5 FROM generate_series(1, 40) g;
INSERT INTO accounts SELECT 'mail' || g, 'nick' || g, 10 * g, g FROM generate_series(1, 20) g;
INSERT INTO parents SELECT g, :'text', g % 5 FROM generate_series(1, 20) g;
INSERT INTO children SELECT g, 1 + g % 20, 1 + g % 7, :'text', g % 5 FROM generate_series(1, 30) g;
INSERT INTO events SELECT g % 20, 2 * g, :'text', g % 5 FROM generate_series(1, 30) g;
INSERT INTO papers SELECT g, :'text', g % 5 FROM generate_series(1, 10) g;
INSERT INTO letters SELECT g, :'text', g % 5, :'text' FROM generate_series(11, 20) g;
INSERT INTO log SELECT :'text' || g, g FROM generate_series(1, 10) g;
\endif
COMMIT;
