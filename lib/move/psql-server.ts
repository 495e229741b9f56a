import { DATABASE } from "../contract";
import type { Kubectl } from "../deploy/kubectl";
import { SESSION, type Server } from "./server";

export interface PsqlServerProps {
  readonly name: string;
  /** Pod, or Service of the pod, as kubectl finds it, e.g. `"service/postgres-rw"`. */
  readonly pod: string;
  readonly address: string;
  readonly kubectl: Kubectl;
}

/** A hash of hundreds of gigabytes takes hours. */
const PATIENCE_SECONDS = 24 * 3600;

/** The same program and user as a person's in that pod. */
export const inPod = (pod: string, ...command: readonly string[]) => [
  ...["exec", "--stdin", pod, "--container=postgres", "--"],
  ...command,
];

/** A server as psql in its pod sees it, as the superuser over the socket. No password comes to this machine. */
export function psqlServer({ name, pod, address, kubectl }: PsqlServerProps): Server {
  const psql = ["psql", "-U", DATABASE.superuser, "-d", DATABASE.name, "-AtqX", "-v", "ON_ERROR_STOP=1", "-f", "-"];
  return {
    name,
    address,
    async run(...statements) {
      // Not as arguments, so that no list of processes has them.
      const input = [...SESSION, ...statements].map((statement) => `${statement.trimEnd()}\n;\n`).join("");
      const output = await kubectl.run(inPod(pod, ...psql), { input, seconds: PATIENCE_SECONDS });
      const last = output.trimEnd().split("\n").at(-1) ?? "";
      return last === "" ? undefined : JSON.parse(last);
    },
  };
}
