import { diffTables } from '../patches/diff-tables.ts'
import { tableOf } from '../patches/tables.ts'
import type { Command } from './command.ts'
import type { DiffArgs } from './diff-flags.ts'
import { EXIT } from './io.ts'

export const diff: Command<DiffArgs> = async ({ a, b }, io) => {
  const [from, to] = [await tableOf(a, io.node), await tableOf(b, io.node)]
  const patches = [from, to].flatMap(({ read }) => read ?? [])
  const text = await diffTables(from.kernel, to.kernel, patches)
  if (text === '') io.err(`${a} and ${b} do the same: no function differs\n`)
  else io.out(text.trimEnd())
  return EXIT.fine
}
