-- SPDX-License-Identifier: PostgreSQL
-- Charts as SVG.
SET search_path = clientele, public;

\a
\t on
-- Each kind, of few data. The documents have pictures of many.
SELECT funnel_picture('[{"name": "view", "customers": 200}, {"name": "cart", "customers": 50, "median_seconds": 90}]',
  'Purchases', options => '{"layout": "narrow", "link": "step"}');
SELECT sankey_picture('[{"step": 1, "source": "home", "target": "cart", "value": 3}, {"step": 1, "source": "home", "target": null, "value": 1}]',
  options => '{"layout": "narrow"}');
SELECT retention_picture('[{"cohort": null, "period": 0, "customers": 9, "rate": 1}, {"cohort": "2026-01-01T00:00:00+01:00", "period": 0,
  "customers": 9, "rate": 1}, {"cohort": "2026-01-01T00:00:00+01:00", "period": 1, "customers": 9, "rate": 0.4444, "complete": false}]',
  language => 'zh', options => '{"layout": "narrow"}');
SELECT length(week) > 10000, week LIKE '%<desc id="picture-desc">The busiest hour is Tuesday 09:00 with 40 orders.</desc>%'
FROM week_picture('[{"weekday": 2, "hour": 9, "value": 30}, {"weekday": 2, "hour": 9, "value": 10}, {"weekday": 7, "hour": 23, "value": 5}]',
  options => '{"unit": "orders"}') week;
SELECT series_picture('[{"at": "2026-01-01", "value": 5, "low": 4, "high": 6}, {"at": "2026-01-02", "value": 9, "low": 4, "high": 6,
  "anomaly": true}, {"at": "2026-01-03"}]', options => '{"layout": "narrow"}');
SELECT grid_picture('[{"x": 2, "y": "b", "value": 1}, {"x": 1, "y": "a", "value": 3, "label": "good"}]',
  options => '{"layout": "narrow", "x_label": "recency", "y_label": "value"}');
SELECT bars_picture('[{"label": "web", "value": 0.25, "low": 0.2, "high": 0.3, "group": "A"}, {"label": "app", "value": -0.1, "group": "B"}]',
  options => '{"layout": "narrow", "format": "percent"}');
SELECT curve_picture('[{"x": 0, "y": 0}, {"x": 0.5, "y": 0.8}, {"x": 1, "y": 1}]',
  options => '{"layout": "narrow", "format": "percent", "diagonal": true}');
SELECT journey_map_picture('[{"stage": "new", "channel": "web", "customers": 5, "dwell_seconds": 3600, "dropped": 2},
  {"stage": "old", "channel": "web", "customers": 3, "dropped": 1}]', options => '{"layout": "narrow"}');

\a
\t off
-- Without data there is a picture that says so.
SELECT bool_and(p LIKE '<svg %There are no data yet.%</svg>')
FROM (VALUES (funnel_picture(NULL)), (sankey_picture('[]')), (retention_picture('[]')), (week_picture('[]')), (series_picture('[{"at": 1}]')),
             (grid_picture('[]')), (bars_picture('[]')), (curve_picture('[{"x": 1, "y": null}]')), (journey_map_picture('[]'))) v (p);
SELECT bars_picture('[]', 'Nichts', 'Keine Daten', 'zh', '{"id": "a-1", "width": 300}');

-- Texts are escaped; what is cut is in the title.
SELECT p LIKE '%&lt;script&gt;alert(&quot;&amp;&#39;&quot;)&lt;/script&gt;%' AND p NOT LIKE '%<script%' AND p LIKE '%…</text>%'
FROM bars_picture(jsonb_build_array(jsonb_build_object('label', '<script>alert("&''")</script>' || repeat('x', 400), 'value', 1))) p;
SELECT p LIKE '%>abc def</text>%' FROM bars_picture('[{"label": "a\u202e\u0007b\u200fc\ndef", "value": 1}]') p;
SELECT p LIKE '%⁨שלום⁩%' AND p NOT LIKE '%' || U&'\202e' || '%' FROM bars_picture('[{"label": "\u202eשלום", "value": 1}]') p;

-- Layouts, links, the style sheet.
SELECT regexp_count(p, '<svg '), regexp_count(p, '</svg>'), p LIKE '%id="f-wide-title"%', p LIKE '%class="picture funnel narrow"%'
FROM funnel_picture('[{"name": "a", "customers": 1}]', options => '{"layout": "both", "id": "f"}') p;
SELECT p LIKE '%role="group"%', p LIKE '%href="#s-a"%', p LIKE '%href="#s-other"%', p LIKE '%href="https://example.com/?a=1&amp;b=2"%', p NOT LIKE '%style=%'
FROM bars_picture('[{"label": "a", "value": 1}, {"label": "b", "key": "other", "value": 1}, {"label": "c", "href":
  "https://example.com/?a=1&b=2"}]', options => '{"link": "s"}') p;
SELECT p LIKE '%<style>' || picture_style() || '</style>%' FROM bars_picture('[]', options => '{"standalone": true}') p;
SELECT key, picture_slug(key) FROM (VALUES ('add-to-cart'), ('View item'), ('view item'), ('客户'), ('-'), (''), (repeat('a', 50))) v (key);

-- Values that are not finite are absent, and decimals may be strings.
SELECT p LIKE '%x: no value%' AND p LIKE '%y: no value%' AND p LIKE '%>1,235</text>%'
FROM bars_picture('[{"label": "x", "value": "NaN"}, {"label": "y", "value": "Infinity"}, {"label": "z", "value": "1234.60"}]') p;

-- Errors
SELECT funnel_picture('{}');
SELECT funnel_picture('"text"');
SELECT funnel_picture('[1]');
SELECT funnel_picture('[{"name": "a"}]');
SELECT funnel_picture('[{"customers": 1}]');
SELECT funnel_picture('[{"name": "a", "customers": -1}]');
SELECT funnel_picture('[{"name": "a", "customers": "many"}]');
SELECT funnel_picture('[{"name": "a", "customers": 1e300}]');
SELECT week_picture('[{"weekday": 0, "hour": 1, "value": 1}]');
SELECT week_picture('[{"weekday": 1, "hour": 1.5, "value": 1}]');
SELECT sankey_picture('[{"step": 1, "source": "a", "target": "b", "value": 1}, {"step": 500, "source": "a", "target": "b", "value": 1}]');
SELECT retention_picture('[{"cohort": "a", "period": 0, "rate": 1, "complete": 1}]');
SELECT bars_picture('[{"label": "a", "value": 1, "href": "javascript:alert(1)"}]');
SELECT bars_picture('[]', language => 'fr');
SELECT bars_picture('[]', options => '[]');
SELECT bars_picture('[]', options => '{"colour": "red"}');
SELECT bars_picture('[]', options => '{"id": "1 2"}');
SELECT bars_picture('[]', options => '{"layout": "tall"}');
SELECT bars_picture('[]', options => '{"width": 10}');
SELECT bars_picture('[]', options => '{"width": 300, "layout": "both"}');
SELECT bars_picture('[]', options => '{"format": "roman"}');
SELECT bars_picture('[]', options => '{"standalone": "yes"}');
SELECT bars_picture(jsonb_agg(jsonb_build_object('label', i, 'value', i))) FROM generate_series(1, 20001) i;
SELECT journey_map_picture(jsonb_agg(jsonb_build_object('stage', i, 'channel', i))) FROM generate_series(1, 400) i;
SELECT length(p) < 20000 FROM bars_picture(jsonb_build_array(jsonb_build_object('label', repeat('客', 100000), 'value', 1))) p;
