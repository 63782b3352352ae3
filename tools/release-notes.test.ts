const { releaseNotes } = require('./release-notes') as {
  releaseNotes(changelog: string, tag: string): string | undefined;
};

const changelog = '# Changelog\n\n## 0.2.0 (unreleased)\n\n- new\n\n## 0.1.0\n\n- first\n- second\n';

test.each([
  ['v0.2.0', '- new'],
  ['0.1.0', '- first\n- second'],
  ['v0.1', undefined],
  ['v1.0.0', undefined],
])('the notes of %s', (tag, notes) => {
  expect(releaseNotes(changelog, tag)).toBe(notes);
});
