/** What a note on a merge request needs of GitLab. */
export interface NoteRequest {
  /** `CI_API_V4_URL`. */
  readonly api: string;
  /** `CI_PROJECT_ID`. */
  readonly project: string;
  /** `CI_MERGE_REQUEST_IID`. */
  readonly mergeRequest: string;
  readonly token: string;
  /** Tells our note from others, and from another one of ours. */
  readonly title: string;
  readonly text: string;
}

/** GitLab's limit of a note. @see docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics */
export const MAX_NOTE_LENGTH = 1_000_000;
const MAX_PAGES = 20;

interface Note {
  readonly id: number;
  readonly body: string;
  readonly system?: boolean;
}

/**
 * Writes the note, or replaces the one that an earlier run wrote.
 * @see docs.gitlab.com/api/notes/#merge-requests
 * @throws Error with the server's answer
 */
export async function writeNote(
  request: NoteRequest,
  send: typeof fetch = fetch,
): Promise<'written' | 'replaced' | 'unchanged'> {
  const { api, project, mergeRequest, token, title, text } = request;
  const marker = `<!-- aviary: ${title.replaceAll('--', '- -')} -->`;
  const body = `${marker}\n${text}`.slice(0, MAX_NOTE_LENGTH);
  const url = `${api}/projects/${encodeURIComponent(project)}/merge_requests/${encodeURIComponent(mergeRequest)}/notes`;
  const call = async (method: string, at: string, content?: object): Promise<unknown> => {
    const response = await send(at, {
      method,
      headers: { 'private-token': token, 'content-type': 'application/json' },
      ...(content && { body: JSON.stringify(content) }),
    });
    const answer = await response.text();
    if (!response.ok)
      throw new Error(`GitLab answers ${response.status}: ${answer.replaceAll(token, '***').slice(0, 200)}`);
    return answer === '' ? undefined : JSON.parse(answer);
  };
  for (let page = 1; page <= MAX_PAGES; page++) {
    const notes = (await call('GET', `${url}?per_page=100&page=${page}`)) as Note[];
    const own = notes.find((note) => note.system !== true && note.body.startsWith(marker));
    if (own?.body === body) return 'unchanged';
    if (own) {
      await call('PUT', `${url}/${own.id}`, { body });
      return 'replaced';
    }
    if (notes.length < 100) break;
  }
  await call('POST', url, { body });
  return 'written';
}
