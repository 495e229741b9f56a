import type { Case } from "../case";
import { api } from "./api";
import { applyAgain } from "./apply-again";
import { certificate } from "./certificate";
import { configPoisoned } from "./config-poisoned";
import { connections } from "./connections";
import { credentials } from "./credentials";
import { deployDev } from "./deploy";
import { firstStartKilled } from "./first-start-killed";
import { gracefulStop } from "./graceful-stop";
import { image } from "./image";
import { imageRuns } from "./image-runs";
import { killed } from "./killed";
import { kubelet } from "./kubelet";
import { memory } from "./memory";
import { migrationBroken } from "./migration-broken";
import { migrationStuck } from "./migration-stuck";
import { network } from "./network";
import { otherStages } from "./other-stages";
import { podDeleted } from "./pod-deleted";
import { releasesAtOnce } from "./releases-at-once";
import { roles } from "./roles";
import { rollback } from "./rollback";
import { rollingRelease } from "./rolling-release";
import { serverConfigPoisoned } from "./server-config-poisoned";
import { serviceKilled } from "./service-killed";
import { slowRecovery } from "./slow-recovery";
import { synth } from "./synth";
import { verification } from "./verification";
import { volumeFull } from "./volume-full";

/** In the order in which they run. A new one is a file here and a line below. */
export const CASES: readonly Case[] = [
  synth,
  image,
  deployDev,
  verification,
  imageRuns,
  applyAgain,
  api,
  network,
  roles,
  credentials,
  certificate,
  podDeleted,
  killed,
  slowRecovery,
  gracefulStop,
  kubelet,
  connections,
  memory,
  volumeFull,
  firstStartKilled,
  rollingRelease,
  serviceKilled,
  rollback,
  migrationStuck,
  migrationBroken,
  releasesAtOnce,
  configPoisoned,
  serverConfigPoisoned,
  otherStages,
];
