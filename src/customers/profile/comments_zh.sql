-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'What sources say of customers: one row for each attribute of a customer that clientele.set_customer_columns() shows. Fast with a condition
on customer_id.',
   '各来源对客户的描述：客户的每个属性一行，只包括 clientele.set_customer_columns() 显示的属性。带有 customer_id 条件时很快。'),
  ('zh', 'The attribute: city, language and so on.', '属性：城市（city）、语言（language）等。'),
  ('zh', 'Its value, by the rule in clientele_data.attribute_rules.', '属性的值，按 clientele_data.attribute_rules 中的规则确定。'),
  ('zh', 'The source that gave it.', '给出该值的来源。'),
  ('zh', 'The time of the event that gave it.', '给出该值的事件的时间。'),
  ('zh', 'All that is known of each customer, in one row. Customers that were merged into another one are not listed. Fast with a condition on
customer_id, and for few columns. clientele.set_customer_columns() adds tags and attributes as columns.',
   '每个客户的全部信息，每个客户一行。已并入其他客户的客户不列出。带有 customer_id 条件或只取少数几列时很快。clientele.set_customer_columns() 可以把标签和属性添加为列。'),
  ('zh', 'When the customer was added to the store.', '客户加入存储的时间。'),
  ('zh', 'Time of the first event; NULL without events.', '首个事件的时间；没有事件则为 NULL。'),
  ('zh', 'Time of the last event; NULL without events.', '最后一个事件的时间；没有事件则为 NULL。'),
  ('zh', 'The channels of the events, in the order in which each was used first; NULL if none has a name.',
   '客户使用过的渠道，按首次使用的顺序；都没有名称则为 NULL。'),
  ('zh', 'The attributes that clientele.set_customer_columns() shows as JSON, such as {"city": "Berlin"}.',
   'clientele.set_customer_columns() 显示的属性，JSON 格式，如 {"city": "上海"}。'),
  ('zh', 'All tags as JSON, as clientele.customer_tags() returns them.',
   '所有标签，JSON 格式，与 clientele.customer_tags() 的返回相同。'),
  ('zh', 'The tier by RFM, as the tag value.tier or 价值.层级 says: high value, potential, basic or at risk.',
   'RFM 等级，取自标签 value.tier 或 价值.层级：high value（高价值）、potential（潜力）、basic（基础）或 at risk（有风险）。'),
  ('zh', 'The segment by RFM, as Champions: the tag value.segment or 价值.分群.',
   'RFM 分群，如 Champions：标签 value.segment 或 价值.分群。'),
  ('zh', 'The stage of the lifecycle, as loyal or silent: the tag basic.lifecycle or 基本.生命周期.',
   '生命周期的阶段，如忠诚或沉默：标签 basic.lifecycle 或 基本.生命周期。'),
  ('zh', 'On how many days the customer bought: the tag value.purchases or 价值.购买天数.',
   '客户在多少天有购买：标签 value.purchases 或 价值.购买天数。'),
  ('zh', 'The sum of all purchases: the tag value.spend or 价值.消费额.', '所有购买的金额合计：标签 value.spend 或 价值.消费额。'),
  ('zh', 'What the customer is expected to spend yet: a tag of yours that is called value.predicted or 价值.预期价值.',
   '预期客户今后还会消费的金额：您自己定义的名为 value.predicted 或 价值.预期价值 的标签。'),
  ('zh', 'The probability that the customer leaves, from 0 to 1: the tag value.churn_risk or 价值.流失概率.',
   '客户流失的概率，0 到 1：标签 value.churn_risk 或 价值.流失概率。'),
  ('zh', 'What the customer has consented to, as far as a source says: the attribute consent, or another of the usual names.',
   '客户同意了什么，以来源给出的信息为准：属性 consent，或其他常用名称的属性。'),
  ('zh', 'Returns the number that a customer goes by today: the same, or that of the customer it was merged into.
NULL if there is no such customer.',
   '返回客户现在的编号：与原来相同，或是它所并入的客户的编号。
没有这个客户则为 NULL。'),
  ('zh', 'Shows where an audience is on its way: how many customers came to each stage on each channel, how long they stayed, and how many went no
further, without giving access to journeys.
The arguments and columns are those of clientele.journey_map().',
   '显示一个人群走到了哪里：每个阶段在每个渠道有多少客户到达、停留多久、多少客户没有继续，无需访问旅程的权限。
参数和列与 clientele.journey_map() 相同。'),
  ('zh', 'Tag ….', '标签 …。'),
  ('zh', 'Attribute ….', '属性 …。');
