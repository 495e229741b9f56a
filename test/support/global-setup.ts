import { serve } from "./prepared-postgres";

export default () => serve();
