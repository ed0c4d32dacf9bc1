import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { definitionOfTree } from './definition/definition.ts'
import type { Host, Result } from './result.ts'

/** The versions of the runtime, passed in because only the command line uses `process`. */
export type Runtime = { readonly node: string; readonly v8: string }

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
const MODEL = fileURLToPath(new URL('../model', import.meta.url))

export function describeHost(runtime: Runtime, clockNs: number): Host {
  const cpus = os.cpus()
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    quota: cgroupQuota(),
    memory: os.totalmem(),
    os: `${os.type()} ${os.arch()}`,
    kernel: os.release(),
    node: runtime.node,
    v8: runtime.v8,
    governor: readLine('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    virtualised: isVirtualised(),
    clockNs,
  }
}

/** Cores that this process may really use. */
export const usableCores = ({ quota }: Pick<Host, 'quota'> = { quota: cgroupQuota() }): number =>
  Math.max(1, Math.min(os.availableParallelism(), quota === null ? Number.POSITIVE_INFINITY : Math.floor(quota)))

function cgroupQuota(): number | null {
  const [quota, period] = (readLine('/sys/fs/cgroup/cpu.max') ?? 'max').split(' ')
  return quota === 'max' || period === undefined ? null : Number(quota) / Number(period)
}

function isVirtualised(): boolean | null {
  const info = readWhole('/proc/cpuinfo')
  return info === null ? null : /^flags\s*:.*\bhypervisor\b/m.test(info)
}

/** CPU time of the whole machine that a hypervisor gave to others, in ticks of 10 ms, and all of it. */
export function readSteal(): { readonly steal: number; readonly total: number } {
  const fields = (readLine('/proc/stat') ?? '').split(/\s+/).slice(1, 9).map(Number)
  return { steal: fields[7] ?? 0, total: fields.reduce((sum, ticks) => sum + ticks, 0) }
}

/** Asked once: the program has been loaded from this tree, whatever becomes of the tree later. */
let source: Result['source'] | undefined

/** The tree that this program runs from. */
export function describeSource(): Result['source'] {
  source ??= { ...gitState(), definition: definitionOfTree() }
  return source
}

function gitState(): { git: string | null; dirty: boolean | null } {
  if (!existsSync(join(PACKAGE, '.git'))) return { git: null, dirty: null }
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', PACKAGE, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return { git: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain') !== '' }
  } catch {
    return { git: null, dirty: null }
  }
}

/** The program does not change while it runs. */
let engine: string | undefined

/** Hash of the code that computes with a modelled machine. */
export function engineHash(): string {
  if (engine !== undefined) return engine
  const hash = createHash('sha256')
  for (const file of walk(MODEL).filter((name) => /(?<!\.(test|contract))\.js$/.test(name)))
    hash.update(readFileSync(file))
  engine = hash.digest('hex').slice(0, 16)
  return engine
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)]))
}

function readWhole(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

const readLine = (file: string): string | null => readWhole(file)?.split('\n')[0]?.trim() ?? null
