import type { Kubectl, KubeObject } from "./kubectl";
import { isUnready, podTrouble } from "./readiness";

/** Collects what a person looks at next: the namespace's events, its unready pods' state and their last lines. */
export async function diagnose(kubectl: Kubectl): Promise<string> {
  const parts = [await section("Pods", kubectl, ["get", "pods", "--output=wide"])];
  const pods = await kubectl.list("pods").catch(() => []);
  for (const pod of pods.filter(isTroubled).slice(0, MOST_PODS)) parts.push(await podReport(kubectl, pod));
  parts.push(await section("Events", kubectl, ["get", "events", "--sort-by=.metadata.creationTimestamp"], 25));
  return parts.join("\n");
}

const MOST_PODS = 4;

const isTroubled = (pod: KubeObject) => podTrouble(pod) !== undefined || isUnready(pod);

async function podReport(kubectl: Kubectl, { metadata: { name } }: KubeObject): Promise<string> {
  const logs = ["logs", name, "--all-containers", "--prefix", "--tail=25"];
  const parts = [
    await section(`Pod ${name}`, kubectl, ["describe", "pod", name], 40),
    await section(`Log of ${name}`, kubectl, logs, 50),
  ];
  const { code, stdout } = await kubectl.try([...logs, "--previous"]);
  if (code === 0 && stdout.trim() !== "") parts.push(block(`Log of ${name} before its restart`, stdout, 50));
  return parts.join("\n");
}

async function section(title: string, kubectl: Kubectl, args: readonly string[], lines = 40): Promise<string> {
  const { stdout, stderr } = await kubectl.try(args, { seconds: 30 });
  return block(title, stdout.trim() || stderr.trim() || "(nothing)", lines);
}

function block(title: string, text: string, lines: number): string {
  const last = text.trimEnd().split("\n").slice(-lines);
  return [`--- ${title}`, ...last.map((line) => `    ${line}`)].join("\n");
}
