import type { BenchArgs } from '../bench-args.ts'

/** Files that a bench reads, as far as its flags name them. */
export function inputsOf(args: BenchArgs): string[] {
  const { trace, memslots, times, machine, variant, config } = args as BenchArgs & { readonly config?: string }
  const lists = [times, machine, variant].flatMap((words) => words?.split(',') ?? [])
  const named = [trace, memslots, config, ...lists]
  return named.flatMap((file) => (file === undefined || file === '-' ? [] : [file.trim()]))
}
