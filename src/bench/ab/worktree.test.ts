import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { runChild } from './child.ts'
import { isGone, ownerOf } from './owner.ts'
import { gitIn, sweep, withWorktree } from './worktree.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-worktree-'))
test.after(() => rmSync(FOLDER, { recursive: true }))

const end = (group: number, signal: 'SIGTERM' | 'SIGKILL') => {
  try {
    process.kill(-group, signal)
  } catch {}
}
const FOR_EVER = { signal: new AbortController().signal, end }

function repository(name: string) {
  const folder = join(FOLDER, name)
  mkdirSync(folder)
  const plain = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', stdio: 'pipe' })
  plain('init', '--quiet')
  plain('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--allow-empty', '-m', 'Begin')
  return { folder, plain, git: gitIn(folder, FOR_EVER), trees: () => plain('worktree', 'list').trim().split('\n') }
}

test('a temporary worktree is removed, even if the work in it fails', async () => {
  const { git, trees } = repository('lent')
  const owner = ownerOf(process.pid)
  const failing = withWorktree(git, 'HEAD', owner, async (folder) => {
    assert.equal(trees().length, 2)
    writeFileSync(join(folder, 'tree', 'new'), 'x')
    throw new Error('as it was told')
  })
  await assert.rejects(failing, /as it was told/)
  assert.equal(trees().length, 1)
  assert.ok(!readdirSync(tmpdir()).some((name) => name.startsWith(`faultline-ab-${owner}-`)))
})

test('a worktree of the user whose folder is temporarily missing is kept', async () => {
  const { folder, plain, git } = repository('away')
  const own = join(FOLDER, 'usb')
  plain('worktree', 'add', '--quiet', '--detach', own)
  renameSync(own, `${own}.away`)
  await sweep(git)
  await withWorktree(git, 'HEAD', ownerOf(process.pid), async () => {})
  renameSync(`${own}.away`, own)
  assert.match(execFileSync('git', ['-C', own, 'status'], { encoding: 'utf8' }), /nothing to commit/)
  assert.ok(existsSync(folder))
})

test('the worktree of a killed run is removed by the next run, and that of a running one is not', async () => {
  const { plain, git, trees } = repository('killed')
  const mine = ownerOf(process.pid)
  const gone = mine.replace(/-\d+-\d+$/, '-1-1')
  const left = [gone, gone, mine].map((owner, index) => {
    const place = mkdtempSync(join(tmpdir(), `faultline-ab-${owner}-`))
    const tree = join(place, 'tree')
    plain('worktree', 'add', '--quiet', '--detach', '--lock', '--reason', `faultline ${owner}`, tree, 'HEAD')
    if (index === 1) rmSync(place, { recursive: true })
    return place
  })
  await sweep(git)
  assert.deepEqual(
    left.map((place) => existsSync(place)),
    [false, false, true],
  )
  assert.equal(trees().length, 2, basename(left[2]!))
  plain('worktree', 'remove', '--force', '--force', join(left[2]!, 'tree'))
  rmSync(left[2]!, { recursive: true })
})

test('a process counts as ended if its id is free or belongs to another process', async () => {
  const child = spawn('sleep', ['30'])
  const owner = ownerOf(child.pid!)
  assert.equal(isGone(owner), false)
  child.kill('SIGKILL')
  await new Promise((resolve) => child.on('exit', resolve))
  assert.equal(isGone(owner), true)
  assert.equal(isGone(ownerOf(process.pid).replace(/\d+$/, '1')), true)
  assert.equal(isGone('00000000-1-1'), false, 'processes of other hosts cannot be checked')
})

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

test('a child that is stopped ends its own children, and the parent waits for it', async () => {
  const interrupt = new AbortController()
  const grandchild = join(FOLDER, 'grandchild')
  const script = `trap "" TERM; sleep 60 & echo $! > ${grandchild}; wait; wait`
  const failing = runChild('bash', ['-c', script], { signal: interrupt.signal, end })
  const looking = setInterval(
    () => existsSync(grandchild) && readFileSync(grandchild, 'utf8') !== '' && interrupt.abort(),
    20,
  )
  await assert.rejects(failing)
  clearInterval(looking)
  const pid = readFileSync(grandchild, 'utf8').trim()
  assert.match(pid, /^\d+$/)
  // It may remain as a zombie until its parent waits for it.
  assert.doesNotMatch(statusOf(pid), /^State:\s+[RSDT]/m)
})
