import * as path from "node:path";

/**
 * Lists what each room of `lib` may import from other rooms and npm. Its own files and Node's modules are always
 * allowed. `npm run lint:imports` enforces the list, and the picture of imports draws it. A room is a folder or file of
 * `lib`; its row comes after the rows of everything that it imports. A file with its own row is not part of its folder.
 * An entry means a room's `index.ts` if it has one. Other files are listed by their own names.
 */
export const ROOMS: Readonly<Record<string, string>> = {
  // Importable from everywhere in the project.
  contract: "",
  common: "",

  // The image, as both sides see it.
  image: "contract common",

  // Manifests.
  postgres: "contract",
  policy: "common imports/k8s-schema.json npm:yaml",
  stages: "contract common postgres policy policy/command",
  secrets: "contract common stages/stage npm:@peculiar/x509 npm:age-encryption npm:reflect-metadata",
  // The frame of every page for a person.
  page: "",
  // The document that a stage or the local stack tells of itself, with its renderings.
  status: "common page npm:@sinclair/typebox",
  deploy:
    "contract common postgres/identity stages/stage stages/quantity stages/drill-namespace secrets/credentials secrets/required npm:pg npm:yaml npm:@sinclair/typebox",
  "deploy/preflight": "contract common deploy postgres/identity stages/quantity",
  synth: "common stages/config-error",
  // The statement that counts and hashes, which manifests carry, too.
  "backup/contents-sql": "",
  monitoring: "contract postgres/identity",
  constructs:
    "contract common backup/contents-sql imports monitoring monitoring/dashboard postgres stages/stage stages/quantity secrets/credentials synth/yaml npm:cdk8s npm:cdk8s-plus-28 npm:constructs",
  charts:
    "contract common monitoring postgres/engines postgres/identity stages/stage stages/callers stages/schedule stages/drill-limits stages/drill-namespace stages/tls-names secrets/credentials secrets/required constructs npm:cdk8s npm:cdk8s-plus-28 npm:constructs",
  app: "stages/stage stages/check stages/policy policy synth/yaml synth/output charts npm:cdk8s",

  // Pictures for docs/ and for the page of a status.
  pictures:
    "app policy policy/connections policy/kubernetes/network policy/kubernetes/selector policy/objects policy/pods policy/tree secrets/credentials stages/stage npm:cdk8s npm:@viz-js/viz",

  // Backups.
  backup: "contract common backup/contents-sql npm:pg npm:@sinclair/typebox npm:age-encryption npm:aws4fetch",

  // The migrator.
  "migrator/base": "contract npm:pg",
  "migrator/files": "contract common migrator/base",
  "migrator/settings": "contract npm:pg",
  "migrator/database": "contract common migrator/base migrator/files npm:pg",
  "migrator/catalogue": "npm:pg",
  "migrator/sql": "migrator/base migrator/files/header migrator/database/connection npm:pg npm:libpg-query",
  "migrator/analysis": "migrator/base migrator/sql npm:pg npm:libpg-query",
  "migrator/lint": "common migrator/base migrator/files migrator/settings migrator/sql migrator/analysis",
  "migrator/state":
    "contract migrator/base migrator/files migrator/database migrator/catalogue/ignore migrator/sql npm:pg",
  "migrator/losses":
    "migrator/base migrator/database/connection migrator/files migrator/sql migrator/analysis migrator/state npm:pg npm:libpg-query",
  "migrator/data": "migrator/base migrator/database migrator/sql migrator/analysis npm:pg npm:libpg-query",
  "migrator/run": "contract migrator/base migrator/files migrator/database migrator/sql migrator/lint/advice npm:pg",
  "migrator/stepwise":
    "contract migrator/base migrator/files migrator/database migrator/sql migrator/state migrator/run npm:pg",
  "migrator/trace": "migrator/base migrator/files migrator/database migrator/sql migrator/analysis npm:pg",
  "migrator/scratch":
    "contract migrator/base migrator/files migrator/database migrator/catalogue migrator/catalogue/compare migrator/catalogue/ignore migrator/catalogue/sql migrator/state npm:pg",
  "migrator/apply":
    "contract migrator/base migrator/files migrator/database migrator/sql migrator/state migrator/run migrator/stepwise npm:pg npm:umzug",
  "migrator/plan":
    "migrator/base migrator/files migrator/settings migrator/database migrator/sql migrator/analysis migrator/data migrator/lint migrator/state migrator/run migrator/apply npm:pg",
  "migrator/reading": "contract migrator/base migrator/files migrator/database npm:pg",
  "migrator/api":
    "migrator/files migrator/losses migrator/apply migrator/plan migrator/scratch migrator/state migrator/trace npm:pg",
  "migrator/migrator":
    "contract migrator/base migrator/files migrator/database migrator/state migrator/losses migrator/apply migrator/plan migrator/scratch migrator/trace migrator/api migrator/reading npm:pg npm:umzug",
  "migrator/commands":
    "contract common migrator/base migrator/files migrator/settings migrator/database migrator/state migrator/lint migrator/losses migrator/plan migrator/trace migrator/api migrator/migrator",
  "migrator/json-schema": "contract migrator/analysis/locks npm:@sinclair/typebox",
  "migrator/cli":
    "migrator/base/errors migrator/settings migrator/commands migrator/commands/command migrator/commands/flags migrator/commands/run",
  "migrator/index":
    "migrator/base migrator/files migrator/database migrator/catalogue/ignore migrator/state migrator/losses migrator/scratch migrator/trace migrator/apply migrator/api migrator/migrator",

  // The diff of a stage with its cluster, which has the migrator's plan.
  "deploy/diff":
    "contract postgres/identity secrets/credentials deploy deploy/preflight migrator migrator/analysis/locks migrator/plan/preview migrator/plan/text npm:@sinclair/typebox",

  "deploy/status":
    "contract common deploy postgres/identity stages/stage stages/schedule stages/drill-namespace status",

  // The dashboard's panels as a page.
  panels: "common page deploy/kubectl deploy/port-forward monitoring/dashboard stages/stage",

  // DiabRisk's database roles, and the commands and services.
  roles: "contract image/expected migrator migrator/cli migrator/json-schema npm:pg npm:@sinclair/typebox",
  migrate: "contract migrator/cli roles/addition",
  retention: "contract common migrator/base migrator/settings migrator/database/connection npm:pg",
  "data-svc":
    "contract common image/expected npm:pg npm:yaml npm:jose npm:pino npm:prom-client npm:fastify npm:@fastify/swagger npm:@fastify/type-provider-typebox npm:@sinclair/typebox",
  "deploy/backup":
    "contract common backup imports constructs/pod-defaults deploy/kubectl deploy/job-log deploy/look deploy/readiness deploy/waiting stages/resources stages/stage npm:cdk8s",
  restore:
    "contract common backup backup/contents backup/contents-sql backup/differences imports constructs/clients-variable constructs/keeps-flags constructs/network-policy constructs/pod-defaults constructs/postgres-backup-pod constructs/roles-volume constructs/shell-script deploy/kubectl deploy/job-log deploy/look deploy/readiness deploy/waiting postgres/identity stages/stage npm:cdk8s",
  move: "contract common backup/contents backup/contents-sql backup/differences deploy/deploy deploy/kubectl deploy/manifests deploy/pods deploy/waiting migrator/database/lock postgres/identity stages/stage npm:pg",
  local:
    "contract common postgres status stages/dev stages/callers pictures backup backup/contents-sql constructs/scripts constructs/shell-script secrets/age-keys secrets/issue migrator roles data-svc npm:jose npm:pg npm:picocolors",
};

/** The entries of one row. */
export const entriesOf = (row: string): string[] => row.split(" ").filter(Boolean);

/** Finds the room of an entry, as a row of the table; undefined for anything outside of `lib`. */
export function roomOf(entry: string): string | undefined {
  const inLib = [`${entry}/index`, entry, path.dirname(entry)];
  return inLib.find((name) => Object.hasOwn(ROOMS, name));
}
