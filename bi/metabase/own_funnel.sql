-- A funnel of your own / 自定义漏斗
-- Funnel: step, customers. steps: names of events with commas between; within: such as 7 days
SELECT step || '. ' || name AS step, customers, conversion, median_seconds
FROM clientele_bi.funnel(clientele.funnel_def(string_to_array({{steps}}, ','), within => {{within}}::interval))
