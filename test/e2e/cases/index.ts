import { prod } from "../../../lib/stages/prod";
import { LIGHT } from "../light-stage";
import type { Plan } from "../plan";
import { inProd, inProdHa } from "../prod";
import { alerts } from "./alerts";
import { alertsHa } from "./alerts-ha";
import { api } from "./api";
import { applyAgain } from "./apply-again";
import { backup } from "./backup";
import { certificate } from "./certificate";
import { clients } from "./clients";
import { configPoisoned } from "./config-poisoned";
import { connections } from "./connections";
import { contractMigration } from "./contract-migration";
import { credentials } from "./credentials";
import { deployDev, deployFor } from "./deploy";
import { deployAsks } from "./deploy-asks";
import { foretold } from "./diff";
import { docs } from "./docs";
import { drill } from "./drill";
import { drillS3 } from "./drill-s3";
import { firstStartKilled } from "./first-start-killed";
import { gracefulStop } from "./graceful-stop";
import { hugePages } from "./huge-pages";
import { image } from "./image";
import { imageRuns } from "./image-runs";
import { ipv6 } from "./ipv6";
import { killed } from "./killed";
import { kubelet } from "./kubelet";
import { memory } from "./memory";
import { migrationBroken } from "./migration-broken";
import { migrationStuck } from "./migration-stuck";
import { nameServers } from "./name-servers";
import { network } from "./network";
import { oldReleases } from "./old-releases";
import { onlyOne } from "./only-one";
import { otherStages } from "./other-stages";
import { podDeleted } from "./pod-deleted";
import { prodEmpty } from "./prod-empty";
import { prodHaDrill } from "./prod-ha-drill";
import { prodHaFailover } from "./prod-ha-failover";
import { deployProdHa, prodHaLives } from "./prod-ha-lives";
import { prodHaMove, prodHaMoved } from "./prod-ha-move";
import { prodHaNetwork } from "./prod-ha-network";
import { prodHaRecovery } from "./prod-ha-recovery";
import { prodHaEviction, prodHaSwitchover, prodHaVolume } from "./prod-ha-switchover";
import { deployProd, prodLives } from "./prod-lives";
import { prodRenewal } from "./prod-renewal";
import { prodRotation } from "./prod-rotation";
import { prune } from "./prune";
import { quota } from "./quota";
import { releaseBefore } from "./release-before";
import { releasesAtOnce } from "./releases-at-once";
import { restore } from "./restore";
import { restoreS3 } from "./restore-s3";
import { roles } from "./roles";
import { rollback } from "./rollback";
import { rollingRelease } from "./rolling-release";
import { scratch } from "./scratch";
import { serverConfigPoisoned } from "./server-config-poisoned";
import { serviceKilled } from "./service-killed";
import { slowRecovery } from "./slow-recovery";
import { prodHaStatus, prodStatus, status } from "./status";
import { synth } from "./synth";
import { unreadSecret } from "./unread-secret";
import { verification } from "./verification";
import { volumeFull } from "./volume-full";
import { volumeGrowth } from "./volume-growth";
import { volumeOwner } from "./volume-owner";

/** A new case is a file here and a line below. */
export const PLAN: Plan = {
  first: [synth, image],
  home: {
    name: "",
    cases: [
      ...[deployDev, verification, docs, imageRuns, applyAgain, prune, api, ipv6, hugePages, quota],
      ...[network, nameServers, roles, clients, credentials, certificate],
    ],
  },
  // Those that take longest first, so that none is left alone at the end.
  others: [
    {
      name: "release",
      cases: [deployFor("release"), rollingRelease, serviceKilled, rollback, releaseBefore, contractMigration],
    },
    { name: "migration", cases: [deployFor("migration"), migrationStuck, migrationBroken, releasesAtOnce] },
    { name: "recovery", cases: [deployFor("recovery"), slowRecovery, killed, podDeleted, gracefulStop, connections] },
    { name: "diff", cases: [deployFor("diff"), deployAsks, foretold] },
    { name: "backup", cases: [deployFor("backup"), backup, drill, status] },
    { name: "restore", cases: [deployFor("restore"), restore] },
    { name: "restore-s3", cases: [restoreS3] },
    { name: "drill-s3", cases: [drillS3] },
    { name: "memory", cases: [deployFor("memory"), memory] },
    {
      name: "config",
      cases: [deployFor("config"), onlyOne, scratch, unreadSecret, volumeOwner, configPoisoned, serverConfigPoisoned],
    },
    { name: "full", cases: [volumeFull(LIGHT)] },
    { name: "new", cases: [firstStartKilled] },
    { name: "growth", cases: [volumeGrowth] },
    { name: "stages", cases: [otherStages, oldReleases] },
    {
      name: "prod",
      cases: [
        ...[deployProd("prod"), prodLives, prodStatus, prodRotation, prodRenewal],
        ...[killed, migrationStuck, rollingRelease].map(inProd),
      ],
    },
    { name: "prod-full", cases: [inProd(volumeFull(prod))] },
    { name: "prod-empty", cases: [prodEmpty] },
    { name: "alerts", alone: true, cases: [alerts] },
    {
      name: "prod-ha",
      alone: true,
      cases: [
        ...[deployProdHa, prodHaLives, prodHaStatus, alertsHa, prodHaNetwork],
        ...[prodRotation, prodRenewal].map(inProdHa),
        ...[prodHaRecovery, prodHaDrill, prodHaSwitchover, prodHaEviction, prodHaFailover, prodHaVolume],
      ],
    },
    { name: "prod-ha-move", alone: true, cases: [deployProd("prod-ha-move"), prodHaMove, prodHaMoved] },
  ],
  last: [kubelet],
  // With four, two cores were so busy that single requests failed which the promises allow none of.
  atOnce: 3,
};
