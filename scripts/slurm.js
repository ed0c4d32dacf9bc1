// `npm run test:slurm`: the array job of sweep.sbatch on a real slurmctld and two slurmd of this host, started for the test and ended with
// it. One task is killed and started again; the merged parts are the bytes of one machine.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const BATCH = fileURLToPath(new URL('./sweep.sbatch', import.meta.url))
const PLAN = '-s precheck -m altra-64 --duration 2ms --sweep vcpus=20..25 --sweep pause-us=10,100,1000'.split(' ')
const PARTS = 3
const LONGEST_MS = 240_000

const folder = mkdtempSync(join(os.tmpdir(), 'faultline-slurm-'))
const at = (name) => join(folder, name)
const daemons = []
after(() => {
  for (const daemon of daemons.reverse()) daemon.kill('SIGKILL')
})

const skip = reason()

/** Why it cannot be run here. */
function reason() {
  const missing = ['munged', 'slurmctld', 'slurmd'].filter((name) => !existsSync(`/usr/sbin/${name}`))
  if (missing.length > 0) return `${missing.join(', ')} not installed: apt-get install slurm-wlm munge`
  if (process.getuid() !== 0) return 'slurmd starts tasks as their users, and so needs root'
  return false
}

function start(program, ...words) {
  const daemon = spawn(program, words, { stdio: 'ignore', env: { ...process.env, SLURM_CONF: at('slurm.conf') } })
  daemons.push(daemon)
}

const slurm = (program, ...words) =>
  execFileSync(program, words, { encoding: 'utf8', env: { ...process.env, SLURM_CONF: at('slurm.conf') } })

async function until(what, holds) {
  const end = Date.now() + LONGEST_MS
  while (!(await holds())) {
    assert.ok(Date.now() < end, `${what}: not within ${LONGEST_MS / 1000} s; the logs are in ${folder}`)
    await sleep(200)
  }
}

/** Ports that nothing listens on now. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function startCluster() {
  for (const name of ['state', 'spool-n1', 'spool-n2', 'parts']) mkdirSync(at(name))
  const [controller, one, two] = await freePorts(3)
  writeFileSync(at('munge.key'), Buffer.alloc(1024, process.pid), { mode: 0o400 })
  writeFileSync(
    at('slurm.conf'),
    [
      'ClusterName=faultline',
      `SlurmctldHost=${os.hostname()}(127.0.0.1)`,
      'SlurmUser=root',
      `SlurmctldPort=${controller}`,
      'AuthType=auth/munge',
      // A task that is started again waits for the credential of its first start to expire.
      `AuthInfo=socket=${at('munge.socket')},cred_expire=5`,
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'SelectType=select/cons_tres',
      'ReturnToService=2',
      'MpiDefault=none',
      'JobAcctGatherType=jobacct_gather/none',
      `StateSaveLocation=${at('state')}`,
      `SlurmdSpoolDir=${at('spool-%n')}`,
      `SlurmctldPidFile=${at('slurmctld.pid')}`,
      `SlurmdPidFile=${at('slurmd-%n.pid')}`,
      `SlurmctldLogFile=${at('slurmctld.log')}`,
      `SlurmdLogFile=${at('slurmd-%n.log')}`,
      `NodeName=n1 NodeHostname=${os.hostname()} NodeAddr=127.0.0.1 Port=${one} CPUs=1`,
      `NodeName=n2 NodeHostname=${os.hostname()} NodeAddr=127.0.0.1 Port=${two} CPUs=1`,
      'PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP',
      '',
    ].join('\n'),
  )
  chmodSync(folder, 0o755)
  chownSync(at('munge.key'), 0, 0)
  const own = ['--key-file', at('munge.key'), '--socket', at('munge.socket'), '--pid-file', at('munged.pid')]
  start('munged', '--foreground', '--force', ...own, '--log-file', at('munged.log'), '--seed-file', at('munged.seed'))
  await until('munged', () => existsSync(at('munge.socket')))
  start('slurmctld', '-D', '-f', at('slurm.conf'))
  for (const node of ['n1', 'n2']) start('slurmd', '-D', '-N', node, '-f', at('slurm.conf'))
  await until('two idle nodes', () => {
    try {
      return slurm('sinfo', '-h', '-o', '%D %t').trim() === '2 idle'
    } catch {
      return false
    }
  })
}

/** The program that carries out a task: its process id. */
function processOf(task) {
  return readdirSync('/proc').find((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
      const isOurs =
        environment.includes(`SLURM_CONF=${at('slurm.conf')}`) && environment.includes(`SLURM_ARRAY_TASK_ID=${task}`)
      return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === MAIN
    } catch {
      return false
    }
  })
}

const faultline = (...words) => execFileSync(process.execPath, [MAIN, ...words], { cwd: folder, stdio: 'pipe' })

test('an array job on two nodes, one of its tasks killed and started again, gives the bytes of one machine', {
  skip,
  timeout: 2 * LONGEST_MS,
}, async () => {
  await startCluster()
  const environment = `--export=ALL,PROGRAM=${process.execPath} ${MAIN}`
  const submitted = slurm(
    'sbatch',
    '--parsable',
    `--array=1-${PARTS}`,
    '-o',
    at('task-%a.log'),
    '-D',
    folder,
    environment,
    BATCH,
    at('parts'),
    ...PLAN,
  )
  const job = submitted.trim()
  const stateOf = (task) => /JobState=(\w+)/.exec(slurm('scontrol', 'show', 'job', `${job}_${task}`))?.[1]

  await until('the second part', () => existsSync(at('parts/part-2.json')))
  const pid = processOf(2)
  assert.ok(pid !== undefined, 'the second task had ended before it could be killed')
  process.kill(Number(pid), 'SIGKILL')
  await until('the end of the killed task', () => stateOf(2) === 'FAILED')
  const kept = JSON.parse(readFileSync(at('parts/part-2.json'), 'utf8')).runs.length
  assert.ok(kept > 0 && kept < 12, `${kept} of 12 runs when it was killed`)

  slurm('scontrol', 'requeue', `${job}_2`)
  await until('the end of all tasks', () => [1, 2, 3].every((task) => stateOf(task) === 'COMPLETED'))
  faultline('merge', ...[1, 2, 3].map((part) => at(`parts/part-${part}.json`)), '-o', 'merged.json')
  try {
    faultline('bench', ...PLAN, '--quiet', '--no-progress', '--out', 'whole.json')
  } catch (cause) {
    assert.equal(cause.status, 4, String(cause.stderr))
  }
  assert.deepEqual(readFileSync(at('merged.json')), readFileSync(at('whole.json')))
})
