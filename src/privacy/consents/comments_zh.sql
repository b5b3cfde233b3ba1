-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'How many customers consent to each purpose.', '每个用途有多少客户同意。'),
  ('zh', 'The purpose: marketing, analytics, profiling or another one.', '用途：marketing（营销）、analytics（分析）、profiling（画像）或其他。'),
  ('zh', 'Whether customers who have said nothing consent.', '没有表态的客户是否视为同意。'),
  ('zh', 'Customers who have consented.', '已同意的客户数。'),
  ('zh', 'Customers who have refused, or have withdrawn their consent.', '已拒绝或已撤回同意的客户数。'),
  ('zh', 'Customers who have said nothing.', '没有表态的客户数。'),
  ('zh', 'Customers whose data may be used for the purpose.', '数据可用于该用途的客户数。'),
  ('zh', 'Their share of all customers; NULL if there are none.', '占所有客户的比例；没有客户时为 NULL。');
