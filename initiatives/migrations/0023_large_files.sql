-- Large payment files: what is asked of a whole file is asked once, not once a line.

-- Every line that a transaction adds has its file judged when it commits, all of the file each time: so it is enough that its last one does.
-- The next line by number, if the same transaction added it to the same file, has its own turn.
CREATE OR REPLACE FUNCTION initiatives_payment_file_is_judged() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'initiatives_paymentfile' THEN
        PERFORM initiatives_payment_file_is_sound((to_jsonb(NEW) ->> 'id')::bigint);
    ELSIF NOT EXISTS (
        SELECT 1 FROM (SELECT n.file_id, n.xmin FROM initiatives_paymentline n WHERE n.id > (to_jsonb(NEW) ->> 'id')::bigint ORDER BY n.id LIMIT 1) AS next
        JOIN initiatives_paymentline own ON own.id = (to_jsonb(NEW) ->> 'id')::bigint AND own.file_id = next.file_id AND own.xmin = next.xmin
    ) THEN
        PERFORM initiatives_payment_file_is_sound((to_jsonb(NEW) ->> 'file_id')::bigint);
    END IF;
    RETURN NULL;
END $$;

-- Whether a row agreed when it came: the payment it names left, to that amount and place, and was not paid before. PostgreSQL says so, whatever is written. Only what
-- did not agree then, or was undone since, can disagree now: so what is looked through each day does not grow with what was paid.
CREATE FUNCTION initiatives_bank_line_is_compared() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    NEW.agreed := NEW.repeats_id IS NULL AND NEW.status = 'paid'
        AND EXISTS (SELECT 1 FROM initiatives_paymentline l JOIN initiatives_proposal w ON w.id = l.details_id
                    WHERE l.reference = NEW.reference AND l.amount = NEW.amount AND NOT initiatives_paid_elsewhere(w.after, NEW.account))
        AND NOT EXISTS (SELECT 1 FROM initiatives_bankline o WHERE o.reference = NEW.reference AND o.status = 'paid' AND o.repeats_id IS NULL);
    RETURN NEW;
END $$;

CREATE TRIGGER bank_line_is_compared BEFORE INSERT ON initiatives_bankline FOR EACH ROW EXECUTE FUNCTION initiatives_bank_line_is_compared();

ALTER TABLE initiatives_bankline DISABLE TRIGGER USER;
UPDATE initiatives_bankline b SET agreed = true FROM initiatives_bankfinding f
    WHERE f.bank_line_id = b.id AND b.status = 'paid' AND f.finding IN ('both', 'paid_though_reversed');
ALTER TABLE initiatives_bankline ENABLE TRIGGER USER;

-- The rows of both sides that may disagree, each with what the two views find: a row of a list, or (with no bank_line_id) a payment that left.
CREATE VIEW initiatives_doubt AS
    WITH undone AS (
        SELECT l.id, l.reference FROM ledger_transfer r JOIN ledger_transfer o ON o.id = r.reverses_id AND o.kind = 'disbursement'
        JOIN initiatives_paymentline l ON l.transfer_id = initiatives_payment_first(o.id) WHERE r.kind = 'reversal' AND r.step = 'pending'
    ), doubtful AS (
        SELECT id, reference FROM initiatives_bankline WHERE NOT agreed AND repeats_id IS NULL
    )
    SELECT b.id AS bank_line_id, f.line_id, f.finding, f.explained
    FROM (SELECT id FROM doubtful UNION SELECT o.id FROM undone JOIN initiatives_bankline o USING (reference) WHERE o.repeats_id IS NULL) AS b
    CROSS JOIN LATERAL (SELECT v.line_id, v.finding, v.explained FROM initiatives_bankfinding v WHERE v.bank_line_id = b.id OFFSET 0) AS f
    UNION ALL
    SELECT NULL, l.id, f.finding, f.explained
    FROM (SELECT n.id FROM initiatives_paymentline n WHERE NOT EXISTS (SELECT 1 FROM initiatives_bankline o WHERE o.reference = n.reference AND o.agreed)
          UNION SELECT id FROM undone
          UNION SELECT n.id FROM doubtful d JOIN initiatives_paymentline n USING (reference)) AS l
    CROSS JOIN LATERAL (SELECT v.finding, v.explained FROM initiatives_linefinding v WHERE v.line_id = l.id OFFSET 0) AS f;
