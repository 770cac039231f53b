-- A period is held before it is closed: what waits in it is settled, and nothing new comes into it but from those who close. Who they are, initiatives knows
-- and asks by triggers of its own.

-- Holds a period, or lets it go again; a period that is so already stays as it is. Nobody books meanwhile.
CREATE FUNCTION ledger_hold_period(p_code text, p_by bigint, p_hold boolean) RETURNS ledger_period
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v ledger_period;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'The books are written in READ COMMITTED transactions only.');
    ELSIF p_by IS NULL OR p_hold IS NULL THEN
        PERFORM ledger_refuse('booking_is_complete', 'Holding a period needs a person, and whether it is held or let go.');
    END IF;
    PERFORM pg_advisory_xact_lock(7302300);
    SELECT * INTO v FROM ledger_period WHERE code = p_code;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('period_exists', format('There is no fiscal period %s.', p_code), jsonb_build_object('period', p_code));
    ELSIF v.closed THEN
        PERFORM ledger_refuse('period_is_open', format('The fiscal period %s is closed.', p_code), jsonb_build_object('period', p_code));
    ELSIF v.held <> p_hold THEN
        PERFORM set_config('ledger.door', 'open', true);
        UPDATE ledger_period SET held = p_hold, held_at = clock_timestamp(), held_by_id = p_by WHERE code = p_code RETURNING * INTO v;
        PERFORM set_config('ledger.door', '', true);
    END IF;
    RETURN v;
END $$;

-- A closed period is held by nobody: opened again it is open.
CREATE FUNCTION ledger_closing_ends_the_holding() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.held := false;
    NEW.held_at := NULL;
    NEW.held_by_id := NULL;
    RETURN NEW;
END $$;

CREATE TRIGGER closing_ends_the_holding BEFORE UPDATE ON ledger_period
    FOR EACH ROW WHEN (NEW.closed AND NOT OLD.closed) EXECUTE FUNCTION ledger_closing_ends_the_holding();

-- The trial balance of a period, account by account, from the transfers alone: what stood before it, what moved in it, what stands after it. `agrees` says
-- whether, with what moved later, the account's own total is that sum.
CREATE FUNCTION ledger_trial_balance(p_code text)
RETURNS TABLE (account_id bigint, opening numeric, debit numeric, credit numeric, closing numeric, agrees boolean)
LANGUAGE sql STABLE AS $$
    WITH moved AS (
        SELECT t.debit_account_id, t.credit_account_id, CASE WHEN t.period < p_code THEN -1 WHEN t.period > p_code THEN 1 ELSE 0 END AS side, sum(t.amount) AS amount
        FROM ledger_transfer t WHERE t.step IN ('single', 'post') GROUP BY 1, 2, 3
    ), told AS (
        SELECT m.account_id, sum(m.credit - m.debit) FILTER (WHERE m.side < 0) AS opening, sum(m.debit) FILTER (WHERE m.side = 0) AS debit,
            sum(m.credit) FILTER (WHERE m.side = 0) AS credit, sum(m.debit) AS debits, sum(m.credit) AS credits
        FROM (SELECT debit_account_id AS account_id, side, amount AS debit, 0 AS credit FROM moved
              UNION ALL SELECT credit_account_id, side, 0, amount FROM moved) AS m
        GROUP BY m.account_id
    )
    SELECT a.id, coalesce(t.opening, 0), coalesce(t.debit, 0), coalesce(t.credit, 0), coalesce(t.opening, 0) + coalesce(t.credit, 0) - coalesce(t.debit, 0),
        a.debits_posted = coalesce(t.debits, 0) AND a.credits_posted = coalesce(t.credits, 0)
    FROM ledger_account a LEFT JOIN told t ON t.account_id = a.id
    ORDER BY a.id
$$;
