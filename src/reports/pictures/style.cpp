// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/style.hpp"

namespace clientele::pictures {

std::string_view style() {
  return R"(.picture{--ink:#1c2430;--soft:#5a6573;--paper:#fff;--line:#d9dee5;--faint:#eef1f5;--alarm:#b3261e;
--c0:#2563a8;--c1:#c2570c;--c2:#2a9a8b;--c3:#7d2b58;--c4:#a07d13;--c5:#a8324f;--c6:#0e7ba3;--c7:#5f7113;--c8:#6b4fb0;--c9:#5a6573;
--h0:#ecf1f7;--h1:#dfe9f4;--h2:#cbdcee;--h3:#b1cbe5;--h4:#93b6da;--h5:#719dcb;--h6:#4f83ba;--h7:#366ba6;--h8:#23538b;--h9:#153c6b;
--low:#0b1420;--mid:#0b1420;--high:#fff;
display:block;width:100%;height:auto;color:var(--ink);
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif;font-size:12px;font-variant-numeric:tabular-nums}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]) .picture,.picture:root{--ink:#e8ecf1;--soft:#a3aebb;--paper:#12161c;--line:#333c48;--faint:#1e252e;--alarm:#ff8a80;
--c0:#6ea8e6;--c1:#f0954a;--c2:#9adbd0;--c3:#cf5a93;--c4:#e3d28a;--c5:#ee8f86;--c6:#54b9dc;--c7:#a9bd55;--c8:#b29be8;--c9:#a3aebb;
--h0:#1a222d;--h1:#1d2d40;--h2:#203a56;--h3:#24486c;--h4:#295783;--h5:#36699b;--h6:#5284b5;--h7:#76a2cc;--h8:#a0c1e0;--h9:#cfe1f3;
--low:#fff;--mid:#0b1420;--high:#0b1420}}
.picture:root{background:var(--paper)}
.picture.narrow{display:none}
@media (max-width:620px){.picture.wide{display:none}.picture.narrow{display:block}}
@media print{.picture{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
.picture text{fill:var(--ink)}
.picture .mid{text-anchor:middle}.picture .end{text-anchor:end}
.picture .muted{fill:var(--soft)}.picture .strong{font-weight:600}
.picture .axis{stroke:var(--soft);stroke-width:1}.picture .grid{stroke:var(--line);stroke-width:1}
.picture .track{fill:var(--faint)}
.picture .halo{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.picture .none{fill:none}
.picture .c0{fill:var(--c0)}.picture .c1{fill:var(--c1)}.picture .c2{fill:var(--c2)}.picture .c3{fill:var(--c3)}.picture .c4{fill:var(--c4)}
.picture .c5{fill:var(--c5)}.picture .c6{fill:var(--c6)}.picture .c7{fill:var(--c7)}.picture .c8{fill:var(--c8)}.picture .c9{fill:var(--c9)}
.picture .curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.picture .curve.c0{stroke:var(--c0)}.picture .curve.c1{stroke:var(--c1)}.picture .curve.c2{stroke:var(--c2)}.picture .curve.c3{stroke:var(--c3)}.picture .curve.c4{stroke:var(--c4)}
.picture .curve.c5{stroke:var(--c5)}.picture .curve.c6{stroke:var(--c6)}.picture .curve.c7{stroke:var(--c7)}.picture .curve.c8{stroke:var(--c8)}.picture .curve.c9{stroke:var(--c9)}
.picture .band{fill-opacity:.16}.picture .flow{fill-opacity:.32}
.picture .heat-0{fill:var(--h0)}.picture .heat-1{fill:var(--h1)}.picture .heat-2{fill:var(--h2)}.picture .heat-3{fill:var(--h3)}.picture .heat-4{fill:var(--h4)}
.picture .heat-5{fill:var(--h5)}.picture .heat-6{fill:var(--h6)}.picture .heat-7{fill:var(--h7)}.picture .heat-8{fill:var(--h8)}.picture .heat-9{fill:var(--h9)}
.picture .on-low{fill:var(--low)}.picture .on-mid{fill:var(--mid)}.picture .on-high{fill:var(--high)}
.picture .anomaly{fill:var(--paper);stroke:var(--alarm);stroke-width:2}.picture text.alarm{fill:var(--alarm)}
.picture .whisker{stroke:var(--ink);stroke-width:1.2;fill:none}
.picture .diagonal{stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4}
.picture .hatch{stroke:var(--paper);stroke-width:1.5;stroke-dasharray:2 3;fill:none}
.picture .hit{fill:transparent}.picture .cursor{stroke:var(--soft);stroke-width:1;visibility:hidden}.picture .mark:hover>.cursor,.picture .mark:focus>.cursor{visibility:visible}
.picture .tip{display:none;pointer-events:none;font-weight:600}
.picture .mark:hover>.tip,.picture .mark:focus>.tip{display:inline}
.picture a{cursor:pointer}.picture a:focus{outline:none}
.picture a:hover>rect:first-of-type,.picture a:focus>rect:first-of-type,.picture a:hover>path,.picture a:focus>path,.picture a:hover>circle,.picture a:focus>circle{stroke:var(--ink);stroke-width:1.5}
)";
}

}  // namespace clientele::pictures
