// The rooms, in the video's order.

import { msg } from "lab/language/texts.js";
import { CompaniesRoom } from "lab/rooms/companies.js";
import { CurvesRoom } from "lab/rooms/curves.js";
import { PlainNetRoom } from "lab/rooms/plain-net.js";
import { TrainingRoom } from "lab/rooms/training.js";
import { UnitRoom } from "lab/rooms/unit.js";
import { YoursRoom } from "lab/rooms/yours.js";

/** @typedef {{id: string, title: string, Room: () => unknown}} RoomEntry */

/** @type {RoomEntry[]} */
export const ROOMS = [
  { id: "plain-net", title: msg`Why not a plain net`, Room: PlainNetRoom },
  { id: "curves", title: msg`Two curves`, Room: CurvesRoom },
  { id: "unit", title: msg`The unit`, Room: UnitRoom },
  { id: "companies", title: msg`Two companies`, Room: CompaniesRoom },
  { id: "training", title: msg`Training`, Room: TrainingRoom },
  { id: "yours", title: msg`Your data, your model`, Room: YoursRoom },
];
