/** Ctrl-C leaves no time to close a stage. @param pidOf the process that is to go, asked at the end */
export function endWithUs(pidOf: () => number | undefined): void {
  process.once("exit", () => {
    const pid = pidOf();
    if (pid === undefined || pid === 0 || pid === -1) return;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  });
}
