-- SPDX-License-Identifier: PostgreSQL

CREATE FUNCTION report_style() RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $style$
  SELECT clientele.picture_style() || $css$
:root{color-scheme:light dark;--ink:#1c2430;--soft:#556070;--paper:#fff;--ground:#f5f7fa;--line:#d9dee5;--accent:#1f5c9c;--alarm:#b3261e}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#a9b4c1;--paper:#12161c;--ground:#0b0e12;--line:#333c48;
--accent:#8bbcf0;
--alarm:#ff8a80}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-behavior:smooth;scroll-padding-top:1rem}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--ground);color:var(--ink);overflow-wrap:anywhere;
font:400 1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","PingFang SC","Hiragino Sans GB",
"Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif}
:lang(zh){line-height:1.7}
a{color:var(--accent);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;z-index:2;background:var(--paper);padding:.5rem 1rem}
.top,main,.foot{max-width:72rem;margin:0 auto;padding:0 1.5rem}
.top{padding-top:2.5rem}
h1{font-size:2rem;line-height:1.2;margin:0 0 .35rem;letter-spacing:-.01em;font-weight:650}
h2{font-size:1.3rem;line-height:1.3;margin:0 0 .5rem;font-weight:650}
h3{font-size:1.05rem;line-height:1.35;margin:0 0 .35rem;font-weight:650}
h4{font-size:.95rem;margin:1.25rem 0 .25rem;font-weight:650}
h2 small{font-weight:400;color:var(--soft)}
p{margin:0 0 .75rem;max-width:46rem}
.made,.note,.hint,.meaning{color:var(--soft);font-size:.875rem}
.lead{font-size:1.05rem}
.fault{color:var(--alarm);font-size:.9rem}
.contents{margin:1.25rem 0 0}
.contents ul,.tabs{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem;margin:0;padding:0}
.contents a,.tabs a{display:block;padding:.3rem .75rem;border:1px solid var(--line);border-radius:1rem;background:var(--paper);
font-size:.875rem;line-height:1.4;text-decoration:none}
.contents a:hover,.tabs a:hover{border-color:var(--accent)}
section.level-2{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:1.5rem;margin:1.25rem 0}
div.level-3{padding-top:1.25rem;margin-top:1.25rem;border-top:1px solid var(--line)}
h2+div.level-3{border-top:0;margin-top:0;padding-top:.25rem}
div:target>h3,section:target>h2{text-decoration:underline;text-decoration-thickness:2px;text-underline-offset:.3em;
text-decoration-color:var(--accent)}
.tiles{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(13.5rem,1fr));margin:1rem 0 .5rem;padding:0;
border:1px solid var(--line);border-radius:8px;overflow:hidden}
.tile{border:solid var(--line);border-width:0 1px 1px 0;margin:0 -1px -1px 0;padding:.9rem 1rem;display:flex;flex-direction:column}
.tile a{display:flex;flex-direction:column;text-decoration:none;color:inherit}
.tile a:hover .measure{text-decoration:underline}
.measure{font-size:.875rem;color:var(--soft)}
.number{font-size:1.8rem;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.delta{font-size:.8125rem;color:var(--soft)}.delta b{color:var(--ink);font-weight:600}
.arrow{font-size:.7rem}
.fig{margin:1rem 0 .5rem}.fig>.picture{margin-top:-.6rem}
figcaption{font-size:.875rem;font-weight:600;margin-bottom:.4rem}
.block+.block{margin-top:1.75rem}.block>.fig{margin-top:.5rem}.said{font-size:.9rem;margin:.25rem 0 0}
.columns{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1.5rem 2.5rem;align-items:start}
.columns>.fig,.columns>div>.fig:first-child{margin-top:.5rem}
.picture:not(.wide,.narrow),.columns .picture{max-width:30rem}
.columns>.block+.block,.columns>.level-3{margin-top:0}.columns>.level-3{border-top:0;padding-top:.25rem}.columns .drills h4{margin-top:0}
.drills{margin-top:.5rem}
.drill{display:none;margin-top:.75rem;outline:0}
.drill:target,.drills:not(:has(.drill:target)) .drill.first{display:block}
@supports not selector(:has(a)){.drill.first{display:block}}
.sources{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin-top:.5rem}
.sources+.columns{margin-top:1.25rem}
details{max-width:100%;font-size:.9rem}
details[open]{flex-basis:100%}
details.how{margin:.5rem 0}
summary{cursor:pointer;color:var(--accent);font-size:.875rem;padding:.2rem 0;width:fit-content}
.scroll{overflow-x:auto;max-height:32rem;border:1px solid var(--line);border-radius:6px;margin:.35rem 0 .75rem}
table{border-collapse:collapse;width:100%;font-size:.8438rem;line-height:1.45;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.5rem .75rem;color:var(--soft);font-size:.8125rem}
caption span{position:sticky;left:.75rem;display:inline-block;max-width:min(100%,calc(100vw - 5.5rem))}
th,td{padding:.35rem .75rem;text-align:left;vertical-align:top;border-top:1px solid var(--line);min-width:4rem;overflow-wrap:break-word}
td:not(.n),th[scope=row]{max-width:22rem;min-width:6rem}
tbody th{font-weight:400}
thead th{font-weight:600;border-top:0;white-space:nowrap;background:var(--paper)}
.n{text-align:right;white-space:nowrap}
pre{margin:.35rem 0 .75rem;padding:.75rem 1rem;border:1px solid var(--line);border-radius:6px;background:var(--ground);
white-space:pre-wrap;overflow-wrap:anywhere;
font:.8125rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","Noto Sans Mono CJK SC",monospace}
.foot{color:var(--soft);font-size:.8125rem;padding-bottom:3rem}
.missing{margin:0;padding-left:1.2rem;font-size:.9rem}
@media (max-width:640px){.top,main,.foot{padding-left:1rem;padding-right:1rem}.top{padding-top:1.5rem}h1{font-size:1.6rem}
section.level-2{padding:1.1rem 1rem;margin:1rem -.25rem}.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}.tile{padding:.7rem .75rem}
.number{font-size:1.45rem}.columns{grid-template-columns:minmax(0,1fr)}
.contents ul,.tabs{gap:.35rem}.tabs{flex-wrap:nowrap;overflow-x:auto;padding:.2rem .2rem .5rem}.tabs a{white-space:nowrap}
td:not(.n),th[scope=row]{max-width:14rem}}
@page{size:A4;margin:16mm 14mm}
@media screen and (min-width:641px){.columns>.fig:has(a.mark){position:sticky;top:.5rem}}
@media print{:root{--ground:#fff;color-scheme:light}body{font-size:10pt}.top,main,.foot{max-width:none;padding:0}
.contents,.skip,.sources,.how,.tabs,
.hint{display:none}
section.level-2{border:0;border-top:1px solid var(--line);border-radius:0;padding:1rem 0;margin:0}
.fig,.tile,.drill,tr,p{break-inside:avoid}.tiles{grid-template-columns:repeat(4,1fr)}
h2,h3,h4,figcaption,.lead,.meaning,.hint{break-after:avoid}
.picture:not(.wide,.narrow){max-width:22rem}.scroll{max-height:none;overflow:visible}a{color:inherit;text-decoration:none}}
$css$
$style$;
COMMENT ON FUNCTION report_style() IS
  'Returns the style sheet of report(): for light and dark screens, for telephones, and for paper.';
