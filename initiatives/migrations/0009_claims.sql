-- Expected repayments (claims) and what answers them: two tables that are only added to. What is missing of a claim is never written down: it is what was claimed,
-- less the repayments that stand, less what two persons gave up, and nothing once it was withdrawn.

-- A claim speaks of money, never of accounts: where a repayment is paid to is the ministry's approved account alone. Ten digits in a row, dates aside, are an account.
CREATE FUNCTION initiatives_names_an_account(p_text text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(regexp_replace(p_text, '\m(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.(19|20)\d\d\M', ';', 'g'), '(\d)[ ./\u00A0-]+(?=\d)', '\1', 'g') ~ '\d{10}'
$$;

CREATE FUNCTION initiatives_claim_standing(
    p_claim bigint, OUT paid numeric, OUT written_off numeric, OUT being_written_off numeric, OUT withdrawn boolean, OUT rest numeric
) LANGUAGE sql STABLE AS $$
    WITH answer AS (
        SELECT m.amount, t.kind, s.step AS settled,
            EXISTS (SELECT 1 FROM public.ledger_transfer r WHERE r.reverses_id IN (t.id, s.id) AND r.kind = 'reversal' AND r.step = 'post') AS undone
        FROM public.initiatives_claimmatch m
        JOIN public.ledger_transfer t ON t.id = m.transfer_id
        LEFT JOIN public.ledger_transfer s ON s.pending_id = t.id
        WHERE m.claim_id = p_claim
    ), told AS (
        SELECT coalesce(sum(amount) FILTER (WHERE kind = 'repayment' AND NOT undone), 0.00) AS paid,
            coalesce(sum(amount) FILTER (WHERE kind = 'write_off' AND settled = 'post' AND NOT undone), 0.00) AS written_off,
            coalesce(sum(amount) FILTER (WHERE kind = 'write_off' AND settled IS NULL), 0.00) AS being_written_off,
            EXISTS (SELECT 1 FROM public.initiatives_proposal p JOIN public.initiatives_decision d ON d.proposal_id = p.id
                    WHERE p.kind_id = 'claim_withdrawal' AND p.subject = p_claim::text AND d.approved) AS withdrawn
        FROM answer
    )
    SELECT t.paid, t.written_off, t.being_written_off, t.withdrawn,
        CASE WHEN t.withdrawn THEN 0.00 ELSE c.amount - t.paid - t.written_off - t.being_written_off END
    FROM told t, public.initiatives_claim c WHERE c.id = p_claim
$$;

-- What is claimed and still missing of the money that stands on an account, a grantee's or a local actor's.
CREATE FUNCTION initiatives_claimed(p_account bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum((public.initiatives_claim_standing(c.id)).rest), 0.00)
    FROM public.initiatives_claim c
    JOIN public.initiatives_earmark e ON e.id = c.earmark_id
    LEFT JOIN public.initiatives_localactor a ON a.id = c.actor_id
    WHERE coalesce(a.account_id, e.grantee_account_id) = p_account
$$;

-- One writer at a time on a grantee's claims, and always on what is newest: the lock is the grantee's account, which every repayment takes too.
CREATE FUNCTION initiatives_alone_with_claims_of(p_earmark bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_grantee bigint;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'Claims are written in READ COMMITTED transactions only.');
    END IF;
    SELECT a.id INTO v_grantee FROM ledger_account a JOIN initiatives_earmark e ON e.grantee_account_id = a.id WHERE e.id = p_earmark FOR NO KEY UPDATE OF a;
    RETURN v_grantee;
END $$;

CREATE FUNCTION initiatives_raise_claim() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_grantee bigint := initiatives_alone_with_claims_of(NEW.earmark_id);
    v_holder bigint := v_grantee;
    v_left numeric;
BEGIN
    IF NOT initiatives_may(NEW.raised_by_id, 'initiatives.register_payment')
        AND NOT (NEW.cause IN ('unspent', 'disallowed') AND initiatives_may(NEW.raised_by_id, 'initiatives.check_accounts')) THEN
        PERFORM ledger_refuse('claim_is_raised_with_the_right', 'Whoever registers payments raises claims; whoever checks accounts raises those that the accounts show.');
    END IF;
    IF NEW.amount IS NULL OR NOT (NEW.amount > 0 AND NEW.amount < 1e12 AND NEW.amount = trunc(NEW.amount, 2)) OR NEW.amount_currency <> 'DKK' THEN
        PERFORM ledger_refuse('transfer_amount_is_positive_and_whole_oere', 'A claim is more than 0 kr. and whole øre.', jsonb_build_object('amount', NEW.amount::text));
    END IF;
    IF NEW.raised_on IS NULL OR NEW.due IS NULL OR NEW.due < NEW.raised_on OR NEW.raised_on < '1900-01-01' OR NEW.due > '9999-12-31' THEN
        PERFORM ledger_refuse('claim_is_due_on_or_after_its_day', 'A claim is due on or after the day on which it is raised.', jsonb_build_object('raised_on', NEW.raised_on));
    END IF;
    IF initiatives_blank(NEW.reason) THEN
        PERFORM ledger_refuse('claim_has_a_reason', 'A claim says why.');
    ELSIF initiatives_names_an_account(NEW.reason) THEN
        PERFORM ledger_refuse('claim_names_no_account', 'Where a repayment is paid to is the approved account alone; a claim names no other.');
    END IF;
    IF NEW.actor_id IS NOT NULL THEN
        SELECT l.account_id INTO v_holder FROM initiatives_localactor l WHERE l.id = NEW.actor_id AND l.earmark_id = NEW.earmark_id;
        IF NOT FOUND THEN
            PERFORM ledger_refuse('claim_is_of_its_own_earmark', 'This local actor got nothing from this earmark.', jsonb_build_object('actor', NEW.actor_id));
        END IF;
        PERFORM 1 FROM ledger_account WHERE id = v_holder FOR NO KEY UPDATE;
    END IF;
    -- What may be claimed: what stands with whoever holds it, and never more than there is with the grantee and its local actors together.
    SELECT least(
        (SELECT credits_posted - debits_posted - debits_pending FROM ledger_account WHERE id = v_holder) - initiatives_claimed(v_holder),
        (SELECT sum(credits_posted - debits_posted - debits_pending - initiatives_claimed(id)) FROM ledger_account WHERE id = v_grantee OR parent_id = v_grantee)
    ) INTO v_left;
    IF NEW.amount > v_left THEN
        PERFORM ledger_refuse('claim_is_within_what_is_held', format('%s kr. can be claimed; %s kr. was asked.', v_left, NEW.amount),
            jsonb_build_object('left', greatest(v_left, 0)::text, 'asked', NEW.amount::text));
    END IF;
    NEW.amount := round(NEW.amount, 2);
    NEW.raised_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE FUNCTION initiatives_match_claim() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c initiatives_claim;
    t ledger_transfer;
    v_grantee bigint;
    v_holder bigint;
    v_rest numeric;
BEGIN
    SELECT * INTO c FROM initiatives_claim WHERE id = NEW.claim_id;
    v_grantee := initiatives_alone_with_claims_of(c.earmark_id);
    SELECT * INTO t FROM ledger_transfer WHERE id = NEW.transfer_id;
    v_holder := CASE WHEN t.kind = 'write_off' AND c.actor_id IS NOT NULL THEN (SELECT account_id FROM initiatives_localactor WHERE id = c.actor_id) ELSE v_grantee END;
    IF NOT coalesce((t.kind = 'repayment' OR t.kind = 'write_off' AND t.step = 'pending') AND t.debit_account_id = v_holder, false)
        OR EXISTS (SELECT 1 FROM ledger_transfer s WHERE s.pending_id = t.id)
        OR EXISTS (SELECT 1 FROM ledger_transfer r WHERE r.reverses_id = t.id AND r.kind = 'reversal' AND r.step = 'post') THEN
        PERFORM ledger_refuse('claim_is_answered_from_its_own_earmark', 'A claim is answered by a repayment that stands, or by giving it up; both from its own earmark.',
            jsonb_build_object('claim', NEW.claim_id, 'transfer', NEW.transfer_id));
    END IF;
    IF t.kind = 'repayment' AND NOT initiatives_may(NEW.matched_by_id, 'initiatives.register_payment') OR t.kind = 'write_off' AND NEW.matched_by_id IS DISTINCT FROM t.booked_by_id THEN
        PERFORM ledger_refuse('claim_is_answered_with_the_right', 'Whoever registers payments matches repayments; whoever proposes to give a claim up names it.');
    END IF;
    IF t.kind = 'repayment' AND t.cause <> c.cause THEN
        PERFORM ledger_refuse('repayment_has_the_claims_cause', format('The claim was raised for %s, and the repayment is booked for %s.', c.cause, t.cause),
            jsonb_build_object('claim', c.id, 'cause', c.cause, 'paid_for', t.cause));
    END IF;
    IF NEW.amount IS NULL OR NOT (NEW.amount > 0 AND NEW.amount = trunc(NEW.amount, 2)) OR NEW.amount_currency <> 'DKK' THEN
        PERFORM ledger_refuse('transfer_amount_is_positive_and_whole_oere', 'What answers a claim is more than 0 kr. and whole øre.', jsonb_build_object('amount', NEW.amount::text));
    END IF;
    SELECT rest INTO v_rest FROM initiatives_claim_standing(c.id);
    IF NEW.amount > v_rest THEN
        PERFORM ledger_refuse('claim_is_not_overpaid', format('%s kr. is missing of the claim; %s kr. was asked.', v_rest, NEW.amount),
            jsonb_build_object('claim', c.id, 'rest', v_rest::text, 'asked', NEW.amount::text));
    END IF;
    SELECT t.amount - coalesce(sum(amount), 0) INTO v_rest FROM initiatives_claimmatch WHERE transfer_id = t.id;
    IF NEW.amount > v_rest THEN
        PERFORM ledger_refuse('repayment_answers_no_more_than_it_brought', format('%s kr. of transfer %s is free; %s kr. was asked.', v_rest, t.id, NEW.amount),
            jsonb_build_object('transfer', t.id, 'left', v_rest::text, 'asked', NEW.amount::text));
    END IF;
    NEW.amount := round(NEW.amount, 2);
    NEW.matched_at := clock_timestamp();
    RETURN NEW;
END $$;

-- Small claims are dropped, large ones are not cut small: what is waived in a year on one account, and what is still claimed there, stay under 500 kr. together.
CREATE FUNCTION initiatives_waived_stays_small(t ledger_transfer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_waived numeric;
    v_claimed numeric := initiatives_claimed(t.debit_account_id);
BEGIN
    SELECT sum(w.amount) INTO v_waived FROM ledger_transfer w
    WHERE w.debit_account_id = t.debit_account_id AND w.kind = 'write_off' AND w.cause = 'waived'
      AND w.value_date BETWEEN date_trunc('year', t.value_date)::date AND (date_trunc('year', t.value_date) + interval '1 year - 1 day')::date
      AND (w.step = 'pending' AND NOT EXISTS (SELECT 1 FROM ledger_transfer s WHERE s.pending_id = w.id)
           OR w.step = 'post' AND NOT EXISTS (SELECT 1 FROM ledger_transfer r WHERE r.reverses_id = w.id AND r.kind = 'reversal' AND r.step = 'post'));
    IF v_waived + v_claimed >= 500 THEN
        PERFORM ledger_refuse('waived_claims_stay_small_together', format('%s kr. would be waived in the year, and %s kr. is still claimed.', v_waived, v_claimed),
            jsonb_build_object('waived', v_waived::text, 'claimed', v_claimed::text, 'under', '500.00'));
    END IF;
END $$;

CREATE FUNCTION initiatives_waived_when_matched() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    t ledger_transfer;
BEGIN
    SELECT * INTO t FROM ledger_transfer WHERE id = NEW.transfer_id;
    IF t.cause = 'waived' AND (SELECT sum(amount) FROM initiatives_claimmatch WHERE transfer_id = t.id) = t.amount THEN
        PERFORM initiatives_waived_stays_small(t);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION initiatives_waived_when_approved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM initiatives_waived_stays_small(NEW);
    RETURN NULL;
END $$;

CREATE FUNCTION initiatives_write_off_answers_a_claim() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF (SELECT coalesce(sum(amount), 0) FROM initiatives_claimmatch WHERE transfer_id = NEW.id) <> NEW.amount THEN
        PERFORM ledger_refuse('write_off_answers_a_claim', 'Only what was claimed is given up: a write-off names its claims.', jsonb_build_object('transfer', NEW.id));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER claim_is_lawful BEFORE INSERT ON initiatives_claim FOR EACH ROW EXECUTE FUNCTION initiatives_raise_claim();
CREATE TRIGGER claim_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_claim FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER claim_is_never_emptied BEFORE TRUNCATE ON initiatives_claim FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER claim_match_is_lawful BEFORE INSERT ON initiatives_claimmatch FOR EACH ROW EXECUTE FUNCTION initiatives_match_claim();
CREATE TRIGGER claim_match_waives_little AFTER INSERT ON initiatives_claimmatch FOR EACH ROW EXECUTE FUNCTION initiatives_waived_when_matched();
CREATE TRIGGER claim_match_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_claimmatch FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER claim_match_is_never_emptied BEFORE TRUNCATE ON initiatives_claimmatch FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();

CREATE TRIGGER waived_claims_stay_small_together AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.kind = 'write_off' AND NEW.cause = 'waived' AND NEW.step = 'post') EXECUTE FUNCTION initiatives_waived_when_approved();
CREATE CONSTRAINT TRIGGER write_off_answers_a_claim AFTER INSERT ON ledger_transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'write_off' AND NEW.step = 'pending') EXECUTE FUNCTION initiatives_write_off_answers_a_claim();

-- A claim that was wrong is withdrawn by two persons; what was paid on it stays paid.
INSERT INTO initiatives_proposalkind (code, name, proposed_with, decided_with, verified_with, needs_document)
VALUES ('claim_withdrawal', 'tilbagetrækning af et krav', 'initiatives.register_payment', 'initiatives.approve_decision', '', true);

CREATE FUNCTION initiatives_claim_withdrawal_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('open', (public.initiatives_claim_standing(c.id)).rest::text) FROM public.initiatives_claim c WHERE c.id::text = p.subject
$$;

CREATE FUNCTION initiatives_claim_withdrawal_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p.after <> '{"open": "0.00"}' OR p.grantee_id IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM public.initiatives_claim c WHERE c.id::text = p.subject AND c.earmark_id = p.earmark_id AND (public.initiatives_claim_standing(c.id)).being_written_off = 0
    ) THEN
        PERFORM ledger_refuse('withdrawal_names_an_open_claim', 'What is withdrawn is one open claim, whole, that nobody is giving up already.', jsonb_build_object('claim', p.subject));
    END IF;
END $$;

CREATE FUNCTION initiatives_claim_withdrawal_bars(p initiatives_proposal, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT 'raised' FROM public.initiatives_claim c WHERE c.id::text = p.subject AND c.raised_by_id = p_person $$;

-- The ministry's own account, the only one that repayments are asked into.
CREATE FUNCTION initiatives_receiving_account_in_force(p_day date) RETURNS initiatives_proposal
LANGUAGE sql STABLE AS $$
    SELECT p FROM public.initiatives_proposal p JOIN public.initiatives_decision d ON d.proposal_id = p.id
    WHERE p.kind_id = 'receiving_account' AND d.approved AND (p.after ->> 'effective_from')::date <= p_day
    ORDER BY d.id DESC LIMIT 1
$$;

CREATE FUNCTION initiatives_receiving_account_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT o.after FROM public.initiatives_proposal o JOIN public.initiatives_decision d ON d.proposal_id = o.id
    WHERE o.kind_id = 'receiving_account' AND d.approved ORDER BY d.id DESC LIMIT 1
$$;

-- Whether this person handles repayments: raised a claim, registered money that came back, or matched it.
CREATE FUNCTION initiatives_handles_repayments(p_person bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM public.initiatives_claim WHERE raised_by_id = p_person)
        OR EXISTS (SELECT 1 FROM public.ledger_transfer WHERE kind = 'repayment' AND booked_by_id = p_person)
        OR EXISTS (SELECT 1 FROM public.initiatives_claimmatch WHERE matched_by_id = p_person)
$$;

CREATE FUNCTION initiatives_receiving_account_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_sound boolean;
BEGIN
    BEGIN
        SELECT p.grantee_id IS NULL AND p.earmark_id IS NULL AND p.subject = ''
            AND array_agg(key ORDER BY key) = '{account_number,effective_from,name,registration_number}' AND bool_and(jsonb_typeof(value) = 'string')
            AND p.after ->> 'registration_number' ~ '^[0-9]{4}$' AND p.after ->> 'account_number' ~ '^[0-9]{1,10}$'
            AND length(btrim(p.after ->> 'name')) BETWEEN 1 AND 100
            AND p.after ->> 'effective_from' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' AND (p.after ->> 'effective_from')::date > '1900-01-01'
        INTO v_sound FROM jsonb_each(p.after);
    EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow THEN
        v_sound := false;
    END;
    IF v_sound IS NOT TRUE THEN
        PERFORM ledger_refuse('receiving_account_is_written_whole', 'An account is a registration number of 4 digits, an account number of at most 10, its name and the day it holds from.');
    END IF;
    IF EXISTS (SELECT 1 FROM public.initiatives_proposal o WHERE o.kind_id = 'payment_details' AND o.after ->> 'registration_number' = p.after ->> 'registration_number'
               AND ltrim(o.after ->> 'account_number', '0') = ltrim(p.after ->> 'account_number', '0')) THEN
        PERFORM ledger_refuse('receiving_account_is_no_grantees', 'This account was proposed for a grantee.');
    END IF;
    IF initiatives_handles_repayments(p.proposed_by_id) THEN
        PERFORM ledger_refuse('receiving_account_is_apart_from_repayments', 'Whoever handles repayments does not say where they are paid to.');
    END IF;
END $$;

CREATE FUNCTION initiatives_receiving_account_bars(p initiatives_proposal, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN public.initiatives_handles_repayments(p_person) THEN 'repayments'
        WHEN EXISTS (SELECT 1 FROM public.initiatives_verification WHERE proposal_id = p.id AND verified_by_id = p_person) THEN 'verified' END
$$;
