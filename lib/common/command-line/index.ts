/**
 * Command lines: one declaration says what a program takes, reads it, and prints the help. Help texts are in `./help`.
 */
export {
  type CommandLine,
  commandLine,
  type Operand,
  type Options,
  type Value,
  type Values,
} from "./declaration";
export { parseCommandLine } from "./parse";
export { suggestion } from "./suggestion";
export { UsageError } from "./usage-error";
