-- The audit log. The library's triggers write as the owner: the application reads what they kept, and nobody changes or removes it.

-- The library lets a session name triggers to leave out (pgtrigger.ignore). No session does that here.
CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT false $$;

DO $$
DECLARE
    v_function regprocedure;
    v_table text;
BEGIN
    FOR v_function IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'pgtrigger\_%' LOOP
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp', v_function);
    END LOOP;
    FOR v_table IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '^initiatives_(event|\w+history)$' LOOP
        EXECUTE format('CREATE TRIGGER %s_is_only_added_to BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to()', substr(v_table, 13), v_table);
        EXECUTE format('CREATE TRIGGER %s_is_never_emptied BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to()', substr(v_table, 13), v_table);
    END LOOP;
END $$;

CREATE FUNCTION initiatives_event_happens_now() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER event_happens_now BEFORE INSERT ON initiatives_event FOR EACH ROW EXECUTE FUNCTION initiatives_event_happens_now();

-- The log is read in one order of time, from many tables.
CREATE INDEX refusal_in_order ON ledger_refusal (refused_at, id);
CREATE INDEX proposal_in_order ON initiatives_proposal (proposed_at, id);
CREATE INDEX verification_in_order ON initiatives_verification (verified_at, id);
CREATE INDEX decision_in_order ON initiatives_decision (decided_at, id);
CREATE INDEX attempt_in_order ON ensomhed_attempt (at, id);

-- One organisation follows another from a day on. Nothing is booked: the follower's people see what the other was granted, and the other's go on reading.
CREATE FUNCTION initiatives_succession_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT s.after FROM public.initiatives_proposal s JOIN public.initiatives_decision d ON d.proposal_id = s.id AND d.approved
    WHERE s.kind_id = 'succession' AND s.grantee_id = p.grantee_id ORDER BY d.id DESC LIMIT 1
$$;

-- Whose grants an organisation's people see on a day besides its own: of those it follows, of those that they followed, and so on.
CREATE FUNCTION initiatives_followed_by(p_successor bigint, p_day date) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH RECURSIVE in_force AS (
        SELECT DISTINCT ON (s.grantee_id) s.grantee_id AS earlier, g.id AS later, (s.after ->> 'from')::date AS since
        FROM initiatives_proposal s JOIN initiatives_decision d ON d.proposal_id = s.id AND d.approved JOIN initiatives_grantee g ON g.slug = s.after ->> 'successor'
        WHERE s.kind_id = 'succession' ORDER BY s.grantee_id, d.id DESC
    ), followed AS (
        SELECT earlier FROM in_force WHERE later = p_successor AND since <= p_day
        UNION
        SELECT f.earlier FROM followed JOIN in_force f ON f.later = followed.earlier AND f.since <= p_day
    )
    SELECT earlier FROM followed
$$;

CREATE FUNCTION initiatives_succession_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_successor bigint := (SELECT id FROM public.initiatives_grantee WHERE slug = p.after ->> 'successor');
BEGIN
    IF p.grantee_id IS NULL OR v_successor IS NULL OR v_successor = p.grantee_id OR (p.after ->> 'from') !~ '^\d{4}-\d\d-\d\d$'
        OR (SELECT count(*) FROM jsonb_object_keys(p.after)) <> 2 OR (p.after ->> 'from')::date IS NULL THEN
        PERFORM public.ledger_refuse('succession_names_another_organisation', 'One organisation is followed by another one, from a day on.', p.after);
    ELSIF v_successor IN (SELECT public.initiatives_followed_by(p.grantee_id, 'infinity')) THEN
        PERFORM public.ledger_refuse('succession_does_not_run_in_a_circle', 'The organisation that follows was itself followed by this one.', p.after);
    END IF;
END $$;

-- The newest row counts in many places, and rows are numbered as they come: nobody who adds one chooses its number.
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY '{initiatives_proposal,initiatives_verification,initiatives_decision,initiatives_tie,initiatives_claim,initiatives_claimmatch,initiatives_receipt,
        initiatives_receiptrejection,initiatives_accountsreport,initiatives_accountsuse,initiatives_accountsdecision,initiatives_case,initiatives_casemessage,
        initiatives_accessreview,initiatives_event,ledger_refusal,ensomhed_attempt}'::text[] LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN id SET GENERATED ALWAYS', v_table);
    END LOOP;
END $$;
