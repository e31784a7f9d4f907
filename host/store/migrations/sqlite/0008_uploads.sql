-- Uploads under way: whose pieces stay although no component names them yet. Never edit this file once released: add the next one.

-- Whoever uploads a component has a row here before its first piece is stored; publishing takes it away. What is past its time was broken
-- off, and goes with its pieces.
create table component_upload (
    digest text not null,
    tenant text not null,
    until_ms integer not null,
    primary key (digest, tenant)
) strict;

create index tenant_upload on component_upload (tenant);
