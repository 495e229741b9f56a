import { readFileSync } from "node:fs";
import * as path from "node:path";

const textOf = (file: string) => readFileSync(path.join(__dirname, file), "utf8");

/** The shell scripts that run in pods, read from this folder. A bundle has the texts instead of this module. */
export const SCRIPTS = {
  "drill-report": textOf("drill-report.sh"),
  "drill-server": textOf("drill-server.sh"),
  "drill-step": textOf("drill-step.sh"),
  "exporter-login": textOf("exporter-login.sh"),
  "postgres-backup": textOf("postgres-backup.sh"),
  "postgres-supervisor": textOf("postgres-supervisor.sh"),
  "reloader-certificate": textOf("reloader-certificate.sh"),
  "reloader-network": textOf("reloader-network.sh"),
  "reloader-roles": textOf("reloader-roles.sh"),
  "reloader-socket": textOf("reloader-socket.sh"),
};

/** The SQL that psql and exporters run in pods. */
export const SQL = {
  "cluster-instance": textOf("cluster-instance.sql"),
  "exporter-erasure": textOf("exporter-erasure.sql"),
  "exporter-health": textOf("exporter-health.sql"),
  "exporter-sessions": textOf("exporter-sessions.sql"),
  "postgres-backup": textOf("postgres-backup.sql"),
};
