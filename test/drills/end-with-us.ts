type PidOf = () => number | undefined;

const known = new Set<PidOf>();

/** Ctrl-C leaves no time to close a stage. @param pidOf the process that is to go, asked at the end; a group if negative */
export function endWithUs(pidOf: PidOf): void {
  if (known.size === 0) process.once("exit", endAll);
  known.add(pidOf);
}

function endAll(): void {
  for (const pidOf of known) {
    const pid = pidOf();
    if (pid === undefined || pid === 0 || pid === -1) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  }
}
