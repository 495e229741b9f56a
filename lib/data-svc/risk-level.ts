import type { RiskLevel } from "./api/assessment";

export interface Thresholds {
  readonly prediabetes: number;
  readonly diabetes: number;
}

/** The level of a calibrated score. A score equal to a threshold gets the higher level, to be safe. */
export function riskLevel(calibratedScore: number, { prediabetes, diabetes }: Thresholds): RiskLevel {
  if (calibratedScore >= diabetes) return "diabetes";
  if (calibratedScore >= prediabetes) return "prediabetes";
  return "no_diabetes";
}
