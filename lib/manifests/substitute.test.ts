import type { KubeObject } from '../kube';
import { substituted, substitutedText } from './substitute';

const values = { APP: 'web', EMPTY: '', PORT: '80' };

test.each([
  ['a-${APP}-b', 'a-web-b'],
  ['${CLAIM:-${APP}}', 'web'],
  ['${CLAIM:-${OTHER:=${APP}-x}}-data', 'web-x-data'],
  ['${EMPTY:-${APP}} ${EMPTY-no}', 'web '],
  ['${UNKNOWN}', '${UNKNOWN}'],
  ['${CLAIM:-${UNKNOWN}}', '${UNKNOWN}'],
  ['$${APP} $${CLAIM:-${APP}}', '${APP} ${CLAIM:-${APP}}'],
  ['${NONE:={}}', '{}'],
  ['${list[@]} ${#APP} ${APP%%x}', '${list[@]} ${#APP} ${APP%%x}'],
  ['${APP', '${APP'],
  ['$${', '$${'],
])('%s becomes %s', (text, expected) => {
  expect(substitutedText(text, values)).toBe(expected);
});

test('what is all of a value is read as YAML again', () => {
  const one = { apiVersion: 'v1', kind: 'Service', metadata: { name: '${S:-${APP}}' } };
  expect(substituted({ ...one, spec: { port: '${P:-${PORT}}' } } as KubeObject, values)).toEqual({
    ...one,
    metadata: { name: 'web' },
    spec: { port: 80 },
  });
});
