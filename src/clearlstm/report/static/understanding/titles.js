// What the rooms that ask are called.

import { ROOMS } from "lab/rooms/rooms.js";

/** @param {import("lab/understanding/questions.js").Checked} room */
export const titleOf = (room) => ROOMS.find(({ id }) => id === room)?.title ?? room;
