import { fitsPostgres, smallestMemory } from "../postgres/settings";
import { checkQuantity } from "./check-resources";
import { parseMebibytes, parseQuantity, wholeNumber } from "./quantity";
import type { Released } from "./released";
import type { Amounts, DatabaseStage } from "./stage";

const RUNBOOK = 'the runbook "Changing what cannot be changed in place" in docs/operations.md';

/** Refuses limits in which PostgreSQL cannot work. */
export function checkDatabase({ resources, storage, stopGraceSeconds }: DatabaseStage): string[] {
  const problems = checkQuantity("database.storage", storage);
  const { requests, limits } = resources;
  const memory = parseMebibytes(limits.memory);
  if (memory !== undefined && !fitsPostgres(memory)) {
    problems.push(
      `database.resources.limits.memory is ${limits.memory}, in which PostgreSQL with its 20 connections would be killed ` +
        `for its memory. Set it to ${smallestMemory()}Mi at least.`,
    );
  }
  if ((parseQuantity(requests.memory) ?? 0) < (parseQuantity(limits.memory) ?? 0)) {
    problems.push(
      `database.resources.requests.memory is ${requests.memory} but its limit is ${limits.memory}, so a busy node would ` +
        `kill the database first. Set both to ${limits.memory}.`,
    );
  }
  if ((parseMebibytes(storage) ?? 1024) < 1024) {
    problems.push(`database.storage is ${storage}, too small for the write-ahead log and the data. Set at least 1Gi.`);
  }
  problems.push(...checkLogRoom(limits));
  problems.push(...wholeNumber("database.stopGraceSeconds", stopGraceSeconds, 0));
  if (stopGraceSeconds < 30) {
    problems.push(
      `database.stopGraceSeconds is ${stopGraceSeconds}, too short for the checkpoint that a clean stop writes. ` +
        "Set at least 30; 120 is usual.",
    );
  }
  return problems;
}

/**
 * MiB that a session can log with a core before the kubelet rotates, in all files that it keeps: measured 47 MiB a
 * second, looks every 10 s, 5 files. A session has one core.
 */
const LOG_OF_A_CORE = 47 * 10 * 5;

/** Refuses a limit that a role's warnings reach: the kubelet would evict the database for its log. */
function checkLogRoom({ cpu, ephemeralStorage }: Amounts): string[] {
  const [cores, room] = [parseQuantity(cpu), parseMebibytes(ephemeralStorage)];
  const least = Math.ceil(Math.min(cores ?? 0, 1) * LOG_OF_A_CORE);
  if (room === undefined || room >= least) return [];
  return [
    `database.resources.limits.ephemeralStorage is ${ephemeralStorage}, which any role can fill with warnings in the log before ` +
      `the kubelet rotates it, and the database would be evicted. Set it to ${least}Mi at least.`,
  ];
}

/** Refuses differences from the last release that cannot be changed in place. */
export function checkReleased(current: Released, released: Released): string[] {
  const { storage, walStorage, lineage, ...names } = released;
  const problems = [
    ...checkStorage("database.storage", current.storage, storage),
    ...checkStorage("cluster.walStorage", current.walStorage, walStorage),
    ...checkLineage(current.lineage, lineage),
  ];
  for (const name of Object.keys({ storageClass: undefined, ...names }) as (keyof Released)[]) {
    if (current[name] === released[name]) continue;
    problems.push(
      `${name} is ${show(current[name])} but the deployed database has ${show(released[name])}, and its volume, name or files ` +
        `cannot follow. Set it back, or follow ${RUNBOOK} and then record it in lib/stages/released.ts.`,
    );
  }
  return problems;
}

function checkStorage(field: string, current = "", released = ""): string[] {
  const [now, before] = [parseQuantity(current), parseQuantity(released)];
  if (now === undefined || before === undefined) return [];
  // A larger one grows in place: `npm run deploy` enlarges the claim.
  if (now >= before) return [];
  return [
    `${field} is ${current} but the deployed volume has ${released}, and Kubernetes never shrinks a volume. ` +
      `Set it to ${released} or more, or move the data as ${RUNBOOK} says.`,
  ];
}

/** A cluster that archives under another name has no base backup there until the next one. */
function checkLineage(current?: string, released?: string): string[] {
  if (current === undefined || released === undefined || current === released) return [];
  return [
    `cluster.archive.lineage is "${current}" but the deployed cluster archives as "${released}", and under a new name nothing could be ` +
      "recovered until its next base backup. Set it back, or record it in lib/stages/released.ts if the cluster is made anew.",
  ];
}

const show = (value: unknown) => (value === undefined ? "none" : `"${value}"`);
