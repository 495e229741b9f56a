import { E2e } from "./case";
import { terminal } from "./terminal";

/**
 * Another namespace for the same case, whose lines say so. It is removed with what the case made.
 * @param enter makes the kubectl whose default namespace it is
 */
export async function beside(e2e: E2e, name: string, enter = terminal): Promise<E2e> {
  const { options, root, folder, signal, shared } = e2e;
  const namespace = `${e2e.namespace}-${name}`;
  const kubectl = await enter(e2e.kubectl, folder, namespace);
  const print = (line: string) => e2e.print(line.replace(/^\s*(?:\| )?/, `$&${name}: `));
  const other = new E2e(options, root, folder, kubectl, namespace, print, signal, shared);
  let removal: Promise<readonly string[]> | undefined;
  e2e.cleanUp(
    `what is in ${namespace}`,
    async () => {
      removal = other.removeAll();
    },
    async () => {
      const left = (await removal) ?? [];
      if (left.length > 0) throw new Error(left.join("; "));
    },
  );
  return other;
}
