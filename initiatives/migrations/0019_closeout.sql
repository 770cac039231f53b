-- A grant is closed out by two persons when nothing of it is missing, and takes nothing from then on until a new decision opens it again. Whether it is closed
-- is never written down: it is what the newest approved proposal says.

INSERT INTO initiatives_proposalkind (code, name, proposed_with, decided_with, verified_with, needs_document)
VALUES ('close_out', 'afslutning af et tilskud', 'initiatives.register_payment', 'initiatives.approve_decision', '', false);

CREATE FUNCTION initiatives_closed_out(p_earmark bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT coalesce((initiatives_newest_about('close_out', p_earmark, '') ->> 'closed')::boolean, false) $$;

-- Every account of a grant: its own, its grantee's, what was used and written off, and those of local actors.
CREATE FUNCTION initiatives_accounts_of(p_earmark bigint) RETURNS SETOF ledger_account
LANGUAGE sql STABLE AS $$
    SELECT a.* FROM public.initiatives_earmark e
    JOIN public.ledger_account a ON a.id = ANY (ARRAY[e.account_id, e.grantee_account_id, e.used_account_id, e.written_off_account_id]) WHERE e.id = p_earmark
    UNION ALL
    SELECT a.* FROM public.initiatives_earmark e JOIN public.ledger_account a ON a.parent_id = e.grantee_account_id WHERE e.id = p_earmark
$$;

-- The years, among those that accounts are due for, in which the grantee or a local actor held money.
CREATE FUNCTION initiatives_years_with_money(p_earmark bigint) RETURNS SETOF int
LANGUAGE sql STABLE AS $$
    SELECT d.year FROM public.initiatives_deadline d
    WHERE d.earmark_id = p_earmark AND d.what = 'accounts' AND EXISTS (
        SELECT 1 FROM public.initiatives_accounts_of(p_earmark) a
        WHERE a.kind IN ('grantee', 'local') AND (
            EXISTS (SELECT 1 FROM public.ledger_day m WHERE m.account_id = a.id AND m.day BETWEEN make_date(d.year, 1, 1) AND make_date(d.year, 12, 31) AND m.credits + m.carried > 0)
            OR (SELECT m.carried + m.credits - m.debits FROM public.ledger_day m WHERE m.account_id = a.id AND m.day < make_date(d.year, 1, 1) ORDER BY m.day DESC LIMIT 1) > 0)
    )
$$;

-- What a close-out lacks, one row a thing: what it is about, and its figures. Empty when nothing is missing.
CREATE FUNCTION initiatives_close_out_missing(p_earmark bigint) RETURNS TABLE (need text, figures jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH e AS MATERIALIZED (
        SELECT e.*, f.account_id AS frame_account_id FROM initiatives_earmark e
        JOIN initiatives_initiative i ON i.id = e.initiative_id JOIN initiatives_frame f ON f.id = i.frame_id WHERE e.id = p_earmark
    ), account AS MATERIALIZED (
        SELECT * FROM initiatives_accounts_of(p_earmark)
    ), accounts AS MATERIALIZED ( -- not rejected; what is approved is decided
        SELECT a.id, a.actor_id, a.starts, a.ends, a.final, d.approved
        FROM initiatives_accountsreport a LEFT JOIN initiatives_accountsdecision d ON d.accounts_id = a.id
        WHERE a.earmark_id = p_earmark AND d.approved IS DISTINCT FROM false
    ), waiting AS MATERIALIZED (
        SELECT t.* FROM ledger_transfer t
        WHERE t.step = 'pending' AND (t.debit_account_id = ANY (ARRAY(SELECT id FROM account)) OR t.credit_account_id = ANY (ARRAY(SELECT id FROM account)))
          AND NOT EXISTS (SELECT 1 FROM ledger_transfer s WHERE s.pending_id = t.id)
    ), due AS MATERIALIZED ( -- and not received
        SELECT d.* FROM initiatives_deadline d
        WHERE d.earmark_id = p_earmark AND NOT EXISTS (SELECT 1 FROM initiatives_receipt r WHERE r.deadline_id = d.id
            AND NOT EXISTS (SELECT 1 FROM initiatives_receiptrejection x WHERE x.receipt_id = r.id))
    ), unaccounted AS MATERIALIZED (
        SELECT y AS year FROM initiatives_years_with_money(p_earmark) y
        WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.actor_id IS NULL AND (a.ends >= make_date(y, 1, 1) AND a.starts <= make_date(y, 12, 31) OR a.final AND a.ends < make_date(y, 1, 1)))
    ), paid AS MATERIALIZED ( -- each payment that sends money and stands
        SELECT t.id, t.amount, l.id AS line_id FROM e
        JOIN ledger_transfer t ON t.debit_account_id = e.account_id AND t.kind = 'disbursement' AND t.step = 'post' AND t.replaces_id IS NULL
        LEFT JOIN initiatives_paymentline l ON l.transfer_id = t.id
        WHERE NOT coalesce((SELECT u.approved FROM initiatives_payment_undone(t.id) u), false)
    )
    SELECT 'granted', '{}'::jsonb FROM e WHERE initiatives_granted_on(e.id) IS NULL
    UNION ALL
    SELECT 'waiting', jsonb_build_object('transfer', w.id, 'kind', w.kind, 'amount', w.amount::text) FROM waiting w
    WHERE NOT EXISTS (SELECT 1 FROM initiatives_accountsuse u JOIN accounts a ON a.id = u.accounts_id WHERE u.transfer_id = w.id AND a.approved IS NULL)
    UNION ALL
    SELECT 'proposals', jsonb_build_object('proposal', p.id, 'kind', k.name) FROM initiatives_proposal p JOIN initiatives_proposalkind k ON k.code = p.kind_id
    WHERE p.earmark_id = p_earmark AND p.kind_id <> 'close_out' AND NOT EXISTS (SELECT 1 FROM initiatives_decision d WHERE d.proposal_id = p.id)
    UNION ALL
    SELECT 'sent', jsonb_build_object('count', count(*), 'amount', sum(p.amount)::text) FROM paid p WHERE p.line_id IS NULL HAVING count(*) > 0
    UNION ALL
    SELECT 'paid', jsonb_build_object('count', count(*), 'amount', sum(p.amount)::text, 'finding', f.finding)
    FROM paid p JOIN initiatives_linefinding f ON f.line_id = p.line_id WHERE f.finding NOT IN ('both', 'reversed') AND NOT f.explained GROUP BY f.finding
    UNION ALL
    SELECT CASE d.what WHEN 'accounts' THEN 'accounts' ELSE 'reports' END, jsonb_build_object('deadline', d.id, 'what', d.what, 'year', d.year, 'final', d.final)
    FROM due d
    UNION ALL
    SELECT 'accounts', jsonb_build_object('accounts', a.id, 'starts', a.starts, 'ends', a.ends) FROM accounts a WHERE a.approved IS NULL
    UNION ALL
    SELECT 'accounts', jsonb_build_object('year', u.year) FROM unaccounted u WHERE NOT EXISTS (SELECT 1 FROM due d WHERE d.what = 'accounts' AND d.year = u.year)
    UNION ALL
    SELECT 'accounts', jsonb_build_object('final', true) FROM e
    WHERE EXISTS (SELECT 1 FROM account a WHERE a.id = e.grantee_account_id AND a.credits_posted > 0) AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.final AND a.actor_id IS NULL)
      AND NOT EXISTS (SELECT 1 FROM unaccounted) AND NOT EXISTS (SELECT 1 FROM due WHERE what = 'accounts') -- the last ones are still to come
    UNION ALL
    SELECT 'documented', jsonb_build_object('account', a.id, 'actor', l.id, 'name', coalesce(l.name, g.name), 'amount', h.unclaimed::text)
    FROM e JOIN initiatives_grantee g ON g.id = e.grantee_id
    JOIN account a ON a.kind IN ('grantee', 'local') AND a.credits_posted > a.debits_posted
    LEFT JOIN initiatives_localactor l ON l.account_id = a.id
    CROSS JOIN LATERAL (SELECT a.credits_posted - a.debits_posted - a.debits_pending - initiatives_claimed(a.id) AS unclaimed) h
    WHERE h.unclaimed > 0
    UNION ALL
    SELECT 'claims', jsonb_build_object('claim', c.id, 'amount', s.rest::text, 'due', c.due)
    FROM initiatives_claim c CROSS JOIN LATERAL initiatives_claim_standing(c.id) s WHERE c.earmark_id = p_earmark AND s.rest > 0
    UNION ALL
    SELECT 'left', jsonb_build_object('amount', (a.credits_posted - a.debits_posted - a.debits_pending)::text, 'closes', w.closes)
    FROM e JOIN account a ON a.id = e.account_id
    LEFT JOIN LATERAL (SELECT closes FROM ledger_window WHERE frame_id = e.frame_account_id AND step = 'post' ORDER BY id DESC LIMIT 1) w ON true
    WHERE a.credits_posted - a.debits_posted - a.debits_pending > 0
    UNION ALL
    SELECT 'planned', jsonb_build_object('planned', s.planned::text, 'paid', t.paid::text)
    FROM e CROSS JOIN LATERAL (SELECT sum(i.amount) AS planned FROM initiatives_instalment i WHERE i.plan_id = (initiatives_plan_in_force(e.id)).id) s
    CROSS JOIN LATERAL initiatives_to_plan(e.account_id) t WHERE s.planned > t.paid AND t.paid > 0 -- of a grant that was never paid there is no smaller plan
    UNION ALL
    SELECT 'objections', jsonb_build_object('case', k.id)
    FROM e JOIN initiatives_case k ON k.grantee_id = e.grantee_id
    LEFT JOIN initiatives_notice n ON n.id = k.notice_id
    LEFT JOIN initiatives_claim c ON c.id = k.claim_id
    LEFT JOIN ledger_transfer t ON t.id = k.transfer_id
    WHERE initiatives_case_is_open(k.id) -- what is about nothing of another grant is about this one, too
      AND coalesce(n.earmark_id, c.earmark_id, p_earmark) = p_earmark
      AND (t.id IS NULL OR t.debit_account_id IN (SELECT id FROM account) OR t.credit_account_id IN (SELECT id FROM account))
$$;

CREATE FUNCTION initiatives_nothing_is_missing(p_earmark bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_needs text[] := (SELECT array_agg(DISTINCT need) FROM public.initiatives_close_out_missing(p_earmark));
BEGIN
    IF v_needs IS NOT NULL THEN
        PERFORM ledger_refuse('close_out_lacks_nothing', format('The grant cannot be closed out yet; this is missing: %s.', array_to_string(v_needs, ', ')),
            jsonb_build_object('earmark', p_earmark, 'missing', v_needs));
    END IF;
END $$;

CREATE FUNCTION initiatives_close_out_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$ SELECT jsonb_build_object('closed', public.initiatives_closed_out(p.earmark_id)) $$;

CREATE FUNCTION initiatives_close_out_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p.earmark_id IS NULL OR p.grantee_id IS NOT NULL OR p.subject <> '' OR p.after NOT IN ('{"closed": true}', '{"closed": false}') THEN
        PERFORM ledger_refuse('close_out_is_of_one_grant', 'A close-out closes one grant, or opens it again.', jsonb_build_object('earmark', p.earmark_id));
    ELSIF p.after = '{"closed": true}' AND p.before = '{"closed": false}' THEN
        PERFORM initiatives_nothing_is_missing(p.earmark_id);
    END IF;
END $$;

-- Whoever took part in the grantee's payments does not say that the account is settled.
CREATE FUNCTION initiatives_close_out_bars(p initiatives_proposal, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT public.initiatives_hand_in_payments(e.grantee_id, p_person) FROM public.initiatives_earmark e WHERE e.id = p.earmark_id $$;

-- What is written on a grant shares this lock, and a close-out takes it alone: it sees all that came before it, and whatever comes after sees it.
CREATE FUNCTION initiatives_close_out_lock(p_earmark bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT hashtextextended('close out ' || p_earmark, 4) $$;

CREATE FUNCTION initiatives_close_out_takes_effect(p initiatives_proposal, d initiatives_decision) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(public.initiatives_close_out_lock(p.earmark_id));
    IF p.after = '{"closed": true}' THEN
        PERFORM initiatives_nothing_is_missing(p.earmark_id);
    END IF;
END $$;

CREATE FUNCTION initiatives_stays_open(p_earmark bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'What belongs to a grant is written in READ COMMITTED transactions only.');
    END IF;
    PERFORM pg_advisory_xact_lock_shared(initiatives_close_out_lock(p_earmark));
    IF initiatives_closed_out(p_earmark) THEN
        PERFORM ledger_refuse('closed_out_grant_takes_nothing', 'This grant is closed out; a new decision opens it again.', jsonb_build_object('earmark', p_earmark));
    END IF;
END $$;

-- In the books: every transfer of a grant touches its own account, its grantee's, or what was used or written off.
CREATE FUNCTION initiatives_closed_out_books() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_earmark bigint;
BEGIN
    FOR v_earmark IN
        SELECT id FROM initiatives_earmark WHERE account_id IN (NEW.debit_account_id, NEW.credit_account_id)
        UNION SELECT id FROM initiatives_earmark WHERE grantee_account_id IN (NEW.debit_account_id, NEW.credit_account_id)
        UNION SELECT id FROM initiatives_earmark WHERE used_account_id IN (NEW.debit_account_id, NEW.credit_account_id)
        UNION SELECT id FROM initiatives_earmark WHERE written_off_account_id IN (NEW.debit_account_id, NEW.credit_account_id)
        ORDER BY id
    LOOP
        PERFORM initiatives_stays_open(v_earmark);
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER closed_out_grant_takes_nothing AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.step <> 'void') EXECUTE FUNCTION initiatives_closed_out_books();

CREATE FUNCTION initiatives_closed_out_papers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'initiatives_receipt' THEN
        PERFORM initiatives_stays_open(d.earmark_id) FROM initiatives_deadline d WHERE d.id = NEW.deadline_id;
    ELSIF TG_TABLE_NAME = 'initiatives_receiptrejection' THEN
        PERFORM initiatives_stays_open(d.earmark_id) FROM initiatives_receipt r JOIN initiatives_deadline d ON d.id = r.deadline_id WHERE r.id = NEW.receipt_id;
    ELSIF NEW.earmark_id IS NOT NULL THEN
        PERFORM initiatives_stays_open(NEW.earmark_id);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER closed_out_grant_takes_nothing BEFORE INSERT ON initiatives_claim FOR EACH ROW EXECUTE FUNCTION initiatives_closed_out_papers();
CREATE TRIGGER closed_out_grant_takes_nothing BEFORE INSERT ON initiatives_accountsreport FOR EACH ROW EXECUTE FUNCTION initiatives_closed_out_papers();
CREATE TRIGGER closed_out_grant_takes_nothing BEFORE INSERT ON initiatives_plan FOR EACH ROW EXECUTE FUNCTION initiatives_closed_out_papers();
CREATE TRIGGER closed_out_grant_takes_nothing BEFORE INSERT ON initiatives_receipt FOR EACH ROW EXECUTE FUNCTION initiatives_closed_out_papers();
CREATE TRIGGER closed_out_grant_takes_nothing BEFORE INSERT ON initiatives_receiptrejection FOR EACH ROW EXECUTE FUNCTION initiatives_closed_out_papers();
CREATE TRIGGER closed_out_grant_takes_nothing BEFORE INSERT ON initiatives_proposal
    FOR EACH ROW WHEN (NEW.kind_id <> 'close_out') EXECUTE FUNCTION initiatives_closed_out_papers();

-- What the settlement letter says, in figures: year by year and in all. A reversal counts in its own year, against what it reverses.
CREATE FUNCTION initiatives_close_out_figures(p_earmark bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH e AS MATERIALIZED (
        SELECT * FROM initiatives_earmark WHERE id = p_earmark
    ), account AS MATERIALIZED (
        SELECT id FROM initiatives_accounts_of(p_earmark)
    ), moved AS MATERIALIZED (
        SELECT left(t.period, 4)::int AS year, coalesce(o.kind, t.kind) AS kind, t.case_number, t.id,
            CASE t.kind WHEN 'reversal' THEN -t.amount ELSE t.amount END AS amount,
            CASE t.credit_account_id WHEN e.account_id THEN t.amount ELSE -t.amount END AS into_it,
            coalesce(o.credit_account_id, t.credit_account_id) = e.account_id AS put_back
        FROM e JOIN ledger_transfer t ON t.debit_account_id = ANY (ARRAY(SELECT id FROM account)) OR t.credit_account_id = ANY (ARRAY(SELECT id FROM account))
        LEFT JOIN ledger_transfer o ON o.id = t.reverses_id
        WHERE t.step IN ('single', 'post')
    ), told AS (
        SELECT year,
            coalesce(sum(into_it) FILTER (WHERE kind IN ('earmarking', 'reallocation', 'release')), 0.00) AS earmarked,
            coalesce(sum(amount) FILTER (WHERE kind = 'disbursement'), 0.00) AS disbursed,
            coalesce(sum(amount) FILTER (WHERE kind = 'regrant'), 0.00) - coalesce(sum(amount) FILTER (WHERE kind = 'regrant_returned'), 0.00) AS passed_on,
            coalesce(sum(amount) FILTER (WHERE kind = 'documented_use'), 0.00) AS documented,
            coalesce(sum(amount) FILTER (WHERE kind = 'repayment' AND put_back), 0.00) AS repaid_to_earmark,
            coalesce(sum(amount) FILTER (WHERE kind = 'repayment' AND NOT put_back), 0.00) AS repaid_to_treasury,
            coalesce(sum(amount) FILTER (WHERE kind = 'write_off'), 0.00) AS written_off,
            coalesce(sum(amount) FILTER (WHERE kind = 'lapse'), 0.00) AS lapsed
        FROM moved GROUP BY GROUPING SETS ((year), ())
    ), written AS (
        SELECT year, jsonb_build_object('year', year, 'earmarked', earmarked::text, 'disbursed', disbursed::text, 'passed_on', passed_on::text, 'documented', documented::text,
            'repaid_to_earmark', repaid_to_earmark::text, 'repaid_to_treasury', repaid_to_treasury::text, 'written_off', written_off::text, 'lapsed', lapsed::text,
            'left', (earmarked + repaid_to_earmark - disbursed - lapsed)::text,
            'held', (disbursed - documented - repaid_to_earmark - repaid_to_treasury - written_off)::text) AS figures
        FROM told
    )
    SELECT jsonb_build_object(
        'grantee', g.name, 'cvr', g.cvr, 'initiative', i.name, 'track', e.track, 'frame', f.name, 'passes_on', e.must_pass_on,
        'granted_on', initiatives_granted_on(e.id),
        'case_numbers', coalesce((SELECT jsonb_agg(case_number ORDER BY id) FROM (SELECT case_number, min(id) AS id FROM moved WHERE case_number <> '' GROUP BY case_number) c), '[]'),
        'accounts', coalesce((
            SELECT jsonb_agg(jsonb_build_object('starts', a.starts, 'ends', a.ends, 'actor', l.name, 'final', a.final, 'used', initiatives_accounts_accepted(a.id)::text,
                'approved_on', (d.decided_at AT TIME ZONE 'Europe/Copenhagen')::date) ORDER BY a.ends, a.id)
            FROM initiatives_accountsreport a JOIN initiatives_accountsdecision d ON d.accounts_id = a.id AND d.approved LEFT JOIN initiatives_localactor l ON l.id = a.actor_id
            WHERE a.earmark_id = e.id), '[]'),
        'years', coalesce((SELECT jsonb_agg(figures ORDER BY year) FROM written WHERE year IS NOT NULL), '[]'),
        'in_all', (SELECT figures - 'year' FROM written WHERE year IS NULL))
    FROM e JOIN initiatives_grantee g ON g.id = e.grantee_id JOIN initiatives_initiative i ON i.id = e.initiative_id JOIN initiatives_frame f ON f.id = i.frame_id
$$;

-- The settlement letter: of the decision that closed the grant, a PDF, with the figures that PostgreSQL had then. No grant is closed out without one.
CREATE FUNCTION initiatives_write_close_out() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_earmark bigint;
BEGIN
    SELECT p.earmark_id INTO v_earmark FROM initiatives_decision d JOIN initiatives_proposal p ON p.id = d.proposal_id
    WHERE d.id = NEW.decision_id AND d.approved AND p.kind_id = 'close_out' AND p.after = '{"closed": true}';
    IF NOT FOUND OR NOT EXISTS (SELECT 1 FROM initiatives_voucher WHERE sha256 = NEW.letter_id AND content_type = 'application/pdf') THEN
        PERFORM ledger_refuse('close_out_letter_is_of_its_decision', 'A settlement letter is a PDF, of the decision that closed its grant.', jsonb_build_object('decision', NEW.decision_id));
    END IF;
    NEW.figures := initiatives_close_out_figures(v_earmark);
    RETURN NEW;
END $$;
CREATE TRIGGER close_out_letter_is_of_its_decision BEFORE INSERT ON initiatives_closeout FOR EACH ROW EXECUTE FUNCTION initiatives_write_close_out();

CREATE FUNCTION initiatives_close_out_has_its_letter() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM initiatives_proposal WHERE id = NEW.proposal_id AND kind_id = 'close_out' AND after = '{"closed": true}')
        AND NOT EXISTS (SELECT 1 FROM initiatives_closeout WHERE decision_id = NEW.id) THEN
        PERFORM ledger_refuse('close_out_has_its_letter', 'A grant is closed out together with its settlement letter.', jsonb_build_object('decision', NEW.id));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER close_out_has_its_letter AFTER INSERT ON initiatives_decision DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.approved) EXECUTE FUNCTION initiatives_close_out_has_its_letter();

-- The grantee is told, with the figures in all.
CREATE FUNCTION initiatives_tell_of_close_out() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    p initiatives_proposal;
    v_in_all jsonb;
BEGIN
    SELECT * INTO p FROM initiatives_proposal WHERE id = NEW.proposal_id AND kind_id = 'close_out';
    IF FOUND THEN
        v_in_all := initiatives_close_out_figures(p.earmark_id) -> 'in_all';
        PERFORM initiatives_tell((SELECT grantee_id FROM initiatives_earmark WHERE id = p.earmark_id), 'close_out', p.after || v_in_all || jsonb_build_object('repaid',
            ((v_in_all ->> 'repaid_to_earmark')::numeric + (v_in_all ->> 'repaid_to_treasury')::numeric)::text), p_earmark => p.earmark_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER grantee_is_told_of_close_out AFTER INSERT ON initiatives_decision FOR EACH ROW WHEN (NEW.approved) EXECUTE FUNCTION initiatives_tell_of_close_out();

CREATE TRIGGER closeout_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_closeout FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER closeout_is_never_emptied BEFORE TRUNCATE ON initiatives_closeout FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
ALTER TABLE initiatives_closeout ALTER COLUMN id SET GENERATED ALWAYS;
