// The course of a training: any epoch of it, found again from the nearest one that was kept.

import { begin, COMPANIES, epoch as oneEpoch } from "lab/lstm/adam.js";
import { run } from "lab/lstm/unit.js";

/**
 * @typedef {import("lab/lstm/adam.js").Training} Training
 * @typedef {import("lab/lstm/unit.js").Weights} Weights
 */

/** Every so many epochs are kept. */
export const KEPT = 25;

export class Course {
  /** @param {Weights} start */
  constructor(start) {
    /** @type {Training[]} at epochs 0, 25, 50, … as far as it has got */
    this.kept = [begin(start)];
  }

  /** The training after `epoch` epochs. @param {number} epoch @returns {Training} */
  at(epoch) {
    const place = Math.floor(epoch / KEPT);
    while (this.kept.length <= place) this.kept.push(ahead(this.kept[this.kept.length - 1], KEPT));
    return ahead(this.kept[place], epoch - place * KEPT);
  }

  /** What the unit answered for each company at the kept epochs up to `last`. @param {number} last */
  answers(last) {
    this.at(last);
    const kept = this.kept.slice(0, Math.floor(last / KEPT) + 1);
    return COMPANIES.map(({ xs }) => kept.map(({ weights }) => run(weights, xs)[xs.length - 1].h));
  }
}

/** @param {Training} training @param {number} epochs */
function ahead(training, epochs) {
  for (let k = 0; k < epochs; k++) training = oneEpoch(training);
  return training;
}
