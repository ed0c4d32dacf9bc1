import { type Compared, runAb } from './bench-ab.ts'
import { benchFlags } from './bench-flags.ts'
import type { Io } from './io.ts'
import { newParser } from './parsing.ts'
import type { RegressArgs } from './regress-flags.ts'

/** Interleaves this tree with that revision, by the plan that the gate was given. Its time budget begins here, after the exact figures. */
export async function measureAgainst(base: string, { plan, out }: RegressArgs, io: Io): Promise<Compared> {
  const beganMs = performance.now()
  const words = ['bench', ...plan.split(/\s+/).filter((word) => word !== ''), '--ab', base]
  const command = out === undefined ? words : [...words, '--out', out]
  const args = await benchFlags(newParser(command.slice(1)).help(false))
    .strict()
    .fail((message, error) => {
      throw error ?? new Error(message)
    })
    .parseAsync()
  return await runAb(base, args, { ...io, command, uptimeMs: () => performance.now() - beganMs })
}
