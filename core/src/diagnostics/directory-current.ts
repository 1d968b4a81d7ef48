import { defineDiagnostic, failed, passed } from "../diagnostic.ts";

/** The list is read once a minute; two rounds may fail before it is worth a look. */
const MOST_SECONDS = 120;

export default defineDiagnostic({
  name: "directory-current",
  summary: "Who has which rights was read completely within 2 min, and nothing about it is in doubt",
  suites: ["smoke", "full"],
  timeoutSeconds: 2,
  async run({ ports: { directory, clock } }) {
    const { asOf, held } = directory.trust();
    if (held !== null) return failed("npm run access -- status, on the host", `the newest list waits: ${held}`);
    if (asOf === null) return failed("status", `${directory.source} was never read completely`);
    const seconds = Math.max(0, Math.round((clock.now() - asOf) / 1000));
    const words = `${directory.source}, ${seconds} s old`;
    const problem = directory.problem?.() ?? null;
    const evidence = problem === null ? [words] : [words, `last attempt: ${problem}`];
    return seconds > MOST_SECONDS || problem !== null ? failed("status", ...evidence) : passed(...evidence);
  },
});
