-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_batch_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  CREATE TABLE IF NOT EXISTS clientele_data.source_event_types (
    source_id bigint NOT NULL REFERENCES clientele_data.sources ON DELETE CASCADE,
    event_type_id integer NOT NULL REFERENCES clientele_data.event_types,
    PRIMARY KEY (source_id, event_type_id)
  );
  COMMENT ON TABLE clientele_data.source_event_types IS
    'The event types of each source. With more than 10,000 of them the properties of new events are left out.';
  COMMENT ON COLUMN clientele_data.source_event_types.source_id IS 'The source.';
  COMMENT ON COLUMN clientele_data.source_event_types.event_type_id IS 'An event type that rows of it have.';

  CREATE TABLE IF NOT EXISTS clientele_data.recent_events (
    source_id bigint NOT NULL REFERENCES clientele_data.sources ON DELETE CASCADE,
    event uuid NOT NULL,
    at timestamptz NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX IF NOT EXISTS recent_events_event_idx ON clientele_data.recent_events (source_id, event);
  CREATE INDEX IF NOT EXISTS recent_events_kept_at_idx ON clientele_data.recent_events (source_id, kept_at);
  COMMENT ON TABLE clientele_data.recent_events IS
    'The events that sources with duplicates_within packed in the last seven days, by which repetitions are known.';
  COMMENT ON COLUMN clientele_data.recent_events.source_id IS 'The source.';
  COMMENT ON COLUMN clientele_data.recent_events.event IS
    'The first 16 bytes of the SHA-256 of the home, the event type, the item and the amount.';
  COMMENT ON COLUMN clientele_data.recent_events.at IS 'The time of the event.';
  COMMENT ON COLUMN clientele_data.recent_events.kept_at IS 'When it was packed.';
END $store$;
COMMENT ON PROCEDURE create_batch_tables() IS
  'Creates what batches remember of the rows of sources; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, upgraded_by, for_bi) VALUES
  ('sources/batch', 'clientele_data.source_event_types', 'table', 'create_batch_tables', NULL, true),
  ('sources/batch', 'clientele_data.recent_events', 'table', 'create_batch_tables', NULL, false);
