-- The grantee is told by PostgreSQL itself: whoever pays, undoes, claims or changes details, by verb or by SQL, tells the grantee in the same transaction.
-- Notices and deliveries are written by these triggers alone; the application reads them, tries the deliveries, and says how each attempt went.

-- Who is told: each of the grantee's people at the address of this moment, and for thirty days whoever, and whichever address, was taken away.
CREATE FUNCTION initiatives_told(p_grantee bigint) RETURNS TABLE (person_id bigint, address text, former boolean)
LANGUAGE sql STABLE AS $$
    SELECT m.user_id, btrim(u.email), false
    FROM public.initiatives_grantee_members m JOIN public.ensomhed_user u ON u.id = m.user_id WHERE m.grantee_id = p_grantee
    UNION
    SELECT f.person_id, f.address, true FROM public.initiatives_formercontact f
    WHERE f.grantee_id = p_grantee AND f.left_at > clock_timestamp() - interval '30 days'
      AND NOT EXISTS (SELECT 1 FROM public.initiatives_grantee_members m JOIN public.ensomhed_user u ON u.id = m.user_id
                      WHERE m.grantee_id = p_grantee AND m.user_id = f.person_id AND btrim(u.email) = f.address)
$$;

-- Writes a notice and its deliveries. Nobody to tell is a delivery to nobody, so that it shows.
CREATE FUNCTION initiatives_tell(
    p_grantee bigint, p_what text, p_figures jsonb, p_earmark bigint DEFAULT NULL, p_transfer bigint DEFAULT NULL, p_proposal bigint DEFAULT NULL,
    p_claim bigint DEFAULT NULL, p_reminder bigint DEFAULT NULL, p_case bigint DEFAULT NULL, p_entry_no bigint DEFAULT NULL, p_head text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    a ledger_account;
    v_notice bigint;
BEGIN
    SELECT g.* INTO a FROM initiatives_earmark e JOIN ledger_account g ON g.id = e.grantee_account_id WHERE e.id = p_earmark;
    INSERT INTO initiatives_notice (grantee_id, earmark_id, what, figures, transfer_id, proposal_id, claim_id, reminder_id, case_id, account, entry_no, head, told_at)
    VALUES (p_grantee, p_earmark, p_what, p_figures, p_transfer, p_proposal, p_claim, p_reminder, p_case,
            coalesce(a.code, ''), coalesce(p_entry_no, a.entry_count), coalesce(p_head, a.head, ''), clock_timestamp())
    RETURNING id INTO v_notice;
    INSERT INTO initiatives_delivery (notice_id, person_id, address, former) SELECT v_notice, t.person_id, t.address, t.former FROM initiatives_told(p_grantee) t;
    IF NOT FOUND THEN
        INSERT INTO initiatives_delivery (notice_id, person_id, address, former) VALUES (v_notice, NULL, '', false);
    END IF;
    RETURN v_notice;
END $$;

-- What the grantee had been paid in all when this transfer was booked, without it: from the totals of the accounts, as ledger/questions.py counts it.
CREATE FUNCTION initiatives_paid_before(p_grantee_account bigint, p_transfer bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(a.credits_posted - a.debits_posted), 0) + (
        SELECT coalesce(sum(t.amount), 0) FROM public.ledger_transfer t
        WHERE t.debit_account_id = p_grantee_account AND t.kind = 'repayment' AND t.step = 'single' AND t.id <> p_transfer
          AND NOT EXISTS (SELECT 1 FROM public.ledger_transfer r WHERE r.reverses_id = t.id AND r.kind = 'reversal' AND r.step = 'post' AND r.id <> p_transfer))
    FROM public.ledger_account g JOIN public.ledger_account a ON a.id = g.id OR a.parent_id = g.id OR (a.parent_id = g.parent_id AND a.kind IN ('used', 'written_off'))
    WHERE g.id = p_grantee_account
$$;

-- Where a payment went, without saying more of an account than its last four digits.
CREATE FUNCTION initiatives_details_told(p_after jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_after ->> 'method' IS NULL THEN NULL ELSE
        jsonb_build_object('method', p_after ->> 'method', 'cvr', p_after ->> 'cvr', 'last_four', right(p_after ->> 'account_number', 4)) END
$$;

-- Of each payment, each repayment, and each reversal of one. The row is not in the accounts' totals yet: it is told as if it were.
CREATE FUNCTION initiatives_tell_of_money() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_undone ledger_transfer;
    e initiatives_earmark;
    a ledger_account; -- the earmark's
    v_left numeric;
    v_paid numeric;
    v_details jsonb;
BEGIN
    SELECT * INTO v_undone FROM ledger_transfer WHERE id = NEW.reverses_id;
    IF coalesce(v_undone.kind, NEW.kind) NOT IN ('disbursement', 'repayment') THEN
        RETURN NULL;
    END IF;
    SELECT * INTO e FROM initiatives_earmark WHERE grantee_account_id IN (NEW.debit_account_id, NEW.credit_account_id);
    IF NOT FOUND THEN
        RETURN NULL; -- books without a grantee of ours
    END IF;
    SELECT * INTO a FROM ledger_account WHERE id = e.account_id;
    v_left := CASE a.id WHEN NEW.debit_account_id THEN NEW.debit_balance WHEN NEW.credit_account_id THEN NEW.credit_balance ELSE a.credits_posted - a.debits_posted END
        - a.debits_pending + CASE WHEN NEW.step = 'post' AND NEW.debit_account_id = a.id THEN NEW.amount ELSE 0 END;
    v_paid := initiatives_paid_before(e.grantee_account_id, NEW.id)
        + CASE WHEN NEW.kind = 'disbursement' THEN NEW.amount WHEN v_undone.kind = 'disbursement' THEN -NEW.amount ELSE 0 END;
    SELECT initiatives_details_told(p.after) INTO v_details
    FROM initiatives_paymentbasis b JOIN initiatives_proposal p ON p.id = b.details_id
    WHERE b.transfer_id = coalesce(v_undone.pending_id, NEW.pending_id);
    PERFORM initiatives_tell(e.grantee_id, CASE NEW.kind WHEN 'disbursement' THEN 'paid' WHEN 'repayment' THEN 'repaid' ELSE 'undone' END,
        jsonb_build_object('amount', NEW.amount::text, 'value_date', NEW.value_date, 'text', NEW.text, 'case_number', NEW.case_number, 'cause', NEW.cause,
            'paid_in_all', v_paid::text, 'left', v_left::text, 'paid_to', v_details, 'replaces', NEW.replaces_id, 'undone', v_undone.kind, 'undoes', v_undone.id,
            'usable_again', NEW.kind = 'repayment' AND NEW.credit_account_id = a.id),
        p_earmark => e.id, p_transfer => NEW.id,
        p_entry_no => CASE e.grantee_account_id WHEN NEW.debit_account_id THEN NEW.debit_entry_no ELSE NEW.credit_entry_no END, p_head => NEW.digest);
    RETURN NULL;
END $$;

CREATE TRIGGER grantee_is_told_of_money AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.step IN ('single', 'post') AND NEW.kind IN ('disbursement', 'repayment', 'reversal')) EXECUTE FUNCTION initiatives_tell_of_money();

-- Of each approved change of where the grantee is paid, and of each claim that two persons withdrew.
CREATE FUNCTION initiatives_tell_of_details() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    p initiatives_proposal;
    c initiatives_claim;
BEGIN
    SELECT * INTO p FROM initiatives_proposal WHERE id = NEW.proposal_id;
    IF p.kind_id = 'claim_withdrawal' THEN
        SELECT * INTO c FROM initiatives_claim WHERE id::text = p.subject;
        PERFORM initiatives_tell((SELECT grantee_id FROM initiatives_earmark WHERE id = c.earmark_id), 'claim',
            jsonb_build_object('withdrawn', true, 'amount', c.amount::text), p_earmark => c.earmark_id, p_claim => c.id);
    ELSIF p.kind_id = 'payment_details' THEN
        PERFORM initiatives_tell(p.grantee_id, 'details', jsonb_build_object('effective_from', p.after -> 'effective_from',
            'paid_to', initiatives_details_told(p.after), 'paid_before_to', initiatives_details_told(p.before)), p_proposal => p.id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER grantee_is_told_of_details AFTER INSERT ON initiatives_decision FOR EACH ROW WHEN (NEW.approved) EXECUTE FUNCTION initiatives_tell_of_details();

-- Of each claim: how much, why, by when, and the one account that it is paid to.
CREATE FUNCTION initiatives_tell_of_claim() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    e initiatives_earmark;
    v_account text;
    v_pay_to initiatives_proposal;
BEGIN
    SELECT * INTO e FROM initiatives_earmark WHERE id = NEW.earmark_id;
    SELECT code INTO v_account FROM ledger_account WHERE id = e.grantee_account_id;
    v_pay_to := initiatives_receiving_account_in_force(NEW.raised_on);
    PERFORM initiatives_tell(e.grantee_id, 'claim',
        jsonb_build_object('amount', NEW.amount::text, 'cause', NEW.cause, 'due', NEW.due, 'reason', NEW.reason,
            'usable_again', ledger_repayment_goes_to(v_account, NEW.cause, NEW.due) <> 'treasury', 'pay_to', v_pay_to.after),
        p_earmark => e.id, p_claim => NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER grantee_is_told_of_claim AFTER INSERT ON initiatives_claim FOR EACH ROW EXECUTE FUNCTION initiatives_tell_of_claim();

-- Of each reminder that went out.
CREATE FUNCTION initiatives_tell_of_reminder() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    d initiatives_deadline;
BEGIN
    SELECT * INTO d FROM initiatives_deadline WHERE id = NEW.deadline_id;
    PERFORM initiatives_tell((SELECT grantee_id FROM initiatives_earmark WHERE id = d.earmark_id), 'reminder',
        jsonb_build_object('deadline', d.what, 'year', d.year, 'final', d.final, 'due', NEW.due, 'days', NEW.rung), p_earmark => d.earmark_id, p_reminder => NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER grantee_is_told_of_reminder AFTER INSERT ON initiatives_reminder FOR EACH ROW EXECUTE FUNCTION initiatives_tell_of_reminder();

-- Of who reads its post: somebody new, somebody gone, another address. What was taken away is told for thirty days more, this first of all.
CREATE FUNCTION initiatives_tell_of_people() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_gone initiatives_grantee_members;
    v_new initiatives_grantee_members;
BEGIN
    IF TG_OP = 'INSERT' THEN
        v_new := NEW;
    ELSIF TG_OP = 'DELETE' THEN
        v_gone := OLD;
    ELSIF (OLD.grantee_id, OLD.user_id) IS DISTINCT FROM (NEW.grantee_id, NEW.user_id) THEN
        v_gone := OLD;
        v_new := NEW;
    END IF;
    IF v_gone.id IS NOT NULL THEN
        INSERT INTO initiatives_formercontact (grantee_id, person_id, address, left_at)
        SELECT v_gone.grantee_id, u.id, btrim(u.email), clock_timestamp() FROM ensomhed_user u WHERE u.id = v_gone.user_id AND btrim(u.email) <> '';
        PERFORM initiatives_tell(v_gone.grantee_id, 'people', jsonb_build_object('change', 'removed', 'person', initiatives_name_of(v_gone.user_id)));
    END IF;
    IF v_new.id IS NOT NULL AND EXISTS (SELECT 1 FROM initiatives_told(v_new.grantee_id) WHERE person_id <> v_new.user_id) THEN -- the first of all has nobody to tell
        PERFORM initiatives_tell(v_new.grantee_id, 'people', jsonb_build_object('change', 'added', 'person', initiatives_name_of(v_new.user_id)));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION initiatives_name_of(p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(btrim(first_name || ' ' || last_name), ''), username) FROM public.ensomhed_user WHERE id = p_person
$$;

CREATE TRIGGER grantee_is_told_of_its_people AFTER INSERT OR UPDATE OR DELETE ON initiatives_grantee_members FOR EACH ROW EXECUTE FUNCTION initiatives_tell_of_people();

CREATE FUNCTION initiatives_tell_of_address() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_grantee bigint;
BEGIN
    FOR v_grantee IN SELECT grantee_id FROM initiatives_grantee_members WHERE user_id = NEW.id LOOP
        INSERT INTO initiatives_formercontact (grantee_id, person_id, address, left_at) VALUES (v_grantee, NEW.id, btrim(OLD.email), clock_timestamp());
        PERFORM initiatives_tell(v_grantee, 'people', jsonb_build_object('change', 'address', 'person', initiatives_name_of(NEW.id)));
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER grantee_is_told_of_its_addresses AFTER UPDATE ON ensomhed_user
    FOR EACH ROW WHEN (btrim(OLD.email) <> '' AND btrim(OLD.email) <> btrim(NEW.email)) EXECUTE FUNCTION initiatives_tell_of_address();

-- Delivering. One sender at a time holds a delivery until its transaction ends, and only then is it told how it went. A sender that dies between the two
-- sends it once more when it comes back: at least once, never not at all.
CREATE FUNCTION initiatives_delivery_is_due(p_delivery bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT d.address <> '' AND NOT coalesce(t.sent, false)
        AND (t.last IS NULL OR clock_timestamp() >= t.last + least(interval '1 minute' * power(2, least(t.count, 20) - 1), interval '1 day'))
    FROM public.initiatives_delivery d
    LEFT JOIN LATERAL (SELECT bool_or(sent) AS sent, max(tried_at) AS last, count(*) AS count FROM public.initiatives_deliveryattempt WHERE delivery_id = d.id) t ON true
    WHERE d.id = p_delivery
$$;

CREATE FUNCTION initiatives_take_delivery(p_delivery bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM 1 FROM initiatives_delivery WHERE id = p_delivery FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND OR NOT initiatives_delivery_is_due(p_delivery) THEN -- asked again under the lock: another sender may just have let go of it
        RETURN false;
    END IF;
    PERFORM set_config('initiatives.delivery', p_delivery::text, true);
    RETURN true;
END $$;

CREATE FUNCTION initiatives_delivery_was_tried(p_delivery bigint, p_sent boolean, p_answer text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF current_setting('initiatives.delivery', true) IS DISTINCT FROM p_delivery::text THEN
        PERFORM ledger_refuse('delivery_is_taken_before_it_is_tried', 'Whoever says how a delivery went has taken it first.', jsonb_build_object('delivery', p_delivery));
    END IF;
    PERFORM set_config('initiatives.delivery', '', true);
    INSERT INTO initiatives_deliveryattempt (delivery_id, sent, answer, tried_at) VALUES (p_delivery, p_sent, left(coalesce(p_answer, ''), 500), clock_timestamp());
END $$;

-- Cases. Only the grantee's own people raise one, about something of their own.
CREATE FUNCTION initiatives_is_own(p_person bigint, p_grantee bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT public.initiatives_may(p_person, 'initiatives.see_own_grants')
        AND EXISTS (SELECT 1 FROM public.initiatives_grantee_members WHERE grantee_id = p_grantee AND user_id = p_person)
$$;

CREATE FUNCTION initiatives_open_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT initiatives_is_own(NEW.opened_by_id, NEW.grantee_id) THEN
        PERFORM ledger_refuse('case_is_raised_by_the_grantee', 'Only the grantee''s own people raise a case.', jsonb_build_object('grantee', NEW.grantee_id));
    ELSIF initiatives_blank(NEW.text) THEN
        PERFORM ledger_refuse('case_says_what_is_wrong', 'A case says what is not right.');
    ELSIF num_nonnulls(NEW.transfer_id, NEW.notice_id, NEW.proposal_id, NEW.claim_id) > 1
        OR NEW.transfer_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM ledger_transfer t JOIN initiatives_earmark e ON e.grantee_id = NEW.grantee_id
            JOIN ledger_account a ON a.id IN (e.account_id, e.grantee_account_id, e.used_account_id, e.written_off_account_id) OR a.parent_id = e.grantee_account_id
            WHERE t.id = NEW.transfer_id AND a.id IN (t.debit_account_id, t.credit_account_id))
        OR NEW.notice_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM initiatives_notice WHERE id = NEW.notice_id AND grantee_id = NEW.grantee_id)
        OR NEW.proposal_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM initiatives_proposal WHERE id = NEW.proposal_id AND grantee_id = NEW.grantee_id AND kind_id = 'payment_details')
        OR NEW.claim_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM initiatives_claim c JOIN initiatives_earmark e ON e.id = c.earmark_id WHERE c.id = NEW.claim_id AND e.grantee_id = NEW.grantee_id) THEN
        PERFORM ledger_refuse('case_is_about_its_grantee', 'A case is about one thing of the grantee that raises it.', jsonb_build_object('grantee', NEW.grantee_id));
    END IF;
    NEW.opened_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE TRIGGER case_is_lawful BEFORE INSERT ON initiatives_case FOR EACH ROW EXECUTE FUNCTION initiatives_open_case();

CREATE FUNCTION initiatives_case_is_open(p_case bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT coalesce((SELECT m.closes FROM public.initiatives_casemessage m WHERE m.case_id = p_case AND (m.closes OR m.by_grantee) ORDER BY m.id DESC LIMIT 1), false)
$$;

-- Everybody who had a hand in what a case is about, and which. A payment brings its whole family: registered, settled, reversed, booked anew, in which file it
-- left, whose details it went to, who granted the earmark, and who checked its accounts. A case that names no payment is about everything of the grantee.
CREATE FUNCTION initiatives_case_hands(p_case bigint) RETURNS TABLE (person_id bigint, hand text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_grantee bigint;
    v_transfer bigint;
    v_earmarks bigint[];
    v_accounts bigint[];
    v_payments bigint[]; -- registrations, and what was booked in one step
    v_rows bigint[];     -- these and everything that settles, reverses or replaces them
    v_seen int := 0;
BEGIN
    SELECT c.grantee_id, coalesce(c.transfer_id, n.transfer_id) INTO v_grantee, v_transfer
    FROM initiatives_case c LEFT JOIN initiatives_notice n ON n.id = c.notice_id WHERE c.id = p_case;
    SELECT array_agg(DISTINCT e.id), array_agg(DISTINCT a.id) INTO v_earmarks, v_accounts
    FROM initiatives_earmark e JOIN ledger_account a ON a.id IN (e.account_id, e.grantee_account_id, e.used_account_id, e.written_off_account_id) OR a.parent_id = e.grantee_account_id
    WHERE e.grantee_id = v_grantee
      AND (v_transfer IS NULL OR EXISTS (SELECT 1 FROM ledger_transfer t, ledger_account b WHERE t.id = v_transfer AND b.id IN (t.debit_account_id, t.credit_account_id)
           AND (b.id IN (e.account_id, e.grantee_account_id, e.used_account_id, e.written_off_account_id) OR b.parent_id = e.grantee_account_id)));
    IF v_transfer IS NULL THEN
        SELECT array_agg(t.id) INTO v_rows FROM ledger_transfer t
        WHERE (t.debit_account_id = ANY (v_accounts) OR t.credit_account_id = ANY (v_accounts)) AND t.kind IN ('disbursement', 'repayment', 'reversal');
    ELSE
        v_rows := ARRAY[v_transfer];
        WHILE cardinality(v_rows) > v_seen LOOP
            v_seen := cardinality(v_rows);
            SELECT array_agg(DISTINCT x.id) INTO v_rows FROM (
                SELECT unnest(ARRAY[t.id, t.pending_id, t.reverses_id, t.replaces_id]) AS id FROM ledger_transfer t WHERE t.id = ANY (v_rows)
                UNION SELECT t.id FROM ledger_transfer t WHERE t.pending_id = ANY (v_rows)
                UNION SELECT t.id FROM ledger_transfer t WHERE t.reverses_id = ANY (v_rows) AND t.kind = 'reversal'
                UNION SELECT t.id FROM ledger_transfer t WHERE t.replaces_id = ANY (v_rows)) x
            WHERE x.id IS NOT NULL;
        END LOOP;
    END IF;
    RETURN QUERY
        SELECT t.booked_by_id, 'payment' FROM ledger_transfer t WHERE t.id = ANY (v_rows)
        UNION SELECT f.released_by_id, 'file' FROM initiatives_paymentline l JOIN initiatives_paymentfile f ON f.id = l.file_id WHERE l.transfer_id = ANY (v_rows)
        UNION SELECT h.id, 'details' FROM initiatives_proposal p
            LEFT JOIN initiatives_verification v ON v.proposal_id = p.id LEFT JOIN initiatives_decision d ON d.proposal_id = p.id
            CROSS JOIN LATERAL unnest(ARRAY[p.proposed_by_id, v.verified_by_id, d.decided_by_id]) AS h(id)
            WHERE h.id IS NOT NULL AND p.kind_id = 'payment_details' AND CASE WHEN v_transfer IS NULL THEN p.grantee_id = v_grantee
                ELSE p.id IN (SELECT b.details_id FROM initiatives_paymentbasis b WHERE b.transfer_id = ANY (v_rows)) END
        UNION SELECT t.booked_by_id, 'earmark' FROM ledger_transfer t JOIN initiatives_earmark e ON e.account_id = t.credit_account_id
            WHERE e.id = ANY (v_earmarks) AND t.kind = 'earmarking'
        UNION SELECT t.booked_by_id, 'accounts' FROM ledger_transfer t WHERE t.kind = 'documented_use' AND t.debit_account_id = ANY (v_accounts)
        UNION SELECT c.raised_by_id, 'claim' FROM initiatives_claim c JOIN initiatives_case k ON k.id = p_case
            LEFT JOIN initiatives_notice n ON n.id = k.notice_id WHERE c.id = coalesce(k.claim_id, n.claim_id)
        UNION SELECT t.person_id, 'tie' FROM initiatives_tie t WHERE t.grantee_id = v_grantee
        UNION SELECT m.user_id, 'tie' FROM initiatives_grantee_members m WHERE m.grantee_id = v_grantee;
END $$;

-- Why this person may not close a case; NULL when the person had no hand in it.
CREATE FUNCTION initiatives_case_bars(p_case bigint, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT min(hand) FROM public.initiatives_case_hands(p_case) WHERE person_id = p_person $$;

CREATE FUNCTION initiatives_answer_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_grantee bigint;
    v_hand text;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'Cases are answered in READ COMMITTED transactions only.');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('case ' || NEW.case_id, 6));
    SELECT grantee_id INTO v_grantee FROM initiatives_case WHERE id = NEW.case_id;
    NEW.by_grantee := initiatives_is_own(NEW.written_by_id, v_grantee);
    NEW.written_at := clock_timestamp();
    IF initiatives_blank(NEW.text) THEN
        PERFORM ledger_refuse('case_says_what_is_wrong', 'An answer says something.');
    ELSIF NEW.closes AND NEW.by_grantee THEN
        PERFORM ledger_refuse('case_is_closed_by_the_ministry', 'A case is closed by the ministry''s answer.');
    ELSIF NOT NEW.by_grantee AND NOT initiatives_may(NEW.written_by_id, 'initiatives.answer_case') THEN
        PERFORM ledger_refuse('case_is_answered_with_the_right', 'Answering a case takes the right initiatives.answer_case.', jsonb_build_object('right', 'initiatives.answer_case'));
    ELSIF NEW.closes THEN
        IF NOT initiatives_case_is_open(NEW.case_id) THEN
            PERFORM ledger_refuse('case_is_open', 'This case was closed already.', jsonb_build_object('case', NEW.case_id));
        END IF;
        v_hand := initiatives_case_bars(NEW.case_id, NEW.written_by_id);
        IF v_hand IS NOT NULL THEN
            PERFORM ledger_refuse('case_is_closed_by_clean_hands', format('Whoever had a hand in it (%s) does not close a case.', v_hand), jsonb_build_object('case', NEW.case_id, 'hand', v_hand));
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER casemessage_is_lawful BEFORE INSERT ON initiatives_casemessage FOR EACH ROW EXECUTE FUNCTION initiatives_answer_case();

-- Of each answer to a case.
CREATE FUNCTION initiatives_tell_of_answer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM initiatives_tell((SELECT grantee_id FROM initiatives_case WHERE id = NEW.case_id), 'answer',
        jsonb_build_object('text', NEW.text, 'closes', NEW.closes, 'by', initiatives_name_of(NEW.written_by_id)), p_case => NEW.case_id);
    RETURN NULL;
END $$;

CREATE TRIGGER grantee_is_told_of_answers AFTER INSERT ON initiatives_casemessage FOR EACH ROW WHEN (NOT NEW.by_grantee) EXECUTE FUNCTION initiatives_tell_of_answer();

CREATE TRIGGER notice_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_notice FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER notice_is_never_emptied BEFORE TRUNCATE ON initiatives_notice FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER delivery_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_delivery FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER delivery_is_never_emptied BEFORE TRUNCATE ON initiatives_delivery FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER deliveryattempt_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_deliveryattempt FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER deliveryattempt_is_never_emptied BEFORE TRUNCATE ON initiatives_deliveryattempt FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER formercontact_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_formercontact FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER formercontact_is_never_emptied BEFORE TRUNCATE ON initiatives_formercontact FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER case_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_case FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER case_is_never_emptied BEFORE TRUNCATE ON initiatives_case FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER casemessage_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_casemessage FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER casemessage_is_never_emptied BEFORE TRUNCATE ON initiatives_casemessage FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
