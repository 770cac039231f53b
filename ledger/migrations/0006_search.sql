-- The words of what somebody wrote, so that they are found through an index: lower case, and nothing but letters and digits counts. »Rate 2/2023« → rate, 2, 2023.
-- It tells its price, far above what it is, because guesses of how many rows have a word are poor: reading the journal row by row is never the better plan for a rare one.

CREATE FUNCTION ledger_words(p_text text, p_more text DEFAULT '') RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 2000 AS $$
BEGIN
    RETURN to_tsvector('pg_catalog.simple'::regconfig, regexp_replace(lower(p_text || ' ' || p_more), '[^[:alnum:]]+', ' ', 'g'));
END $$;
