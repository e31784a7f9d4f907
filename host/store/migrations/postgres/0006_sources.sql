-- Which file each version was uploaded as. The same column as for SQLite, where the reasons stand.
-- Never edit this file once released: add the next one.

alter table policy_version add column source text collate "C";

create unique index version_source on policy_version (tenant, source, policy);
