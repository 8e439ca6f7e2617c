/** The functions of `report.yaml`, in the order in which they run; the middle three run in parallel. */
export { analysis } from './report/analysis.ts';
export { ingest } from './report/ingest.ts';
export { patterns } from './report/patterns.ts';
export { report } from './report/report.ts';
export { stats } from './report/stats.ts';
