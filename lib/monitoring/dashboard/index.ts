import dashboard from "./dashboard.json";

export { type Panel, ROWS, type Row, type Unit } from "./panels";

/** The dashboard as Grafana reads it, in one line. `npm run dashboard` makes the file from `panels.ts`. */
export const dashboardText = (): string => JSON.stringify(dashboard);
