-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'The fitted models, every version of each, with how good they were on customers that they had not seen.',
   '拟合好的模型，每个模型的每个版本一行，并说明它们在未见过的客户上表现如何。'),
  ('zh', 'The name of the model.', '模型的名称。'),
  ('zh', '1 for the first model of this name, 2 for the next, and so on.', '该名称下第一个模型为 1，下一个为 2，依此类推。'),
  ('zh', 'True for the version in use.', '正在使用的版本为 true。'),
  ('zh', 'What it predicts: btyd_model purchases, spend_model spend, contract_model renewals, churn_model who leaves,
uplift_model who can be persuaded, match_model which are one, text_model labels of texts.',
   '预测什么：btyd_model 预测购买，spend_model 预测消费金额，contract_model 预测续约，churn_model 预测谁会流失，uplift_model 预测谁能被打动，match_model 预测哪些是同一个客户，text_model 预测文本的标签。'),
  ('zh', 'Which model it is: BG/NBD, Gamma-Gamma and so on.', '哪一种模型：BG/NBD、Gamma-Gamma 等。'),
  ('zh', 'The number of customers that it was fitted to.', '用于拟合的客户数。'),
  ('zh', 'The log-likelihood of the fit.', '拟合的对数似然。'),
  ('zh', 'When it was saved.', '保存时间。'),
  ('zh', 'What it was fitted on, in words.', '用什么数据拟合（文字说明）。'),
  ('zh', 'A remark.', '备注。'),
  ('zh', 'The estimates, as JSON.', '参数估计值，JSON 格式。'),
  ('zh', 'When the versions were last compared.', '各版本最近一次比较的时间。'),
  ('zh', 'The table or the query that they were compared on.', '用于比较的表或查询。'),
  ('zh', 'The number of customers that they were compared on.', '用于比较的客户数。'),
  ('zh', 'The mean difference between expected and actual of a customer, without its sign.', '每个客户的预期值与实际值之差的绝对值的平均。'),
  ('zh', 'The same, in which large differences count more.', '均方根误差：与平均绝对误差类似，但较大的差异权重更高。'),
  ('zh', 'Expected over actual of all customers; 1 is best.', '所有客户的预期值合计除以实际值合计；1 为最佳。');
