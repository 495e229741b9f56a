import { PARTS } from "../../constructs/labels";
import { podsOf, to } from "../../constructs/network-policy";
import { Postgres } from "../../constructs/postgres";
import { DATABASE } from "../../contract";
import { databaseUsers } from "../../secrets/credentials";
import type { Engine } from "./engine";

/** One server in a StatefulSet of ours. A container beside it follows the Secrets. */
export const statefulset: Engine = {
  replicated: false,
  followed: {},
  clients: [],
  database(scope, stage) {
    new Postgres(scope, { ...stage.database, users: databaseUsers(stage) });
  },
  // It opens no connection. One to itself fills the empty direction.
  traffic: () => ({ ingress: [], egress: [to(DATABASE.port, podsOf(PARTS.database.app))] }),
  // The dumps are all.
  archive: () => undefined,
  backups: () => undefined,
  // The exporter tells everything.
  monitors: () => undefined,
  alerts: () => [],
};
