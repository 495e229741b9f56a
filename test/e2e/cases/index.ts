import type { Case } from "../case";
import { api } from "./api";
import { applyAgain } from "./apply-again";
import { deployDev } from "./deploy";
import { image } from "./image";
import { imageRuns } from "./image-runs";
import { network } from "./network";
import { otherStages } from "./other-stages";
import { podDeleted } from "./pod-deleted";
import { synth } from "./synth";
import { verification } from "./verification";

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
  podDeleted,
  otherStages,
];
