/** The page with a recorded run inside: one file that asks nothing of any network. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NO_REPORT, type ReportData } from '../../src/publish/report-data.ts';
import { AgentError } from '../error.ts';
import type { Selection } from './selection.ts';

/** @throws AgentError PVD_ERR_PAGE */
export function reportHtml(
  { lines, omitted }: Pick<Selection, 'lines' | 'omitted'>,
  assetsDir: string,
  data: ReportData = NO_REPORT,
): string {
  const style = readAsset(assetsDir, 'style.css');
  const script = readAsset(assetsDir, 'app.js').replaceAll('</script', '<\\/script');
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>pvdscope report</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="app"><noscript>This report needs JavaScript; it is all in this file.</noscript></div>
<script type="application/x-ndjson" id="recorded" data-omitted="${omitted}">
${lines.map(inert).join('\n')}
</script>
<script type="application/json" id="report">${inert(JSON.stringify(data))}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

/** JSON of the same meaning in which nothing can end or begin an element. */
function inert(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function readAsset(dir: string, name: string): string {
  try {
    return readFileSync(join(dir, name), 'utf8');
  } catch (cause) {
    throw new AgentError({
      code: 'PVD_ERR_PAGE',
      op: 'make a report',
      message: `the page is not built: ${join(dir, name)} is missing`,
      hint: 'npm run build',
      cause,
    });
  }
}
