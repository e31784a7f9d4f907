-- Who has signed each version. What was stored before has no signature until it is uploaded with one.
-- Never edit this file once released: add the next one.

create table version_signature (
    tenant text not null,
    policy text not null,
    number integer not null,
    signer text not null,
    primary key (tenant, policy, number, signer),
    foreign key (tenant, policy, number) references policy_version (tenant, policy, number) on delete cascade
) strict;
