import { basename } from 'node:path'
import type { Argv } from 'yargs'
import { summaryText } from '../replay/summary-text.ts'
import { fit } from '../report/fit.ts'
import { pageHtml } from '../report/page/page.ts'
import { tracePage } from '../report/page/trace-page.ts'
import type { Command } from './command.ts'
import { checkOutput, type Output, save } from './files/output.ts'
import { EXIT } from './io.ts'
import { recordedVms } from './recorded-vms.ts'
import { type VmFlags, vmFlags } from './vm-flags.ts'

type Args = VmFlags & {
  readonly file: string
  readonly memslots: string | undefined
  readonly json: boolean
  readonly report: string | undefined
  readonly force: boolean
}

export const trace: Command<Args> = {
  flags: (yargs) =>
    vmFlags(yargs)
      .positional('file', { type: 'string', demandOption: true, describe: 'the recording' })
      // Takes what follows as it is: without this the parser makes an empty text of `-`.
      .nargs('file', 1)
      .option('memslots', {
        type: 'string',
        requiresArg: true,
        describe: 'memslots: a .json file, or gfn:hva:pages,...',
      })
      .option('report', {
        type: 'string',
        requiresArg: true,
        describe: 'also write a page with a timeline to this file',
      })
      .option('force', {
        type: 'boolean',
        default: false,
        describe: 'replace the file at --report even if faultline did not write it',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' }) as unknown as Argv<Args>,

  async run({ file, memslots, json, report, force, ...flags }, io) {
    const page: Output | undefined =
      report === undefined
        ? undefined
        : { path: report, kind: 'page', force, inputs: [file, memslots], flag: '--report' }
    if (page !== undefined) checkOutput(page)
    const vms = await recordedVms(file, { memslots, keepStreams: page !== undefined, ...flags }, io)
    const summaries = vms.map(({ summary }) => summary)
    if (page !== undefined) save(page, pageHtml(tracePage(file === '-' ? 'standard input' : basename(file), vms)))
    if (json) io.out(JSON.stringify(summaries.length === 1 ? summaries[0] : { vms: summaries }, null, 1))
    else io.out(fit(summaries.map(summaryText).join('\n'), io.columns))
    return EXIT.fine
  },
}
