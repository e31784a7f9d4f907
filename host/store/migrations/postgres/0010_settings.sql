-- Some settings have other names. Settings are kept as JSON without spaces, in which no text holds a bare quote.
-- Never edit this file once released: add the next one.

update tenant set settings = replace(replace(replace(settings,
    '"failure_ms":', '"min_failure_delay_ms":'),
    '"fuzzy":true', '"match_rule":"server"'),
    '"fuzzy":false', '"match_rule":"exact"');
