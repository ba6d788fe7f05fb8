-- Why a resource is closed is told apart: a machine that failed, too few staff. The steps before a course's first
-- session are rows as its sessions are, with the numbers 0, -1, -2, ….

ALTER TABLE reservation DROP CONSTRAINT reservation_kind_check;
ALTER TABLE reservation ADD CONSTRAINT reservation_kind_check CHECK (kind IN
  ('SESSION', 'CLOSURE', 'MAINTENANCE', 'OUTAGE', 'STAFFING', 'EXTERNAL'));
