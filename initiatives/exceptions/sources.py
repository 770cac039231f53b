"""What should not be there, one question in SQL for each. All answer with: what the row is about, its number, its day, its amount, and what is to be said of it.

They ask the rows themselves and not the rules that kept them out: a rule that failed, or was switched off for a moment, shows here.
"""

PAYMENTS = """
    ledger_transfer a JOIN ledger_transfer p ON p.id = a.pending_id
    LEFT JOIN initiatives_paymentline l ON l.transfer_id = a.id
    LEFT JOIN initiatives_paymentfile f ON f.id = l.file_id
"""
NAMES = "(SELECT string_agg(coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.username), ' og ' ORDER BY u.id) FROM ensomhed_user u WHERE u.id = ANY ({}))"

TWO_ENDS = f"""
    WITH payments AS MATERIALIZED (
        SELECT a.id, a.value_date, a.amount, a.debit_account_id AS earmark, p.booked_by_id AS registered,
            a.booked_by_id AS approved, f.released_by_id AS released, l.reference
        FROM {PAYMENTS} WHERE a.kind = 'disbursement' AND a.step = 'post'
    ), grants AS MATERIALIZED (
        SELECT h.credit_account_id AS earmark, h.booked_by_id AS granted, g.booked_by_id AS proposed
        FROM ledger_transfer h LEFT JOIN ledger_transfer g ON g.id = h.pending_id WHERE h.kind = 'earmarking' AND h.step = 'post'
    ), hands AS (
        SELECT id, 1 AS place, 'registreret og godkendt af samme person' AS words FROM payments WHERE registered = approved
        UNION SELECT id, 2, 'frigivet af en, der registrerede eller godkendte' FROM payments WHERE released IN (registered, approved)
        UNION SELECT p.id, 3, 'afstemt af en, der registrerede, godkendte eller frigav'
            FROM payments p JOIN initiatives_bankline b USING (reference) JOIN initiatives_bankstatement s ON s.id = b.statement_id
            WHERE s.taken_by_id IN (registered, approved, released)
        UNION SELECT id, 4, 'betalt af en, der gav tilskuddet' FROM payments JOIN grants USING (earmark)
            WHERE granted IN (registered, approved) OR proposed IN (registered, approved)
    )
    SELECT 'transfer', p.id, p.value_date, p.amount, string_agg(h.words, '; ' ORDER BY h.place) FROM hands h JOIN payments p ON p.id = h.id GROUP BY p.id, p.value_date, p.amount
"""  # noqa: S608 — parts of this module

TWO_ROLES = """
    SELECT DISTINCT ON (u.id) 'person', u.id, NULL::date, NULL::numeric, coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.username) || ' har ret til ' || c.why
    FROM ensomhed_user u
    CROSS JOIN LATERAL (
        SELECT array_agg(t.app_label || '.' || p.codename) AS held FROM ensomhed_user_groups m JOIN auth_group_permissions g ON g.group_id = m.group_id
        JOIN auth_permission p ON p.id = g.permission_id JOIN django_content_type t ON t.id = p.content_type_id WHERE m.user_id = u.id
    ) AS rights
    JOIN initiatives_conflict c ON c.one = ANY (rights.held) AND c.other = ANY (rights.held)
    WHERE u.is_active ORDER BY u.id, c.id
"""

ROLES_PAST_A_DECISION = """
    SELECT 'person', r.person_id, (r.changed_at AT TIME ZONE 'Europe/Copenhagen')::date, NULL::numeric,
        coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.username) || ' fik rollen ' || r.role || ' af driften, uden ledelsens afgørelse'
    FROM initiatives_rolechange r JOIN ensomhed_user u ON u.id = r.person_id
    WHERE r.given AND r.proposal_id IS NULL AND r.changed_at > (SELECT min(reviewed_at) FROM initiatives_accessreview)
"""

TOUCHED_DETAILS = f"""
    SELECT 'transfer', a.id, a.value_date, a.amount, {NAMES.format("ARRAY[a.booked_by_id, p.booked_by_id] ")} || ' har foreslået, kontrolleret eller godkendt de oplysninger, der blev betalt på'
    FROM {PAYMENTS} JOIN initiatives_paymentbasis b ON b.transfer_id = p.id JOIN initiatives_proposal o ON o.id = b.details_id
    JOIN initiatives_decision d ON d.proposal_id = o.id LEFT JOIN initiatives_verification v ON v.proposal_id = o.id
    WHERE a.kind = 'disbursement' AND a.step = 'post' AND ARRAY[a.booked_by_id, p.booked_by_id] && ARRAY[o.proposed_by_id, v.verified_by_id, d.decided_by_id]
"""  # noqa: S608

WITHOUT_DETAILS = f"""
    SELECT 'transfer', a.id, a.value_date, a.amount, 'betalt uden kontrollerede og godkendte betalingsoplysninger'
    FROM {PAYMENTS} LEFT JOIN initiatives_paymentbasis b ON b.transfer_id = p.id
    LEFT JOIN initiatives_decision d ON d.proposal_id = b.details_id AND d.approved LEFT JOIN initiatives_verification v ON v.proposal_id = b.details_id
    WHERE a.kind = 'disbursement' AND a.step = 'post' AND (d.id IS NULL OR v.id IS NULL)
"""  # noqa: S608

OVERRIDES = """
    SELECT 'proposal', o.id, (d.decided_at AT TIME ZONE 'Europe/Copenhagen')::date, NULL::numeric, o.reason
    FROM initiatives_proposal o JOIN initiatives_decision d ON d.proposal_id = o.id WHERE o.kind_id = 'override' AND d.approved
"""

STANDS = "NOT EXISTS (SELECT 1 FROM ledger_transfer r WHERE r.reverses_id = a.id AND r.kind = 'reversal' AND r.step = 'post')"
JUST_UNDER = f"""
    SELECT 'earmark', e.id, NULL::date, e.amount, 'lige under grænsen for ' || CASE WHEN e.amount < 100000 THEN 'revisorerklæring (100.000 kr.)' ELSE 'forvaltningsrevision (500.000 kr.)' END
    FROM initiatives_earmark e WHERE e.amount BETWEEN 95000 AND 100000 OR e.amount BETWEEN 475000 AND 500000
    UNION ALL
    SELECT 'transfer', a.id, a.value_date, a.amount, 'opgivet lige under bagatelgrænsen (500 kr.)'
    FROM ledger_transfer a WHERE a.kind = 'write_off' AND a.step = 'post' AND a.cause = 'waived' AND a.amount >= 475 AND {STANDS}
"""  # noqa: S608

SPLIT = f"""
    SELECT 'transfer', min(a.id), a.value_date, sum(a.amount),
        CASE a.kind WHEN 'write_off' THEN 'opgivet i ' ELSE 'udbetalt i ' END || count(*) || ' dele på én dag: posteringerne ' || string_agg(a.id::text, ', ' ORDER BY a.id)
    FROM ledger_transfer a
    WHERE a.step = 'post' AND (a.kind = 'disbursement' AND a.replaces_id IS NULL OR a.kind = 'write_off' AND a.cause = 'waived') AND {STANDS}
    GROUP BY a.debit_account_id, a.value_date, a.kind HAVING count(*) > 1
"""  # noqa: S608

PLACE = "(o.after ->> 'method', o.after ->> 'cvr', o.after ->> 'registration_number', o.after ->> 'account_number')"
CHANGED_BACK = f"""
    WITH decided AS (
        SELECT o.id, o.grantee_id, d.id AS turn, d.decided_at, {PLACE} AS place, lag({PLACE}) OVER (PARTITION BY o.grantee_id ORDER BY d.id) AS before
        FROM initiatives_proposal o JOIN initiatives_decision d ON d.proposal_id = o.id WHERE o.kind_id = 'payment_details' AND d.approved
    )
    SELECT 'proposal', n.id, (n.decided_at AT TIME ZONE 'Europe/Copenhagen')::date, NULL::numeric, g.name || ': ændret tilbage til de oplysninger, der gjaldt før'
    FROM decided n JOIN initiatives_grantee g ON g.id = n.grantee_id
    WHERE n.place IS DISTINCT FROM n.before AND EXISTS (SELECT 1 FROM decided e WHERE e.grantee_id = n.grantee_id AND e.turn < n.turn AND e.place = n.place)
"""  # noqa: S608

SHARED = """
    WITH places AS (
        SELECT o.id, g.name, CASE WHEN o.after ->> 'method' = 'nemkonto' THEN 'CVR ' || (o.after ->> 'cvr')
                                  ELSE concat_ws(' ', o.after ->> 'registration_number', o.after ->> 'account_number') END AS place
        FROM initiatives_proposal o LEFT JOIN initiatives_grantee g ON g.id = o.grantee_id LEFT JOIN initiatives_decision d ON d.proposal_id = o.id
        WHERE o.kind_id IN ('payment_details', 'receiving_account') AND o.after ->> 'method' IS DISTINCT FROM 'internal' AND d.approved IS DISTINCT FROM false
    )
    SELECT 'proposal', max(id), NULL::date, NULL::numeric, 'samme konto (' || place || ') hos ' || string_agg(DISTINCT coalesce(name, 'ministeriet selv'), ' og ')
    FROM places GROUP BY place HAVING count(DISTINCT coalesce(name, '')) > 1
"""
