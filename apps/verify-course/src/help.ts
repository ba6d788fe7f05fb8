/** What the program can be asked. */
export const help = `npm run -s verify-course -- …: checks that courses can be treated as their certificates say

  --hub FILE          a hub's document, YAML or JSON, as GetHub shows it; again for more versions or hubs
  --certificate FILE  a certificate: its canonical text, or the course in JSON as GetCourse shows it; again for more
  --override FILE     an override that a certificate names, in JSON as GetOverride shows it; again for more
or
  --connection FILE   how to reach the platform, as for \`npm run carehub\`; with
  --course NAME       a course, courses/{uuid}; again for more; or
  --all               every course that the caller may see

  --json              the report as one JSON document
  --help              this

Each certificate is checked by itself, against the version of its hub's document that it names; then all courses that
are still to take place are checked together: no resource twice, no more beds or beam minutes than there are.

Not checked, since a document alone does not say it: when an isotope was ordered, how likely a unit overflows, whether
the time was free of what a hub planned elsewhere, and what was kept for urgent courses.

Exit code 0: nothing is wrong. 1: something is. 2: it could not be checked.
`;
