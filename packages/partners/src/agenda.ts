/** Something that a partner will do at a time of the sandbox clock. */
export type Appointment = {
  readonly at: Temporal.Instant;
  readonly act: () => Promise<void>;
};

/** What the partners have still to do, in the order of time; of one time, in the order of entry. */
export function createAgenda() {
  const appointments: Appointment[] = [];
  return {
    add(appointment: Appointment): void {
      const index = appointments.findIndex(
        (other) => Temporal.Instant.compare(other.at, appointment.at) > 0,
      );
      appointments.splice(index === -1 ? appointments.length : index, 0, appointment);
    },
    nextAt: (): Temporal.Instant | undefined => appointments[0]?.at,
    /** Takes out everything that is due. */
    takeDue(now: Temporal.Instant): Appointment[] {
      const later = appointments.findIndex((other) => Temporal.Instant.compare(other.at, now) > 0);
      return appointments.splice(0, later === -1 ? appointments.length : later);
    },
  };
}

export type Agenda = ReturnType<typeof createAgenda>;
