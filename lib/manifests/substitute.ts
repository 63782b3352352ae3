import { isFields, type KubeObject, textAt } from '../kube';

/** Values for `${name}`, as `postBuild` of a Flux Kustomization gives them. */
export type Substitutes = Readonly<Record<string, string>>;

/** What stands between the braces, as far as it is understood. */
const variable = /^([A-Za-z_]\w*)(?:(:?[-=])([\s\S]*))?$/;

/**
 * The object with the variables that are known, and defaults for those that nobody sets; what is not known stays as it is
 * written. Flux puts the values into the text, so that one which is all of a value is read as YAML again.
 * @see fluxcd/pkg kustomize v1.39 kustomize_varsub.go
 */
export function substituted(object: KubeObject, values: Substitutes): KubeObject {
  const annotation =
    textAt(object, 'metadata', 'annotations', 'kustomize.toolkit.fluxcd.io/substitute') ??
    textAt(object, 'metadata', 'labels', 'kustomize.toolkit.fluxcd.io/substitute');
  if (annotation === 'disabled') return object;
  return replaced(object, values) as KubeObject;
}

/** A text with the variables that are known; a default may hold variables itself: `${CLAIM:-${APP}}`. */
export function substitutedText(text: string, values: Substitutes): string {
  let result = '';
  let done = 0;
  for (;;) {
    const start = text.indexOf('${', done);
    const end = start < 0 ? -1 : endOf(text, start);
    if (end < 0) return result + text.slice(done);
    const whole = text.slice(start, end);
    if (start > done && text[start - 1] === '$') result += text.slice(done, start - 1) + whole;
    else result += text.slice(done, start) + resolved(whole, values);
    done = end;
  }
}

function resolved(whole: string, values: Substitutes): string {
  const [, name, operator, fallback] = variable.exec(whole.slice(2, -1)) ?? [];
  if (name === undefined) return whole;
  const value = values[name];
  const isSet = value !== undefined && !(operator?.startsWith(':') && value === '');
  return isSet ? value : operator === undefined ? whole : substitutedText(fallback ?? '', values);
}

/** Behind the brace that closes the one at `start`; -1 where none does. */
function endOf(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index++)
    if (text.startsWith('${', index)) {
      depth++;
      index++;
    } else if (text[index] === '}' && --depth === 0) return index + 1;
  return -1;
}

function replaced(value: unknown, values: Substitutes): unknown {
  if (typeof value === 'string') {
    if (!value.includes('${')) return value;
    const text = substitutedText(value, values);
    return text !== value && value.startsWith('${') && endOf(value, 0) === value.length ? scalar(text) : text;
  }
  if (Array.isArray(value)) return value.map((item) => replaced(item, values));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.includes('${') ? substitutedText(key, values) : key,
      replaced(item, values),
    ]),
  );
}

function scalar(text: string): unknown {
  if (/^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text)) return Number(text);
  if (/^(true|false)$/.test(text)) return text === 'true';
  return text;
}
