import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import type { Argv } from 'yargs'
import { FaultlineError } from '../errors/faultline-error.ts'
import { comparisonPage } from '../report/page/comparison-page.ts'
import { pageHtml } from '../report/page/page.ts'
import { resultPage } from '../report/page/result-page.ts'
import type { Command } from './command.ts'
import { checkOutput, save } from './files/output.ts'
import { EXIT } from './io.ts'
import { readResult } from './read-result.ts'

type Args = {
  readonly files: readonly string[]
  readonly out: string | undefined
  readonly open: boolean
  readonly force: boolean
}

export const report: Command<Args> = {
  flags: (yargs) =>
    yargs
      .positional('files', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'result files; - is standard input',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        describe: 'the page [default: the name of the first file, with .html]',
      })
      .option('force', {
        type: 'boolean',
        default: false,
        describe: 'replace an existing file even if faultline did not write it',
      })
      .option('open', {
        type: 'boolean',
        default: false,
        describe: 'open the page in the browser',
      }) as unknown as Argv<Args>,

  async run({ files, out, open, force }, io) {
    const path = out ?? defaultName(files[0]!)
    const output = { path, kind: 'page', force, inputs: files, flag: '--out' } as const
    checkOutput(output)
    const results = await Promise.all(files.map((file) => readResult(file, io)))
    const named = results.map((result, index) => ({ name: basename(files[index]!), result }))
    const page = files.length > 1 ? comparisonPage(named) : resultPage(results[0]!)
    if (page.sections.length === 0) {
      throw new FaultlineError('NOTHING_TO_REPORT', 'usage', `${files[0]} holds no runs`, {
        hint: 'Run `faultline bench --out FILE` to its end.',
      })
    }
    save(output, pageHtml(page))
    io.out(path)
    if (open) openInBrowser(path)
    return EXIT.fine
  },
}

const defaultName = (file: string) => (file === '-' ? 'report.html' : `${file.replace(/\.json$/, '')}.html`)

/** The desktop's own way; where there is none, the path that was printed is enough. */
function openInBrowser(path: string): void {
  spawn('xdg-open', [path], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
