import { fitsPostgres, smallestMemory } from "../postgres/settings";
import { checkQuantity } from "./check-resources";
import { parseMebibytes, parseQuantity, wholeNumber } from "./quantity";
import type { Released } from "./released";
import type { DatabaseStage } from "./stage";

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
  problems.push(...wholeNumber("database.stopGraceSeconds", stopGraceSeconds, 0));
  if (stopGraceSeconds < 30) {
    problems.push(
      `database.stopGraceSeconds is ${stopGraceSeconds}, too short for the checkpoint that a clean stop writes. ` +
        "Set at least 30; 120 is usual.",
    );
  }
  return problems;
}

/** Refuses differences from the last release that cannot be changed in place. */
export function checkReleased(current: Released, released: Released): string[] {
  const { storage, ...names } = released;
  const problems = checkStorage(current.storage, storage);
  for (const name of Object.keys({ storageClass: undefined, ...names }) as (keyof Released)[]) {
    if (current[name] === released[name]) continue;
    problems.push(
      `${name} is ${show(current[name])} but the deployed database has ${show(released[name])}, and its volume, name or files ` +
        `cannot follow. Set it back, or follow ${RUNBOOK} and then record it in lib/stages/released.ts.`,
    );
  }
  return problems;
}

function checkStorage(current: string, released: string): string[] {
  const [now, before] = [parseQuantity(current), parseQuantity(released)];
  if (now === undefined || before === undefined || now === before) return [];
  if (now < before) {
    return [
      `database.storage is ${current} but the deployed volume has ${released}, and Kubernetes never shrinks a volume. ` +
        `Set it to ${released} or more, or move the data as ${RUNBOOK} says.`,
    ];
  }
  return [
    `database.storage is ${current} but the deployed volume has ${released}, and Kubernetes refuses a StatefulSet whose claim ` +
      `template changed. Grow the claim first as ${RUNBOOK} says, and then record ${current} in lib/stages/released.ts.`,
  ];
}

const show = (value: unknown) => (value === undefined ? "none" : `"${value}"`);
