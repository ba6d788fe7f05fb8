-- Every published version of a hub's document is kept: a certificate names the version that it was checked against, and
-- whoever doubts it must be able to read that one. What was replaced before this migration is not known any more.

CREATE TABLE hub_version (
  name         text NOT NULL REFERENCES hub (name),
  version      integer NOT NULL CHECK (version >= 1),
  document     jsonb NOT NULL,
  published_at timestamptz NOT NULL,
  PRIMARY KEY (name, version)
);

INSERT INTO hub_version (name, version, document, published_at)
  SELECT name, version, document, updated_at FROM hub;
