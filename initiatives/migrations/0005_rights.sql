-- Who books holds the right of what is booked: asked by PostgreSQL, so that a verb, a page, a shell and SQL as the application meet the same answer.

CREATE FUNCTION initiatives_booker_holds_the_right() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_kind text := coalesce((SELECT kind FROM ledger_transfer WHERE id = NEW.reverses_id), NEW.kind); -- a reversal is registered and approved like what it reverses
    v_right text := CASE
        WHEN v_kind IN ('appropriation', 'earmarking', 'release', 'reallocation', 'lapse', 'write_off')
            THEN CASE WHEN NEW.step = 'pending' THEN 'initiatives.propose_decision' ELSE 'initiatives.approve_decision' END
        WHEN NEW.step IN ('single', 'pending') THEN 'initiatives.register_payment'
        WHEN v_kind = 'documented_use' THEN 'initiatives.check_accounts'
        ELSE 'initiatives.approve_payment' END;
BEGIN
    IF NEW.step = 'void' AND NEW.booked_by_id = (SELECT booked_by_id FROM ledger_transfer WHERE id = NEW.pending_id) THEN
        RETURN NULL; -- withdrawing one's own registration takes no right
    ELSIF NOT initiatives_may(NEW.booked_by_id, v_right) THEN
        PERFORM ledger_refuse('booker_holds_the_right', format('Booking this takes the right %s.', v_right), jsonb_build_object('right', v_right, 'kind', v_kind, 'step', NEW.step));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER booker_holds_the_right AFTER INSERT ON ledger_transfer FOR EACH ROW EXECUTE FUNCTION initiatives_booker_holds_the_right();

-- The calendar too: the days on which a frame's money may be paid out are decided, and a period is closed, by those who may.
CREATE FUNCTION initiatives_window_decider_holds_the_right() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_right text := CASE NEW.step WHEN 'pending' THEN 'initiatives.propose_decision' ELSE 'initiatives.approve_decision' END;
BEGIN
    IF NEW.step = 'void' AND NEW.booked_by_id = (SELECT booked_by_id FROM ledger_window WHERE id = NEW.pending_id) THEN
        RETURN NULL;
    ELSIF NOT initiatives_may(NEW.booked_by_id, v_right) THEN
        PERFORM ledger_refuse('booker_holds_the_right', format('Deciding this takes the right %s.', v_right), jsonb_build_object('right', v_right, 'kind', 'window', 'step', NEW.step));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION initiatives_closer_holds_the_right() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT initiatives_may(NEW.closed_by_id, 'ledger.close_period') THEN
        PERFORM ledger_refuse('booker_holds_the_right', 'Closing a period takes the right ledger.close_period.', jsonb_build_object('right', 'ledger.close_period', 'period', NEW.code));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER window_decider_holds_the_right AFTER INSERT ON ledger_window FOR EACH ROW EXECUTE FUNCTION initiatives_window_decider_holds_the_right();
CREATE TRIGGER closer_holds_the_right AFTER UPDATE ON ledger_period FOR EACH ROW WHEN (NEW.closed AND NOT OLD.closed) EXECUTE FUNCTION initiatives_closer_holds_the_right();
