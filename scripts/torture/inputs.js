// Inputs that are taken in this process: thousands a second. An area says what it has done with one; what it throws is a violation
// unless it is a refusal.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { compare } from '../../dist/bench/comparing/compare.js'
import { resultOf, runOf } from '../../dist/bench/comparing/testing.contract.js'
import { validate } from '../../dist/bench/schema.js'
import { readEntries } from '../../dist/bench/trend/history.js'
import { seriesOf, shiftsOf } from '../../dist/bench/trend/series.js'
import { parseSchedule } from '../../dist/checker/schedule.js'
import { COMMANDS } from '../../dist/cli/commands.js'
import { readConfig } from '../../dist/cli/config-file.js'
import { flagsOf } from '../../dist/cli/flag-table.js'
import { integer, integers, milliseconds } from '../../dist/cli/flags.js'
import { checkProfile } from '../../dist/model/profile.js'
import { chooseMemslots } from '../../dist/replay/infer-memslots.js'
import { Lines } from '../../dist/replay/lines.js'
import { readMemslots } from '../../dist/replay/read-memslots.js'
import { Recording } from '../../dist/replay/recording.js'
import { summarise } from '../../dist/replay/summary.js'
import { workloadOf } from '../../dist/replay/workload.js'
import { benchReport } from '../../dist/report/bench-report.js'
import { compareMarkdown, compareText } from '../../dist/report/compare-text.js'
import { EXPORTERS } from '../../dist/report/export/all.js'
import { RESULT } from '../../dist/report/export/exported.contract.js'
import { faultsIn } from './grammars.js'
import { EVIL_TEXTS, mutated, scratched } from './random.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'faultline-torture-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** What a reader may say of what it is given. */
const REFUSALS = ['FaultlineError', 'ReplayError', 'ProfileError', 'WrongUse']
export const isRefusal = (error) => REFUSALS.includes(error?.name) || REFUSALS.includes(error?.constructor?.name)

const HEADS = ['1..4', '1,2,4', '400ms', '2s', '0', '10000', '1..1024', '0..4294967295']
const flags = {
  name: 'flags',
  share: 25,
  once(random) {
    const text = random.chance(0.2) ? random.pick(EVIL_TEXTS) : scratched(random.pick(HEADS), random)
    random.pick([
      () => milliseconds('duration', text),
      () => integers('vcpus', text, 1, 1024),
      () => integer('trials', text, 1, 10_000),
    ])()
  },
}

const CONFIG = { scenario: 'precheck', trials: 2, vcpus: '1,2', quiet: true, set: ['range=512'], duration: '1ms' }
const BENCH = COMMANDS.find(({ name }) => name === 'bench')
const TAKING = { name: 'bench', flags: await flagsOf(BENCH) }

const configs = {
  name: 'configs',
  share: 5,
  once(random) {
    const path = join(folder, 'config.json')
    const text = JSON.stringify(mutated(CONFIG, random))
    writeFileSync(path, random.chance(0.5) ? text : scratched(text, random))
    for (const given of Object.values(readConfig(path, TAKING))) {
      const isFlag = ['string', 'boolean'].includes(typeof given) || given.every((each) => typeof each === 'string')
      if (!isFlag) throw new Error(`a flag is ${JSON.stringify(given)}`)
    }
  },
}

const SMALL = resultOf([
  runOf({ faults_per_second: [100, 110, 120], elapsed_ns: [1e8, 1e8, 1e8] }, { variant: 'no-precheck' }),
  runOf({ faults_per_second: [120, 130, 140], elapsed_ns: [1e8, 1e8, 1e8] }, { variant: 'precheck' }),
])
const COMPARED = { by: 'variant', alpha: 0.05, force: true, metrics: [] }
const results = {
  name: 'results',
  share: 7,
  once(random) {
    const text = JSON.stringify(mutated(random.chance(0.5) ? SMALL : RESULT, random))
    const result = validate(parsed(random.chance(0.8) ? text : scratched(text, random)))
    const compared = compare([{ name: 'a', result }], COMPARED)
    random.pick([
      () => compareText(compared, []),
      () => compareMarkdown(compared, []),
      () => benchReport(result, { quiet: false, locks: true }),
    ])()
  },
}

const NAMES = ['scenario', 'variant', 'machine']
const exports = {
  name: 'exports',
  share: 5,
  once(random) {
    const result = structuredClone(RESULT)
    for (const run of result.runs) {
      run[random.pick(NAMES)] = random.pick(EVIL_TEXTS)
      for (const lock of run.locks) if (random.chance(0.3)) lock.name = random.pick(EVIL_TEXTS)
      if (random.chance(0.3)) run.params[random.pick(EVIL_TEXTS)] = random.pick(EVIL_TEXTS)
    }
    const exporter = random.pick(EXPORTERS)
    for (const { text } of exporter.files(validate(result))) {
      const faults = faultsIn(exporter.name, text)
      if (faults !== undefined) throw new Error(`${exporter.name}: ${faults}`)
    }
  },
}

const traceLines = readdirSync(join(ROOT, 'traces'))
  .filter((name) => name.endsWith('.trace.gz'))
  .flatMap((name) =>
    gunzipSync(readFileSync(join(ROOT, 'traces', name)))
      .toString('latin1')
      .split('\n')
      .slice(0, 3000),
  )
const traces = {
  name: 'traces',
  share: 10,
  once(random) {
    const from = random.below(traceLines.length - 40)
    const lines = traceLines.slice(from, from + 5 + random.below(35))
    for (let count = random.below(6); count >= 0; count -= 1) {
      const at = random.below(lines.length)
      lines[at] = scratched(lines[at], random)
    }
    const keepStreams = random.chance(0.5)
    const recording = new Recording({ keepStreams })
    const reader = new Lines((bytes, start, end) => recording.take(bytes, start, end))
    const bytes = Buffer.from(lines.join('\n'))
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + random.below(4096))
      reader.push(bytes.subarray(at, end))
      at = end
    }
    reader.end()
    if (recording.lines < 1) throw new Error('no line was counted')
    if (!(recording.clock.spanNs < 86_400e9)) throw new Error(`it spans ${recording.clock.spanNs} ns`)
    recording.finish()
    const memslots = chooseMemslots(recording, undefined)
    if (keepStreams) workloadOf(recording, memslots, { speed: 1, notifiers: 4 })
    else summarise(recording, memslots)
  },
}

const profileFolder = new URL('../../dist/model/profiles/', import.meta.url)
const profileTexts = readdirSync(profileFolder).map((name) =>
  JSON.parse(readFileSync(new URL(name, profileFolder), 'utf8')),
)
const profiles = {
  name: 'profiles',
  share: 8,
  once(random) {
    const { parameters } = checkProfile(mutated(random.pick(profileTexts), random), 'x.json')
    for (const [name, { value, low, high }] of Object.entries(parameters)) {
      if (!(low <= value && value <= high && high <= 1e9)) throw new Error(`${name} is ${value} of ${low} to ${high}`)
    }
  },
}

const MEMSLOTS = { memslots: [{ slot: 0, baseGfn: 0, hva: '0x7f68f7600000', pages: 65_536 }], guessed: false }
const memslots = {
  name: 'memslots',
  share: 10,
  async once(random) {
    if (random.chance(0.5)) {
      const text = scratched('0x100:0x7f68f7600000:512,0x400:0x7f68f8600000:16', random)
      if (/^(0x[\da-f]+|\d+):/i.test(text)) await readMemslots(text)
      return
    }
    const path = join(folder, 'memslots.json')
    writeFileSync(path, JSON.stringify(mutated(MEMSLOTS, random)))
    await readMemslots(path)
  },
}

const entry = (index) => ({
  ...{ schema: 'faultline.history', version: 1, id: `${index}`, createdAt: '2026-01-01T00:00:00.000Z' },
  ...{ git: 'c'.repeat(40), dirty: false, host: { cpu: 'x', cores: 2, node: 'v20' } },
  runs: [
    {
      ...{ scenario: 'precheck', variant: 'v', machine: 'threads', kind: 'measured', params: {}, definition: 'd' },
      metrics: { faults_per_second: { unit: '1/s', better: 'higher', assume: null, n: 5, median: index } },
    },
  ],
})
const histories = {
  name: 'histories',
  share: 10,
  once(random) {
    const lines = Array.from({ length: 1 + random.below(12) }, (_, index) => {
      const text = JSON.stringify(random.chance(0.5) ? entry(index) : mutated(entry(index), random))
      return random.chance(0.8) ? text : scratched(text, random).replaceAll('\n', ' ')
    })
    const { entries, damaged } = readEntries(lines.join('\n'), 'h.jsonl')
    const there = lines.filter((line) => line.trim() !== '').length
    if (entries.length + damaged.length !== there) throw new Error('a line is neither an entry nor named')
    for (const series of seriesOf(entries)) shiftsOf(series, { alpha: 0.05, minChange: 0, newest: undefined })
  },
}

const schedules = {
  name: 'schedules',
  share: 20,
  once(random) {
    const text = random.chance(0.1) ? random.pick(EVIL_TEXTS) : scratched('1:4f09ab12:01:tso:0001110002', random)
    const schedule = parseSchedule(text)
    if (typeof schedule === 'string') return
    if (!schedule.steppers.every((stepper) => stepper >= 0 && stepper < 32)) throw new Error('a stepper is no number')
  },
}

export const AREAS = [flags, configs, results, exports, traces, profiles, memslots, histories, schedules]

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
