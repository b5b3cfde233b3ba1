-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'Explains why the number of a saved question differs between two periods, without giving access to journeys.
As clientele.explain_change(question, …); segments have at least 30 customers. Of attributes, by may name those that
set_customer_columns() shows, and by what the question is broken down.
Example: SELECT * FROM clientele_bi.explain_change(''Purchase funnel'', ''[2026-02-01, 2026-03-01)'', ''[2026-03-01, 2026-04-01)'')',
   '解释保存的问题的数值为何在两个时段之间不同，而不开放客户旅程。
与 clientele.explain_change(问题, …) 相同；每个分组至少有 30 位客户。by 中的属性只能是 set_customer_columns() 显示的，以及该问题本身的分组依据。
示例：SELECT * FROM clientele_bi.explain_change(''Purchase funnel'', ''[2026-02-01, 2026-03-01)'', ''[2026-03-01, 2026-04-01)'')');
