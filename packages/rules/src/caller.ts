/** The kinds of organisations that a certificate can stand for. */
export const roles = ["ministry", "hub", "operator", "service"] as const;

export type Role = (typeof roles)[number];

/** The organisation behind a call, read from the SPIFFE identity `spiffe://{trust domain}/{role}/{id}`. */
export type Caller = {
  readonly role: Role;
  /** What follows the role: `UZ`, `astana-proton`, `registry`. */
  readonly id: string;
  /** Role and id, as they stand in the identity: `ministry/UZ`. */
  readonly name: string;
};

/** The person who acts, as the calling organisation knows them; never a name, always a reference. */
export type Actor = {
  readonly reference: string;
  readonly role: string;
  readonly onBehalfOf?: string;
  /** A detached JWS by the person's registered key, kept as received. */
  readonly signature?: string;
};
