// The section of CHANGELOG.md about one version: node tools/release-notes.js v1.2.3
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/** The lines below `## <version>`, whatever stands behind the version. */
exports.releaseNotes = function releaseNotes(changelog, tag) {
  const version = tag.replace(/^v/, '');
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  return section?.slice(section.indexOf('\n') + 1).trim();
};

if (require.main === module) {
  const tag = process.argv[2] ?? '';
  const notes = exports.releaseNotes(readFileSync(join(__dirname, '..', 'CHANGELOG.md'), 'utf8'), tag);
  if (!notes) {
    process.stderr.write(`CHANGELOG.md has no section "## ${tag.replace(/^v/, '')}": write one before the tag\n`);
    process.exitCode = 1;
  } else process.stdout.write(`${notes}\n`);
}
