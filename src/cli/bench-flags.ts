import type { Argv } from 'yargs'
import type { BenchArgs } from './bench-args.ts'
import { vmFlags } from './vm-flags.ts'

/** A flag that is repeated is a list. */
const oneList = (given: string | readonly string[] | undefined): string | undefined =>
  given === undefined ? undefined : [given].flat().join(',')

const text = { type: 'string', requiresArg: true } as const

export const benchFlags = (yargs: Argv): Argv<BenchArgs> =>
  vmFlags(yargs)
    .option('scenario', {
      ...text,
      alias: 's',
      coerce: oneList,
      describe: 'the scenario to run (see `faultline list`); may be repeated',
    })
    .option('variant', {
      ...text,
      coerce: oneList,
      describe:
        'the variants to compare, the baseline first: a,b,./my-patch.ts, a kernel (v6.8), `all` or `broken`; may be repeated',
    })
    .option('kernel', {
      ...text,
      describe: 'the kernel to run, with every variant applied to it: v6.5 (see `faultline list kernels`)',
    })
    .option('machine', {
      ...text,
      alias: 'm',
      describe:
        'where it runs: threads, or a modelled machine such as altra-64; a list [default: threads, and with no flags altra-64]',
    })
    .option('vcpus', { ...text, describe: 'number of vCPUs: 2, 1,2,4 or 1..8 [default: cores - 1]' })
    .option('notifiers', { ...text, describe: 'number of tasks that invalidate memory [default: 1]' })
    .option('zappers', { ...text, describe: 'number of CPUs that zap on behalf of KVM itself [default: 0]' })
    .option('vms', { ...text, describe: 'number of VMs on the machine, with -s icache [default: 1]' })
    .option('guest-icache', {
      ...text,
      describe: 'I-cache invalidations per second by the guest itself, with -s icache',
    })
    .option('set', { ...text, array: true, describe: 'a parameter of the scenario, or cost.NAME=NS: --set range=512' })
    .option('sweep', {
      ...text,
      array: true,
      describe:
        'every value of a list: vcpus=1..63, pause-us=10,100, cost.NAME=..., machine=..., kernel=v6.5,v6.8; repeated: every combination',
    })
    .option('refine', {
      ...text,
      describe: 'add up to this many loads, between neighbouring loads of the sweep that different variants win',
    })
    .option('shard', { ...text, describe: 'run part i of n of the plan: 2/8; `faultline merge` joins the parts' })
    .option('trials', { ...text, describe: 'measured trials of each variant [default: 10]' })
    .option('duration', {
      ...text,
      describe: 'duration of a trial: 400ms, 2s; a bare number is in seconds [default: 400ms]',
    })
    .option('warmup', { ...text, describe: 'warm-up before each trial [default: 300ms]' })
    .option('time-budget', {
      ...text,
      describe: 'time limit of the whole plan; trials are fewer and shorter if needed: 60s',
    })
    .option('arrival', {
      choices: ['closed', 'open'],
      default: 'closed',
      describe: 'when guest accesses arrive: each after the last is done (closed), or at --rate (open)',
    })
    .option('rate', { ...text, describe: 'accesses per second of each vCPU, with --arrival open' })
    .option('trace', {
      ...text,
      describe:
        'a recording that replaces the load: ftrace, trace-cmd report or perf script, .gz, or - for standard input',
    })
    .option('memslots', { ...text, describe: 'memslots of the recording: a .json file, or gfn:hva:pages,...' })
    .option('times', {
      ...text,
      describe: 'further recordings of the same host, separated by commas: each cost is the median over all of them',
    })
    .option('speed', { ...text, default: '1', describe: 'how fast to play the recording: 1, 10, max' })
    .option('seed', { ...text, describe: 'seed of the random load and of the order of trials [default: 1]' })
    .option('ab', { ...text, describe: 'compare this tree with a git revision, trials interleaved: main, HEAD~1' })
    .option('save', { ...text, describe: 'save the result under a name that `compare NAME ...` finds in results/' })
    .option('out', { ...text, describe: 'result file [default: results/<UTC time>-<scenario>.json]' })
    .option('force', {
      type: 'boolean',
      default: false,
      describe: 'replace the file at --out even if it is not a result, or holds more than this plan will',
    })
    .option('resume', {
      ...text,
      describe: 'continue an interrupted result: run the trials that the file lacks, and add them to it',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print the result file instead of the table' })
    .option('quiet', { type: 'boolean', default: false, describe: 'print the answer only' })
    .option('no-progress', { type: 'boolean', default: false, describe: 'print no progress line' })
    .option('watch', {
      type: 'boolean',
      default: false,
      describe: 'on threads: show what each worker has counted while it runs, on a terminal',
    })
    .option('quick', {
      type: 'boolean',
      default: false,
      describe: 'run for at most 15 s; without --scenario only the first question',
    })
    .option('what-if', {
      ...text,
      array: true,
      describe: 'on a model: run again with a cost scaled: flush=0, c2c_socket=2',
    })
    .option('draws', {
      ...text,
      describe:
        'on a model: number of runs with costs drawn from their ranges, for the error band [default: 2; in a sweep 0]',
    })
    .option('words', {
      ...text,
      describe:
        'on threads: how shared words are accessed: `atomics` of JavaScript, or `wasm` with the locks compiled too [default: wasm, with a patch atomics]',
    })
    .option('report', { ...text, describe: 'also write a page with charts to this file, as `faultline report` does' })
    .option('all', {
      type: 'boolean',
      default: false,
      describe:
        'print every row, where the time went, and the bands; for several questions print the details of each; play a recording on threads too',
    })
    .option('verbose', { type: 'boolean', default: false, describe: 'print how fast the model ran' })
    .option('locks', { type: 'boolean', default: false, describe: 'print the lock tables too' })
    .option('timeline', {
      ...text,
      describe: 'record this many events of each CPU in an extra trial, for `export --format chrome-trace`',
    })
    .option('layout', {
      type: 'boolean',
      default: false,
      describe: 'print the memory layout of the words, and run nothing',
    })
    .option('list', {
      type: 'boolean',
      default: false,
      describe: 'list scenarios, variants, machines and metrics',
    }) as unknown as Argv<BenchArgs>
