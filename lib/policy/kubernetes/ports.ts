import type { Container, Pod } from "../pods";
import { text, trees } from "../tree";

/** A port that a container declares. */
export interface DeclaredPort {
  readonly name: string | undefined;
  readonly number: unknown;
  readonly protocol: string;
}

/** What is meant where none is named. */
export const protocolOf = (port: unknown): string => text(port, "protocol") ?? "TCP";

/** The ports of a pod while it serves: those of containers that run beside each other. */
export const portsOf = ({ containers }: Pod): readonly DeclaredPort[] =>
  containers.filter(isRunning).flatMap(({ tree: container }) =>
    trees(container, "ports").map(([port]) => ({
      name: text(port, "name"),
      number: port.containerPort,
      protocol: protocolOf(port),
    })),
  );

/** An init container that is no sidecar has ended by then. */
const isRunning = ({ role, sidecar }: Container) => role === "containers" || sidecar;
