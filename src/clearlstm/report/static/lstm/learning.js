// A small net as it learns: its training, and every few updates what it answers to some questions.

import { answered, begin, update } from "lab/lstm/small-net.js";

/**
 * @typedef {import("lab/lstm/small-net.js").Sequence} Sequence
 * @typedef {import("lab/lstm/small-net.js").Net} Net
 */

/** Every so many updates it is asked. */
export const ASKED_EVERY = 5;

export class Learning {
  /**
   * @param {Net} net @param {{draw: () => Sequence[], questions: number[][], rate: number}} how  draw: what an update
   *   learns from, new each time
   */
  constructor(net, { draw, questions, rate }) {
    this.training = begin(net);
    this.draw = draw;
    this.questions = questions;
    this.rate = rate;
    /** @type {number[]} the loss of the updates before each time that it was asked */
    this.losses = [NaN];
    /** @type {number[][]} what it answered each time, to each question */
    this.answers = questions.map((xs) => [answered(net, xs)]);
  }

  get updates() {
    return this.training.moments.updates;
  }

  /** Learn until it is asked again. */
  goOn() {
    let sum = 0;
    for (let k = 0; k < ASKED_EVERY; k++) {
      this.training = update(this.training, this.draw(), this.rate);
      sum += this.training.loss / ASKED_EVERY;
    }
    this.losses.push(sum);
    this.questions.forEach((xs, k) => this.answers[k].push(answered(this.training.net, xs)));
  }
}
