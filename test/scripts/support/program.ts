import { deployCommandLine, parseDeployArguments } from "../../../lib/deploy/arguments";
import { main } from "../../../scripts/command";

export { main };

/** A command with the command line of `npm run deploy`, without the deployment behind it, which takes a second to load. */
export const deploying = { what: "The test", commandLine: deployCommandLine, parse: parseDeployArguments };
