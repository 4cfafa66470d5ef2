-- What a job says of its own attempts: minutes before each further one (5,15,60; none), and minutes after which it is
-- overdue. Blank: as the table schedule_limits has it.
ALTER TABLE job ADD COLUMN retry TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN late TEXT NOT NULL DEFAULT '';
