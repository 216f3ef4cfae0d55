/** What was typed into the controls of one form. */
export type Values = Record<string, unknown>;

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** A form's fields shadow its members, so it is searched by the document's own method. */
const search = Element.prototype.querySelectorAll;

const fields = (around: Element): Field[] => [...search.call(around, "[data-name]")] as Field[];

/** Fields whose name is the host's own are never sent. */
const isSent = (name: string | undefined): name is string => !!name && !/^inlay-/i.test(name);

function read(into: Values, field: Field): void {
  const { name } = field.dataset;
  if (!isSent(name)) return;
  if (field.type == "checkbox") into[name] = (field as HTMLInputElement).checked;
  else if (field.type != "radio" || (field as HTMLInputElement).checked) into[name] = field.value;
}

/** The values of the form around `source`, or of `source` alone where there is none. Dots in names are the host's to nest. */
export function values(source: Element): Values {
  const found: Values = Object.create(null);
  const form = source.closest("form");
  for (const field of form ? fields(form) : [source as Field]) read(found, field);
  return found;
}

/** Back to how the controls began: what was sent has arrived. */
export const reset = (form: HTMLFormElement): void => HTMLFormElement.prototype.reset.call(form);
