import { existsSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { FaultlineError } from '../errors/faultline-error.ts'
import { shellWord } from '../errors/shell-word.ts'
import { beginningOf } from '../patches/beginning.ts'
import { skeletonOf } from '../patches/skeleton.ts'
import type { Command } from './command.ts'
import { refuseCommaInName } from './files/comma.ts'
import { notWritten } from './files/trouble.ts'
import { writeWhole } from './files/write-whole.ts'
import { EXIT } from './io.ts'
import type { NewArgs } from './new-flags.ts'
import { fitted } from './terminal.ts'

export const newCommand: Command<NewArgs> = async ({ file, from, functions }, given) => {
  const io = fitted(given)
  if (!['.ts', '.mts'].includes(extname(file))) {
    throw new FaultlineError('BAD_NAME', 'usage', `${file} does not end with .ts, which a patch is written in`, {
      hint: 'Types are optional in it; a .js file runs too.',
    })
  }
  refuseCommaInName(file)
  if (existsSync(file)) throw exists(file)
  const wanted = functions === undefined ? [] : functions.split(',').map((name) => name.trim())
  const text = await skeletonOf(beginningOf(basename(file, extname(file)), file, from, wanted))
  write(file, text)
  io.out(`${file} begins as ${from}: \`faultline diff ${from} ${shellWord(pathOf(file))}\` says what you changed`)
  return EXIT.fine
}

/** The path of a file as `--variant` accepts it. */
const pathOf = (file: string) => (/[/\\]/.test(file) ? file : `./${file}`)

function write(file: string, text: string): void {
  try {
    writeWhole(file, text, { replaces: false })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw exists(file)
    throw notWritten(file, cause, 'as FILE')
  }
}

const exists = (file: string) =>
  new FaultlineError('FILE_EXISTS', 'usage', `${file} already exists, and is not overwritten`, {
    hint: 'Give another name, or move it away.',
  })
