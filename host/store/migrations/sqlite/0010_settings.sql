-- The least time that a refusal takes has another name. Settings are kept as JSON without spaces, in which no text holds a bare quote.
-- Never edit this file once released: add the next one.

update tenant set settings = replace(settings, '"failure_ms":', '"min_failure_delay_ms":');
