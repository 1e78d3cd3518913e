/** Lines at the bottom of a terminal that are drawn over and over, under text that stays. */
import type { TextSink } from '../io.ts';

export interface LiveLines {
  /** Text that stays, above the moving lines. Ends with a line break. */
  print(text: string): void;
  /** Replaces the moving lines. Drawn at most every {@link INTERVAL} milliseconds. */
  show(lines: readonly string[]): void;
  /** Removes the moving lines. */
  close(): void;
}

const INTERVAL = 80;

export function createLiveLines(stream: TextSink): LiveLines {
  let drawn = 0;
  let wanted: readonly string[] = [];
  let timer: NodeJS.Timeout | undefined;

  const erase = (): string => {
    const sequence = drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`;
    drawn = 0;
    return sequence;
  };
  const draw = (above = ''): void => {
    const sequence = erase();
    drawn = wanted.length;
    stream.write(sequence + above + wanted.map((line) => `${line}\n`).join(''));
  };
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };

  return {
    print: (text) => draw(text),
    show(lines) {
      wanted = lines;
      timer ??= setTimeout(() => {
        timer = undefined;
        draw();
      }, INTERVAL).unref();
    },
    close() {
      stop();
      wanted = [];
      if (drawn > 0) stream.write(erase());
    },
  };
}
