import { sectionOf, withSection } from './section';

test('the section is added, then replaced, and what surrounds it stays', () => {
  const added = withSection('# Results\n', 'first');
  expect(sectionOf(added)).toBe('first');
  const replaced = withSection(`${added}\n## Notes\n\nkept\n`, 'second');
  expect(replaced).toMatch(/^# Results\n\n## .*\n\nsecond\n\n## Notes\n\nkept\n$/);
  expect(sectionOf('# Results\n')).toBeUndefined();
});
