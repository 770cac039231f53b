-- The one mechanism beside the books: somebody proposes, with a document, what stands before and what would stand after; another person decides.
-- The three tables are only added to. A kind of proposal brings up to four functions of its own, found by name (k is the kind's code):
--   initiatives_<k>_stands(proposal) → jsonb            what is in force now, in the keys of `after`
--   initiatives_<k>_is_lawful(proposal)                 refuses what may not be proposed
--   initiatives_<k>_bars(proposal, person) → text       why this person may neither verify nor approve it; NULL when the person may
--   initiatives_<k>_takes_effect(proposal, decision)    what an approval does

-- Whether a group of this person carries the right `app.codename`. Nothing else carries one; whoever is made inactive has none.
CREATE FUNCTION initiatives_may(p_person bigint, p_right text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM public.ensomhed_user u
        JOIN public.ensomhed_user_groups m ON m.user_id = u.id
        JOIN public.auth_group_permissions g ON g.group_id = m.group_id
        JOIN public.auth_permission p ON p.id = g.permission_id AND p.codename = split_part(p_right, '.', 2)
        JOIN public.django_content_type c ON c.id = p.content_type_id AND c.app_label = split_part(p_right, '.', 1)
        WHERE u.id = p_person AND u.is_active
    )
$$;

CREATE FUNCTION initiatives_only_added_to() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'LG001', CONSTRAINT = 'controls_are_only_added_to', TABLE = TG_TABLE_NAME,
        MESSAGE = format('%s on %s is refused: what was proposed and decided is only added to.', TG_OP, TG_TABLE_NAME),
        DETAIL = jsonb_build_object('table', TG_TABLE_NAME)::text;
END $$;

CREATE FUNCTION initiatives_blank(p_text text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT btrim(coalesce(p_text, ''), E' \t\n\r\u00A0') = '' $$;

-- One writer at a time for what a proposal is about; and always on what is newest.
CREATE FUNCTION initiatives_alone_with(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'Proposals are written in READ COMMITTED transactions only.');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('|', 'proposal', p.kind_id, p.grantee_id, p.earmark_id, p.subject), 4));
END $$;

CREATE FUNCTION initiatives_function(p_kind text, p_question text, p_with text DEFAULT '') RETURNS regprocedure
LANGUAGE sql STABLE AS $$ SELECT to_regprocedure(format('public.initiatives_%s_%s(public.initiatives_proposal%s)', p_kind, p_question, p_with)) $$;

CREATE FUNCTION initiatives_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_stands jsonb;
BEGIN
    IF initiatives_function(p.kind_id, 'stands') IS NOT NULL THEN
        EXECUTE format('SELECT public.initiatives_%s_stands($1)', p.kind_id) INTO v_stands USING p;
    END IF;
    RETURN coalesce(v_stands, '{}');
END $$;

-- Whether this person belongs or belonged to the grantee that a proposal is about, or handles its own earmark.
CREATE FUNCTION initiatives_is_tied_to_what(p initiatives_proposal, p_person bigint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN public.initiatives_tied(coalesce(p.grantee_id, (SELECT grantee_id FROM public.initiatives_earmark WHERE id = p.earmark_id)), p_person);
END $$;

-- Why this person may neither verify nor approve a proposal; NULL when nothing bars them.
CREATE FUNCTION initiatives_bars(p_proposal bigint, p_person bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    p initiatives_proposal;
    v_why text;
BEGIN
    SELECT * INTO p FROM initiatives_proposal WHERE id = p_proposal;
    IF p.proposed_by_id = p_person THEN
        RETURN 'proposed';
    ELSIF initiatives_is_tied_to_what(p, p_person) THEN
        RETURN 'tied';
    ELSIF initiatives_function(p.kind_id, 'bars', ', bigint') IS NOT NULL THEN
        EXECUTE format('SELECT public.initiatives_%s_bars($1, $2)', p.kind_id) INTO v_why USING p, p_person;
    END IF;
    RETURN v_why;
END $$;

CREATE FUNCTION initiatives_propose() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    k initiatives_proposalkind;
    v_other bigint;
BEGIN
    SELECT * INTO k FROM initiatives_proposalkind WHERE code = NEW.kind_id;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('proposal_kind_is_known', format('Nobody decides on a %s.', NEW.kind_id), jsonb_build_object('kind', NEW.kind_id));
    END IF;
    PERFORM initiatives_alone_with(NEW);
    IF NOT initiatives_may(NEW.proposed_by_id, k.proposed_with) THEN
        PERFORM ledger_refuse('proposer_holds_the_right', format('Proposing this takes the right %s.', k.proposed_with), jsonb_build_object('right', k.proposed_with));
    END IF;
    IF initiatives_blank(NEW.reason) THEN
        PERFORM ledger_refuse('proposal_has_a_reason', 'A proposal says why.');
    END IF;
    IF k.needs_document AND NEW.voucher_id IS NULL THEN
        PERFORM ledger_refuse('proposal_has_its_document', 'This is proposed with the document that shows it.', jsonb_build_object('kind', k.code));
    END IF;
    IF jsonb_typeof(NEW.after) IS DISTINCT FROM 'object' THEN
        PERFORM ledger_refuse('proposal_changes_something', 'A proposal says what would stand after it.');
    END IF;
    NEW.proposed_at := clock_timestamp();
    NEW.before := initiatives_stands(NEW);
    IF initiatives_function(k.code, 'is_lawful') IS NOT NULL THEN
        EXECUTE format('SELECT public.initiatives_%s_is_lawful($1)', k.code) USING NEW;
    END IF;
    IF initiatives_is_tied_to_what(NEW, NEW.proposed_by_id) THEN
        PERFORM ledger_refuse('tied_hands_do_not_propose', 'Whoever belongs to a grantee proposes nothing about it.',
            jsonb_build_object('grantee', coalesce(NEW.grantee_id, (SELECT grantee_id FROM initiatives_earmark WHERE id = NEW.earmark_id))));
    END IF;
    IF NEW.after = NEW.before THEN
        PERFORM ledger_refuse('proposal_changes_something', 'This stands already.');
    END IF;
    SELECT p.id INTO v_other FROM initiatives_proposal p
    WHERE p.kind_id = NEW.kind_id AND p.subject = NEW.subject AND p.grantee_id IS NOT DISTINCT FROM NEW.grantee_id AND p.earmark_id IS NOT DISTINCT FROM NEW.earmark_id
      AND NOT EXISTS (SELECT 1 FROM initiatives_decision d WHERE d.proposal_id = p.id) LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('one_proposal_waits_at_a_time', format('Proposal %s about the same waits for its decision.', v_other), jsonb_build_object('proposal', v_other));
    END IF;
    RETURN NEW;
END $$;

-- The proposal that is verified or decided, alone; refused when it was decided already.
CREATE FUNCTION initiatives_still_waits(p_proposal bigint) RETURNS initiatives_proposal
LANGUAGE plpgsql AS $$
DECLARE
    p initiatives_proposal;
BEGIN
    SELECT * INTO p FROM initiatives_proposal WHERE id = p_proposal;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('proposal_waits', 'There is no such proposal.', jsonb_build_object('proposal', p_proposal));
    END IF;
    PERFORM initiatives_alone_with(p);
    IF EXISTS (SELECT 1 FROM initiatives_decision WHERE proposal_id = p_proposal) THEN
        PERFORM ledger_refuse('proposal_is_decided_once', 'This was decided already.', jsonb_build_object('proposal', p_proposal));
    END IF;
    RETURN p;
END $$;

CREATE FUNCTION initiatives_verify() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    p initiatives_proposal := initiatives_still_waits(NEW.proposal_id);
    k initiatives_proposalkind;
    v_why text;
BEGIN
    SELECT * INTO k FROM initiatives_proposalkind WHERE code = p.kind_id;
    IF k.verified_with = '' THEN
        PERFORM ledger_refuse('proposal_waits', 'This kind of proposal is decided without verification.', jsonb_build_object('proposal', p.id));
    ELSIF EXISTS (SELECT 1 FROM initiatives_verification WHERE proposal_id = p.id) THEN
        PERFORM ledger_refuse('proposal_is_verified_once', 'This was verified already.', jsonb_build_object('proposal', p.id));
    ELSIF NOT initiatives_may(NEW.verified_by_id, k.verified_with) THEN
        PERFORM ledger_refuse('verifier_holds_the_right', format('Verifying this takes the right %s.', k.verified_with), jsonb_build_object('right', k.verified_with));
    ELSIF p.proposed_by_id = NEW.verified_by_id THEN
        PERFORM ledger_refuse('verifier_is_another_person', 'Whoever proposed cannot verify.', jsonb_build_object('proposal', p.id));
    ELSIF initiatives_blank(NEW.how) THEN
        PERFORM ledger_refuse('verification_says_how', 'A verification says how it was done.');
    END IF;
    v_why := initiatives_bars(p.id, NEW.verified_by_id);
    IF v_why IS NOT NULL THEN
        PERFORM ledger_refuse('barred_person_does_not_decide', format('This person may not verify: %s.', v_why), jsonb_build_object('kind', k.code, 'why', v_why));
    END IF;
    NEW.verified_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE FUNCTION initiatives_decide() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    p initiatives_proposal := initiatives_still_waits(NEW.proposal_id);
    k initiatives_proposalkind;
    v_why text;
BEGIN
    SELECT * INTO k FROM initiatives_proposalkind WHERE code = p.kind_id;
    IF NEW.approved AND p.proposed_by_id = NEW.decided_by_id THEN
        PERFORM ledger_refuse('second_person_decides', 'Whoever proposed cannot approve.', jsonb_build_object('proposal', p.id));
    END IF;
    IF p.proposed_by_id <> NEW.decided_by_id THEN -- withdrawing one's own takes no right and no reason
        IF NOT initiatives_may(NEW.decided_by_id, k.decided_with) THEN
            PERFORM ledger_refuse('decider_holds_the_right', format('Deciding this takes the right %s.', k.decided_with), jsonb_build_object('right', k.decided_with));
        ELSIF NOT NEW.approved AND initiatives_blank(NEW.reason) THEN
            PERFORM ledger_refuse('rejection_has_a_reason', 'Whoever rejects what another proposed says why.', jsonb_build_object('proposal', p.id));
        END IF;
    END IF;
    IF NEW.approved THEN
        v_why := initiatives_bars(p.id, NEW.decided_by_id);
        IF v_why IS NOT NULL THEN
            PERFORM ledger_refuse('barred_person_does_not_decide', format('This person may not decide: %s.', v_why), jsonb_build_object('kind', k.code, 'why', v_why));
        ELSIF k.verified_with <> '' AND NOT EXISTS (SELECT 1 FROM initiatives_verification WHERE proposal_id = p.id) THEN
            PERFORM ledger_refuse('proposal_is_verified_first', 'This is verified by somebody before it is approved.', jsonb_build_object('proposal', p.id));
        ELSIF initiatives_stands(p) <> p.before THEN
            PERFORM ledger_refuse('proposal_still_fits', 'What stands was changed after this was proposed.', jsonb_build_object('proposal', p.id));
        END IF;
    END IF;
    NEW.decided_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE FUNCTION initiatives_takes_effect() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    p initiatives_proposal;
BEGIN
    SELECT * INTO p FROM initiatives_proposal WHERE id = NEW.proposal_id;
    IF initiatives_function(p.kind_id, 'takes_effect', ', public.initiatives_decision') IS NOT NULL THEN
        EXECUTE format('SELECT public.initiatives_%s_takes_effect($1, $2)', p.kind_id) USING p, NEW;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER proposal_is_lawful BEFORE INSERT ON initiatives_proposal FOR EACH ROW EXECUTE FUNCTION initiatives_propose();
CREATE TRIGGER verification_is_lawful BEFORE INSERT ON initiatives_verification FOR EACH ROW EXECUTE FUNCTION initiatives_verify();
CREATE TRIGGER decision_is_lawful BEFORE INSERT ON initiatives_decision FOR EACH ROW EXECUTE FUNCTION initiatives_decide();
CREATE TRIGGER decision_takes_effect AFTER INSERT ON initiatives_decision FOR EACH ROW WHEN (NEW.approved) EXECUTE FUNCTION initiatives_takes_effect();

CREATE TRIGGER proposalkind_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_proposalkind FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER proposalkind_is_never_emptied BEFORE TRUNCATE ON initiatives_proposalkind FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER proposal_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_proposal FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER proposal_is_never_emptied BEFORE TRUNCATE ON initiatives_proposal FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER verification_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_verification FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER verification_is_never_emptied BEFORE TRUNCATE ON initiatives_verification FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER decision_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_decision FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER decision_is_never_emptied BEFORE TRUNCATE ON initiatives_decision FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();

INSERT INTO initiatives_proposalkind (code, name, proposed_with, decided_with, verified_with, needs_document) VALUES
    ('grantee', 'tilskudsmodtager', 'initiatives.propose_decision', 'initiatives.approve_decision', '', true),
    ('payment_details', 'betalingsoplysninger', 'initiatives.propose_details', 'initiatives.approve_decision', 'initiatives.verify_details', true),
    ('receiving_account', 'ministeriets konto til tilbagebetalinger', 'initiatives.propose_details', 'initiatives.approve_decision', 'initiatives.verify_details', true),
    ('extension', 'fristforlængelse', 'initiatives.register_payment', 'initiatives.approve_decision', '', true),
    ('override', 'betaling trods stop', 'initiatives.register_payment', 'initiatives.approve_decision', '', true),
    ('explanation', 'forklaring på en betaling', 'initiatives.reconcile_payments', 'initiatives.approve_decision', '', true),
    ('reopening', 'genåbning af perioder', 'ledger.close_period', 'initiatives.approve_decision', '', true),
    ('role', 'roller', 'ensomhed.change_user', 'initiatives.approve_decision', '', false),
    ('factor_reset', 'nulstilling af andet trin', 'ensomhed.change_user', 'initiatives.approve_decision', '', false),
    ('succession', 'afløsning af en organisation', 'initiatives.propose_decision', 'initiatives.approve_decision', '', true);

-- Closed periods opened again: the one named and the later ones of its year, which rest on it.
CREATE FUNCTION initiatives_reopening_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('closed', coalesce(jsonb_agg(code ORDER BY code), '[]'))
    FROM public.ledger_period WHERE closed AND left(code, 4) = left(split_part(p.subject, ':', 2), 4) AND code >= split_part(p.subject, ':', 2)
$$;

CREATE FUNCTION initiatives_reopening_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p.after <> '{"closed": []}' OR NOT EXISTS (SELECT 1 FROM public.ledger_period WHERE closed AND 'period:' || code = p.subject) THEN
        PERFORM ledger_refuse('reopening_names_a_closed_period', 'Only a closed period can be opened again.', jsonb_build_object('subject', p.subject));
    END IF;
END $$;

CREATE FUNCTION initiatives_reopening_takes_effect(p initiatives_proposal, d initiatives_decision) RETURNS void
LANGUAGE sql AS $$ SELECT public.ledger_reopen_periods(split_part(p.subject, ':', 2), p.proposed_by_id, d.decided_by_id) $$;
