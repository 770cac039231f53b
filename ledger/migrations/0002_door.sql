-- The one door to the books. Whatever changes an account or writes a transfer goes through ledger_book; ledger/README.md lists the rules by name.
--
-- Every refusal carries the rule's name as its constraint, the figures as JSON in its detail, and SQLSTATE LG001.

CREATE FUNCTION ledger_refuse(p_rule text, p_words text, p_figures jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'LG001', CONSTRAINT = p_rule, MESSAGE = p_words, DETAIL = p_figures::text;
END $$;

-- The fiscal month of a value date: 2023-04.
CREATE FUNCTION ledger_month(p_day date) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN extract(year FROM p_day)::int::text || '-' || lpad(extract(month FROM p_day)::int::text, 2, '0');
END $$;

CREATE FUNCTION ledger_moment(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;

-- SHA-256 of a JSON array's text, which Python's json.dumps(…, ensure_ascii=False) reproduces. A date goes in as a date: JSON writes it the same in every session.
CREATE FUNCTION ledger_digest(p_parts jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT encode(sha256(convert_to(p_parts::text, 'UTF8')), 'hex') $$;

-- The rules of a single transfer, each refused by its name. PostgreSQL reads a table's CHECKs anew for every statement: fourteen of them were a quarter of
-- what a posting cost. So the table has one CHECK, and it asks this function.
CREATE FUNCTION ledger_transfer_is_lawful(t ledger_transfer) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    v_broken text := CASE
        WHEN t.kind <> ALL ('{appropriation,earmarking,release,reallocation,disbursement,repayment,regrant,regrant_returned,documented_use,write_off,lapse,reversal}')
            THEN 'transfer_kind_is_known'
        WHEN t.step <> ALL ('{single,pending,post,void}') THEN 'transfer_step_is_known'
        WHEN (t.step = 'single') <> (t.kind IN ('repayment', 'regrant', 'regrant_returned')) THEN 'transfer_step_fits_kind'
        WHEN (t.pending_id IS NOT NULL) <> (t.step IN ('post', 'void')) THEN 'transfer_settling_names_its_pending'
        WHEN (t.reverses_id IS NOT NULL) <> (t.kind = 'reversal') THEN 'transfer_reversal_names_what_it_reverses'
        WHEN t.replaces_id IS NOT NULL AND t.kind <> 'disbursement' THEN 'transfer_only_a_disbursement_replaces'
        WHEN NOT CASE t.kind
            WHEN 'repayment' THEN t.cause IN ('error', 'changed_conditions', 'unspent', 'disallowed', 'other')
            WHEN 'reversal' THEN t.cause IN ('error', 'never_sent', 'bank_returned', 'booked_anew')
            WHEN 'lapse' THEN t.cause IN ('', 'year_end')
            WHEN 'write_off' THEN t.cause IN ('waived', 'bankruptcy')
            ELSE t.cause = '' END THEN 'transfer_cause_fits_kind'
        WHEN t.cause = 'waived' AND t.amount >= 500 THEN 'transfer_write_off_is_small_or_a_bankruptcy'
        WHEN t.debit_account_id = t.credit_account_id THEN 'transfer_has_two_accounts'
        WHEN NOT (t.amount > 0 AND t.amount < 1e12 AND t.amount = trunc(t.amount, 2)) THEN 'transfer_amount_is_positive_and_whole_oere'
        WHEN t.amount_currency <> 'DKK' THEN 'transfer_is_in_danish_kroner'
        WHEN NOT isfinite(t.value_date) THEN 'transfer_period_follows_the_value_date'
        WHEN t.period <> public.ledger_month(t.value_date) AND NOT (
            t.period ~ '^\d{4}-13\.[12]$' AND left(t.period, 4) || '-12' = public.ledger_month(t.value_date) AND extract(day FROM t.value_date) = 31
        ) THEN 'transfer_period_follows_the_value_date'
        WHEN t.voucher_sha256 !~ '^[0-9a-f]{64}$' AND (
            t.voucher_sha256 <> '' OR t.cause IN ('bank_returned', 'bankruptcy') OR t.kind IN ('appropriation', 'earmarking', 'reallocation', 'disbursement', 'documented_use')
        ) THEN 'transfer_has_the_voucher_it_needs'
        WHEN least(t.debit_entry_no, t.credit_entry_no) < 1 THEN 'transfer_entry_numbers_start_at_one'
        WHEN t.digest !~ '^[0-9a-f]{64}$' THEN 'transfer_digest_is_sha256'
    END;
BEGIN
    IF v_broken IS NOT NULL THEN
        RAISE check_violation USING CONSTRAINT = v_broken, TABLE = 'ledger_transfer', MESSAGE = format('This row of ledger_transfer breaks the rule %s.', v_broken);
    END IF;
    RETURN true;
END $$;

ALTER TABLE ledger_account
    ADD CONSTRAINT account_limit_debits_never_exceed_credits CHECK (debits_posted + debits_pending <= credits_posted OR NOT capped),
    ADD CONSTRAINT account_reserved_is_not_negative CHECK (debits_pending >= 0),
    ADD CONSTRAINT account_totals_are_not_negative CHECK (least(debits_posted, credits_posted, entry_count) >= 0),
    ADD CONSTRAINT account_only_the_treasury_is_uncapped CHECK (capped = (kind <> 'treasury') AND capped = (parent_id IS NOT NULL)),
    ADD CONSTRAINT account_kind_is_known CHECK (kind = ANY ('{treasury,frame,earmark,grantee,local,used,written_off}')),
    ADD CONSTRAINT account_keeps_danish_kroner CHECK (currency = 'DKK'),
    ADD CONSTRAINT account_holder_is_known CHECK (holder <> '' OR kind <> ALL ('{grantee,local}'));

ALTER TABLE ledger_day
    ADD CONSTRAINT day_limit_debits_never_exceed_credits CHECK (carried + credits >= debits + reserved),
    ADD CONSTRAINT day_parts_are_not_negative CHECK (least(credits, debits, reserved) >= 0);

ALTER TABLE ledger_transfer ADD CONSTRAINT transfer_is_lawful CHECK (ledger_transfer_is_lawful(ledger_transfer));

-- Hot rows are updated in place: their pages keep room for the next version.
ALTER TABLE ledger_account SET (fillfactor = 20);
ALTER TABLE ledger_day SET (fillfactor = 50);

-- What came back into an earmark in a year (error, changed conditions) and was not drawn again in that year: it falls to the treasury at year-end.
-- Money that came back is drawn first, day by day. Only a payment or a lapse draws it, and one that was undone in the year did not.
CREATE FUNCTION ledger_unreturned(p_earmark bigint, p_year int) RETURNS numeric
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_first date := make_date(p_year, 1, 1);
    v_last date := make_date(p_year, 12, 31);
    v_rest numeric := 0;
    v_day record;
BEGIN
    FOR v_day IN
        WITH moved AS (
            SELECT t.value_date AS day, t.amount AS came_back, 0 AS not_drawn FROM ledger_transfer t
            WHERE t.kind = 'repayment' AND t.credit_account_id = p_earmark AND t.value_date BETWEEN v_first AND v_last
              AND NOT EXISTS (SELECT 1 FROM ledger_transfer r WHERE r.reverses_id = t.id AND r.kind = 'reversal' AND r.step = 'post')
            UNION ALL
            SELECT t.value_date, 0, t.amount FROM ledger_transfer t
            WHERE t.debit_account_id = p_earmark AND t.step = 'post' AND t.kind IN ('release', 'reallocation', 'reversal') AND t.value_date BETWEEN v_first AND v_last
            UNION ALL
            SELECT t.value_date, 0, t.amount FROM ledger_transfer r JOIN ledger_transfer t ON t.id = r.reverses_id
            WHERE r.credit_account_id = p_earmark AND r.step = 'post' AND r.kind = 'reversal' AND r.value_date <= v_last
              AND t.kind IN ('disbursement', 'lapse') AND t.value_date BETWEEN v_first AND v_last
        )
        SELECT d.debits - coalesce(sum(m.not_drawn), 0) AS drawn, coalesce(sum(m.came_back), 0) AS came_back
        FROM ledger_day d LEFT JOIN moved m ON m.day = d.day
        WHERE d.account_id = p_earmark AND d.day BETWEEN v_first AND v_last
        GROUP BY d.day, d.debits ORDER BY d.day
    LOOP
        v_rest := greatest(0, v_rest + v_day.came_back - v_day.drawn);
    END LOOP;
    RETURN v_rest;
END $$;
CREATE INDEX transfer_put_back ON ledger_transfer (credit_account_id, value_date) WHERE step = 'post' AND kind = 'reversal';

-- Where a repayment goes: its cause and its day decide, and nobody else. The code of the earmark or of the treasury.
CREATE FUNCTION ledger_repayment_goes_to(p_grantee text, p_cause text, p_day date) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_cause IN ('error', 'changed_conditions')
        AND p_day BETWEEN w.opens AND w.closes
        AND NOT EXISTS (SELECT 1 FROM ledger_transfer t WHERE t.kind = 'lapse' AND t.debit_account_id = e.id AND t.step = 'post' AND t.cause = ''
                        AND NOT EXISTS (SELECT 1 FROM ledger_transfer r WHERE r.reverses_id = t.id AND r.kind = 'reversal' AND r.step = 'post'))
        THEN e.code ELSE 'treasury' END
    FROM ledger_account g
    JOIN ledger_account e ON e.id = g.parent_id
    LEFT JOIN LATERAL (SELECT opens, closes FROM ledger_window WHERE frame_id = e.parent_id AND step = 'post' ORDER BY id DESC LIMIT 1) w ON true
    WHERE g.code = p_grantee AND g.kind = 'grantee'
$$;

-- The day a disbursement was paid on: its own, or, however often it was booked anew, that of the payment it inherits.
CREATE FUNCTION ledger_paid_on(p_disbursement bigint) RETURNS date
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE inherited AS (
        SELECT replaces_id, value_date FROM ledger_transfer WHERE id = p_disbursement
        UNION ALL
        SELECT t.replaces_id, t.value_date FROM inherited JOIN ledger_transfer t ON t.id = inherited.replaces_id
    )
    SELECT value_date FROM inherited WHERE replaces_id IS NULL
$$;

-- Moves one account's totals of one value date, and what is carried into every later one. A capped account's days hold the limit by their CHECK.
CREATE FUNCTION ledger_move_day(p_account bigint, p_day date, p_credit numeric, p_debit numeric, p_reserved numeric) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger_day SET credits = credits + p_credit, debits = debits + p_debit, reserved = reserved + p_reserved
    WHERE account_id = p_account AND day = p_day;
    IF NOT FOUND THEN
        INSERT INTO ledger_day (account_id, day, carried, credits, debits, reserved)
        VALUES (p_account, p_day,
                coalesce((SELECT carried + credits - debits - reserved FROM ledger_day WHERE account_id = p_account AND day < p_day ORDER BY day DESC LIMIT 1), 0),
                p_credit, p_debit, p_reserved);
    END IF;
    UPDATE ledger_day SET carried = carried + p_credit - p_debit - p_reserved WHERE account_id = p_account AND day > p_day;
END $$;

-- Books one transfer and answers with its row. Steps: single; pending (reserves); post (approves a pending); void (rejects or withdraws it).
-- The same key with the same content answers with the row that exists.
CREATE FUNCTION ledger_book(
    p_key uuid,
    p_step text,
    p_booked_by bigint,
    p_kind text DEFAULT NULL,
    p_debit text DEFAULT NULL,
    p_credit text DEFAULT NULL,
    p_amount numeric DEFAULT NULL,
    p_value_date date DEFAULT NULL,
    p_pending bigint DEFAULT NULL,
    p_reverses bigint DEFAULT NULL,
    p_replaces bigint DEFAULT NULL,
    p_cause text DEFAULT '',
    p_period text DEFAULT NULL,
    p_text text DEFAULT '',
    p_case_number text DEFAULT '',
    p_voucher_sha256 text DEFAULT '',
    p_currency text DEFAULT 'DKK'
) RETURNS ledger_transfer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v ledger_transfer;        -- the row to be
    v_known ledger_transfer;  -- the row that has this key already
    v_before ledger_transfer; -- the pending row that is settled
    v_origin ledger_transfer; -- the row that is reversed or replaced
    d ledger_account;
    c ledger_account;
    v_account ledger_account;
    v_settles boolean := p_step IN ('post', 'void');
    v_reserve numeric := 0;   -- what the debit account's reservations change by
    v_move numeric := 0;      -- what is posted
    v_left numeric;
    v_other numeric;
    v_window ledger_window;
    v_closed boolean;
    v_differs text[];
    v_replacement bigint;
    v_earmark bigint;         -- what a local actor's money was earmarked for
    v_door text;
    v_year int;
    v_allowed boolean;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN -- an older snapshot would not see a period that was closed or a window that moved meanwhile
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'The books are written in READ COMMITTED transactions only.');
    END IF;
    IF p_key IS NULL OR p_booked_by IS NULL OR p_step IS NULL OR p_step NOT IN ('single', 'pending', 'post', 'void') THEN
        PERFORM ledger_refuse('booking_is_complete', 'A booking needs a key, a person and a step: single, pending, post or void.');
    END IF;

    -- The key first: two requests with one key meet here, and the second finds the first one's row.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_key::text, 0));
    SELECT * INTO v_known FROM ledger_transfer WHERE key = p_key;
    IF FOUND THEN
        SELECT array_agg(name) INTO v_differs FROM (VALUES
            ('step', v_known.step <> p_step),
            ('booked_by', v_known.booked_by_id <> p_booked_by),
            ('pending', v_known.pending_id IS DISTINCT FROM p_pending),
            ('kind', v_known.kind IS DISTINCT FROM p_kind AND NOT (v_settles AND p_kind IS NULL)),
            ('debit_account', NOT (v_settles AND p_debit IS NULL) AND (SELECT code FROM ledger_account WHERE id = v_known.debit_account_id) IS DISTINCT FROM p_debit),
            ('credit_account', NOT (v_settles AND p_credit IS NULL) AND (SELECT code FROM ledger_account WHERE id = v_known.credit_account_id) IS DISTINCT FROM p_credit),
            ('amount', v_known.amount IS DISTINCT FROM p_amount AND NOT (v_settles AND p_amount IS NULL)),
            ('amount_currency', v_known.amount_currency IS DISTINCT FROM p_currency),
            ('value_date', v_known.value_date IS DISTINCT FROM p_value_date AND NOT (v_settles AND p_value_date IS NULL)),
            ('period', CASE WHEN p_period IS NOT NULL THEN v_known.period <> p_period ELSE NOT v_settles AND v_known.period <> ledger_month(v_known.value_date) END),
            ('reverses', v_known.reverses_id IS DISTINCT FROM p_reverses AND NOT (v_settles AND p_reverses IS NULL)),
            ('replaces', v_known.replaces_id IS DISTINCT FROM p_replaces AND NOT (v_settles AND p_replaces IS NULL)),
            ('cause', v_known.cause <> coalesce(p_cause, '') AND NOT (v_settles AND coalesce(p_cause, '') = '')),
            ('text', v_known.text <> coalesce(p_text, '') AND NOT (p_step = 'post' AND coalesce(p_text, '') = '')),
            ('case_number', v_known.case_number <> coalesce(p_case_number, '') AND NOT (v_settles AND coalesce(p_case_number, '') = '')),
            ('voucher_sha256', v_known.voucher_sha256 <> coalesce(p_voucher_sha256, '') AND NOT (v_settles AND coalesce(p_voucher_sha256, '') = ''))
        ) AS content(name, differs) WHERE differs;
        IF v_differs IS NOT NULL THEN
            PERFORM ledger_refuse('key_books_one_thing', format('This key booked transfer %s with another content: %s.', v_known.id, array_to_string(v_differs, ', ')),
                jsonb_build_object('transfer', v_known.id, 'differs', v_differs));
        END IF;
        RETURN v_known;
    END IF;

    -- Nobody closes a period or moves a window while we book (those take this lock alone).
    PERFORM pg_advisory_xact_lock_shared(7302300);

    IF v_settles THEN
        SELECT * INTO v_before FROM ledger_transfer WHERE id = p_pending AND step = 'pending';
        IF NOT FOUND THEN
            PERFORM ledger_refuse('settling_names_a_pending', 'There is no pending transfer with this number.', jsonb_build_object('pending', p_pending));
        END IF;
        v := v_before;
        v.value_date := CASE p_step WHEN 'post' THEN coalesce(p_value_date, v_before.value_date) ELSE v_before.value_date END;
        v.text := CASE p_step WHEN 'post' THEN coalesce(nullif(p_text, ''), v_before.text) ELSE coalesce(p_text, '') END; -- a void says why, never what was registered
        v.period := CASE WHEN p_step = 'void' OR (p_period IS NULL AND v.value_date = v_before.value_date) THEN v_before.period ELSE coalesce(p_period, v.period) END;
    ELSE
        v.kind := p_kind;
        v.reverses_id := p_reverses;
        v.replaces_id := p_replaces;
        v.cause := coalesce(p_cause, '');
        v.amount := p_amount;
        v.amount_currency := p_currency;
        v.value_date := p_value_date;
        v.text := coalesce(p_text, '');
        v.case_number := coalesce(p_case_number, '');
        v.voucher_sha256 := coalesce(p_voucher_sha256, '');
    END IF;
    v.key := p_key;
    v.step := p_step;
    v.pending_id := p_pending;
    v.booked_by_id := p_booked_by;

    IF v.amount IS NULL OR NOT (v.amount > 0 AND v.amount < 1e12 AND v.amount = trunc(v.amount, 2)) THEN
        PERFORM ledger_refuse('transfer_amount_is_positive_and_whole_oere', 'An amount is more than 0 kr., less than 1.000.000.000.000 kr., and whole øre.',
            jsonb_build_object('amount', v.amount::text));
    END IF;
    IF v.amount_currency IS DISTINCT FROM 'DKK' THEN
        PERFORM ledger_refuse('transfer_is_in_danish_kroner', 'The books keep Danish kroner.', jsonb_build_object('currency', v.amount_currency));
    END IF;
    IF v.value_date IS NULL OR NOT isfinite(v.value_date) THEN
        PERFORM ledger_refuse('transfer_has_a_value_date', 'A transfer needs the day on which the money counts.');
    END IF;
    IF NOT v_settles OR v.value_date <> v_before.value_date THEN
        v.period := coalesce(p_period, ledger_month(v.value_date));
    END IF;
    v.amount := round(v.amount, 2);

    -- Both accounts, always in the order of their codes: two transfers between the same accounts never wait for each other.
    IF v_settles THEN
        FOR v_account IN SELECT * FROM ledger_account WHERE id IN (v.debit_account_id, v.credit_account_id) ORDER BY code FOR NO KEY UPDATE LOOP
            IF v_account.id = v.debit_account_id THEN d := v_account; ELSE c := v_account; END IF;
        END LOOP;
        SELECT array_agg(name) INTO v_differs FROM (VALUES
            ('kind', p_kind <> v.kind), ('debit_account', p_debit <> d.code), ('credit_account', p_credit <> c.code), ('amount', p_amount <> v.amount),
            ('reverses', p_reverses IS NOT NULL AND p_reverses IS DISTINCT FROM v.reverses_id), ('replaces', p_replaces IS NOT NULL AND p_replaces IS DISTINCT FROM v.replaces_id), ('amount_currency', p_currency <> v.amount_currency),
            ('cause', p_cause NOT IN ('', v.cause)), ('case_number', p_case_number NOT IN ('', v.case_number)), ('voucher_sha256', p_voucher_sha256 NOT IN ('', v.voucher_sha256))
        ) AS content(name, differs) WHERE differs;
        IF v_differs IS NOT NULL THEN
            PERFORM ledger_refuse('settling_changes_nothing', format('A pending transfer is approved or rejected as it is; this differs: %s.', array_to_string(v_differs, ', ')),
                jsonb_build_object('pending', p_pending, 'differs', v_differs));
        END IF;
        SELECT * INTO v_known FROM ledger_transfer WHERE pending_id = p_pending;
        IF FOUND THEN
            PERFORM ledger_refuse('pending_is_settled_once', format('Transfer %s was settled already, by transfer %s (%s).', p_pending, v_known.id, v_known.step),
                jsonb_build_object('pending', p_pending, 'settled_by', v_known.id, 'step', v_known.step));
        END IF;
        IF p_step = 'post' AND v_before.booked_by_id = p_booked_by THEN
            PERFORM ledger_refuse('second_person_approves', 'Whoever registered a transfer cannot approve it.', jsonb_build_object('pending', p_pending));
        END IF;
        IF p_step = 'void' AND v_before.booked_by_id <> p_booked_by AND btrim(v.text, E' \t\n\r\u00A0') = '' THEN
            PERFORM ledger_refuse('rejection_has_a_reason', 'Whoever rejects what another registered says why.', jsonb_build_object('pending', p_pending));
        END IF;
        IF v.value_date < v_before.value_date THEN
            PERFORM ledger_refuse('approval_is_not_dated_before_registration', 'An approval is dated on or after the registration.',
                jsonb_build_object('registered', v_before.value_date, 'asked', v.value_date));
        END IF;
        IF v.replaces_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM ledger_transfer r JOIN ledger_transfer s ON s.pending_id = r.id
            WHERE r.reverses_id = v.replaces_id AND r.kind = 'reversal' AND r.step = 'pending' AND r.cause = 'booked_anew' AND s.step = p_step
              AND NOT EXISTS (SELECT 1 FROM ledger_transfer o WHERE o.reverses_id = v.replaces_id AND o.kind = 'reversal' AND o.step = 'pending'
                              AND NOT EXISTS (SELECT 1 FROM ledger_transfer os WHERE os.pending_id = o.id))
        ) THEN
            PERFORM ledger_refuse('booked_anew_settles_as_one', 'A disbursement booked anew is settled together with the reversal that it belongs to; settle that one.');
        END IF;
    ELSE
        IF p_debit < p_credit THEN
            SELECT * INTO d FROM ledger_account WHERE code = p_debit FOR NO KEY UPDATE;
            SELECT * INTO c FROM ledger_account WHERE code = p_credit FOR NO KEY UPDATE;
        ELSE
            SELECT * INTO c FROM ledger_account WHERE code = p_credit FOR NO KEY UPDATE;
            SELECT * INTO d FROM ledger_account WHERE code = p_debit FOR NO KEY UPDATE;
        END IF;
        IF d.id IS NULL OR c.id IS NULL OR d.id = c.id THEN
            PERFORM ledger_refuse('accounts_exist', 'A transfer needs two different accounts that exist.', jsonb_build_object('debit', p_debit, 'credit', p_credit));
        END IF;
        v.debit_account_id := d.id;
        v.credit_account_id := c.id;
    END IF;

    IF p_step <> 'void' THEN
        SELECT closed INTO v_closed FROM ledger_period WHERE code = v.period;
        IF NOT FOUND THEN
            PERFORM ledger_refuse('period_exists', format('There is no fiscal period %s.', v.period), jsonb_build_object('period', v.period, 'value_date', v.value_date));
        ELSIF v_closed THEN
            PERFORM ledger_refuse('period_is_open', format('The fiscal period %s is closed.', v.period), jsonb_build_object('period', v.period, 'value_date', v.value_date));
        END IF;
    END IF;

    -- The tree: money moves along it only.
    IF NOT v_settles THEN
        IF d.kind = 'local' THEN
            SELECT parent_id INTO v_earmark FROM ledger_account WHERE id = d.parent_id;
        END IF;
        v_allowed := CASE v.kind
            WHEN 'appropriation' THEN d.kind = 'treasury' AND c.kind = 'frame'
            WHEN 'earmarking' THEN d.kind = 'frame' AND c.kind = 'earmark' AND c.parent_id = d.id
            WHEN 'release' THEN d.kind = 'earmark' AND c.kind = 'frame' AND d.parent_id = c.id OR d.kind = 'frame' AND c.kind = 'treasury'
            WHEN 'reallocation' THEN d.kind = 'earmark' AND c.kind = 'earmark' AND d.parent_id = c.parent_id
            WHEN 'disbursement' THEN d.kind = 'earmark' AND c.kind = 'grantee' AND c.parent_id = d.id
            WHEN 'repayment' THEN d.kind = 'grantee' AND (c.kind = 'earmark' AND d.parent_id = c.id OR c.kind = 'treasury')
            WHEN 'regrant' THEN d.kind = 'grantee' AND d.passes_on AND c.kind = 'local' AND c.parent_id = d.id
            WHEN 'regrant_returned' THEN d.kind = 'local' AND c.kind = 'grantee' AND d.parent_id = c.id
            WHEN 'documented_use' THEN c.kind = 'used' AND c.parent_id = CASE
                WHEN d.kind = 'grantee' AND NOT d.passes_on THEN d.parent_id
                WHEN d.kind = 'local' THEN v_earmark END
            WHEN 'write_off' THEN c.kind = 'written_off' AND c.parent_id = CASE
                WHEN d.kind = 'grantee' THEN d.parent_id
                WHEN d.kind = 'local' THEN v_earmark END
            WHEN 'lapse' THEN d.kind = 'earmark' AND c.kind = 'treasury'
            WHEN 'reversal' THEN true
            ELSE false END;
        IF v_allowed IS NOT TRUE THEN
            PERFORM ledger_refuse('money_moves_along_the_tree', format('%s does not go from %s to %s.', coalesce(v.kind, 'nothing'), d.code, c.code),
                jsonb_build_object('kind', v.kind, 'debit', d.code, 'credit', c.code));
        END IF;
        IF (v.kind IN ('repayment', 'regrant', 'regrant_returned')) <> (p_step = 'single') THEN
            PERFORM ledger_refuse('transfer_step_fits_kind', format('%s is not booked as %s.', v.kind, p_step), jsonb_build_object('kind', v.kind, 'step', p_step));
        END IF;
        IF (v.kind IN ('appropriation', 'earmarking', 'reallocation', 'disbursement', 'documented_use') OR v.cause IN ('bank_returned', 'bankruptcy')) AND v.voucher_sha256 !~ '^[0-9a-f]{64}$' THEN
            PERFORM ledger_refuse('transfer_has_the_voucher_it_needs', 'This needs its document: give the SHA-256 of the voucher.', jsonb_build_object('kind', v.kind));
        END IF;
        IF coalesce(CASE v.kind
            WHEN 'repayment' THEN v.cause IN ('error', 'changed_conditions', 'unspent', 'disallowed', 'other')
            WHEN 'lapse' THEN v.cause IN ('', 'year_end')
            WHEN 'write_off' THEN v.cause IN ('waived', 'bankruptcy')
            WHEN 'reversal' THEN true
            ELSE v.cause = '' END, false) = false THEN
            PERFORM ledger_refuse('transfer_cause_fits_kind', format('%s does not happen because of "%s".', v.kind, v.cause), jsonb_build_object('kind', v.kind, 'cause', v.cause));
        END IF;
        IF v.kind = 'write_off' AND v.cause = 'waived' AND v.amount >= 500 THEN
            PERFORM ledger_refuse('transfer_write_off_is_small_or_a_bankruptcy', format('A claim is waived under 500 kr., and %s kr. was asked.', v.amount),
                jsonb_build_object('asked', v.amount::text, 'under', '500.00'));
        END IF;

        -- Reversing: the opposite of one transfer, whole, once.
        IF v.kind = 'reversal' THEN
            SELECT * INTO v_origin FROM ledger_transfer WHERE id = p_reverses;
            IF NOT FOUND OR v_origin.step NOT IN ('single', 'post') OR v_origin.kind = 'reversal' THEN
                PERFORM ledger_refuse('reversal_undoes_a_booked_transfer', 'Only a transfer that moved money can be reversed, and a reversal is not reversed.',
                    jsonb_build_object('reverses', p_reverses));
            END IF;
            IF d.id <> v_origin.credit_account_id OR c.id <> v_origin.debit_account_id OR v.amount <> v_origin.amount THEN
                PERFORM ledger_refuse('reversal_is_the_whole_opposite', 'A reversal is the opposite of one transfer: its accounts swapped, its whole amount.',
                    jsonb_build_object('reverses', p_reverses, 'amount', v_origin.amount::text));
            END IF;
            IF v.value_date < v_origin.value_date THEN
                PERFORM ledger_refuse('reversal_is_not_dated_before_its_origin', 'A reversal is dated on or after what it reverses.',
                    jsonb_build_object('origin', v_origin.value_date, 'asked', v.value_date));
            END IF;
            IF v.cause NOT IN ('error', 'never_sent', 'bank_returned', 'booked_anew') OR (v_origin.kind = 'disbursement') = (v.cause = 'error') THEN
                PERFORM ledger_refuse('reversal_has_a_fitting_cause',
                    'A disbursement is reversed because it was never sent, because the bank returned it, or because it is booked anew; anything else because of an error.',
                    jsonb_build_object('kind', v_origin.kind, 'cause', v.cause));
            END IF;
            SELECT t.id INTO v_replacement FROM ledger_transfer t LEFT JOIN ledger_transfer s ON s.pending_id = t.id
            WHERE t.reverses_id = p_reverses AND t.kind = 'reversal' AND t.step = 'pending' AND s.step IS DISTINCT FROM 'void' LIMIT 1;
            IF FOUND THEN
                PERFORM ledger_refuse('transfer_is_reversed_at_most_once', format('Transfer %s has a reversal already: transfer %s.', p_reverses, v_replacement),
                    jsonb_build_object('reverses', p_reverses, 'reversal', v_replacement));
            END IF;
        ELSIF p_reverses IS NOT NULL THEN
            PERFORM ledger_refuse('transfer_reversal_names_what_it_reverses', 'Only a reversal reverses.');
        END IF;
    END IF;

    -- What binds a kind to its dates and places.
    IF v.kind IN ('disbursement', 'lapse') AND p_step <> 'void' THEN
        SELECT * INTO v_window FROM ledger_window WHERE frame_id = d.parent_id AND step = 'post' ORDER BY id DESC LIMIT 1;
        IF NOT FOUND THEN
            PERFORM ledger_refuse('frame_has_a_payment_window', 'The frame has no payment window that two persons have decided.', jsonb_build_object('debit', d.code));
        END IF;
    END IF;

    IF v.kind = 'disbursement' AND p_step <> 'void' THEN
        IF v.replaces_id IS NOT NULL THEN
            SELECT * INTO v_origin FROM ledger_transfer WHERE id = v.replaces_id;
            IF NOT v_settles THEN
                IF v_origin.kind IS DISTINCT FROM 'disbursement' OR v_origin.amount <> v.amount
                    OR (SELECT holder FROM ledger_account WHERE id = v_origin.credit_account_id) IS DISTINCT FROM c.holder
                    OR NOT EXISTS (SELECT 1 FROM ledger_transfer r WHERE r.reverses_id = v.replaces_id AND r.kind = 'reversal' AND r.step = 'pending' AND r.cause = 'booked_anew'
                                   AND NOT EXISTS (SELECT 1 FROM ledger_transfer s WHERE s.pending_id = r.id))
                    OR EXISTS (SELECT 1 FROM ledger_transfer o WHERE o.replaces_id = v.replaces_id AND o.step = 'pending'
                               AND NOT EXISTS (SELECT 1 FROM ledger_transfer s WHERE s.pending_id = o.id)) THEN
                    PERFORM ledger_refuse('booked_anew_inherits_one_payment',
                        'What is booked anew has the same amount, goes to the same organisation, and stands beside the reversal of the payment that it inherits.',
                        jsonb_build_object('replaces', v.replaces_id));
                END IF;
            END IF;
        END IF;
        -- A disbursement booked anew inherits a payment: the day that was paid on is what the window is about.
        IF (CASE WHEN v.replaces_id IS NULL THEN v.value_date ELSE ledger_paid_on(v.replaces_id) END) NOT BETWEEN v_window.opens AND v_window.closes THEN
            PERFORM ledger_refuse('disbursement_is_inside_the_payment_window', format('The payment window is %s to %s.', v_window.opens, v_window.closes),
                jsonb_build_object('opens', v_window.opens, 'closes', v_window.closes, 'asked', v.value_date));
        END IF;
        IF NOT v_settles OR date_trunc('year', v.value_date) <> date_trunc('year', v_before.value_date) THEN
            FOR v_year IN SELECT DISTINCT extract(year FROM value_date)::int FROM ledger_transfer
                          WHERE kind = 'repayment' AND credit_account_id = d.id AND value_date < make_date(extract(year FROM v.value_date)::int, 1, 1)
            LOOP
                v_left := ledger_unreturned(d.id, v_year);
                IF v_left > 0 THEN
                    PERFORM ledger_refuse('repaid_money_is_used_in_its_year', format('%s kr. that came back in %s was not used again in that year and falls to the treasury first.', v_left, v_year),
                        jsonb_build_object('account', d.code, 'year', v_year, 'amount', v_left::text));
                END IF;
            END LOOP;
        END IF;
    ELSIF v.kind IN ('release', 'reallocation', 'reversal') AND d.kind = 'earmark' AND NOT v_settles AND v_origin.kind IS DISTINCT FROM 'repayment' THEN
        SELECT coalesce(sum(ledger_unreturned(d.id, years.year)), 0) INTO v_other
        FROM (SELECT DISTINCT extract(year FROM value_date)::int AS year FROM ledger_transfer WHERE kind = 'repayment' AND credit_account_id = d.id) AS years;
        v_left := d.credits_posted - d.debits_posted - d.debits_pending - v_other;
        IF v_other > 0 AND v.amount > v_left THEN
            PERFORM ledger_refuse('repaid_money_stays_in_its_earmark', format('%s kr. came back to %s and was not paid out again; it can only be paid out or lapse.', v_other, d.code),
                jsonb_build_object('account', d.code, 'amount', v_other::text, 'left', v_left::text, 'asked', v.amount::text));
        END IF;
    ELSIF v.kind = 'repayment' THEN
        v_allowed := ledger_repayment_goes_to(d.code, v.cause, v.value_date) <> 'treasury';
        IF v_allowed <> (c.kind = 'earmark') THEN
            PERFORM ledger_refuse('cause_decides_where_a_repayment_goes', format('A repayment for this cause goes to %s.', CASE WHEN v_allowed THEN 'its earmark' ELSE 'the treasury' END),
                jsonb_build_object('cause', v.cause, 'to', CASE WHEN v_allowed THEN 'earmark' ELSE 'treasury' END));
        END IF;
    ELSIF v.kind = 'lapse' AND p_step <> 'void' THEN
        IF v.cause = 'year_end' THEN
            IF extract(month FROM v.value_date) <> 12 OR extract(day FROM v.value_date) <> 31 THEN
                PERFORM ledger_refuse('lapse_follows_the_window_or_year_end', 'What came back and was not used again lapses on 31 December.', jsonb_build_object('asked', v.value_date));
            END IF;
            v_left := ledger_unreturned(d.id, extract(year FROM v.value_date)::int);
            IF v.amount > v_left THEN
                PERFORM ledger_refuse('year_end_returns_what_came_back', format('%s kr. came back in the year and was not used again.', v_left),
                    jsonb_build_object('amount', v.amount::text, 'left', v_left::text));
            END IF;
        ELSIF v.value_date <= v_window.closes THEN
            PERFORM ledger_refuse('lapse_follows_the_window_or_year_end', format('An earmark lapses after its payment window, which closes on %s.', v_window.closes),
                jsonb_build_object('closes', v_window.closes, 'asked', v.value_date));
        END IF;
    END IF;

    IF v.kind = 'reversal' AND p_step <> 'void' THEN
        SELECT * INTO v_origin FROM ledger_transfer WHERE id = v.reverses_id;
        IF v_origin.cause = 'year_end' AND date_trunc('year', v.value_date) <> date_trunc('year', v_origin.value_date) THEN
            PERFORM ledger_refuse('year_end_lapse_is_reversed_in_its_year', 'What lapsed at year-end is reversed in that year or not at all.',
                jsonb_build_object('origin', v_origin.value_date, 'asked', v.value_date));
        END IF;
    END IF;

    -- What moves, and the limit: in total, and on every value date from this one on.
    IF p_step = 'pending' THEN
        v_reserve := v.amount;
    ELSIF p_step = 'single' THEN
        v_move := v.amount;
    ELSIF p_step = 'post' THEN
        v_reserve := -v.amount;
        v_move := v.amount;
    ELSE
        v_reserve := -v.amount;
    END IF;
    IF d.capped AND NOT v_settles THEN
        v_left := d.credits_posted - d.debits_posted - d.debits_pending;
        IF v.amount > v_left THEN
            PERFORM ledger_refuse('account_limit_debits_never_exceed_credits', format('%s has %s kr. left; %s kr. was asked.', d.code, v_left, v.amount),
                jsonb_build_object('account', d.code, 'kind', v.kind, 'left', v_left::text, 'reserved', d.debits_pending::text, 'asked', v.amount::text));
        END IF;
        SELECT min(carried) INTO v_other FROM ledger_day WHERE account_id = d.id AND day > v.value_date;
        IF v.amount > v_other THEN
            PERFORM ledger_refuse('day_limit_debits_never_exceed_credits', format('%s has %s kr. left on %s, counting what is booked on later days; %s kr. was asked.', d.code, v_other, v.value_date, v.amount),
                jsonb_build_object('account', d.code, 'kind', v.kind, 'left', v_other::text, 'reserved', d.debits_pending::text, 'asked', v.amount::text, 'value_date', v.value_date));
        END IF;
    END IF;

    d.debits_pending := d.debits_pending + v_reserve;
    d.debits_posted := d.debits_posted + v_move;
    c.credits_posted := c.credits_posted + v_move;
    d.entry_count := d.entry_count + 1;
    c.entry_count := c.entry_count + 1;

    -- The row's number is drawn and its time read now, under both locks: they follow the chain.
    v.id := nextval('ledger_transfer_id_seq');
    v.booked_at := clock_timestamp();
    v.debit_entry_no := d.entry_count;
    v.credit_entry_no := c.entry_count;
    v.debit_balance := d.credits_posted - d.debits_posted;
    v.credit_balance := c.credits_posted - c.debits_posted;
    v.digest := ledger_digest(jsonb_build_array(
        d.head, c.head, v.id, v.key, v.kind, v.step, v.pending_id, v.reverses_id, v.replaces_id, v.cause, d.code, c.code, v.amount::text, v.amount_currency,
        v.value_date, v.period, ledger_moment(v.booked_at), v.booked_by_id, v.text, v.case_number, v.voucher_sha256,
        v.debit_entry_no, v.credit_entry_no, v.debit_balance::text, v.credit_balance::text
    ));

    v_door := set_config('ledger.door', 'open', true);
    INSERT INTO ledger_transfer (
        id, key, kind, step, pending_id, reverses_id, replaces_id, cause, debit_account_id, credit_account_id, amount, amount_currency, value_date, period,
        booked_at, booked_by_id, text, case_number, voucher_sha256, debit_entry_no, credit_entry_no, debit_balance, credit_balance, digest
    ) VALUES (
        v.id, v.key, v.kind, v.step, v.pending_id, v.reverses_id, v.replaces_id, v.cause, v.debit_account_id, v.credit_account_id, v.amount, v.amount_currency, v.value_date, v.period,
        v.booked_at, v.booked_by_id, v.text, v.case_number, v.voucher_sha256, v.debit_entry_no, v.credit_entry_no, v.debit_balance, v.credit_balance, v.digest
    );
    UPDATE ledger_account SET
        debits_posted = debits_posted + CASE id WHEN d.id THEN v_move ELSE 0 END,
        debits_pending = debits_pending + CASE id WHEN d.id THEN v_reserve ELSE 0 END,
        credits_posted = credits_posted + CASE id WHEN c.id THEN v_move ELSE 0 END,
        entry_count = entry_count + 1,
        head = v.digest
    WHERE id IN (d.id, c.id);
    IF d.capped THEN
        IF v_settles AND v.value_date <> v_before.value_date THEN
            PERFORM ledger_move_day(d.id, v_before.value_date, 0, 0, -v.amount);
            PERFORM ledger_move_day(d.id, v.value_date, 0, v_move, 0);
        ELSE
            PERFORM ledger_move_day(d.id, v.value_date, 0, v_move, v_reserve);
        END IF;
    END IF;
    IF c.capped AND v_move > 0 THEN
        PERFORM ledger_move_day(c.id, v.value_date, v_move, 0, 0);
    END IF;
    v_door := set_config('ledger.door', '', true);

    -- A payment booked anew: the reversal and the disbursement that inherits the payment are settled in one statement, or neither is.
    IF v_settles AND v.kind = 'reversal' AND v.cause = 'booked_anew' THEN
        SELECT t.id, greatest(t.value_date, v.value_date) INTO v_replacement, v_window.opens FROM ledger_transfer t
        WHERE t.replaces_id = v.reverses_id AND t.step = 'pending' AND NOT EXISTS (SELECT 1 FROM ledger_transfer s WHERE s.pending_id = t.id);
        IF FOUND THEN
            PERFORM ledger_book(md5(p_key::text || ' replacement')::uuid, p_step, p_booked_by, p_pending => v_replacement, p_text => p_text,
                                p_value_date => CASE p_step WHEN 'post' THEN v_window.opens END);
        ELSIF p_step = 'post' THEN
            PERFORM ledger_refuse('booked_anew_settles_as_one', 'There is no disbursement that inherits this payment; register it first, or reverse for another cause.');
        END IF;
    END IF;
    RETURN v;
END $$;

-- Opens an account and answers with its row; the same account opened again answers with the one that exists.
CREATE FUNCTION ledger_open_account(
    p_code text, p_name text, p_kind text, p_parent text DEFAULT NULL, p_holder text DEFAULT '', p_passes_on boolean DEFAULT false
) RETURNS ledger_account
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v ledger_account;
    v_parent ledger_account;
    v_tail text := split_part(p_code, ':', 2);
    v_allowed boolean;
BEGIN
    SELECT * INTO v_parent FROM ledger_account WHERE code = p_parent;
    v_allowed := CASE p_kind
        WHEN 'treasury' THEN p_parent IS NULL AND p_code = 'treasury'
        WHEN 'frame' THEN v_parent.kind = 'treasury' AND p_code ~ '^frame:[a-z0-9-]+$'
        WHEN 'earmark' THEN v_parent.kind = 'frame' AND p_code ~ '^earmark:[a-z0-9-]+$'
        WHEN 'grantee' THEN v_parent.code = 'earmark:' || v_tail AND p_code = 'grantee:' || v_tail AND v_parent.passes_on = p_passes_on AND p_holder <> ''
        WHEN 'used' THEN v_parent.code = 'earmark:' || v_tail AND p_code = 'used:' || v_tail
        WHEN 'written_off' THEN v_parent.code = 'earmark:' || v_tail AND p_code = 'written-off:' || v_tail
        WHEN 'local' THEN v_parent.passes_on AND v_parent.code = 'grantee:' || split_part(v_tail, '/', 1) AND p_code ~ '^local:[a-z0-9-]+/[a-z0-9-]+$'
            AND p_holder NOT IN ('', v_parent.holder)
        ELSE false END AND coalesce(p_name, '') <> '' AND (NOT p_passes_on OR p_kind IN ('earmark', 'grantee'));
    IF v_allowed IS NOT TRUE THEN
        PERFORM ledger_refuse('account_has_its_place_in_the_tree', format('%s is not an account of kind %s under %s.', p_code, p_kind, coalesce(p_parent, 'nothing')),
            jsonb_build_object('code', p_code, 'kind', p_kind, 'parent', p_parent));
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(p_code, 1));
    SELECT * INTO v FROM ledger_account WHERE code = p_code;
    IF FOUND THEN
        IF (v.name, v.kind, v.parent_id, v.holder, v.passes_on) IS DISTINCT FROM (p_name::varchar, p_kind::varchar, v_parent.id, p_holder::varchar, p_passes_on) THEN
            PERFORM ledger_refuse('account_is_opened_once', format('The account %s exists with another content.', p_code), jsonb_build_object('code', p_code));
        END IF;
        RETURN v;
    END IF;
    PERFORM set_config('ledger.door', 'open', true);
    INSERT INTO ledger_account (code, name, kind, parent_id, holder, passes_on, currency, capped, debits_posted, credits_posted, debits_pending, entry_count, head)
    VALUES (p_code, p_name, p_kind, v_parent.id, p_holder, p_passes_on, 'DKK', p_kind <> 'treasury', 0.00, 0.00, 0.00, 0,
            ledger_digest(jsonb_build_array(p_code, p_name, p_kind, p_parent, p_holder, p_passes_on, 'DKK', p_kind <> 'treasury')))
    RETURNING * INTO v;
    PERFORM set_config('ledger.door', '', true);
    RETURN v;
END $$;

-- Proposes, approves or rejects the days on which a frame's money may be paid out. Two persons, like a transfer.
CREATE FUNCTION ledger_decide_window(
    p_key uuid, p_step text, p_booked_by bigint, p_frame text DEFAULT NULL, p_opens date DEFAULT NULL, p_closes date DEFAULT NULL,
    p_pending bigint DEFAULT NULL, p_text text DEFAULT '', p_voucher_sha256 text DEFAULT ''
) RETURNS ledger_window
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v ledger_window;
    v_before ledger_window;
    v_known ledger_window;
    v_frame ledger_account;
    v_outside date;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'The books are written in READ COMMITTED transactions only.');
    END IF;
    IF p_key IS NULL OR p_booked_by IS NULL OR p_step IS NULL OR p_step NOT IN ('pending', 'post', 'void') THEN
        PERFORM ledger_refuse('booking_is_complete', 'A decision needs a key, a person and a step: pending, post or void.');
    END IF;
    PERFORM pg_advisory_xact_lock(7302300);
    SELECT * INTO v_known FROM ledger_window WHERE key = p_key;
    IF FOUND THEN
        IF v_known.step <> p_step OR v_known.booked_by_id <> p_booked_by OR v_known.pending_id IS DISTINCT FROM p_pending
            OR (p_step = 'void' AND v_known.text <> coalesce(p_text, ''))
            OR (p_step = 'pending' AND (v_known.frame_id, v_known.opens, v_known.closes, v_known.text, v_known.voucher_sha256)
                IS DISTINCT FROM ((SELECT id FROM ledger_account WHERE code = p_frame), p_opens, p_closes, coalesce(p_text, '')::varchar, p_voucher_sha256::varchar)) THEN
            PERFORM ledger_refuse('key_books_one_thing', 'This key decided something else.', jsonb_build_object('window', v_known.id));
        END IF;
        RETURN v_known;
    END IF;
    IF p_step = 'pending' THEN
        SELECT * INTO v_frame FROM ledger_account WHERE code = p_frame AND kind = 'frame';
        IF NOT FOUND OR p_opens IS NULL OR p_closes IS NULL OR p_opens < '1900-01-01' OR p_closes > '9999-12-31' OR p_closes < p_opens THEN
            PERFORM ledger_refuse('window_ends_after_it_begins', 'A payment window belongs to a frame, begins, and ends on or after that day.',
                jsonb_build_object('frame', p_frame, 'opens', p_opens, 'closes', p_closes));
        END IF;
        IF coalesce(p_voucher_sha256, '') !~ '^[0-9a-f]{64}$' THEN
            PERFORM ledger_refuse('window_has_a_voucher', 'This needs its document: give the SHA-256 of the voucher.');
        END IF;
        v.frame_id := v_frame.id;
        v.opens := p_opens;
        v.closes := p_closes;
        v.text := coalesce(p_text, '');
        v.voucher_sha256 := p_voucher_sha256;
    ELSE
        SELECT * INTO v_before FROM ledger_window WHERE id = p_pending AND step = 'pending';
        IF NOT FOUND THEN
            PERFORM ledger_refuse('settling_names_a_pending', 'There is no pending decision with this number.', jsonb_build_object('pending', p_pending));
        END IF;
        IF EXISTS (SELECT 1 FROM ledger_window WHERE pending_id = p_pending) THEN
            PERFORM ledger_refuse('pending_is_settled_once', 'This was decided already.', jsonb_build_object('pending', p_pending));
        END IF;
        IF p_step = 'post' AND v_before.booked_by_id = p_booked_by THEN
            PERFORM ledger_refuse('second_person_approves', 'Whoever proposed a decision cannot approve it.', jsonb_build_object('pending', p_pending));
        END IF;
        v := v_before;
        v.text := CASE p_step WHEN 'post' THEN coalesce(nullif(p_text, ''), v_before.text) ELSE coalesce(p_text, '') END;
        IF p_step = 'void' AND v_before.booked_by_id <> p_booked_by AND btrim(v.text, E' \t\n\r\u00A0') = '' THEN
            PERFORM ledger_refuse('rejection_has_a_reason', 'Whoever rejects what another proposed says why.', jsonb_build_object('pending', p_pending));
        END IF;
        SELECT * INTO v_frame FROM ledger_account WHERE id = v.frame_id;
        IF p_step = 'post' THEN
            SELECT paid.on_day INTO v_outside FROM ledger_transfer t JOIN ledger_account e ON e.id = t.debit_account_id
                CROSS JOIN LATERAL (SELECT CASE WHEN t.replaces_id IS NULL THEN t.value_date ELSE ledger_paid_on(t.replaces_id) END AS on_day) AS paid
            WHERE e.parent_id = v.frame_id AND t.kind = 'disbursement' AND t.step = 'post' AND paid.on_day NOT BETWEEN v.opens AND v.closes LIMIT 1;
            IF FOUND THEN
                PERFORM ledger_refuse('window_keeps_what_was_paid', format('A disbursement of %s would lie outside the window.', v_outside), jsonb_build_object('value_date', v_outside));
            END IF;
        END IF;
    END IF;
    v.key := p_key;
    v.step := p_step;
    v.pending_id := p_pending;
    v.booked_by_id := p_booked_by;
    v.id := nextval('ledger_window_id_seq');
    v.booked_at := clock_timestamp();
    v.digest := ledger_digest(jsonb_build_array(
        coalesce((SELECT digest FROM ledger_window WHERE frame_id = v.frame_id ORDER BY id DESC LIMIT 1), ''),
        v.id, v.key, v.step, v.pending_id, v_frame.code, v.opens, v.closes, ledger_moment(v.booked_at), v.booked_by_id, v.text, v.voucher_sha256
    ));
    PERFORM set_config('ledger.door', 'open', true);
    INSERT INTO ledger_window (id, key, step, pending_id, frame_id, opens, closes, booked_at, booked_by_id, text, voucher_sha256, digest)
    VALUES (v.id, v.key, v.step, v.pending_id, v.frame_id, v.opens, v.closes, v.booked_at, v.booked_by_id, v.text, v.voucher_sha256, v.digest);
    PERFORM set_config('ledger.door', '', true);
    RETURN v;
END $$;

-- The fourteen periods of a fiscal year: twelve months and the two for year-end entries. A year that exists stays as it is.
CREATE FUNCTION ledger_open_year(p_year int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM set_config('ledger.door', 'open', true);
    INSERT INTO ledger_period (code, closed)
    SELECT p_year::text || '-' || part, false
    FROM unnest(ARRAY['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12', '13.1', '13.2']) AS part
    ON CONFLICT (code) DO NOTHING;
    PERFORM set_config('ledger.door', '', true);
END $$;

-- Closes a period for good; its code is the key, so the same person's closing again answers with the row that exists. Periods of a year close in order, and the year's last one only when what came back in the year was used or returned.
CREATE FUNCTION ledger_close_period(p_code text, p_closed_by bigint) RETURNS ledger_period
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v ledger_period;
    v_open text;
    v_earmark record;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'The books are written in READ COMMITTED transactions only.');
    END IF;
    PERFORM pg_advisory_xact_lock(7302300);
    SELECT * INTO v FROM ledger_period WHERE code = p_code;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('period_exists', format('There is no fiscal period %s.', p_code), jsonb_build_object('period', p_code));
    ELSIF v.closed AND v.closed_by_id IS DISTINCT FROM p_closed_by THEN
        PERFORM ledger_refuse('period_is_open', format('The fiscal period %s is closed.', p_code), jsonb_build_object('period', p_code));
    ELSIF v.closed THEN
        RETURN v;
    END IF;
    SELECT code INTO v_open FROM ledger_period WHERE left(code, 4) = left(p_code, 4) AND code < p_code AND NOT closed ORDER BY code LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('periods_close_in_order', format('%s is still open and closes first.', v_open), jsonb_build_object('period', p_code, 'open', v_open));
    END IF;
    IF p_code LIKE '%-13.2' THEN
        FOR v_earmark IN SELECT a.code, ledger_unreturned(a.id, left(p_code, 4)::int) AS rest FROM ledger_account a WHERE a.kind = 'earmark' LOOP
            IF v_earmark.rest > 0 THEN
                PERFORM ledger_refuse('year_closes_when_nothing_is_unreturned', format('%s holds %s kr. that came back in the year and was not used again.', v_earmark.code, v_earmark.rest),
                    jsonb_build_object('account', v_earmark.code, 'year', left(p_code, 4)::int, 'amount', v_earmark.rest::text));
            END IF;
        END LOOP;
    END IF;
    PERFORM set_config('ledger.door', 'open', true);
    UPDATE ledger_period SET closed = true, closed_at = clock_timestamp(), closed_by_id = p_closed_by WHERE code = p_code RETURNING * INTO v;
    PERFORM set_config('ledger.door', '', true);
    RETURN v;
END $$;

-- Behind the door, for everybody who comes another way, the owner included.
CREATE FUNCTION ledger_stays() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'LG001', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME,
        MESSAGE = format('%s on %s is refused: the books are only added to, through ledger_book.', TG_OP, TG_TABLE_NAME);
END $$;

CREATE TRIGGER transfer_comes_through_the_door BEFORE INSERT ON ledger_transfer
    FOR EACH ROW WHEN (current_setting('ledger.door', true) IS DISTINCT FROM 'open') EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER transfer_is_never_changed BEFORE UPDATE OR DELETE ON ledger_transfer FOR EACH ROW EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER transfer_is_never_truncated BEFORE TRUNCATE ON ledger_transfer FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays();

CREATE TRIGGER account_moves_through_the_door BEFORE INSERT OR UPDATE ON ledger_account
    FOR EACH ROW WHEN (current_setting('ledger.door', true) IS DISTINCT FROM 'open') EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER account_is_never_deleted BEFORE DELETE ON ledger_account FOR EACH ROW EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER account_is_never_truncated BEFORE TRUNCATE ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays();

CREATE TRIGGER day_moves_through_the_door BEFORE INSERT OR UPDATE ON ledger_day
    FOR EACH ROW WHEN (current_setting('ledger.door', true) IS DISTINCT FROM 'open') EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER day_is_never_deleted BEFORE DELETE ON ledger_day FOR EACH ROW EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER day_is_never_truncated BEFORE TRUNCATE ON ledger_day FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays();

CREATE TRIGGER window_comes_through_the_door BEFORE INSERT ON ledger_window
    FOR EACH ROW WHEN (current_setting('ledger.door', true) IS DISTINCT FROM 'open') EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER window_is_never_changed BEFORE UPDATE OR DELETE ON ledger_window FOR EACH ROW EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER window_is_never_truncated BEFORE TRUNCATE ON ledger_window FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays();

CREATE TRIGGER period_moves_through_the_door BEFORE INSERT OR UPDATE ON ledger_period
    FOR EACH ROW WHEN (current_setting('ledger.door', true) IS DISTINCT FROM 'open') EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER period_is_never_deleted BEFORE DELETE ON ledger_period FOR EACH ROW EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER period_is_never_truncated BEFORE TRUNCATE ON ledger_period FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays();

CREATE TRIGGER refusal_is_never_changed BEFORE UPDATE OR DELETE ON ledger_refusal FOR EACH ROW EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER refusal_is_never_truncated BEFORE TRUNCATE ON ledger_refusal FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays();

SELECT ledger_open_account('treasury', 'Statskassen', 'treasury');
SELECT ledger_open_year(year) FROM generate_series(2023, 2027) AS year;
