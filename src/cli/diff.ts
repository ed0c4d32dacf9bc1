import type { Argv } from 'yargs'
import { diffTables } from '../patches/diff-tables.ts'
import { tableOf } from '../patches/tables.ts'
import type { Command } from './command.ts'
import { EXIT } from './io.ts'

type Args = { readonly a: string; readonly b: string }

export const diff: Command<Args> = {
  flags: (yargs) =>
    yargs
      .positional('a', { type: 'string', demandOption: true, describe: 'a variant, a kernel such as v6.8, or a file' })
      .positional('b', {
        type: 'string',
        demandOption: true,
        describe: 'another variant, kernel or file',
      }) as unknown as Argv<Args>,

  async run({ a, b }, io) {
    const [from, to] = [await tableOf(a, io.node), await tableOf(b, io.node)]
    const patches = [from, to].flatMap(({ read }) => read ?? [])
    const text = await diffTables(from.kernel, to.kernel, patches)
    if (text === '') io.err(`${a} and ${b} do the same: no function differs\n`)
    else io.out(text.trimEnd())
    return EXIT.fine
  },
}
