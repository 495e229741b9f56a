import { DATA_SVC, SERVICE_URL } from "../contract";
import type { Stage } from "./stage";

/** Checks `app-config`, the source of the secrets and the source of the certificate. */
export function checkConfig(stage: Stage): string[] {
  return [...checkUrls(stage), ...checkSession(stage), ...checkSecrets(stage), ...checkCertificate(stage)];
}

function checkUrls({ config }: Stage): string[] {
  return Object.entries(config.services).flatMap(([service, url]) => {
    const field = `config.services.${service}`;
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    // Checks the text itself, too: the URL parser repairs mistakes that other clients do not, nor data-svc at its start.
    if (!parsed || !new RegExp(SERVICE_URL).test(url)) {
      return [
        `${field} is ${JSON.stringify(url)}, which is not an http(s) URL. Write it like "http://${service}:8080".`,
      ];
    }
    if (service === DATA_SVC.name && parsed.protocol !== "https:") {
      return [
        `${field} is "${url}", but ${service} serves TLS alone. Write it like "https://${service}:${DATA_SVC.port}".`,
      ];
    }
    if (!parsed.username && !parsed.password) return [];
    return [`${field} holds a user name or password, which anyone who reads the ConfigMap would see. Leave it out.`];
  });
}

function checkSession({ name, config: { session } }: Stage): string[] {
  const { lifetimeSeconds, idleTimeoutSeconds, cookie } = session;
  const problems: string[] = [];
  for (const [field, seconds] of Object.entries({ lifetimeSeconds, idleTimeoutSeconds })) {
    if (Number.isInteger(seconds) && seconds > 0) continue;
    problems.push(`config.session.${field} is ${seconds}. Set a whole number of seconds above 0.`);
  }
  if (idleTimeoutSeconds > lifetimeSeconds) {
    problems.push(
      `config.session.idleTimeoutSeconds is ${idleTimeoutSeconds} but a session lives ${lifetimeSeconds} s ` +
        `(lifetimeSeconds), so it would never be idle for long enough. Lower the first to at most ${lifetimeSeconds}.`,
    );
  }
  if (!/^[\w.-]+$/.test(cookie.name)) {
    problems.push(`config.session.cookie.name is "${cookie.name}". Use letters, digits, ".", "_" and "-" only.`);
  }
  if (!cookie.secure && (name !== "dev" || cookie.sameSite === "none")) {
    problems.push(
      `config.session.cookie.secure is false, so ${name === "dev" ? 'browsers drop it with sameSite "none"' : "sessions can be read off the network"}. ` +
        "Set it to true.",
    );
  }
  return problems;
}

function checkSecrets({ name, secrets }: Stage): string[] {
  if (secrets.kind === "generated") {
    if (name === "dev") return [];
    return [
      'secrets.kind is "generated", which writes passwords into the manifests. Outside dev set "external" and name a store.',
    ];
  }
  const problems: string[] = [];
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(secrets.store)) {
    problems.push(`secrets.store is "${secrets.store}". Name a ClusterSecretStore of the cluster.`);
  }
  if (!/^[\w-]+(\/[\w-]+)*$/.test(secrets.path)) {
    problems.push(`secrets.path is "${secrets.path}". Write it like "diabrisk/prod", without a slash at either end.`);
  }
  // Refuses an interval of zero, which means never to the operator.
  if (!/^(?=.*[1-9])(\d+(s|m|h))+$/.test(secrets.refreshInterval)) {
    problems.push(
      `secrets.refreshInterval is "${secrets.refreshInterval}". Write a Go duration above zero, like "1h" or "30m".`,
    );
  }
  return problems;
}

function checkCertificate({ secrets, certificate }: Stage): string[] {
  if (certificate.kind === "generated") {
    if (secrets.kind === "generated") return [];
    return [
      'certificate.kind is "generated", which writes a private key into the manifests. Set "cert-manager" and name an ' +
        'issuer, as everywhere where secrets.kind is "external".',
    ];
  }
  const problems: string[] = [];
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(certificate.issuer)) {
    problems.push(`certificate.issuer is "${certificate.issuer}". Name an issuer of the cluster's cert-manager.`);
  }
  return problems;
}
