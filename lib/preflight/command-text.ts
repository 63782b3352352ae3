/**
 * The command with another host (and port, where one is given) wherever it names this one: `hey http://cart/`,
 * `ghz cart:7070`. Names that only contain it stay.
 */
export function withHost(command: string, host: string, other: string, port?: number): string {
  const named = new RegExp(`(?<![\\w.-])${host.replaceAll('.', '\\.')}(:\\d+)?(?![\\w.:-])`, 'g');
  return command.replace(named, (_all, written: string | undefined) =>
    port === undefined ? `${other}${written ?? ''}` : `${other}:${port}`,
  );
}
