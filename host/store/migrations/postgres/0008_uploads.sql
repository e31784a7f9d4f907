-- Uploads under way. The same table as for SQLite, where the reasons stand. Never edit this file once released: add the next one.

create table component_upload (
    digest text collate "C" not null,
    tenant text collate "C" not null,
    until_ms bigint not null,
    primary key (digest, tenant)
);

create index tenant_upload on component_upload (tenant);
