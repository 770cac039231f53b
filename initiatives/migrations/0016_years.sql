-- A frame by fiscal year: how it went, computed from the books; and the figures that the Finance Act gives, which are input. Neither is ever made to fit the other.

-- How a frame and its earmarks moved, month by month, counted by value date (a year-end period is of its December). What was disbursed is less the payments
-- that were reversed; what came back into the earmarks stands on its own; everything is told in the month in which it was booked to count.
-- Read from the days that the accounts keep and from the rare kinds, which have their indexes: so it costs little at any number of payments.
CREATE FUNCTION initiatives_months(p_frame bigint) RETURNS TABLE (
    month date, granted numeric, earmarked numeric, disbursed numeric, put_back numeric, lapsed numeric, moved numeric, moved_on_earmarks numeric, repaid_to_treasury numeric
) LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH place AS MATERIALIZED (
        SELECT a.id, a.kind FROM initiatives_frame f JOIN ledger_account a ON a.id = f.account_id WHERE f.id = p_frame
        UNION ALL
        SELECT a.id, a.kind FROM initiatives_frame f JOIN ledger_account a ON a.parent_id = f.account_id AND a.kind = 'earmark' WHERE f.id = p_frame
    ), daily AS (
        SELECT date_trunc('month', d.day::timestamp)::date AS month, sum(d.credits - d.debits) AS moved,
            coalesce(sum(d.credits - d.debits) FILTER (WHERE p.kind = 'earmark'), 0) AS moved_on_earmarks,
            coalesce(sum(d.debits) FILTER (WHERE p.kind = 'earmark'), 0) AS left_earmarks
        FROM place p JOIN ledger_day d ON d.account_id = p.id GROUP BY 1
    ), gone AS ( -- everything but the payments that left the frame or an earmark
        SELECT t.value_date, p.kind AS place, t.kind, o.kind AS origin, c.kind AS other, -t.amount AS amount
        FROM place p
        JOIN ledger_transfer t ON t.debit_account_id = p.id AND t.step = 'post' AND t.kind IN ('lapse', 'release', 'reallocation', 'reversal')
        JOIN ledger_account c ON c.id = t.credit_account_id
        LEFT JOIN ledger_transfer o ON o.id = t.reverses_id
    ), come AS (
        SELECT t.value_date, p.kind AS place, t.kind, NULL AS origin, 'grantee' AS other, t.amount
        FROM place p JOIN ledger_transfer t ON t.credit_account_id = p.id AND t.kind = 'repayment'
        UNION ALL
        SELECT t.value_date, p.kind, t.kind, o.kind, d.kind, t.amount
        FROM place p
        JOIN ledger_transfer t ON t.credit_account_id = p.id AND t.step = 'post' AND t.kind = 'reversal'
        JOIN ledger_account d ON d.id = t.debit_account_id
        JOIN ledger_transfer o ON o.id = t.reverses_id
        UNION ALL
        SELECT t.value_date, p.kind, t.kind, NULL, 'treasury', t.amount
        FROM place p JOIN ledger_transfer t ON t.credit_account_id = p.id AND t.step = 'post' AND t.kind = 'appropriation' WHERE p.kind = 'frame'
    ), told AS (
        SELECT date_trunc('month', value_date::timestamp)::date AS month,
            coalesce(sum(amount) FILTER (WHERE place = 'frame' AND other = 'treasury'), 0) AS granted,
            -- the earmarks' debits that were no payments; their sign is minus
            coalesce(sum(amount) FILTER (WHERE place = 'earmark' AND amount < 0), 0) AS not_paid,
            coalesce(sum(amount) FILTER (WHERE place = 'earmark' AND origin = 'disbursement'), 0) AS undone,
            coalesce(sum(amount) FILTER (WHERE place = 'earmark' AND 'repayment' IN (kind, origin)), 0) AS put_back,
            coalesce(-sum(amount) FILTER (WHERE place = 'earmark' AND 'lapse' IN (kind, origin)), 0) AS lapsed
        FROM (SELECT * FROM gone UNION ALL SELECT * FROM come) AS rare GROUP BY 1
    ), returned AS (
        SELECT t.id, t.value_date, t.amount
        FROM place p
        JOIN ledger_account g ON g.parent_id = p.id AND g.kind = 'grantee'
        JOIN ledger_transfer t ON t.debit_account_id = g.id AND t.kind = 'repayment'
        JOIN ledger_account c ON c.id = t.credit_account_id AND c.kind = 'treasury'
    ), treasury AS (
        SELECT date_trunc('month', value_date::timestamp)::date AS month, sum(amount) AS repaid
        FROM (SELECT value_date, amount FROM returned
              UNION ALL SELECT r.value_date, -r.amount FROM returned t JOIN ledger_transfer r ON r.reverses_id = t.id AND r.kind = 'reversal' AND r.step = 'post') AS both_ways
        GROUP BY 1
    )
    SELECT month, coalesce(t.granted, 0.00), -- what the earmarks got from the frame is what moved on them and is nothing else
        coalesce(d.moved_on_earmarks, 0) + (coalesce(d.left_earmarks, 0) + coalesce(t.not_paid, 0) - coalesce(t.undone, 0)) - coalesce(t.put_back, 0) + coalesce(t.lapsed, 0),
        coalesce(d.left_earmarks, 0) + coalesce(t.not_paid, 0) - coalesce(t.undone, 0), coalesce(t.put_back, 0.00), coalesce(t.lapsed, 0.00),
        coalesce(d.moved, 0.00), coalesce(d.moved_on_earmarks, 0.00), coalesce(r.repaid, 0.00)
    FROM daily d FULL JOIN told t USING (month) FULL JOIN treasury r USING (month)
    ORDER BY month
$$;

-- The frame settlement (bevillingsafregning): opening + granted − used − lapsed = closing in each fiscal year, to the øre. What is left is carried over, so one
-- year's closing is the next one's opening. From the frame's first year to its last, or to the last in which something moved.
CREATE FUNCTION initiatives_settlement(p_frame bigint) RETURNS TABLE (
    year int, opening numeric, granted numeric, used numeric, lapsed numeric, closing numeric, of_it_earmarked_left numeric, repaid_to_treasury numeric
) LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH months AS MATERIALIZED (SELECT extract(year FROM month)::int AS year, m.* FROM initiatives_months(p_frame) m),
    span AS (
        SELECT least(extract(year FROM f.starts)::int, (SELECT min(year) FROM months)) AS first, greatest(extract(year FROM f.ends)::int, (SELECT max(year) FROM months)) AS last
        FROM initiatives_frame f WHERE f.id = p_frame
    ), yearly AS (
        SELECT y.year, coalesce(sum(m.granted), 0.00) AS granted, coalesce(sum(m.disbursed - m.put_back), 0.00) AS used, coalesce(sum(m.lapsed), 0.00) AS lapsed,
            coalesce(sum(m.moved), 0.00) AS moved, coalesce(sum(m.moved_on_earmarks), 0.00) AS moved_on_earmarks, coalesce(sum(m.repaid_to_treasury), 0.00) AS repaid
        FROM span CROSS JOIN LATERAL generate_series(span.first, span.last) AS y (year) LEFT JOIN months m USING (year) GROUP BY y.year
    )
    SELECT year, sum(moved) OVER so_far - moved, granted, used, lapsed, sum(moved) OVER so_far, sum(moved_on_earmarks) OVER so_far, repaid
    FROM yearly WINDOW so_far AS (ORDER BY year) ORDER BY year
$$;

-- The year profile: a frame's figures per fiscal year with their source. Whoever closes periods writes it; a new version stands beside the old ones. A profile
-- and its figures are written by this function alone, in one statement, so that none is ever half or added to.
CREATE FUNCTION initiatives_record_year_profile(p_key uuid, p_by bigint, p_frame bigint, p_source text, p_reason text, p_years int[], p_amounts numeric[])
RETURNS initiatives_yearprofile
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v initiatives_yearprofile;
    v_figures jsonb;
    v_broken record;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'Year profiles are written in READ COMMITTED transactions only.');
    END IF;
    IF NOT initiatives_may(p_by, 'ledger.close_period') THEN
        PERFORM ledger_refuse('year_profile_is_recorded_with_the_right', 'Whoever closes periods records a year profile.');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('year profile ' || coalesce(p_frame::text, ''), 4));
    IF coalesce(cardinality(p_years), 0) = 0 OR cardinality(p_years) IS DISTINCT FROM cardinality(p_amounts) THEN
        PERFORM ledger_refuse('year_profile_has_figures', 'A year profile has a figure for at least one fiscal year.');
    END IF;
    FOR v_broken IN SELECT year, amount, count(*) OVER (PARTITION BY year) AS times FROM unnest(p_years, p_amounts) AS figure (year, amount) LOOP
        IF v_broken.times > 1 OR v_broken.year IS NULL OR v_broken.year NOT BETWEEN 1900 AND 9999 THEN
            PERFORM ledger_refuse('year_profile_has_each_year_once', 'A year profile has one figure for a fiscal year.', jsonb_build_object('year', v_broken.year));
        ELSIF (v_broken.amount >= 0 AND v_broken.amount < 1e12 AND v_broken.amount = trunc(v_broken.amount, 2)) IS NOT TRUE THEN
            PERFORM ledger_refuse('year_figure_is_in_whole_oere', 'A figure of a year profile is 0 kr. or more, and whole øre.',
                jsonb_build_object('year', v_broken.year, 'amount', v_broken.amount::text));
        END IF;
    END LOOP;
    SELECT jsonb_object_agg(year, amount ORDER BY year) INTO v_figures FROM unnest(p_years, p_amounts) AS figure (year, amount);
    SELECT * INTO v FROM initiatives_yearprofile WHERE key = p_key;
    IF FOUND THEN
        IF (v.frame_id, v.made_by_id, v.source, v.reason) IS DISTINCT FROM (p_frame, p_by, btrim(p_source)::varchar, btrim(coalesce(p_reason, ''))::varchar)
            OR (SELECT jsonb_object_agg(year, amount ORDER BY year) FROM initiatives_yearfigure WHERE profile_id = v.id) IS DISTINCT FROM v_figures THEN
            PERFORM ledger_refuse('key_decides_one_thing', 'This key recorded another year profile.', jsonb_build_object('profile', v.id));
        END IF;
        RETURN v;
    END IF;
    IF initiatives_blank(p_source) THEN
        PERFORM ledger_refuse('year_profile_names_its_source', 'A year profile says where its figures stand.');
    END IF;
    SELECT * INTO v FROM initiatives_yearprofile WHERE frame_id = p_frame ORDER BY number DESC LIMIT 1;
    IF FOUND AND initiatives_blank(p_reason) THEN
        PERFORM ledger_refuse('year_profile_says_why_it_changed', 'A new version of a year profile says why.', jsonb_build_object('number', v.number));
    END IF;
    INSERT INTO initiatives_yearprofile (key, frame_id, number, source, reason, made_at, made_by_id)
    VALUES (p_key, p_frame, coalesce(v.number, 0) + 1, btrim(p_source), btrim(coalesce(p_reason, '')), clock_timestamp(), p_by) RETURNING * INTO v;
    INSERT INTO initiatives_yearfigure (profile_id, year, amount, amount_currency)
    SELECT v.id, year, round(amount, 2), 'DKK' FROM unnest(p_years, p_amounts) AS figure (year, amount) ORDER BY year;
    RETURN v;
END $$;

CREATE TRIGGER yearprofile_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_yearprofile FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER yearprofile_is_never_emptied BEFORE TRUNCATE ON initiatives_yearprofile FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER yearfigure_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_yearfigure FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER yearfigure_is_never_emptied BEFORE TRUNCATE ON initiatives_yearfigure FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();

-- The reminders owed, as before (0008_deadlines), and sooner: what was met is left out first, and of the rest what is more than 30 days ahead by its own day. An extension moves a day ahead, never back.
CREATE OR REPLACE FUNCTION initiatives_reminders_owed() RETURNS TABLE (deadline_id bigint, due date, rung int)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH missing AS MATERIALIZED (
        SELECT d.id FROM public.initiatives_deadline d
        WHERE d.due <= public.initiatives_today() + 30
          AND NOT EXISTS (SELECT 1 FROM public.initiatives_receipt r WHERE r.deadline_id = d.id
                          AND NOT EXISTS (SELECT 1 FROM public.initiatives_receiptrejection x WHERE x.receipt_id = r.id))
    )
    SELECT m.id, counts.due, counts.rung
    FROM missing m
    CROSS JOIN LATERAL (SELECT public.initiatives_deadline_due(m.id) AS due) AS in_force
    CROSS JOIN LATERAL (SELECT in_force.due, public.initiatives_rung(in_force.due, public.initiatives_today()) AS rung) AS counts
    WHERE counts.rung IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM public.initiatives_reminder s WHERE s.deadline_id = m.id AND s.due = counts.due AND s.rung = counts.rung)
$$;
