import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { validate } from '../bench/schema.ts'

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
    for (const job of text.split(/^(?= {2}\w[\w-]*:$)/m).filter((each) => /contents: write/.test(each))) {
      assert.doesNotMatch(job, /npm (ci|install)(?! --ignore-scripts)/)
    }
  }
})

/** As the service runs a step. */
function run(command: string, folder: string, env: Record<string, string>) {
  const summary = join(folder, 'summary.md')
  const shell = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', command]
  const { status, stdout, stderr } = spawnSync('bash', shell, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env, GITHUB_STEP_SUMMARY: summary },
  })
  const said = existsSync(summary) ? readFileSync(summary, 'utf8') : ''
  return { status, out: stdout, err: stderr, said }
}

const place = () => mkdtempSync(join(tmpdir(), 'faultline-workflow-'))
/** What installs and tests is what runs this test. */
const isOfThisTest = (command: string) => ['npm ci', 'npm ci --ignore-scripts', '.ci/run'].includes(command)
const PLAN = '-s precheck --variant precheck --set range=256 --duration 30ms --warmup 20ms --trials 6'

test('every command of the workflows is known to a test', () => {
  assert.deepEqual(commandsOf('test.yml'), ['.ci/run'])
  assert.equal(commandsOf('regress.yml').filter((command) => !isOfThisTest(command)).length, 2)
  assert.equal(commandsOf('history.yml').filter((command) => !isOfThisTest(command)).length, 3)
})

test('the blocking gate passes its own baseline, and its exit code is not lost in the pipe', SKIP, () => {
  const [exact] = commandsOf('regress.yml').filter((command) => command.includes('regress |'))
  const folder = place()
  const on = (baseline: string) => run(exact!.replace('regress |', `regress -- --baseline ${baseline} |`), folder, {})
  const bench = `npm run --silent bench -- -s precheck -m altra-64 --vcpus 2 --quiet --out ${folder}/precheck.json`
  assert.equal(run(bench, folder, {}).status, 0)
  const passed = on(join(folder, 'precheck.json'))
  assert.equal(passed.status, 0, passed.out + passed.err)
  assert.match(passed.said, /every figure as it was/)
  assert.equal(on(join(folder, 'nowhere')).status, 4)
})

test('the measured comparison writes a summary in Markdown and keeps its result', SKIP, () => {
  const [measured] = commandsOf('regress.yml').filter((command) => command.includes('--against'))
  const folder = place()
  const file = join(folder, 'measured.json')
  const { status, err, said } = run(measured!.replace('measured.json', file), folder, { BASE: 'HEAD', PLAN })
  assert.equal(status, 0, err)
  assert.match(said, /^### precheck threads measured\n\n\|/m)
  const { runs } = validate(JSON.parse(readFileSync(file, 'utf8')))
  assert.deepEqual(
    runs.map(({ revision }) => revision!.side),
    ['base', 'head'],
  )
  for (const { trials } of runs) assert.ok(trials.filter(({ mode }) => mode === 'throughput').length === 6)
  const trees = execFileSync('git', ['-C', ROOT, 'worktree', 'list'], { encoding: 'utf8' })
  assert.doesNotMatch(trees, /faultline-ab-/, 'the tree of the base is gone')
})

test('the history grows by a line, which is pushed', SKIP, () => {
  const folder = place()
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
  git('init', '--quiet', '--bare', '--initial-branch=history', 'origin')
  git('clone', '--quiet', 'origin', 'history')
  const named = ['-c', 'user.name=a', '-c', 'user.email=a@b']
  git('-C', 'history', ...named, 'commit', '--quiet', '--allow-empty', '-m', 'Begin')
  git('-C', 'history', 'push', '--quiet', '-u', 'origin', 'HEAD:history')
  for (const command of commandsOf('history.yml').filter((each) => !isOfThisTest(each))) {
    const here = command
      .replaceAll('result.json', join(folder, 'result.json'))
      .replaceAll('history/threads.jsonl', join(folder, 'history', 'threads.jsonl'))
      .replaceAll('-C history', `-C ${join(folder, 'history')}`)
    const { status, err } = run(here, folder, { PLAN })
    assert.equal(status, 0, `${here}: ${err}`)
  }
  assert.equal(git('-C', 'origin', 'show', 'history:threads.jsonl').trim().split('\n').length, 1)
  rmSync(folder, { recursive: true })
})
