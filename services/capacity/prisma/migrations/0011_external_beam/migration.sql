-- The beam that an imported booking of a room uses: the pool that served the room when it was imported, and when.

ALTER TABLE external_booking ADD COLUMN beam_pool text, ADD COLUMN beam tstzrange;
ALTER TABLE external_booking ADD CONSTRAINT external_booking_beam CHECK (
  (beam_pool IS NULL) = (beam IS NULL) AND (beam IS NULL OR NOT isempty(beam) AND beam <@ during));
CREATE INDEX external_booking_beam_kept ON external_booking USING gist (beam_pool, beam)
  WHERE status = 'BOOKED' AND beam IS NOT NULL;
