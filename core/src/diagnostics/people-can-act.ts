import { defineDiagnostic, failed, passed } from "../diagnostic.ts";

export default defineDiagnostic({
  name: "people-can-act",
  summary: "Two people may operate, one of them as an admin: there is somebody, and a second person",
  suites: ["full"],
  timeoutSeconds: 2,
  async run({ ports: { directory } }) {
    const operators = directory.withRole("operator").length;
    const admins = directory.withRole("admin").length;
    const words = `${operators} may operate, ${admins} of them as admin, by ${directory.source}`;
    return operators >= 2 && admins >= 1 ? passed(words) : failed("whoami", words);
  },
});
