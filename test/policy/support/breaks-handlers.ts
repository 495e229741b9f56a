import type { Break } from "./break";

const IDLE = [["true"], ["/bin/true"], [""], ["sh", "-c", ""], ["sh", "-c", "exit 0"]];
const LONG = [
  ["sleep", "60"],
  ["sh", "-c", "sleep 60"],
  ["/bin/bash", "-ec", "sleep 1m && nginx -s quit"],
];
const SAME = [
  { scheme: "HTTP", port: "http", path: "/readyz" },
  { port: "http", path: "/readyz" },
  { path: "/readyz", port: 8080 },
];

/** Probes, hooks, ports and names that are there and do not do what they seem to. */
export const HANDLER_BREAKS: readonly Break[] = [
  ...(SAME.map((httpGet) => ({
    rule: "probes-different",
    by: JSON.stringify(httpGet),
    change: ({ container }) => {
      container.readinessProbe.httpGet.scheme = "HTTP";
      container.livenessProbe.httpGet = httpGet;
    },
  })) satisfies readonly Break[]),
  {
    rule: "probes-present",
    by: "a command that asks nothing",
    change: ({ container }) => (container.livenessProbe = { exec: { command: ["true"] } }),
    says: "livenessProbe asks nothing",
  },
  {
    rule: "probes-present",
    by: "two questions in one",
    change: ({ container }) => (container.livenessProbe.tcpSocket = { port: "http" }),
    says: "has httpGet and tcpSocket",
  },
  {
    rule: "probe-port",
    by: "a port of UDP",
    change: ({ container }) => {
      container.ports.push({ name: "dns", containerPort: 5353, protocol: "UDP" });
      container.livenessProbe.httpGet.port = "dns";
    },
    says: "is dns",
  },
  ...(IDLE.map((command) => ({
    rule: "hook-does-something",
    by: JSON.stringify(command),
    change: ({ container }) => (container.lifecycle.postStart = { exec: { command } }),
    says: "does nothing",
  })) satisfies readonly Break[]),
  ...(LONG.map((command) => ({
    rule: "hook-does-something",
    by: JSON.stringify(command),
    change: ({ container }) => (container.lifecycle.preStop = { exec: { command } }),
    says: "preStop.exec.command sleeps 60 of 40 s",
  })) satisfies readonly Break[]),
  {
    rule: "hook-does-something",
    by: "a socket, which only a probe has",
    change: ({ container }) => (container.lifecycle.preStop = { tcpSocket: { port: 8080 } }),
    says: "has tcpSocket",
  },
  {
    rule: "hook-does-something",
    by: "two actions in one",
    change: ({ container }) => (container.lifecycle.preStop.exec = { command: ["nginx", "-s", "quit"] }),
    says: "has exec and sleep",
  },
  {
    rule: "name-unique",
    by: "two ports of a container",
    change: ({ container }) => container.ports.push({ name: "http", containerPort: 9090 }),
    says: "ports[2].name is http",
  },
  {
    rule: "port-number",
    by: "one past the last",
    change: ({ container }) => container.ports.push({ containerPort: 70_000 }),
    says: "ports[2].containerPort is 70000",
  },
  ...(["prometheus-metrics", "8080", "a--b", "Web"].map((name) => ({
    rule: "object-name",
    by: `the port ${name}`,
    change: ({ container }) => container.ports.push({ name, containerPort: 9090 }),
    says: `ports[2].name is "${name}"`,
  })) satisfies readonly Break[]),
  {
    rule: "object-name",
    by: "a container with a capital",
    change: ({ container }) => (container.name = "Data_Svc"),
    says: 'containers[0].name is "Data_Svc"',
  },
  {
    rule: "object-name",
    by: "a volume with a capital",
    change: ({ pod, container }) => {
      pod.volumes.at(-1).name = "My_Tmp";
      container.volumeMounts.find(({ name }: { name: string }) => name === "tmp").name = "My_Tmp";
    },
    says: 'name is "My_Tmp"',
  },
];
