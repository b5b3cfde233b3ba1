-- SPDX-License-Identifier: PostgreSQL

CREATE PROCEDURE create_crm_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  IF to_regclass('clientele_data.crm_objects') IS NULL THEN
    CREATE TABLE clientele_data.crm_objects (
      system text COLLATE "C" NOT NULL CHECK (system <> ''),
      object text COLLATE "C" NOT NULL CHECK (object <> ''),
      direction text NOT NULL CHECK (direction IN ('out', 'in')),
      url text,
      wrap jsonb NOT NULL DEFAULT '"$object"',
      path text[] NOT NULL DEFAULT '{}',
      PRIMARY KEY (system, object, direction)
    );
    CREATE TABLE clientele_data.crm_mappings (
      system text COLLATE "C" NOT NULL,
      object text COLLATE "C" NOT NULL,
      direction text NOT NULL,
      field text COLLATE "C" NOT NULL CHECK (field <> ''),
      sources text[] NOT NULL CHECK (cardinality(sources) > 0 AND array_position(sources, NULL) IS NULL),
      PRIMARY KEY (system, object, direction, field),
      FOREIGN KEY (system, object, direction) REFERENCES clientele_data.crm_objects ON UPDATE CASCADE ON DELETE CASCADE
    );
    INSERT INTO clientele_data.crm_objects (system, object, direction, url, wrap, path)
    SELECT o.system, o.object, o.direction, o.url, coalesce(o.wrap, '"$object"'), o.path FROM clientele.starter_crm_objects() o;
    INSERT INTO clientele_data.crm_mappings (system, object, direction, field, sources)
    SELECT m.system, m.object, m.direction, m.field, m.sources FROM clientele.starter_crm_mappings() m;
  END IF;
  COMMENT ON TABLE clientele_data.crm_objects IS
    'The objects of CRM systems to which messages are sent, and from which records come back. Rows may be added and changed.';
  COMMENT ON COLUMN clientele_data.crm_objects.system IS 'The system: fxiaoke (纷享销客), zoho, webhook, or one of your own.';
  COMMENT ON COLUMN clientele_data.crm_objects.object IS 'The object: leads, contacts, tasks and so on.';
  COMMENT ON COLUMN clientele_data.crm_objects.direction IS 'out: messages become such objects; in: such objects come back.';
  COMMENT ON COLUMN clientele_data.crm_objects.url IS 'Where the system takes them; a deliverer may have another one.';
  COMMENT ON COLUMN clientele_data.crm_objects.wrap IS 'What is sent: JSON in which the text "$object" stands for the object.';
  COMMENT ON COLUMN clientele_data.crm_objects.path IS 'Where the object, or an array of objects, stands in what the system sends.';
  COMMENT ON TABLE clientele_data.crm_mappings IS
    'Which field of a CRM system is what of a message or a customer, and the other way round. Rows may be added and changed.';
  COMMENT ON COLUMN clientele_data.crm_mappings.system IS 'The system.';
  COMMENT ON COLUMN clientele_data.crm_mappings.object IS 'The object.';
  COMMENT ON COLUMN clientele_data.crm_mappings.direction IS 'out or in.';
  COMMENT ON COLUMN clientele_data.crm_mappings.field IS
    'Out: the field of the object. In: the column of clientele_data.crm_records: external_id, key, email, phone, status, owner, notes, at.';
  COMMENT ON COLUMN clientele_data.crm_mappings.sources IS
    'Out: what the field gets, the first of these that there is: payload:NAME, attribute:NAME, tag:NAME, identity:KIND, message:NAME (key,
message_id, customer_id, customer as text, channel, due, due_date, campaign, action), or text:WORDS. In: the field of the object; a point
leads into an object.';

  CREATE TABLE IF NOT EXISTS clientele_data.crm_records (
    record_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system text COLLATE "C" NOT NULL,
    object text COLLATE "C" NOT NULL,
    external_id text,
    message_id bigint,
    customer_id bigint,
    customer text,
    email text,
    phone text,
    status text,
    owner text,
    notes text,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    content jsonb NOT NULL,
    digest text NOT NULL,
    UNIQUE (system, object, digest)
  );
  CREATE INDEX IF NOT EXISTS crm_records_customer_id_idx ON clientele_data.crm_records (customer_id) WHERE customer_id IS NOT NULL;
  COMMENT ON TABLE clientele_data.crm_records IS
    'What CRM systems have sent back, one row for each state of an object. clientele.receive_crm() writes it, and it can be a source.';
  COMMENT ON COLUMN clientele_data.crm_records.record_id IS 'The number of the row.';
  COMMENT ON COLUMN clientele_data.crm_records.system IS 'The system.';
  COMMENT ON COLUMN clientele_data.crm_records.object IS 'The object.';
  COMMENT ON COLUMN clientele_data.crm_records.external_id IS 'The number of the object in the system.';
  COMMENT ON COLUMN clientele_data.crm_records.message_id IS 'The message that made the object, if the system returns its key.';
  COMMENT ON COLUMN clientele_data.crm_records.customer_id IS 'The customer of the message, or else the one with the e-mail address or phone number.';
  COMMENT ON COLUMN clientele_data.crm_records.customer IS 'The identifier of kind customer that this customer has.';
  COMMENT ON COLUMN clientele_data.crm_records.email IS 'The e-mail address.';
  COMMENT ON COLUMN clientele_data.crm_records.phone IS 'The phone number.';
  COMMENT ON COLUMN clientele_data.crm_records.status IS 'The status, such as Contacted.';
  COMMENT ON COLUMN clientele_data.crm_records.owner IS 'The person responsible for it.';
  COMMENT ON COLUMN clientele_data.crm_records.notes IS 'What was noted.';
  COMMENT ON COLUMN clientele_data.crm_records.at IS 'When the object was last changed; when it was received if the system does not say it.';
  COMMENT ON COLUMN clientele_data.crm_records.received_at IS 'When it was received.';
  COMMENT ON COLUMN clientele_data.crm_records.content IS 'The object as it came.';
  COMMENT ON COLUMN clientele_data.crm_records.digest IS 'A hash of content, so that what comes twice is there once.';
END $store$;
COMMENT ON PROCEDURE create_crm_tables() IS 'Creates the tables of CRM systems; a part of create_store().';

INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('actions/crm', 'clientele_data.crm_objects', 'table', 'create_crm_tables', false),
  ('actions/crm', 'clientele_data.crm_mappings', 'table', 'create_crm_tables', false),
  ('actions/crm', 'clientele_data.crm_records', 'table', 'create_crm_tables', false);
