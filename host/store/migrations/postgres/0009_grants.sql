-- A policy sees what it is granted and nothing else. Chains from before went by another rule, which they keep: whatever began like an
-- ordinary property was open to every policy. Never edit this file once released: add the next one.

create function opened(grants json) returns json language sql immutable as $$
    select json_object_agg(key, value) from (
        select key, value from json_each(grants) where key <> 'properties'
        union all
        select 'properties', json_agg(name) from (
            select json_array_elements(grants -> 'properties') as name
            union all
            select to_json(name) from unnest(array['conn_*', 'prop_*', 'pvt_*']) as name
        ) as granted
    ) as entry
$$;

update policy set grants = opened(grants::json)::text;

update revision set links = coalesce((
    select json_agg(opened_link order by position)::text
    from json_array_elements(revision.links::json) with ordinality as link (link, position),
    lateral (
        select json_object_agg(key, value) as opened_link from (
            select key, value from json_each(link) where key <> 'grants'
            union all
            select 'grants', opened(coalesce(link -> 'grants', '{}'))
        ) as entry
    ) as whole
), '[]')
-- What has a NUL in a setting cannot be read here. It sees nothing until it is activated again.
where position('\u0000' in links) = 0;

drop function opened (json);
