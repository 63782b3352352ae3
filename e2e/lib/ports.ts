import { createServer } from 'node:net';

/** A TCP port of 127.0.0.1 that nobody listens on. The kernel hands them out in turn, so two harnesses hardly ever meet. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port was bound'));
      else server.close(() => resolve(address.port));
    });
  });
}
