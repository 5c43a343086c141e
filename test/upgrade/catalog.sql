-- One line for every property of every object of the extension, by name, in order: equal output
-- means equal catalogs. Column numbers, OIDs and statistics are left out.
--
-- Objects that PostgreSQL makes along with others (row types, array types, TOAST, indexes, triggers
-- of constraints) are reached through the objects they belong to.
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
SET search_path = pg_catalog;

CREATE TEMPORARY TABLE member AS
  SELECT classid, objid FROM pg_depend
  WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy');

WITH relation AS (SELECT c.* FROM pg_class c JOIN member ON classid = 'pg_class'::regclass AND objid = c.oid),
line (kind, name, property) AS (
  SELECT 'member', i.type || ' ' || i.identity, format('owner by initial privileges %s; comment %s',
      p.initprivs, coalesce(obj_description(m.objid, m.classid::regclass::name), '-'))
    FROM member m CROSS JOIN LATERAL pg_identify_object(classid, objid, 0) i
    LEFT JOIN pg_init_privs p ON p.classoid = m.classid AND p.objoid = m.objid AND p.objsubid = 0
  UNION ALL
  SELECT 'schema', nspname, nspacl::text FROM pg_namespace JOIN member ON classid = 'pg_namespace'::regclass AND objid = oid
  UNION ALL
  SELECT 'function', p.oid::regprocedure::text, concat_ws('; ', pg_get_function_arguments(p.oid),
      pg_get_function_result(p.oid), lanname, prokind, provolatile, proparallel, proleakproof, proisstrict, prosecdef,
      proretset, procost, prorows, prosupport, proconfig, proacl, probin, prosrc, pg_get_function_sqlbody(p.oid))
    FROM pg_proc p JOIN member ON classid = 'pg_proc'::regclass AND objid = p.oid JOIN pg_language l ON l.oid = prolang
  UNION ALL
  SELECT 'aggregate', aggfnoid::regprocedure::text, concat_ws('; ', aggkind, aggtransfn, aggfinalfn, aggcombinefn,
      aggserialfn, aggdeserialfn, aggsortop::regoperator, aggtranstype::regtype, agginitval)
    FROM pg_aggregate JOIN member ON classid = 'pg_proc'::regclass AND objid = aggfnoid
  UNION ALL
  SELECT 'type', t.oid::regtype::text, concat_ws('; ', typtype, typlen, typbyval, typcategory, typispreferred, typdelim,
      typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze, typsubscript, typalign, typstorage,
      typnotnull, typbasetype::regtype, typdefault, typcollation::regcollation, typacl)
    FROM pg_type t JOIN member ON classid = 'pg_type'::regclass AND objid = t.oid
  UNION ALL
  SELECT 'relation', r.oid::regclass::text, concat_ws('; ', relkind, relpersistence, relrowsecurity, relforcerowsecurity,
      relreplident, reloptions, relacl, pg_get_viewdef(CASE WHEN relkind IN ('v', 'm') THEN r.oid END))
    FROM relation r
  UNION ALL
  SELECT 'column', format('%s.%I', r.oid::regclass, attname), concat_ws('; ',
      (SELECT count(*) FROM pg_attribute b WHERE b.attrelid = r.oid AND b.attnum > 0 AND b.attnum <= a.attnum AND NOT b.attisdropped),
      format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attstorage, attcollation::regcollation,
      attacl, pg_get_expr(adbin, adrelid), col_description(r.oid, attnum))
    FROM relation r JOIN pg_attribute a ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
  UNION ALL
  SELECT 'constraint', format('%s %I', conrelid::regclass, conname), concat_ws('; ', pg_get_constraintdef(oid), convalidated,
      obj_description(oid, 'pg_constraint'))
    FROM pg_constraint WHERE conrelid IN (SELECT oid FROM relation)
  UNION ALL
  SELECT 'index', indexrelid::regclass::text, concat_ws('; ', pg_get_indexdef(indexrelid), indisprimary, indisvalid,
      indisclustered, indisreplident)
    FROM pg_index WHERE indrelid IN (SELECT oid FROM relation)
  UNION ALL
  SELECT 'trigger', format('%s %I', tgrelid::regclass, tgname), concat_ws('; ', pg_get_triggerdef(oid), tgenabled)
    FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM relation) AND NOT tgisinternal
  UNION ALL
  SELECT 'rule', format('%s %I', ev_class::regclass, rulename), concat_ws('; ', pg_get_ruledef(oid), ev_enabled)
    FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM relation)
  UNION ALL
  SELECT 'policy', format('%s %I', polrelid::regclass, polname), concat_ws('; ', polcmd, polpermissive, polroles,
      pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy WHERE polrelid IN (SELECT oid FROM relation)
  UNION ALL
  SELECT 'sequence', seqrelid::regclass::text, concat_ws('; ', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcycle)
    FROM pg_sequence WHERE seqrelid IN (SELECT oid FROM relation)
  UNION ALL
  SELECT 'operator', o.oid::regoperator::text, concat_ws('; ', oprcode, oprresult::regtype, oprcanmerge, oprcanhash,
      oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin)
    FROM pg_operator o JOIN member ON classid = 'pg_operator'::regclass AND objid = o.oid
  UNION ALL
  SELECT 'operator class', format('%s %I', amname, opcname), concat_ws('; ', opfname, opcintype::regtype, opcdefault,
      opckeytype::regtype)
    FROM pg_opclass o JOIN member ON classid = 'pg_opclass'::regclass AND objid = o.oid
    JOIN pg_am a ON a.oid = opcmethod JOIN pg_opfamily f ON f.oid = opcfamily
  UNION ALL
  SELECT 'operator of a family', format('%s %I %s', amname, opfname, amopopr::regoperator), concat_ws('; ', amopstrategy,
      amoppurpose, amopsortfamily::regclass)
    FROM pg_amop JOIN pg_opfamily f ON f.oid = amopfamily JOIN pg_am a ON a.oid = opfmethod
    JOIN member ON classid = 'pg_opfamily'::regclass AND objid = f.oid
  UNION ALL
  SELECT 'function of a family', format('%s %I %s (%s, %s)', amname, opfname, amprocnum, amproclefttype::regtype,
      amprocrighttype::regtype), amproc::regprocedure::text
    FROM pg_amproc JOIN pg_opfamily f ON f.oid = amprocfamily JOIN pg_am a ON a.oid = opfmethod
    JOIN member ON classid = 'pg_opfamily'::regclass AND objid = f.oid
  UNION ALL
  SELECT 'cast', format('%s to %s', castsource::regtype, casttarget::regtype), concat_ws('; ', castfunc::regprocedure,
      castcontext, castmethod)
    FROM pg_cast c JOIN member ON classid = 'pg_cast'::regclass AND objid = c.oid
  UNION ALL
  SELECT 'event trigger', evtname, concat_ws('; ', evtevent, evtfoid::regproc, evtenabled, evttags)
    FROM pg_event_trigger e JOIN member ON classid = 'pg_event_trigger'::regclass AND objid = e.oid
  UNION ALL
  SELECT 'dumped', x.oid::regclass::text, condition
    FROM pg_extension, unnest(extconfig, extcondition) AS x (oid, condition) WHERE extname = 'pg_tenancy'
)
SELECT concat_ws(': ', kind, name, property) FROM line ORDER BY kind COLLATE "C", name COLLATE "C", property COLLATE "C";
