-- Which file each version was uploaded as: other releases make other components of the same core module.
-- Never edit this file once released: add the next one.

-- Null where only the component is known: in what was stored before, and in what processes still store that began before this.
alter table policy_version add column source text;

create unique index version_source on policy_version (tenant, source, policy);
