/** The words that follow the program's name, from where each runtime has them at once. */

/** Deno makes `process` when it is first asked for, which takes longer than its whole start. */
export function programArguments(): readonly string[] {
  const { Deno: deno } = globalThis as { readonly Deno?: { readonly args: readonly string[] } };
  return deno?.args ?? process.argv.slice(2);
}
