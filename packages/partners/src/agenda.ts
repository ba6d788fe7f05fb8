/** Something that a partner will do at a time of the sandbox clock. */
export type Appointment = {
  readonly at: Temporal.Instant;
  /** What is done under one key is done one after the other. */
  readonly key: string;
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
    /** The time of the last appointment that is at or before the given time. */
    lastAtUntil: (time: Temporal.Instant): Temporal.Instant | undefined =>
      appointments.findLast(({ at }) => Temporal.Instant.compare(at, time) <= 0)?.at,
    /** Takes out everything that is due. */
    takeDue(now: Temporal.Instant): Appointment[] {
      const later = appointments.findIndex((other) => Temporal.Instant.compare(other.at, now) > 0);
      return appointments.splice(0, later === -1 ? appointments.length : later);
    },
  };
}

export type Agenda = ReturnType<typeof createAgenda>;

/** Does appointments: those of different keys side by side. */
export async function keep(appointments: readonly Appointment[]): Promise<void> {
  const byKey = Map.groupBy(appointments, ({ key }) => key);
  await Promise.all(
    [...byKey.values()].map(async (own) => {
      for (const { act } of own) await act();
    }),
  );
}
