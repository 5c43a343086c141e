-- Tables are protected by the command that makes them. The triggers have no tag filter: a command
-- that somebody forgot would make tables that nobody protects.
CREATE FUNCTION tenancy.auto_protect_before() RETURNS event_trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tenancy_auto_protect_before';
REVOKE ALL ON FUNCTION tenancy.auto_protect_before() FROM PUBLIC;
COMMENT ON FUNCTION tenancy.auto_protect_before() IS
'Refuses what cannot be put right afterwards: CREATE UNIQUE INDEX CONCURRENTLY without the isolation columns of a protected table (0A000), foreign keys to one without them (42830). The hint holds what to write instead.';

CREATE FUNCTION tenancy.auto_protect_after() RETURNS event_trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tenancy_auto_protect_after';
REVOKE ALL ON FUNCTION tenancy.auto_protect_after() FROM PUBLIC;
COMMENT ON FUNCTION tenancy.auto_protect_after() IS
'Protects the tables that the command made, as tenancy.auto_protect says, new partitions and children of protected tables, and re-keys unique constraints and foreign keys that were added to protected tables. As tenancy.protect, whose errors it raises.';

CREATE EVENT TRIGGER tenancy_auto_protect_before ON ddl_command_start
  EXECUTE FUNCTION tenancy.auto_protect_before();
COMMENT ON EVENT TRIGGER tenancy_auto_protect_before IS
'Refuses commands on protected tables that cannot be put right afterwards';
CREATE EVENT TRIGGER tenancy_auto_protect_after ON ddl_command_end
  EXECUTE FUNCTION tenancy.auto_protect_after();
COMMENT ON EVENT TRIGGER tenancy_auto_protect_after IS
'Protects tables as they are made, see tenancy.auto_protect';
