-- What is asked each day does not grow with what was paid. Of a payment file it is asked once, not once a line.

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

-- What stands open when a period is to be closed (0017_closing.sql), by what may disagree and by the days with reservations, so that it costs what is open and not what was paid.
CREATE OR REPLACE FUNCTION initiatives_open_items(p_code text) RETURNS TABLE (point text, transfer_id bigint, bank_line_id bigint, account_id bigint, amount numeric)
LANGUAGE sql STABLE AS $$
    SELECT 'reservations', t.id, NULL::bigint, t.debit_account_id, t.amount
    FROM ( -- the treasury, which has no limit, keeps no days
        SELECT t.* FROM public.ledger_day d JOIN public.ledger_transfer t ON t.debit_account_id = d.account_id AND t.value_date = d.day WHERE d.reserved > 0
        UNION ALL
        SELECT t.* FROM public.ledger_account a JOIN public.ledger_transfer t ON t.debit_account_id = a.id WHERE a.kind = 'treasury'
    ) AS t
    WHERE t.step = 'pending' AND t.period <= p_code AND NOT EXISTS (SELECT 1 FROM public.ledger_transfer s WHERE s.pending_id = t.id)
    UNION ALL
    SELECT 'payments', t.id, NULL, t.debit_account_id, t.amount
    FROM public.initiatives_doubt f JOIN public.initiatives_paymentline l ON l.id = f.line_id JOIN public.ledger_transfer t ON t.id = l.transfer_id
    WHERE f.bank_line_id IS NULL AND t.period = p_code AND f.finding NOT IN ('both', 'reversed') AND NOT f.explained
    UNION ALL
    SELECT 'payments', t.id, NULL, t.debit_account_id, t.amount
    FROM ( -- first what did not leave, then what became of it
        SELECT n.* FROM public.ledger_transfer n
        WHERE n.kind = 'disbursement' AND n.step = 'post' AND n.replaces_id IS NULL AND n.period = p_code
          AND NOT EXISTS (SELECT 1 FROM public.initiatives_paymentline l WHERE l.transfer_id = n.id) OFFSET 0
    ) AS t
    WHERE NOT EXISTS (SELECT 1 FROM public.initiatives_payment_undone(t.id) u WHERE u.approved)
    UNION ALL
    SELECT 'bank_lines', NULL, b.id, NULL, b.amount
    FROM public.initiatives_doubt f JOIN public.initiatives_bankline b ON b.id = f.bank_line_id JOIN public.initiatives_bankstatement l ON l.id = b.statement_id
    WHERE f.bank_line_id IS NOT NULL AND b.day <= public.initiatives_period_ends(p_code)
      AND (b.day > public.initiatives_period_ends(p_code) - 31 OR l.taken_at > coalesce((SELECT max(closed_at) FROM public.ledger_period WHERE code < p_code), '-infinity'))
      AND f.finding IN ('only_there', 'amount_differs', 'account_differs', 'paid_twice', 'paid_though_reversed', 'returned', 'returned_being_reversed')
      AND NOT f.explained
    UNION ALL
    SELECT 'unreturned', NULL, NULL, came_back.id, came_back.rest
    FROM (SELECT e.id, public.ledger_unreturned(e.id, left(p_code, 4)::int) AS rest
          FROM (SELECT DISTINCT credit_account_id AS id FROM public.ledger_transfer WHERE kind = 'repayment' AND left(period, 4) = left(p_code, 4)) AS e
          JOIN public.ledger_account a ON a.id = e.id AND a.kind = 'earmark'
          WHERE substr(p_code, 6) IN ('12', '13.1', '13.2')) AS came_back
    WHERE came_back.rest > 0
$$;

-- Every reminder that should have gone out by now and did not (0008_deadlines.sql). The day in force is asked of those alone that somebody wanted moved.
CREATE OR REPLACE FUNCTION initiatives_reminders_owed() RETURNS TABLE (deadline_id bigint, due date, rung int)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT d.id, counts.due, counts.rung
    FROM public.initiatives_deadline d
    CROSS JOIN LATERAL (
        SELECT CASE WHEN 'deadline:' || d.id IN (SELECT p.subject FROM public.initiatives_proposal p WHERE p.kind_id = 'extension')
                    THEN public.initiatives_deadline_due(d.id) ELSE d.due END AS due
    ) AS in_force
    CROSS JOIN LATERAL (SELECT in_force.due, public.initiatives_rung(in_force.due, public.initiatives_today()) AS rung OFFSET 0) AS counts
    WHERE counts.rung IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM public.initiatives_receipt r WHERE r.deadline_id = d.id
                      AND NOT EXISTS (SELECT 1 FROM public.initiatives_receiptrejection x WHERE x.receipt_id = r.id))
      AND NOT EXISTS (SELECT 1 FROM public.initiatives_reminder m WHERE m.deadline_id = d.id AND m.due = counts.due AND m.rung = counts.rung)
$$;

-- Who can do what, and when they last did something (0013_access.sql): asked of each person's rows once, not once for every role.
CREATE OR REPLACE FUNCTION initiatives_access() RETURNS TABLE (person_id bigint, role text, since timestamptz, proposal_id bigint, last_login timestamptz, last_used timestamptz)
LANGUAGE sql STABLE AS $$
    WITH deeds AS (
        SELECT proposed_by_id AS person, max(proposed_at) AS at FROM public.initiatives_proposal GROUP BY 1
        UNION ALL SELECT verified_by_id, max(verified_at) FROM public.initiatives_verification GROUP BY 1
        UNION ALL SELECT decided_by_id, max(decided_at) FROM public.initiatives_decision GROUP BY 1
        UNION ALL SELECT released_by_id, max(released_at) FROM public.initiatives_paymentfile GROUP BY 1
    ), used AS MATERIALIZED ( -- BETWEEN: an equality would be looked for in all transfers from the newest on, of those who booked none to the last
        SELECT u.id, greatest(
            (SELECT t.booked_at FROM public.ledger_transfer t WHERE t.booked_by_id BETWEEN u.id AND u.id ORDER BY t.booked_by_id, t.id DESC LIMIT 1), (SELECT max(d.at) FROM deeds d WHERE d.person = u.id)
        ) AS at
        FROM public.ensomhed_user u WHERE u.is_active
    )
    SELECT u.id, g.name::text, c.changed_at, c.proposal_id, u.last_login, used.at
    FROM public.ensomhed_user u
    JOIN used USING (id)
    JOIN public.ensomhed_user_groups m ON m.user_id = u.id
    JOIN public.auth_group g ON g.id = m.group_id
    LEFT JOIN LATERAL (
        SELECT changed_at, proposal_id FROM public.initiatives_rolechange WHERE person_id = u.id AND role = g.name AND given ORDER BY id DESC LIMIT 1
    ) AS c ON true
    ORDER BY u.username, g.name
$$;
