import type { Client } from "../contract";

/** Tells `migrate` of the clients. Each part in its order, so that the same clients make the same Job. */
export const clientsVariable = (clients: readonly Client[]) => ({
  name: "CLIENTS",
  value: JSON.stringify(clients.map(({ app, role, connections, tables }) => ({ app, role, connections, tables }))),
});
