// The rooms, in the video's order.

import { CompaniesRoom } from "lab/rooms/companies.js";
import { CurvesRoom } from "lab/rooms/curves.js";
import { PlainNetRoom } from "lab/rooms/plain-net.js";
import { TrainingRoom } from "lab/rooms/training.js";
import { UnitRoom } from "lab/rooms/unit.js";
import { YoursRoom } from "lab/rooms/yours.js";

/** @typedef {{id: string, title: string, Room: () => unknown}} RoomEntry */

/** @type {RoomEntry[]} */
export const ROOMS = [
  { id: "plain-net", title: "Why not a plain net", Room: PlainNetRoom },
  { id: "curves", title: "Two curves", Room: CurvesRoom },
  { id: "unit", title: "The unit", Room: UnitRoom },
  { id: "companies", title: "Two companies", Room: CompaniesRoom },
  { id: "training", title: "Training", Room: TrainingRoom },
  { id: "yours", title: "Your data, your model", Room: YoursRoom },
];
