-- What the ledger cannot know, initiatives holds: a deferred trigger on the ledger's own rows refuses an entry whose voucher is not kept.

ALTER TABLE initiatives_voucher
    ADD CONSTRAINT voucher_digest_is_its_contents CHECK (sha256 = encode(sha256(content), 'hex')),
    ADD CONSTRAINT voucher_size_is_its_contents CHECK (size = length(content) AND size > 0);
ALTER TABLE initiatives_voucher ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE FUNCTION initiatives_voucher_is_kept() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.initiatives_voucher WHERE sha256 = NEW.voucher_sha256) THEN
        RAISE EXCEPTION USING ERRCODE = 'LG001', CONSTRAINT = 'voucher_is_kept',
            MESSAGE = 'The voucher with this digest is not kept.', DETAIL = jsonb_build_object('voucher_sha256', NEW.voucher_sha256)::text;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER voucher_is_kept AFTER INSERT ON ledger_transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.voucher_sha256 <> '' AND NEW.step IN ('single', 'pending')) EXECUTE FUNCTION initiatives_voucher_is_kept();
CREATE CONSTRAINT TRIGGER window_voucher_is_kept AFTER INSERT ON ledger_window DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.step = 'pending') EXECUTE FUNCTION initiatives_voucher_is_kept();

CREATE FUNCTION initiatives_voucher_stays() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'LG001', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME, MESSAGE = 'A voucher is never changed or deleted.';
END $$;

CREATE TRIGGER voucher_is_never_changed BEFORE UPDATE OR DELETE ON initiatives_voucher FOR EACH ROW EXECUTE FUNCTION initiatives_voucher_stays();
CREATE TRIGGER voucher_is_never_truncated BEFORE TRUNCATE ON initiatives_voucher FOR EACH STATEMENT EXECUTE FUNCTION initiatives_voucher_stays();
