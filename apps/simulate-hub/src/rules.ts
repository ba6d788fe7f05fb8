/** What each planner does, in words for the report. */
export const planners = {
  ours:
    "carehub: the planner of the service itself. Whole courses between their dates, within gap, time of day, site and " +
    "prolongation; who does not fit waits by priority, then arrival; room time is kept for urgent patients and given " +
    "to everybody three days before; what a breakdown takes is planned anew with the fewest changes, fast tumours " +
    "first, and made up for on Saturdays or as a second session of a day.",
  baseline:
    "First come: every patient, on arrival and in that order, takes the first free session from the ready day on, then " +
    "for each next session the next later day with a free one, on that day the nearest to the usual time; least gap, " +
    "sessions per week, site, anaesthesia and preparation are kept, and nobody looks ahead. Nothing is kept for urgent " +
    "patients and no category goes first. Lost and missed sessions are appended at the end of their course, in order " +
    "of arrival; nothing is made up for. A centre that gives each patient one fixed time for all days would have fewer " +
    "gaps than this, and longer waits.",
  both:
    "Both meet the same patients, breakdowns, cancellations and missed sessions, on the same rooms, teams and beam. A " +
    "patient who is in the room when it breaks down is treated to the end; how long a breakdown lasts is known at its start. " +
    "Nobody is treated on the day of arrival. Courses booked into the next year count as they are planned.",
  figures:
    "Illustrative: rooms, hours and rules are those of the example hub; the mix of patients and breakdowns is invented " +
    "except where apps/simulate-hub/src/scenario.ts names a source.",
} as const;
