import { ManifestError } from "../manifests";
import type { Restart } from "./document";
import { effectOf } from "./text";

export interface Confirmation {
  readonly restarts: readonly Restart[];
  /** Whether the command line allows it already. */
  readonly allowed: boolean;
  /** Asks a person; undefined if nobody is there. */
  readonly ask?: (question: string) => Promise<string>;
}

/** Asks before anything restarts that nobody can do without meanwhile. @throws ManifestError if nobody agrees */
export async function confirmRestart({ restarts, allowed, ask }: Confirmation): Promise<void> {
  const felt = restarts.filter(({ kind, downtimeSeconds }) => kind === "restart" && downtimeSeconds > 0);
  if (felt.length === 0 || allowed) return;
  const effects = felt.map(effectOf).join("; ");
  const effect = effects.charAt(0).toUpperCase() + effects.slice(1);
  if (ask === undefined) {
    throw new ManifestError(
      `${effect}, and nobody can be asked here. Add --restart-database if you mean it. Nothing was applied.`,
    );
  }
  if (/^y(es)?$/i.test((await ask(`${effect}. Continue? [y/N] `)).trim())) return;
  throw new ManifestError("Nothing was applied.");
}
