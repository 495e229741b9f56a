/** The drill of the archive of a cluster that CloudNativePG runs. */
export { type ApiServer, type ClusterManifest, Clusters } from "./clusters";
export { drillArchive } from "./drill-archive";
