import dashboard from "./dashboard.json";

export { ROWS } from "./panels";

/** The dashboard as Grafana reads it, in one line. `npm run dashboard` makes the file from `panels.ts`. */
export const dashboardText = (): string => JSON.stringify(dashboard);
