-- Who has signed each version. The same table as for SQLite, where the reasons stand.
-- Never edit this file once released: add the next one.

create table version_signature (
    tenant text collate "C" not null,
    policy text collate "C" not null,
    number bigint not null,
    signer text collate "C" not null,
    primary key (tenant, policy, number, signer),
    foreign key (tenant, policy, number) references policy_version (tenant, policy, number) on delete cascade
);
