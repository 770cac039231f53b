-- The payment file and its reconciliation. The application may read these tables and call two doors: initiatives_release_payments makes a file,
-- initiatives_take_statement keeps a list of payments made. Files, lines and lists are only added to.

-- ENS-<number of the registration>-<check digit>: what the accounting system, the bank and every page call a payment. The digit is Luhn's, against typing errors.
CREATE FUNCTION initiatives_payment_reference(p_registration bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    v_digits text := reverse(p_registration::text);
    v_digit int;
    v_sum int := 0;
BEGIN
    FOR i IN 1..length(v_digits) LOOP
        v_digit := substr(v_digits, i, 1)::int * (1 + i % 2);
        v_sum := v_sum + v_digit / 10 + v_digit % 10;
    END LOOP;
    RETURN format('ENS-%s-%s', p_registration, (10 - v_sum % 10) % 10);
END $$;

-- The disbursement that carries a payment now: itself, or what it was booked anew as. Money is sent once, under the first one's reference.
CREATE FUNCTION initiatives_payment_carried_by(p_disbursement bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE carried AS (
        SELECT p_disbursement AS id
        UNION ALL
        SELECT t.id FROM carried JOIN public.ledger_transfer t ON t.replaces_id = carried.id AND t.step = 'post'
    )
    SELECT max(id) FROM carried
$$;

CREATE FUNCTION initiatives_payment_first(p_disbursement bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE earlier AS (
        SELECT id, replaces_id FROM public.ledger_transfer WHERE id = p_disbursement
        UNION ALL
        SELECT t.id, t.replaces_id FROM earlier JOIN public.ledger_transfer t ON t.id = earlier.replaces_id
    )
    SELECT min(id) FROM earlier
$$;

-- How a payment is being undone: the cause of its reversal, and whether that is approved. No row while it stands.
CREATE FUNCTION initiatives_payment_undone(p_disbursement bigint) RETURNS TABLE (cause text, approved boolean)
LANGUAGE sql STABLE AS $$
    SELECT r.cause, s.id IS NOT NULL
    FROM public.ledger_transfer r LEFT JOIN public.ledger_transfer s ON s.pending_id = r.id
    WHERE r.reverses_id = public.initiatives_payment_carried_by(p_disbursement) AND r.kind = 'reversal' AND r.step = 'pending' AND s.step IS DISTINCT FROM 'void'
$$;

-- What this person did with a payment: registered, approved or released it; NULL for nothing.
CREATE FUNCTION initiatives_hand_in_payment(p_registration bigint, p_person bigint) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN CASE
        WHEN EXISTS (SELECT 1 FROM public.ledger_transfer WHERE id = p_registration AND booked_by_id = p_person) THEN 'registered'
        WHEN EXISTS (SELECT 1 FROM public.ledger_transfer WHERE pending_id = p_registration AND step = 'post' AND booked_by_id = p_person) THEN 'approved'
        WHEN EXISTS (SELECT 1 FROM public.initiatives_paymentline l JOIN public.initiatives_paymentfile f ON f.id = l.file_id
                     JOIN public.ledger_transfer t ON t.id = l.transfer_id WHERE t.pending_id = p_registration AND f.released_by_id = p_person) THEN 'released'
    END;
END $$;

-- The payment that a reference names; NULL when its check digit is wrong, or there is none.
CREATE FUNCTION initiatives_referenced_payment(p_reference text) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT t.id FROM public.ledger_transfer t
    WHERE t.id = substring(p_reference FROM '^ENS-(\d{1,18})-\d$')::bigint AND t.kind = 'disbursement' AND t.step = 'pending'
      AND public.initiatives_payment_reference(t.id) = p_reference
$$;

ALTER TABLE initiatives_paymentfile
    ADD CONSTRAINT payment_file_digest_is_its_contents CHECK (sha256 = encode(sha256(content), 'hex')),
    ADD CONSTRAINT payment_file_is_not_empty CHECK (line_count > 0 AND total > 0 AND total_currency = 'DKK');
ALTER TABLE initiatives_paymentline ADD CONSTRAINT payment_line_is_in_danish_kroner CHECK (amount > 0 AND amount_currency = 'DKK');
ALTER TABLE initiatives_bankstatement
    ADD CONSTRAINT bank_list_digest_is_its_contents CHECK (sha256 = encode(sha256(content), 'hex')),
    ADD CONSTRAINT bank_list_ends_after_it_begins CHECK (first_day <= last_day);
ALTER TABLE initiatives_bankline
    ADD CONSTRAINT bank_line_amount_is_positive_and_whole_oere CHECK (amount > 0 AND amount < 1e12 AND amount = trunc(amount, 2) AND amount_currency = 'DKK'),
    ADD CONSTRAINT bank_line_status_is_known CHECK (status IN ('paid', 'returned'));
ALTER TABLE initiatives_paymentfile ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE initiatives_bankstatement ALTER COLUMN content SET STORAGE EXTERNAL;

-- Every approved payment that has not left in a file, and why it is held back; '' when it is ready. What was booked anew sends no money of its own.
CREATE FUNCTION initiatives_payments_to_release(p_up_to date DEFAULT NULL)
RETURNS TABLE (transfer_id bigint, registration_id bigint, reference text, details_id bigint, held text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT t.id, t.pending_id, initiatives_payment_reference(t.pending_id), b.details_id,
            CASE WHEN u.cause IS NOT NULL THEN 'reversal_waits'
                 WHEN b.details_id IS NULL THEN 'no_details'
                 WHEN b.details_id IS DISTINCT FROM (initiatives_details_in_force(e.grantee_id, t.value_date)).id THEN 'details_changed'
                 ELSE '' END
        FROM ledger_transfer t
        JOIN initiatives_earmark e ON e.account_id = t.debit_account_id
        LEFT JOIN initiatives_paymentbasis b ON b.transfer_id = t.pending_id
        LEFT JOIN LATERAL initiatives_payment_undone(t.id) u ON true
        WHERE t.kind = 'disbursement' AND t.step = 'post' AND t.replaces_id IS NULL AND t.value_date <= coalesce(p_up_to, 'infinity')
          AND NOT EXISTS (SELECT 1 FROM initiatives_paymentline l WHERE l.transfer_id = t.id) AND u.approved IS NOT TRUE
        ORDER BY t.pending_id;
END $$;

-- A text as one cell: never taken for a formula (an apostrophe goes before it), quoted where it must be.
CREATE FUNCTION initiatives_csv_cell(p_text text) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_cell text := coalesce(p_text, '');
BEGIN
    IF v_cell ~ E'^[ \t\n\r\u00A0\u200B\uFEFF]*[=+\\-@＝＋－＠]' OR v_cell ~ E'^[\t\r\n'']' THEN
        v_cell := '''' || v_cell;
    END IF;
    RETURN CASE WHEN v_cell ~ E'[;"\r\n]' THEN '"' || replace(v_cell, '"', '""') || '"' ELSE v_cell END;
END $$;

CREATE FUNCTION initiatives_csv_amount(p_amount numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN replace(round(p_amount, 2)::text, '.', ','); END $$;

-- The one place that writes a payment file: from its lines, what was approved, and the details that it was approved on. Same lines, same bytes.
CREATE FUNCTION initiatives_payment_file_bytes(p_file bigint, p_number int) RETURNS bytea
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_text text := 'Post;Reference;Beløb;Valuta;Valørdato;Modtager;Betalingsmåde;CVR-nr.;Reg.nr.;Kontonr.;Tekst;Journalnummer' || E'\r\n';
BEGIN
    SELECT v_text
        || string_agg(concat_ws(';', 'BETALING', l.reference, public.initiatives_csv_amount(l.amount), 'DKK', to_char(t.value_date, 'DD.MM.YYYY'),
               public.initiatives_csv_cell(g.name),
               CASE p.after ->> 'method' WHEN 'nemkonto' THEN 'NemKonto' WHEN 'account' THEN 'Konto' WHEN 'internal' THEN 'Intern overførsel' END,
               public.initiatives_csv_cell(p.after ->> 'cvr'), public.initiatives_csv_cell(p.after ->> 'registration_number'),
               public.initiatives_csv_cell(p.after ->> 'account_number'), public.initiatives_csv_cell(t.text), public.initiatives_csv_cell(t.case_number)) || E'\r\n',
               '' ORDER BY l.id)
        || format('KONTROL;FIL-%s;%s;DKK;;%s %s;;;;;;', lpad(p_number::text, 5, '0'), public.initiatives_csv_amount(sum(l.amount)), count(*),
               CASE count(*) WHEN 1 THEN 'betaling' ELSE 'betalinger' END) || E'\r\n'
    INTO v_text
    FROM public.initiatives_paymentline l
    JOIN public.ledger_transfer t ON t.id = l.transfer_id
    JOIN public.initiatives_earmark e ON e.account_id = t.debit_account_id
    JOIN public.initiatives_grantee g ON g.id = e.grantee_id
    JOIN public.initiatives_proposal p ON p.id = l.details_id
    WHERE l.file_id = p_file;
    RETURN convert_to(v_text, 'UTF8');
END $$;

-- Refuses a file that is not what its lines are, or that was released by somebody who may not.
CREATE FUNCTION initiatives_payment_file_is_sound(p_file bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    f initiatives_paymentfile;
    v record;
BEGIN
    SELECT * INTO f FROM initiatives_paymentfile WHERE id = p_file;
    SELECT count(*) AS line_count, sum(l.amount) AS total, bool_and(l.amount = t.amount AND t.kind = 'disbursement' AND t.step = 'post' AND t.replaces_id IS NULL
            AND l.reference = initiatives_payment_reference(t.pending_id) AND l.details_id = b.details_id) AS follow_the_books
        INTO v FROM initiatives_paymentline l JOIN ledger_transfer t ON t.id = l.transfer_id LEFT JOIN initiatives_paymentbasis b ON b.transfer_id = t.pending_id
        WHERE l.file_id = p_file;
    IF v.line_count <> f.line_count OR v.total <> f.total OR v.follow_the_books IS NOT TRUE OR f.content <> initiatives_payment_file_bytes(f.id, f.number) THEN
        PERFORM ledger_refuse('payment_file_says_what_was_approved', 'A payment file holds the payments that were approved, to the details they were approved on.',
            jsonb_build_object('file', f.number));
    END IF;
    IF NOT initiatives_may(f.released_by_id, 'initiatives.release_payments') THEN
        PERFORM ledger_refuse('releaser_holds_the_right', 'Releasing payments takes the right to.', jsonb_build_object('right', 'initiatives.release_payments'));
    END IF;
    SELECT l.reference, h.hand INTO v FROM initiatives_paymentline l JOIN ledger_transfer t ON t.id = l.transfer_id
        JOIN initiatives_proposal p ON p.id = l.details_id
        LEFT JOIN initiatives_verification w ON w.proposal_id = p.id LEFT JOIN initiatives_decision d ON d.proposal_id = p.id
        CROSS JOIN LATERAL (SELECT CASE WHEN f.released_by_id IN (p.proposed_by_id, w.verified_by_id, d.decided_by_id) THEN 'details'
            ELSE nullif(initiatives_hand_in_payment(t.pending_id, f.released_by_id), 'released') END AS hand) h
        WHERE l.file_id = p_file AND h.hand IS NOT NULL ORDER BY l.id LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('releaser_has_no_hand_in_the_payments', format('Whoever releases has no hand in the payments; %s: %s.', v.reference, v.hand),
            jsonb_build_object('reference', v.reference, 'hand', v.hand));
    END IF;
END $$;

CREATE FUNCTION initiatives_payment_file_is_judged() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM initiatives_payment_file_is_sound(CASE TG_TABLE_NAME WHEN 'initiatives_paymentfile' THEN (to_jsonb(NEW) ->> 'id') ELSE to_jsonb(NEW) ->> 'file_id' END::bigint);
    RETURN NULL;
END $$;

-- The door of payment files: everything that is ready, up to a value date when one is given, in one file. The same key answers with the file that exists.
CREATE FUNCTION initiatives_release_payments(p_key uuid, p_by bigint, p_up_to date DEFAULT NULL) RETURNS initiatives_paymentfile
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    f initiatives_paymentfile;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'Files are made in READ COMMITTED transactions only.');
    ELSIF p_key IS NULL OR p_by IS NULL THEN
        PERFORM ledger_refuse('booking_is_complete', 'A release needs a key and a person.');
    END IF;
    PERFORM pg_advisory_xact_lock(7302311); -- one file at a time, and no payment is undone meanwhile
    SELECT * INTO f FROM initiatives_paymentfile WHERE key = p_key;
    IF FOUND THEN
        IF (f.released_by_id, f.up_to) IS DISTINCT FROM (p_by, p_up_to) THEN
            PERFORM ledger_refuse('key_books_one_thing', 'This key released something else.', jsonb_build_object('file', f.number));
        END IF;
        RETURN f;
    END IF;
    IF NOT initiatives_may(p_by, 'initiatives.release_payments') THEN
        PERFORM ledger_refuse('releaser_holds_the_right', 'Releasing payments takes the right to.', jsonb_build_object('right', 'initiatives.release_payments'));
    END IF;
    f.id := nextval(pg_get_serial_sequence('public.initiatives_paymentfile', 'id'));
    f.number := (SELECT coalesce(max(number), 0) + 1 FROM initiatives_paymentfile);
    INSERT INTO initiatives_paymentline (file_id, transfer_id, reference, amount, amount_currency, details_id)
        SELECT f.id, r.transfer_id, r.reference, t.amount, 'DKK', r.details_id
        FROM initiatives_payments_to_release(p_up_to) r JOIN ledger_transfer t ON t.id = r.transfer_id WHERE r.held = '' ORDER BY r.registration_id;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('something_is_ready_to_release', 'No approved payment waits to leave.');
    END IF;
    SELECT count(*), sum(amount) INTO f.line_count, f.total FROM initiatives_paymentline WHERE file_id = f.id;
    f.content := initiatives_payment_file_bytes(f.id, f.number);
    INSERT INTO initiatives_paymentfile (id, key, number, released_at, released_by_id, up_to, line_count, total, total_currency, sha256, content)
        VALUES (f.id, p_key, f.number, clock_timestamp(), p_by, p_up_to, f.line_count, f.total, 'DKK', encode(sha256(f.content), 'hex'), f.content)
        RETURNING * INTO f;
    PERFORM initiatives_payment_file_is_sound(f.id);
    RETURN f;
END $$;

CREATE CONSTRAINT TRIGGER payment_file_says_what_was_approved AFTER INSERT ON initiatives_paymentfile DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION initiatives_payment_file_is_judged();
CREATE CONSTRAINT TRIGGER payment_line_says_what_was_approved AFTER INSERT ON initiatives_paymentline DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION initiatives_payment_file_is_judged();

-- The door of lists: the file, byte by byte, and its rows as they were read. The same file is taken once.
CREATE FUNCTION initiatives_take_statement(p_key uuid, p_by bigint, p_name text, p_content bytea, p_first date, p_last date, p_rows jsonb) RETURNS initiatives_bankstatement
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    s initiatives_bankstatement;
    v record;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'Lists are taken in READ COMMITTED transactions only.');
    ELSIF p_key IS NULL OR p_by IS NULL OR p_content IS NULL OR jsonb_typeof(p_rows) IS DISTINCT FROM 'array' THEN
        PERFORM ledger_refuse('booking_is_complete', 'A list needs a key, a person, its file and its rows.');
    END IF;
    PERFORM pg_advisory_xact_lock(7302312); -- one list at a time: the next one knows this one's rows
    SELECT * INTO s FROM initiatives_bankstatement WHERE sha256 = encode(sha256(p_content), 'hex') AND (row_count > 0 OR (first_day, last_day) = (p_first, p_last));
    IF FOUND AND s.key = p_key AND s.taken_by_id = p_by THEN
        RETURN s;
    ELSIF FOUND THEN
        PERFORM ledger_refuse('bank_list_is_taken_once', format('This file was taken on %s.', s.taken_at),
            jsonb_build_object('statement', s.id, 'taken_at', s.taken_at, 'taken_by', (SELECT coalesce(nullif(btrim(first_name || ' ' || last_name), ''), username) FROM ensomhed_user WHERE id = s.taken_by_id)));
    ELSIF EXISTS (SELECT 1 FROM initiatives_bankstatement WHERE key = p_key) THEN
        PERFORM ledger_refuse('key_books_one_thing', 'This key took another list.');
    ELSIF NOT initiatives_may(p_by, 'initiatives.reconcile_payments') THEN
        PERFORM ledger_refuse('reconciler_holds_the_right', 'Reconciling takes the right to.', jsonb_build_object('right', 'initiatives.reconcile_payments'));
    ELSIF p_first IS NULL OR p_last IS NULL OR p_first > p_last THEN
        PERFORM ledger_refuse('bank_list_ends_after_it_begins', 'A list begins and ends, in that order.');
    END IF;
    INSERT INTO initiatives_bankstatement (key, sha256, name, content, first_day, last_day, row_count, taken_at, taken_by_id)
        VALUES (p_key, encode(sha256(p_content), 'hex'), p_name, p_content, p_first, p_last, jsonb_array_length(p_rows), clock_timestamp(), p_by) RETURNING * INTO s;
    INSERT INTO initiatives_bankline (statement_id, number, reference, amount, amount_currency, day, account, text, status, occurrence, repeats_id)
        SELECT s.id, r.number, r.reference, r.amount, 'DKK', r.day, r.account, r.text, r.status, r.occurrence,
            (SELECT min(b.id) FROM initiatives_bankline b WHERE (b.reference, b.amount, b.day, b.account, b.text, b.status, b.occurrence)
                = (r.reference, r.amount, r.day, r.account, r.text, r.status, r.occurrence))
        FROM (SELECT *, row_number() OVER (PARTITION BY reference, amount, day, account, text, status ORDER BY number) AS occurrence
              FROM jsonb_to_recordset(p_rows) AS listed (number int, reference text, amount numeric, day date, account text, text text, status text)) r
        ORDER BY r.number;
    SELECT b.number, b.day INTO v FROM initiatives_bankline b WHERE b.statement_id = s.id AND b.day NOT BETWEEN p_first AND p_last ORDER BY b.number LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('bank_line_lies_within_its_list', format('Row %s is dated %s.', v.number, v.day), jsonb_build_object('row', v.number, 'day', v.day));
    END IF;
    SELECT b.number, b.reference, h.hand INTO v FROM initiatives_bankline b
        CROSS JOIN LATERAL (SELECT CASE WHEN b.reference LIKE 'ENS-%' THEN initiatives_hand_in_payment(initiatives_referenced_payment(b.reference), p_by) END AS hand) h
        WHERE b.statement_id = s.id AND h.hand IS NOT NULL ORDER BY b.number LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('reconciler_has_no_hand_in_the_payments', format('Whoever reconciles has no hand in the payments; %s: %s.', v.reference, v.hand),
            jsonb_build_object('row', v.number, 'reference', v.reference, 'hand', v.hand));
    END IF;
    RETURN s;
END $$;

-- Whether a list says that a payment went elsewhere than to its details. An account is told by its digits, zeros before the account number left out; a NemKonto
-- by its CVR number, when the list gives that.
CREATE FUNCTION initiatives_paid_elsewhere(p_details jsonb, p_account text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_digits text := regexp_replace(p_account, '\D', '', 'g');
BEGIN
    RETURN CASE p_details ->> 'method'
        WHEN 'account' THEN v_digits <> '' AND (left(v_digits, 4), ltrim(substr(v_digits, 5), '0'))
            <> (p_details ->> 'registration_number', ltrim(p_details ->> 'account_number', '0'))
        WHEN 'nemkonto' THEN length(v_digits) = 8 AND v_digits <> p_details ->> 'cvr'
        ELSE false END;
END $$;

-- What each row of the lists says beside what left from here. A row that repeats an earlier list's counts once.
CREATE VIEW initiatives_bankfinding AS
    SELECT b.id AS bank_line_id, l.id AS line_id,
        CASE
            WHEN l.id IS NULL THEN 'only_there'
            WHEN l.amount <> b.amount THEN 'amount_differs'
            WHEN b.status = 'paid' AND initiatives_paid_elsewhere(w.after, b.account) THEN 'account_differs'
            WHEN b.status = 'returned' THEN CASE WHEN u.approved THEN 'returned_and_reversed' WHEN u.cause IS NOT NULL THEN 'returned_being_reversed' ELSE 'returned' END
            WHEN EXISTS (SELECT 1 FROM initiatives_bankline o WHERE o.reference = b.reference AND o.status = 'paid' AND o.repeats_id IS NULL AND o.id < b.id) THEN 'paid_twice'
            WHEN u.approved AND u.cause = 'never_sent' THEN 'paid_though_reversed'
            ELSE 'both'
        END AS finding,
        EXISTS (SELECT 1 FROM initiatives_proposal p JOIN initiatives_decision d ON d.proposal_id = p.id AND d.approved
                WHERE p.kind_id = 'explanation' AND p.subject = 'bankline:' || b.id) AS explained
    FROM initiatives_bankline b
    LEFT JOIN initiatives_paymentline l ON l.reference = b.reference
    LEFT JOIN initiatives_proposal w ON w.id = l.details_id
    LEFT JOIN LATERAL initiatives_payment_undone(l.transfer_id) u ON true
    WHERE b.repeats_id IS NULL;

-- What came of each payment that left. A list that was taken after the file, and runs past the value date, should have had it.
CREATE VIEW initiatives_linefinding AS
    SELECT l.id AS line_id,
        CASE
            WHEN u.approved THEN 'reversed'
            WHEN EXISTS (SELECT 1 FROM initiatives_bankline b WHERE b.reference = l.reference AND b.status = 'returned') THEN 'returned'
            WHEN EXISTS (SELECT 1 FROM initiatives_bankline b WHERE b.reference = l.reference AND b.amount <> l.amount) THEN 'amount_differs'
            WHEN EXISTS (SELECT 1 FROM initiatives_bankline b WHERE b.reference = l.reference AND initiatives_paid_elsewhere(w.after, b.account)) THEN 'account_differs'
            WHEN EXISTS (SELECT 1 FROM initiatives_bankline b WHERE b.reference = l.reference) THEN 'both'
            WHEN EXISTS (SELECT 1 FROM initiatives_bankstatement s WHERE s.taken_at > f.released_at AND s.last_day > t.value_date) THEN 'only_here'
            ELSE 'waits'
        END AS finding,
        EXISTS (SELECT 1 FROM initiatives_proposal p JOIN initiatives_decision d ON d.proposal_id = p.id AND d.approved
                WHERE p.kind_id = 'explanation' AND (p.subject = 'paymentline:' || l.id
                    OR p.subject IN (SELECT 'bankline:' || b.id FROM initiatives_bankline b WHERE b.reference = l.reference))) AS explained
    FROM initiatives_paymentline l
    JOIN initiatives_paymentfile f ON f.id = l.file_id
    JOIN ledger_transfer t ON t.id = l.transfer_id
    JOIN initiatives_proposal w ON w.id = l.details_id
    LEFT JOIN LATERAL initiatives_payment_undone(l.transfer_id) u ON true;

-- A payment that left is undone only as the lists tell it: never sent when a list that should have it has it not, returned when a list says so.
CREATE FUNCTION initiatives_released_payment_is_undone_by_the_lists() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v record;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7302311); -- no file is made between this look and the commit
    SELECT l.reference, f.number, EXISTS (SELECT 1 FROM initiatives_bankline b WHERE b.reference = l.reference AND b.status = 'returned') AS returned, n.finding INTO v
    FROM initiatives_paymentline l JOIN initiatives_paymentfile f ON f.id = l.file_id JOIN initiatives_linefinding n ON n.line_id = l.id
    WHERE l.transfer_id = initiatives_payment_first(NEW.reverses_id);
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF NEW.cause = 'never_sent' AND (v.finding <> 'only_here' AND NOT (NEW.step = 'post' AND v.finding = 'reversed')
            OR EXISTS (SELECT 1 FROM initiatives_bankline b WHERE b.reference = v.reference)) THEN
        PERFORM ledger_refuse('released_payment_was_not_made', format('%s left in file %s; it is reversed as never sent when a list of payments made has it not.', v.reference, v.number),
            jsonb_build_object('reference', v.reference, 'file', v.number, 'finding', v.finding));
    ELSIF NEW.cause = 'bank_returned' AND NOT v.returned THEN
        PERFORM ledger_refuse('returned_payment_stands_on_a_list', format('%s left in file %s; no list of payments made says that it came back.', v.reference, v.number),
            jsonb_build_object('reference', v.reference, 'file', v.number, 'finding', v.finding));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER released_payment_is_undone_by_the_lists AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.kind = 'reversal' AND NEW.step IN ('pending', 'post') AND NEW.cause IN ('never_sent', 'bank_returned'))
    EXECUTE FUNCTION initiatives_released_payment_is_undone_by_the_lists();

-- An explanation of a row that is only there, or a payment that is only here: about one finding that needs it, by and for people without a hand in the payment.
CREATE FUNCTION initiatives_explanation_payment(p_subject text) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE split_part(p_subject, ':', 1)
        WHEN 'bankline' THEN (SELECT public.initiatives_referenced_payment(reference) FROM public.initiatives_bankline WHERE id = split_part(p_subject, ':', 2)::bigint)
        WHEN 'paymentline' THEN (SELECT t.pending_id FROM public.initiatives_paymentline l JOIN public.ledger_transfer t ON t.id = l.transfer_id
                                 WHERE l.id = split_part(p_subject, ':', 2)::bigint)
    END
$$;

CREATE FUNCTION initiatives_explanation_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('explained', EXISTS (SELECT 1 FROM public.initiatives_proposal o JOIN public.initiatives_decision d ON d.proposal_id = o.id AND d.approved
        WHERE o.kind_id = 'explanation' AND o.subject = p.subject))
$$;

CREATE FUNCTION initiatives_explanation_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_needs_it boolean := false;
    v_hand text;
BEGIN
    IF p.subject ~ '^(bankline|paymentline):\d{1,18}$' AND p.after = '{"explained": true}' THEN
        v_needs_it := EXISTS (SELECT 1 FROM public.initiatives_bankfinding WHERE 'bankline:' || bank_line_id = p.subject
                              AND finding IN ('only_there', 'amount_differs', 'account_differs', 'paid_twice', 'paid_though_reversed'))
                   OR EXISTS (SELECT 1 FROM public.initiatives_linefinding WHERE 'paymentline:' || line_id = p.subject AND finding = 'only_here');
    END IF;
    IF NOT v_needs_it THEN
        PERFORM ledger_refuse('explanation_is_of_a_finding', 'Only a line that does not agree is explained.', jsonb_build_object('subject', p.subject));
    END IF;
    v_hand := public.initiatives_hand_in_payment(public.initiatives_explanation_payment(p.subject), p.proposed_by_id);
    IF v_hand IS NOT NULL THEN
        PERFORM ledger_refuse('reconciler_has_no_hand_in_the_payments', format('Whoever explains has no hand in the payment: %s.', v_hand), jsonb_build_object('hand', v_hand));
    END IF;
END $$;

CREATE FUNCTION initiatives_explanation_bars(p initiatives_proposal, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT public.initiatives_hand_in_payment(public.initiatives_explanation_payment(p.subject), p_person) $$;

CREATE FUNCTION initiatives_bank_list_is_whole() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT statement_id FROM added) a JOIN public.initiatives_bankstatement s ON s.id = a.statement_id
               WHERE s.row_count <> (SELECT count(*) FROM public.initiatives_bankline b WHERE b.statement_id = s.id)) THEN
        PERFORM public.ledger_refuse('bank_list_is_whole', 'The rows of a list come with it, all of them and once.');
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER bank_list_is_whole AFTER INSERT ON initiatives_bankline REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION initiatives_bank_list_is_whole();
CREATE TRIGGER paymentfile_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_paymentfile FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER paymentfile_is_never_emptied BEFORE TRUNCATE ON initiatives_paymentfile FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER paymentline_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_paymentline FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER paymentline_is_never_emptied BEFORE TRUNCATE ON initiatives_paymentline FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER bankstatement_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_bankstatement FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER bankstatement_is_never_emptied BEFORE TRUNCATE ON initiatives_bankstatement FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER bankline_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_bankline FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER bankline_is_never_emptied BEFORE TRUNCATE ON initiatives_bankline FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
