-- Courses that do not fit wait for capacity: one row a course, in the order in which what comes free is offered.

ALTER TABLE course DROP CONSTRAINT course_state_check;
ALTER TABLE course ADD CONSTRAINT course_state_check CHECK (state IN
  ('NONE', 'UNAVAILABLE', 'WAITLISTED', 'HELD', 'BOOKED', 'IN_TREATMENT', 'ENDED', 'RELEASED', 'LAPSED'));

ALTER TABLE course
  ADD COLUMN waiting_since_at timestamptz,
  -- 1 for an emergency, 2 for urgent, 3 for routine: the least goes first.
  ADD COLUMN waiting_rank integer CHECK (waiting_rank BETWEEN 1 AND 3),
  ADD CONSTRAINT course_waits_in_one_place CHECK (
    (state = 'WAITLISTED') = (waiting_since_at IS NOT NULL)
    AND (waiting_since_at IS NULL) = (waiting_rank IS NULL));

CREATE INDEX course_waiting ON course (hub, waiting_rank, waiting_since_at, id) WHERE state = 'WAITLISTED';
