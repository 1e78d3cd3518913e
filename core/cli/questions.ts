/** Asks a person, line by line. Only for terminals; what is asked belongs to the commands. */
import type { Io } from './io.ts';

export interface Questions {
  /** The answer without blanks at its ends; undefined where the input has ended, or the user interrupts. */
  ask(question: string): Promise<string | undefined>;
  /** The same without showing what is typed; as it is typed. */
  askSecret(question: string): Promise<string | undefined>;
  /** Lets the process end although standard input is open. */
  close(): void;
}

/** Ctrl-C, Ctrl-D and the backspace key, as a terminal in raw mode gives them. */
const INTERRUPT = '\u0003';
const END = '\u0004';
const ERASE = '\u007f';

/** True where there is someone to ask. */
export function canAsk({ stdin, stderr }: Io): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Questions go to standard error: standard output is for data. */
export function createQuestions(io: Io): Questions {
  const chunks = io.stdin[Symbol.asyncIterator]();
  let rest = '';
  const interrupted = new Promise<IteratorResult<never, undefined>>((settle) => {
    const end = (): void => settle({ done: true, value: undefined });
    if (io.signal.aborted) end();
    else io.signal.addEventListener('abort', end, { once: true });
  });
  return {
    async ask(question) {
      io.stderr.write(`${question} `);
      while (!rest.includes('\n')) {
        const { done, value } = await Promise.race([chunks.next(), interrupted]);
        if (done === true) return undefined;
        rest += typeof value === 'string' ? value : Buffer.from(value).toString('utf8');
      }
      const [line = '', ...others] = rest.split('\n');
      rest = others.join('\n');
      return line.trim();
    },
    async askSecret(question) {
      io.stderr.write(`${question} `);
      io.stdin.setRawMode?.(true);
      let typed = '';
      try {
        for (;;) {
          for (const key of rest) {
            rest = rest.slice(key.length);
            if (key === '\r' || key === '\n') return typed;
            if (key === INTERRUPT || key === END) return undefined;
            if (key === ERASE || key === '\b') typed = [...typed].slice(0, -1).join('');
            else if (key >= ' ') typed += key;
          }
          const { done, value } = await Promise.race([chunks.next(), interrupted]);
          if (done === true) return undefined;
          rest += typeof value === 'string' ? value : Buffer.from(value).toString('utf8');
        }
      } finally {
        io.stdin.setRawMode?.(false);
        io.stderr.write('\n');
      }
    },
    close() {
      io.stdin.destroy?.();
    },
  };
}
