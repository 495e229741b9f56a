/** The calibration curve of the seeded model: raw and calibrated score of each point. */
const CURVE = [
  [0, 0],
  [0.2, 0.18],
  [0.4, 0.39],
  [0.6, 0.62],
  [0.8, 0.81],
  [1, 1],
] as const;

/** Goes along the curve, from raw to calibrated (0, 1) or back (1, 0). */
function along(value: number, from: 0 | 1, to: 0 | 1): number {
  const at = CURVE.findIndex((point) => value <= point[from]);
  const [left, right] = [CURVE[Math.max(at, 1) - 1], CURVE[Math.max(at, 1)]];
  if (!left || !right) throw new Error(`${value} is not on the curve`);
  return left[to] + ((value - left[from]) / (right[from] - left[from])) * (right[to] - left[to]);
}

/** The calibrated score of a raw score, as the seeded model has it. */
export const calibratedOf = (raw: number) => along(raw, 0, 1);

/** The raw score that the seeded model calibrates to this one. */
export const rawOf = (calibrated: number) => along(calibrated, 1, 0);

/** Scores and level of a raw score, as the seeded model has them. */
export function scoresOf(raw_score: number) {
  const calibrated_score = calibratedOf(raw_score);
  const elevated = calibrated_score >= 0.65 ? "diabetes" : "prediabetes";
  return { raw_score, calibrated_score, risk_level: calibrated_score >= 0.35 ? elevated : "no_diabetes" };
}
