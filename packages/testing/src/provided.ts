/** What the global set-up of a run hands to each test file, read with vitest's `inject`. */
declare module "vitest" {
  interface ProvidedContext {
    /** The address of the run's PostgreSQL, as its administrator. */
    postgresUrl: string;
    /** The comma list of the run's Kafka brokers; only in `*.kafka.test.ts`. */
    kafkaBrokers: string;
    /** Names this run in what it shares, such as template databases. */
    runId: string;
  }
}

export type {};
