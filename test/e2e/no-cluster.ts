import { Kubectl, type Outcome } from "../../lib/deploy/kubectl";
import { E2e } from "./case";
import { Shared } from "./shared";

class NoCluster extends Kubectl {
  override async try(): Promise<Outcome> {
    return { code: 0, stdout: '{"items":[]}', stderr: "" };
  }
}

const OPTIONS = { cases: [], all: false, record: false, build: false, keep: false };

/** Surroundings of a case without a cluster, for tests: whatever kubectl lists is empty. */
export const e2eOf = (
  namespace: string,
  print: (line: string) => void,
  signal = new AbortController().signal,
  shared = new Shared(),
): E2e => new E2e(OPTIONS, "/", "/", new NoCluster({}), namespace, print, signal, shared);
