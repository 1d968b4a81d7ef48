// What a program needs to run at all; everything else (tokens of other programs above all) stays with its owner.
const PASSED_ON =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|NODE_.*|SSL_CERT_.*|https?_proxy|no_proxy)$/i;

/** The part of our environment that is handed to every program we start. */
export function inheritedEnvironment(source: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(source).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]),
    ),
  );
}
