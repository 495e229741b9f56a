import type { Container, Pod } from "../pods";
import { text, trees } from "../tree";

/** A port that a container declares. */
export interface DeclaredPort {
  readonly name: string | undefined;
  readonly number: unknown;
  readonly protocol: string;
}

/** The protocol of a port, TCP by default. */
export const protocolOf = (port: unknown): string => text(port, "protocol") ?? "TCP";

/** Whether a container runs as long as its pod. An init container that has finished answers nobody. */
export const listens = ({ role, sidecar }: Container) => role === "containers" || sidecar;

/** The ports at which a pod answers. */
export const portsOf = ({ containers }: Pod): readonly DeclaredPort[] =>
  containers.filter(listens).flatMap(({ tree: container }) =>
    trees(container, "ports").map(([port]) => ({
      name: text(port, "name"),
      number: port.containerPort,
      protocol: protocolOf(port),
    })),
  );
