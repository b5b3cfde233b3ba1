-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'Counts the complaints of each month by their state, for the view complaints, without giving access to journeys.',
   '按状态统计每月的投诉，供视图 complaints 使用，无需访问旅程的权限。'),
  ('zh', 'How many complaints there were in each month, and how long customers waited for an answer. It reads all journeys.',
   '每月的投诉数，以及客户等待答复的时间。该视图读取所有旅程。'),
  ('zh', 'The kind of complaints, as define_complaints() named it.', '投诉的类型，由 define_complaints() 命名。'),
  ('zh', 'Complaints of the month.', '当月的投诉数。'),
  ('zh', 'Customers that complained.', '投诉的客户数。'),
  ('zh', 'Complaints that were answered in time.', '按时答复的投诉数。'),
  ('zh', 'Complaints that were answered too late.', '答复过迟的投诉数。'),
  ('zh', 'Complaints without an answer, for which there is still time.', '尚未答复但仍在时限内的投诉数。'),
  ('zh', 'Complaints without an answer, for which the time is over.', '尚未答复且已超过时限的投诉数。'),
  ('zh', '(in_time + late) / complaints.', '答复率：(in_time + late) / complaints。'),
  ('zh', 'in_time / all that are not waiting; NULL if all are.', '按时率：in_time 除以不在等待中的投诉数；全部在等待中则为 NULL。'),
  ('zh', 'Half of the answered complaints were answered within this time; NULL without any.', '已答复的投诉中，一半在此时间内得到答复；没有则为 NULL。'),
  ('zh', 'Nine of ten answered complaints were answered within this time; NULL without any.', '已答复的投诉中，九成在此时间内得到答复；没有则为 NULL。'),
  ('zh', 'How long an answer may take.', '答复的时限。');
