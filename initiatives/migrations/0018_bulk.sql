-- Many payments registered from one sheet. The rows are registrations like any other; what is held here is that a batch tells the truth about them.

ALTER TABLE initiatives_batch ADD CONSTRAINT batch_digest_is_its_sheet CHECK (sha256 = encode(sha256(content), 'hex'));
ALTER TABLE initiatives_batch ALTER COLUMN content SET STORAGE EXTERNAL;

-- Made by whoever may register, at the moment when its rows are; the same sheet comes again only when nothing of it stands.
CREATE FUNCTION initiatives_batch_is_lawful() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_earlier initiatives_batch;
BEGIN
    IF NOT initiatives_may(NEW.made_by_id, 'initiatives.register_payment') THEN
        PERFORM ledger_refuse('batch_is_made_with_the_right', 'This person may not register payments.', jsonb_build_object('person', NEW.made_by_id));
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('initiatives_batch ' || NEW.sha256, 0));
    SELECT * INTO v_earlier FROM initiatives_batch b
    WHERE b.sha256 = NEW.sha256 AND b.key <> NEW.key AND EXISTS (
        SELECT 1 FROM initiatives_batchrow r WHERE r.batch_id = b.id
          AND NOT EXISTS (SELECT 1 FROM ledger_transfer s WHERE s.pending_id = r.transfer_id AND s.step = 'void'))
    ORDER BY b.id DESC LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('sheet_is_registered_once', format('The same sheet was registered as batch %s.', v_earlier.id),
            jsonb_build_object('batch', v_earlier.id, 'made_at', v_earlier.made_at,
                'made_by', (SELECT coalesce(nullif(concat_ws(' ', nullif(first_name, ''), nullif(last_name, '')), ''), username) FROM ensomhed_user WHERE id = v_earlier.made_by_id)));
    END IF;
    NEW.made_at := transaction_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER batch_is_lawful BEFORE INSERT ON initiatives_batch FOR EACH ROW EXECUTE FUNCTION initiatives_batch_is_lawful();

-- A row is a payment that the batch's own maker registered in the transaction that made the batch: nothing is put into it afterwards, and nothing of somebody else's.
CREATE FUNCTION initiatives_batch_row_is_its_own() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM initiatives_batch b JOIN ledger_transfer t ON t.id = NEW.transfer_id
        WHERE b.id = NEW.batch_id AND b.made_at = transaction_timestamp()
          AND t.kind = 'disbursement' AND t.step = 'pending' AND t.replaces_id IS NULL AND t.booked_by_id = b.made_by_id AND t.booked_at >= b.made_at) THEN
        PERFORM ledger_refuse('batch_row_is_registered_with_its_batch', 'A row is a payment that was registered with its batch, by the same person.',
            jsonb_build_object('batch', NEW.batch_id, 'row', NEW.row, 'transfer', NEW.transfer_id));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER batch_row_is_its_own BEFORE INSERT ON initiatives_batchrow FOR EACH ROW EXECUTE FUNCTION initiatives_batch_row_is_its_own();

CREATE FUNCTION initiatives_batch_has_rows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM initiatives_batchrow WHERE batch_id = NEW.id) THEN
        PERFORM ledger_refuse('batch_has_rows', 'A batch registers at least one payment.', jsonb_build_object('batch', NEW.id));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER batch_has_rows AFTER INSERT ON initiatives_batch DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION initiatives_batch_has_rows();

CREATE TRIGGER batch_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_batch FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER batch_is_never_emptied BEFORE TRUNCATE ON initiatives_batch FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER batchrow_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_batchrow FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER batchrow_is_never_emptied BEFORE TRUNCATE ON initiatives_batchrow FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
ALTER TABLE initiatives_batch ALTER COLUMN id SET GENERATED ALWAYS;
ALTER TABLE initiatives_batchrow ALTER COLUMN id SET GENERATED ALWAYS;
