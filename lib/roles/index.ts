/** DiabRisk's database roles and what each may do, kept on a server by `bootstrap` and given to new tables by `migrate up`. */
export { roles } from "./addition";
export { type BootstrapOptions, bootstrap } from "./bootstrap";
export { privilegesSql } from "./privileges-sql";
