import { TERMINAL } from "../lib/common/command-line/program";
import { policy } from "../lib/policy/command";
import { PROJECT } from "../lib/stages/policy";

/** `npm run -s policy -- DIR`: the rules, with what they have to know of DiabRisk's stages. */
process.exitCode = policy(process.argv.slice(2), TERMINAL, PROJECT);
