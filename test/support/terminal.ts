import type { Terminal } from "../../lib/common/command-line/program";

/** A terminal that keeps what a program prints. */
export function keepingTerminal() {
  const printed = { out: "", err: "" };
  const terminal: Terminal = {
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
  };
  return { terminal, printed };
}
