/** Publication, subscription and slot from the old server to the new one. */
export const FORWARD = "engine_move";

/** The same from the new server to the old one. */
export const BACK = "engine_move_back";
