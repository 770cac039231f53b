-- Accounts (regnskab) from grantees. Received by whoever registers, checked by somebody without a hand in the grantee's payments. An approval posts the
-- documented use that waits in the books; nothing is documented as used without accounts.

-- What an earmark was granted in all: earmarked, moved to it or from it, less what was given back.
CREATE FUNCTION initiatives_granted(p_earmark bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(CASE WHEN t.credit_account_id = e.account_id THEN t.amount ELSE -t.amount END), 0)
    FROM public.initiatives_earmark e
    CROSS JOIN LATERAL (
        SELECT * FROM public.ledger_transfer WHERE credit_account_id = e.account_id AND step = 'post' AND kind IN ('earmarking', 'reallocation', 'reversal')
        UNION ALL
        SELECT * FROM public.ledger_transfer WHERE debit_account_id = e.account_id AND step = 'post' AND kind IN ('release', 'reallocation', 'reversal')
    ) t
    LEFT JOIN public.ledger_transfer o ON o.id = t.reverses_id
    WHERE e.id = p_earmark AND coalesce(o.kind, t.kind) IN ('earmarking', 'release', 'reallocation')
$$;

-- The statements that accounts on an earmark come with: an auditor's above 100,000 kr., a performance audit above 500,000 kr., none from a state agency.
CREATE FUNCTION initiatives_statements_required(p_earmark bigint) RETURNS text[]
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN g.state_agency THEN '{}'
        WHEN granted > 500000 THEN '{auditors_statement,performance_audit}'
        WHEN granted > 100000 THEN '{auditors_statement}'
        ELSE '{}' END::text[]
    FROM public.initiatives_earmark e
    JOIN public.initiatives_grantee g ON g.id = e.grantee_id
    CROSS JOIN LATERAL public.initiatives_granted(e.id) granted
    WHERE e.id = p_earmark
$$;

-- The account of whoever used the money.
CREATE FUNCTION initiatives_accounts_holder(a initiatives_accountsreport) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN a.actor_id IS NULL THEN (SELECT grantee_account_id FROM public.initiatives_earmark WHERE id = a.earmark_id)
                ELSE (SELECT account_id FROM public.initiatives_localactor WHERE id = a.actor_id) END
$$;

-- What accounts count as used: what they say, or less when some of it was disallowed.
CREATE FUNCTION initiatives_accounts_accepted(p_accounts bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT (p.after ->> 'used')::numeric FROM public.initiatives_proposal p JOIN public.initiatives_decision d ON d.proposal_id = p.id AND d.approved
        WHERE p.kind_id = 'disallowance' AND p.subject = 'accounts:' || p_accounts ORDER BY d.id DESC LIMIT 1
    ), (SELECT used FROM public.initiatives_accountsreport WHERE id = p_accounts))
$$;

-- The entries of accounts that stand: registered and not rejected, or posted and not reversed.
CREATE FUNCTION initiatives_accounts_entries(p_accounts bigint)
RETURNS TABLE (pending_id bigint, post_id bigint, amount numeric, value_date date)
LANGUAGE sql STABLE AS $$
    SELECT t.id, s.id, t.amount, coalesce(s.value_date, t.value_date)
    FROM public.initiatives_accountsuse u
    JOIN public.ledger_transfer t ON t.id = u.transfer_id
    LEFT JOIN public.ledger_transfer s ON s.pending_id = t.id
    WHERE u.accounts_id = p_accounts AND s.step IS DISTINCT FROM 'void'
      AND NOT EXISTS (SELECT 1 FROM public.ledger_transfer r WHERE r.reverses_id = s.id AND r.kind = 'reversal' AND r.step = 'post')
    ORDER BY t.id
$$;

-- Why this person may not check a grantee's accounts: took part in a payment to it or from it, or belongs to it. NULL when nothing bars the person.
CREATE FUNCTION initiatives_hand_in_payments(p_grantee bigint, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM public.initiatives_earmark e
                     JOIN public.ledger_transfer t ON t.debit_account_id IN (e.account_id, e.grantee_account_id) AND t.kind IN ('disbursement', 'repayment')
                     WHERE e.grantee_id = p_grantee AND t.booked_by_id = p_person AND t.step <> 'void') THEN 'paid'
        WHEN EXISTS (SELECT 1 FROM public.initiatives_tie WHERE grantee_id = p_grantee AND person_id = p_person) THEN 'tied'
    END
$$;

CREATE FUNCTION initiatives_accounts_bar(p_accounts bigint, p_person bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT CASE WHEN a.received_by_id = p_person THEN 'received' ELSE initiatives_hand_in_payments(e.grantee_id, p_person) END
    FROM initiatives_accountsreport a JOIN initiatives_earmark e ON e.id = a.earmark_id WHERE a.id = p_accounts
$$;

-- One writer at a time for the accounts of whoever used the money.
CREATE FUNCTION initiatives_alone_with_accounts(p_earmark bigint, p_actor bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'Accounts are written in READ COMMITTED transactions only.');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('|', 'accounts', p_earmark, p_actor), 4));
END $$;

-- One person's hands on one grantee's money, one deed at a time: paying and checking at the same moment see each other.
CREATE FUNCTION initiatives_alone_with_hands(p_grantee bigint, p_person bigint) RETURNS void
LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('|', 'hands', p_grantee, p_person), 4)) $$;

CREATE FUNCTION initiatives_receive_accounts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    e initiatives_earmark;
    v_first date;
    v_missing text[];
    v_other bigint;
    v_required text[];
    v_known initiatives_accountsreport;
BEGIN
    PERFORM initiatives_alone_with_accounts(NEW.earmark_id, NEW.actor_id);
    SELECT * INTO e FROM initiatives_earmark WHERE id = NEW.earmark_id;
    SELECT f.starts INTO v_first FROM initiatives_initiative i JOIN initiatives_frame f ON f.id = i.frame_id WHERE i.id = e.initiative_id;
    IF NOT initiatives_may(NEW.received_by_id, 'initiatives.register_payment') THEN
        PERFORM ledger_refuse('accounts_receiver_holds_the_right', 'Receiving accounts takes the right to register.', jsonb_build_object('right', 'initiatives.register_payment'));
    ELSIF NEW.used IS NULL OR NOT (NEW.used >= 0 AND NEW.used < 1e12 AND NEW.used = trunc(NEW.used, 2)) OR NEW.used_currency IS DISTINCT FROM 'DKK' THEN
        PERFORM ledger_refuse('accounts_state_whole_oere', 'What was used is 0 kr. or more, in whole øre.', jsonb_build_object('used', NEW.used::text));
    ELSIF NEW.starts IS NULL OR NEW.ends IS NULL OR NEW.received_on IS NULL OR NOT (NEW.starts >= v_first AND NEW.starts <= NEW.ends AND NEW.ends <= NEW.received_on)
        OR NEW.received_on > initiatives_today() THEN
        PERFORM ledger_refuse('accounts_cover_days_that_are_over', format('Accounts cover days from %s on, and are received after the last of them, today at the latest.', v_first),
            jsonb_build_object('first', v_first, 'starts', NEW.starts, 'ends', NEW.ends, 'received_on', NEW.received_on));
    ELSIF NEW.actor_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM initiatives_localactor WHERE id = NEW.actor_id AND earmark_id = NEW.earmark_id) THEN
        PERFORM ledger_refuse('accounts_are_of_the_earmarks_own_actor', 'The local actor belongs to another earmark.', jsonb_build_object('actor', NEW.actor_id));
    ELSIF NEW.actor_id IS NULL AND e.must_pass_on AND NEW.used > 0 THEN
        PERFORM ledger_refuse('passed_on_money_is_used_by_local_actors', 'This earmark is passed on: what was used is documented by the local actors.');
    END IF;
    IF NEW.deadline_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM initiatives_deadline WHERE id = NEW.deadline_id AND earmark_id = NEW.earmark_id AND what = 'accounts') THEN
        PERFORM ledger_refuse('accounts_meet_a_deadline_of_theirs', 'The deadline is for something else.', jsonb_build_object('deadline', NEW.deadline_id));
    END IF;
    v_required := initiatives_statements_required(NEW.earmark_id);
    v_missing := array_remove(ARRAY[
        CASE WHEN NEW.auditors_statement_id IS NULL AND 'auditors_statement' = ANY (v_required) THEN 'auditors_statement' END,
        CASE WHEN NEW.performance_audit_id IS NULL AND 'performance_audit' = ANY (v_required) THEN 'performance_audit' END
    ], NULL);
    IF v_missing <> '{}' THEN
        PERFORM ledger_refuse('accounts_come_with_their_statements', format('Accounts of a grant of this size come with: %s.', array_to_string(v_missing, ', ')),
            jsonb_build_object('missing', v_missing, 'granted', initiatives_granted(NEW.earmark_id)::text));
    END IF;
    IF NEW.corrects_id IS NOT NULL THEN
        SELECT a.* INTO v_known FROM initiatives_accountsreport a JOIN initiatives_accountsdecision d ON d.accounts_id = a.id AND NOT d.approved WHERE a.id = NEW.corrects_id;
        IF v_known.id IS NULL OR v_known.earmark_id <> NEW.earmark_id OR v_known.actor_id IS DISTINCT FROM NEW.actor_id
            OR EXISTS (SELECT 1 FROM initiatives_accountsreport WHERE corrects_id = NEW.corrects_id) THEN
            PERFORM ledger_refuse('corrected_accounts_follow_a_rejection', 'Corrected accounts replace accounts of the same sender that were rejected, once.',
                jsonb_build_object('corrects', NEW.corrects_id));
        END IF;
    END IF;
    SELECT a.id INTO v_other FROM initiatives_accountsreport a LEFT JOIN initiatives_accountsdecision d ON d.accounts_id = a.id
    WHERE a.earmark_id = NEW.earmark_id AND a.actor_id IS NOT DISTINCT FROM NEW.actor_id AND d.approved IS DISTINCT FROM false
      AND (a.starts <= NEW.ends AND a.ends >= NEW.starts OR a.final AND d.approved) LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('accounts_count_a_day_once', format('Accounts %s cover some of these days, or were the final ones.', v_other), jsonb_build_object('accounts', v_other));
    END IF;
    NEW.received_at := clock_timestamp();
    RETURN NEW;
END $$;

-- An entry belongs to accounts: the same account, the same document, and never more in all than they count as used.
CREATE FUNCTION initiatives_use_accounts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    a initiatives_accountsreport;
    t ledger_transfer;
    v_accepted numeric;
    v_documented numeric;
BEGIN
    SELECT * INTO a FROM initiatives_accountsreport WHERE id = NEW.accounts_id;
    PERFORM initiatives_alone_with_accounts(a.earmark_id, a.actor_id);
    SELECT * INTO t FROM ledger_transfer WHERE id = NEW.transfer_id AND kind = 'documented_use' AND step = 'pending';
    IF t.id IS NULL OR t.debit_account_id <> initiatives_accounts_holder(a) OR t.voucher_sha256 <> a.voucher_id
        OR EXISTS (SELECT 1 FROM initiatives_accountsdecision WHERE accounts_id = a.id AND NOT approved) THEN
        PERFORM ledger_refuse('documented_use_is_of_its_accounts', 'A documented use is booked from the account, and with the document, of accounts that were not rejected.',
            jsonb_build_object('accounts', NEW.accounts_id, 'transfer', NEW.transfer_id));
    END IF;
    v_accepted := initiatives_accounts_accepted(a.id);
    SELECT coalesce(sum(amount), 0) INTO v_documented FROM initiatives_accounts_entries(a.id);
    IF v_documented + t.amount > v_accepted THEN
        PERFORM ledger_refuse('accounts_document_no_more_than_was_used', format('The accounts count %s kr. as used, and %s kr. of it is booked.', v_accepted, v_documented),
            jsonb_build_object('used', v_accepted::text, 'documented', v_documented::text, 'asked', t.amount::text));
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION initiatives_decide_accounts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    a initiatives_accountsreport;
    v_grantee bigint;
    v_why text;
    v_other bigint;
BEGIN
    SELECT * INTO a FROM initiatives_accountsreport WHERE id = NEW.accounts_id;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('accounts_wait', 'There are no such accounts.', jsonb_build_object('accounts', NEW.accounts_id));
    END IF;
    PERFORM initiatives_alone_with_accounts(a.earmark_id, a.actor_id);
    IF EXISTS (SELECT 1 FROM initiatives_accountsdecision WHERE accounts_id = a.id) THEN
        PERFORM ledger_refuse('accounts_are_decided_once', 'These accounts were decided already.', jsonb_build_object('accounts', a.id));
    END IF;
    NEW.decided_at := clock_timestamp();
    IF NEW.decided_by_id = a.received_by_id THEN
        PERFORM ledger_refuse('accounts_are_checked_by_another', 'Whoever received accounts does not decide on them.', jsonb_build_object('accounts', a.id));
    ELSIF NOT initiatives_may(NEW.decided_by_id, 'initiatives.check_accounts') THEN
        PERFORM ledger_refuse('accounts_checker_holds_the_right', 'Checking accounts takes a right of its own.', jsonb_build_object('right', 'initiatives.check_accounts'));
    ELSIF NOT NEW.approved THEN
        IF initiatives_blank(NEW.reason) THEN
            PERFORM ledger_refuse('rejection_has_a_reason', 'Whoever rejects accounts says why.', jsonb_build_object('accounts', a.id));
        END IF;
        RETURN NEW;
    ELSIF NEW.value_date IS NULL THEN
        PERFORM ledger_refuse('transfer_has_a_value_date', 'An approval needs the day from which the use counts.');
    END IF;
    SELECT grantee_id INTO v_grantee FROM initiatives_earmark WHERE id = a.earmark_id;
    PERFORM initiatives_alone_with_hands(v_grantee, NEW.decided_by_id);
    v_why := initiatives_hand_in_payments(v_grantee, NEW.decided_by_id);
    IF v_why IS NOT NULL THEN
        PERFORM ledger_refuse('accounts_checker_has_no_hand_in_payments', format('This person may not check this grantee''s accounts: %s.', v_why),
            jsonb_build_object('accounts', a.id, 'why', v_why));
    END IF;
    SELECT o.id INTO v_other FROM initiatives_accountsreport o
    WHERE a.final AND o.earmark_id = a.earmark_id AND o.actor_id IS NOT DISTINCT FROM a.actor_id AND o.id <> a.id
      AND NOT EXISTS (SELECT 1 FROM initiatives_accountsdecision d WHERE d.accounts_id = o.id) LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('final_accounts_are_decided_last', format('Accounts %s wait and are decided first.', v_other), jsonb_build_object('accounts', v_other));
    END IF;
    RETURN NEW;
END $$;

-- What stands with whoever used the money, is reserved for nothing and not claimed yet.
CREATE FUNCTION initiatives_unclaimed(p_account bigint) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT greatest(0, least(
        h.credits_posted - h.debits_posted - h.debits_pending - public.initiatives_claimed(h.id),
        (SELECT sum(credits_posted - debits_posted - debits_pending - public.initiatives_claimed(id)) FROM public.ledger_account
         WHERE CASE h.kind WHEN 'local' THEN h.parent_id ELSE h.id END IN (id, parent_id))
    ))
    FROM public.ledger_account h WHERE h.id = p_account
$$;

-- What of it can be documented with a value date: no more than stood there on that day and ever since.
CREATE FUNCTION initiatives_to_document(p_account bigint, p_day date) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT least(public.initiatives_unclaimed(p_account), (SELECT greatest(0, min(carried)) FROM public.ledger_day WHERE account_id = p_account AND day > p_day HAVING count(*) > 0))
$$;

-- A repayment is expected of what accounts leave. It is due after 30 days: the software's stated default, the note sets no day.
CREATE FUNCTION initiatives_claim_back(a initiatives_accountsreport, p_amount numeric, p_cause text, p_day date, p_by bigint, p_key uuid, p_reason text, p_voucher text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_amount > 0 THEN
        INSERT INTO initiatives_claim (key, earmark_id, actor_id, amount, amount_currency, cause, raised_on, due, reason, voucher_id, raised_by_id)
        VALUES (md5(concat_ws(' ', p_key, 'claim'))::uuid, a.earmark_id, a.actor_id, p_amount, 'DKK', p_cause, p_day, p_day + 30, p_reason, p_voucher, p_by);
    END IF;
END $$;

-- What a decision does: the use that waits in the books is posted, or given up and the deadline stands again; what final accounts leave is claimed back.
CREATE FUNCTION initiatives_accounts_take_effect() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    a initiatives_accountsreport;
    v_use record;
BEGIN
    SELECT * INTO a FROM initiatives_accountsreport WHERE id = NEW.accounts_id;
    FOR v_use IN SELECT * FROM initiatives_accounts_entries(NEW.accounts_id) WHERE post_id IS NULL LOOP
        IF NEW.approved THEN
            PERFORM ledger_book(md5(concat_ws(' ', NEW.key, (SELECT key FROM ledger_transfer WHERE id = v_use.pending_id)))::uuid, 'post', NEW.decided_by_id, p_pending => v_use.pending_id, p_value_date => NEW.value_date);
        ELSE
            PERFORM ledger_book(md5(concat_ws(' ', NEW.key, (SELECT key FROM ledger_transfer WHERE id = v_use.pending_id)))::uuid, 'void', NEW.decided_by_id, p_pending => v_use.pending_id, p_text => NEW.reason);
        END IF;
    END LOOP;
    IF NOT NEW.approved THEN
        INSERT INTO initiatives_receiptrejection (receipt_id, reason, rejected_by_id)
        SELECT r.id, NEW.reason, NEW.decided_by_id FROM initiatives_receipt r
        WHERE r.deadline_id = a.deadline_id AND r.voucher_id = a.voucher_id AND NOT EXISTS (SELECT 1 FROM initiatives_receiptrejection x WHERE x.receipt_id = r.id);
    ELSIF a.final THEN
        PERFORM initiatives_claim_back(a, initiatives_unclaimed(initiatives_accounts_holder(a)), 'unspent', NEW.value_date, NEW.decided_by_id, NEW.key,
            'Uforbrugt ifølge det afsluttende regnskab', a.voucher_id);
    END IF;
    RETURN NULL;
END $$;

-- In the books: a use is settled by the decision on its accounts, and posted or reversed only by somebody without a hand in the grantee's payments.
CREATE FUNCTION initiatives_settle_use() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_used bigint := NEW.credit_account_id;
    v_grantee bigint;
    v_accounts bigint;
    v_why text;
BEGIN
    IF NEW.kind = 'reversal' THEN
        IF NOT EXISTS (SELECT 1 FROM ledger_transfer WHERE id = NEW.reverses_id AND kind = 'documented_use') THEN
            RETURN NULL;
        END IF;
        v_used := NEW.debit_account_id;
    ELSE
        SELECT u.accounts_id INTO v_accounts FROM initiatives_accountsuse u
        WHERE u.transfer_id = NEW.pending_id AND NOT EXISTS (SELECT 1 FROM initiatives_accountsdecision d WHERE d.accounts_id = u.accounts_id);
        IF FOUND THEN
            PERFORM ledger_refuse('accounts_decide_on_their_use', 'This is settled by the decision on its accounts.', jsonb_build_object('accounts', v_accounts));
        END IF;
    END IF;
    SELECT grantee_id INTO v_grantee FROM initiatives_earmark WHERE used_account_id = v_used;
    IF NEW.step = 'post' AND v_grantee IS NOT NULL THEN
        PERFORM initiatives_alone_with_hands(v_grantee, NEW.booked_by_id);
        v_why := initiatives_hand_in_payments(v_grantee, NEW.booked_by_id);
        IF v_why IS NOT NULL THEN
            PERFORM ledger_refuse('accounts_checker_has_no_hand_in_payments', format('This person may not check this grantee''s accounts: %s.', v_why),
                jsonb_build_object('transfer', NEW.id, 'why', v_why));
        END IF;
    END IF;
    RETURN NULL;
END $$;

-- And the other way round: whoever approved a grantee's accounts has no hand in its payments afterwards.
CREATE FUNCTION initiatives_accounts_checker_pays_nothing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_grantee bigint;
    v_accounts bigint;
BEGIN
    SELECT grantee_id INTO v_grantee FROM initiatives_earmark WHERE NEW.debit_account_id IN (account_id, grantee_account_id);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM initiatives_alone_with_hands(v_grantee, NEW.booked_by_id);
    SELECT a.id INTO v_accounts FROM initiatives_accountsdecision d
    JOIN initiatives_accountsreport a ON a.id = d.accounts_id JOIN initiatives_earmark e ON e.id = a.earmark_id
    WHERE d.decided_by_id = NEW.booked_by_id AND d.approved AND e.grantee_id = v_grantee LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('payer_did_not_check_the_accounts', format('This person approved accounts %s of this grantee and takes no part in its payments.', v_accounts),
            jsonb_build_object('accounts', v_accounts));
    END IF;
    RETURN NULL;
END $$;

-- When the transaction ends: what was registered as used names its accounts, and what was posted has accounts that were approved.
CREATE FUNCTION initiatives_documented_use_has_accounts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM initiatives_accountsuse u LEFT JOIN initiatives_accountsdecision d ON d.accounts_id = u.accounts_id
        WHERE u.transfer_id = coalesce(NEW.pending_id, NEW.id) AND (NEW.step = 'pending' OR d.approved)
    ) THEN
        PERFORM ledger_refuse('documented_use_has_accounts', 'Nothing is documented as used without accounts that were received, and approved.', jsonb_build_object('transfer', NEW.id));
    END IF;
    RETURN NULL;
END $$;

-- Use that is disallowed after all: what was booked is reversed, the rest of it booked again, and the difference claimed back. Proposed by whoever registers.
INSERT INTO initiatives_proposalkind (code, name, proposed_with, decided_with, verified_with, needs_document) VALUES
    ('disallowance', 'forbrug, der ikke godkendes', 'initiatives.register_payment', 'initiatives.check_accounts', '', true);

CREATE FUNCTION initiatives_disallowed_accounts(p initiatives_proposal) RETURNS initiatives_accountsreport
LANGUAGE sql STABLE AS $$
    SELECT a.* FROM public.initiatives_accountsreport a JOIN public.initiatives_accountsdecision d ON d.accounts_id = a.id AND d.approved
    WHERE p.subject = 'accounts:' || a.id AND p.earmark_id = a.earmark_id AND p.grantee_id IS NULL
$$;

CREATE FUNCTION initiatives_disallowance_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('used', round(public.initiatives_accounts_accepted(a.id), 2)::text) FROM public.initiatives_disallowed_accounts(p) a WHERE a.id IS NOT NULL
$$;

CREATE FUNCTION initiatives_disallowance_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    a public.initiatives_accountsreport := public.initiatives_disallowed_accounts(p);
    v_day date := CASE WHEN public.initiatives_is_a_day(p.after ->> 'value_date') THEN (p.after ->> 'value_date')::date END;
    v_first date;
BEGIN
    IF a.id IS NULL THEN
        PERFORM ledger_refuse('disallowance_is_of_approved_accounts', 'Only use in accounts that were approved can be disallowed.', jsonb_build_object('subject', p.subject));
    END IF;
    SELECT max(value_date) INTO v_first FROM public.initiatives_accounts_entries(a.id);
    IF p.after - '{used,value_date}'::text[] <> '{}' OR NOT coalesce(p.after ->> 'used' ~ '^[0-9]{1,12}[.][0-9]{2}$', false)
        OR (p.after ->> 'used')::numeric >= (p.before ->> 'used')::numeric THEN
        PERFORM ledger_refuse('disallowance_leaves_less', 'A disallowance says what still counts as used: less than before, in whole øre.',
            jsonb_build_object('used', p.before ->> 'used', 'asked', p.after ->> 'used'));
    ELSIF v_day IS NULL OR v_day < v_first THEN
        PERFORM ledger_refuse('reversal_is_not_dated_before_its_origin', 'A disallowance is dated on or after what it undoes.', jsonb_build_object('origin', v_first, 'asked', v_day));
    END IF;
END $$;

CREATE FUNCTION initiatives_disallowance_bars(p initiatives_proposal, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT public.initiatives_hand_in_payments(e.grantee_id, p_person) FROM public.initiatives_earmark e WHERE e.id = p.earmark_id $$;

CREATE FUNCTION initiatives_disallowance_takes_effect(p initiatives_proposal, d initiatives_decision) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    a initiatives_accountsreport := initiatives_disallowed_accounts(p);
    v_day date := (p.after ->> 'value_date')::date;
    v_holder text := (SELECT code FROM ledger_account WHERE id = initiatives_accounts_holder(a));
    v_used text := (SELECT u.code FROM ledger_account u JOIN initiatives_earmark e ON e.used_account_id = u.id WHERE e.id = a.earmark_id);
    v_documented numeric;
    v_rest numeric;
    v_waits bigint;
    v_use record;
    t ledger_transfer;
BEGIN
    PERFORM initiatives_alone_with_accounts(a.earmark_id, a.actor_id);
    SELECT sum(amount), max(pending_id) FILTER (WHERE post_id IS NULL) INTO v_documented, v_waits FROM initiatives_accounts_entries(a.id);
    v_rest := least(v_documented, (p.after ->> 'used')::numeric);
    IF v_waits IS NOT NULL THEN
        PERFORM ledger_refuse('disallowance_follows_what_waits', format('Transfer %s of these accounts waits and is settled first.', v_waits), jsonb_build_object('transfer', v_waits));
    ELSIF coalesce(v_documented, 0) <= v_rest THEN
        RETURN; -- what is disallowed was never booked
    END IF;
    FOR v_use IN SELECT * FROM initiatives_accounts_entries(a.id) LOOP
        t := ledger_book(md5(concat_ws(' ', d.key, (SELECT key FROM ledger_transfer WHERE id = v_use.post_id)))::uuid, 'pending', p.proposed_by_id, 'reversal', v_used, v_holder, v_use.amount, v_day,
            p_reverses => v_use.post_id, p_cause => 'error', p_text => left(p.reason, 500), p_case_number => a.case_number, p_voucher_sha256 => p.voucher_id);
        PERFORM ledger_book(md5(concat_ws(' ', d.key, t.key))::uuid, 'post', d.decided_by_id, p_pending => t.id);
    END LOOP;
    IF v_rest > 0 THEN
        t := ledger_book(md5(concat_ws(' ', d.key, 'rest'))::uuid, 'pending', p.proposed_by_id, 'documented_use', v_holder, v_used, v_rest, v_day,
            p_text => a.text, p_case_number => a.case_number, p_voucher_sha256 => a.voucher_id);
        INSERT INTO initiatives_accountsuse (accounts_id, transfer_id) VALUES (a.id, t.id);
        PERFORM ledger_book(md5(concat_ws(' ', d.key, t.key))::uuid, 'post', d.decided_by_id, p_pending => t.id);
    END IF;
    PERFORM initiatives_claim_back(a, v_documented - v_rest, 'disallowed', v_day, d.decided_by_id, d.key, left(p.reason, 500), p.voucher_id);
END $$;

CREATE TRIGGER accounts_are_lawful BEFORE INSERT ON initiatives_accountsreport FOR EACH ROW EXECUTE FUNCTION initiatives_receive_accounts();
CREATE TRIGGER accounts_use_is_lawful BEFORE INSERT ON initiatives_accountsuse FOR EACH ROW EXECUTE FUNCTION initiatives_use_accounts();
CREATE TRIGGER accounts_decision_is_lawful BEFORE INSERT ON initiatives_accountsdecision FOR EACH ROW EXECUTE FUNCTION initiatives_decide_accounts();
CREATE TRIGGER accounts_decision_takes_effect AFTER INSERT ON initiatives_accountsdecision FOR EACH ROW EXECUTE FUNCTION initiatives_accounts_take_effect();

CREATE TRIGGER accounts_checker_has_no_hand_in_payments AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.kind IN ('documented_use', 'reversal') AND NEW.step IN ('post', 'void')) EXECUTE FUNCTION initiatives_settle_use();
CREATE TRIGGER payer_did_not_check_the_accounts AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.kind IN ('disbursement', 'repayment') AND NEW.step <> 'void') EXECUTE FUNCTION initiatives_accounts_checker_pays_nothing();
CREATE CONSTRAINT TRIGGER documented_use_has_accounts AFTER INSERT ON ledger_transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'documented_use' AND NEW.step IN ('pending', 'post')) EXECUTE FUNCTION initiatives_documented_use_has_accounts();

CREATE TRIGGER accountsreport_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_accountsreport FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER accountsreport_is_never_emptied BEFORE TRUNCATE ON initiatives_accountsreport FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER accountsuse_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_accountsuse FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER accountsuse_is_never_emptied BEFORE TRUNCATE ON initiatives_accountsuse FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER accountsdecision_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_accountsdecision FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER accountsdecision_is_never_emptied BEFORE TRUNCATE ON initiatives_accountsdecision FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
