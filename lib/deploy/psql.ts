import { DATABASE } from "../contract";

/** Prints the rows alone, as the superuser over the socket; ends with the first error. */
export const PSQL = ["psql", "-U", DATABASE.superuser, "-d", DATABASE.name, "-qAtX", "-v", "ON_ERROR_STOP=1"];
