-- Who tried to log in is only added to.
CREATE TRIGGER attempt_is_only_added_to BEFORE UPDATE OR DELETE ON ensomhed_attempt FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER attempt_is_never_emptied BEFORE TRUNCATE ON ensomhed_attempt FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();

-- Keys of the API lie as digests in a table of our own.
DROP TABLE IF EXISTS authtoken_token;

-- A lost second step, of the user that `subject` names (user:17), is taken away when management approves it.
CREATE FUNCTION initiatives_factor_reset_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('steps', coalesce(jsonb_agg(type ORDER BY id), '[]'))
    FROM public.mfa_authenticator WHERE type <> 'recovery_codes' AND 'user:' || user_id = p.subject
$$;

CREATE FUNCTION initiatives_factor_reset_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p.after <> '{"steps": []}' THEN
        PERFORM ledger_refuse('factor_reset_takes_all_away', 'A reset takes every second step away.', jsonb_build_object('subject', p.subject));
    END IF;
END $$;

CREATE FUNCTION initiatives_factor_reset_bars(p initiatives_proposal, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT 'own' WHERE p.subject = 'user:' || p_person $$;

-- The password goes too: with a telephone lost it may be known, and every session of the person ends with it.
CREATE FUNCTION initiatives_factor_reset_takes_effect(p initiatives_proposal, d initiatives_decision) RETURNS void
LANGUAGE sql AS $$
    DELETE FROM public.mfa_authenticator WHERE 'user:' || user_id = p.subject;
    UPDATE public.ensomhed_user SET password = '!' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') WHERE 'user:' || id = p.subject;
$$;
