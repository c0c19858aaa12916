// What the page uses of d3, whose published builds add themselves to one global object in this order.
import "d3-array";
import "d3-color";
import "d3-format";
import "d3-interpolate";
import "d3-path";
import "d3-time";
import "d3-time-format";
import "d3-scale";
import "d3-shape";

export const { area, bisectLeft, line, scaleLinear, scaleUtc } = globalThis.d3;
