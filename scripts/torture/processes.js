// The program as a process: signals at seeded moments of every command, disks that fill, pipes that close, two processes on one file.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomOf } from './random.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = join(ROOT, 'dist', 'cli', 'main.js')
const MODELLED = ['-s', 'precheck', '-m', 'altra-64', '--vcpus', '1', '--duration', '1ms']
const SHORT = ['--trials', '3', '--duration', '40ms', '--warmup', '20ms']
const HUNG_MS = 60_000
/** Codes that a command may end with of itself. */
const OWN_CODES = [0, 1, 3, 4]

/** Commands that read `r.json`, `h.jsonl` and `rec.gz`, and write what has `out` in its name. */
const COMMANDS = {
  'bench, modelled': ['bench', ...MODELLED, '--draws', '60', '--out', 'out.json'],
  'bench, threads': ['bench', '-s', 'precheck', ...SHORT, '--out', 'out.json'],
  'bench, primitives': ['bench', '-s', 'primitives', '--vcpus', '2', ...SHORT, '--out', 'out.json'],
  'bench, recording': ['bench', ...MODELLED.slice(0, 4), '--trace', 'rec.gz', '--out', 'out.json'],
  check: ['check', 'precheck'],
  'check --worst': ['check', 'precheck', '--worst', 'retries'],
  compare: ['compare', 'r.json', '--by', 'variant'],
  verify: ['verify', 'r.json'],
  regress: ['regress', '--baseline', 'r.json'],
  validate: ['validate'],
  calibrate: ['calibrate', '--out', 'out.json'],
  trace: ['trace', 'rec.gz'],
  trend: ['trend', 'h.jsonl', '--append', 'r.json'],
  export: ['export', 'r.json', '--format', 'csv', '--out', 'out.csv'],
}
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }
/** A process that does not listen to signals yet is ended by the system. */
const STARTING_MS = 250

/** Runs all of it; `signals` is how often each command is told to end, and a tenth of that how often the others happen. */
export async function tortureProcesses({ seed, signals, only }) {
  const random = randomOf(seed)
  const counts = {}
  const violations = []
  const record = (area, outcome) => {
    counts[area] ??= { runs: 0, violations: 0 }
    counts[area].runs += 1
    if (outcome === undefined) return
    counts[area].violations += 1
    violations.push({ area, seed, error: new Error(outcome) })
  }
  if (signals === 0) return { counts, violations }
  const given = await prepared()
  const wants = (area) => only === undefined || only.includes(area)
  const times = {}
  for (const [name, words] of Object.entries(COMMANDS)) {
    if (!wants('signals')) continue
    const folder = copyOf(given)
    const began = performance.now()
    await ended(start(words, folder), 20_000)
    times[name] = performance.now() - began
    rmSync(folder, { recursive: true })
    for (let index = 0; index < signals; index += 1) {
      record(`signals: ${name}`, await signalled(words, given, random, times[name]))
    }
  }
  const others = Math.ceil(signals / 10)
  for (let index = 0; index < others; index += 1) {
    if (wants('disks'))
      for (const name of ['bench, modelled', 'trend', 'export'])
        record(`disks: ${name}`, await onFullDisk(COMMANDS[name], given, random))
    if (wants('pipes'))
      for (const name of ['verify', 'regress', 'compare', 'trace'])
        record(`pipes: ${name}`, await intoClosedPipe(COMMANDS[name], given, random))
    if (wants('pairs'))
      for (const name of ['bench, modelled', 'trend']) record(`pairs: ${name}`, await twice(COMMANDS[name], given))
  }
  rmSync(given, { recursive: true })
  return { counts, violations }
}

/** A folder with what the commands read. */
async function prepared() {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-torture-'))
  cpSync(join(ROOT, 'traces', 'unrelated.trace.gz'), join(folder, 'rec.gz'))
  const made = await ended(start(['bench', ...MODELLED, '--quiet', '--out', 'r.json'], folder))
  if (made.code !== 0) throw new Error(`no result to begin with: ${made.err}`)
  cpSync(join(folder, 'r.json'), join(folder, 'old.json'))
  const { id, ...old } = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8'))
  writeFileSync(join(folder, 'old.json'), JSON.stringify({ ...old, id: `${id}-old` }))
  await ended(start(['trend', 'h.jsonl', '--append', 'old.json'], folder))
  return folder
}

function copyOf(given, parent = tmpdir()) {
  const folder = mkdtempSync(join(parent, 'faultline-torture-'))
  for (const name of readdirSync(given)) cpSync(join(given, name), join(folder, name))
  return folder
}

const start = (words, cwd, stdio = 'pipe') => spawn(process.execPath, [MAIN, ...words], { cwd, stdio, detached: true })

/** How a process ended; one that hangs is ended, and said so by its code. */
function ended(child, patienceMs = HUNG_MS) {
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  let isHung = false
  const killing = setTimeout(() => {
    isHung = true
    kill(child.pid)
  }, patienceMs)
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(killing)
      resolve({ code, signal, out, err, isHung })
    })
  })
}

function kill(group) {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {}
}

/** Whether anything of the group of a process that has ended is still there. */
function hasLeftProcesses(group) {
  try {
    process.kill(-group, 0)
    return true
  } catch {
    return false
  }
}

async function signalled(words, given, random, usualMs) {
  const folder = copyOf(given)
  const signal = random.pick(Object.keys(SIGNALS))
  const atMs = STARTING_MS * random.next() + random.next() * Math.min(usualMs, 2000)
  const child = start(words, folder)
  const end = ended(child)
  await new Promise((resolve) => setTimeout(resolve, atMs))
  child.kill(signal)
  const { code, signal: by, err, isHung } = await end
  const fault = (what) => `${words.join(' ')}, ${signal} after ${atMs.toFixed(0)} ms: ${what}`
  try {
    if (isHung) return fault('hung')
    if (by !== null && by !== signal) return fault(`was ended by ${by}`)
    if (by === null && code !== SIGNALS[signal] && !OWN_CODES.includes(code)) return fault(`code ${code}: ${err}`)
    if (/should not have happened|^ {4}at /m.test(err)) return fault(err)
    if (hasLeftProcesses(child.pid)) return fault('left a process')
    return damage(folder, given, fault)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What is there besides whole files, or is no longer what it was. */
function damage(folder, given, fault) {
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.tmp') || name.endsWith('.lock')) return fault(`left ${name}`)
    const text = readFileSync(join(folder, name))
    if (name.startsWith('out') && name.endsWith('.json')) JSON.parse(text)
    if (name === 'h.jsonl') for (const line of text.toString().trim().split('\n')) JSON.parse(line)
    else if (!name.startsWith('out') && !text.equals(readFileSync(join(given, name)))) return fault(`changed ${name}`)
  }
  return undefined
}

async function onFullDisk(words, given, random) {
  const disk = mkdtempSync(join(tmpdir(), 'faultline-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk])
  try {
    const folder = copyOf(given, disk)
    const { bavail, bsize } = statfsSync(disk)
    writeFileSync(join(disk, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - random.below(30_000))))
    const { code, err } = await ended(start(words, folder))
    const fault = (what) => `${words.join(' ')} on a full disk: ${what}`
    if (code !== 0 && code !== 3) return fault(`code ${code}: ${err}`)
    if (code === 3 && !/the disk is full/.test(err)) return fault(err)
    return damage(folder, given, fault)
  } finally {
    execFileSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true })
  }
}

async function intoClosedPipe(words, given, random) {
  const folder = copyOf(given)
  const whole = await ended(start(words, folder))
  const child = start(words, folder)
  child.stdout.destroy()
  if (random.chance(0.5)) child.stderr.destroy()
  const { code, signal } = await ended(child)
  rmSync(folder, { recursive: true })
  return code === whole.code
    ? undefined
    : `${words.join(' ')} into a closed pipe: ${code ?? signal}, else ${whole.code}`
}

/** Two at the same time: neither loses what the other has. */
async function twice(words, given) {
  const folder = copyOf(given)
  const other = words.map((word) => (word === 'r.json' ? 'r2.json' : word))
  const { id, ...result } = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8'))
  writeFileSync(join(folder, 'r2.json'), JSON.stringify({ ...result, id: `${id}-2` }))
  const both = await Promise.all([words, other].map((each) => ended(start(each, folder))))
  const codes = both.map(({ code }) => code)
  const outs = readdirSync(folder).filter((name) => name.startsWith('out'))
  const lines = readFileSync(join(folder, 'h.jsonl'), 'utf8').trim().split('\n').length
  rmSync(folder, { recursive: true })
  if (codes.some((code) => !OWN_CODES.includes(code)))
    return `${words[0]} twice: codes ${codes}, ${both[0].err}${both[1].err}`
  if (words[0] === 'bench' && outs.length !== 2) return `bench twice: ${outs.map((name) => basename(name)).join(', ')}`
  return words[0] === 'trend' && lines !== 3 ? `trend twice: ${lines} lines` : undefined
}
