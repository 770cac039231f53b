-- Instalment plans: an earmark's payments as they are planned, version by version. A plan never holds more than its earmark, and what would take the earmark
-- below its plan is refused. What is paid is never written down here: it is laid on the instalments in their order.

-- What an earmark was granted and still has, what waits to leave it for something else than a payment, and what is paid: less what came back to the earmark.
-- Only rare kinds are added up. A reservation that undoes a repayment takes nothing: what is paid rises by it.
CREATE FUNCTION initiatives_to_plan(p_account bigint, OUT granted numeric, OUT leaving numeric, OUT paid numeric)
LANGUAGE sql STABLE AS $$
    WITH stands AS (
        SELECT t.amount FROM public.ledger_transfer t
        WHERE t.credit_account_id = p_account AND t.step = 'post' AND t.kind IN ('earmarking', 'reallocation')
          AND NOT EXISTS (SELECT 1 FROM public.ledger_transfer r WHERE r.reverses_id = t.id AND r.kind = 'reversal' AND r.step = 'post')
        UNION ALL
        SELECT -t.amount FROM public.ledger_transfer t
        WHERE t.debit_account_id = p_account AND t.step = 'post' AND t.kind IN ('release', 'reallocation', 'lapse')
          AND NOT EXISTS (SELECT 1 FROM public.ledger_transfer r WHERE r.reverses_id = t.id AND r.kind = 'reversal' AND r.step = 'post')
    ), waits AS (
        SELECT t.amount FROM public.ledger_transfer t LEFT JOIN public.ledger_transfer o ON o.id = t.reverses_id
        WHERE t.debit_account_id = p_account AND t.step = 'pending' AND t.kind IN ('release', 'reallocation', 'lapse', 'reversal') AND o.kind IS DISTINCT FROM 'repayment'
          AND NOT EXISTS (SELECT 1 FROM public.ledger_transfer s WHERE s.pending_id = t.id)
    ), told AS (
        SELECT (SELECT coalesce(sum(amount), 0.00) FROM stands) AS granted, (SELECT coalesce(sum(amount), 0.00) FROM waits) AS leaving
    )
    SELECT t.granted, t.leaving, t.granted - (a.credits_posted - a.debits_posted) FROM told t, public.ledger_account a WHERE a.id = p_account
$$;

CREATE FUNCTION initiatives_plan_in_force(p_earmark bigint) RETURNS initiatives_plan
LANGUAGE sql STABLE AS $$ SELECT p FROM public.initiatives_plan p WHERE p.earmark_id = p_earmark ORDER BY p.number DESC LIMIT 1 $$;

-- The door of plans: a version and all its instalments, [{"day": "2024-01-02", "amount": "475000.00", "text": "1. rate 2024"}, …], in one statement.
-- The same key with the same content answers with the version that exists.
CREATE FUNCTION initiatives_make_plan(p_key uuid, p_by bigint, p_earmark bigint, p_number int, p_instalments jsonb, p_reason text DEFAULT '') RETURNS initiatives_plan
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    p initiatives_plan;
    v_before initiatives_plan;
    e initiatives_earmark;
    a ledger_account;
    w ledger_window;
    v record;
    v_sum numeric;
    v_planned numeric;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('books_are_written_on_what_is_newest', 'Plans are made in READ COMMITTED transactions only.');
    END IF;
    SELECT * INTO e FROM initiatives_earmark WHERE id = p_earmark;
    IF NOT FOUND OR p_key IS NULL OR p_by IS NULL OR p_number IS NULL OR p_reason IS NULL THEN
        PERFORM ledger_refuse('booking_is_complete', 'A plan needs a key, a person, an earmark and its number.');
    ELSIF jsonb_typeof(p_instalments) IS DISTINCT FROM 'array' OR NOT jsonb_array_length(p_instalments) BETWEEN 1 AND 120 THEN
        PERFORM ledger_refuse('plan_has_its_instalments', 'A plan has from 1 to 120 instalments.');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(p_key::text, 15));
    SELECT * INTO a FROM ledger_account WHERE id = e.account_id FOR NO KEY UPDATE; -- no money leaves the earmark meanwhile, and one version is made at a time
    SELECT * INTO p FROM initiatives_plan WHERE key = p_key;
    IF FOUND THEN
        IF (p.earmark_id, p.number, p.made_by_id, p.reason) IS DISTINCT FROM (p_earmark, p_number, p_by, p_reason)
            OR EXISTS (SELECT r.number, (r.value ->> 'day')::date, (r.value ->> 'amount')::numeric, coalesce(r.value ->> 'text', '')
                       FROM jsonb_array_elements(p_instalments) WITH ORDINALITY AS r(value, number)
                       EXCEPT SELECT number, day, amount, text FROM initiatives_instalment WHERE plan_id = p.id)
            OR (SELECT count(*) FROM initiatives_instalment WHERE plan_id = p.id) <> jsonb_array_length(p_instalments) THEN
            PERFORM ledger_refuse('key_books_one_thing', 'This key made another plan.', jsonb_build_object('plan', p.id));
        END IF;
        RETURN p;
    END IF;
    IF NOT initiatives_may(p_by, 'initiatives.register_payment') THEN
        PERFORM ledger_refuse('plan_is_made_with_the_right', 'Whoever registers payments plans them.', jsonb_build_object('right', 'initiatives.register_payment'));
    ELSIF initiatives_tied(e.grantee_id, p_by) THEN
        PERFORM ledger_refuse('tied_hands_do_not_propose', 'Whoever belongs to a grantee plans nothing for it.', jsonb_build_object('grantee', e.grantee_id));
    END IF;
    v_before := initiatives_plan_in_force(p_earmark);
    IF p_number <> coalesce(v_before.number, 0) + 1 THEN
        PERFORM ledger_refuse('plan_follows_the_one_in_force', format('Version %s is in force.', coalesce(v_before.number, 0)), jsonb_build_object('number', v_before.number));
    ELSIF v_before.id IS NOT NULL AND initiatives_blank(p_reason) THEN
        PERFORM ledger_refuse('revised_plan_has_a_reason', 'A revised plan says why.');
    END IF;

    SELECT r.number, r.value ->> 'amount' AS amount INTO v FROM jsonb_array_elements(p_instalments) WITH ORDINALITY AS r(value, number)
    WHERE (coalesce((r.value ->> 'amount')::numeric, 0) > 0 AND (r.value ->> 'amount')::numeric < 1e12
           AND (r.value ->> 'amount')::numeric = trunc((r.value ->> 'amount')::numeric, 2)) IS NOT TRUE ORDER BY r.number LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('transfer_amount_is_positive_and_whole_oere', 'An instalment is more than 0 kr. and whole øre.', jsonb_build_object('amount', v.amount, 'row', v.number));
    END IF;
    SELECT r.number, r.day INTO v FROM (SELECT number, (value ->> 'day')::date AS day, lag((value ->> 'day')::date) OVER (ORDER BY number) AS earlier
                                        FROM jsonb_array_elements(p_instalments) WITH ORDINALITY AS r(value, number)) r
    WHERE (r.day >= coalesce(r.earlier, '1900-01-01') AND r.day <= '9999-12-31') IS NOT TRUE ORDER BY r.number LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('instalments_follow_each_other', 'Each instalment has a day, on or after the one before it.', jsonb_build_object('row', v.number, 'day', v.day));
    END IF;
    SELECT * INTO w FROM ledger_window WHERE frame_id = a.parent_id AND step = 'post' ORDER BY id DESC LIMIT 1;
    SELECT r.number, (r.value ->> 'day')::date AS day INTO v FROM jsonb_array_elements(p_instalments) WITH ORDINALITY AS r(value, number)
    WHERE (r.value ->> 'day')::date NOT BETWEEN w.opens AND w.closes ORDER BY r.number LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('instalment_is_inside_the_payment_window', format('The payment window is %s to %s.', w.opens, w.closes),
            jsonb_build_object('row', v.number, 'day', v.day, 'opens', w.opens, 'closes', w.closes));
    END IF;

    SELECT * INTO v FROM initiatives_to_plan(a.id);
    SELECT sum((value ->> 'amount')::numeric) INTO v_sum FROM jsonb_array_elements(p_instalments);
    IF v_sum > v.granted - v.leaving THEN
        PERFORM ledger_refuse('plan_is_within_its_earmark', format('%s kr. can be planned; %s kr. was asked.', v.granted - v.leaving, v_sum),
            jsonb_build_object('asked', v_sum::text, 'left', (v.granted - v.leaving)::text, 'over', (v_sum - v.granted + v.leaving)::text, 'leaving', v.leaving::text));
    END IF;
    SELECT coalesce(sum(amount), 0) INTO v_planned FROM initiatives_instalment WHERE plan_id = v_before.id;
    IF EXISTS (SELECT number, day, amount FROM (SELECT number, day, amount, sum(amount) OVER (ORDER BY number) AS up_to FROM initiatives_instalment WHERE plan_id = v_before.id) i
               WHERE i.up_to <= v.paid
               EXCEPT SELECT r.number, (r.value ->> 'day')::date, (r.value ->> 'amount')::numeric FROM jsonb_array_elements(p_instalments) WITH ORDINALITY AS r(value, number))
        OR v_sum < v.paid
        OR v.paid > v_planned AND NOT EXISTS (
            SELECT 1 FROM (SELECT sum((value ->> 'amount')::numeric) OVER (ORDER BY number) AS up_to FROM jsonb_array_elements(p_instalments) WITH ORDINALITY AS r(value, number)) i
            WHERE i.up_to = v.paid) THEN
        PERFORM ledger_refuse('plan_keeps_what_was_paid', format('%s kr. is paid: those instalments stand, and come first.', v.paid), jsonb_build_object('paid', v.paid::text));
    END IF;

    INSERT INTO initiatives_plan (key, earmark_id, number, reason, made_at, made_by_id) VALUES (p_key, p_earmark, p_number, p_reason, clock_timestamp(), p_by) RETURNING * INTO p;
    INSERT INTO initiatives_instalment (plan_id, number, day, amount, amount_currency, text)
        SELECT p.id, r.number, (r.value ->> 'day')::date, round((r.value ->> 'amount')::numeric, 2), 'DKK', coalesce(r.value ->> 'text', '')
        FROM jsonb_array_elements(p_instalments) WITH ORDINALITY AS r(value, number);
    RETURN p;
END $$;

-- A guard on the books: what leaves an earmark otherwise than as a payment leaves its plan whole, when it is registered and when it is approved. What falls to the
-- treasury by itself (a lapse) asks no plan.
CREATE FUNCTION initiatives_earmark_keeps_its_plan() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_planned numeric;
    v record;
BEGIN
    SELECT sum(i.amount) INTO v_planned FROM initiatives_earmark e JOIN initiatives_instalment i ON i.plan_id = (initiatives_plan_in_force(e.id)).id
    WHERE e.account_id = NEW.debit_account_id;
    IF v_planned IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO v FROM initiatives_to_plan(NEW.debit_account_id);
    IF v_planned > v.granted - v.leaving THEN
        PERFORM ledger_refuse('earmark_keeps_its_plan', format('%s kr. of the earmark is planned, and %s kr. would be left of it.', v_planned, v.granted - v.leaving),
            jsonb_build_object('planned', v_planned::text, 'asked', NEW.amount::text, 'over', (v_planned - v.granted + v.leaving)::text,
                'free', greatest(NEW.amount - (v_planned - v.granted + v.leaving), 0)::text));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER earmark_keeps_its_plan AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (NEW.step IN ('pending', 'post') AND NEW.kind IN ('release', 'reallocation', 'reversal')) EXECUTE FUNCTION initiatives_earmark_keeps_its_plan();

-- Which instalment a disbursement pays is said as it is registered: of the earmark's own plan in force.
CREATE FUNCTION initiatives_instalment_is_paid() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    t ledger_transfer;
    p initiatives_plan;
BEGIN
    SELECT * INTO t FROM ledger_transfer WHERE id = NEW.transfer_id;
    SELECT n.* INTO p FROM initiatives_instalment i JOIN initiatives_plan n ON n.id = i.plan_id WHERE i.id = NEW.instalment_id;
    IF NOT coalesce(t.kind = 'disbursement' AND t.step = 'pending' AND t.debit_account_id = (SELECT account_id FROM initiatives_earmark WHERE id = p.earmark_id), false) THEN
        PERFORM ledger_refuse('instalment_is_of_the_earmark', 'An instalment is paid from its own earmark.', jsonb_build_object('instalment', NEW.instalment_id));
    ELSIF t.booked_at < transaction_timestamp() OR EXISTS (SELECT 1 FROM ledger_transfer s WHERE s.pending_id = t.id) THEN
        PERFORM ledger_refuse('instalment_is_named_when_registered', 'Which instalment a payment is for is said when it is registered.', jsonb_build_object('transfer', t.id));
    ELSIF p.id <> (initiatives_plan_in_force(p.earmark_id)).id THEN
        PERFORM ledger_refuse('instalment_is_of_the_plan_in_force', 'The plan was revised.', jsonb_build_object('instalment', NEW.instalment_id));
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER instalment_is_paid BEFORE INSERT ON initiatives_instalmentpayment FOR EACH ROW EXECUTE FUNCTION initiatives_instalment_is_paid();

CREATE TRIGGER plan_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_plan FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER plan_is_never_emptied BEFORE TRUNCATE ON initiatives_plan FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER instalment_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_instalment FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER instalment_is_never_emptied BEFORE TRUNCATE ON initiatives_instalment FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER instalmentpayment_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_instalmentpayment FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER instalmentpayment_is_never_emptied BEFORE TRUNCATE ON initiatives_instalmentpayment FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
ALTER TABLE initiatives_instalmentpayment ALTER COLUMN id SET GENERATED ALWAYS;
