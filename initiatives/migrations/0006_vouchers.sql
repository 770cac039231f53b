-- What a document is, from its bytes alone: the type that it is kept and served as, '' when it is none of those that a voucher may be.
-- initiatives/filetypes.py looks closer; this holds against whoever goes around it.
CREATE FUNCTION initiatives_type_of(p_content bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    v_size int := length(p_content);
    v_office text := 'application/vnd.openxmlformats-officedocument.';
    v_directory bytea;
    v_head text;
BEGIN
    IF v_size < 32 THEN
        RETURN '';
    ELSIF substr(p_content, 1, 5) = '%PDF-'::bytea THEN
        RETURN CASE WHEN position('%%EOF'::bytea IN substr(p_content, greatest(v_size - 1023, 1))) > 0 THEN 'application/pdf' ELSE '' END;
    ELSIF substr(p_content, 1, 8) = '\x89504e470d0a1a0a'::bytea THEN
        RETURN CASE WHEN substr(p_content, 13, 4) = 'IHDR'::bytea AND substr(p_content, v_size - 7, 8) = '\x49454e44ae426082'::bytea THEN 'image/png' ELSE '' END;
    ELSIF substr(p_content, 1, 3) = '\xffd8ff'::bytea THEN
        RETURN CASE WHEN substr(p_content, v_size - 1, 2) = '\xffd9'::bytea THEN 'image/jpeg' ELSE '' END;
    ELSIF substr(p_content, 1, 4) = '\x504b0304'::bytea THEN
        IF substr(p_content, v_size - 21, 4) <> '\x504b0506'::bytea OR get_byte(p_content, v_size - 7) > 0 THEN
            RETURN '';
        END IF;
        -- The names of the parts stand in the directory, whose size stands in the file's last 22 bytes.
        v_directory := substr(p_content, v_size - 21 - least(v_size - 22, get_byte(p_content, v_size - 10) + 256 * get_byte(p_content, v_size - 9) + 65536 * get_byte(p_content, v_size - 8)));
        RETURN CASE
            WHEN position('[Content_Types].xml'::bytea IN v_directory) = 0 OR position('vbaProject.bin'::bytea IN v_directory) > 0 THEN ''
            WHEN position('xl/workbook'::bytea IN v_directory) > 0 THEN v_office || 'spreadsheetml.sheet'
            WHEN position('word/document'::bytea IN v_directory) > 0 THEN v_office || 'wordprocessingml.document'
            ELSE '' END;
    END IF;
    v_head := encode(substr(p_content, 1, 65536), 'escape');
    v_head := substring(v_head FROM '^(.*?)\r?\n\r?\n');
    RETURN CASE WHEN v_head ~ '^[!-9;-~]+:' AND v_head ~* '(^|\n)from:' AND v_head ~* '(^|\n)date:' AND position('\x00'::bytea IN p_content) = 0
        THEN 'message/rfc822' ELSE '' END;
END $$;

-- Nothing is reserved or approved on somebody's word alone; the door demands the document of some kinds, this one of all the others. A transfer that is undone
-- lends its reversal the document that it has itself, and what lapses on 31 December is what the books say came back.
CREATE FUNCTION initiatives_nothing_is_approved_without_its_document() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NEW.kind = 'lapse' AND NEW.cause = 'year_end'
        OR NEW.kind = 'reversal' AND EXISTS (SELECT FROM ledger_transfer o WHERE o.id = NEW.reverses_id AND o.voucher_sha256 <> '') THEN
        RETURN NULL;
    END IF;
    PERFORM ledger_refuse('nothing_is_approved_without_its_document', 'This needs its document: give the SHA-256 of the voucher.',
        jsonb_build_object('kind', NEW.kind, 'step', NEW.step));
END $$;
CREATE TRIGGER nothing_is_approved_without_its_document AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.step IN ('pending', 'post') AND NEW.voucher_sha256 = '') EXECUTE FUNCTION initiatives_nothing_is_approved_without_its_document();
