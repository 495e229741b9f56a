export { serve as default } from "./prepared-postgres";
