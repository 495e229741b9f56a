import type { RetentionStage } from "../stages/stage";

/** How long the database keeps what the retention deletes. */
export type Keeps = Pick<RetentionStage, "auditMonths" | "sessionDays">;

/** Has `migrate bootstrap` tell the database. The retention itself may not, and so deletes nothing younger. */
export const keepsFlags = ({ auditMonths, sessionDays }: Keeps) => [
  ...["--audit-months", String(auditMonths), "--session-days", String(sessionDays)],
];
