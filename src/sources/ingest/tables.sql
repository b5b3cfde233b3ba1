-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_progress_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  -- A batch updates its row, so there is no index on what it changes.
  CREATE TABLE IF NOT EXISTS clientele_data.source_progress (
    source_id bigint PRIMARY KEY REFERENCES clientele_data.sources ON DELETE CASCADE,
    started_at timestamptz NOT NULL DEFAULT now(),
    event_ids text NOT NULL DEFAULT 'none' CHECK (event_ids IN ('numbers', 'texts', 'none')),
    id_type text,
    cursor_type text,
    indexed boolean NOT NULL DEFAULT false,
    cursor_indexed boolean NOT NULL DEFAULT false,
    cluster bigint NOT NULL,
    top bigint,
    floor bigint,
    recent_ends xid8[] NOT NULL DEFAULT '{}',
    recent_tops bigint[] NOT NULL DEFAULT '{}',
    seen jsonb NOT NULL DEFAULT '[]',
    watermark bigint,
    forgotten bigint,
    history_state text NOT NULL DEFAULT 'done' CHECK (history_state IN ('waiting', 'reading', 'done')),
    history_seen jsonb,
    history_at text,
    history_to text,
    history_rows bigint,
    history_read bigint NOT NULL DEFAULT 0,
    sweep_at text,
    sweep_spent interval NOT NULL DEFAULT '0',
    swept_at timestamptz,
    sweep_took interval,
    batch_at timestamptz,
    batch_took interval,
    batch_read bigint,
    last_event_at timestamptz,
    failed_at timestamptz,
    failures integer NOT NULL DEFAULT 0,
    error_code text,
    error text,
    error_hint text,
    CHECK (cardinality(recent_ends) = cardinality(recent_tops))
  );
  COMMENT ON TABLE clientele_data.source_progress IS
    'How far each source has been read. A batch locks the row of its source first. clientele_data.source_status shows it for people.';
  COMMENT ON COLUMN clientele_data.source_progress.source_id IS 'The source.';
  COMMENT ON COLUMN clientele_data.source_progress.started_at IS 'When reading began, or restart_source() was called.';
  COMMENT ON COLUMN clientele_data.source_progress.event_ids IS
    'How event ids are remembered: numbers (in source_ledger), texts (in source_ledger_texts), or none.';
  COMMENT ON COLUMN clientele_data.source_progress.id_type IS 'The type of event_id; NULL if the source has none.';
  COMMENT ON COLUMN clientele_data.source_progress.cursor_type IS 'The type of cursor; NULL if the source has none.';
  COMMENT ON COLUMN clientele_data.source_progress.indexed IS
    'Whether an index gives rows in the order of event_id; with method cursor, of cursor.';
  COMMENT ON COLUMN clientele_data.source_progress.cursor_indexed IS
    'Method key: whether an index gives rows in the order of cursor.';
  COMMENT ON COLUMN clientele_data.source_progress.cluster IS
    'The database cluster of the last batch, as clientele.cluster_id() says. Transaction numbers are of this cluster.';
  COMMENT ON COLUMN clientele_data.source_progress.top IS
    'Method key: the highest event_id read, or cursor in microseconds if there is one.';
  COMMENT ON COLUMN clientele_data.source_progress.floor IS 'Method key: what the next batch looks above.';
  COMMENT ON COLUMN clientele_data.source_progress.recent_ends IS
    'Method key: batches that can still raise the floor: where the snapshot of each ended.';
  COMMENT ON COLUMN clientele_data.source_progress.recent_tops IS 'Method key: the highest that each of these batches had read.';
  COMMENT ON COLUMN clientele_data.source_progress.seen IS
    'Method mark: the transactions that the last batch saw, for each cluster that the table has been in.';
  COMMENT ON COLUMN clientele_data.source_progress.watermark IS
    'Method cursor: the greatest cursor read that was not in the future; of times, microseconds since 1970.';
  COMMENT ON COLUMN clientele_data.source_progress.forgotten IS
    'Method cursor: event ids of rows below this cursor are no longer in source_ledger_texts.';
  COMMENT ON COLUMN clientele_data.source_progress.history_state IS
    'What was there when the source was added: waiting, reading (in part), or done.';
  COMMENT ON COLUMN clientele_data.source_progress.history_seen IS
    'Method mark: which transactions are history, in the form of seen; NULL if reading never began.';
  COMMENT ON COLUMN clientele_data.source_progress.history_at IS 'Up to where history has been read, in the order of event_id or cursor.';
  COMMENT ON COLUMN clientele_data.source_progress.history_to IS 'Where history ends; NULL if it has no order.';
  COMMENT ON COLUMN clientele_data.source_progress.history_rows IS 'About how many rows history has.';
  COMMENT ON COLUMN clientele_data.source_progress.history_read IS 'How many rows of it have been read.';
  COMMENT ON COLUMN clientele_data.source_progress.sweep_at IS 'Up to where a sweep has come that is not complete.';
  COMMENT ON COLUMN clientele_data.source_progress.sweep_spent IS 'How long that sweep has taken.';
  COMMENT ON COLUMN clientele_data.source_progress.swept_at IS 'When the last sweep was complete.';
  COMMENT ON COLUMN clientele_data.source_progress.sweep_took IS 'How long it took.';
  COMMENT ON COLUMN clientele_data.source_progress.batch_at IS 'When the last batch ended, before its commit.';
  COMMENT ON COLUMN clientele_data.source_progress.batch_took IS 'How long it took.';
  COMMENT ON COLUMN clientele_data.source_progress.batch_read IS 'How many rows it read.';
  COMMENT ON COLUMN clientele_data.source_progress.last_event_at IS 'The time of the newest event packed.';
  COMMENT ON COLUMN clientele_data.source_progress.failed_at IS 'When the last batch failed; NULL if it did not.';
  COMMENT ON COLUMN clientele_data.source_progress.failures IS 'How many batches in a row have failed.';
  COMMENT ON COLUMN clientele_data.source_progress.error_code IS 'The SQLSTATE of the last failure.';
  COMMENT ON COLUMN clientele_data.source_progress.error IS 'Its message.';
  COMMENT ON COLUMN clientele_data.source_progress.error_hint IS 'Its hint.';

  -- A chunk has less than 2 kB, so it is in its row. It covers the numbers from first_id up to the next chunk.
  IF to_regclass('clientele_data.source_ledger') IS NULL THEN
    CREATE TABLE clientele_data.source_ledger (
      source_id bigint NOT NULL REFERENCES clientele_data.source_progress ON DELETE CASCADE,
      first_id bigint NOT NULL,
      ids bytea NOT NULL,
      PRIMARY KEY (source_id, first_id)
    );
    ALTER TABLE clientele_data.source_ledger ALTER COLUMN ids SET STORAGE main;
  END IF;
  COMMENT ON TABLE clientele_data.source_ledger IS
    'The event ids read from each source, if they are whole numbers: compressed bitmaps, which clientele.ledger_add() writes.';
  COMMENT ON COLUMN clientele_data.source_ledger.source_id IS 'The source.';
  COMMENT ON COLUMN clientele_data.source_ledger.first_id IS 'The least number that the chunk may have.';
  COMMENT ON COLUMN clientele_data.source_ledger.ids IS 'The numbers of the chunk; clientele.ledger_numbers() lists them.';

  -- The number of the source is in the key, so that a source is one range of the index and a row has no more columns than it needs.
  CREATE TABLE IF NOT EXISTS clientele_data.source_ledger_texts (
    id uuid PRIMARY KEY,
    cursor bigint
  );
  COMMENT ON TABLE clientele_data.source_ledger_texts IS
    'The event ids read from each source, if they are not whole numbers: hashes, which clientele.ledger_add_texts() writes.';
  COMMENT ON COLUMN clientele_data.source_ledger_texts.id IS
    'The number of the source in 4 bytes, and 12 bytes of the SHA-256 of the event id.';
  COMMENT ON COLUMN clientele_data.source_ledger_texts.cursor IS
    'Method cursor: the cursor of the row, by which it is forgotten; NULL if it is kept for ever.';
END $store$;
COMMENT ON PROCEDURE create_progress_tables() IS
  'Creates the tables of ingestion; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, upgraded_by, for_bi) VALUES
  ('sources/ingest', 'clientele_data.source_progress', 'table', 'create_progress_tables', NULL, true),
  ('sources/ingest', 'clientele_data.source_ledger', 'table', 'create_progress_tables', NULL, false),
  ('sources/ingest', 'clientele_data.source_ledger_texts', 'table', 'create_progress_tables', NULL, false);
