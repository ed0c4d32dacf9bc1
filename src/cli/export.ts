import { statSync } from 'node:fs'
import { join } from 'node:path'
import { FaultlineError } from '../errors/faultline-error.ts'
import { EXPORTERS } from '../report/export/all.ts'
import type { Exported, Exporter } from '../report/export/exporter.ts'
import type { Command } from './command.ts'
import type { ExportArgs } from './export-flags.ts'
import { makeFolder } from './files/make-folder.ts'
import { checkOutput, type Output, save } from './files/output.ts'
import { EXIT, type Io } from './io.ts'
import { readResult } from './read-result.ts'

export const exportCommand: Command<ExportArgs> = async ({ file, format, only, out, force }, io) => {
  const exporter = EXPORTERS.find(({ name }) => name === format)!
  const files = exporter.files(await readResult(file, io)).filter(({ name }) => name.includes(only ?? ''))
  if (files.length === 0) throw nothingToExport(file, exporter, only)
  write(files, exporter, { out, force, inputs: [file] }, io)
  return EXIT.fine
}

const nothingToExport = (file: string, { name, needs }: Exporter, only: string | undefined) =>
  new FaultlineError(
    'NOTHING_TO_EXPORT',
    'usage',
    `${file} has no data for ${name}${only === undefined ? '' : ` with '${only}' in its name`}`,
    {
      hint:
        only === undefined
          ? (needs ?? 'Histograms and lock statistics come from latency trials; scenarios without a VM have none.')
          : 'Leave --only out to see all names.',
    },
  )

function write(
  files: readonly Exported[],
  { name: format, extension }: Exporter,
  { out, ...how }: { readonly out: string | undefined } & Pick<Output, 'force' | 'inputs'>,
  io: Io,
): void {
  const outputOf = (path: string): Output => ({ path, kind: 'export', ...how })
  const [first, ...others] = files
  if (out === undefined) {
    if (others.length > 0) throw several(format, files)
    io.out(first!.text.replace(/\n$/, ''))
    return
  }
  // One file goes into a folder as several do; without one it has the name that is given.
  const isFolder = others.length > 0 || /[/\\]$/.test(out) || isAFolder(out)
  if (isFolder) makeFolder(out)
  const outputs = files.map(({ name, text }) => {
    return { output: outputOf(isFolder ? join(out, `${name}.${extension}`) : out), text }
  })
  for (const { output } of outputs) checkOutput(output)
  for (const { output, text } of outputs) {
    save(output, text)
    io.out(output.path)
  }
}

const several = (format: string, files: readonly Exported[]) =>
  new FaultlineError('SEVERAL_FILES', 'usage', `${format} needs ${files.length} files for this result`, {
    hint: `Give a folder with --out FOLDER, or choose one with --only: ${someOf(files.map(({ name }) => name))}.`,
  })

const SHOWN = 3

const someOf = (names: readonly string[]) =>
  names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')}, or one of ${names.length - SHOWN} more, which a folder shows`

const isAFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
