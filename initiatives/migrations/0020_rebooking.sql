-- What is registered again after a reversal says instead of what, in the transaction that registers it. The books' own `replaces` means money that was sent
-- and is inherited; this link means nothing but »instead of«.

CREATE FUNCTION initiatives_note_rebooking() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    t ledger_transfer; -- the registration
    o ledger_transfer; -- what was reversed
    v_other bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('rebooking', NEW.instead_of_id)); -- two that register the same again meet here
    SELECT * INTO t FROM ledger_transfer WHERE id = NEW.transfer_id;
    SELECT * INTO o FROM ledger_transfer WHERE id = NEW.instead_of_id;
    IF (t.step IN ('single', 'pending') AND t.kind = o.kind AND t.kind <> 'reversal' AND t.replaces_id IS NULL) IS NOT TRUE THEN
        PERFORM ledger_refuse('rebooking_is_a_registration_of_the_same_kind', 'What is booked again is registered as what it stands instead of.',
            jsonb_build_object('transfer', t.id, 'instead_of', o.id));
    END IF;
    IF NOT EXISTS (SELECT 1 FROM ledger_transfer r WHERE r.reverses_id = o.id AND r.kind = 'reversal' AND r.step = 'post' AND r.cause <> 'booked_anew') THEN
        PERFORM ledger_refuse('rebooking_answers_a_reversal', format('Transfer %s is not reversed, or it was booked anew with its reversal.', o.id), jsonb_build_object('instead_of', o.id));
    END IF;
    IF t.booked_at < transaction_timestamp() THEN
        PERFORM ledger_refuse('rebooking_is_noted_with_its_registration', 'What a registration stands instead of is said when it is registered.', jsonb_build_object('transfer', t.id));
    END IF;
    SELECT b.transfer_id INTO v_other FROM initiatives_rebooking b LEFT JOIN ledger_transfer s ON s.pending_id = b.transfer_id
    WHERE b.instead_of_id = o.id AND s.step IS DISTINCT FROM 'void' LIMIT 1; -- reversed in turn, it is that one that is booked again: each has one heir
    IF FOUND THEN
        PERFORM ledger_refuse('transfer_is_rebooked_once', format('Transfer %s was booked again already, as transfer %s.', o.id, v_other),
            jsonb_build_object('instead_of', o.id, 'transfer', v_other));
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER rebooking_is_lawful BEFORE INSERT ON initiatives_rebooking FOR EACH ROW EXECUTE FUNCTION initiatives_note_rebooking();
CREATE TRIGGER rebooking_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_rebooking FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER rebooking_is_never_emptied BEFORE TRUNCATE ON initiatives_rebooking FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
ALTER TABLE initiatives_rebooking ALTER COLUMN id SET GENERATED ALWAYS;
