import { basename } from 'node:path'
import { summaryText } from '../replay/summary-text.ts'
import { fit } from '../report/fit.ts'
import { pageHtml } from '../report/page/page.ts'
import { tracePage } from '../report/page/trace-page.ts'
import type { Command } from './command.ts'
import { checkOutput, type Output, save } from './files/output.ts'
import { EXIT } from './io.ts'
import { recordedVms } from './recorded-vms.ts'
import type { TraceArgs } from './trace-flags.ts'

export const trace: Command<TraceArgs> = async ({ file, memslots, json, report, force, ...flags }, io) => {
  const page: Output | undefined =
    report === undefined ? undefined : { path: report, kind: 'page', force, inputs: [file, memslots], flag: '--report' }
  if (page !== undefined) checkOutput(page)
  const vms = await recordedVms(file, { memslots, keepStreams: page !== undefined, ...flags }, io)
  const summaries = vms.map(({ summary }) => summary)
  if (page !== undefined) save(page, pageHtml(tracePage(file === '-' ? 'standard input' : basename(file), vms)))
  if (json) io.out(JSON.stringify(summaries.length === 1 ? summaries[0] : { vms: summaries }, null, 1))
  else io.out(fit(summaries.map(summaryText).join('\n'), io.columns))
  return EXIT.fine
}
