import type { Argv } from 'yargs'
import { chooseMemslots } from '../replay/infer-memslots.ts'
import { readMemslots } from '../replay/read-memslots.ts'
import { readRecording } from '../replay/read-recording.ts'
import { summarise } from '../replay/summary.ts'
import { summaryText } from '../replay/summary-text.ts'
import type { Command } from './command.ts'
import { EXIT } from './io.ts'

type Args = { readonly file: string; readonly memslots: string | undefined; readonly json: boolean }

export const trace: Command<Args> = {
  name: 'trace',
  usage: 'trace <file>',
  summary: 'Say what a recorded KVM trace holds: ftrace text or trace-cmd report, .gz, or - for standard input.',
  flags: (yargs) =>
    yargs
      .positional('file', { type: 'string', demandOption: true, describe: 'the recording' })
      // Takes what follows as it is: without this the parser makes an empty text of `-`.
      .nargs('file', 1)
      .option('memslots', { type: 'string', requiresArg: true, describe: 'a .json file, or gfn:hva:pages,...' })
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' }) as unknown as Argv<Args>,

  async run({ file, memslots, json }, io) {
    const given = memslots === undefined ? undefined : await readMemslots(memslots)
    const recording = await readRecording(file, { keepStreams: false, stdin: io.stdin })
    const summary = summarise(recording, chooseMemslots(recording, given))
    io.out(json ? JSON.stringify(summary, null, 1) : summaryText(summary))
    return EXIT.fine
  },
}
