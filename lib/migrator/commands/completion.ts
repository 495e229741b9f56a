import { EXIT } from "../../contract";
import type { Command } from "./command";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** Prints and does nothing else. */
export const completion: Command = {
  name: "completion",
  summary: "Print a script that completes commands and options in a shell.",
  description:
    "For this release's commands and options. With --json, as the field script.\nbash:  source <(migrate completion bash)                   in ~/.bashrc\nzsh:   source <(migrate completion zsh)                    in ~/.zshrc, after compinit\nfish:  migrate completion fish > ~/.config/fish/completions/migrate.fish",
  operand: { name: "SHELL", help: SHELLS.join(", "), choices: SHELLS },
  flags: {},
  examples: [["source <(migrate completion bash)", "for this shell alone"]],
  async run({ values, output }) {
    const { completionScript } = require("./completion-script") as typeof import("./completion-script");
    const shell = values.SHELL as Shell;
    const script = completionScript(shell);
    output.result([script.trimEnd()], { result: "completion", shell, script });
    return EXIT.ok;
  },
};
