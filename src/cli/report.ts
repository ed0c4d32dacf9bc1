import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { FaultlineError, ReplayError } from '../errors/faultline-error.ts'
import { comparisonPage } from '../report/page/comparison-page.ts'
import { pageHtml } from '../report/page/page.ts'
import { resultPage } from '../report/page/result-page.ts'
import type { Page } from '../report/page/spec.ts'
import { type RecordedVm, tracePage } from '../report/page/trace-page.ts'
import type { Command } from './command.ts'
import { checkOutput, save } from './files/output.ts'
import { EXIT, type Io } from './io.ts'
import { beginsAsJson, readResult } from './read-result.ts'
import { recordedVms } from './recorded-vms.ts'
import type { ReportArgs } from './report-flags.ts'

export const report: Command<ReportArgs> = async ({ files, out, open, force }, io) => {
  const path = out ?? defaultName(files[0]!)
  const output = { path, kind: 'page', force, inputs: files, flag: '--out' } as const
  checkOutput(output)
  const page = await pageOf(files, io)
  save(output, pageHtml(page))
  io.out(path)
  if (open) openInBrowser(path)
  return EXIT.fine
}

async function pageOf(files: readonly string[], io: Io): Promise<Page> {
  const [first, ...others] = files as readonly [string, ...string[]]
  const recorded = await recordingIn(first, io)
  if (recorded !== undefined) return withReplays(tracePage(basename(first), recorded), others, io)
  const results = await Promise.all(files.map((file) => readResult(file, io)))
  const named = results.map((result, index) => ({ name: basename(files[index]!), result }))
  const page = others.length > 0 ? comparisonPage(named) : resultPage(results[0]!)
  if (page.sections.length > 0) return page
  throw new FaultlineError('NOTHING_TO_REPORT', 'usage', `${first} holds no runs`, {
    hint: 'Run `faultline bench --out FILE` to its end.',
  })
}

/** A recording, and below it its replays: the kernel's waits beside theirs. */
async function withReplays(page: Page, files: readonly string[], io: Io): Promise<Page> {
  const replays: Page[] = []
  for (const file of files) {
    const result = await readResult(file, io)
    const runs = result.runs.filter(({ recorded }) => recorded !== undefined)
    if (runs.length === 0) {
      throw new FaultlineError('NO_REPLAY', 'usage', `${file} has no run that replays a recording`, {
        hint: 'Make one with `faultline bench -s precheck --trace RECORDING --timeline 1000 --out FILE`.',
      })
    }
    const { provenance, ...replay } = resultPage({ ...result, runs })
    replays.push({
      ...replay,
      provenance: provenance.map(([what, value]) => [`${basename(file)}: ${what}`, value] as const),
    })
  }
  return {
    title: page.title,
    sections: [page, ...replays].flatMap(({ sections }) => sections),
    provenance: [page, ...replays].flatMap(({ provenance }) => provenance),
  }
}

/** The VMs in a file that is a recording of KVM, and no result. */
async function recordingIn(file: string, io: Io): Promise<RecordedVm[] | undefined> {
  if (!existsSync(file) || beginsAsJson(file)) return undefined
  try {
    return await recordedVms(file, { keepStreams: true }, io)
  } catch (cause) {
    // A file that is neither gets the error of a result file.
    if (cause instanceof ReplayError) return undefined
    throw cause
  }
}

const defaultName = (file: string) =>
  file === '-' ? 'report.html' : `${file.replace(/(\.json|\.trace(\.gz)?|\.gz)$/, '')}.html`

/** The desktop's own way; where there is none, the path that was printed is enough. */
function openInBrowser(path: string): void {
  spawn('xdg-open', [path], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
