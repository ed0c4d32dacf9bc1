import type { Argv } from 'yargs'
import { EXPORTERS } from '../report/export/all.ts'

export type ExportArgs = {
  readonly file: string
  readonly format: string
  readonly only: string | undefined
  readonly out: string | undefined
  readonly force: boolean
}

export const exportFlags = (yargs: Argv): Argv<ExportArgs> =>
  yargs
    .positional('file', { type: 'string', demandOption: true, describe: 'a result file, or - for standard input' })
    .option('format', {
      choices: EXPORTERS.map(({ name }) => name),
      demandOption: true,
      describe: 'the format to write',
    })
    .option('only', {
      type: 'string',
      requiresArg: true,
      describe: 'if there are several files, write those whose name contains this text',
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'a file, or a folder if there are several [default: standard output]',
    })
    .option('force', { type: 'boolean', default: false, describe: 'replace existing files' })
    .epilogue(EXPORTERS.map(({ name, says }) => `${name}: ${says}`).join('\n')) as unknown as Argv<ExportArgs>
