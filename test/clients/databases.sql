-- The roles and databases of the client tests, as the superuser. One server; for each language a
-- database reached directly (session scope) and one reached through the pooler (transaction scope,
-- the default). The owner is no superuser and runs setup() and protect(); the application owns
-- nothing.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE ROLE agent_owner LOGIN;
CREATE ROLE app LOGIN;
CREATE DATABASE js_direct OWNER agent_owner;
CREATE DATABASE js_pooled OWNER agent_owner;
CREATE DATABASE py_direct OWNER agent_owner;
CREATE DATABASE py_pooled OWNER agent_owner;
ALTER DATABASE js_direct SET tenancy.scope = 'session';
ALTER DATABASE py_direct SET tenancy.scope = 'session';
\c js_direct
CREATE EXTENSION pg_tenancy;
\c js_pooled
CREATE EXTENSION pg_tenancy;
\c py_direct
CREATE EXTENSION pg_tenancy;
\c py_pooled
CREATE EXTENSION pg_tenancy;
