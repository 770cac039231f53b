-- Opens a closed fiscal period again, with the later ones of its year, which closed because it was closed. Two persons; the application cannot call it:
-- it is the effect of a decision.
CREATE FUNCTION ledger_reopen_periods(p_code text, p_proposed_by bigint, p_decided_by bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7302300);
    IF p_proposed_by IS NULL OR p_decided_by IS NULL OR p_proposed_by = p_decided_by THEN
        PERFORM ledger_refuse('second_person_approves', 'A period is opened again by two persons.', jsonb_build_object('period', p_code));
    END IF;
    PERFORM set_config('ledger.door', 'open', true);
    UPDATE ledger_period SET closed = false, closed_at = NULL, closed_by_id = NULL WHERE left(code, 4) = left(p_code, 4) AND code >= p_code AND closed;
    PERFORM set_config('ledger.door', '', true);
END $$;
