/** What this package needs of a logger; pino's is one. Fields never hold personal data. */
export type Logger = {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
};
