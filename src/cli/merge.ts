import { mergeParts } from '../bench/merge.ts'
import { textsOf } from '../bench/result-text.ts'
import type { Command } from './command.ts'
import { checkOutput, save } from './files/output.ts'
import { EXIT } from './io.ts'
import type { MergeArgs } from './merge-flags.ts'
import { readAsWritten } from './read-result.ts'

export const merge: Command<MergeArgs> = async ({ files, out, force }, io) => {
  const output = { path: out, kind: 'result', force, inputs: files } as const
  checkOutput(output)
  const parts = []
  for (const name of files) parts.push({ name, result: await readAsWritten(name, io) })
  save(output, textsOf(mergeParts(parts)))
  io.out(out)
  return EXIT.fine
}
