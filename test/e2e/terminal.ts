import { writeFile } from "node:fs/promises";
import * as path from "node:path";
import { Kubectl } from "../../lib/deploy/kubectl";

/** The same cluster through a copy of the configuration in which the context's namespace is set, as the README advises. */
export async function terminal(kubectl: Kubectl, folder: string, namespace: string): Promise<Kubectl> {
  const file = path.join(folder, `kubeconfig-${namespace}`);
  const copy = await kubectl.run(["config", "view", "--raw", "--minify", "--flatten"]);
  await writeFile(file, copy, { mode: 0o600 });
  const own = new Kubectl({ ...kubectl.env, KUBECONFIG: file });
  await own.run(["config", "set-context", "--current", `--namespace=${namespace}`]);
  return own;
}
