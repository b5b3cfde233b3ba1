-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'Counts the events, customers and sessions of the store by period and by name, without giving access to journeys.
Example: SELECT * FROM clientele_bi.event_counts(clientele.counts_def(''purchase'', ''month'', by => ''{channel}''))',
   '按周期和名称统计存储中的事件数、客户数和会话数，无需访问旅程的权限。
示例：SELECT * FROM clientele_bi.event_counts(clientele.counts_def(''purchase'', ''month'', by => ''{channel}''))'),
  ('zh', 'The number of events, customers and sessions of each day, by channel and event. It reads all journeys.',
   '每天的事件数和客户数，按渠道和事件划分。该视图读取所有旅程。'),
  ('zh', 'The day, in the time zone of the store.', '日期，按存储的时区。'),
  ('zh', 'Where the events happened.', '事件发生的渠道。'),
  ('zh', 'Number of different customers. One with events of several rows counts in each of them.', '不同客户的数量。'),
  ('zh', 'Sum of the amounts; NULL if there are none.', '金额合计；没有金额则为 NULL。'),
  ('zh', 'Number of different sessions, with gaps of at most 30 minutes. One with events of several rows counts in each of them.',
   '不同会话的数量，会话内的间隔最长 30 分钟。一个会话的事件分属几行时，每行各计一次。'),
  ('zh', 'The number of events, customers and sessions of each month, by channel and event. It reads all journeys.',
   '每月的事件数、客户数和会话数，按渠道和事件划分。该视图读取所有旅程。'),
  ('zh', 'The first day of the month, in the time zone of the store.', '该月的第一天，按存储的时区。'),
  ('zh', 'The number of events, customers and sessions at each hour of the week, by channel. It reads all journeys.',
   '一周中每个小时的事件数、客户数和会话数，按渠道划分。该视图读取所有旅程。'),
  ('zh', 'The day of the week, 1 (Monday) to 7, in the time zone of the store.', '星期几，1（星期一）到 7，按存储的时区。'),
  ('zh', 'The hour of the day, 0 to 23, in the time zone of the store.', '一天中的小时，0 到 23，按存储的时区。'),
  ('zh', 'How many customers were active on each day and in the 28 days that end with it, how many were new, came back or stayed away.
It reads all journeys. Events after the present do not count.',
   '每天以及截至当天的 28 天内有多少活跃客户，其中多少是新增、持续活跃、回流，又有多少沉默了。该视图读取所有旅程，晚于当前时间的事件不计入。'),
  ('zh', 'Customers with an event on the day.', '当天有事件的客户数。'),
  ('zh', 'Customers with an event on the day or one of the 27 days before.', '当天或之前 27 天内有事件的客户数。'),
  ('zh', 'active / rolling: how often customers come, from 0 to 1; NULL if there are none.',
   'active / rolling：客户来得有多频繁（粘性），0 到 1；没有客户则为 NULL。'),
  ('zh', 'Customers active on the day that have their first event on it.', '当天活跃且首个事件就在当天的客户数。'),
  ('zh', 'Customers active on the day and on the day before.', '当天和前一天都活跃的客户数。'),
  ('zh', 'Customers active on the day, not new, and not active on the day before.', '当天活跃、不是新客户、前一天不活跃的客户数。'),
  ('zh', 'Customers active on the day before and not on this one.', '前一天活跃、当天不活跃的客户数。'),
  ('zh', 'Whether the day is over.', '这一天是否已经结束。');
