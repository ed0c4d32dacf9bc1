import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { validate } from '../bench/schema.ts'
import { installPacked } from './packed.contract.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const isClone = existsSync(join(ROOT, '.git'))
const SKIP = isClone ? {} : { skip: 'the workflows compare revisions, and this is no git tree' }

/** The commands of a workflow, step by step. A step's command is one line, so that nothing but a shell is needed to run it. */
function commandsOf(workflow: string): string[] {
  const text = readFileSync(join(ROOT, '.github', 'workflows', workflow), 'utf8')
  assert.doesNotMatch(text, /run: [|>]/)
  assert.match(
    text,
    /^defaults:\n {2}run:\n( {4}#.*\n)? {4}shell: bash$/m,
    'bash of the service has pipefail only if it is named',
  )
  return [...text.matchAll(/^ {8}run: (.*)$/gm)].map(([, command]) => command!)
}

test('actions are pinned by hash, and what may write installs nothing that runs scripts', () => {
  for (const workflow of readdirSync(join(ROOT, '.github', 'workflows'))) {
    const text = readFileSync(join(ROOT, '.github', 'workflows', workflow), 'utf8')
    for (const [, action] of text.matchAll(/uses: (.*)$/gm)) assert.match(action!, /^[\w/-]+@[0-9a-f]{40} # v[\d.]+$/)
    assert.match(text, /^permissions:\n {2}contents: read$/m, workflow)
    for (const job of text.split(/^(?= {2}\w[\w-]*:$)/m).filter((each) => /: write$/m.test(each))) {
      assert.doesNotMatch(job, /npm (ci|install)(?! --ignore-scripts)/)
      if (/pull-requests: write/.test(job)) assert.doesNotMatch(job, /checkout@|npm |npx /)
    }
  }
})

/** As the service runs a step. */
function run(command: string, folder: string, env: Record<string, string>, tree = ROOT) {
  const summary = join(folder, 'summary.md')
  const shell = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', command]
  const { status, stdout, stderr } = spawnSync('bash', shell, {
    cwd: tree,
    encoding: 'utf8',
    env: { ...process.env, ...AUTHOR, ...env, GITHUB_STEP_SUMMARY: summary },
  })
  const said = existsSync(summary) ? readFileSync(summary, 'utf8') : ''
  return { status, out: stdout, err: stderr, said }
}

/** The author and committer that history.yml sets for appending. */
const AUTHOR = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((part) => [
    [`GIT_${part}_NAME`, 'faultline'],
    [`GIT_${part}_EMAIL`, 'faultline@localhost'],
  ]),
)

const place = () => mkdtempSync(join(tmpdir(), 'faultline-workflow-'))
/** What installs and tests is what runs this test; what is built is built. */
const OF_THIS_TEST = ['npm ci', 'npm ci --ignore-scripts', 'npm run --silent --if-present build', '.ci/run']
const isOfThisTest = (command: string) => OF_THIS_TEST.includes(command)
const PLAN = '-s precheck --variant precheck --set range=256 --duration 30ms --warmup 20ms --trials'
const BUDGET_S = 25

test('every command of the workflows is known to a test', () => {
  assert.deepEqual(commandsOf('test.yml'), ['.ci/run'])
  assert.equal(commandsOf('regress.yml').filter((command) => !isOfThisTest(command)).length, 4)
  assert.equal(commandsOf('history.yml').filter((command) => !isOfThisTest(command)).length, 4)
})

test('the measured comparison writes a summary in Markdown and keeps its result', SKIP, () => {
  const [measured] = commandsOf('regress.yml').filter((command) => command.includes('--against'))
  const folder = place()
  const file = join(folder, 'measured.json')
  const plan = `${PLAN} 6 --time-budget ${BUDGET_S}s`
  const began = performance.now()
  const { status, err, said } = run(measured!.replace('measured.json', file), folder, { BASE: 'HEAD', PLAN: plan })
  const tookS = (performance.now() - began) / 1000
  assert.ok(tookS < 6 * BUDGET_S, `a budget of ${BUDGET_S} s was ${tookS} s`)
  const rounds = roundsIn(file, said)
  if (rounds > 0) checkComment(file, folder)
  // A host that is busy with other things does not come to six rounds: that is said, and the gate does not pass.
  assert.equal(status, rounds === 6 ? 0 : 4, err)
  assert.equal(/the time was up/.test(err), rounds < 6, err)
  const trees = execFileSync('git', ['-C', ROOT, 'worktree', 'list'], { encoding: 'utf8' })
  assert.doesNotMatch(trees, /faultline-ab-/, 'the tree of the base is gone')
})

/** The verdict stands on the first line of the comment, whatever chance made of the same code on both sides. */
function checkComment(file: string, folder: string): void {
  const [compares] = commandsOf('regress.yml').filter((command) => command.includes('compare measured.json'))
  const to = join(folder, 'comment.md')
  const { status, out, err } = run(compares!.replace('measured.json', file).replace('comment.md', to), folder, {})
  assert.ok([0, 1, 4].includes(status!), err)
  assert.match(out, /^\*\*.*\*\*\n/)
  assert.equal(readFileSync(to, 'utf8'), out)
}

/** How many rounds were measured of each side, if any was; the table is in Markdown then. */
function roundsIn(file: string, said: string): number {
  if (!existsSync(file)) return 0
  assert.match(said, /^### precheck threads measured\n\n\|/m)
  const { runs } = validate(JSON.parse(readFileSync(file, 'utf8')))
  assert.deepEqual(
    runs.map(({ revision }) => revision!.side),
    ['base', 'head'],
  )
  const [base, head] = runs.map(({ trials }) => trials.filter(({ mode }) => mode === 'throughput').length)
  assert.equal(base, head)
  return head!
}

/** An empty repository with faultline from npm in it, and a branch `history` that lies where the service keeps it. */
function lifted(): string {
  const tree = place()
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: tree, stdio: 'pipe', env: { ...process.env, ...AUTHOR } })
  installPacked(tree)
  writeFileSync(join(tree, '.gitignore'), 'node_modules\norigin\nhistory\nother\n')
  writeFileSync(join(tree, 'package.json'), '{ "private": true }\n')
  git('init', '--quiet', '--initial-branch=main')
  git('add', '.')
  git('commit', '--quiet', '-m', 'Begin')
  git('init', '--quiet', '--bare', '--initial-branch=history', 'origin')
  for (const clone of ['history', 'other']) git('clone', '--quiet', 'origin', clone)
  git('-C', 'history', 'commit', '--quiet', '--allow-empty', '-m', 'Begin')
  git('-C', 'history', 'push', '--quiet', '-u', 'origin', 'HEAD:history')
  git('-C', 'other', 'pull', '--quiet')
  return tree
}

test('lifted into an empty repository with faultline from npm, every command runs; of pushes at one time none is dropped', () => {
  const tree = lifted()
  const at = (command: string) => run(command, tree, { PLAN: `${PLAN} 2` }, tree)
  const [exact] = commandsOf('regress.yml').filter((command) => command.includes('regress --format'))
  assert.equal(at(exact!).status, 4, 'there is no baseline yet, and the pipe does not hide that')
  const baseline =
    'mkdir -p results/baseline && npx --no-install faultline bench -s precheck -m altra-64 --vcpus 2 --quiet'
  assert.equal(
    at(`${baseline} --out results/baseline/precheck.json && npx --no-install faultline regress --update`).status,
    0,
  )
  const passed = at(exact!)
  assert.equal(passed.status, 0, passed.out + passed.err)
  assert.match(passed.said, /^```text\n.*every figure as it was[\s\S]*^```$/m, 'lines do not run into each other')
  const commands = commandsOf('history.yml').filter((command) => !isOfThisTest(command))
  const upTo = (word: string) =>
    commands.slice(
      0,
      commands.findIndex((command) => command.includes(word)),
    )
  for (const command of upTo('push')) {
    const { status, err, out } = at(command)
    assert.equal(status, 0, `${command}: ${out}${err}`)
  }
  // Another push was measured meanwhile, and is there first.
  const line = '{"of":"another push"}\n'
  writeFileSync(join(tree, 'other', 'threads.jsonl'), line)
  assert.equal(at('git -C other add . && git -C other commit -qm Other && git -C other push -q').status, 0)
  const pushed = at(commands.at(-1)!)
  assert.equal(pushed.status, 0, pushed.err)
  const kept = execFileSync('git', ['-C', join(tree, 'origin'), 'show', 'history:threads.jsonl'], { encoding: 'utf8' })
  assert.equal(kept.trim().split('\n').length, 2)
  assert.ok(kept.includes(line) && /"dirty":(false|null)/.test(kept), kept)
  rmSync(tree, { recursive: true })
})
