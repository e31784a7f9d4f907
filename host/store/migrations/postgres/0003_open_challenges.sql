-- A user's open questions are closed by the next one.

create index open_challenge on challenge (tenant, user_name) where not taken;
