-- Who receives, and where to. A grantee's row follows from its approved proposals; a payment stands on details that somebody proposed, somebody else verified
-- and a third person approved; and whoever had a hand in either does not pay on it.

CREATE FUNCTION initiatives_tied(p_grantee bigint, p_person bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT 1 FROM public.initiatives_tie WHERE grantee_id = p_grantee AND person_id = p_person) $$;

-- Grantees

-- What was approved last of the grantee with this slug; NULL when nothing was.
CREATE FUNCTION initiatives_grantee_approved(p_slug text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT p.after FROM public.initiatives_proposal p JOIN public.initiatives_decision d ON d.proposal_id = p.id
    WHERE p.kind_id = 'grantee' AND p.subject = p_slug AND d.approved ORDER BY d.id DESC LIMIT 1
$$;

CREATE FUNCTION initiatives_grantee_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$ SELECT public.initiatives_grantee_approved(p.subject) $$;

CREATE FUNCTION initiatives_grantee_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_known bigint := (SELECT id FROM public.initiatives_grantee WHERE slug = p.subject);
    v_name text := p.after ->> 'name';
    v_cvr text := p.after ->> 'cvr';
BEGIN
    IF p.subject !~ '^[a-z0-9]+(-[a-z0-9]+)*$' OR length(p.subject) > 50 OR p.grantee_id IS DISTINCT FROM v_known OR p.earmark_id IS NOT NULL
        OR (SELECT array_agg(key ORDER BY key) FROM jsonb_object_keys(p.after) AS key) IS DISTINCT FROM '{cvr,name,state_agency}'
        OR jsonb_typeof(p.after -> 'name') <> 'string' OR jsonb_typeof(p.after -> 'cvr') <> 'string' OR jsonb_typeof(p.after -> 'state_agency') <> 'boolean'
        OR initiatives_blank(v_name) OR length(v_name) > 200 THEN
        PERFORM ledger_refuse('grantee_is_described', 'A grantee has a name, a CVR number or none yet, and is a state agency or not.', jsonb_build_object('subject', p.subject));
    ELSIF v_cvr !~ '^([0-9]{8})?$' OR (v_cvr = '' AND coalesce(p.before ->> 'cvr', '') <> '') THEN
        PERFORM ledger_refuse('grantee_cvr_is_eight_digits', 'A CVR number is eight digits, and is not taken away again.', jsonb_build_object('cvr', v_cvr));
    ELSIF EXISTS (SELECT 1 FROM public.initiatives_grantee WHERE lower(name) = lower(v_name) AND slug <> p.subject) THEN
        PERFORM ledger_refuse('grantee_name_is_its_own', 'Another grantee has this name.', jsonb_build_object('name', v_name));
    ELSIF v_cvr <> '' AND EXISTS (SELECT 1 FROM public.initiatives_grantee WHERE cvr = v_cvr AND slug <> p.subject) THEN
        PERFORM ledger_refuse('grantee_cvr_is_its_own', 'Another grantee has this CVR number.', jsonb_build_object('cvr', v_cvr));
    ELSIF EXISTS (SELECT 1 FROM public.initiatives_grantee g JOIN public.initiatives_earmark e ON e.grantee_id = g.id
                  WHERE g.id = v_known AND g.state_agency <> (p.after ->> 'state_agency')::boolean) THEN
        PERFORM ledger_refuse('grantee_stays_what_it_is', 'What has an earmark neither becomes nor ceases to be a state agency.', jsonb_build_object('subject', p.subject));
    ELSIF initiatives_tied(v_known, p.proposed_by_id) THEN
        PERFORM ledger_refuse('tied_hands_do_not_propose', 'Whoever belongs to a grantee proposes nothing about it.', jsonb_build_object('grantee', v_known));
    END IF;
END $$;

CREATE FUNCTION initiatives_grantee_bars(p initiatives_proposal, person bigint) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT CASE WHEN public.initiatives_tied(p.grantee_id, person) THEN 'tied' END $$;

CREATE FUNCTION initiatives_grantee_takes_effect(p initiatives_proposal, d initiatives_decision) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO public.initiatives_grantee (slug, name, cvr, state_agency)
    VALUES (p.subject, p.after ->> 'name', p.after ->> 'cvr', (p.after ->> 'state_agency')::boolean)
    ON CONFLICT (slug) DO UPDATE SET name = EXCLUDED.name, cvr = EXCLUDED.cvr, state_agency = EXCLUDED.state_agency
$$;

CREATE FUNCTION initiatives_grantee_is_as_approved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        IF initiatives_grantee_approved(NEW.slug) = jsonb_build_object('name', NEW.name, 'cvr', NEW.cvr, 'state_agency', NEW.state_agency)
            AND (TG_OP = 'INSERT' OR (NEW.id = OLD.id AND NEW.slug = OLD.slug)) THEN
            RETURN NEW;
        END IF;
    END IF;
    PERFORM ledger_refuse('grantee_is_as_approved', 'A grantee is made and changed by an approved proposal only.', jsonb_build_object('operation', TG_OP));
    RETURN NULL;
END $$;

CREATE TRIGGER grantee_is_as_approved BEFORE INSERT OR UPDATE OR DELETE ON initiatives_grantee FOR EACH ROW EXECUTE FUNCTION initiatives_grantee_is_as_approved();
CREATE TRIGGER grantee_is_never_emptied BEFORE TRUNCATE ON initiatives_grantee FOR EACH STATEMENT EXECUTE FUNCTION initiatives_grantee_is_as_approved();

-- Earmarks: described for an approved grantee before any money is granted, on accounts of their own, and never described otherwise afterwards.

CREATE FUNCTION initiatives_earmark_stays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    g initiatives_grantee;
    v_frame bigint;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM ledger_refuse('earmark_facts_never_change', 'What was granted to whom, and on which conditions, is never changed.', jsonb_build_object('operation', TG_OP));
    END IF;
    SELECT * INTO g FROM initiatives_grantee WHERE id = NEW.grantee_id;
    IF initiatives_grantee_approved(g.slug) IS NULL THEN
        PERFORM ledger_refuse('earmark_goes_to_an_approved_grantee', 'A second person approves the grantee before anything is earmarked for it.', jsonb_build_object('grantee', g.name));
    END IF;
    SELECT f.account_id INTO v_frame FROM initiatives_initiative i JOIN initiatives_frame f ON f.id = i.frame_id WHERE i.id = NEW.initiative_id;
    IF NOT EXISTS (
        SELECT 1 FROM ledger_account e, ledger_account r, ledger_account u, ledger_account w
        WHERE e.id = NEW.account_id AND r.id = NEW.grantee_account_id AND u.id = NEW.used_account_id AND w.id = NEW.written_off_account_id
          AND e.code = 'earmark:' || NEW.slug AND e.parent_id = v_frame AND e.passes_on = NEW.must_pass_on
          AND r.code = 'grantee:' || NEW.slug AND r.holder = g.slug AND u.code = 'used:' || NEW.slug AND w.code = 'written-off:' || NEW.slug
    ) THEN
        PERFORM ledger_refuse('earmark_has_accounts_of_its_own', 'An earmark has the accounts of its own name, under its frame, held by its grantee.', jsonb_build_object('earmark', NEW.slug));
    ELSIF EXISTS (SELECT 1 FROM ledger_account WHERE id IN (NEW.account_id, NEW.grantee_account_id, NEW.used_account_id, NEW.written_off_account_id) AND entry_count > 0) THEN
        PERFORM ledger_refuse('earmark_is_described_before_it_is_granted', 'An earmark is described before anything is booked on it.', jsonb_build_object('earmark', NEW.slug));
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER earmark_facts_never_change BEFORE INSERT OR UPDATE OR DELETE ON initiatives_earmark FOR EACH ROW EXECUTE FUNCTION initiatives_earmark_stays();
CREATE TRIGGER earmark_is_never_emptied BEFORE TRUNCATE ON initiatives_earmark FOR EACH STATEMENT EXECUTE FUNCTION initiatives_earmark_stays();

-- A local actor's account hangs under the grantee whose earmark it is registered on: claims and accounts go by the one, the money by the other.
CREATE FUNCTION initiatives_local_actor_has_its_own_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_account a JOIN initiatives_earmark e ON e.id = NEW.earmark_id AND e.grantee_account_id = a.parent_id
                   WHERE a.id = NEW.account_id AND a.kind = 'local' AND a.holder = NEW.slug) THEN
        PERFORM ledger_refuse('local_actor_has_its_own_account', 'A local actor has the account of its own name, under the grantee of its earmark.', jsonb_build_object('actor', NEW.slug));
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER local_actor_has_its_own_account BEFORE INSERT ON initiatives_localactor FOR EACH ROW EXECUTE FUNCTION initiatives_local_actor_has_its_own_account();

-- Ties

CREATE FUNCTION initiatives_tie_is_true() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_last initiatives_tie;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('|', 'tie', NEW.grantee_id, NEW.person_id), 4));
    NEW.recorded_at := clock_timestamp();
    IF NEW.why = 'member' THEN
        IF NOT EXISTS (SELECT 1 FROM initiatives_grantee_members WHERE grantee_id = NEW.grantee_id AND user_id = NEW.person_id) THEN
            PERFORM ledger_refuse('tie_is_true', 'Only who is a member of the organisation is tied to it as one.');
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.recorded_by_id IS NULL
        OR NOT (initiatives_may(NEW.recorded_by_id, 'ensomhed.change_user') OR initiatives_may(NEW.recorded_by_id, 'initiatives.approve_decision')) THEN
        PERFORM ledger_refuse('tie_is_recorded_by_the_keepers_of_access', 'Access administrators and management record who handles an agency''s own earmark.');
    ELSIF NOT coalesce((SELECT state_agency FROM initiatives_grantee WHERE id = NEW.grantee_id), false) THEN
        PERFORM ledger_refuse('only_an_agency_handles_its_own_earmark', 'Only a state agency handles its own earmark.');
    END IF;
    SELECT * INTO v_last FROM initiatives_tie WHERE grantee_id = NEW.grantee_id AND person_id = NEW.person_id AND why IN ('handler', 'ended') ORDER BY id DESC LIMIT 1;
    IF (NEW.why = 'handler') = (coalesce(v_last.why, 'ended') = 'handler') OR NEW.since < v_last.since THEN
        PERFORM ledger_refuse('tie_is_true', 'This is recorded already, or ends before it begins.');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION initiatives_member_is_tied() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO initiatives_tie (grantee_id, person_id, why, since)
    SELECT NEW.grantee_id, NEW.user_id, 'member', (clock_timestamp() AT TIME ZONE 'Europe/Copenhagen')::date
    WHERE NOT EXISTS (SELECT 1 FROM initiatives_tie WHERE grantee_id = NEW.grantee_id AND person_id = NEW.user_id AND why = 'member');
    RETURN NULL;
END $$;

CREATE TRIGGER tie_is_true BEFORE INSERT ON initiatives_tie FOR EACH ROW EXECUTE FUNCTION initiatives_tie_is_true();
CREATE TRIGGER tie_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_tie FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER tie_is_never_emptied BEFORE TRUNCATE ON initiatives_tie FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER member_is_tied AFTER INSERT OR UPDATE ON initiatives_grantee_members FOR EACH ROW EXECUTE FUNCTION initiatives_member_is_tied();

-- Payment details

-- The details that a grantee is paid on, on a value date: of those that count from that day or an earlier one, what was approved last.
CREATE FUNCTION initiatives_details_in_force(p_grantee bigint, p_day date) RETURNS initiatives_proposal
LANGUAGE sql STABLE AS $$
    SELECT p FROM public.initiatives_proposal p JOIN public.initiatives_decision d ON d.proposal_id = p.id
    WHERE p.kind_id = 'payment_details' AND p.grantee_id = p_grantee AND d.approved AND (p.after ->> 'effective_from')::date <= p_day
    ORDER BY d.id DESC LIMIT 1
$$;

CREATE FUNCTION initiatives_payment_details_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT q.after FROM public.initiatives_proposal q JOIN public.initiatives_decision d ON d.proposal_id = q.id
    WHERE q.kind_id = 'payment_details' AND q.grantee_id = p.grantee_id AND d.approved ORDER BY d.id DESC LIMIT 1
$$;

CREATE FUNCTION initiatives_is_a_day(p_text text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN p_text ~ '^\d{4}-\d{2}-\d{2}$' AND p_text::date BETWEEN '1900-01-01' AND '9999-12-31';
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
    RETURN false;
END $$;

CREATE FUNCTION initiatives_payment_details_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    g public.initiatives_grantee;
    v_method text := p.after ->> 'method';
    v_cvr text := p.after ->> 'cvr';
    v_registration text := p.after ->> 'registration_number';
    v_account text := p.after ->> 'account_number';
BEGIN
    SELECT * INTO g FROM public.initiatives_grantee WHERE id = p.grantee_id;
    IF g.id IS NULL OR p.earmark_id IS NOT NULL OR p.subject <> ''
        OR (SELECT array_agg(key ORDER BY key) FROM jsonb_object_keys(p.after) AS key)
            IS DISTINCT FROM '{account_number,cvr,effective_from,method,registration_number}'
        OR EXISTS (SELECT 1 FROM jsonb_each(p.after) AS fact WHERE jsonb_typeof(fact.value) <> 'string')
        OR v_method NOT IN ('nemkonto', 'account', 'internal') THEN
        PERFORM ledger_refuse('details_are_of_a_known_method', 'Payment details of a grantee are a NemKonto, an account, or an internal transfer.', jsonb_build_object('method', v_method));
    ELSIF initiatives_grantee_approved(g.slug) IS NULL THEN
        PERFORM ledger_refuse('details_are_of_an_approved_grantee', 'A second person approves the grantee before its payment details.', jsonb_build_object('grantee', g.name));
    ELSIF g.state_agency <> (v_method = 'internal') THEN
        PERFORM ledger_refuse('details_fit_the_grantee', 'A state agency, and nobody else, is paid by internal transfer.',
            jsonb_build_object('grantee', g.name, 'state_agency', g.state_agency));
    ELSIF v_cvr !~ (CASE v_method WHEN 'nemkonto' THEN '^[0-9]{8}$' ELSE '^$' END) THEN
        PERFORM ledger_refuse('nemkonto_has_a_cvr_number', 'A NemKonto is found by a CVR number of eight digits.', jsonb_build_object('cvr', v_cvr));
    ELSIF v_method = 'nemkonto' AND g.cvr NOT IN ('', v_cvr) THEN
        PERFORM ledger_refuse('nemkonto_is_the_grantees_own', 'This CVR number is not the grantee''s.', jsonb_build_object('cvr', v_cvr, 'own', g.cvr, 'grantee', g.name));
    ELSIF v_registration !~ (CASE v_method WHEN 'account' THEN '^[0-9]{4}$' ELSE '^$' END) THEN
        PERFORM ledger_refuse('registration_number_is_four_digits', 'A bank''s registration number is four digits.', jsonb_build_object('registration_number', v_registration));
    ELSIF v_account !~ (CASE v_method WHEN 'account' THEN '^[0-9]{1,10}$' ELSE '^$' END) THEN
        PERFORM ledger_refuse('account_number_is_up_to_ten_digits', 'An account number is at most ten digits.', jsonb_build_object('account_number', v_account));
    ELSIF NOT initiatives_is_a_day(p.after ->> 'effective_from') THEN
        PERFORM ledger_refuse('details_count_from_a_day', 'Payment details count from a day.', jsonb_build_object('effective_from', p.after ->> 'effective_from'));
    ELSIF initiatives_tied(g.id, p.proposed_by_id) THEN
        PERFORM ledger_refuse('tied_hands_do_not_propose', 'Whoever belongs to a grantee proposes nothing about it.', jsonb_build_object('grantee', g.name));
    END IF;
END $$;

-- Three persons: whoever verified does not approve as well. And nobody of the grantee's own.
CREATE FUNCTION initiatives_payment_details_bars(p initiatives_proposal, person bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN public.initiatives_tied(p.grantee_id, person) THEN 'tied'
        WHEN EXISTS (SELECT 1 FROM public.initiatives_verification WHERE proposal_id = p.id AND verified_by_id = person) THEN 'verified'
    END
$$;

-- The rule that keeps this person from registering and approving payments from this earmark on these details; NULL when none does.
CREATE FUNCTION initiatives_payment_bars(p_earmark bigint, p_details bigint, p_person bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT CASE
        WHEN public.initiatives_tied(e.grantee_id, p_person) THEN 'tied_hands_do_not_pay'
        WHEN EXISTS (
            SELECT 1 FROM public.initiatives_proposal p JOIN public.initiatives_decision d ON d.proposal_id = p.id
            JOIN public.initiatives_verification v ON v.proposal_id = p.id
            WHERE p.id = p_details AND p_person IN (p.proposed_by_id, v.verified_by_id, d.decided_by_id)
        ) THEN 'details_hands_do_not_pay'
        WHEN EXISTS (
            SELECT 1 FROM public.ledger_transfer a JOIN public.ledger_transfer r ON r.id = a.pending_id
            WHERE a.credit_account_id = e.account_id AND a.kind IN ('earmarking', 'reallocation') AND a.step = 'post' AND p_person IN (r.booked_by_id, a.booked_by_id)
        ) OR EXISTS (
            SELECT 1 FROM public.initiatives_grantee g JOIN public.initiatives_proposal p ON p.kind_id = 'grantee' AND p.subject = g.slug
            JOIN public.initiatives_decision d ON d.proposal_id = p.id
            WHERE g.id = e.grantee_id AND d.approved AND p_person IN (p.proposed_by_id, d.decided_by_id)
        ) THEN 'grant_hands_do_not_pay'
    END FROM public.initiatives_earmark e WHERE e.id = p_earmark
$$;

-- A disbursement is registered on the details in force on its value date and keeps them; it is approved on the same, or not at all. One that books a payment
-- anew sends nothing: it inherits the details of the payment. Either way the hands are clear.
CREATE FUNCTION initiatives_payment_stands_on_its_details() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_earmark bigint;
    v_grantee bigint;
    v_in_force bigint;
    v_details bigint;
    v_rule text;
    v_figures jsonb;
BEGIN
    SELECT id, grantee_id INTO v_earmark, v_grantee FROM initiatives_earmark WHERE account_id = NEW.debit_account_id;
    v_in_force := (initiatives_details_in_force(v_grantee, NEW.value_date)).id;
    v_figures := jsonb_build_object('grantee', (SELECT name FROM initiatives_grantee WHERE id = v_grantee), 'value_date', NEW.value_date);
    IF NEW.step = 'pending' THEN
        SELECT b.details_id INTO v_details FROM ledger_transfer t JOIN initiatives_paymentbasis b ON b.transfer_id = t.pending_id WHERE t.id = NEW.replaces_id;
        v_details := coalesce(v_details, v_in_force);
        IF v_details IS NULL THEN
            PERFORM ledger_refuse('details_in_force', 'There are no approved payment details that count on this day.', v_figures);
        END IF;
    ELSE
        SELECT details_id INTO v_details FROM initiatives_paymentbasis WHERE transfer_id = NEW.pending_id;
        IF v_details IS NULL OR (NEW.replaces_id IS NULL AND v_details IS DISTINCT FROM v_in_force) THEN
            PERFORM ledger_refuse('details_are_those_registered', 'The payment details were changed after this was registered: reject it, and register it anew.', v_figures);
        END IF;
    END IF;
    v_rule := initiatives_payment_bars(v_earmark, v_details, NEW.booked_by_id);
    IF v_rule = 'tied_hands_do_not_pay' THEN
        PERFORM ledger_refuse('tied_hands_do_not_pay', 'Whoever belongs or belonged to a grantee, or handles its own earmark, does not pay it.', v_figures);
    ELSIF v_rule = 'details_hands_do_not_pay' THEN
        PERFORM ledger_refuse('details_hands_do_not_pay', 'Whoever proposed, verified or approved the payment details does not pay on them.', v_figures);
    ELSIF v_rule = 'grant_hands_do_not_pay' THEN
        PERFORM ledger_refuse('grant_hands_do_not_pay', 'Whoever proposed or approved the grantee or its grant does not pay from it.', v_figures);
    END IF;
    IF NEW.step = 'pending' THEN
        INSERT INTO initiatives_paymentbasis (transfer_id, details_id) VALUES (NEW.id, v_details);
    END IF;
    RETURN NULL;
END $$;

-- What else decides a grantee's money is none of its own people's business either.
CREATE FUNCTION initiatives_tied_hands_stay_away() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_grantee text;
BEGIN
    SELECT g.name INTO v_grantee FROM initiatives_earmark e JOIN initiatives_grantee g ON g.id = e.grantee_id
    WHERE (e.account_id IN (NEW.debit_account_id, NEW.credit_account_id) OR e.grantee_account_id IN (NEW.debit_account_id, NEW.credit_account_id)
           OR e.used_account_id IN (NEW.debit_account_id, NEW.credit_account_id) OR e.written_off_account_id IN (NEW.debit_account_id, NEW.credit_account_id))
      AND initiatives_tied(e.grantee_id, NEW.booked_by_id) LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('tied_hands_do_not_pay', 'Whoever belongs or belonged to a grantee, or handles its own earmark, does not decide its money.',
            jsonb_build_object('grantee', v_grantee, 'value_date', NEW.value_date));
    END IF;
    RETURN NULL;
END $$;

-- And the other way round: whoever registered or approved payments from an earmark grants it nothing more.
CREATE FUNCTION initiatives_payer_does_not_grant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_transfer WHERE debit_account_id = NEW.credit_account_id AND kind = 'disbursement' AND step <> 'void' AND booked_by_id = NEW.booked_by_id) THEN
        PERFORM ledger_refuse('payer_does_not_grant', 'Whoever registered or approved payments from an earmark grants it nothing more.',
            jsonb_build_object('earmark', (SELECT slug FROM initiatives_earmark WHERE account_id = NEW.credit_account_id)));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER disbursement_stands_on_its_details AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.kind = 'disbursement' AND NEW.step <> 'void') EXECUTE FUNCTION initiatives_payment_stands_on_its_details();
CREATE TRIGGER tied_hands_stay_away AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.kind IN ('earmarking', 'release', 'reallocation', 'lapse', 'reversal', 'documented_use', 'write_off') AND NEW.step <> 'void')
    EXECUTE FUNCTION initiatives_tied_hands_stay_away();
CREATE TRIGGER payer_does_not_grant AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.kind IN ('earmarking', 'reallocation') AND NEW.step <> 'void') EXECUTE FUNCTION initiatives_payer_does_not_grant();

-- The basis of a payment is written from within the books' own insert and in no other way, the owner's included.
CREATE FUNCTION initiatives_basis_comes_with_its_payment() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        PERFORM ledger_refuse('basis_comes_with_its_payment', 'What a payment was made on is written when it is registered.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER basis_comes_with_its_payment BEFORE INSERT ON initiatives_paymentbasis FOR EACH ROW EXECUTE FUNCTION initiatives_basis_comes_with_its_payment();
CREATE TRIGGER basis_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_paymentbasis FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER basis_is_never_emptied BEFORE TRUNCATE ON initiatives_paymentbasis FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();

-- Who is a member today was tied before there were ties.
INSERT INTO initiatives_tie (grantee_id, person_id, why, since)
SELECT grantee_id, user_id, 'member', (clock_timestamp() AT TIME ZONE 'Europe/Copenhagen')::date FROM initiatives_grantee_members;
