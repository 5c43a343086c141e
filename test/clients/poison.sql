-- Puts, before every row that a caller inserts, the same key for another tenant and for another
-- user of the same tenant, with contents that no client could read without failing. The log says
-- how many there must be, so a test can tell that none was touched. As the superuser, whom no
-- policy filters.
\set ON_ERROR_STOP on
CREATE SCHEMA poison;
CREATE TABLE poison.log (rel regclass, row_text text);

CREATE FUNCTION poison.put() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  contents jsonb;
  poisoned text;
BEGIN
  contents := CASE TG_TABLE_NAME
    WHEN 'checkpoints' THEN '{"checkpoint": {"poison": 1}, "metadata": {"poison": 1}}'
    WHEN 'store' THEN '{"value": {"poison": 1}}'
    ELSE '{"type": "poison", "blob": "\\xdead"}' END;
  FOR contents IN
    SELECT contents || jsonb_build_object('tenant_id', 'evil', 'user_id', NEW.user_id::text)
    UNION ALL
    SELECT contents || jsonb_build_object('tenant_id', NEW.tenant_id::text, 'user_id', 'mallory')
  LOOP
    EXECUTE format(
      'INSERT INTO %1$s AS t SELECT (jsonb_populate_record($1, $2)).* ON CONFLICT DO NOTHING'
      ' RETURNING t::text', TG_RELID::regclass)
      INTO poisoned USING NEW, contents;
    IF poisoned IS NOT NULL THEN
      INSERT INTO poison.log VALUES (TG_RELID, poisoned);
    END IF;
  END LOOP;
  RETURN NEW;
END $$;

CREATE TRIGGER poison BEFORE INSERT ON public.checkpoints FOR EACH ROW
  WHEN (NEW.tenant_id <> 'evil' AND NEW.user_id <> 'mallory') EXECUTE FUNCTION poison.put();
CREATE TRIGGER poison BEFORE INSERT ON public.checkpoint_blobs FOR EACH ROW
  WHEN (NEW.tenant_id <> 'evil' AND NEW.user_id <> 'mallory') EXECUTE FUNCTION poison.put();
CREATE TRIGGER poison BEFORE INSERT ON public.checkpoint_writes FOR EACH ROW
  WHEN (NEW.tenant_id <> 'evil' AND NEW.user_id <> 'mallory') EXECUTE FUNCTION poison.put();
CREATE TRIGGER poison BEFORE INSERT ON public.store FOR EACH ROW
  WHEN (NEW.tenant_id <> 'evil' AND NEW.user_id <> 'mallory') EXECUTE FUNCTION poison.put();

-- One line per table: the poisoned rows that must be there, and how many are as they were.
CREATE VIEW poison.verdict AS
SELECT rel, count(*) AS expected, count(*) FILTER (WHERE intact) AS intact
FROM (
  SELECT rel, row_text IN (
    SELECT t::text FROM public.checkpoints t
    UNION ALL SELECT t::text FROM public.checkpoint_blobs t
    UNION ALL SELECT t::text FROM public.checkpoint_writes t
    UNION ALL SELECT t::text FROM public.store t
  ) AS intact
  FROM poison.log
) AS found
GROUP BY rel;
