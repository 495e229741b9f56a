import { PLACEHOLDER_RECIPIENT } from "../contract";
import { RELEASED_IMAGES } from "./images";
import { guaranteed } from "./resources";

/**
 * Values that every stage has in common. Omits every number that a stage must choose. Forgetting one there is then a
 * compile error, not another stage's value.
 */
export const shared = {
  namespace: "diabrisk",
  services: {
    "auth-svc": "http://auth-svc:8080",
    "ml-api": "http://ml-api:8080",
    "api-gateway": "http://api-gateway:8080",
    frontend: "http://frontend:8080",
    "data-svc": "https://data-svc:8080",
  },
  session: { lifetimeSeconds: 86_400, idleTimeoutSeconds: 1_800 },
  cookie: { name: "diabrisk_session", httpOnly: true, sameSite: "lax" },
  network: {
    dns: [
      { kind: "pods", namespace: "kube-system", label: ["k8s-app", "kube-dns"] },
      // NodeLocal DNSCache: its pods where the network redirects to them, and the address that it adds to each node
      // where it shares the node's network, in which no policy selects a pod.
      { kind: "pods", namespace: "kube-system", label: ["k8s-app", "node-local-dns"] },
      { kind: "addresses", cidr: "169.254.20.10/32" },
      // Cloud DNS of GKE answers on each node.
      { kind: "addresses", cidr: "169.254.169.254/32" },
    ],
    monitoringNamespace: "monitoring",
    // Where API servers are and nothing else is at their port. A stage whose network has something else there narrows it.
    apiServer: {
      network: [
        { kind: "addresses", cidr: "10.0.0.0/8" },
        { kind: "addresses", cidr: "172.16.0.0/12" },
        { kind: "addresses", cidr: "192.168.0.0/16" },
      ],
      port: 6443,
    },
    callers: [
      {
        app: "api-gateway",
        may: [
          ...(["createAssessment", "listAssessments", "getAssessment", "deleteAssessment"] as const),
          ...(["createReport", "listReports", "deleteReport"] as const),
          ...(["exportUser", "eraseUser", "listErasedDocuments", "acknowledgeErasedDocument"] as const),
        ],
      },
      {
        app: "ml-api",
        may: ["getActiveModelVersion", "registerModelVersion", "activateModelVersion", "createAssessment"],
      },
    ],
  },
  clients: {
    "auth-svc": {
      app: "auth-svc",
      role: "auth_svc",
      tables: {
        // Finds a person by e-mail or makes one, who is `registered`; notes the login.
        users: {
          select: ["id", "email", "role", "created_at", "last_login_at"],
          insert: ["email"],
          update: ["last_login_at"],
        },
        // Ends a session by `revoked_at`. Expired rows are deleted by others.
        auth_sessions: {
          select: [
            ...(["id", "user_id", "token_hash", "ip_address", "user_agent", "created_at", "expires_at"] as const),
            ...(["last_activity", "revoked_at"] as const),
          ],
          insert: ["user_id", "token_hash", "ip_address", "user_agent", "expires_at"],
          update: ["last_activity", "revoked_at"],
        },
        // Waits for a schema that it knows, as data-svc does.
        schema_migrations: { select: ["version", "dirty"] },
      },
    },
  },
  database: {
    image: { reference: RELEASED_IMAGES.postgres, pullPolicy: "Always" },
    reloader: guaranteed({ cpu: "50m", memory: "32Mi", ephemeralStorage: "64Mi" }),
    stopGraceSeconds: 120,
  },
  cluster: {
    image: { reference: RELEASED_IMAGES["ghcr.io/cloudnative-pg/postgresql"], pullPolicy: "Always" },
    nodeEach: true,
    operatorNamespace: "cnpg-system",
    archive: {
      target: {
        endpoint: "https://s3.eu-central-1.amazonaws.com",
        region: "eu-central-1",
        network: [{ kind: "addresses", cidr: "10.0.0.0/16" }],
      },
    },
  },
  backup: {
    resources: guaranteed({ cpu: "500m", memory: "256Mi", ephemeralStorage: "64Mi" }),
    retries: 2,
    bucket: {
      kind: "s3",
      endpoint: "https://s3.eu-central-1.amazonaws.com",
      region: "eu-central-1",
      // The network's own way to S3, such as an interface endpoint of a VPC: a provider's public addresses change weekly.
      network: [{ kind: "addresses", cidr: "10.0.0.0/16" }],
    },
    // Nobody has made the keys yet, and `deploy` says so.
    recipients: { kind: "keys", people: [PLACEHOLDER_RECIPIENT], drill: PLACEHOLDER_RECIPIENT },
    drill: { resources: guaranteed({ cpu: "500m", memory: "512Mi", ephemeralStorage: "64Mi" }) },
  },
  retention: {
    deadlineSeconds: 1800,
    // Long enough to look into a login that somebody reports.
    sessionDays: 30,
    // Six years, for which HIPAA has its documentation kept (45 CFR 164.316(b)(2)(i)). Another law may ask for other numbers.
    auditMonths: 72,
    // Room for the next quarter, so that days without a run cost nothing.
    partitionsAheadMonths: 3,
    resources: guaranteed({ cpu: "100m", memory: "128Mi", ephemeralStorage: "64Mi" }),
  },
  migration: {
    resources: guaranteed({ cpu: "250m", memory: "256Mi", ephemeralStorage: "64Mi" }),
    retries: 6,
    keepFinishedSeconds: 7 * 86_400,
  },
  service: {
    image: { reference: RELEASED_IMAGES["diabrisk/data-svc"], pullPolicy: "Always" },
    // A switchover takes up to 25 s, half of it until a replica follows; a restart of the server's pod 10 s (docs/proofs.md).
    outageWaitSeconds: 30,
    drainSeconds: 5,
    stopGraceSeconds: 40,
  },
  monitoring: {
    kind: "prometheus-operator",
    labels: [],
    exporter: {
      image: { reference: RELEASED_IMAGES["quay.io/prometheuscommunity/postgres-exporter"], pullPolicy: "Always" },
      resources: guaranteed({ cpu: "100m", memory: "64Mi", ephemeralStorage: "64Mi" }),
    },
    drillDays: 8,
    retentionDays: 3,
  },
} as const;
