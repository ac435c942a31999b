-- Run once, by the image of PostgreSQL, in the new and empty database; as its owner.
-- The site connects as a role that owns nothing: docs/operations.md, "Two roles on PostgreSQL".
\set password `cat "${SITE_PASSWORD_FILE:-/run/secrets/database_site_password}"`
CREATE ROLE countersign_site LOGIN PASSWORD :'password';
-- The queue makes its tables itself, so it gets a schema of its own.
CREATE SCHEMA wake AUTHORIZATION countersign_site;
