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
