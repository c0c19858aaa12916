// Room 6: a person's own data, a net trained on them, and the same instrument on the real thing.

import { api } from "lab/api.js";
import { html } from "lab/language/html.js";
import { LettersRoom } from "lab/rooms/letters.js";
import { open as lettersOpen } from "lab/rooms/letters/state.js";
import { Choose } from "lab/rooms/yours/choose.js";
import { ModelForm } from "lab/rooms/yours/model-form.js";
import { Progress } from "lab/rooms/yours/progress.js";
import { Result } from "lab/rooms/yours/result.js";
import { TableForm } from "lab/rooms/yours/table-form.js";
import { jobId, modelId, tableId } from "lab/rooms/yours/work.js";
import { report } from "lab/state.js";

export function YoursRoom() {
  if (report.value.kind) return html`<${Result} />`;
  if (lettersOpen.value) return html`<${LettersRoom} />`;
  if (!api.available) return html`<${Choose} />`;
  if (jobId.value) return html`<${Progress} />`;
  if (modelId.value) return html`<${ModelForm} />`;
  return tableId.value ? html`<${TableForm} />` : html`<${Choose} />`;
}
