-- SPDX-License-Identifier: PostgreSQL
-- What the systems call what happens, and what it is called here. Anything else is rejected: the sources are strict.
SELECT count(clientele.set_event_name(source, event, new_event, new_channel)::text) AS names
FROM (VALUES
  ('web', 'home', NULL, 'view_page'), ('web', 'search', NULL, 'search'), ('web', 'item', NULL, 'view_item'),
  ('web', 'cart', NULL, 'cart'), ('web', 'checkout', NULL, 'checkout'),
  ('app', '浏览页面', NULL, 'view_page'), ('app', '搜索', NULL, 'search'), ('app', '浏览商品', NULL, 'view_item'),
  ('app', '加入购物车', NULL, 'cart'), ('app', '结算', NULL, 'checkout'),
  ('orders', '网店 已付款', 'web', 'purchase'), ('orders', '应用 已付款', 'app', 'purchase'), ('orders', '门店 已付款', 'store', 'purchase'),
  ('orders', '网店 已退货', 'web', 'return'), ('orders', '门店 已退货', 'store', 'return'),
  ('service', '咨询', NULL, 'contact'), ('service', '投诉', NULL, 'complaint'), ('service', '已解决', NULL, 'resolved'),
  ('crm', 'visit', 'store', 'visit'), ('crm', 'consult', 'store', 'consult'), ('crm', 'mail.sent', 'email', 'promotion_sent'),
  ('crm', 'mail.opened', 'email', 'promotion_opened'), ('crm', 'mail.clicked', 'email', 'promotion_clicked')
) names (source, event, new_channel, new_event);

SELECT source, outcome, rows, left(example, 100) AS "for example"
FROM unnest('{crm, orders, app, service, web}'::text[]) WITH ORDINALITY s (source, n), clientele.alter_source(source, strict => true)
ORDER BY n;
