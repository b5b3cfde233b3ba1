-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'The settings of the store, in one row.', '存储的设置，只有一行。'),
  ('zh', 'The time zone in which days begin.', '划分日期所用的时区。'),
  ('zh', 'The language of names and comments: en or zh.', '名称和注释的语言：en 或 zh。'),
  ('zh', 'What models expected and what happened, in up to ten groups of customers that the models had not seen, as choose_model() stored it.',
   '模型的预期与实际发生的情况，把模型没有见过的客户分成最多十组，由 choose_model() 保存。'),
  ('zh', 'Its version.', '模型的版本。'),
  ('zh', 'The group, from 1, of which least was expected, to 10.', '组号，1 为预期最低的一组，10 为最高。'),
  ('zh', 'Customers in the group.', '组内的客户数。'),
  ('zh', 'What the model expected of a customer of the group, on average.', '模型对组内客户的平均预期。'),
  ('zh', 'What a customer of the group did, on average.', '组内客户的实际平均值。'),
  ('zh', 'The share of the customers that are in this group or in one of which more was expected.',
   '该组以及预期更高的各组的客户所占的比例。'),
  ('zh', 'The share of what happened that these customers did.', '这些客户在全部实际结果中所占的比例（累计增益）。'),
  ('zh', 'What a customer of the group did over what a customer did on average.', '提升度：组内客户的实际平均值除以全部客户的平均值。');
