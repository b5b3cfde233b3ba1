-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'Compares the results of surveys among the customers with each tag with those of the others, without giving access to answers.
As clientele.satisfaction_drivers(name, since, until); groups have at least 20 answers. A difference is not a cause.
Example: SELECT * FROM clientele_bi.satisfaction_drivers(''recommend'', ''2026-01-01'', ''2026-07-01'')',
   '比较有某标签的客户与其他客户的问卷结果，无需访问回答的权限。
与 clientele.satisfaction_drivers(name, since, until) 相同；每组至少 20 份回答。差异并不等于原因。
示例：SELECT * FROM clientele_bi.satisfaction_drivers(''recommend'', ''2026-01-01'', ''2026-07-01'')'),
  ('zh', 'The result of each survey in the last 365 days among the customers with each tag, or each value of one, beside that of the others.
A customer counts once, with the last answer. Groups have at least 20 answers. A difference is not a cause.',
   '最近 365 天内，有某标签（或标签的某个值）的客户的问卷结果，与其他客户的结果并列。
每位客户只计最后一次回答；每组至少 20 份回答。差异并不等于原因。'),
  ('zh', 'The family of the tag.', '标签的类别。'),
  ('zh', 'Its value, or a band of numbers; NULL for a tag without values.', '标签的值或数值区间；没有值的标签为 NULL。'),
  ('zh', 'Customers with the tag that answered.', '有该标签且回答了问卷的客户数。'),
  ('zh', 'Their result.', '这些客户的结果。'),
  ('zh', 'Customers without the tag that answered.', '没有该标签但回答了问卷的客户数。'),
  ('zh', 'The result of these.', '其他客户的结果。'),
  ('zh', 'score minus other_score.', 'score 减去 other_score 的差值。'),
  ('zh', 'The lower end of the 95 % interval of the difference.', '差值的 95% 置信区间下限。'),
  ('zh', 'The upper end of the 95 % interval of the difference.', '差值的 95% 置信区间上限。'),
  ('zh', 'How probable a difference as large as this one is by chance.', '纯属偶然时出现这么大差值的概率（p 值）。'),
  ('zh', 'The p-value after Benjamini and Hochberg, which accounts for all rows of the view.',
   '经 Benjamini–Hochberg 校正的 p 值，考虑了视图中的全部行。');
