-- What a grantee owes the ministry beside its work: to accept the terms, to report, to hand in accounts. The days follow from the grant, and payments stop while
-- something is missing. Nobody makes, moves or removes a deadline or a reminder by hand; a receipt is recorded, an extension and an override are decided.

-- The value date of an earmark's first money, earmarked or moved to it; NULL before it has any.
CREATE FUNCTION initiatives_granted_on(p_earmark bigint) RETURNS date
LANGUAGE sql STABLE AS $$
    SELECT t.value_date FROM public.initiatives_earmark e
    JOIN public.ledger_transfer t ON t.credit_account_id = e.account_id AND t.step = 'post' AND t.kind IN ('earmarking', 'reallocation')
    WHERE e.id = p_earmark ORDER BY t.id LIMIT 1
$$;

-- The days are the software's own defaults: the note and the agreement set none. They are what state grants commonly ask for: thirty days to accept; by 31 January a
-- report on the year that ended; by 30 April its accounts, the last ones final. Other days are written here, and hold for what is earmarked from then on.
CREATE FUNCTION initiatives_deadlines_of(p_earmark bigint) RETURNS TABLE (what text, year int, final boolean, due date)
LANGUAGE sql STABLE AS $$
    WITH granted AS (
        SELECT day, extract(year FROM greatest(day, f.starts))::int AS first, extract(year FROM greatest(day, f.starts, f.ends))::int AS last
        FROM public.initiatives_granted_on(p_earmark) AS day
        JOIN public.initiatives_earmark e ON e.id = p_earmark
        JOIN public.initiatives_initiative i ON i.id = e.initiative_id
        JOIN public.initiatives_frame f ON f.id = i.frame_id
        WHERE day IS NOT NULL
    )
    SELECT 'terms', NULL::int, false, day + 30 FROM granted
    UNION ALL
    SELECT 'status_report', year, false, make_date(year + 1, 1, 31) FROM granted, generate_series(first, last) AS year
    UNION ALL
    SELECT 'accounts', year, year = last, make_date(year + 1, 4, 30) FROM granted, generate_series(first, last) AS year
$$;

CREATE FUNCTION initiatives_deadlines_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO initiatives_deadline (earmark_id, what, year, final, due)
    SELECT e.id, d.what, d.year, d.final, d.due
    FROM initiatives_earmark e CROSS JOIN LATERAL initiatives_deadlines_of(e.id) AS d
    WHERE e.account_id = NEW.credit_account_id ORDER BY d.due, d.what
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

-- An earmark has its deadlines from its first money on, wherever that came from; later money moves none of them.
CREATE TRIGGER deadlines_follow_from_the_grant AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.step = 'post' AND NEW.kind IN ('earmarking', 'reallocation')) EXECUTE FUNCTION initiatives_deadlines_follow();

INSERT INTO initiatives_deadline (earmark_id, what, year, final, due)
SELECT e.id, d.what, d.year, d.final, d.due FROM initiatives_earmark e CROSS JOIN LATERAL initiatives_deadlines_of(e.id) AS d ORDER BY e.id, d.due, d.what;

CREATE FUNCTION initiatives_today() RETURNS date
LANGUAGE sql STABLE AS $$ SELECT (clock_timestamp() AT TIME ZONE 'Europe/Copenhagen')::date $$;

-- The newest approved proposal of a kind about this.
CREATE FUNCTION initiatives_newest_about(p_kind text, p_earmark bigint, p_subject text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT p.after FROM public.initiatives_proposal p JOIN public.initiatives_decision d ON d.proposal_id = p.id AND d.approved
    WHERE p.kind_id = p_kind AND p.earmark_id = p_earmark AND p.subject = p_subject ORDER BY d.id DESC LIMIT 1
$$;

-- The day that counts: the newest approved extension's, else the deadline's own.
CREATE FUNCTION initiatives_deadline_due(p_deadline bigint) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT coalesce((public.initiatives_newest_about('extension', d.earmark_id, 'deadline:' || d.id) ->> 'due')::date, d.due)
    FROM public.initiatives_deadline d WHERE d.id = p_deadline
$$;

-- What stops a payment with this value date: terms that were not accepted by that day, and what was overdue on it. Overridden is what management decided to pay in spite of.
CREATE FUNCTION initiatives_payment_stops(p_earmark bigint, p_day date) RETURNS TABLE (stop text, deadline_id bigint, due date)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH missing AS MATERIALIZED ( -- seldom any, and only of those is more asked
        SELECT d.id, d.what, d.earmark_id, public.initiatives_deadline_due(d.id) AS due
        FROM public.initiatives_deadline d
        WHERE d.earmark_id = p_earmark AND (d.what = 'terms' OR d.due < p_day) -- an extension moves a day ahead, never back
          AND NOT EXISTS (SELECT 1 FROM public.initiatives_receipt r WHERE r.deadline_id = d.id AND r.received_on <= p_day
                          AND NOT EXISTS (SELECT 1 FROM public.initiatives_receiptrejection x WHERE x.receipt_id = r.id))
    )
    SELECT m.what, m.id, m.due FROM missing m
    WHERE (m.what = 'terms' OR m.due < p_day)
      AND (p_day <= (public.initiatives_newest_about('override', m.earmark_id, CASE m.what WHEN 'terms' THEN 'stop:terms' ELSE 'deadline:' || m.id END) ->> 'until')::date) IS NOT TRUE
    UNION ALL
    SELECT 'terms', NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM public.initiatives_deadline WHERE earmark_id = p_earmark AND what = 'terms')
    ORDER BY 3, 2
$$;

-- A disbursement booked anew sends no money: it inherits a payment, and what was missing does not stop it.
CREATE FUNCTION initiatives_payment_is_not_stopped() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_earmark bigint := (SELECT id FROM initiatives_earmark WHERE account_id = NEW.debit_account_id);
    v_stop record;
    d initiatives_deadline;
    v_figures jsonb;
BEGIN
    SELECT s.*, count(*) OVER () AS stops INTO v_stop FROM initiatives_payment_stops(v_earmark, NEW.value_date) AS s ORDER BY s.stop <> 'terms', s.due LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO d FROM initiatives_deadline WHERE id = v_stop.deadline_id;
    v_figures := jsonb_build_object('earmark', v_earmark, 'deadline', d.id, 'what', v_stop.stop, 'year', d.year, 'final', d.final, 'due', v_stop.due, 'value_date', NEW.value_date,
        'stops', v_stop.stops, 'received_on', (SELECT min(r.received_on) FROM initiatives_receipt r WHERE r.deadline_id = d.id
                                               AND NOT EXISTS (SELECT 1 FROM initiatives_receiptrejection x WHERE x.receipt_id = r.id)));
    IF v_stop.stop = 'terms' THEN
        PERFORM ledger_refuse('terms_are_accepted', format('The grantee had not accepted the terms on %s.', NEW.value_date), v_figures);
    END IF;
    PERFORM ledger_refuse('reports_are_not_overdue', format('What was due on %s had not come on %s: %s for %s.', v_stop.due, NEW.value_date, v_stop.stop, d.year), v_figures);
    RETURN NULL;
END $$;

CREATE TRIGGER payment_is_not_stopped AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.kind = 'disbursement' AND NEW.step IN ('pending', 'post') AND NEW.replaces_id IS NULL) EXECUTE FUNCTION initiatives_payment_is_not_stopped();

-- A receipt: by whoever registers, dated inside the time that it can lie in, one at a time.
CREATE FUNCTION initiatives_receipt_is_lawful() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    d initiatives_deadline;
    v_earliest date;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'Receipts are written in READ COMMITTED transactions only.');
    END IF;
    SELECT * INTO d FROM initiatives_deadline WHERE id = NEW.deadline_id FOR NO KEY UPDATE; -- two receipts of one deadline wait for each other
    IF NOT initiatives_may(NEW.recorded_by_id, 'initiatives.register_payment') THEN
        PERFORM ledger_refuse('receipt_is_recorded_with_the_right', 'Recording a receipt takes the right initiatives.register_payment.', jsonb_build_object('deadline', NEW.deadline_id));
    END IF;
    IF initiatives_tied((SELECT grantee_id FROM initiatives_earmark WHERE id = d.earmark_id), NEW.recorded_by_id) THEN
        PERFORM ledger_refuse('tied_hands_receive_nothing', 'Whoever belongs to a grantee does not record what it handed in.', jsonb_build_object('deadline', d.id));
    END IF;
    v_earliest := CASE d.what WHEN 'terms' THEN initiatives_granted_on(d.earmark_id) ELSE make_date(d.year, 1, 1) END;
    IF NEW.received_on < v_earliest OR NEW.received_on > initiatives_today() OR NOT isfinite(NEW.received_on) THEN
        PERFORM ledger_refuse('receipt_is_dated_when_it_came', format('It came between %s and today.', v_earliest),
            jsonb_build_object('deadline', d.id, 'asked', NEW.received_on, 'earliest', v_earliest, 'today', initiatives_today()));
    END IF;
    IF EXISTS (SELECT 1 FROM initiatives_receipt r WHERE r.deadline_id = d.id AND NOT EXISTS (SELECT 1 FROM initiatives_receiptrejection x WHERE x.receipt_id = r.id)) THEN
        PERFORM ledger_refuse('deadline_is_met_once', 'This was received already.', jsonb_build_object('deadline', d.id));
    END IF;
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER receipt_is_lawful BEFORE INSERT ON initiatives_receipt FOR EACH ROW EXECUTE FUNCTION initiatives_receipt_is_lawful();

-- A receipt recorded wrongly is rejected by somebody else who works with payments or accounts, for a reason; the deadline stands again.
CREATE FUNCTION initiatives_receiptrejection_is_lawful() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    r initiatives_receipt;
BEGIN
    SELECT * INTO r FROM initiatives_receipt WHERE id = NEW.receipt_id FOR NO KEY UPDATE;
    IF NOT (initiatives_may(NEW.rejected_by_id, 'initiatives.register_payment') OR initiatives_may(NEW.rejected_by_id, 'initiatives.approve_payment')
            OR initiatives_may(NEW.rejected_by_id, 'initiatives.check_accounts')) THEN
        PERFORM ledger_refuse('receipt_is_recorded_with_the_right', 'Rejecting a receipt takes a right over payments or accounts.', jsonb_build_object('receipt', NEW.receipt_id));
    ELSIF r.recorded_by_id = NEW.rejected_by_id THEN
        PERFORM ledger_refuse('receipt_is_rejected_by_another', 'Whoever recorded a receipt cannot take it away.', jsonb_build_object('receipt', r.id));
    ELSIF initiatives_blank(NEW.reason) THEN
        PERFORM ledger_refuse('rejection_has_a_reason', 'Whoever rejects what another recorded says why.', jsonb_build_object('receipt', r.id));
    ELSIF EXISTS (SELECT 1 FROM initiatives_receiptrejection WHERE receipt_id = r.id) THEN
        PERFORM ledger_refuse('receipt_is_rejected_once', 'This was rejected already.', jsonb_build_object('receipt', r.id));
    END IF;
    NEW.rejected_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER receiptrejection_is_lawful BEFORE INSERT ON initiatives_receiptrejection FOR EACH ROW EXECUTE FUNCTION initiatives_receiptrejection_is_lawful();

-- The reminders: 30 and 7 days before, on the day, 7 days after, and every 14 days from then on while it is missing. The newest rung whose day has come; NULL before the first.
CREATE FUNCTION initiatives_rung(p_due date, p_day date) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_day - p_due < -30 THEN NULL
        WHEN p_day - p_due < -7 THEN -30
        WHEN p_day - p_due < 0 THEN -7
        WHEN p_day - p_due < 7 THEN 0
        ELSE 7 + 14 * ((p_day - p_due - 7) / 14) END
$$;

-- Every reminder that should have gone out by now and did not.
CREATE FUNCTION initiatives_reminders_owed() RETURNS TABLE (deadline_id bigint, due date, rung int)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT d.id, counts.due, counts.rung
    FROM public.initiatives_deadline d
    CROSS JOIN LATERAL (SELECT public.initiatives_deadline_due(d.id) AS due) AS in_force
    CROSS JOIN LATERAL (SELECT in_force.due, public.initiatives_rung(in_force.due, public.initiatives_today()) AS rung) AS counts
    WHERE counts.rung IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM public.initiatives_receipt r WHERE r.deadline_id = d.id
                      AND NOT EXISTS (SELECT 1 FROM public.initiatives_receiptrejection x WHERE x.receipt_id = r.id))
      AND NOT EXISTS (SELECT 1 FROM public.initiatives_reminder m WHERE m.deadline_id = d.id AND m.due = counts.due AND m.rung = counts.rung)
$$;

-- Writes them down, each once, by today's clock: nobody can say that a reminder was sent whose day has not come. Whoever writes a reminder has it told in the same breath (telling).
CREATE FUNCTION initiatives_remind() RETURNS SETOF initiatives_reminder
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    INSERT INTO initiatives_reminder (deadline_id, due, rung, sent_at)
    SELECT deadline_id, due, rung, clock_timestamp() FROM initiatives_reminders_owed() ORDER BY due, deadline_id
    ON CONFLICT DO NOTHING RETURNING *
$$;

-- An extension: of a deadline of this earmark, to a later day, at most a year after its own (the software's stated default: an extension without end would be a reminder switched off).
CREATE FUNCTION initiatives_extension_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('due', public.initiatives_deadline_due(d.id)) FROM public.initiatives_deadline d WHERE 'deadline:' || d.id = p.subject AND d.earmark_id = p.earmark_id
$$;

CREATE FUNCTION initiatives_extension_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    d public.initiatives_deadline;
    v_due date := CASE WHEN public.initiatives_is_a_day(p.after ->> 'due') THEN (p.after ->> 'due')::date END;
BEGIN
    SELECT * INTO d FROM public.initiatives_deadline WHERE 'deadline:' || id = p.subject AND earmark_id = p.earmark_id;
    IF NOT FOUND OR p.grantee_id IS NOT NULL THEN
        PERFORM public.ledger_refuse('extension_names_a_deadline', 'An extension names one deadline of its earmark.', jsonb_build_object('subject', p.subject));
    ELSIF v_due IS NULL OR p.after <> jsonb_build_object('due', v_due) OR v_due <= d.due OR v_due > d.due + interval '1 year' THEN
        PERFORM public.ledger_refuse('extension_is_later_and_ends', 'An extension moves a deadline to a later day, at most a year after its own.',
            jsonb_build_object('due', d.due, 'latest', (d.due + interval '1 year')::date, 'asked', p.after ->> 'due'));
    END IF;
END $$;

-- An override: payments of this earmark in spite of one stop, up to a day that lies at most a year ahead.
CREATE FUNCTION initiatives_override_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$ SELECT coalesce(public.initiatives_newest_about('override', p.earmark_id, p.subject), '{}') $$;

CREATE FUNCTION initiatives_override_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_until date := CASE WHEN public.initiatives_is_a_day(p.after ->> 'until') THEN (p.after ->> 'until')::date END;
    v_latest date := (public.initiatives_today() + interval '1 year')::date;
BEGIN
    IF p.grantee_id IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM public.initiatives_deadline
        WHERE earmark_id = p.earmark_id AND p.subject = CASE what WHEN 'terms' THEN 'stop:terms' ELSE 'deadline:' || id END
    ) THEN
        PERFORM public.ledger_refuse('override_names_a_stop', 'An override names one stop of its earmark.', jsonb_build_object('subject', p.subject));
    ELSIF v_until IS NULL OR p.after <> jsonb_build_object('until', v_until) OR v_until > v_latest THEN
        PERFORM public.ledger_refuse('override_ends', 'An override holds up to a day, at most a year ahead.', jsonb_build_object('latest', v_latest, 'asked', p.after ->> 'until'));
    END IF;
END $$;

-- Whoever belongs to a grantee, or handles the agency's own earmark, decides neither for it.
CREATE FUNCTION initiatives_extension_bars(p initiatives_proposal, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT 'tied' FROM public.initiatives_earmark e WHERE e.id = p.earmark_id AND public.initiatives_tied(e.grantee_id, p_person)
$$;
CREATE FUNCTION initiatives_override_bars(p initiatives_proposal, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT public.initiatives_extension_bars(p, p_person) $$;

CREATE TRIGGER deadline_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_deadline FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER deadline_is_never_emptied BEFORE TRUNCATE ON initiatives_deadline FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER receipt_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_receipt FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER receipt_is_never_emptied BEFORE TRUNCATE ON initiatives_receipt FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER receiptrejection_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_receiptrejection FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER receiptrejection_is_never_emptied BEFORE TRUNCATE ON initiatives_receiptrejection FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER reminder_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_reminder FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER reminder_is_never_emptied BEFORE TRUNCATE ON initiatives_reminder FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
