-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'How recently, how often and for how much each customer bought, scored from 1 to 5 among all customers that bought. Purchases are the
events named purchase, of any channel. The view reads all journeys.',
   '每个客户最近一次购买距今多久、购买多频繁、花了多少钱，在所有买过的客户中从 1 到 5 评分。购买是名为 purchase 的事件，不分渠道。该视图读取所有旅程。'),
  ('zh', 'Time of the last purchase.', '最近一次购买的时间。'),
  ('zh', 'Number of different days with a purchase, in the time zone of the store.', '有购买的天数，按存储的时区计算。'),
  ('zh', 'Sum of the purchases'' amounts, NULL if there are none.', '购买金额合计；没有金额则为 NULL。'),
  ('zh', 'Score of recency, from 1 (worst) to 5.', '最近一次购买（R）的评分，1（最差）到 5。'),
  ('zh', 'Score of frequency, from 1 (worst) to 5.', '购买频率（F）的评分，1（最差）到 5。'),
  ('zh', 'Score of monetary value, from 1 (worst) to 5.', '消费金额（M）的评分，1（最差）到 5。'),
  ('zh', 'The segment in scheme standard.', 'standard 方案中的分群。'),
  ('zh', 'high value, potential, basic or at risk.', '等级：high value（高价值）、potential（潜力）、basic（基础）或 at risk（有风险）。');
