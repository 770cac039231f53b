-- Periods beside the books: a held one takes nothing new but from those who close, and none closes without the checklist that PostgreSQL fills in itself.

-- Nothing new comes into a period that is held, but from those who close periods. What was registered in it before is still approved or rejected there.
CREATE FUNCTION initiatives_period_is_held() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_period WHERE code = NEW.period AND held)
        AND NOT (NEW.step = 'post' AND NEW.period = (SELECT period FROM ledger_transfer WHERE id = NEW.pending_id))
        AND NOT initiatives_may(NEW.booked_by_id, 'ledger.close_period') THEN
        PERFORM ledger_refuse('period_is_held', format('The fiscal period %s is held.', NEW.period),
            jsonb_build_object('period', NEW.period, 'value_date', NEW.value_date, 'step', NEW.step));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER period_is_held AFTER INSERT ON ledger_transfer FOR EACH ROW WHEN (NEW.step <> 'void') EXECUTE FUNCTION initiatives_period_is_held();

CREATE FUNCTION initiatives_holder_holds_the_right() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT initiatives_may(NEW.held_by_id, 'ledger.close_period') THEN
        PERFORM ledger_refuse('booker_holds_the_right', 'Holding a period takes the right ledger.close_period.', jsonb_build_object('right', 'ledger.close_period', 'period', NEW.code));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER holder_holds_the_right AFTER UPDATE ON ledger_period
    FOR EACH ROW WHEN (NEW.held IS DISTINCT FROM OLD.held AND NOT NEW.closed) EXECUTE FUNCTION initiatives_holder_holds_the_right();

-- Those who close also register what closing a year takes: the lapse of what came back and was not used again, and the reversal of an error. Another approves it.
CREATE OR REPLACE FUNCTION initiatives_booker_holds_the_right() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_kind text := coalesce((SELECT kind FROM ledger_transfer WHERE id = NEW.reverses_id), NEW.kind); -- a reversal is registered and approved like what it reverses
    v_right text := CASE
        WHEN v_kind IN ('appropriation', 'earmarking', 'release', 'reallocation', 'lapse', 'write_off')
            THEN CASE WHEN NEW.step = 'pending' THEN 'initiatives.propose_decision' ELSE 'initiatives.approve_decision' END
        WHEN NEW.step IN ('single', 'pending') THEN 'initiatives.register_payment'
        WHEN v_kind = 'documented_use' THEN 'initiatives.check_accounts'
        ELSE 'initiatives.approve_payment' END;
BEGIN
    IF NEW.step = 'void' AND NEW.booked_by_id = (SELECT booked_by_id FROM ledger_transfer WHERE id = NEW.pending_id) THEN
        RETURN NULL; -- withdrawing one's own registration takes no right
    ELSIF NEW.step = 'pending' AND (NEW.kind, NEW.cause) IN (('lapse', 'year_end'), ('reversal', 'error')) AND initiatives_may(NEW.booked_by_id, 'ledger.close_period') THEN
        RETURN NULL;
    ELSIF NOT initiatives_may(NEW.booked_by_id, v_right) THEN
        PERFORM ledger_refuse('booker_holds_the_right', format('Booking this takes the right %s.', v_right), jsonb_build_object('right', v_right, 'kind', v_kind, 'step', NEW.step));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION initiatives_period_ends(p_code text) RETURNS date
LANGUAGE sql IMMUTABLE AS $$ SELECT (make_date(left(p_code, 4)::int, least(12, substr(p_code, 6, 2)::int), 1) + interval '1 month' - interval '1 day')::date $$;

-- What stands open when a period is to be closed: registrations dated in it or before that nobody settled; its payments that no list of payments made agrees
-- with or no decision explains; rows of such lists that agree with nothing, dated in its month or come since the last period before it was closed; and, at a year's end, what came back and falls to the treasury.
CREATE FUNCTION initiatives_open_items(p_code text) RETURNS TABLE (point text, transfer_id bigint, bank_line_id bigint, account_id bigint, amount numeric)
LANGUAGE sql STABLE AS $$
    SELECT 'reservations', t.id, NULL::bigint, t.debit_account_id, t.amount
    FROM public.ledger_transfer t
    WHERE t.step = 'pending' AND t.period <= p_code AND NOT EXISTS (SELECT 1 FROM public.ledger_transfer s WHERE s.pending_id = t.id)
    UNION ALL
    SELECT 'payments', t.id, NULL, t.debit_account_id, t.amount
    FROM public.ledger_transfer t
    LEFT JOIN public.initiatives_paymentline l ON l.transfer_id = t.id
    LEFT JOIN public.initiatives_linefinding f ON f.line_id = l.id
    WHERE t.kind = 'disbursement' AND t.step = 'post' AND t.replaces_id IS NULL AND t.period = p_code
      AND CASE WHEN l.id IS NOT NULL THEN f.finding NOT IN ('both', 'reversed') AND NOT f.explained
               ELSE NOT EXISTS (SELECT 1 FROM public.initiatives_payment_undone(t.id) u WHERE u.approved) END
    UNION ALL
    SELECT 'bank_lines', NULL, b.id, NULL, b.amount
    FROM public.initiatives_bankline b JOIN public.initiatives_bankstatement l ON l.id = b.statement_id
    CROSS JOIN LATERAL (SELECT v.finding, v.explained FROM public.initiatives_bankfinding v WHERE v.bank_line_id = b.id OFFSET 0) AS f -- one by one: the lists only grow
    WHERE b.day <= public.initiatives_period_ends(p_code)
      AND (b.day > public.initiatives_period_ends(p_code) - 31 OR l.taken_at > coalesce((SELECT max(closed_at) FROM public.ledger_period WHERE code < p_code), '-infinity'))
      AND f.finding IN ('only_there', 'amount_differs', 'account_differs', 'paid_twice', 'paid_though_reversed', 'returned', 'returned_being_reversed')
      AND NOT f.explained
    UNION ALL
    SELECT 'unreturned', NULL, NULL, came_back.id, came_back.rest
    FROM (SELECT e.id, public.ledger_unreturned(e.id, left(p_code, 4)::int) AS rest
          FROM (SELECT DISTINCT credit_account_id AS id FROM public.ledger_transfer WHERE kind = 'repayment' AND left(period, 4) = left(p_code, 4)) AS e
          JOIN public.ledger_account a ON a.id = e.id AND a.kind = 'earmark'
          WHERE substr(p_code, 6) IN ('12', '13.1', '13.2')) AS came_back
    WHERE came_back.rest > 0
$$;

-- The checklist in figures. The audit is none of it: that is computed outside PostgreSQL, from every row, and handed to the closing.
CREATE FUNCTION initiatives_closing_checklist(p_code text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    WITH points AS (
        SELECT name FROM unnest(ARRAY['reservations', 'payments', 'bank_lines', 'unreturned']) AS name
        WHERE name <> 'unreturned' OR substr(p_code, 6) IN ('12', '13.1', '13.2')
    ), found AS (
        SELECT name, jsonb_build_object('count', count(o.point), 'amount', coalesce(sum(o.amount), 0.00)::text) AS says
        FROM points LEFT JOIN public.initiatives_open_items(p_code) o ON o.point = name GROUP BY name
    )
    SELECT jsonb_object_agg(name, says) || (
        SELECT jsonb_build_object('trial_balance', jsonb_build_object('accounts', count(*), 'differing', count(*) FILTER (WHERE NOT agrees),
            'opening', sum(opening)::text, 'debit', sum(debit)::text, 'credit', sum(credit)::text, 'closing', sum(closing)::text))
        FROM public.ledger_trial_balance(p_code)
    ) FROM found
$$;

-- How each frame was settled in one fiscal year.
CREATE FUNCTION initiatives_settlements(p_year int) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('frame', f.id, 'opening', s.opening::text, 'granted', s.granted::text, 'used', s.used::text, 'lapsed', s.lapsed::text,
        'closing', s.closing::text, 'of_it_earmarked_left', s.of_it_earmarked_left::text, 'repaid_to_treasury', s.repaid_to_treasury::text) ORDER BY f.id), '[]')
    FROM public.initiatives_frame f CROSS JOIN LATERAL public.initiatives_settlement(f.id) s WHERE s.year = p_year
$$;

CREATE TRIGGER closing_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_closing FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER closing_is_never_emptied BEFORE TRUNCATE ON initiatives_closing FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();

-- The door of closings: fills in the checklist, keeps it, and closes. Open items need a reason; a trial balance that does not agree or an audit that found
-- something closes nothing. Closed already by the same person it answers with that closing. Nobody books meanwhile.
CREATE FUNCTION initiatives_close_period(p_code text, p_by bigint, p_reason text, p_audit jsonb) RETURNS initiatives_closing
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v initiatives_closing;
    v_open jsonb;
    v_newest bigint;
    v_read bigint;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'Periods are closed in READ COMMITTED transactions only.');
    ELSIF NOT initiatives_may(p_by, 'ledger.close_period') THEN
        PERFORM ledger_refuse('booker_holds_the_right', 'Closing a period takes the right ledger.close_period.', jsonb_build_object('right', 'ledger.close_period', 'period', p_code));
    END IF;
    PERFORM pg_advisory_xact_lock(7302300);
    SELECT c.* INTO v FROM ledger_period p JOIN initiatives_closing c ON c.period_id = p.code
    WHERE p.code = p_code AND p.closed AND p.closed_by_id = p_by ORDER BY c.id DESC LIMIT 1;
    IF FOUND THEN
        RETURN v;
    ELSIF EXISTS (SELECT 1 FROM ledger_period WHERE code = p_code AND NOT closed) THEN
        INSERT INTO initiatives_closing (period_id, made_at, made_by_id, reason, checklist, settlement)
        VALUES (p_code, clock_timestamp(), p_by, btrim(coalesce(p_reason, ''), E' \t\n\r\u00A0'), initiatives_closing_checklist(p_code) || jsonb_build_object('audit', p_audit),
                CASE WHEN p_code LIKE '%-13.2' THEN initiatives_settlements(left(p_code, 4)::int) ELSE '[]' END)
        RETURNING * INTO v;
    END IF;
    PERFORM ledger_close_period(p_code, p_by); -- what is refused here first: a period that is not there, is closed, or is not the next one

    SELECT jsonb_object_agg(key, value) INTO v_open FROM jsonb_each(v.checklist) WHERE (value ->> 'count')::bigint > 0;
    IF v_open IS NOT NULL AND v.reason = '' THEN
        PERFORM ledger_refuse('open_items_have_a_reason', 'Something of the period stands open; say why it is closed all the same.', jsonb_build_object('period', p_code, 'open', v_open));
    ELSIF (v.checklist -> 'trial_balance' ->> 'differing')::bigint > 0 THEN
        PERFORM ledger_refuse('closing_has_a_trial_balance_that_agrees', 'The trial balance does not agree with the accounts.', v.checklist -> 'trial_balance');
    ELSIF (p_audit ->> 'breaches')::bigint IS DISTINCT FROM 0 THEN
        PERFORM ledger_refuse('closing_stands_on_a_sound_audit', 'The audit of the books found something, or was not made.', coalesce(p_audit, '{}'));
    END IF;
    v_newest := coalesce((p_audit ->> 'newest')::bigint, 0);
    SELECT count(*) INTO v_read FROM ledger_transfer WHERE id <= v_newest;
    IF v_read IS DISTINCT FROM (p_audit ->> 'transfers')::bigint
        OR EXISTS (SELECT 1 FROM ledger_transfer WHERE id > v_newest AND period <= p_code) THEN
        PERFORM ledger_refuse('closing_follows_its_audit', 'Something was booked in the period after the audit began.', coalesce(p_audit, '{}'));
    END IF;
    RETURN v;
END $$;

-- A list of payments made that is taken while a period is closed waits for it, and came after it: the next closing sees its rows.
CREATE FUNCTION initiatives_list_waits_for_closing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7302300);
    NEW.taken_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE TRIGGER list_waits_for_closing BEFORE INSERT ON initiatives_bankstatement FOR EACH ROW EXECUTE FUNCTION initiatives_list_waits_for_closing();

-- Nobody closes a period beside that door. Only it writes a closing, and it closes whatever it writes one for: once, not again when the period was opened meanwhile.
CREATE FUNCTION initiatives_closing_has_its_checklist() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM initiatives_closing c WHERE c.period_id = NEW.code AND c.made_by_id = NEW.closed_by_id AND c.made_at >= transaction_timestamp()
                   AND NOT EXISTS (SELECT 1 FROM initiatives_periodhistory h WHERE h.pgh_obj_id = c.period_id AND h.pgh_created_at > c.made_at)) THEN
        PERFORM ledger_refuse('closing_has_its_checklist', 'A period is closed with its checklist.', jsonb_build_object('period', NEW.code));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER closing_has_its_checklist AFTER UPDATE ON ledger_period
    FOR EACH ROW WHEN (NEW.closed AND NOT OLD.closed) EXECUTE FUNCTION initiatives_closing_has_its_checklist();

-- The library wrote its triggers on periods anew, and with them its way for a session to leave them out: closed again as 0014_history closed it.
CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT false $$;
ALTER FUNCTION pgtrigger_insert_insert_8bd75() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION pgtrigger_update_update_4117b() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION pgtrigger_delete_delete_5ce1d() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

-- What was closed before checklists were kept.
INSERT INTO initiatives_closing (period_id, made_at, made_by_id, reason, checklist, settlement)
SELECT code, closed_at, closed_by_id, 'Lukket, før kontrolpunkterne blev gemt.', '{}', '[]' FROM ledger_period WHERE closed ORDER BY code;
