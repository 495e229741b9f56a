import { TERMINAL } from "../lib/common/command-line/program";
import { policy } from "../lib/policy/command";
import { PROJECT } from "../lib/stages/policy";

/** `npm run -s policy -- DIR`: checks manifests against the rules, with the connections of DiabRisk's stages. */
process.exitCode = policy(process.argv.slice(2), TERMINAL, PROJECT);
