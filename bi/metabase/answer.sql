-- Answers of SQL / SQL 问题的答案
-- Table
SELECT segment, row, at, label, measure, number
FROM clientele_bi.answers
WHERE question = {{question}} AND latest
ORDER BY segment, row, measure
