-- The patients' data keys, each wrapped by the key from the configuration; nothing else is in this database. To erase a
-- patient's key is to erase what was sealed with it, everywhere.
CREATE TABLE patient_key (
  patient_id      uuid PRIMARY KEY,
  wrapped_key     bytea NOT NULL,
  -- The first eight bytes of the wrapping key's hash, to tell which one it was.
  wrapping_key_id text NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now()
);
