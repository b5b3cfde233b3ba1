-- Ways that customers take / 客户路径
-- Sankey: source, target, paths
SELECT step || '. ' || source AS source, coalesce((step + 1) || '. ' || target, '(end)') AS target, sum(paths) AS paths
FROM clientele_bi.path_links
WHERE question = {{question}} AND latest AND segment_kind = 'all' [[AND step <= {{steps}}::integer]]
GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 60
