-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'The result of each survey in each month, with its 95 % interval, the change since the month before, and the response rate.
A customer counts once in a month, with the last answer.',
   '每份问卷每月的结果及其 95% 置信区间、与上一次有回答的月份相比的变化，以及回复率。
每位客户每月只计最后一次回答。'),
  ('zh', 'The survey.', '问卷。'),
  ('zh', 'Its scale: nps (0 to 10), csat (1 to 5) or ces (1 to 7).', '量表：nps（0 至 10，净推荐值）、csat（1 至 5，满意度）或 ces（1 至 7，费力度）。'),
  ('zh', 'Customers that answered in the month, and anonymous answers.', '当月回答的客户数，加上匿名回答数。'),
  ('zh', 'Answers of 9 and 10 (nps), 4 and 5 (csat) or 5 to 7 (ces).', '好评数：9、10 分（nps，推荐者），4、5 分（csat）或 5 至 7 分（ces）。'),
  ('zh', 'Answers of 7 and 8 (nps), 3 (csat) or 4 (ces).', '中评数：7、8 分（nps，中立者），3 分（csat）或 4 分（ces）。'),
  ('zh', 'Answers of 0 to 6 (nps), 1 and 2 (csat) or 1 to 3 (ces).', '差评数：0 至 6 分（nps，贬损者），1、2 分（csat）或 1 至 3 分（ces）。'),
  ('zh', 'The mean of the answers.', '回答的平均分。'),
  ('zh', 'The result: from -100 to 100 for nps, the percentage of promoters minus that of detractors; the share of promoters for csat and ces.',
   '结果：nps 为 -100 至 100，即推荐者百分比减去贬损者百分比；csat 和 ces 为好评所占比例。'),
  ('zh', 'The lower end of the 95 % interval of the result.', '结果的 95% 置信区间下限。'),
  ('zh', 'The upper end of the 95 % interval of the result.', '结果的 95% 置信区间上限。'),
  ('zh', 'The result minus that of the last month before with answers.', '结果减去上一个有回答的月份的结果。'),
  ('zh', 'The lower end of the 95 % interval of the change.', '变化的 95% 置信区间下限。'),
  ('zh', 'The upper end of the 95 % interval of the change.', '变化的 95% 置信区间上限。'),
  ('zh', 'How probable a change as large as this one is by chance.', '纯属偶然时出现这么大变化的概率（p 值）。'),
  ('zh', 'Invitations of the month.', '当月发出的邀请数。'),
  ('zh', 'How many of them were answered until now.', '其中截至目前已回答的数量。'),
  ('zh', 'responded / asked; NULL without an invitation.', '回复率：responded / asked；没有邀请则为 NULL。');
