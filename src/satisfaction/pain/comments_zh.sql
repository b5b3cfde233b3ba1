-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'What customers write about, month by month, and whether they complain or praise; by the words of the store, without the texts.',
   '客户每个月在谈论什么，是抱怨还是称赞；依据存储中的词表，不含原文。'),
  ('zh', 'What the texts are about.', '反馈涉及的类别。'),
  ('zh', 'negative, neutral or positive.', 'negative（抱怨）、neutral（中性）或 positive（称赞）。'),
  ('zh', 'Number of texts. One about several classes counts in each of them.', '反馈数；涉及多个类别的反馈在每个类别中都计一次。'),
  ('zh', 'Number of different customers who wrote them, as far as they are known.', '写下这些反馈的不同客户数（已知客户）。'),
  ('zh', 'Their share of all texts of the month.', '占当月全部反馈的比例。'),
  ('zh', 'What customers complained about, and what they had done last, in the 365 days before the last refresh: pairs that come together more
often than by chance are pain points.',
   '最近一次刷新前 365 天内客户抱怨了什么，以及在此之前最后做了什么：同时出现得比偶然更频繁的组合就是痛点。'),
  ('zh', 'What the complaints are about.', '抱怨涉及的类别。'),
  ('zh', 'The last event of the customer in the 7 days before the text.', '反馈前 7 天内客户的最后一个事件。'),
  ('zh', 'Number of texts that complain about the class after the step.', '在该步骤之后抱怨该类别的反馈数。'),
  ('zh', 'Number of different customers who wrote these texts.', '写下这些反馈的不同客户数。'),
  ('zh', 'Number of texts that complain about the class, after any step.', '抱怨该类别的反馈数（任何步骤之后）。'),
  ('zh', 'Number of negative texts after the step, about any class.', '在该步骤之后的负面反馈数（任何类别）。'),
  ('zh', 'Number of negative texts after any step.', '任何步骤之后的负面反馈数。'),
  ('zh', 'How many texts would have both the class and the step by chance.', '偶然情况下同时具有该类别和该步骤的反馈数。'),
  ('zh', 'How many more there are.', '实际超出的数量。'),
  ('zh', 'How probable this many texts or more are by chance (hypergeometric upper tail).', '偶然出现这么多或更多反馈的概率（超几何分布上尾）。'),
  ('zh', 'The same after Benjamini and Hochberg over all pairs of class and step; up to 0.05, at most 5 % of the pain points are due to chance.',
   '对类别与步骤的所有组合按 Benjamini–Hochberg 校正后的值；不超过 0.05 时，最多 5 % 的痛点出于偶然。'),
  ('zh', 'What these customers bought in the year before the refresh; NULL if the store has no purchases.',
   '这些客户在刷新前一年内的消费额；存储中没有购买事件时为 NULL。'),
  ('zh', 'When the pain points were computed.', '痛点的计算时间。');
