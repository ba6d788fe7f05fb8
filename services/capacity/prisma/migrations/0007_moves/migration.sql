-- A treatment that has begun may be interrupted and resumed; what one party holds at one hub is counted.

ALTER TABLE course DROP CONSTRAINT course_state_check;
ALTER TABLE course ADD CONSTRAINT course_state_check CHECK (state IN
  ('NONE', 'UNAVAILABLE', 'WAITLISTED', 'HELD', 'BOOKED', 'IN_TREATMENT', 'INTERRUPTED', 'ENDED', 'RELEASED',
   'LAPSED'));

-- The live holds of a party, or of a hub's own patients (no party), read from the index alone.
CREATE INDEX course_live_holds ON course (hub, sending_party, release_at, id) WHERE state = 'HELD';
