-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_identity_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  IF to_regclass('clientele_data.identity_kinds') IS NULL THEN
    CREATE TABLE clientele_data.identity_kinds (
      kind text COLLATE "C" PRIMARY KEY CHECK (kind <> '' AND octet_length(kind) <= 500),
      rank integer NOT NULL DEFAULT 9,
      one_per_customer boolean NOT NULL DEFAULT false,
      max_links integer NOT NULL DEFAULT 1 CHECK (max_links >= 0),
      normal text NOT NULL DEFAULT 'key' CHECK (normal IN ('email', 'phone', 'key', 'nocase', 'exact', 'uuid'))
    );
    INSERT INTO clientele_data.identity_kinds (kind, rank, one_per_customer, max_links, normal) VALUES
      ('customer', 1, true, 1, 'key'), ('open_id', 2, false, 3, 'exact'), ('email', 3, false, 3, 'email'),
      ('phone', 4, false, 3, 'phone'), ('device', 5, false, 1, 'key'), ('cookie', 6, false, 2, 'key');
  END IF;
  COMMENT ON TABLE clientele_data.identity_kinds IS
    'The kinds of identifiers, from the strongest to the weakest by rank and name. A kind that is not listed has rank 9 and may link one
customer. A change resolves all identifiers again.';
  COMMENT ON COLUMN clientele_data.identity_kinds.kind IS 'The kind, as in identities.kind.';
  COMMENT ON COLUMN clientele_data.identity_kinds.rank IS 'Its rank: 1 is stronger than 2. Kinds of one rank are ordered by name.';
  COMMENT ON COLUMN clientele_data.identity_kinds.one_per_customer IS
    'Whether a customer has one identifier of this kind at most, so that customers with different ones are never joined by links.';
  COMMENT ON COLUMN clientele_data.identity_kinds.max_links IS
    'How many customers an identifier of this kind may touch. One that touches more is shared, and joins none of them.';
  COMMENT ON COLUMN clientele_data.identity_kinds.normal IS
    'How values of the kind are cleaned: email, phone, key, nocase, exact or uuid. It cannot be changed while there are such identifiers.';

  CREATE OR REPLACE TRIGGER check_kind BEFORE INSERT OR UPDATE OR DELETE ON clientele_data.identity_kinds
    FOR EACH ROW EXECUTE FUNCTION clientele.check_identity_kind();
  COMMENT ON TRIGGER check_kind ON clientele_data.identity_kinds IS 'Refuses another normal form for kinds in use.';
  CREATE OR REPLACE TRIGGER resolve_inserted AFTER INSERT ON clientele_data.identity_kinds
    REFERENCING NEW TABLE AS new_kinds FOR EACH STATEMENT EXECUTE FUNCTION clientele.resolve_changed_kinds();
  CREATE OR REPLACE TRIGGER resolve_updated AFTER UPDATE ON clientele_data.identity_kinds
    REFERENCING OLD TABLE AS old_kinds NEW TABLE AS new_kinds FOR EACH STATEMENT EXECUTE FUNCTION clientele.resolve_changed_kinds();
  CREATE OR REPLACE TRIGGER resolve_deleted AFTER DELETE ON clientele_data.identity_kinds
    REFERENCING OLD TABLE AS old_kinds FOR EACH STATEMENT EXECUTE FUNCTION clientele.resolve_changed_kinds();
  COMMENT ON TRIGGER resolve_inserted ON clientele_data.identity_kinds IS 'Computes all customers again.';
  COMMENT ON TRIGGER resolve_updated ON clientele_data.identity_kinds IS 'Computes all customers again.';
  COMMENT ON TRIGGER resolve_deleted ON clientele_data.identity_kinds IS 'Computes all customers again.';

  CREATE TABLE IF NOT EXISTS clientele_data.identity_links (
    home_id bigint NOT NULL,
    other_id bigint NOT NULL,
    batch bigint NOT NULL,
    run_id bigint,
    withdrawn boolean NOT NULL DEFAULT false,
    idle boolean NOT NULL DEFAULT false,
    PRIMARY KEY (home_id, other_id)
  );
  CREATE INDEX IF NOT EXISTS identity_links_other_id_idx ON clientele_data.identity_links (other_id);
  CREATE INDEX IF NOT EXISTS identity_links_withdrawn_idx ON clientele_data.identity_links (home_id, other_id) WHERE withdrawn;
  CREATE INDEX IF NOT EXISTS identity_links_idle_idx ON clientele_data.identity_links (home_id) WHERE idle;
  CREATE INDEX IF NOT EXISTS identity_links_busy_idx ON clientele_data.identity_links (home_id) WHERE NOT idle;
  COMMENT ON TABLE clientele_data.identity_links IS
    'What rows of sources said: that an identifier belongs to the same customer as the home of the row, its strongest identifier.';
  COMMENT ON COLUMN clientele_data.identity_links.home_id IS 'The home of the rows: an identities.identity_id.';
  COMMENT ON COLUMN clientele_data.identity_links.other_id IS 'The other identifier: an identities.identity_id.';
  COMMENT ON COLUMN clientele_data.identity_links.batch IS 'The batch in which the link came first, a number of journey_batches.';
  COMMENT ON COLUMN clientele_data.identity_links.run_id IS 'The run of load_runs in which it came first.';
  COMMENT ON COLUMN clientele_data.identity_links.withdrawn IS
    'Whether undo_merge() has withdrawn the link. It stays withdrawn, even if rows repeat it.';
  COMMENT ON COLUMN clientele_data.identity_links.idle IS
    'Whether a batch need not look at it: its home has more identifiers than a customer may have, and this one has no other link.';

  CREATE TABLE IF NOT EXISTS clientele_data.identity_hubs (
    home_id bigint,
    kind text COLLATE "C",
    PRIMARY KEY (home_id, kind)
  );
  COMMENT ON TABLE clientele_data.identity_hubs IS 'The homes that have idle links with identifiers of a kind.';
  COMMENT ON COLUMN clientele_data.identity_hubs.home_id IS 'The home: an identities.identity_id.';
  COMMENT ON COLUMN clientele_data.identity_hubs.kind IS 'The kind of the other identifiers.';

  IF to_regclass('clientele_data.identity_state') IS NULL THEN
    CREATE TABLE clientele_data.identity_state (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      changes bigint NOT NULL DEFAULT 0,
      changed_in xid8
    );
    INSERT INTO clientele_data.identity_state DEFAULT VALUES;
  END IF;
  COMMENT ON TABLE clientele_data.identity_state IS
    'One row that each change of links and decisions updates, so that a transaction with an older snapshot cannot overlook it.';
  COMMENT ON COLUMN clientele_data.identity_state.only_row IS 'True.';
  COMMENT ON COLUMN clientele_data.identity_state.changes IS 'How many transactions changed identities.';
  COMMENT ON COLUMN clientele_data.identity_state.changed_in IS 'The last of them; it says only whether it is the one that reads this.';

  CREATE TABLE IF NOT EXISTS clientele_data.identity_decisions (
    decision_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    verdict text NOT NULL CHECK (verdict IN ('same', 'different', 'ignored', 'unlinked')),
    a_id bigint NOT NULL,
    b_id bigint,
    decided_at timestamptz NOT NULL DEFAULT now(),
    decided_by name NOT NULL DEFAULT session_user,
    note text,
    withdrawn_at timestamptz,
    withdrawn_by name,
    CHECK ((verdict = 'ignored') = (b_id IS NULL))
  );
  CREATE INDEX IF NOT EXISTS identity_decisions_a_id_idx ON clientele_data.identity_decisions (a_id);
  CREATE INDEX IF NOT EXISTS identity_decisions_b_id_idx ON clientele_data.identity_decisions (b_id);
  COMMENT ON TABLE clientele_data.identity_decisions IS 'What people decided about identifiers. Decisions stand above links.';
  COMMENT ON COLUMN clientele_data.identity_decisions.decision_id IS 'The number of the decision.';
  COMMENT ON COLUMN clientele_data.identity_decisions.verdict IS
    'same: both are one customer. different: they are not. ignored: the identifier joins no customers. unlinked: the link is withdrawn.';
  COMMENT ON COLUMN clientele_data.identity_decisions.a_id IS 'An identities.identity_id.';
  COMMENT ON COLUMN clientele_data.identity_decisions.b_id IS 'The other one; NULL if the verdict is ignored.';
  COMMENT ON COLUMN clientele_data.identity_decisions.decided_at IS 'When it was decided.';
  COMMENT ON COLUMN clientele_data.identity_decisions.decided_by IS 'The role that decided it.';
  COMMENT ON COLUMN clientele_data.identity_decisions.note IS 'Why.';
  COMMENT ON COLUMN clientele_data.identity_decisions.withdrawn_at IS 'When it was taken back; NULL while it is in force.';
  COMMENT ON COLUMN clientele_data.identity_decisions.withdrawn_by IS 'The role that took it back.';

  CREATE TABLE IF NOT EXISTS clientele_data.merges (
    merge_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    batch bigint NOT NULL,
    run_id bigint,
    decision_id bigint,
    kept_id bigint NOT NULL,
    gone_id bigint NOT NULL,
    because text NOT NULL,
    split boolean NOT NULL DEFAULT false,
    gone_identities bigint[] NOT NULL DEFAULT '{}',
    undone_at timestamptz
  );
  CREATE INDEX IF NOT EXISTS merges_decision_id_idx ON clientele_data.merges (decision_id);
  CREATE INDEX IF NOT EXISTS merges_gone_id_idx ON clientele_data.merges (gone_id);
  COMMENT ON TABLE clientele_data.merges IS 'Every merge of two customers into one, and every split.';
  COMMENT ON COLUMN clientele_data.merges.merge_id IS 'The number of the merge, for clientele.undo_merge().';
  COMMENT ON COLUMN clientele_data.merges.at IS 'When.';
  COMMENT ON COLUMN clientele_data.merges.batch IS 'The batch that did it, a number of journey_batches; links that came in it have the same one.';
  COMMENT ON COLUMN clientele_data.merges.run_id IS 'The run of load_runs that did it; NULL for decisions.';
  COMMENT ON COLUMN clientele_data.merges.decision_id IS 'The decision that did it; NULL for links.';
  COMMENT ON COLUMN clientele_data.merges.kept_id IS 'The customer that stays.';
  COMMENT ON COLUMN clientele_data.merges.gone_id IS 'The customer that has become a part of it; in a split the customer that has left it.';
  COMMENT ON COLUMN clientele_data.merges.because IS 'links, a decision as in identity_decisions.verdict, undo, or kinds.';
  COMMENT ON COLUMN clientele_data.merges.split IS 'Whether this is a split.';
  COMMENT ON COLUMN clientele_data.merges.gone_identities IS 'The identifiers that gone_id had before a merge, or has after a split.';
  COMMENT ON COLUMN clientele_data.merges.undone_at IS 'When a later split parted the two again; NULL if none did.';

  CREATE TABLE IF NOT EXISTS clientele_data.home_journeys (
    home_id bigint PRIMARY KEY,
    journey clientele.journey NOT NULL
  );
  COMMENT ON TABLE clientele_data.home_journeys IS
    'The events of each home of customers with several homes, except the one in stored_journeys.home_id, which has all the other events.';
  COMMENT ON COLUMN clientele_data.home_journeys.home_id IS 'The home: an identities.identity_id.';
  COMMENT ON COLUMN clientele_data.home_journeys.journey IS 'The events of rows that have this home.';
END $store$;
COMMENT ON PROCEDURE create_identity_tables() IS
  'Creates the tables of identities beyond those of the store; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, upgraded_by, for_bi) VALUES
  ('identity/resolution', 'clientele_data.identity_kinds', 'table', 'create_identity_tables', NULL, false),
  ('identity/resolution', 'clientele_data.identity_links', 'table', 'create_identity_tables', NULL, false),
  ('identity/resolution', 'clientele_data.identity_hubs', 'table', 'create_identity_tables', NULL, false),
  ('identity/resolution', 'clientele_data.identity_state', 'table', 'create_identity_tables', NULL, false),
  ('identity/resolution', 'clientele_data.identity_decisions', 'table', 'create_identity_tables', NULL, false),
  ('identity/resolution', 'clientele_data.merges', 'table', 'create_identity_tables', NULL, false),
  ('identity/resolution', 'clientele_data.home_journeys', 'table', 'create_identity_tables', NULL, false);
