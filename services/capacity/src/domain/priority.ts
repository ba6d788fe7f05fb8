/** How soon a course is needed, as its case was referred. */
export type Priority = "ROUTINE" | "URGENT" | "EMERGENCY";
