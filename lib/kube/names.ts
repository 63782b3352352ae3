const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;
const PORT_NAME = /^[-a-z0-9]+$/;

const tooLong = (text: string, most: number): string | undefined =>
  text.length > most ? `is longer than ${most} characters (${text.length})` : undefined;

const LABEL_FORM = 'must consist of lower case letters, digits and "-", and start and end with a letter or digit';

/**
 * Why the text is not an RFC 1123 label (half a sentence), or undefined: names of namespaces, containers, volumes.
 * @see k8s.io/apimachinery v0.34 pkg/util/validation/validation.go, IsDNS1123Label
 */
export function dnsLabelError(text: string): string | undefined {
  if (text === '') return 'is empty';
  return tooLong(text, 63) ?? (DNS_LABEL.test(text) ? undefined : LABEL_FORM);
}

/**
 * Why the text is not an RFC 1035 label, or undefined: names of Services, which must start with a letter.
 * @see k8s.io/apimachinery v0.34 pkg/util/validation/validation.go, IsDNS1035Label
 */
export function serviceNameError(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (tooLong(text, 63)) return tooLong(text, 63);
  if (DNS_LABEL_1035.test(text)) return undefined;
  return DNS_LABEL.test(text) ? 'must start with a letter' : LABEL_FORM;
}

/**
 * Why the text is not an RFC 1123 subdomain, or undefined: names of most objects, hosts without a wildcard.
 * @see k8s.io/apimachinery v0.34 pkg/util/validation/validation.go, IsDNS1123Subdomain
 */
export function dnsSubdomainError(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (tooLong(text, 253)) return tooLong(text, 253);
  if (DNS_SUBDOMAIN.test(text)) return undefined;
  return 'must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit';
}

/**
 * Why the text is not a label's value, or undefined. The empty text is one.
 * @see k8s.io/apimachinery v0.34 pkg/util/validation/validation.go, IsValidLabelValue
 */
export function labelValueError(text: string): string | undefined {
  if (text === '') return undefined;
  if (tooLong(text, 63)) return tooLong(text, 63);
  if (NAME_PART.test(text)) return undefined;
  return 'must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit';
}

/**
 * Why the text is not a qualified name (`name` or `example.com/name`), or undefined: keys of labels and annotations.
 * @see k8s.io/apimachinery v0.34 pkg/util/validation/validation.go, IsQualifiedName
 */
export function qualifiedNameError(text: string): string | undefined {
  const parts = text.split('/');
  if (parts.length > 2) return 'has more than one "/"';
  const name = parts[parts.length - 1] ?? '';
  if (parts.length === 2) {
    const prefix = dnsSubdomainError(parts[0] ?? '');
    if (prefix) return `has a part before the "/" that ${prefix}`;
  }
  if (name === '') return parts.length === 2 ? 'has nothing after the "/"' : 'is empty';
  const length = tooLong(name, 63);
  if (length) return parts.length === 2 ? `has a part after the "/" that ${length}` : length;
  if (NAME_PART.test(name)) return undefined;
  return 'must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit, after an optional domain and "/"';
}

/**
 * Why the text is not the name of an environment variable, or undefined.
 * Kubernetes 1.32 relaxed the rule to any printable ASCII but "="; the older one is kept because shells cannot read the rest.
 * @see k8s.io/apimachinery v0.34 pkg/util/validation/validation.go, IsEnvVarName
 */
export function envNameError(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (ENV_NAME.test(text) && text !== '.' && !text.startsWith('..')) return undefined;
  return 'must consist of letters, digits, "-", "_" and ".", and not start with a digit or ".."';
}

/**
 * Why the text is not a key of a ConfigMap or Secret, or undefined: keys become names of files.
 * @see k8s.io/apimachinery v0.34 pkg/util/validation/validation.go, IsConfigMapKey
 */
export function configKeyError(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (tooLong(text, 253)) return tooLong(text, 253);
  if (!CONFIG_KEY.test(text)) return 'must consist of letters, digits, "-", "_" and "."';
  return text === '.' || text.startsWith('..') ? 'must not be "." or start with ".."' : undefined;
}

/**
 * Why the text is not the name of a port, or undefined: an IANA service name.
 * @see k8s.io/apimachinery v0.34 pkg/util/validation/validation.go, IsValidPortName
 */
export function portNameError(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (tooLong(text, 15)) return tooLong(text, 15);
  if (!PORT_NAME.test(text)) return 'must consist of lower case letters, digits and "-"';
  if (!/[a-z]/.test(text)) return 'must contain at least one letter';
  if (text.includes('--')) return 'must not contain two "-" in a row';
  return text.startsWith('-') || text.endsWith('-') ? 'must not start or end with "-"' : undefined;
}
