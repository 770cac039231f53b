-- Who may do what. A role is given by a decision of two persons; two ends of a payment never meet in one person; what changed is written down by the database.

CREATE FUNCTION initiatives_rights_of(p_person bigint) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT c.app_label || '.' || p.codename
    FROM public.ensomhed_user_groups m
    JOIN public.auth_group_permissions g ON g.group_id = m.group_id
    JOIN public.auth_permission p ON p.id = g.permission_id
    JOIN public.django_content_type c ON c.id = p.content_type_id
    WHERE m.user_id = p_person
$$;

INSERT INTO initiatives_conflict (one, other, why)
SELECT 'initiatives.' || one, other, why FROM (VALUES
    ('register_payment', 'initiatives.approve_payment', 'at registrere og at godkende udbetalinger'),
    ('register_payment', 'initiatives.release_payments', 'at registrere udbetalinger og at frigive betalingsfiler'),
    ('register_payment', 'initiatives.reconcile_payments', 'at registrere udbetalinger og at afstemme dem'),
    ('register_payment', 'initiatives.check_accounts', 'at registrere udbetalinger og at godkende regnskaber'),
    ('register_payment', 'initiatives.propose_details', 'at registrere udbetalinger og at foreslå betalingsoplysninger'),
    ('register_payment', 'initiatives.verify_details', 'at registrere udbetalinger og at kontrollere betalingsoplysninger'),
    ('register_payment', 'initiatives.propose_decision', 'at registrere udbetalinger og at foreslå tilskud'),
    ('register_payment', 'initiatives.approve_decision', 'at registrere udbetalinger og at beslutte tilskud'),
    ('approve_payment', 'initiatives.release_payments', 'at godkende udbetalinger og at frigive betalingsfiler'),
    ('approve_payment', 'initiatives.reconcile_payments', 'at godkende udbetalinger og at afstemme dem'),
    ('approve_payment', 'initiatives.check_accounts', 'at godkende udbetalinger og at godkende regnskaber'),
    ('approve_payment', 'initiatives.propose_details', 'at godkende udbetalinger og at foreslå betalingsoplysninger'),
    ('approve_payment', 'initiatives.verify_details', 'at godkende udbetalinger og at kontrollere betalingsoplysninger'),
    ('approve_payment', 'initiatives.propose_decision', 'at godkende udbetalinger og at foreslå tilskud'),
    ('approve_payment', 'initiatives.approve_decision', 'at godkende udbetalinger og at beslutte tilskud'),
    ('release_payments', 'initiatives.reconcile_payments', 'at frigive betalingsfiler og at afstemme dem'),
    ('release_payments', 'initiatives.propose_details', 'at frigive betalingsfiler og at foreslå betalingsoplysninger'),
    ('release_payments', 'initiatives.approve_decision', 'at frigive betalingsfiler og at godkende betalingsoplysninger'),
    ('propose_details', 'initiatives.approve_decision', 'at foreslå og at godkende betalingsoplysninger')
) AS pairs(one, other, why)
UNION ALL
SELECT 'ensomhed.change_user', 'initiatives.' || right_, 'at styre adgange og at have ret over penge'
FROM unnest(ARRAY['register_payment', 'approve_payment', 'release_payments', 'reconcile_payments', 'check_accounts', 'propose_details', 'verify_details',
                  'propose_decision', 'approve_decision', 'answer_case', 'review_access']) AS right_
UNION ALL
SELECT 'ensomhed.change_user', 'ledger.close_period', 'at styre adgange og at have ret over penge'
UNION ALL
SELECT 'initiatives.see_own_grants', 'initiatives.' || right_, 'at høre til en tilskudsmodtager og at have ret over dens penge'
FROM unnest(ARRAY['register_payment', 'approve_payment', 'release_payments', 'reconcile_payments', 'check_accounts', 'propose_details', 'verify_details',
                  'propose_decision', 'approve_decision', 'answer_case', 'review_access']) AS right_;

CREATE FUNCTION initiatives_refuse_conflict(p_rights text[], p_figures jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    c initiatives_conflict;
BEGIN
    SELECT * INTO c FROM initiatives_conflict WHERE one = ANY (p_rights) AND other = ANY (p_rights) ORDER BY id LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('roles_do_not_conflict', format('No one person holds both %s and %s.', c.one, c.other), p_figures || jsonb_build_object('why', c.why));
    END IF;
END $$;

-- Every change of roles is written down, and refused when two ends of a payment would meet. The decision behind it, or whoever took the role away, is named
-- by the function that made the change; without one it was the operator, with the owner's credential.
CREATE FUNCTION initiatives_role_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_proposal bigint := nullif(current_setting('initiatives.proposal', true), '')::bigint;
    v_by bigint := nullif(current_setting('initiatives.taken_by', true), '')::bigint;
BEGIN
    IF TG_OP IN ('DELETE', 'UPDATE') THEN
        INSERT INTO initiatives_rolechange (person_id, role, given, changed_at, proposal_id, changed_by_id)
        SELECT OLD.user_id, name, false, clock_timestamp(), v_proposal, v_by FROM auth_group WHERE id = OLD.group_id;
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        PERFORM initiatives_refuse_conflict(ARRAY(SELECT initiatives_rights_of(NEW.user_id)), jsonb_build_object('person', NEW.user_id));
        INSERT INTO initiatives_rolechange (person_id, role, given, changed_at, proposal_id, changed_by_id)
        SELECT NEW.user_id, name, true, clock_timestamp(), v_proposal, v_by FROM auth_group WHERE id = NEW.group_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER roles_do_not_conflict AFTER INSERT OR UPDATE OR DELETE ON ensomhed_user_groups FOR EACH ROW EXECUTE FUNCTION initiatives_role_changes();

-- A role that gets another right conflicts like a person who gets another role.
CREATE FUNCTION initiatives_role_gets_right() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_person bigint;
BEGIN
    FOR v_person IN SELECT user_id FROM ensomhed_user_groups WHERE group_id = NEW.group_id LOOP
        PERFORM initiatives_refuse_conflict(ARRAY(SELECT initiatives_rights_of(v_person)), jsonb_build_object('person', v_person));
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER roles_do_not_conflict AFTER INSERT OR UPDATE ON auth_group_permissions FOR EACH ROW EXECUTE FUNCTION initiatives_role_gets_right();

-- The kind `role`: subject user:<id>, after {"roles": [names in order]}.
CREATE FUNCTION initiatives_person_of(p initiatives_proposal) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN p.subject ~ '^user:[1-9]\d{0,17}$' AND p.grantee_id IS NULL AND p.earmark_id IS NULL THEN split_part(p.subject, ':', 2)::bigint END $$;

CREATE FUNCTION initiatives_role_stands(p initiatives_proposal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('roles', coalesce(jsonb_agg(g.name ORDER BY g.name COLLATE "C"), '[]'))
    FROM public.ensomhed_user_groups m JOIN public.auth_group g ON g.id = m.group_id WHERE m.user_id = public.initiatives_person_of(p)
$$;

CREATE FUNCTION initiatives_role_is_lawful(p initiatives_proposal) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_roles text[];
BEGIN
    IF jsonb_typeof(p.after -> 'roles') IS DISTINCT FROM 'array' OR p.after - 'roles' <> '{}'
        OR NOT EXISTS (SELECT 1 FROM ensomhed_user WHERE id = initiatives_person_of(p) AND is_active) THEN
        PERFORM ledger_refuse('role_is_for_somebody', 'Roles are proposed for a person who can log in.', jsonb_build_object('subject', p.subject));
    END IF;
    v_roles := ARRAY(SELECT jsonb_array_elements_text(p.after -> 'roles'));
    IF p.after -> 'roles' <> coalesce((SELECT jsonb_agg(name ORDER BY name COLLATE "C") FROM auth_group WHERE name = ANY (v_roles)), '[]') THEN
        PERFORM ledger_refuse('role_is_for_somebody', 'These are not roles, each once and in order.', jsonb_build_object('roles', p.after -> 'roles'));
    ELSIF p.proposed_by_id = initiatives_person_of(p) THEN
        PERFORM ledger_refuse('nobody_gives_themselves_a_role', 'Nobody proposes roles for themselves.');
    END IF;
    PERFORM initiatives_refuse_conflict(ARRAY(
        SELECT DISTINCT c.app_label || '.' || r.codename FROM auth_group g JOIN auth_group_permissions gp ON gp.group_id = g.id
        JOIN auth_permission r ON r.id = gp.permission_id JOIN django_content_type c ON c.id = r.content_type_id WHERE g.name = ANY (v_roles)
    ), jsonb_build_object('person', initiatives_person_of(p)));
END $$;

CREATE FUNCTION initiatives_role_bars(p initiatives_proposal, p_person bigint) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT CASE WHEN public.initiatives_person_of(p) = p_person THEN 'own' END $$;

CREATE FUNCTION initiatives_role_takes_effect(p initiatives_proposal, d initiatives_decision) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_person bigint := initiatives_person_of(p);
    v_roles text[] := ARRAY(SELECT jsonb_array_elements_text(p.after -> 'roles'));
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ensomhed_user WHERE id = v_person AND is_active) THEN
        PERFORM ledger_refuse('role_is_for_somebody', 'This person can no longer log in.', jsonb_build_object('subject', p.subject));
    END IF;
    PERFORM set_config('initiatives.proposal', p.id::text, true), set_config('initiatives.taken_by', '', true);
    DELETE FROM ensomhed_user_groups m USING auth_group g WHERE g.id = m.group_id AND m.user_id = v_person AND g.name <> ALL (v_roles);
    INSERT INTO ensomhed_user_groups (user_id, group_id)
    SELECT v_person, g.id FROM auth_group g
    WHERE g.name = ANY (v_roles) AND NOT EXISTS (SELECT 1 FROM ensomhed_user_groups m WHERE m.user_id = v_person AND m.group_id = g.id);
    PERFORM set_config('initiatives.proposal', '', true);
END $$;

-- Taking roles away needs no second person: it is what stops somebody. All of them when no role is named.
CREATE FUNCTION initiatives_take_roles(p_by bigint, p_person bigint, p_role text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_count integer;
BEGIN
    IF NOT initiatives_may(p_by, 'ensomhed.change_user') THEN
        PERFORM ledger_refuse('roles_are_taken_with_the_right', 'Taking a role away takes the right ensomhed.change_user.', jsonb_build_object('person', p_person));
    END IF;
    PERFORM set_config('initiatives.taken_by', p_by::text, true), set_config('initiatives.proposal', '', true);
    DELETE FROM ensomhed_user_groups m USING auth_group g WHERE g.id = m.group_id AND m.user_id = p_person AND (p_role IS NULL OR g.name = p_role);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    PERFORM set_config('initiatives.taken_by', '', true);
    RETURN v_count;
END $$;

-- Whoever can no longer log in keeps no role: coming back starts with none.
CREATE FUNCTION initiatives_leaves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM set_config('initiatives.proposal', '', true), set_config('initiatives.taken_by', '', true);
    DELETE FROM ensomhed_user_groups WHERE user_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER whoever_leaves_keeps_no_role AFTER UPDATE OF is_active ON ensomhed_user FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION initiatives_leaves();

-- The address is where the link to a new password goes. Of somebody with a role in the ministry it stays: the roles are taken, the address is changed, and
-- management decides on the roles anew. So nobody who keeps the addresses comes into another's roles through one.
CREATE FUNCTION initiatives_address_stays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ensomhed_user_groups WHERE user_id = NEW.id) AND 'initiatives.see_own_grants' NOT IN (SELECT initiatives_rights_of(NEW.id)) THEN
        PERFORM ledger_refuse('address_stays_with_the_role', 'The address of somebody who holds a role is not changed.', jsonb_build_object('person', NEW.id));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER address_stays_with_the_role BEFORE UPDATE ON ensomhed_user
    FOR EACH ROW WHEN (OLD.email <> NEW.email AND NEW.is_active) EXECUTE FUNCTION initiatives_address_stays();

-- Who may do what, since when, by whose decision, and when they last used it. Newest use and newest change, person by person.
CREATE FUNCTION initiatives_access() RETURNS TABLE (person_id bigint, role text, since timestamptz, proposal_id bigint, last_login timestamptz, last_used timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT u.id, g.name::text, c.changed_at, c.proposal_id, u.last_login,
        greatest(
            (SELECT t.booked_at FROM public.ledger_transfer t WHERE t.booked_by_id = u.id ORDER BY t.id DESC LIMIT 1),
            (SELECT max(proposed_at) FROM public.initiatives_proposal WHERE proposed_by_id = u.id),
            (SELECT max(verified_at) FROM public.initiatives_verification WHERE verified_by_id = u.id),
            (SELECT max(decided_at) FROM public.initiatives_decision WHERE decided_by_id = u.id),
            (SELECT max(released_at) FROM public.initiatives_paymentfile WHERE released_by_id = u.id)
        )
    FROM public.ensomhed_user u
    JOIN public.ensomhed_user_groups m ON m.user_id = u.id
    JOIN public.auth_group g ON g.id = m.group_id
    LEFT JOIN LATERAL (
        SELECT changed_at, proposal_id FROM public.initiatives_rolechange WHERE person_id = u.id AND role = g.name AND given ORDER BY id DESC LIMIT 1
    ) AS c ON true
    WHERE u.is_active
    ORDER BY u.username, g.name
$$;

CREATE FUNCTION initiatives_quarter(p_day date) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT to_char(p_day, 'YYYY"-K"Q') $$;

CREATE FUNCTION initiatives_review_access() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT initiatives_may(NEW.reviewed_by_id, 'initiatives.review_access') THEN
        PERFORM ledger_refuse('access_is_reviewed_with_the_right', 'Reviewing access takes the right initiatives.review_access.');
    ELSIF initiatives_blank(NEW.note) THEN
        PERFORM ledger_refuse('review_says_what_was_found', 'A review says what was found.');
    END IF;
    NEW.reviewed_at := clock_timestamp();
    NEW.quarter := initiatives_quarter((NEW.reviewed_at AT TIME ZONE 'Europe/Copenhagen')::date);
    NEW.stood := coalesce((
        SELECT jsonb_agg(jsonb_build_object('username', u.username, 'role', a.role, 'since', a.since, 'proposal', a.proposal_id, 'last_login', a.last_login, 'last_used', a.last_used)
                         ORDER BY u.username, a.role)
        FROM initiatives_access() a JOIN ensomhed_user u ON u.id = a.person_id
    ), '[]');
    RETURN NEW;
END $$;
CREATE TRIGGER review_is_lawful BEFORE INSERT ON initiatives_accessreview FOR EACH ROW EXECUTE FUNCTION initiatives_review_access();

CREATE TRIGGER conflict_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_conflict FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER conflict_is_never_emptied BEFORE TRUNCATE ON initiatives_conflict FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER rolechange_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_rolechange FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER rolechange_is_never_emptied BEFORE TRUNCATE ON initiatives_rolechange FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER accessreview_is_only_added_to BEFORE UPDATE OR DELETE ON initiatives_accessreview FOR EACH ROW EXECUTE FUNCTION initiatives_only_added_to();
CREATE TRIGGER accessreview_is_never_emptied BEFORE TRUNCATE ON initiatives_accessreview FOR EACH STATEMENT EXECUTE FUNCTION initiatives_only_added_to();
