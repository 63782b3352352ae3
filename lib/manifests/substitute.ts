import { isFields, type KubeObject, textAt } from '../kube';

/** Values for `${name}`, as `postBuild` of a Flux Kustomization gives them. */
export type Substitutes = Readonly<Record<string, string>>;

const variable = /\$?\$\{([A-Za-z_]\w*)(?:(:?[-=])([^{}]*))?\}/g;

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

/** A text with the variables that are known. */
export function substitutedText(text: string, values: Substitutes): string {
  return text.replace(variable, (whole, name: string, operator: string | undefined, fallback: string | undefined) => {
    if (whole.startsWith('$$')) return whole.slice(1);
    const value = values[name];
    const isSet = value !== undefined && !(operator?.startsWith(':') && value === '');
    return isSet ? value : operator === undefined ? whole : (fallback ?? '');
  });
}

function replaced(value: unknown, values: Substitutes): unknown {
  if (typeof value === 'string') {
    if (!value.includes('${')) return value;
    const text = substitutedText(value, values);
    return text !== value && /^\$\{[^{}]*\}$/.test(value) ? scalar(text) : text;
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
