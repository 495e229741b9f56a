export { remove as default } from "./prepared-postgres";
