/** A connection that breaks: passes bytes to a server, and cuts the first few connections that carry many. */
import { connect, createServer, type Socket } from 'node:net';

export interface Cutter {
  /** As in `127.0.0.1:5000`. */
  readonly address: string;
  /** Bytes that came from clients so far. */
  bytes(): number;
  /** Connections that were cut. */
  cuts(): number;
  stop(): Promise<void>;
}

/**
 * @param target host and port of the server
 * @param after bytes from the client after which a connection is cut
 * @param times connections that are cut; all others are left alone
 */
export async function startCutter(target: string, after: number, times: number): Promise<Cutter> {
  const [host = '', port] = target.split(':');
  const sockets = new Set<Socket>();
  let cuts = 0;
  let bytes = 0;
  const server = createServer((inner) => {
    const outer = connect(Number(port), host);
    const end = (): void => {
      inner.destroy();
      outer.destroy();
    };
    let carried = 0;
    inner.on('data', (chunk) => {
      carried += chunk.length;
      bytes += chunk.length;
      if (carried <= after || cuts >= times) return;
      cuts += 1;
      end();
    });
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const own = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    address: `127.0.0.1:${own}`,
    bytes: () => bytes,
    cuts: () => cuts,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
