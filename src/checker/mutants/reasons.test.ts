import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Mutation } from './mutations.ts'
import { unexplained } from './score-text.ts'
import { WHY_NOT } from './survivors.ts'
import { WHY_NOT_OF_ORDER } from './weak-survivors.ts'
import type { WhyNot } from './why-not.ts'

const dist = fileURLToPath(new URL('../..', import.meta.url))
const files = readdirSync(join(dist, 'protocols'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.js') && !name.endsWith('.test.js'))
  .map((name) => ({ name: `protocols/${name}`, text: readFileSync(join(dist, 'protocols', name), 'utf8') }))

/** The steps of a function, or of the whole file, as mutations name them: the text after `yield*`. */
function stepsOf(text: string, name: string | undefined): string[] {
  const declared = new RegExp(`function\\* ${name}\\(|^ {4}\\*#?${name}\\(`, 'm')
  const from = name === undefined ? 0 : text.search(declared)
  if (from < 0) return []
  const end =
    name === undefined ? text.length : text.slice(from + 1).search(/\n( {4})?(export )?(function\*?|\*#?\w+\() /)
  const body = end < 0 ? text.slice(from) : text.slice(from, from + 1 + end)
  return [...body.matchAll(/yield\*\s+([^\n]*)/g)].map(([, step]) => step!)
}

const fits = ({ file, in: name, code }: WhyNot) =>
  files.some(({ name: path, text }) => (file ?? path) === path && stepsOf(text, name).some((step) => code.test(step)))

test('every reason why a mutant survives names an existing step', () => {
  const lost = [...WHY_NOT, ...WHY_NOT_OF_ORDER].filter((reason) => !fits(reason))
  assert.deepEqual(
    lost.map(({ file, in: name, code }) => `${file ?? 'any file'} ${name ?? ''} ${code}`),
    [],
    'Name the function and the step as they are called now, in src/checker/mutants.',
  )
})

test('a reason is found by the kind of the mutant: a weaker order is not an omission', () => {
  const lives = (file: string, fn: string, code: string, kind: Mutation['kind']) => {
    const mutation = { file: `protocols/${file}.js`, in: fn, site: '', code, kind, start: 0, end: 0 }
    return { ...mutation, report: { verdict: 'PASS', by: '', where: '' }, engines: [] } as const
  }
  const all = [
    lives('nx/nx-pages', 'isRootObsolete', 'cpu.load(this.roots.invalid(this.roots.current[cpu.id]))', 'unasked'),
    lives('nx/nx-pages', 'isRootObsolete', 'cpu.load(this.roots.invalid(this.roots.current[cpu.id]))', 'plain'),
    lives('nx/root-walk', 'putRoot', 'cpu.load(nx.roots.invalid(root))', 'unasked'),
    lives('nx/root-walk', 'putRoot', 'cpu.load(nx.roots.invalid(root))', 'plain'),
    lives('nx/root-walk', 'getRootOf', 'cpu.load(nx.roots.invalid(root))', 'unasked'),
    lives('nx/root-walk', 'getRootOf', 'cpu.load(nx.roots.invalid(root))', 'plain'),
    lives('nx/root-walk', 'makeRoot', 'cpu.write(nx.roots.invalid(free), 0)', 'dropped'),
    lives('nx/root-walk', 'makeRoot', 'cpu.storeRelease(nx.roots.table(free), table + 1)', 'relaxed'),
    lives('versions/v6.8', 'rwlockNeedbreak', 'vm.mmuLock.isContended(cpu)', 'unasked'),
  ]
  assert.deepEqual(
    unexplained(all).map(({ in: fn, code, kind }) => `${fn} ${code} ${kind}`),
    [],
  )
})
