/** What the program can be asked. */
export const help = `npm run simulate:hub -- …: a year of the example proton centre of Astana in one run

  --seed N        another year of the same kind; 1 where nothing is said, and the same year for the same number
  --patients N    how many arrive in the year; 960 where nothing is said
  --check-every N checks one of so many plans with the verifier of certificates; 1, all of them, where nothing is said
  --out FILE      writes the report as one HTML page, with plots
  --json          the report as one JSON document, with the figures of each week
  --help          this

The service's own planner and a first-come baseline go through the same year: the same patients, breakdowns,
cancellations and missed sessions. Nothing is started and nothing is stored. Figures are illustrative.

Exit code 0: nothing was booked twice and every checked plan was accepted. 1: it was not so. 2: it was asked wrongly.
`;
