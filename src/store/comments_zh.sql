-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'Views of the clientele store for BI tools: plain column types, no journeys.',
   'clientele 存储中供 BI 工具使用的视图：普通的列类型，没有旅程。'),
  ('zh', 'Everything that customers did, one row for each event. Fast with a condition on customer_id.',
   '客户做过的所有事，每个事件一行。带有 customer_id 条件时很快。'),
  ('zh', 'The customer.', '客户。'),
  ('zh', 'When it happened.', '发生的时间。'),
  ('zh', 'Where it happened: web, app, store and so on.', '发生的渠道：网站、应用、门店等。'),
  ('zh', 'What happened.', '发生了什么。'),
  ('zh', 'Properties of the event type.', '事件类型的属性。'),
  ('zh', 'The item of the event, as a product or a page; NULL without one.', '事件涉及的商品或页面等；没有则为 NULL。'),
  ('zh', 'The amount; NULL without one.', '金额；没有则为 NULL。'),
  ('zh', 'The number of the event type in the dictionary.', '事件类型在字典中的编号。'),
  ('zh', 'The number of the item in the dictionary.', '商品在字典中的编号。'),
  ('zh', 'The sessions of every customer: events with no gap longer than 30 minutes. Fast with a condition on customer_id.',
   '每个客户的会话：间隔不超过 30 分钟的连续事件。带有 customer_id 条件时很快。'),
  ('zh', 'The customer''s sessions are numbered 1, 2 and so on.', '客户的会话依次编号为 1、2……'),
  ('zh', 'Time of the first event.', '第一个事件的时间。'),
  ('zh', 'Time of the last event.', '最后一个事件的时间。'),
  ('zh', 'Seconds from the first event to the last.', '从第一个事件到最后一个事件的秒数。'),
  ('zh', 'Number of events.', '事件数。'),
  ('zh', 'Channel of the first event.', '第一个事件的渠道。'),
  ('zh', 'The first event.', '第一个事件。'),
  ('zh', 'The last event.', '最后一个事件。'),
  ('zh', 'Sum of the amounts, NULL if there are none.', '金额合计；没有金额则为 NULL。'),
  ('zh', 'How many rows of each load were packed and rejected.', '每次装载打包和拒绝了多少行。'),
  ('zh', 'The number of the run.', '运行的编号。'),
  ('zh', 'The table or view that was read.', '读取的表或视图。'),
  ('zh', 'When the run started.', '运行开始的时间。'),
  ('zh', 'When the run ended.', '运行结束的时间。'),
  ('zh', 'Rows of the source.', '来源的行数。'),
  ('zh', 'Rows that became events.', '成为事件的行数。'),
  ('zh', 'Rows that could not be used.', '无法使用的行数。'),
  ('zh', 'Rows packed over rows read that are not duplicates, from 0 to 1.', '打包的行数除以读取的非重复行数，0 到 1。'),
  ('zh', 'Customers whose journeys were created or extended.', '旅程被新建或延长的客户数。'),
  ('zh', 'Time of the oldest event packed.', '所打包的最早事件的时间。'),
  ('zh', 'Time of the newest event packed.', '所打包的最新事件的时间。'),
  ('zh', 'Counts how many customers of the store reach each step of a funnel, without giving access to journeys.
The median and the 90th percentile of the time since the step before are in seconds.
Example: SELECT * FROM clientele_bi.funnel(clientele.funnel_def(''{search,purchase}'', within => ''7 days''))',
   '统计存储中有多少客户到达漏斗的每一步，无需访问旅程的权限。
距上一步的时间的中位数和 90 百分位数以秒为单位。
示例：SELECT * FROM clientele_bi.funnel(clientele.funnel_def(''{search,purchase}'', within => ''7 days''))'),
  ('zh', 'Lists the links of the customers'' paths, as for a Sankey diagram, without giving access to journeys.
The time between the two events is in seconds.
Example: SELECT * FROM clientele_bi.path_links(clientele.path_def(session_gap => ''30 minutes''))',
   '列出客户路径的连线（可用于桑基图），无需访问旅程的权限。
两个事件之间的时间以秒为单位。
示例：SELECT * FROM clientele_bi.path_links(clientele.path_def(session_gap => ''30 minutes''))');
