-- A policy sees what it is granted and nothing else. Chains from before went by another rule, which they keep: whatever began like an
-- ordinary property was open to every policy. Never edit this file once released: add the next one.

update policy set grants = json_set(grants, '$.properties', json((
    select json_group_array(value) from (
        select value from json_each(policy.grants, '$.properties')
        union all values ('conn_*'), ('prop_*'), ('pvt_*')
    )
)));

update revision set links = (
    select json_group_array(json_set(link.value, '$.grants', json_set(
        coalesce(json_extract(link.value, '$.grants'), json('{}')),
        '$.properties', json((
            select json_group_array(value) from (
                select value from json_each(link.value, '$.grants.properties')
                union all values ('conn_*'), ('prop_*'), ('pvt_*')
            )
        ))
    )))
    from json_each(revision.links) as link
)
-- What has a NUL in a setting is left alone, as PostgreSQL cannot read it. It sees nothing until it is activated again.
where instr(links, '\u0000') = 0;
