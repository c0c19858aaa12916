// Which series is shown.

import { html } from "lab/language/html.js";
import { Choice } from "lab/page/choice.js";
import { chooseSeries, chosenSeries } from "lab/state.js";

/**
 * Which series is shown, here and in every other section.
 * @param {{section: string, ids: string[]}} props  section keeps the groups of buttons apart
 */
export function SeriesChoice({ section, ids }) {
  const options = ids.map((id) => ({ value: id, label: id }));
  return html`<${Choice} name=${`series-${section}`} label="Series"
    options=${options} chosen=${chosenSeries.value} onChoose=${chooseSeries} />`;
}
