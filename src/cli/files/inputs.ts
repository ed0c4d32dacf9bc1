import type { BenchArgs } from '../bench-flags.ts'

/** Files that a bench reads, as far as its flags name them. */
export function inputsOf(args: BenchArgs): string[] {
  const { trace, memslots, machine, variant, config } = args as BenchArgs & { readonly config?: string }
  const named = [trace, memslots, config, ...(machine?.split(',') ?? []), ...(variant?.split(',') ?? [])]
  return named.flatMap((file) => (file === undefined || file === '-' ? [] : [file.trim()]))
}
