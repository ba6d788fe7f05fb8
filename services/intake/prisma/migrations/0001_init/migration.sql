-- What the service intake owns. No column holds a name, a document's number, a birth date, a contact or a free text in
-- clear: they are sealed with the patient's own key, which is in another database.

-- One person is one patient: the index is an HMAC of the identity document's country, kind and number.
CREATE TABLE patient (
  id          uuid PRIMARY KEY,
  blind_index bytea NOT NULL UNIQUE CHECK (octet_length(blind_index) = 32),
  created_at  timestamptz NOT NULL DEFAULT app.now()
);

CREATE TABLE referral (
  id                uuid PRIMARY KEY,
  revision          integer NOT NULL CHECK (revision >= 1),
  sending_party     text NOT NULL CHECK (sending_party ~ '^parties/[A-Z]{2}$'),
  hub               text NOT NULL CHECK (hub ~ '^hubs/[a-z0-9-]{1,40}$'),
  programme         text NOT NULL,
  placer_number     text NOT NULL,
  patient_id        uuid NOT NULL REFERENCES patient (id),
  -- Derived from the facts with every change, for lists and figures only.
  care_state        text NOT NULL,
  settlement_state  text NOT NULL,
  consent_reference text NOT NULL,
  consent_date      date NOT NULL,
  -- The facts of the case, instants, dates and whole numbers tagged as such.
  facts             jsonb NOT NULL,
  -- By reference; titles and texts inside are sealed.
  documents         jsonb NOT NULL CHECK (jsonb_typeof(documents) = 'array'),
  notes             jsonb NOT NULL CHECK (jsonb_typeof(notes) = 'array'),
  sealed_identity   bytea NOT NULL,
  sealed_summary    bytea,
  -- The span in which it was submitted; the spans of later commands link to it.
  traceparent       text,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL,
  closed_at         timestamptz,
  CONSTRAINT placer_number_is_used_once UNIQUE (sending_party, placer_number)
);

CREATE UNIQUE INDEX one_open_referral_per_patient_and_programme
  ON referral (patient_id, programme) WHERE closed_at IS NULL;
CREATE INDEX referral_of_party ON referral (sending_party, id DESC);
CREATE INDEX referral_of_hub ON referral (hub, id DESC);
CREATE INDEX referral_open_by_state ON referral (care_state) WHERE closed_at IS NULL;

-- Who read a patient's data, and what for.
CREATE TABLE disclosure (
  id          uuid PRIMARY KEY DEFAULT uuidv7(),
  referral_id uuid NOT NULL REFERENCES referral (id),
  reader      text NOT NULL,
  actor       jsonb NOT NULL,
  purpose     text NOT NULL CHECK (purpose IN
    ('TREATMENT', 'PAYMENT', 'OPERATIONS', 'PATIENT_REQUEST', 'LEGAL')),
  content     text NOT NULL CHECK (content IN ('IDENTITY', 'CLINICAL_RECORD')),
  trace_id    text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT app.now()
);
CREATE INDEX disclosure_of_referral ON disclosure (referral_id, id DESC);

CREATE FUNCTION refuse_rewriting_disclosures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a disclosure is history: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER disclosure_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON disclosure
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_disclosures();
